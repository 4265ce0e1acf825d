"""One test for each way to cheat that the contract itself answers."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest
from ledger_harness import DAY, Result, actor, artifact
from ledger_world import (
    ADMIN,
    COURIER,
    COURIER_OWNER,
    COURIER_WRITER,
    DRIVERS_EACH,
    FIRST_DRIVERS,
    LATER,
    MARKET,
    MARKET_WRITER,
    MEMBERS,
    MERGED,
    MERGED_WRITER,
    NEIGHBOUR,
    RECIPIENT,
    RELAY,
    RIVAL,
    RIVAL_OWNER,
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
        entry = digests.struct_hash(item)
        head = digests.next_head(head, entry, word, result.sender, result.number, result.time)
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


def test_a_shop_sinks_a_carrier(world: World) -> None:
    """Open on it with a key of its own, cancel at once, rate it 1: the carrier still refuses each (7)."""
    numbers = range(12)
    world.open(*[world.opening(n, recipient_key=SHOP_WRITER.address) for n in numbers])
    world.report(*[world.outcome(6, n, driver=0) for n in numbers], by=SHOP_WRITER)
    fakes = [world.feedback(n, driver=0, overall=1) for n in numbers]
    assert world.rate(*fakes, key=SHOP_WRITER).reasons == [0] * 12, "listed, but on nothing the carrier took"
    assert world.report(*[world.outcome(7, n, driver=0) for n in numbers]).reasons == [0] * 12
    late = world.outcome(3, 0, driver=1)
    assert world.report(late).reasons == [Reason.TRANSITION], "and what it refused it did not deliver"


def test_a_carrier_dodges_a_cancellation_by_renaming_the_driver(world: World) -> None:
    world.opened()
    world.report(world.outcome(1, driver=1))
    cancellation = world.outcome(6, driver=0)
    world.report(world.outcome(1, driver=2))
    assert world.report(cancellation, by=SHOP_WRITER).reasons == [0], "it names nobody, whoever is named"
    assert world.delivery(delivery_of(1)).driver == 2


def test_a_carrier_spreads_one_delivery_over_its_drivers(world: World) -> None:
    """One delivery can be rated for four drivers and the carrier, however long the list of reports."""
    drivers = range(1, DRIVERS_EACH + 1)
    world.opened()
    reasons = world.report(*[world.outcome(2, driver=driver) for driver in (*drivers, 1, 2, 3)]).reasons
    assert reasons.count(0) == 4
    revision, rated = 0, []
    for driver in drivers:
        if world.rate(world.feedback(driver=driver, revision=revision + 1)).reasons == [0]:
            revision += 1
            rated.append(driver)
    assert rated == [1, 2, 3, 4]


def test_a_former_carrier_reports_on_a_driver_who_left_long_ago(world: World) -> None:
    phone = actor("phone")
    first = DriverKey(1, phone.address, 0, LATER)
    world.set_key(first, world.signature(first, phone))
    world.opened()
    world.report(world.outcome(1, driver=1))
    move = DriverMove(1, COURIER, RIVAL, 1, LATER)
    world.move(move, world.signature(move, phone))
    world.chain.advance(400 * DAY)
    head = world.driver_head(1)
    for outcome in (2, 3, 4, 5):
        assert world.report(world.outcome(outcome, driver=1)).reasons == [Reason.TOO_LONG_AFTER_PROMISE]
    assert world.driver_head(1) == head


def test_a_carrier_uses_a_drivers_old_signature(world: World) -> None:
    """A move signed and never brought is worth nothing after its deadline, whatever the nonce."""
    phone = actor("phone")
    first = DriverKey(1, phone.address, 0, LATER)
    world.set_key(first, world.signature(first, phone))
    move = DriverMove(1, COURIER, RIVAL, 1, world.chain.time + DAY)
    signature = world.signature(move, phone)
    world.chain.advance(DAY + 1)
    assert world.move(move, signature).error.name == "DeadlinePassed"
    assert world.driver(1).carrier == COURIER


def test_the_admin_writes_as_a_member(world: World) -> None:
    """It allows no writer of its own, nor itself; its owner's address is not its to choose again."""
    for mine in (ADMIN, actor("admin's hand")):
        assert world.send(ADMIN, "allowWriter", mine.address).error.name == "NotAnOwner"
        assert world.send(mine, "acceptWriter", COURIER).error.name == "NotOfferedToWrite"
    world.must(ADMIN, "registerMember", "Courier", 2, ADMIN.address)
    world.add_writer_of(ADMIN, len(MEMBERS) + 1, STRANGER)
    world.opened()
    assert world.report(world.outcome(), by=STRANGER).reasons == [Reason.NOT_YOURS], "a namesake is not it"


