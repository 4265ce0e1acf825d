"""offerOwner, acceptOwner, startRecovery, vetoRecovery: who governs a member, and how that changes."""

from __future__ import annotations

import pytest
from ledger_harness import DAY, Actor, Result, actor
from ledger_world import (
    ADMIN,
    COURIER,
    COURIER_OWNER,
    NEWCOMER,
    SHOP,
    SHOP_OWNER,
    SHOP_WRITER,
    STRANGER,
    World,
)

from chain_client.domain.ids import ZERO_ADDRESS

HEIR = actor("heir")
"""Whom a recovery is for."""
NOBODY = "0x" + "00" * 20


def refused(result: Result, name: str, **args: object) -> None:
    assert not result.succeeded
    assert result.error is not None
    assert (result.error.name, result.error.args) == (name, args)


def succession(world: World, member: int = SHOP) -> tuple[str, str, int, int]:
    return world.view("succession", member)


def owner_of(world: World, member: int = SHOP) -> str:
    return world.view("member", member)[2]


def hex_of(who: Actor) -> str:
    return "0x" + who.address.hex()


def recovering(world: World) -> int:
    """Start the shop's recovery for the heir; returns when it can be accepted."""
    started = world.must(ADMIN, "startRecovery", SHOP, HEIR.address)
    return started.time + 14 * DAY


# offerOwner and acceptOwner


def test_a_member_is_handed_over_by_offer_and_acceptance(world: World) -> None:
    (event,) = world.must(SHOP_OWNER, "offerOwner", NEWCOMER.address).events
    assert (event.name, event.args) == ("OwnerOffered", {"member": SHOP, "offered": NEWCOMER.address})
    assert owner_of(world) == hex_of(SHOP_OWNER), "an offer changes nothing"
    assert succession(world) == (hex_of(NEWCOMER), NOBODY, 0, 0)
    (event,) = world.must(NEWCOMER, "acceptOwner", SHOP).events
    assert (event.name, event.args) == (
        "OwnerChanged",
        {"member": SHOP, "from": SHOP_OWNER.address, "to": NEWCOMER.address},
    )
    assert owner_of(world) == hex_of(NEWCOMER)
    assert world.view("memberOfOwner", NEWCOMER.address) == SHOP
    assert world.view("memberOfOwner", SHOP_OWNER.address) == 0
    assert succession(world) == (NOBODY, NOBODY, 0, 0)


def test_the_old_owner_governs_no_more_and_its_address_is_free(world: World) -> None:
    world.must(SHOP_OWNER, "offerOwner", NEWCOMER.address)
    world.must(NEWCOMER, "acceptOwner", SHOP)
    refused(world.send(SHOP_OWNER, "removeWriter", SHOP_WRITER.address), "NotYourWriter", **writer_of_shop())
    refused(world.send(SHOP_OWNER, "allowWriter", HEIR.address), "NotAnOwner", caller=SHOP_OWNER.address)
    world.must(COURIER_OWNER, "offerOwner", SHOP_OWNER.address)
    world.must(SHOP_OWNER, "acceptOwner", COURIER)
    world.must(ADMIN, "registerMember", "X", 1, COURIER_OWNER.address)


def writer_of_shop() -> dict[str, object]:
    return {"writer": SHOP_WRITER.address, "member": SHOP}


def test_writers_stay_through_a_change_of_owner(world: World) -> None:
    world.must(SHOP_OWNER, "offerOwner", NEWCOMER.address)
    world.must(NEWCOMER, "acceptOwner", SHOP)
    assert world.open(world.opening()).reasons == [0]


def test_only_the_offered_address_accepts(world: World) -> None:
    world.must(SHOP_OWNER, "offerOwner", NEWCOMER.address)
    for by in (STRANGER, ADMIN, SHOP_OWNER, SHOP_WRITER):
        refused(world.send(by, "acceptOwner", SHOP), "NotOffered", member=SHOP, caller=by.address)
    refused(
        world.send(NEWCOMER, "acceptOwner", COURIER), "NotOffered", member=COURIER, caller=NEWCOMER.address
    )
    for unknown in (0, 99):
        result = world.send(NEWCOMER, "acceptOwner", unknown)
        refused(result, "NotOffered", member=unknown, caller=NEWCOMER.address)


@pytest.mark.parametrize("withdrawal", [ZERO_ADDRESS, STRANGER.address], ids=["withdrawn", "to another"])
def test_an_offer_is_withdrawn_or_replaced_by_the_next(world: World, withdrawal: bytes) -> None:
    world.must(SHOP_OWNER, "offerOwner", NEWCOMER.address)
    (event,) = world.must(SHOP_OWNER, "offerOwner", withdrawal).events
    assert event.offered == withdrawal
    refused(world.send(NEWCOMER, "acceptOwner", SHOP), "NotOffered", member=SHOP, caller=NEWCOMER.address)


