"""Planning an import: events in time order, steps of a local day, phases; and what the rules say to them."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import pytest

from chain_client.domain.records import Reason
from scripts.olist import model, plan
from scripts.olist.plan import Event, What
from scripts.olist.reader import local_time, read
from tests.scripts.small_olist import ACCEPTED, REJECTED, write

REAL = Path(os.environ.get("DOORSTEP_OLIST_DIR", Path(__file__).parents[3] / "shared" / "data" / "olist"))


@pytest.fixture
def events(tmp_path: Path) -> list[Event]:
    return plan.events(read(write(tmp_path)))


def _of(events: list[Event], order: str) -> list[tuple[What, str]]:
    return [
        (event.what, f"{local_time(event.time):%m-%d %H:%M}")
        for event in events
        if event.order.order_id == order
    ]


def test_events_follow_time_then_opening_hand_over_arrival_review(events: list[Event]) -> None:
    assert [event.time for event in events] == sorted(event.time for event in events)
    assert [what for what, _ in _of(events, "all-at-once")] == [
        What.REVIEW,
        What.OPENING,
        What.HAND_OVER,
        What.ARRIVAL,
        What.REVIEW,
    ]


@pytest.mark.parametrize(
    ("order", "when"),
    [("cancelled", "10-04 12:00"), ("cancelled-late", "10-06 08:00"), ("unavailable", "10-05 11:05")],
)
def test_events_cancel_at_the_latest_of_purchase_approval_and_hand_over(
    events: list[Event], order: str, when: str
) -> None:
    assert (What.CANCELLATION, when) in _of(events, order)


def test_events_do_not_cancel_what_arrived(events: list[Event]) -> None:
    assert [what for what, _ in _of(events, "cancelled-but-arrived")] == [
        What.OPENING,
        What.HAND_OVER,
        What.ARRIVAL,
    ]


def test_events_have_keys_of_their_own(events: list[Event]) -> None:
    assert len({event.key for event in events}) == len(events)


def test_events_take_carrier_and_driver_from_the_zip_prefix(events: list[Event]) -> None:
    assert {(e.carrier, e.driver) for e in events if e.order.order_id == "two-reviews"} == {(2, 2)}
    assert {(e.carrier, e.driver) for e in events if e.order.order_id == "all-at-once"} == {(0, 2)}


def test_steps_stay_inside_a_local_day_and_part_at_five_to_midnight(events: list[Event]) -> None:
    steps = plan.steps(events)
    assert [event for step in steps for event in step.events] == events
    for step in steps:
        assert {local_time(event.time).date() for event in step.events} == {step.day}
        assert step.time == max(event.time for event in step.events)
    assert all(one.time < two.time for one, two in pairwise(steps))
    late = [step for step in steps if any(event.order.order_id == "just-created" for event in step.events)]
    assert [len(step.events) for step in late] == [1]


def test_phases_keep_each_deliverys_order(events: list[Event]) -> None:
    for step in plan.steps(events):
        sent: dict[str, list[Event]] = {}
        for phase in step.phases():
            for request in phase.requests():
                assert (
                    len({(event.what in (What.OPENING, What.REVIEW), event.sender) for event in request}) == 1
                )
                for event in request:
                    sent.setdefault(event.order.order_id, []).append(event)
            reviewed = [event.order.order_id for event in phase.events if event.what is What.REVIEW]
            assert len(reviewed) == len(set(reviewed)), "one feedback of a delivery in a phase"
        for order, found in sent.items():
            assert found == [event for event in step.events if event.order.order_id == order]


def test_phases_leave_out_what_is_answered(events: list[Event]) -> None:
    step = plan.steps(events)[0]
    done = {step.events[0].key}
    left = [event.key for phase in step.phases(done) for event in phase.events]
    assert sorted(left) == sorted(event.key for event in step.events[1:])


def test_requests_hold_at_most_a_thousand_items(events: list[Event]) -> None:
    opening = next(event for event in events if event.what is What.OPENING)
    requests = plan.Phase([opening] * 2_500).requests()
    assert [len(request) for request in requests] == [1_000, 1_000, 500]


def test_model_says_what_the_rules_say_of_the_small_data(events: list[Event]) -> None:
    found = model.run(plan.steps(events))
    assert {str(what): count for what, count in found.accepted.items()} == ACCEPTED
    assert {(str(what), reason.name): count for (what, reason), count in found.rejected.items()} == REJECTED


def test_limited_keeps_the_first_orders_and_their_reviews(tmp_path: Path) -> None:
    dataset = plan.limited(read(write(tmp_path)), 3)
    assert [order.order_id for order in dataset.orders] == ["plain", "late", "two-reviews"]
    assert {review.order_id for review in dataset.reviews} == {"plain", "late", "two-reviews"}


@pytest.mark.olist
def test_model_of_the_real_orders_gives_the_published_figures() -> None:
    if not REAL.is_dir():
        pytest.skip(f"the real orders are not at {REAL}; set DOORSTEP_OLIST_DIR to their directory")
    dataset = read(REAL)
    assert (dataset.order_rows, dataset.review_rows, dataset.left_out) == (5_705, 5_769, [])
    steps = plan.steps(plan.events(dataset))
    found = model.run(steps)
    assert found.accepted[What.REVIEW] == 5_648
    assert found.rejected[What.REVIEW, Reason.UNKNOWN_DELIVERY] == 37
    assert found.rejected[What.REVIEW, Reason.TOO_EARLY] == 84
    assert sum(found.accepted.values()) + sum(found.rejected.values()) == 20_381
    assert found == model.run(steps, at_event_time=True), "steps of a day are fine enough"
