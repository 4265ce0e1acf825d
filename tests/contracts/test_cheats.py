"""One test for each way to cheat that the contract itself answers."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest
from ledger_harness import DAY, Result, actor, artifact
from ledger_world import (
    COURIER,
    COURIER_WRITER,
    FIRST_DRIVERS,
    MARKET,
    MARKET_WRITER,
    MERGED,
    MERGED_WRITER,
    NEIGHBOUR,
    RECIPIENT,
    RELAY,
    RIVAL,
    RIVAL_WRITER,
    SHOP_WRITER,
    STRANGER,
    World,
    delivery_of,
)

from chain_client.domain import digests
from chain_client.domain.ids import ZERO_HASH, Hash32, shipper_of
from chain_client.domain.records import DriverKey, DriverMove, Item, Reason


def chain_of(steps: Sequence[tuple[Item, int, Result]]) -> Hash32:
    """Return the head that these entries make: what anyone holding them computes."""
    head = ZERO_HASH
    for item, word, result in steps:
        head = digests.next_head(head, digests.struct_hash(item), word, result.number, result.time)
    return head


def test_someone_rates_a_delivery_that_is_not_theirs(world: World) -> None:
    world.delivered()
    for thief in (STRANGER, SHOP_WRITER, COURIER_WRITER, RELAY, NEIGHBOUR):
        assert world.rate(world.feedback(), key=thief, by=thief).reasons == [Reason.BAD_SIGNATURE]


def test_a_carrier_invents_deliveries(world: World) -> None:
    result = world.open(world.opening(shipper=COURIER), by=COURIER_WRITER)
    assert result.error is not None
    assert result.error.name == "MissingRole", "only shippers open and bind the key"
    assert world.report(world.outcome(number=404)).reasons == [Reason.UNKNOWN_DELIVERY]


def test_a_carrier_that_is_also_a_shipper_rates_itself(world: World) -> None:
    result = world.open(world.opening(shipper=MERGED, carrier=MERGED), by=MERGED_WRITER)
    (event,) = result.events
    assert shipper_of(event.deliveryId) == event.carrier == MERGED, (
        "it can, and every reader sees that it does"
    )


def test_a_shipper_squats_anothers_delivery(world: World) -> None:
    assert world.open(world.opening(1), by=MARKET_WRITER).reasons == [Reason.OTHER_SHIPPERS_ID]
    assert world.open(world.opening(1), by=SHOP_WRITER).reasons == [0], "it is still the shop's to open"


def test_a_shipper_floods_a_rival_carrier(world: World) -> None:
    """The carrier says it never got them; the shipper cannot say otherwise afterwards."""
    world.open(*[world.opening(n, MARKET, carrier=COURIER) for n in range(20)], by=MARKET_WRITER)
    denials = [world.outcome(7, delivery_id=delivery_of(n, MARKET), driver=0) for n in range(20)]
    assert world.report(*denials).reasons == [0] * 20
    again = world.outcome(6, delivery_id=delivery_of(0, MARKET), driver=0)
    assert world.report(again, by=MARKET_WRITER).reasons == [Reason.TRANSITION]


def test_a_carrier_hides_a_bad_delivery(world: World) -> None:
    """A list of openings with one left out, or one moved, does not make the head that the slot holds."""
    steps = []
    for number in range(4):
        item = world.opening(number)
        steps.append((item, 0, world.open(item)))
        steps[-1] = (item, world.word(item.delivery_id), steps[-1][2])
    assert chain_of(steps) == world.carrier_head(COURIER)
    for hidden in range(4):
        assert chain_of(steps[:hidden] + steps[hidden + 1 :]) != world.carrier_head(COURIER)
    assert chain_of([steps[1], steps[0], *steps[2:]]) != world.carrier_head(COURIER)


def test_a_carrier_back_dates(world: World) -> None:
    world.opened(promised_by=world.chain.time + DAY)
    world.chain.advance(9 * DAY)
    on_time = world.outcome(3, occurred_at=world.chain.time - 8 * DAY - DAY // 2)
    assert world.report(on_time).reasons == [Reason.OLDER_THAN_7_DAYS]


def test_the_day_that_counts_is_the_blocks(world: World) -> None:
    """Two equal reports a second apart leave different heads: the time is in them."""
    world.opened()
    item = world.outcome(1, occurred_at=world.chain.time)
    before = world.chain.snapshot()
    world.report(item)
    now = world.driver_head(1)
    world.chain.restore(before)
    world.chain.advance(1)
    world.report(item)
    assert world.driver_head(1) != now


def test_a_carrier_cancels(world: World) -> None:
    world.opened()
    assert world.report(world.outcome(6, driver=0)).reasons == [Reason.NOT_YOURS]


@pytest.mark.parametrize("ended", [4, 7])
@pytest.mark.parametrize("outcome", range(1, 8))
def test_a_carrier_relabels_what_has_ended(world: World, ended: int, outcome: int) -> None:
    world.opened()
    world.report(world.outcome(ended, driver=0))
    by = SHOP_WRITER if outcome == 6 else COURIER_WRITER
    assert world.report(world.outcome(outcome, driver=0), by=by).reasons == [Reason.TRANSITION]


def test_a_carrier_blames_another_driver(world: World) -> None:
    """The recipient signed driver 1; a report naming driver 2 first or after changes nothing about that."""
    world.delivered(driver=1)
    item = world.feedback(driver=1, overall=1)
    signature = world.signature(item)
    world.report(world.outcome(5, driver=2))
    blamed = dataclasses.replace(item, driver=2)
    assert world.rate(blamed, signatures=[signature]).reasons == [Reason.BAD_SIGNATURE]
    assert world.rate(item, signatures=[signature]).reasons == [0], "a driver once named stays ratable"


def test_a_carrier_blames_a_rivals_driver(world: World) -> None:
    world.opened()
    assert world.report(world.outcome(driver=FIRST_DRIVERS[RIVAL])).reasons == [Reason.NOT_YOUR_DRIVER]


def test_the_relay_drops_or_delays(world: World) -> None:
    """Anyone may bring the same bytes, months later, and the relay's late copy changes nothing."""
    world.delivered()
    item = world.feedback()
    signature = world.signature(item)
    world.chain.advance(300 * DAY)
    assert world.rate(item, signatures=[signature], by=RECIPIENT).reasons == [0]
    assert world.rate(item, signatures=[signature], by=RELAY).reasons == [Reason.REVISION]


