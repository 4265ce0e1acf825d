"""Registering the members, writers and drivers whose keys are in a data directory.

Each step looks first at what is there, so that a run cut short is finished by the next. A member's first writer is its
lane's, which counts that writer's nonces; what is registered later goes through a second one, the `office`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from chain_client.bindings import admin
from chain_client.domain.errors import Conflict, InvalidInput, NotFound
from chain_client.domain.ids import Address, DriverNumber, MemberNumber
from chain_client.domain.records import Role
from chain_client.outbox.signer import LocalSigner
from chain_client.vault import api_keys
from scripts.datadir import ADMIN, LocalMember, slug
from scripts.network import OpenNetwork, clock, open_network

__all__ = [
    "MemberExists",
    "add_drivers",
    "allow_writer",
    "ensure_drivers",
    "ensure_member",
    "open_network",
    "parse_roles",
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
    signer = directory.signer(ADMIN)
    number = await _find_member(net, name, roles)
    if number is None:
        number = await admin.register_member(net.ledger, signer, name, roles)
    key = None if roles & Role.REVIEWER else f"member-{number}-{slug(name)}"
    registered: tuple[tuple[int, int], ...] = ()
    if key is not None:
        writer = directory.ensure_key(key)
        if await net.ledger.member_of(writer.address) != number:
            await admin.allow_writer(net.ledger, signer, number, writer.address)
        if drivers:
            # By the lane's own writer: there is no lane before credentials.json names it.
            registered = ((int(await admin.register_drivers(net.ledger, writer, drivers)), drivers),)
    async with net.store.write() as connection:
        api_key = await api_keys.create(connection, net.ledger_id, number, clock())
    member = LocalMember(name, int(number), int(roles), key, api_key, None, registered)
    directory.keep_member(member)
    return member


async def _find_member(net: OpenNetwork, name: str, roles: Role) -> MemberNumber | None:
    """Return the number under which a run cut short had registered the name, if its writer is still ours to allow."""
    number = MemberNumber(1)
    while (member := await net.ledger.member(number)) is not None:
        if member.name == name:
            if member.roles != roles:
                raise MemberExists(f"{name} is registered as member {number} with other roles.")
            return number
        number = MemberNumber(number + 1)
    return None


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
        await admin.allow_writer(net.ledger, directory.signer(ADMIN), member.member, signer.address)
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


async def allow_writer(net: OpenNetwork, member: MemberNumber, address: Address) -> None:
    """Let an address write for a member, for ever; for the administrator. Errors as the contract gives them."""
    with net.directory.administering():
        await admin.allow_writer(net.ledger, net.directory.signer(ADMIN), member, address)
