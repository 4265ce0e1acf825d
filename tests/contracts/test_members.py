"""registerMember, setRoles, allowWriter, removeWriter: who may, and what is for ever."""

from __future__ import annotations

import pytest
from ledger_harness import DAY, actor
from ledger_world import (
    ADMIN,
    COURIER,
    COURIER_WRITER,
    GUARD,
    MEMBERS,
    NOTARY,
    RIVAL_WRITER,
    SHOP,
    SHOP_WRITER,
    STRANGER,
    World,
)

from chain_client.domain.records import Reason

NEW = actor("new writer")


def name_of(by: object) -> str:
    return by.name


def test_members_are_numbered_from_1_in_order(world: World) -> None:
    result = world.must(ADMIN, "registerMember", "Späti & Söhne", 3)
    assert world.interface.decode_output("registerMember", result.output) == len(MEMBERS) + 1
    (event,) = result.events
    assert (event.name, event.args) == (
        "MemberRegistered",
        {"member": len(MEMBERS) + 1, "name": "Späti & Söhne", "roles": 3},
    )
    assert world.view("member", len(MEMBERS) + 1) == ("Späti & Söhne", 3)
    assert world.view("member", 1) == ("Shop", 1)
    assert world.view("member", 0) == ("", 0)
    assert world.view("member", 99) == ("", 0)


@pytest.mark.parametrize("roles", range(256))
def test_a_reviewer_holds_no_other_role(world: World, roles: int) -> None:
    for function, args in (("registerMember", ("X", roles)), ("setRoles", (SHOP, roles))):
        result = world.send(ADMIN, function, *args)
        if roles <= 4:
            assert result.succeeded
        else:
            assert result.error is not None
            assert (result.error.name, result.error.args) == ("BadRoles", {"roles": roles})


def test_roles_are_replaced_and_take_effect_at_once(world: World) -> None:
    (event,) = world.must(ADMIN, "setRoles", SHOP, 2).events
    assert (event.name, event.args) == ("RolesSet", {"member": SHOP, "roles": 2})
    assert world.view("member", SHOP) == ("Shop", 2)
    assert world.open(world.opening()).error.name == "MissingRole"
    world.must(ADMIN, "setRoles", SHOP, 1)
    world.must(ADMIN, "setRoles", COURIER, 0)
    assert world.open(world.opening()).reasons == [Reason.NOT_A_CARRIER]


@pytest.mark.parametrize("member", [0, 7, 65_535])
def test_unknown_members_have_no_roles_and_no_writers(world: World, member: int) -> None:
    for function, args in (("setRoles", (member, 1)), ("allowWriter", (member, NEW.address))):
        result = world.send(ADMIN, function, *args)
        assert result.error is not None
        assert (result.error.name, result.error.args) == ("UnknownMember", {"member": member})


def test_a_writer_allowed_writes_for_its_member(world: World) -> None:
    assert world.open(world.opening(), by=NEW).error.name == "NotAWriter"
    (event,) = world.must(ADMIN, "allowWriter", SHOP, NEW.address).events
    assert (event.name, event.args) == ("WriterAllowed", {"member": SHOP, "writer": NEW.address})
    assert world.view("memberOf", NEW.address) == SHOP
    assert world.open(world.opening(), by=NEW).reasons == [0]
    assert world.view("memberOf", STRANGER.address) == 0


@pytest.mark.parametrize("member", [SHOP, COURIER])
def test_an_address_serves_one_member_for_ever(world: World, member: int) -> None:
    for remove in (False, True):
        if remove:
            world.must(GUARD, "removeWriter", SHOP_WRITER.address)
        result = world.send(ADMIN, "allowWriter", member, SHOP_WRITER.address)
        assert result.error is not None
        assert (result.error.name, result.error.args) == (
            "WriterTaken",
            {"writer": SHOP_WRITER.address, "member": SHOP},
        ), "also after removal: never usable again"


def test_the_guardian_removes_without_delay(world: World) -> None:
    (event,) = world.must(GUARD, "removeWriter", SHOP_WRITER.address).events
    assert (event.name, event.args) == ("WriterRemoved", {"member": SHOP, "writer": SHOP_WRITER.address})
    assert world.view("memberOf", SHOP_WRITER.address) == 0
    assert world.open(world.opening()).error.name == "NotAWriter"


def test_a_writer_removes_its_members_writers_and_itself(world: World) -> None:
    world.must(ADMIN, "allowWriter", SHOP, NEW.address)
    world.must(NEW, "removeWriter", SHOP_WRITER.address)
    world.must(NEW, "removeWriter", NEW.address)
    assert world.view("memberOf", NEW.address) == 0