def test_an_offer_is_used_once(world: World) -> None:
    world.must(SHOP_OWNER, "offerOwner", NEWCOMER.address)
    world.must(NEWCOMER, "acceptOwner", SHOP)
    world.must(NEWCOMER, "offerOwner", STRANGER.address)
    world.must(STRANGER, "acceptOwner", SHOP)
    refused(world.send(NEWCOMER, "acceptOwner", SHOP), "NotOffered", member=SHOP, caller=NEWCOMER.address)


@pytest.mark.parametrize("by", [ADMIN, SHOP_WRITER, STRANGER], ids=lambda by: by.name)
def test_only_an_owner_offers(world: World, by: Actor) -> None:
    refused(world.send(by, "offerOwner", by.address), "NotAnOwner", caller=by.address)


def test_who_owns_a_member_takes_no_second(world: World) -> None:
    world.must(SHOP_OWNER, "offerOwner", COURIER_OWNER.address)
    result = world.send(COURIER_OWNER, "acceptOwner", SHOP)
    refused(result, "OwnerTaken", owner=COURIER_OWNER.address, member=COURIER)
    world.must(SHOP_OWNER, "offerOwner", SHOP_OWNER.address)
    result = world.send(SHOP_OWNER, "acceptOwner", SHOP)
    refused(result, "OwnerTaken", owner=SHOP_OWNER.address, member=SHOP)
    assert owner_of(world) == hex_of(SHOP_OWNER)


# startRecovery


def test_a_recovery_is_accepted_from_14_days_after_its_start(world: World) -> None:
    result = world.must(ADMIN, "startRecovery", SHOP, HEIR.address)
    ready = result.time + 14 * DAY
    (event,) = result.events
    assert (event.name, event.args) == (
        "RecoveryStarted",
        {"member": SHOP, "newOwner": HEIR.address, "acceptFrom": ready},
    )
    assert succession(world) == (NOBODY, hex_of(HEIR), ready, 0)
    world.chain.time = ready - 1
    refused(world.send(HEIR, "acceptOwner", SHOP), "RecoveryPending", member=SHOP, acceptFrom=ready)
    world.chain.time = ready
    (event,) = world.must(HEIR, "acceptOwner", SHOP).events
    assert event.args == {"member": SHOP, "from": SHOP_OWNER.address, "to": HEIR.address}
    assert owner_of(world) == hex_of(HEIR)
    assert succession(world) == (NOBODY, NOBODY, 0, 0)
    assert world.view("memberOfOwner", SHOP_OWNER.address) == 0


def test_a_recovery_is_for_its_address_alone_and_never_expires(world: World) -> None:
    ready = recovering(world)
    world.chain.time = ready + 1000 * DAY
    for by in (ADMIN, STRANGER):
        refused(world.send(by, "acceptOwner", SHOP), "NotOffered", member=SHOP, caller=by.address)
    world.must(HEIR, "acceptOwner", SHOP)


def test_a_recovery_for_an_owner_fails_when_it_is_accepted(world: World) -> None:
    world.must(ADMIN, "startRecovery", SHOP, COURIER_OWNER.address)
    world.chain.advance(15 * DAY)
    result = world.send(COURIER_OWNER, "acceptOwner", SHOP)
    refused(result, "OwnerTaken", owner=COURIER_OWNER.address, member=COURIER)


def test_a_recovery_for_nobody_is_refused(world: World) -> None:
    refused(world.send(ADMIN, "startRecovery", SHOP, ZERO_ADDRESS), "ZeroOwner", member=SHOP)


@pytest.mark.parametrize("again", [HEIR, NEWCOMER], ids=["for the same", "for another"])
def test_a_restart_begins_14_days_again(world: World, again: Actor) -> None:
    recovering(world)
    world.chain.advance(13 * DAY)
    ready = world.must(ADMIN, "startRecovery", SHOP, again.address).time + 14 * DAY
    world.chain.advance(2 * DAY)
    refused(world.send(again, "acceptOwner", SHOP), "RecoveryPending", member=SHOP, acceptFrom=ready)
    if again is not HEIR:
        refused(world.send(HEIR, "acceptOwner", SHOP), "NotOffered", member=SHOP, caller=HEIR.address)


