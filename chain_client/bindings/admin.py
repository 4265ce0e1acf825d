"""Deploying a ledger and registering who takes part. Each call sends one transaction, waits, and returns what it did.

Nothing here is done twice by being called twice by mistake except registering: a second `register_member` of the same
name is a second member. Errors: ContractError in the contract's words (nothing was changed), and those of
`transactions.transact`.
"""

from __future__ import annotations

from typing import Final, TypeVar

from chain_client.bindings.artefact import ledger_artefact, manager_artefact
from chain_client.bindings.deployment import Deployment
from chain_client.bindings.events import decode_log
from chain_client.bindings.ledger import Ledger
from chain_client.bindings.signer import Signer
from chain_client.bindings.transactions import transact
from chain_client.domain.errors import Broken
from chain_client.domain.ids import Address, DriverNumber, MemberNumber
from chain_client.domain.ledger import LedgerIdentity
from chain_client.domain.records import (
    DriverKey,
    DriverKeySet,
    DriverMove,
    DriversRegistered,
    MemberRegistered,
    Recorded,
    RolesSet,
    WriterAllowed,
    WriterRemoved,
)
from chain_client.rpc.node import Node
from chain_client.rpc.records import TxReceipt

GUARDIAN: Final = 1
"""The access manager's role that may remove any writer, without delay. Role 0 is its admin."""
NOTER: Final = 2
"""The access manager's role that may note: held by later contracts, by nobody at first."""

E = TypeVar("E")


class EventMissing(Broken):
    """A transaction succeeded without the event it promises: the contract is not what it should be."""

    code = "event-missing"


async def deploy(node: Node, signer: Signer, *, guardian: Address | None = None) -> Deployment:
    """Deploy an access manager and a ledger under it; `signer` is the admin, `guardian` by default the signer too.

    Five transactions; when it is cut short what was deployed stays, unused, and a new call starts over.
    """
    manager = manager_artefact()
    made = await transact(node, signer, None, manager.creation(["address"], signer.address))
    authority = _created(made)
    ledger = ledger_artefact()
    deployed = await transact(node, signer, None, ledger.creation(["address"], authority))
    address = _created(deployed)
    for function, role in (("removeWriter", GUARDIAN), ("note", NOTER)):
        selectors = [ledger.functions[function].key]
        data = manager.calldata("setTargetFunctionRole", address, selectors, role)
        await transact(node, signer, authority, data)
    await transact(
        node, signer, authority, manager.calldata("grantRole", GUARDIAN, guardian or signer.address, 0)
    )
    identity = LedgerIdentity(
        chain_id=node.chain_id,
        genesis_hash=node.genesis.hash,
        address=address,
        deploy_block=deployed.block_number,
        deploy_block_hash=deployed.block_hash,
    )
    return Deployment(identity, authority)


async def grant_role(ledger: Ledger, signer: Signer, role: int, account: Address) -> None:
    """Give an account a role of the ledger's access manager (GUARDIAN, NOTER), without delay. Who: admin."""
    data = manager_artefact().calldata("grantRole", role, account, 0)
    await transact(ledger.node, signer, ledger.deployment.authority, data)


async def register_member(ledger: Ledger, signer: Signer, name: str, roles: int) -> MemberNumber:
    """Register a member and return its number; `roles` as `Role`. Who: admin. Cannot be undone."""
    receipt = await _call(ledger, signer, "registerMember", name, int(roles))
    return _event(receipt, MemberRegistered).member


async def set_roles(ledger: Ledger, signer: Signer, member: MemberNumber, roles: int) -> RolesSet:
    """Replace a member's roles, from the next call on; 0 silences it. Who: admin."""
    return _event(await _call(ledger, signer, "setRoles", member, int(roles)), RolesSet)


async def allow_writer(
    ledger: Ledger, signer: Signer, member: MemberNumber, writer: Address
) -> WriterAllowed:
    """Let an address write for a member, and for no other ever. Who: admin."""
    return _event(await _call(ledger, signer, "allowWriter", member, writer), WriterAllowed)


async def remove_writer(ledger: Ledger, signer: Signer, writer: Address) -> WriterRemoved:
    """Stop an address from writing, for ever. Who: the guardian, or a writer of the same member."""
    return _event(await _call(ledger, signer, "removeWriter", writer), WriterRemoved)


async def register_drivers(ledger: Ledger, signer: Signer, count: int) -> DriverNumber:
    """Take `count` new driver numbers and return the first; the rest follow it. Who: a writer of a carrier."""
    return _event(await _call(ledger, signer, "registerDrivers", count), DriversRegistered).first


async def set_driver_key(
    ledger: Ledger,
    signer: Signer,
    message: DriverKey,
    new_key_signature: bytes,
    old_key_signature: bytes = b"",
) -> DriverKeySet:
    """Bind a key to a driver; signatures of 64 or 65 bytes, the old key's unless there is none. Who: its carrier."""
    fields = (message.driver, message.key, message.nonce)
    receipt = await _call(ledger, signer, "setDriverKey", fields, new_key_signature, old_key_signature)
    return _event(receipt, DriverKeySet)


async def move_driver(ledger: Ledger, signer: Signer, message: DriverMove, signature: bytes) -> DriverMove:
    """Take over a driver that signed the move; extends the driver's head. Who: a writer of the new carrier."""
    fields = (message.driver, message.from_carrier, message.to_carrier, message.nonce)
    recorded = _event(await _call(ledger, signer, "moveDriver", fields, signature), Recorded)
    assert isinstance(recorded.item, DriverMove)
    return recorded.item


async def _call(ledger: Ledger, signer: Signer, function: str, *values: object) -> TxReceipt:
    return await transact(ledger.node, signer, ledger.address, ledger_artefact().calldata(function, *values))


def _created(receipt: TxReceipt) -> Address:
    if receipt.contract is None:
        raise EventMissing("a creation was mined and its receipt names no contract")
    return receipt.contract


def _event(receipt: TxReceipt, kind: type[E]) -> E:
    for log in receipt.logs:
        decoded = decode_log(log)
        if decoded is not None and isinstance(decoded.event, kind):
            return decoded.event
    raise EventMissing(
        f"a transaction succeeded without its {kind.__name__} event: is the ledger's code right?"
    )