@pytest.mark.parametrize(
    "change",
    [{"overall": 4}, {"issues": 0}, {"driver": 0}, {"content_hash": Hash32(b"x" * 32)}, {"timeliness": 0}],
    ids=lambda change: next(iter(change)),
)
def test_the_relay_alters(world: World, change: dict[str, object]) -> None:
    world.delivered()
    item = world.feedback()
    altered = dataclasses.replace(item, **change)
    assert world.rate(altered, signatures=[world.signature(item)]).reasons == [Reason.BAD_SIGNATURE]


def test_an_index_alters_or_drops(world: World) -> None:
    world.opened()
    done = world.outcome()
    reported = (done, 0, world.report(done))
    reported = (done, world.word(done.delivery_id), reported[2])
    item = world.feedback(overall=1)
    rated = (item, 0, world.rate(item))
    rated = (item, world.word(item.delivery_id), rated[2])
    assert chain_of([reported, rated]) == world.driver_head(1)
    assert chain_of([reported]) != world.driver_head(1)
    better = (dataclasses.replace(item, overall=5), *rated[1:])
    assert chain_of([reported, better]) != world.driver_head(1)


def test_a_rating_is_removed_on_the_quiet(world: World) -> None:
    """No function takes an entry back: a later revision and an exclusion are entries of their own."""
    writing = {
        name
        for name, entry in (
            (each["name"], each) for each in artifact("DeliveryLedger")["abi"] if each["type"] == "function"
        )
        if entry["stateMutability"] not in ("view", "pure")
    }
    assert writing == {
        *("registerMember", "setRoles", "allowWriter", "removeWriter", "setAuthority"),
        *("registerDrivers", "setDriverKey", "moveDriver"),
        *("open", "report", "recordFeedback", "recordFeedbackFrom", "changeKey", "changeKeyFrom", "note"),
    }
    world.delivered()
    world.rate(world.feedback(overall=1))
    heads = [world.driver_head(1)]
    world.note(world.note_of())
    heads.append(world.driver_head(1))
    world.rate(world.feedback(overall=0, revision=2))
    heads.append(world.driver_head(1))
    assert len(set(heads)) == 3
    assert world.delivery(delivery_of(1)).revision == 2, "and the count of revisions goes up only"