def test_offer_and_recovery_are_kept_apart(world: World) -> None:
    """An admin's recovery displaces no offer, and an owner's offer no recovery."""
    ready = recovering(world)
    world.must(SHOP_OWNER, "offerOwner", NEWCOMER.address)
    assert succession(world) == (hex_of(NEWCOMER), hex_of(HEIR), ready, 0)
    refused(world.send(HEIR, "acceptOwner", SHOP), "RecoveryPending", member=SHOP, acceptFrom=ready)
    before = world.chain.snapshot()
    world.must(NEWCOMER, "acceptOwner", SHOP)
    assert succession(world) == (NOBODY, NOBODY, 0, 0)
    world.chain.time = ready
    refused(world.send(HEIR, "acceptOwner", SHOP), "NotOffered", member=SHOP, caller=HEIR.address)
    world.chain.restore(before)
    world.must(SHOP_OWNER, "offerOwner", ZERO_ADDRESS)
    world.chain.time = ready
    world.must(HEIR, "acceptOwner", SHOP)


def test_an_address_both_offered_and_recovering_accepts_at_once(world: World) -> None:
    recovering(world)
    world.must(SHOP_OWNER, "offerOwner", HEIR.address)
    world.must(HEIR, "acceptOwner", SHOP)
    assert succession(world) == (NOBODY, NOBODY, 0, 0)


# vetoRecovery


@pytest.mark.parametrize("late", [0, 20 * DAY], ids=["in time", "before anyone accepted"])
def test_the_owner_vetoes_a_recovery(world: World, late: int) -> None:
    recovering(world)
    world.must(SHOP_OWNER, "offerOwner", NEWCOMER.address)
    world.chain.advance(late)
    result = world.must(SHOP_OWNER, "vetoRecovery", SHOP)
    (event,) = result.events
    assert (event.name, event.args) == ("RecoveryVetoed", {"member": SHOP, "owner": SHOP_OWNER.address})
    assert succession(world) == (NOBODY, NOBODY, 0, result.time), "offer and recovery are cleared"
    world.chain.advance(30 * DAY)
    for by in (HEIR, NEWCOMER):
        refused(world.send(by, "acceptOwner", SHOP), "NotOffered", member=SHOP, caller=by.address)
    assert owner_of(world) == hex_of(SHOP_OWNER)


def test_no_recovery_starts_within_90_days_of_a_veto(world: World) -> None:
    recovering(world)
    free = world.must(SHOP_OWNER, "vetoRecovery", SHOP).time + 90 * DAY
    for time in (world.chain.time, free - 1):
        world.chain.time = time
        result = world.send(ADMIN, "startRecovery", SHOP, HEIR.address)
        refused(result, "RecoveryBarred", member=SHOP, startFrom=free)
    world.must(ADMIN, "startRecovery", COURIER, HEIR.address)
    world.chain.time = free
    world.must(ADMIN, "startRecovery", SHOP, HEIR.address)


def test_a_veto_holds_through_a_change_of_owner(world: World) -> None:
    recovering(world)
    free = world.must(SHOP_OWNER, "vetoRecovery", SHOP).time + 90 * DAY
    world.must(SHOP_OWNER, "offerOwner", NEWCOMER.address)
    world.must(NEWCOMER, "acceptOwner", SHOP)
    result = world.send(ADMIN, "startRecovery", SHOP, HEIR.address)
    refused(result, "RecoveryBarred", member=SHOP, startFrom=free)


def test_nothing_is_vetoed_before_it_is_started(world: World) -> None:
    """Or an owner, or a thief of its key, could bar recoveries without end by vetoes in advance."""
    refused(world.send(SHOP_OWNER, "vetoRecovery", SHOP), "NoRecovery", member=SHOP)
    recovering(world)
    world.must(SHOP_OWNER, "vetoRecovery", SHOP)
    refused(world.send(SHOP_OWNER, "vetoRecovery", SHOP), "NoRecovery", member=SHOP)


@pytest.mark.parametrize("by", [ADMIN, COURIER_OWNER, SHOP_WRITER, HEIR, STRANGER], ids=lambda by: by.name)
def test_only_the_present_owner_vetoes(world: World, by: Actor) -> None:
    recovering(world)
    refused(world.send(by, "vetoRecovery", SHOP), "NotTheOwner", member=SHOP, caller=by.address)
    for unknown in (0, 99):
        result = world.send(by, "vetoRecovery", unknown)
        refused(result, "NotTheOwner", member=unknown, caller=by.address)


def test_a_recovered_member_is_no_longer_its_old_owners(world: World) -> None:
    world.chain.time = recovering(world)
    world.must(HEIR, "acceptOwner", SHOP)
    refused(
        world.send(SHOP_OWNER, "vetoRecovery", SHOP), "NotTheOwner", member=SHOP, caller=SHOP_OWNER.address
    )
    world.must(HEIR, "removeWriter", SHOP_WRITER.address)
    assert world.open(world.opening()).error.name == "NotAWriter"
