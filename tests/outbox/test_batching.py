"""A batch ordered by driver: runs as long as they can be, and no delivery's order changed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chain_client.domain.records import KIND_OF, Item
from chain_client.outbox.batching import by_driver
from chain_client.outbox.lanes import Claimed
from tests.outbox.things import delivery, feedback, opening, report


def claimed(seq: int, item: Item) -> Claimed:
    return Claimed(seq, seq.to_bytes(16, "big"), KIND_OF[type(item)], item.delivery_id, item, None, 200)


def drivers_of(items: list[Claimed]) -> list[int]:
    return [one.item.driver for one in items]  # type: ignore[union-attr]


def runs(drivers: list[int]) -> int:
    return sum(index == 0 or drivers[index - 1] != driver for index, driver in enumerate(drivers))


PAIRS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 4)), max_size=60)
"""Delivery and driver of each item."""


@given(PAIRS, st.booleans())
def test_every_item_is_there_once_and_no_delivery_s_order_changes(
    pairs: list[tuple[int, int]], reports: bool
) -> None:
    make = report if reports else feedback
    items = [claimed(seq, make(delivery(of), driver=by)) for seq, (of, by) in enumerate(pairs)]
    ordered = by_driver(items)
    assert sorted(one.seq for one in ordered) == list(range(len(items)))
    for of in {one.delivery_id for one in items}:
        own = [one.seq for one in ordered if one.delivery_id == of]
        assert own == sorted(own)
    assert runs(drivers_of(ordered)) <= max(runs(drivers_of(items)), len({by for _, by in pairs}))


@given(st.lists(st.integers(0, 6), max_size=80))
def test_where_no_delivery_comes_twice_each_driver_is_one_run(drivers: list[int]) -> None:
    items = [claimed(seq, feedback(delivery(seq), driver=by)) for seq, by in enumerate(drivers)]
    ordered = by_driver(items)
    assert runs(drivers_of(ordered)) == len(set(drivers))
    assert [one.seq for one in ordered] == sorted(
        range(len(items)), key=lambda seq: (drivers.index(drivers[seq]), seq)
    )


def test_openings_stay_as_they_are() -> None:
    items = [claimed(seq, opening(delivery(seq))) for seq in range(5)]
    assert by_driver(items) == items
