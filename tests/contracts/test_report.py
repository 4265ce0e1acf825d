"""report: what may follow what, by whom, when, and naming which driver."""

from __future__ import annotations

import dataclasses
import json

import pytest
from ledger_harness import DAY, ROOT, Actor, actor
from ledger_world import (
    ADMIN,
    COURIER,
    COURIER_WRITER,
    FIRST_DRIVERS,
    JUROR,
    JURY,
    LATER,
    MARKET,
    MARKET_WRITER,
    MERGED,
    MERGED_WRITER,
    RIVAL,
    RIVAL_WRITER,
    SHOP_WRITER,
    STRANGER,
    World,
    delivery_of,
    mapping_slot,
    writer_bits,
)

from chain_client.domain.ids import ZERO_HASH, Hash32
from chain_client.domain.records import DriverKey, DriverMove, Outcome, Reason

# Which last outcomes (0: opened) each outcome may follow, as published.
FOLLOWS = {
    int(outcome): set(lasts)
    for outcome, lasts in json.loads((ROOT / "tests/vectors/transitions.json").read_text())[
        "mayFollow"
    ].items()
}
RIVALS_DRIVER = FIRST_DRIVERS[RIVAL]


def test_a_report_is_entered_with_all_its_facts(world: World) -> None:
    world.opened()
    item = world.outcome(3, driver=2, occurred_at=world.chain.time - 60, evidence_hash=Hash32(b"e" * 32))
    (event,) = world.report(item).events
    assert event.name == "Reported"
    assert event.args == {
        "deliveryId": item.delivery_id,
        "driver": 2,
        "facts": item.occurred_at | 3 << 32 | COURIER << 40 | writer_bits(COURIER_WRITER) << 56,
        "evidenceHash": b"e" * 32,
    }
    word = world.delivery(item.delivery_id)
    assert (word.driver, word.state) == (2, 0x80 | 4)


@pytest.mark.parametrize(("driver", "owner"), [(2, "driver 2"), (0, f"carrier {COURIER}")])
def test_extends_the_named_drivers_head_or_with_nobody_named_the_carriers(
    world: World, driver: int, owner: str
) -> None:
    world.opened()
    before = world.heads()
    item = world.outcome(driver=driver)
    result = world.report(item)
    expected = world.extended(before[owner], item, result)
    assert world.heads() == before | {owner: expected}


@pytest.mark.parametrize("outcome", range(1, 8))
@pytest.mark.parametrize("last", [0, 1, 2, 3, 4, 5, 6, 7])
def test_transitions(world: World, last: int, outcome: int) -> None:
    world.opened()
    if last:
        assert world.report(world.outcome(last, driver=0), by=author(last)).reasons == [0]
    result = world.report(world.outcome(outcome, driver=0), by=author(outcome))
    allowed = last in FOLLOWS[outcome]
    assert result.reasons == [0 if allowed else Reason.TRANSITION]
    state = world.delivery(delivery_of(1)).state
    assert state & 0x0F == (outcome if allowed else last) + 1
    rateable = last > 1 or (allowed and outcome > 1)
    assert bool(state & 0x80) == rateable, "set by any outcome beyond 1, never cleared"


def author(outcome: int) -> object:
    return SHOP_WRITER if outcome == Outcome.CANCELLED else COURIER_WRITER


@pytest.mark.parametrize("outcome", [0, 8, 255])
def test_rejects_an_outcome_that_is_none(world: World, outcome: int) -> None:
    world.opened()
    assert world.report(world.outcome(outcome)).reasons == [Reason.OUTCOME]


def test_rejects_an_unknown_delivery(world: World) -> None:
    assert world.report(world.outcome(number=404)).reasons == [Reason.UNKNOWN_DELIVERY]


@pytest.mark.parametrize("outcome", [1, 2, 3, 4, 5, 7])
@pytest.mark.parametrize("by", [SHOP_WRITER, RIVAL_WRITER], ids=lambda by: by.name)
def test_only_the_deliverys_carrier_reports(world: World, outcome: int, by: object) -> None:
    world.opened()
    assert world.report(world.outcome(outcome, driver=0), by=by).reasons == [Reason.NOT_YOURS]


