"""A small network for tests: one node in process, a ledger, a shipper, a carrier with five drivers, a reviewer.

Fixtures (exported by `tests/conftest.py`): `chain`, a `SmallNetwork` of its own for every test. It is built once and
copied, so a test may do with it what it likes: `chain.provider.advance(seconds)` moves the clock, `chain.send(...)`
puts a batch on chain, `chain.provider` makes blocks, snapshots and refusals.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from chain_client.bindings import admin
from chain_client.bindings.calls import encode_batch
from chain_client.bindings.deployment import Deployment
from chain_client.bindings.ledger import Ledger
from chain_client.bindings.transactions import transact
from chain_client.domain.hashing import keccak256
from chain_client.domain.ids import DriverNumber, MemberNumber
from chain_client.domain.records import Item, Kind, Role
from chain_client.domain.signatures import CompactSignature
from chain_client.outbox.signer import LocalSigner
from chain_client.rpc.node import Node
from chain_client.rpc.records import TxReceipt
from tests.support.tester import TesterProvider

DRIVER_COUNT = 5


def signer(name: str) -> LocalSigner:
    """Return the signer of that name; its key is the name's hash."""
    return LocalSigner(keccak256(f"key of {name}".encode()))


@dataclass(frozen=True)
class Party:
    """A member, its writer and its owner."""

    number: MemberNumber
    writer: LocalSigner
    owner: LocalSigner


async def enroll(ledger: Ledger, deployer: LocalSigner, name: str, role: Role, title: str = "") -> Party:
    """Register a member with the owner `owner of NAME` and the writer NAME."""
    owner, writer = signer(f"owner of {name}"), signer(name)
    number = await admin.register_member(ledger, deployer, title or name, role, owner.address)
    await add_writer(ledger, owner, number, writer)
    return Party(number, writer, owner)


async def add_writer(ledger: Ledger, owner: LocalSigner, number: MemberNumber, writer: LocalSigner) -> None:
    """Let a signer write for a member: its owner allows it, and it accepts."""
    await admin.allow_writer(ledger, owner, writer.address)
    await admin.accept_writer(ledger, writer, number)


@dataclass(frozen=True)
class SmallNetwork:
    """The network; `relay` writes for nobody, as recording feedback and key changes needs no member."""

    provider: TesterProvider
    node: Node
    ledger: Ledger
    admin: LocalSigner
    shipper: Party
    carrier: Party
    reviewer: Party
    drivers: tuple[DriverNumber, ...]
    relay: LocalSigner

    async def send(
        self,
        writer: LocalSigner,
        kind: Kind,
        items: Sequence[Item],
        signatures: Sequence[CompactSignature] = (),
    ) -> TxReceipt:
        """Put one batch on chain."""
        return await transact(self.node, writer, self.ledger.address, encode_batch(kind, items, signatures))


@dataclass(frozen=True)
class Template:
    """What is built once: the chain, and where the ledger stands on it."""

    provider: TesterProvider
    deployment: Deployment
    parties: tuple[Party, Party, Party]
    drivers: tuple[DriverNumber, ...]


async def build() -> Template:
    """Deploy a ledger on a fresh chain and register everybody."""
    provider = TesterProvider()
    node = await Node.over(provider)
    deployer = signer("admin")
    deployment = await admin.deploy(node, deployer)
    ledger = await Ledger.attach(node, deployment)
    parties = []
    for name, role in (("shipper", Role.SHIPPER), ("carrier", Role.CARRIER), ("reviewer", Role.REVIEWER)):
        parties.append(await enroll(ledger, deployer, name, role, f"the {name}"))
    first = await admin.register_drivers(ledger, signer("carrier"), DRIVER_COUNT)
    drivers = tuple(DriverNumber(first + n) for n in range(DRIVER_COUNT))
    return Template(provider, deployment, (parties[0], parties[1], parties[2]), drivers)


@cache
def template() -> Template:
    """Return what every test's network is a copy of. Call it outside of a running event loop."""
    return asyncio.run(build())


async def copy_of(made: Template) -> SmallNetwork:
    """Return a network of its own."""
    provider = made.provider.clone()
    node = await Node.over(provider)
    ledger = await Ledger.attach(node, made.deployment)
    shipper, carrier, reviewer = made.parties
    return SmallNetwork(
        provider, node, ledger, signer("admin"), shipper, carrier, reviewer, made.drivers, signer("relay")
    )