def test_a_comment_is_changed_later(world: World) -> None:
    world.delivered()
    item = world.feedback()
    (event,) = world.rate(item).events
    assert event.contentHash == item.content_hash, "the salted hash is in the log, the digest and the head"


def test_a_leak_identifies_people(world: World) -> None:
    """The only text that ever reaches the chain is members' names and the domain's."""
    texts = {
        entry["name"]
        for entry in artifact("DeliveryLedger")["abi"]
        if entry["type"] in ("function", "event")
        for part in entry["inputs"] + entry.get("outputs", [])
        if part["type"] == "string"
    }
    assert texts == {"registerMember", "MemberRegistered", "member", "eip712Domain"}


def test_a_recipient_key_serves_one_delivery(world: World) -> None:
    """A signature for one delivery says nothing on another, even under one key."""
    world.delivered(1)
    world.delivered(2)
    item = world.feedback(1)
    other = dataclasses.replace(item, delivery_id=delivery_of(2))
    assert world.rate(other, signatures=[world.signature(item)]).reasons == [Reason.BAD_SIGNATURE]


def test_a_shop_keeps_the_links_key_and_signs_itself(world: World) -> None:
    """After the take-over the link's key is void, for revisions it saved up as well."""
    world.delivered()
    saved = world.feedback(revision=1)
    signature = world.signature(saved, RECIPIENT)
    (event,) = world.change_key(world.key_change(new_key=NEIGHBOUR.address), key=RECIPIENT).events
    assert event.name == "KeyChanged", "the take-over is public: feedback before it can be counted apart"
    assert world.rate(saved, signatures=[signature]).reasons == [Reason.BAD_SIGNATURE]
    assert world.rate(saved, key=NEIGHBOUR).reasons == [0]


def test_an_earlier_take_over_shows_at_once(world: World) -> None:
    world.delivered()
    world.change_key(world.key_change(new_key=STRANGER.address), key=RECIPIENT)
    mine = world.key_change(new_key=NEIGHBOUR.address)
    assert world.change_key(mine, key=RECIPIENT).reasons == [Reason.KEY_ALREADY_CHANGED]


def test_a_stolen_link_uses_up_the_revisions(world: World) -> None:
    world.delivered()
    world.rate(*[world.feedback(revision=n, overall=1) for n in range(1, 128)])
    assert world.rate(world.feedback(revision=128)).reasons == [Reason.ABOVE_127_BEFORE_TAKE_OVER]
    world.change_key(world.key_change(), key=RECIPIENT)
    assert world.rate(world.feedback(revision=128), key=NEIGHBOUR).reasons == [0], (
        "half are kept for the recipient"
    )


def test_a_driver_starts_afresh_under_a_new_number(world: World) -> None:
    """Its key serves one number for ever; what it may do is move, by its own signature, record and all."""
    phone = actor("phone")
    first = DriverKey(1, phone.address, 0)
    world.set_key(first, world.signature(first, phone))
    again = DriverKey(FIRST_DRIVERS[RIVAL], phone.address, 0)
    result = world.set_key(again, world.signature(again, phone), by=RIVAL_WRITER)
    assert result.error is not None
    assert result.error.name == "KeyTaken"
    world.delivered(driver=1)
    head = world.driver_head(1)
    move = DriverMove(1, COURIER, RIVAL, 1)
    result = world.move(move, world.signature(move, phone))
    assert world.driver_head(1) == digests.next_head(
        head, digests.struct_hash(move), world.driver_word(1), result.number, result.time
    )


def test_a_carrier_poaches_a_driver(world: World) -> None:
    for signature in (b"", bytes(64), bytes(65)):
        move = DriverMove(1, COURIER, RIVAL, 0)
        assert not world.move(move, signature).succeeded
    assert world.driver(1).carrier == COURIER


def test_one_signature_serves_one_ledger(world: World) -> None:
    """The same network deployed twice: nothing signed for one means anything to the other."""
    twin, _ = world.chain.deploy(actor("other admin"), "DeliveryLedger", world.manager)
    assert twin != world.ledger
    separator = digests.SigningDomain(20_260, twin).separator()
    assert digests.digest(separator, world.feedback()) != world.digest(world.feedback())
