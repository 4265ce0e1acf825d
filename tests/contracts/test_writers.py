"""allowWriter, acceptWriter, removeWriter: an owner offers, the address accepts, and serves one member permanently."""

from __future__ import annotations

import pytest
from ledger_harness import Actor, Result
from ledger_world import (
    ADMIN,
    COURIER,
    COURIER_OWNER,
    COURIER_WRITER,
    NEWCOMER,
    NOTARY,
    RIVAL_OWNER,
    SHOP,
    SHOP_OWNER,
    SHOP_WRITER,
    STRANGER,
    World,
)


def name_of(by: Actor) -> str:
    return by.name


def refused(result: Result, name: str, **args: object) -> None:
    assert not result.succeeded
    assert result.error is not None
    assert (result.error.name, result.error.args) == (name, args)


def test_a_writer_is_offered_and_accepts(world: World) -> None:
    (event,) = world.must(SHOP_OWNER, "allowWriter", NEWCOMER.address).events
    assert (event.name, event.args) == (
        "WriterOffered",
        {"member": SHOP, "writer": NEWCOMER.address, "owner": SHOP_OWNER.address},
    )
    assert world.view("writerOffered", SHOP, NEWCOMER.address)
    assert world.view("memberOf", NEWCOMER.address) == 0, "bound only when it accepts"
    assert world.open(world.opening(), by=NEWCOMER).error.name == "NotAWriter"
    (event,) = world.must(NEWCOMER, "acceptWriter", SHOP).events
    assert (event.name, event.args) == ("WriterAllowed", {"member": SHOP, "writer": NEWCOMER.address})
    assert world.view("memberOf", NEWCOMER.address) == SHOP
    assert not world.view("writerOffered", SHOP, NEWCOMER.address)
    assert world.open(world.opening(), by=NEWCOMER).reasons == [0]


def test_several_offers_stand_beside_each_other(world: World) -> None:
    for writer in (NEWCOMER, STRANGER):
        world.must(SHOP_OWNER, "allowWriter", writer.address)
    for writer in (NEWCOMER, STRANGER):
        world.must(writer, "acceptWriter", SHOP)
    assert {world.view("memberOf", each.address) for each in (NEWCOMER, STRANGER, SHOP_WRITER)} == {SHOP}


@pytest.mark.parametrize("by", [ADMIN, NOTARY, SHOP_WRITER, STRANGER], ids=name_of)
def test_only_an_owner_allows_writers(world: World, by: Actor) -> None:
    refused(world.send(by, "allowWriter", NEWCOMER.address), "NotAnOwner", caller=by.address)


def test_nobody_accepts_what_was_not_offered(world: World) -> None:
    world.must(SHOP_OWNER, "allowWriter", NEWCOMER.address)
    for by, member in ((STRANGER, SHOP), (NEWCOMER, COURIER), (NEWCOMER, 0), (NEWCOMER, 99)):
        refused(world.send(by, "acceptWriter", member), "NotOfferedToWrite", member=member, caller=by.address)


def test_a_rival_binds_nobodys_address(world: World) -> None:
    """Its offer takes nothing away: neither the address nor the offer of the member it belongs to."""
    world.must(RIVAL_OWNER, "allowWriter", NEWCOMER.address)
    world.must(COURIER_OWNER, "allowWriter", NEWCOMER.address)
    world.must(RIVAL_OWNER, "removeWriter", NEWCOMER.address)
    assert world.view("writerOffered", COURIER, NEWCOMER.address)
    world.must(NEWCOMER, "acceptWriter", COURIER)
    assert world.view("memberOf", NEWCOMER.address) == COURIER


@pytest.mark.parametrize("removed", [False, True])
def test_an_address_serves_one_member_permanently(world: World, removed: bool) -> None:
    world.must(COURIER_OWNER, "allowWriter", NEWCOMER.address)
    world.add_writer(SHOP, NEWCOMER)
    if removed:
        world.must(SHOP_OWNER, "removeWriter", NEWCOMER.address)
    for owner in (SHOP_OWNER, COURIER_OWNER):
        result = world.send(owner, "allowWriter", NEWCOMER.address)
        refused(result, "WriterTaken", writer=NEWCOMER.address, member=SHOP)
    for member in (SHOP, COURIER):
        result = world.send(NEWCOMER, "acceptWriter", member)
        refused(result, "WriterTaken", writer=NEWCOMER.address, member=SHOP)
    assert not world.view("writerOffered", COURIER, NEWCOMER.address), "an offer it can no longer accept"