@pytest.mark.parametrize("by", [COURIER_WRITER, MARKET_WRITER, MERGED_WRITER], ids=lambda by: by.name)
def test_only_the_deliverys_shipper_cancels(world: World, by: object) -> None:
    world.opened()
    assert world.report(world.outcome(6, driver=0), by=by).reasons == [Reason.NOT_YOURS]
    assert world.report(world.outcome(6, driver=0), by=SHOP_WRITER).reasons == [0]


def test_one_company_in_both_roles_reports_and_cancels_its_own(world: World) -> None:
    first = FIRST_DRIVERS[MERGED]
    ids = [delivery_of(n, MERGED) for n in (1, 2)]
    for n in (1, 2):
        world.open(world.opening(n, MERGED, carrier=MERGED), by=MERGED_WRITER)
    items = [
        world.outcome(3, delivery_id=ids[0], driver=first),
        world.outcome(6, delivery_id=ids[1], driver=0),
    ]
    assert world.report(*items, by=MERGED_WRITER).reasons == [0, 0]


@pytest.mark.parametrize(
    ("ago", "reason"),
    [(-1, Reason.FUTURE), (0, 0), (7 * DAY, 0), (7 * DAY + 1, Reason.OLDER_THAN_7_DAYS)],
)
def test_reported_times_are_not_ahead_and_at_most_7_days_back(world: World, ago: int, reason: int) -> None:
    world.opened()
    assert world.report(world.outcome(occurred_at=world.chain.time - ago)).reasons == [reason]


def test_time_zero_is_simply_too_old(world: World) -> None:
    world.opened()
    assert world.report(world.outcome(occurred_at=0)).reasons == [Reason.OLDER_THAN_7_DAYS]
    assert world.report(world.outcome(occurred_at=2**32 - 1)).reasons == [Reason.FUTURE]


def test_nobody_may_be_named_only_until_somebody_was(world: World) -> None:
    world.opened()
    items = [world.outcome(1, driver=0), world.outcome(1, driver=3), world.outcome(2, driver=0)]
    assert world.report(*items).reasons == [0, 0, Reason.DRIVER_REQUIRED]


@pytest.mark.parametrize("driver", [RIVALS_DRIVER, 9_999])
def test_a_driver_newly_named_is_the_carriers(world: World, driver: int) -> None:
    world.opened()
    assert world.report(world.outcome(driver=driver)).reasons == [Reason.NOT_YOUR_DRIVER]


def test_a_driver_that_left_stays_on_deliveries_begun_but_is_not_newly_named(world: World) -> None:
    key = actor("driver 1")
    first = DriverKey(1, key.address, 0, LATER)
    assert world.set_key(first, world.signature(first, key)).succeeded
    world.opened(1)
    world.opened(2)
    assert world.report(world.outcome(1, driver=1)).reasons == [0]
    message = DriverMove(1, COURIER, RIVAL, 1, LATER)
    assert world.move(message, world.signature(message, key)).succeeded
    assert world.report(world.outcome(3, driver=1)).reasons == [0], "present driver: not newly named"
    assert world.report(world.outcome(3, number=2, driver=1)).reasons == [Reason.NOT_YOUR_DRIVER]


@pytest.mark.parametrize("driver", [1, 2, RIVALS_DRIVER, 9_999])
@pytest.mark.parametrize("present", [0, 1])
def test_a_cancellation_names_nobody(world: World, present: int, driver: int) -> None:
    world.opened()
    world.report(world.outcome(1, driver=present))
    result = world.report(world.outcome(6, driver=driver), by=SHOP_WRITER)
    assert result.reasons == [Reason.CANCELLATION_NAMES_DRIVER], "whether or not it is the present driver"


@pytest.mark.parametrize("replacements", range(4))
def test_a_cancellation_keeps_the_driver_and_extends_the_carriers_head(
    world: World, replacements: int
) -> None:
    world.opened()
    world.report(*[world.outcome(1, driver=1 + n) for n in range(replacements + 1)])
    before, word = world.heads(), world.delivery(delivery_of(1))
    item = world.outcome(6, driver=0)
    result = world.report(item, by=SHOP_WRITER)
    assert result.reasons == [0]
    assert result.events[0].args["driver"] == 0
    expected = dataclasses.replace(word, state=0x80 | replacements << 4 | 7)
    assert world.delivery(delivery_of(1)) == expected
    owner = f"carrier {COURIER}"
    assert world.heads() == before | {owner: world.extended(before[owner], item, result)}


