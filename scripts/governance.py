"""`doorstep owner`, `writer` and `member roles`: who owns a member, and which addresses write for it.

The network is that of a data directory, or that of `--rpc` and `--deployment`, for a key that is kept on a machine of its
own. The signing key is the one of `--keystore` or DOORSTEP_KEY; without them, the one in the data directory.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import orjson

from chain_client.bindings import admin
from chain_client.bindings.deployment import Deployment
from chain_client.bindings.ledger import Ledger
from chain_client.domain.errors import InvalidInput, NotFound, Unavailable
from chain_client.domain.ids import Address, MemberNumber, to_hex
from chain_client.domain.records import (
    OwnerChanged,
    OwnerOffered,
    RecoveryStarted,
    RecoveryVetoed,
    RolesSet,
    WriterAllowed,
    WriterOffered,
    WriterRemoved,
)
from chain_client.outbox.retirement import is_retired
from chain_client.outbox.signer import LocalSigner
from scripts.datadir import ADMIN, DataDirectory, LocalMember, slug
from scripts.deploy import KEY_VARIABLE, signer_of
from scripts.members import bind_writer, owner_of, parse_roles
from scripts.network import clock, connect, open_network

_LOOK_AGAIN: Final = 0.1
_DRAIN_SECONDS: Final = 120.0


class NotDrained(Unavailable):
    """A writer's transactions were not all mined in time."""

    code = "not-drained"


@dataclass(frozen=True, slots=True)
class Access:
    """Which network a command is about, and where its key comes from."""

    data: Path
    rpc: str | None = None
    deployment: Path | None = None
    keystore: Path | None = None
    password_file: Path | None = None
    environment: dict[str, str] | None = None

    @property
    def directory(self) -> DataDirectory | None:
        """The data directory; None where the network is given by --rpc and --deployment."""
        return None if self.rpc else DataDirectory(self.data).require()

    def signer(self, local: Callable[[DataDirectory], LocalSigner]) -> LocalSigner:
        """Return the key that was given, or else the data directory's own."""
        environment = self.environment or {}
        directory = self.directory
        if self.keystore is not None or KEY_VARIABLE in environment or directory is None:
            return signer_of(self.keystore, self.password_file, environment)
        return local(directory)

    def member(self, number: int) -> LocalMember:
        """Return a member whose keys are in the data directory; NotFound for another."""
        directory = self.directory
        found = None if directory is None else directory.credentials().numbered(number)
        if found is None:
            raise NotFound(
                f"The keys of member {number} are not here. Give the key with --keystore and --password-file, or in "
                f"{KEY_VARIABLE}."
            )
        return found

    def owner(self, number: int) -> LocalSigner:
        """Return the owner's key of a member."""
        return self.signer(lambda directory: owner_of(directory, self.member(number)))

    @asynccontextmanager
    async def ledger(self) -> AsyncIterator[Ledger]:
        """Open the ledger; errors as `Node.connect` and `Ledger.attach`."""
        if (self.rpc is None) != (self.deployment is None):
            raise InvalidInput(
                "--rpc", "and --deployment go together: the node's URL and the deployment's file"
            )
        directory = self.directory
        if directory is None:
            assert self.rpc is not None, "it was given"
            assert self.deployment is not None, "it was given"
            url, deployment = self.rpc, _read_deployment(self.deployment)
        else:
            url, deployment = directory.network().rpc, directory.deployment()
        node = await connect(url)
        try:
            yield await Ledger.attach(node, deployment)
        finally:
            await node.close()


def _read_deployment(path: Path) -> Deployment:
    try:
        document = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise InvalidInput("--deployment", f"{path} cannot be read: {error}") from error
    if not isinstance(document, dict):
        raise InvalidInput("--deployment", f"{path} is not a deployment written by `doorstep deploy`")
    return Deployment.from_json(document)


def _admin(directory: DataDirectory) -> LocalSigner:
    return directory.signer(ADMIN)


async def set_roles(access: Access, member: int, roles: str) -> RolesSet:
    """Replace a member's roles; an empty text takes all. Who: admin."""
    wanted = parse_roles(roles) if roles.strip() else 0
    async with access.ledger() as ledger:
        changed = await admin.set_roles(ledger, access.signer(_admin), MemberNumber(member), int(wanted))
    directory = access.directory
    known = None if directory is None else directory.credentials().numbered(member)
    if directory is not None and known is not None:
        with directory.administering():
            directory.keep_member(replace(known, roles=int(wanted)))
    return changed


async def offer_owner(access: Access, member: int, address: Address) -> OwnerOffered:
    """Offer a member to another address. Who: its owner."""
    async with access.ledger() as ledger:
        owner = access.owner(member)
        if await ledger.member_of_owner(owner.address) != member:
            raise InvalidInput(
                "member", f"{member} is not owned by {to_hex(owner.address)}: use its owner's key"
            )
        return await admin.offer_owner(ledger, owner, address)