def test_an_offer_ends_with_the_owner_that_made_it(world: World) -> None:
    """So that a thief of an old owner's key leaves no writers behind for after it is gone."""
    world.must(SHOP_OWNER, "allowWriter", NEWCOMER.address)
    world.must(SHOP_OWNER, "offerOwner", STRANGER.address)
    world.must(STRANGER, "acceptOwner", SHOP)
    assert not world.view("writerOffered", SHOP, NEWCOMER.address)
    refused(
        world.send(NEWCOMER, "acceptWriter", SHOP), "NotOfferedToWrite", member=SHOP, caller=NEWCOMER.address
    )
    world.must(STRANGER, "allowWriter", NEWCOMER.address)
    world.must(NEWCOMER, "acceptWriter", SHOP)


# removeWriter


@pytest.mark.parametrize("by", [SHOP_OWNER, SHOP_WRITER], ids=name_of)
def test_the_owner_or_the_writer_itself_removes(world: World, by: Actor) -> None:
    (event,) = world.must(by, "removeWriter", SHOP_WRITER.address).events
    assert (event.name, event.args) == (
        "WriterRemoved",
        {"member": SHOP, "writer": SHOP_WRITER.address, "by": by.address},
    )
    assert world.view("memberOf", SHOP_WRITER.address) == 0
    assert world.open(world.opening()).error.name == "NotAWriter"


@pytest.mark.parametrize(
    "by", [ADMIN, NOTARY, COURIER_OWNER, COURIER_WRITER, STRANGER, NEWCOMER], ids=name_of
)
def test_nobody_else_removes(world: World, by: Actor) -> None:
    world.add_writer(SHOP, NEWCOMER)
    result = world.send(by, "removeWriter", SHOP_WRITER.address)
    refused(result, "NotYourWriter", writer=SHOP_WRITER.address, member=SHOP)
    assert world.open(world.opening()).reasons == [0]


def test_a_removed_address_is_never_usable_again(world: World) -> None:
    world.must(SHOP_OWNER, "removeWriter", SHOP_WRITER.address)
    for by in (SHOP_OWNER, SHOP_WRITER, COURIER_OWNER):
        result = world.send(by, "removeWriter", SHOP_WRITER.address)
        refused(result, "UnknownWriter", writer=SHOP_WRITER.address)
    result = world.send(SHOP_OWNER, "allowWriter", SHOP_WRITER.address)
    refused(result, "WriterTaken", writer=SHOP_WRITER.address, member=SHOP)


def test_an_offer_is_withdrawn_and_can_be_made_again(world: World) -> None:
    world.must(SHOP_OWNER, "allowWriter", NEWCOMER.address)
    for by in (COURIER_OWNER, SHOP_WRITER, STRANGER, NEWCOMER, ADMIN):
        refused(world.send(by, "removeWriter", NEWCOMER.address), "UnknownWriter", writer=NEWCOMER.address)
    (event,) = world.must(SHOP_OWNER, "removeWriter", NEWCOMER.address).events
    assert event.args == {"member": SHOP, "writer": NEWCOMER.address, "by": SHOP_OWNER.address}
    refused(
        world.send(NEWCOMER, "acceptWriter", SHOP), "NotOfferedToWrite", member=SHOP, caller=NEWCOMER.address
    )
    refused(
        world.send(SHOP_OWNER, "removeWriter", NEWCOMER.address), "UnknownWriter", writer=NEWCOMER.address
    )
    world.add_writer(SHOP, NEWCOMER)
    assert world.view("memberOf", NEWCOMER.address) == SHOP


def test_an_owner_may_write_too(world: World) -> None:
    """The contract does not look; whoever keeps the owner's key cold does not do it."""
    world.add_writer(SHOP, SHOP_OWNER)
    assert world.open(world.opening(), by=SHOP_OWNER).reasons == [0]
    world.must(SHOP_OWNER, "removeWriter", SHOP_OWNER.address)
    assert world.view("memberOfOwner", SHOP_OWNER.address) == SHOP, "it owns the member still"
