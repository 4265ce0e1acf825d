"""Calls that need a role of the ledger's access manager, at once or after the caller's execution delay.

An administrator with an execution delay schedules a call, which everyone sees, and makes it when the delay has passed
(OpenZeppelin AccessManager, `schedule`). The same call of `administer` does the first and then the second.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from eth_abi.abi import decode

from chain_client.bindings.artefact import Entry, manager_artefact
from chain_client.bindings.signer import Signer
from chain_client.bindings.transactions import transact
from chain_client.domain.errors import Unavailable
from chain_client.domain.ids import Address
from chain_client.rpc.node import Node
from chain_client.rpc.records import TxReceipt

ADMIN_ROLE: Final = 0


class Scheduled(Unavailable):
    """The call is scheduled and nothing else was changed: repeat the same call from `ready_at` (Unix seconds) on."""

    code = "scheduled"

    def __init__(self, ready_at: int) -> None:
        self.ready_at = ready_at
        super().__init__(
            "The administrator acts after a delay that everyone can see. The call is scheduled; run the same command "
            f"again from {datetime.fromtimestamp(ready_at, UTC):%Y-%m-%dT%H:%M:%SZ} on, within 7 days."
        )


async def administer(
    node: Node, signer: Signer, authority: Address, target: Address, data: bytes
) -> TxReceipt:
    """Make a restricted call of `target`, by the role that `signer` holds; return its receipt.

    Raises Scheduled where the signer's execution delay has not passed yet (the first time it schedules the call);
    ContractError where it does not hold the role; and as `transact`.
    """
    immediate, delay = await _view(node, authority, "canCall", signer.address, target, data[:4])
    if not immediate and delay:
        operation = (await _view(node, authority, "hashOperation", signer.address, target, data))[0]
        ready_at = await _ready_at(node, authority, operation)
        if ready_at == 0:
            schedule = manager_artefact().calldata("schedule", target, data, 0)
            await transact(node, signer, authority, schedule)
            ready_at = await _ready_at(node, authority, operation)
        if await node.next_time() < ready_at:
            raise Scheduled(ready_at)
    return await transact(node, signer, target, data)


async def _ready_at(node: Node, authority: Address, operation: bytes) -> int:
    """Return when a scheduled operation may be made; 0 where none is scheduled, or it has expired."""
    return int((await _view(node, authority, "getSchedule", operation))[0])


async def delay_administrator(
    node: Node, signer: Signer, authority: Address, ledger: Address, roles: list[int], seconds: int
) -> int:
    """Give the administrator `signer` an execution delay, and the same to role grants and the ledger's administration.

    Who: admin. The execution delay binds at once and is set last; the delays of grants (of `roles` and of the
    administrator's) and of the ledger's administration bind after the manager's set-back. Returns that set-back in
    seconds (5 days).
    """
    manager = manager_artefact()
    calls = [manager.calldata("setTargetAdminDelay", ledger, seconds)]
    calls += [manager.calldata("setGrantDelay", role, seconds) for role in (*roles, ADMIN_ROLE)]
    calls.append(manager.calldata("grantRole", ADMIN_ROLE, signer.address, seconds))
    for data in calls:
        await administer(node, signer, authority, authority, data)
    return int((await _view(node, authority, "minSetback"))[0])


async def _view(node: Node, authority: Address, function: str, *values: object) -> tuple[Any, ...]:
    manager = manager_artefact()
    entry: Entry = manager.functions[function]
    return decode(entry.output_types, await node.call(authority, manager.calldata(function, *values)))