@pytest.mark.parametrize("by", [ADMIN, RIVAL_WRITER, STRANGER, NOTARY], ids=name_of)
def test_nobody_else_removes(world: World, by: object) -> None:
    for writer in (SHOP_WRITER.address, STRANGER.address):
        result = world.send(by, "removeWriter", writer)
        assert result.error is not None
        assert (result.error.name, result.error.args) == ("AccessManagedUnauthorized", {"caller": by.address})


def test_a_removed_writer_removes_nobody(world: World) -> None:
    world.must(ADMIN, "allowWriter", SHOP, NEW.address)
    world.must(GUARD, "removeWriter", NEW.address)
    assert world.send(NEW, "removeWriter", SHOP_WRITER.address).error.name == "AccessManagedUnauthorized"


def test_what_is_no_writer_cannot_be_removed(world: World) -> None:
    world.must(GUARD, "removeWriter", SHOP_WRITER.address)
    for writer in (STRANGER.address, SHOP_WRITER.address):
        result = world.send(GUARD, "removeWriter", writer)
        assert result.error is not None
        assert (result.error.name, result.error.args) == ("UnknownWriter", {"writer": writer})


@pytest.mark.parametrize(
    ("function", "args"),
    [("registerMember", ("X", 1)), ("setRoles", (SHOP, 3)), ("allowWriter", (SHOP, NEW.address))],
)
@pytest.mark.parametrize("by", [GUARD, NOTARY, SHOP_WRITER, STRANGER], ids=name_of)
def test_only_the_admin_administers(world: World, function: str, args: tuple, by: object) -> None:
    result = world.send(by, function, *args)
    assert result.error is not None
    assert (result.error.name, result.error.args) == ("AccessManagedUnauthorized", {"caller": by.address})


def test_allowing_a_writer_may_be_delayed(world: World) -> None:
    """A role with a delay schedules through the manager; the ledger honours it and the guardian needs none."""
    clerk, registrar = actor("clerk"), 7
    selector = world.interface.selector("allowWriter")
    world.manage(ADMIN, "setTargetFunctionRole", world.ledger, [selector], registrar)
    world.manage(ADMIN, "grantRole", registrar, clerk.address, 2 * DAY)
    data = world.interface.encode("allowWriter", SHOP, NEW.address)
    assert not world.chain.send(clerk, world.ledger, data).succeeded, "not scheduled"
    world.manage(clerk, "schedule", world.ledger, data, 0)
    world.chain.advance(DAY)
    assert not world.chain.send(clerk, world.ledger, data).succeeded, "not yet"
    world.chain.advance(DAY)
    assert world.chain.send(clerk, world.ledger, data).succeeded
    assert world.view("memberOf", NEW.address) == SHOP
    world.must(GUARD, "removeWriter", NEW.address)


def test_the_authority_is_handed_over_only_through_itself(world: World) -> None:
    result = world.send(ADMIN, "setAuthority", STRANGER.address)
    assert result.error.name == "AccessManagedUnauthorized"
    successor, _ = world.chain.deploy(ADMIN, "AccessManager", STRANGER.address)
    world.manage(ADMIN, "updateAuthority", world.ledger, successor)
    assert world.view("authority") == "0x" + successor.hex()
    assert world.send(ADMIN, "registerMember", "X", 1).error.name == "AccessManagedUnauthorized"
    world.must(STRANGER, "registerMember", "X", 1)


def test_closing_the_target_stops_administration_but_no_record(world: World) -> None:
    """The access manager's only brake reaches restricted functions alone: nobody can pause the ledger."""
    world.manage(ADMIN, "setTargetClosed", world.ledger, True)
    assert not world.send(ADMIN, "registerMember", "X", 1).succeeded
    world.delivered()
    assert world.rate(world.feedback()).reasons == [0]
    assert world.change_key(world.key_change()).reasons == [0]
    world.must(COURIER_WRITER, "registerDrivers", 1)
    world.must(SHOP_WRITER, "removeWriter", SHOP_WRITER.address)


def test_deploying_without_a_working_authority_fails(world: World) -> None:
    _, result = world.chain.deploy(ADMIN, "DeliveryLedger", STRANGER.address)
    assert not result.succeeded
    assert result.error is not None
    assert (result.error.name, result.error.args) == (
        "AccessManagedInvalidAuthority",
        {"authority": STRANGER.address},
    )
