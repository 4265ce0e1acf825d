"""Registering the members, writers and drivers whose keys are in a data directory.

Each step looks first at what is there, so that a run cut short is finished by the next. A member's first writer is its
lane's, which counts that writer's nonces; what is registered later goes through a second one, the `office`.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Final

from chain_client.bindings import admin
from chain_client.bindings.ledger import Ledger
from chain_client.domain.errors import Conflict, InvalidInput, NotFound
from chain_client.domain.ids import Address, DriverNumber, MemberNumber
from chain_client.domain.names import check_member_name
from chain_client.domain.records import Role
from chain_client.outbox.signer import LocalSigner
from chain_client.vault import api_keys
from scripts.datadir import ADMIN, DataDirectory, LocalMember, slug
from scripts.network import OpenNetwork, clock, open_network

__all__ = [
    "MemberExists",
    "add_drivers",
    "bind_writer",
    "ensure_drivers",
    "ensure_member",
    "open_network",
    "owner_of",
    "parse_roles",
    "register_elsewhere",
]

MOST_DRIVERS: Final = 10_000


class MemberExists(Conflict):
    """A member of this name is registered, with other roles or keys that are not here."""

    code = "member-exists"


def parse_roles(text: str) -> Role:
    """Return the roles of a comma-separated list; InvalidInput for an unknown one or a reviewer with another role."""
    roles = Role(0)
    for name in text.split(","):
        try:
            roles |= Role[name.strip().upper()]
        except KeyError:
            known = ", ".join(role.name.lower() for role in Role if role.name)
            raise InvalidInput("roles", f"{name.strip()!r} is no role; known are {known}") from None
    if roles & Role.REVIEWER and roles != Role.REVIEWER:
        raise InvalidInput("roles", "a reviewer holds no other role: decide between reviewer and the others")
    return roles


async def ensure_member(net: OpenNetwork, name: str, roles: Role, *, drivers: int = 0) -> LocalMember:
    """Return the member of this name, registered with its writer, drivers and an API key where it is not yet.

    For the administrator, whose key is in the directory. Changes the ledger, the database and credentials.json.
    Raises MemberExists where the name is taken with other roles; errors of the node as they are (retry).
    """
    check_member_name(name)
    directory = net.directory
    with directory.administering():
        known = directory.credentials().named(name)
        if known is None:
            return await _register(net, name, roles, drivers)
    if known.roles != roles:
        raise MemberExists(f"{name} is member {known.number} with the roles {', '.join(known.role_names)}.")
    return await ensure_drivers(net, known, drivers)


async def _register(net: OpenNetwork, name: str, roles: Role, drivers: int) -> LocalMember:
    directory = net.directory
    owner_name = owner_keystore(name)
    owner = directory.ensure_owner(owner_name)
    number = await net.ledger.member_of_owner(owner.address)  # registered by a run that was cut short
    if number is None:
        number = await admin.register_member(net.ledger, directory.signer(ADMIN), name, roles, owner.address)
    key = None if roles & Role.REVIEWER else f"member-{number}-{slug(name)}"
    registered: tuple[tuple[int, int], ...] = ()
    if key is not None:
        writer = directory.ensure_key(key)
        await bind_writer(net.ledger, owner, number, writer)
        if drivers:
            # By the lane's own writer: there is no lane before credentials.json names it.
            registered = ((int(await admin.register_drivers(net.ledger, writer, drivers)), drivers),)
    async with net.store.write() as connection:
        api_key = await api_keys.create(connection, net.ledger_id, number, clock())
    member = LocalMember(name, int(number), int(roles), key, api_key, owner=owner_name, drivers=registered)
    directory.keep_member(member)
    return member


def owner_keystore(name: str) -> str:
    """Return the name of the keystore of a member's owner: two members' names never give the same one."""
    return f"{slug(name)[:40]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


async def bind_writer(ledger: Ledger, owner: LocalSigner, member: MemberNumber, writer: LocalSigner) -> None:
    """Let a key that is here write for a member: its owner allows it, and it accepts. What is done stays done."""
    if await ledger.member_of(writer.address) == member:
        return
    if not await ledger.writer_offered(member, writer.address):
        await admin.allow_writer(ledger, owner, writer.address)
    await admin.accept_writer(ledger, writer, member)


async def register_elsewhere(net: OpenNetwork, name: str, roles: Role, owner: Address) -> MemberNumber:
    """Register a member whose owner's key is elsewhere; return its number. Its owner then allows its writers."""
    with net.directory.administering():
        return await admin.register_member(net.ledger, net.directory.signer(ADMIN), name, roles, owner)


async def add_drivers(net: OpenNetwork, carrier: int, count: int) -> tuple[DriverNumber, int]:
    """Register `count` more drivers for a carrier whose keys are here; return the first number and the count.

    Raises NotFound for a member whose keys are not here, InvalidInput for one that is no carrier or a count outside
    1..10,000.
    """
    if not 1 <= count <= MOST_DRIVERS:
        raise InvalidInput("count", f"must be from 1 to {MOST_DRIVERS}, not {count}")
    directory = net.directory
    with directory.administering():
        member = directory.credentials().numbered(carrier)
        if member is None:
            raise NotFound(f"Member {carrier} is none of {directory.path}'s; see its credentials.json.")
        if not member.roles & Role.CARRIER:
            raise InvalidInput("carrier", f"{member.name} (member {carrier}) is no carrier")
        first = await admin.register_drivers(net.ledger, await _office(net, member), count)
        directory.add_drivers(carrier, int(first), count)
        return first, count


async def _office(net: OpenNetwork, member: LocalMember) -> LocalSigner:
    directory = net.directory
    office = member.office or f"member-{member.number}-{slug(member.name)}-office"
    signer = directory.ensure_key(office)
    if await net.ledger.member_of(signer.address) != member.number:
        await bind_writer(net.ledger, owner_of(directory, member), member.member, signer)
    directory.keep_member(replace(member, office=office))
    return signer


async def ensure_drivers(net: OpenNetwork, member: LocalMember, count: int) -> LocalMember:
    """Return the carrier with at least `count` drivers, the missing ones registered now; errors as `add_drivers`."""
    missing = count - len(member.driver_numbers())
    if missing > 0:
        await add_drivers(net, member.number, missing)
    found = net.directory.credentials().numbered(member.number)
    assert found is not None, "it was there"
    return found


def owner_of(directory: DataDirectory, member: LocalMember) -> LocalSigner:
    """Return the signer of a local member's owner; NotFound where its key is elsewhere."""
    if member.owner is None:
        raise NotFound(
            f"The owner's key of {member.name} (member {member.number}) is not in {directory.path}/owners. Give it with "
            "--keystore and --password-file, or in DOORSTEP_KEY."
        )
    return directory.owner(member.owner)
