"""From claimed intents to stored bytes: what fits and does not revert, signed under the lane's next nonce."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from chain_client.bindings.calls import encode_batch
from chain_client.bindings.errors import ContractError
from chain_client.bindings.signer import TxFields
from chain_client.domain.errors import DoorstepError, InvalidInput, Unavailable
from chain_client.domain.ids import to_hex
from chain_client.outbox import lanes
from chain_client.outbox.batching import by_driver
from chain_client.outbox.context import LaneContext
from chain_client.outbox.lanes import Claimed, LeaseLost, StoredBatch
from chain_client.outbox.records import RELAY
from chain_client.outbox.transactions import fields_of, version, with_margin, with_raised_fees
from chain_client.rpc.errors import CallReverted, GasLimitExceeded

REVERTS: Final = (ContractError, CallReverted, GasLimitExceeded, InvalidInput)
"""What says that a call cannot go on chain as it is, whoever asks and whenever."""


class WriterNotAllowed(Unavailable):
    """The ledger does not let this writer write for its member; its intents wait. Retry once it is allowed."""

    code = "writer-not-allowed"


@dataclass(frozen=True, slots=True)
class Packed:
    """Items that may go together, their calldata, and the gas to ask for."""

    items: Sequence[Claimed]
    calldata: bytes
    gas: int


def calldata_of(items: Sequence[Claimed]) -> bytes:
    """Return a batch's calldata; raises InvalidInput for an item that the contract could not read."""
    signatures = [one.signature for one in items if one.signature is not None]
    return encode_batch(items[0].kind, [one.item for one in items], signatures)


class Packer:
    """Makes a lane's batches."""

    def __init__(self, context: LaneContext) -> None:
        self._context = context
        self._most = context.settings.max_batch
        self._block_gas: int | None = None

    @property
    def most(self) -> int:
        """How many items a batch may hold: the setting, or what a block of this network was seen to hold."""
        return self._most

    async def learn_block_gas(self) -> None:
        """Ask how much gas a block of this network holds, where the node says."""
        newest = await self._context.node.request("eth_getBlockByNumber", ["latest", False])
        limit = newest.get("gasLimit") if newest else None
        self._block_gas = int(limit, 16) if isinstance(limit, str) else None

    async def pack(self, items: Sequence[Claimed]) -> Packed | None:
        """Return the most of the first items that would not revert; None where not even the first would go alone.

        They come ordered by driver (`batching.by_driver`). The one that would not go alone is set aside with the
        reason. Halving keeps the front, so what stays behind still waits in order.
        """
        items = by_driver(items)
        while True:
            try:
                calldata = calldata_of(items)
                estimate = await self._context.ledger.estimate_batch(self._context.key.writer, calldata)
                gas = self._gas(estimate, len(items))
            except REVERTS as error:
                if len(items) == 1:
                    await self._set_aside(items[0], error)
                    return None
                self._context.say(
                    logging.WARNING, "batch_halved", "%d items would revert: %s", len(items), error
                )
                items = items[: len(items) // 2]
                if isinstance(error, GasLimitExceeded):
                    self._most = len(items)
                continue
            return Packed(items, calldata, gas)

    def _gas(self, estimate: int, items: int) -> int:
        """Return the gas to ask for, at most a block's; GasLimitExceeded where it would be too little for comfort.

        An item alone asks for all that a block holds, and goes if it needs no more than that.
        """
        wanted, block = with_margin(estimate, items, self._block_gas), self._block_gas
        if block is None or wanted <= block:
            return wanted
        if items == 1 and estimate <= block:
            return block
        raise GasLimitExceeded(f"it needs {estimate} gas, and a block holds {block}")

    async def with_less_gas(self, batch: StoredBatch) -> StoredBatch | None:
        """Store the same batch once more, asking for no more gas than a block holds now; None where it asks for no more.

        For a batch that the node refuses as too large: the network's limit went down since it was signed. Should its
        items need more than that, it reverts when mined, and goes on in halves.
        """
        context = self._context
        await self.learn_block_gas()
        fields = fields_of(batch.versions[-1].raw)
        if self._block_gas is None or fields.gas <= self._block_gas:
            return None
        smaller = version(context.signer, replace(fields, gas=self._block_gas))
        async with context.holding() as (connection, _):
            await lanes.add_version(connection, batch.batch_id, smaller)
        return replace(batch, versions=(*batch.versions, smaller))

    async def store(self, packed: Packed) -> StoredBatch | None:
        """Sign and store a batch under the lane's next nonce; None where another lane took one of its items.

        Raises LeaseLost where the lane is another worker's by now, or was halted; nothing is stored then.
        """
        context = self._context
        fees = await context.node.fees()
        async with context.holding() as (connection, state):
            if state.halted is not None or state.next_nonce is None:
                raise LeaseLost(f"The lane of writer {to_hex(context.key.writer)} was halted.")
            if not await lanes.still_waiting(connection, packed.items):
                return None
            fields = TxFields(
                chain_id=context.node.chain_id,
                nonce=state.next_nonce,
                to=context.ledger.address,
                data=packed.calldata,
                gas=packed.gas,
                max_fee=fees.max_fee,
                priority_fee=fees.priority_fee,
            )
            signed = version(context.signer, fields)
            return await lanes.store_batch(connection, context.key, fields.nonce, packed.items, signed)

    async def with_higher_fees(self, batch: StoredBatch) -> StoredBatch | None:
        """Store the same batch once more, at higher fees; None where the network asks for none."""
        context = self._context
        raised = with_raised_fees(context.signer, batch.versions[-1], await context.node.fees())
        if raised is None:
            return None
        async with context.holding() as (connection, _):
            await lanes.add_version(connection, batch.batch_id, raised)
        return replace(batch, versions=(*batch.versions, raised))

    async def _set_aside(self, one: Claimed, error: DoorstepError) -> None:
        context, member = self._context, self._context.key.member
        if member != RELAY and await context.ledger.member_of(context.key.writer) != member:
            raise WriterNotAllowed(
                f"The ledger does not let {to_hex(context.key.writer)} write for member {member} ({error}); its "
                "intents wait. Allow it with `doorstep writer allow`, or run the lane of a writer that is."
            )
        context.say(
            logging.ERROR, "item_set_aside", "sets aside intent %s: %s", one.intent_id.hex(), error,
            error=error.code,
        )  # fmt: skip
        async with context.holding() as (connection, _):
            await lanes.set_aside(connection, one.seq, str(error), context.clock())