def test_the_admin_shuts_a_member_out(world: World) -> None:
    """It removes no writer and takes no owner's place while the owner looks once a fortnight."""
    for writer in (COURIER_WRITER, SHOP_WRITER):
        assert world.send(ADMIN, "removeWriter", writer.address).error.name == "NotYourWriter"
    world.must(ADMIN, "startRecovery", COURIER, ADMIN.address)
    world.chain.advance(13 * DAY)
    assert world.send(ADMIN, "acceptOwner", COURIER).error.name == "RecoveryPending"
    world.must(COURIER_OWNER, "vetoRecovery", COURIER)
    world.chain.advance(80 * DAY)
    assert world.send(ADMIN, "acceptOwner", COURIER).error.name == "NotOffered"
    assert world.send(ADMIN, "startRecovery", COURIER, ADMIN.address).error.name == "RecoveryBarred"


def test_the_admin_hurries_a_recovery(world: World) -> None:
    """A second start neither keeps the first one's fourteen days nor hides behind an owner's offer."""
    world.must(ADMIN, "startRecovery", COURIER, STRANGER.address)
    world.chain.advance(13 * DAY)
    world.must(ADMIN, "startRecovery", COURIER, ADMIN.address)
    world.must(COURIER_OWNER, "offerOwner", NEIGHBOUR.address)
    world.chain.advance(2 * DAY)
    for by in (STRANGER, ADMIN):
        assert not world.send(by, "acceptOwner", COURIER).succeeded


def test_one_leaked_writer_key_evicts_its_siblings(world: World) -> None:
    leaked, sibling = actor("leaked"), actor("sibling")
    for writer in (leaked, sibling):
        world.add_writer(COURIER, writer)
    for victim in (sibling, COURIER_WRITER):
        assert world.send(leaked, "removeWriter", victim.address).error.name == "NotYourWriter"
    assert world.send(leaked, "allowWriter", STRANGER.address).error.name == "NotAnOwner"
    world.must(COURIER_OWNER, "removeWriter", leaked.address)
    world.opened()
    assert world.report(world.outcome(), by=leaked).error.name == "NotAWriter"
    assert world.report(world.outcome(), by=sibling).reasons == [0]


def test_a_leaked_keys_entries_are_known_by_its_address(world: World) -> None:
    """The event says who wrote, and the head holds it: nobody can shift an entry onto another writer."""
    leaked = actor("leaked")
    world.add_writer(COURIER, leaked)
    world.opened()
    item = world.outcome(1)
    before = world.driver_head(1)
    result = world.report(item, by=leaked)
    assert result.events[0].facts >> 56 == int.from_bytes(leaked.address, "big")
    assert world.driver_head(1) == world.extended(before, item, result)
    shifted = dataclasses.replace(result, sender=COURIER_WRITER.address)
    assert world.driver_head(1) != world.extended(before, item, shifted)


def test_someone_binds_a_rivals_address(world: World) -> None:
    fresh = actor("the courier's next writer")
    world.must(RIVAL_OWNER, "allowWriter", fresh.address)
    assert world.view("memberOf", fresh.address) == 0, "only the address itself accepts"
    world.add_writer(COURIER, fresh)


def test_a_note_moves_another_carriers_figures(world: World) -> None:
    """A note on one carrier's delivery extends no head of another's, and none of a driver who was not there."""
    world.delivered()
    rivals = FIRST_DRIVERS[RIVAL]
    heads = world.heads()
    notes = [
        world.note_of(driver=0, carrier=RIVAL),
        world.note_of(driver=rivals, carrier=0),
        world.note_of(driver=rivals, carrier=COURIER),
        world.note_of(driver=2),
    ]
    assert world.note(*notes).reasons == [51, 52, 52, 52]
    assert world.heads() == heads


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
        *("registerMember", "setRoles", "setAuthority", "startRecovery", "vetoRecovery"),
        *("offerOwner", "acceptOwner", "allowWriter", "acceptWriter", "removeWriter"),
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
    first = DriverKey(1, phone.address, 0, LATER)
    world.set_key(first, world.signature(first, phone))
    again = DriverKey(FIRST_DRIVERS[RIVAL], phone.address, 0, LATER)
    result = world.set_key(again, world.signature(again, phone), by=RIVAL_WRITER)
    assert result.error is not None
    assert result.error.name == "KeyTaken"
    world.delivered(driver=1)
    head = world.driver_head(1)
    move = DriverMove(1, COURIER, RIVAL, 1, LATER)
    result = world.move(move, world.signature(move, phone))
    assert world.driver_head(1) == world.extended(head, move, result, world.driver_word(1))


def test_a_carrier_poaches_a_driver(world: World) -> None:
    for signature in (b"", bytes(64), bytes(65)):
        move = DriverMove(1, COURIER, RIVAL, 0, LATER)
        assert not world.move(move, signature).succeeded
    assert world.driver(1).carrier == COURIER


def test_one_signature_serves_one_ledger(world: World) -> None:
    """The same network deployed twice: nothing signed for one means anything to the other."""
    twin, _ = world.chain.deploy(actor("other admin"), "DeliveryLedger", world.manager)
    assert twin != world.ledger
    separator = digests.SigningDomain(20_260, twin).separator()
    assert digests.digest(separator, world.feedback()) != world.digest(world.feedback())
