"""Deploying a ledger and registering who takes part. Each call sends one transaction, waits, and returns what it did.

Nothing here is done twice by being called twice by mistake except registering: a second `register_member` of the same
name is a second member. Errors: ContractError in the contract's words (nothing was changed), those of
`transactions.transact`, and for an admin with an execution delay `administration.Scheduled` (repeat the call later).
"""

from __future__ import annotations

from typing import Final, TypeVar

from chain_client.bindings.administration import administer, delay_administrator
from chain_client.bindings.artefact import ledger_artefact, manager_artefact
from chain_client.bindings.deployment import Deployment
from chain_client.bindings.events import decode_log
from chain_client.bindings.ledger import Ledger
from chain_client.bindings.signer import Signer
from chain_client.bindings.transactions import transact
from chain_client.bindings.unique_creation import create_at_random_address
from chain_client.domain.errors import Broken
from chain_client.domain.ids import Address, DriverNumber, MemberNumber
from chain_client.domain.ledger import LedgerIdentity
from chain_client.domain.names import check_member_name
from chain_client.domain.records import (
    DriverKey,
    DriverKeySet,
    DriverMove,
    DriversRegistered,
    MemberRegistered,
    OwnerChanged,
    OwnerOffered,
    Recorded,
    RecoveryStarted,
    RecoveryVetoed,
    RolesSet,
    WriterAllowed,
    WriterOffered,
    WriterRemoved,
)
from chain_client.rpc.node import Node
from chain_client.rpc.records import TxReceipt

NOTER: Final = 2
"""The access manager's role that may note: held by later contracts, by nobody at first. Role 0 is its admin."""

E = TypeVar("E")


class EventMissing(Broken):
    """A transaction succeeded without the event it promises: the contract is not what it should be."""

    code = "event-missing"


async def deploy(node: Node, signer: Signer, *, admin_delay: int = 0) -> Deployment:
    """Deploy an access manager and a ledger under it, at random addresses; `signer` becomes the admin.

    `admin_delay` is the admin's execution delay in seconds, set last (see `delay_administrator`): 0, for
    development, lets it act at once. When it is cut short, what was deployed stays unused, and a new call starts over.
    """
    manager = manager_artefact()
    authority, _ = await create_at_random_address(node, signer, manager.creation(["address"], signer.address))
    ledger = ledger_artefact()
    address, deployed = await create_at_random_address(node, signer, ledger.creation(["address"], authority))
    selectors = [ledger.functions["note"].key]
    await transact(
        node, signer, authority, manager.calldata("setTargetFunctionRole", address, selectors, NOTER)
    )
    if admin_delay:
        await delay_administrator(node, signer, authority, address, [NOTER], admin_delay)
    identity = LedgerIdentity(
        chain_id=node.chain_id,
        genesis_hash=node.genesis.hash,
        address=address,
        deploy_block=deployed.block_number,
        deploy_block_hash=deployed.block_hash,
    )
    return Deployment(identity, authority)


async def grant_role(ledger: Ledger, signer: Signer, role: int, account: Address) -> None:
    """Give an account a role of the ledger's access manager (NOTER); binds after the role's grant delay. Who: admin."""
    authority = ledger.deployment.authority
    data = manager_artefact().calldata("grantRole", role, account, 0)
    await administer(ledger.node, signer, authority, authority, data)


async def register_member(
    ledger: Ledger, signer: Signer, name: str, roles: int, owner: Address
) -> MemberNumber:
    """Register a member and return its number; `roles` as `Role`, `owner` governs its writers. Who: admin.

    Cannot be undone. The owner must not own another member. Raises InvalidInput, before anything is sent, for a name that
    `check_member_name` refuses.
    """
    check_member_name(name)
    receipt = await _administer(ledger, signer, "registerMember", name, int(roles), owner)
    return _event(receipt, MemberRegistered).member


async def set_roles(ledger: Ledger, signer: Signer, member: MemberNumber, roles: int) -> RolesSet:
    """Replace a member's roles, from the next call on; 0 silences it. Who: admin."""
    return _event(await _administer(ledger, signer, "setRoles", member, int(roles)), RolesSet)


async def offer_owner(ledger: Ledger, signer: Signer, owner: Address) -> OwnerOffered:
    """Offer the caller's member to another address; the zero address withdraws the offer. Who: the member's owner."""
    return _event(await _call(ledger, signer, "offerOwner", owner), OwnerOffered)


async def accept_owner(ledger: Ledger, signer: Signer, member: MemberNumber) -> OwnerChanged:
    """Take a member over. Who: the offered address; or that of a recovery, from 14 days after its start."""
    return _event(await _call(ledger, signer, "acceptOwner", member), OwnerChanged)


async def start_recovery(
    ledger: Ledger, signer: Signer, member: MemberNumber, owner: Address
) -> RecoveryStarted:
    """Start giving a member whose owner lost its key to a new owner; its owner can veto it for 14 days. Who: admin."""
    return _event(await _administer(ledger, signer, "startRecovery", member, owner), RecoveryStarted)


async def veto_recovery(ledger: Ledger, signer: Signer, member: MemberNumber) -> RecoveryVetoed:
    """Stop a recovery; no other can be started for 90 days. Who: the member's owner."""
    return _event(await _call(ledger, signer, "vetoRecovery", member), RecoveryVetoed)


async def allow_writer(ledger: Ledger, signer: Signer, writer: Address) -> WriterOffered:
    """Allow an address to write for the caller's member, once it accepts. Who: the member's owner."""
    return _event(await _call(ledger, signer, "allowWriter", writer), WriterOffered)


async def accept_writer(ledger: Ledger, signer: Signer, member: MemberNumber) -> WriterAllowed:
    """Become a writer of a member, and of no other, permanently. Who: the address that the member's owner allowed."""
    return _event(await _call(ledger, signer, "acceptWriter", member), WriterAllowed)


async def remove_writer(ledger: Ledger, signer: Signer, writer: Address) -> WriterRemoved:
    """Stop an address from writing, permanently. Who: the member's owner, or the address itself."""
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
    fields = (message.driver, message.key, message.nonce, message.deadline)
    receipt = await _call(ledger, signer, "setDriverKey", fields, new_key_signature, old_key_signature)
    return _event(receipt, DriverKeySet)


async def move_driver(ledger: Ledger, signer: Signer, message: DriverMove, signature: bytes) -> DriverMove:
    """Take over a driver that signed the move; extends the driver's head. Who: a writer of the new carrier."""
    fields = (
        message.driver,
        message.from_carrier,
        message.to_carrier,
        message.nonce,
        message.deadline,
    )
    recorded = _event(await _call(ledger, signer, "moveDriver", fields, signature), Recorded)
    assert isinstance(recorded.item, DriverMove)
    return recorded.item


async def _call(ledger: Ledger, signer: Signer, function: str, *values: object) -> TxReceipt:
    return await transact(ledger.node, signer, ledger.address, ledger_artefact().calldata(function, *values))


async def _administer(ledger: Ledger, signer: Signer, function: str, *values: object) -> TxReceipt:
    data = ledger_artefact().calldata(function, *values)
    return await administer(ledger.node, signer, ledger.deployment.authority, ledger.address, data)


def _event(receipt: TxReceipt, kind: type[E]) -> E:
    for log in receipt.logs:
        decoded = decode_log(log)
        if decoded is not None and isinstance(decoded.event, kind):
            return decoded.event
    raise EventMissing(
        f"a transaction succeeded without its {kind.__name__} event: is the ledger's code right?"
    )
