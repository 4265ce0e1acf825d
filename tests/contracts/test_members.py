"""registerMember and setRoles: who may, and what cannot be undone; the access manager's reach."""

from __future__ import annotations

import pytest
from ledger_harness import DAY, Actor, actor
from ledger_world import (
    ADMIN,
    COURIER,
    COURIER_WRITER,
    MEMBERS,
    NEWCOMER,
    NOTARY,
    OWNERS,
    SHOP,
    SHOP_OWNER,
    SHOP_WRITER,
    STRANGER,
    World,
)

from chain_client.domain.ids import ZERO_ADDRESS
from chain_client.domain.records import Reason

NEXT = len(MEMBERS) + 1


def name_of(by: Actor) -> str:
    return by.name


def test_members_are_numbered_from_1_in_order(world: World) -> None:
    result = world.must(ADMIN, "registerMember", "Späti & Söhne", 3, NEWCOMER.address)
    assert world.interface.decode_output("registerMember", result.output) == NEXT
    (event,) = result.events
    assert (event.name, event.args) == (
        "MemberRegistered",
        {"member": NEXT, "name": "Späti & Söhne", "roles": 3, "owner": NEWCOMER.address},
    )
    assert world.view("member", NEXT) == ("Späti & Söhne", 3, "0x" + NEWCOMER.address.hex())
    assert world.view("memberOfOwner", NEWCOMER.address) == NEXT
    assert world.view("member", 1) == ("Shop", 1, "0x" + SHOP_OWNER.address.hex())
    for unknown in (0, 99):
        assert world.view("member", unknown) == ("", 0, "0x" + "00" * 20)


@pytest.mark.parametrize(("length", "good"), [(0, False), (1, True), (80, True), (81, False), (5000, False)])
def test_a_name_has_1_to_80_bytes(world: World, length: int, good: bool) -> None:
    result = world.send(ADMIN, "registerMember", "x" * length, 1, NEWCOMER.address)
    assert result.succeeded == good
    if not good:
        assert result.error is not None
        assert (result.error.name, result.error.args) == ("BadName", {"length": length})


def test_a_names_length_is_counted_in_bytes_of_utf_8(world: World) -> None:
    assert world.send(ADMIN, "registerMember", "ß" * 40, 1, NEWCOMER.address).succeeded
    assert world.send(ADMIN, "registerMember", "ß" * 41, 1, STRANGER.address).error.length == 82


def test_a_member_has_an_owner(world: World) -> None:
    result = world.send(ADMIN, "registerMember", "X", 1, ZERO_ADDRESS)
    assert result.error is not None
    assert (result.error.name, result.error.args) == ("ZeroOwner", {"member": NEXT})


def test_an_address_owns_one_member(world: World) -> None:
    result = world.send(ADMIN, "registerMember", "X", 1, SHOP_OWNER.address)
    assert result.error is not None
    assert (result.error.name, result.error.args) == (
        "OwnerTaken",
        {"owner": SHOP_OWNER.address, "member": SHOP},
    )


def test_an_owner_is_no_writer_by_that(world: World) -> None:
    assert world.view("memberOf", SHOP_OWNER.address) == 0
    assert world.open(world.opening(), by=SHOP_OWNER).error.name == "NotAWriter"


@pytest.mark.parametrize("roles", range(256))
def test_a_reviewer_holds_no_other_role(world: World, roles: int) -> None:
    for function, args in (("registerMember", ("X", roles, NEWCOMER.address)), ("setRoles", (SHOP, roles))):
        result = world.send(ADMIN, function, *args)
        if roles <= 4:
            assert result.succeeded
        else:
            assert result.error is not None
            assert (result.error.name, result.error.args) == ("BadRoles", {"roles": roles})


def test_roles_are_replaced_and_take_effect_at_once(world: World) -> None:
    (event,) = world.must(ADMIN, "setRoles", SHOP, 2).events
    assert (event.name, event.args) == ("RolesSet", {"member": SHOP, "roles": 2})
    assert world.view("member", SHOP)[:2] == ("Shop", 2)
    assert world.open(world.opening()).error.name == "MissingRole"
    world.must(ADMIN, "setRoles", SHOP, 1)
    world.must(ADMIN, "setRoles", COURIER, 0)
    assert world.open(world.opening()).reasons == [Reason.NOT_A_CARRIER]