def test_a_named_driver_is_replaced_at_most_three_times(world: World) -> None:
    world.opened()
    names = [world.outcome(1, driver=driver) for driver in (0, 1, 1, 2, 3, 1)]
    assert world.report(*names).reasons == [0] * 6, "naming the first or the present one is no replacement"
    assert world.delivery(delivery_of(1)).state == 0x30 | 2
    for driver in (2, 4):
        result = world.report(world.outcome(1, driver=driver))
        assert result.reasons == [Reason.TOO_MANY_DRIVERS], "also for one that was named before"
    assert world.report(world.outcome(1, driver=RIVALS_DRIVER)).reasons == [Reason.NOT_YOUR_DRIVER]
    assert world.report(world.outcome(2, driver=1)).reasons == [0], "the present one"
    assert world.delivery(delivery_of(1)).state == 0x80 | 0x30 | 3


def test_after_three_replacements_nobody_may_be_named_and_the_driver_stays(world: World) -> None:
    world.opened()
    for driver in (1, 2, 3):
        world.report(world.outcome(1, driver=driver))
        refused = world.report(world.outcome(1, driver=0))
        assert refused.reasons == [Reason.DRIVER_REQUIRED], "while one could still be named"
    world.report(world.outcome(1, driver=4))
    before = world.heads()
    item = world.outcome(3, driver=0)
    result = world.report(item)
    assert result.reasons == [0]
    word = world.delivery(delivery_of(1))
    assert (word.driver, word.state) == (4, 0x80 | 0x30 | 4)
    owner = f"carrier {COURIER}"
    assert world.heads() == before | {owner: world.extended(before[owner], item, result)}
    for revision, driver in enumerate((1, 2, 3, 4, 0), start=1):
        assert world.rate(world.feedback(driver=driver, revision=revision)).reasons == [0], driver
    assert not world.view("wasDriver", delivery_of(1), 4), "nobody replaced it"


@pytest.mark.parametrize(
    ("after", "reason"), [(180 * DAY, 0), (180 * DAY + 1, Reason.TOO_LONG_AFTER_PROMISE)]
)
@pytest.mark.parametrize(
    ("outcome", "by"), [(3, COURIER_WRITER), (7, COURIER_WRITER), (6, SHOP_WRITER)], ids=["3", "7", "6"]
)
def test_reports_end_180_days_after_the_promise(
    world: World, outcome: int, by: Actor, after: int, reason: int
) -> None:
    world.opened()
    world.chain.time = world.delivery(delivery_of(1)).promised_by + after
    assert world.report(world.outcome(outcome, driver=0), by=by).reasons == [reason]


def test_a_replaced_driver_is_remembered_and_only_then(world: World) -> None:
    world.opened()
    world.report(world.outcome(1, driver=1), world.outcome(1, driver=1))
    assert not world.view("wasDriver", delivery_of(1), 1), "written only when a report replaces a driver"
    world.report(world.outcome(1, driver=2))
    assert world.view("wasDriver", delivery_of(1), 1)
    assert not world.view("wasDriver", delivery_of(1), 2)
    assert not world.view("wasDriver", delivery_of(1), 0), "nobody is not a driver"
    assert not world.view("wasDriver", delivery_of(2), 1)
    world.report(world.outcome(3, driver=1))
    assert world.view("wasDriver", delivery_of(1), 2)


def test_keeps_the_key_change_and_the_revision(world: World) -> None:
    world.delivered()
    world.rate(world.feedback())
    world.change_key(world.key_change())
    before = world.delivery(delivery_of(1))
    world.report(world.outcome(5))
    after = world.delivery(delivery_of(1))
    assert after == dataclasses.replace(before, state=0x80 | 0x40 | 6)