async def accept_owner(access: Access, member: int) -> OwnerChanged:
    """Take a member over. Who: the address it was offered to, or that of a recovery after its 14 days."""
    async with access.ledger() as ledger:
        signer = access.signer(_no_local_key("the new owner's"))
        changed = await admin.accept_owner(ledger, signer, MemberNumber(member))
    directory = access.directory
    known = None if directory is None else directory.credentials().numbered(member)
    if directory is not None and known is not None:
        # The key here owns it no longer; the new owner's is where --keystore says.
        with directory.administering():
            directory.keep_member(replace(known, owner=None))
    return changed


async def recover(access: Access, member: int, address: Address) -> RecoveryStarted:
    """Start a recovery of a member whose owner's key is lost. Who: admin."""
    async with access.ledger() as ledger:
        return await admin.start_recovery(ledger, access.signer(_admin), MemberNumber(member), address)


async def veto(access: Access, member: int) -> RecoveryVetoed:
    """Stop a recovery. Who: the member's owner."""
    async with access.ledger() as ledger:
        return await admin.veto_recovery(ledger, access.owner(member), MemberNumber(member))


async def allow_writer(access: Access, member: int, address: Address) -> WriterOffered:
    """Allow an address to write for a member, once it accepts. Who: the member's owner."""
    async with access.ledger() as ledger:
        return await admin.allow_writer(ledger, access.owner(member), address)


async def accept_writer(access: Access, member: int) -> WriterAllowed:
    """Become a writer of a member. Who: the address that the member's owner allowed."""
    async with access.ledger() as ledger:
        signer = access.signer(_no_local_key("the writer's"))
        return await admin.accept_writer(ledger, signer, MemberNumber(member))


async def remove_writer(access: Access, member: int, address: Address) -> WriterRemoved:
    """Stop an address from writing, permanently. Who: the member's owner, or the address itself."""
    async with access.ledger() as ledger:
        return await admin.remove_writer(ledger, access.owner(member), address)


def _no_local_key(whose: str) -> Callable[[DataDirectory], LocalSigner]:
    def refuse(_: DataDirectory) -> LocalSigner:
        raise InvalidInput("--keystore", f"is needed: {whose} key (or give it in {KEY_VARIABLE})")

    return refuse


async def rotate_writer(
    directory: DataDirectory, member: int, *, drain_seconds: float = _DRAIN_SECONDS
) -> tuple[Address, Address]:
    """Replace the key of a local member's lane by a new one; return the old and the new address.

    The new key is made, allowed and accepted; the worker goes on with it; the old key's transactions are waited for; the
    old key is removed. Nothing accepted is lost or sent twice. A run that was cut short is finished by the next one.
    Raises NotDrained (repeat the call) where the old key's transactions are not mined within `drain_seconds`.
    """
    with directory.administering():
        found = directory.credentials().numbered(member)
        if found is None or found.key is None:
            raise NotFound(f"Member {member} has no lane whose key is in {directory.path}.")
        owner = owner_of(directory, found)
        async with open_network(directory) as net:
            if found.retiring is None:
                fresh = _next_key(directory, found)
                await bind_writer(net.ledger, owner, found.member, directory.ensure_key(fresh))
                found = replace(
                    found, key=fresh, retiring=found.key, past_keys=(*found.past_keys, found.key or "")
                )
                directory.keep_member(found)
            assert found.key is not None, "it has a lane"
            assert found.retiring is not None, "it is being replaced"
            old, new = directory.signer(found.retiring), directory.signer(found.key)
            deadline = asyncio.get_running_loop().time() + drain_seconds
            while True:
                async with net.store.read() as connection:
                    if await is_retired(connection, net.ledger_id, old.address, clock()):
                        break
                if asyncio.get_running_loop().time() > deadline:
                    raise NotDrained(
                        f"Transactions of the old writer {to_hex(old.address)} are not mined yet. See `doorstep lane "
                        f"list`, then run `doorstep writer rotate {member}` again."
                    )
                await asyncio.sleep(_LOOK_AGAIN)
            if await net.ledger.member_of(old.address) == member:
                await admin.remove_writer(net.ledger, owner, old.address)
            directory.keep_member(replace(found, retiring=None))
            return old.address, new.address


def _next_key(directory: DataDirectory, member: LocalMember) -> str:
    """Return the name of a keystore that is not there, or was made by a run that was cut short before it was used."""
    count = 2
    while True:
        name = f"member-{member.number}-{slug(member.name)}-{count}"
        if not directory.keystore(name).exists() or name not in (member.key, *member.past_keys):
            return name
        count += 1