@pytest.mark.parametrize("member", [0, NEXT, 65_535])
def test_unknown_members_have_no_roles_and_no_recovery(world: World, member: int) -> None:
    for function, args in (("setRoles", (member, 1)), ("startRecovery", (member, STRANGER.address))):
        result = world.send(ADMIN, function, *args)
        assert result.error is not None
        assert (result.error.name, result.error.args) == ("UnknownMember", {"member": member})


@pytest.mark.parametrize(
    ("function", "args"),
    [
        ("registerMember", ("X", 1, NEWCOMER.address)),
        ("setRoles", (SHOP, 3)),
        ("startRecovery", (SHOP, STRANGER.address)),
    ],
    ids=["registerMember", "setRoles", "startRecovery"],
)
@pytest.mark.parametrize("by", [SHOP_OWNER, NOTARY, SHOP_WRITER, STRANGER], ids=name_of)
def test_only_the_admin_administers(world: World, function: str, args: tuple[object, ...], by: Actor) -> None:
    result = world.send(by, function, *args)
    assert result.error is not None
    assert (result.error.name, result.error.args) == ("AccessManagedUnauthorized", {"caller": by.address})


@pytest.mark.parametrize(
    ("function", "args"),
    [("setRoles", (SHOP, 0)), ("startRecovery", (SHOP, NEWCOMER.address))],
    ids=["setRoles", "startRecovery"],
)
def test_what_the_admin_does_may_be_delayed(world: World, function: str, args: tuple[object, ...]) -> None:
    """With an execution delay every call of the admin's waits, in public, on the manager."""
    clerk, registrar = actor("clerk"), 7
    selector = world.interface.selector(function)
    world.manage(ADMIN, "setTargetFunctionRole", world.ledger, [selector], registrar)
    world.manage(ADMIN, "grantRole", registrar, clerk.address, 2 * DAY)
    data = world.interface.encode(function, *args)
    assert not world.chain.send(clerk, world.ledger, data).succeeded, "not scheduled"
    world.manage(clerk, "schedule", world.ledger, data, 0)
    world.chain.advance(DAY)
    assert not world.chain.send(clerk, world.ledger, data).succeeded, "not yet"
    world.chain.advance(DAY)
    assert world.chain.send(clerk, world.ledger, data).succeeded


def test_the_authority_is_handed_over_only_through_itself(world: World) -> None:
    result = world.send(ADMIN, "setAuthority", STRANGER.address)
    assert result.error.name == "AccessManagedUnauthorized"
    successor, _ = world.chain.deploy(ADMIN, "AccessManager", STRANGER.address)
    world.manage(ADMIN, "updateAuthority", world.ledger, successor)
    assert world.view("authority") == "0x" + successor.hex()
    registration = ("registerMember", "X", 1, NEWCOMER.address)
    assert world.send(ADMIN, *registration).error.name == "AccessManagedUnauthorized"
    world.must(STRANGER, *registration)


def test_closing_the_target_stops_administration_but_no_record_and_no_owner(world: World) -> None:
    """The access manager's only brake reaches restricted functions alone: nobody can pause the ledger."""
    world.manage(ADMIN, "setTargetClosed", world.ledger, True)
    assert not world.send(ADMIN, "registerMember", "X", 1, NEWCOMER.address).succeeded
    world.delivered()
    assert world.rate(world.feedback()).reasons == [0]
    assert world.change_key(world.key_change()).reasons == [0]
    world.must(COURIER_WRITER, "registerDrivers", 1)
    world.add_writer(SHOP, NEWCOMER)
    world.must(SHOP_OWNER, "removeWriter", SHOP_WRITER.address)
    world.must(OWNERS[COURIER], "offerOwner", STRANGER.address)
    world.must(STRANGER, "acceptOwner", COURIER)


def test_deploying_without_a_working_authority_fails(world: World) -> None:
    _, result = world.chain.deploy(ADMIN, "DeliveryLedger", STRANGER.address)
    assert not result.succeeded
    assert result.error is not None
    assert (result.error.name, result.error.args) == (
        "AccessManagedInvalidAuthority",
        {"authority": STRANGER.address},
    )