def test_reasons_are_checked_in_order(world: World) -> None:
    world.opened(1)
    assert world.report(world.outcome(2, driver=1)).reasons == [0]
    now = world.chain.time
    wrong = world.outcome(9, number=404, driver=0, occurred_at=now + 999)
    by_the_rival = [
        wrong,
        (wrong := dataclasses.replace(wrong, delivery_id=delivery_of(1))),
        (wrong := dataclasses.replace(wrong, outcome=7)),
    ]
    assert world.report(*by_the_rival, by=RIVAL_WRITER).reasons == [10, 20, 21]
    assert world.report(wrong).reasons == [22]
    # From here on the time, too, is wrong to the last.
    late = world.delivery(delivery_of(1)).promised_by + 181 * DAY
    world.chain.time = late
    wrong = dataclasses.replace(wrong, outcome=3, occurred_at=late + 999)
    named = [
        wrong,
        (wrong := dataclasses.replace(wrong, occurred_at=late - 8 * DAY)),
        (wrong := dataclasses.replace(wrong, occurred_at=late)),
        (wrong := dataclasses.replace(wrong, driver=RIVALS_DRIVER)),
        (wrong := dataclasses.replace(wrong, driver=2)),
    ]
    assert world.report(*named).reasons == [23, 24, 25, 26, 29]
    cancelled = [dataclasses.replace(wrong, outcome=6, driver=driver) for driver in (RIVALS_DRIVER, 1, 0)]
    world.chain.time = late
    assert world.report(*cancelled, by=SHOP_WRITER).reasons == [27, 27, 29]
    place = mapping_slot(delivery_of(1), 0)
    world.chain.set_storage(world.ledger, place, world.slot(place) | 0x30 << 240)
    world.chain.time = late
    spent = [dataclasses.replace(wrong, driver=driver) for driver in (RIVALS_DRIVER, 2, 0, 1)]
    assert world.report(*spent).reasons == [26, 28, 29, 29]
    world.chain.time = late - 2 * DAY
    assert world.report(dataclasses.replace(wrong, driver=1, occurred_at=late - 2 * DAY)).reasons == [0]


def test_a_bad_item_does_not_stop_the_others(world: World) -> None:
    world.opened(1)
    world.opened(2)
    result = world.report(world.outcome(3), world.outcome(3), world.outcome(3, number=2))
    assert result.names == ["Reported", "ItemRejected", "Reported"]
    assert result.events[1].args == {"deliveryId": delivery_of(1), "index": 1, "reason": Reason.TRANSITION}


def test_reverts_for_a_reviewer_a_stranger_and_a_member_without_roles(world: World) -> None:
    world.opened()
    result = world.report(world.outcome(), by=JUROR)
    assert (result.error.name, result.error.args) == ("MissingRole", {"member": JURY, "anyOf": 3})
    result = world.report(world.outcome(), by=STRANGER)
    assert (result.error.name, result.error.args) == ("NotAWriter", {"caller": STRANGER.address})
    world.must(ADMIN, "setRoles", COURIER, 0)
    assert world.report(world.outcome()).error.name == "MissingRole"


def test_the_first_head_of_a_driver_starts_from_zero(world: World) -> None:
    world.opened()
    item = world.outcome(driver=4)
    result = world.report(item)
    assert world.view("driverHead", 4) == world.extended(ZERO_HASH, item, result, world.word(delivery_of(1)))


def test_a_cancelled_parcel_may_still_arrive_and_a_fake_one_is_refused(world: World) -> None:
    for number, outcome in enumerate((3, 4, 5, 7)):
        world.opened(number)
        world.report(world.outcome(6, number, driver=0), by=SHOP_WRITER)
        word = world.delivery(delivery_of(number))
        assert world.report(world.outcome(outcome, number, driver=0)).reasons == [0]
        after = dataclasses.replace(word, state=0x80 | outcome + 1)
        assert world.delivery(delivery_of(number)) == after


def test_shippers_of_other_deliveries_cannot_cancel_by_a_like_id(world: World) -> None:
    world.opened(1)
    like = delivery_of(1, MARKET)
    assert world.report(world.outcome(6, delivery_id=like, driver=0), by=MARKET_WRITER).reasons == [10]
