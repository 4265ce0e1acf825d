"""From a mined batch to what became of its items."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from chain_client.bindings.events import decode_log
from chain_client.domain.ids import to_hex
from chain_client.outbox import lanes, settling
from chain_client.outbox.context import LaneContext
from chain_client.outbox.lanes import Claimed, Outcome, StoredBatch
from chain_client.outbox.packer import REVERTS, calldata_of
from chain_client.rpc.records import TxReceipt


class Settler:
    """Settles a lane's batches."""

    def __init__(self, context: LaneContext) -> None:
        self._context = context

    async def receipt(self, batch: StoredBatch) -> TxReceipt | None:
        """Return the receipt of whichever version was mined, the newest looked for first; None while none was."""
        for one in reversed(batch.versions):
            receipt = await self._context.node.receipt(one.tx_hash)
            if receipt is not None:
                return receipt
        return None

    async def is_final(self, receipt: TxReceipt) -> bool:
        """Return whether the receipt's block can no longer change."""
        if self._context.node.engine.instant_finality:
            return True
        return receipt.block_number <= (await self._context.node.final()).number

    async def settle(self, batch: StoredBatch, receipt: TxReceipt) -> None:
        """Write what became of a mined batch's items; queue those of a reverted one again, in halves.

        Raises BatchMismatch where the events are not those of the items, LeaseLost where the lane is another worker's.
        """
        context = self._context
        async with context.store.read() as connection:
            items = await lanes.batch_items(connection, batch.batch_id)
        if receipt.status == 0:
            await self._queue_halves(batch, items, receipt)
            return
        decoded = [decode_log(log) for log in receipt.logs if log.address == context.ledger.address]
        events = [event for event in decoded if event is not None]
        outcomes = settling.walk(receipt.tx_hash, items, events)
        outcomes = await self._look_for_equals(items, outcomes, receipt.block_number)
        await self._write(batch, outcomes)
        rejected = sum(one.reason is not None for one in outcomes)
        context.say(
            logging.INFO, "batch_settled", "%d recorded, %d rejected", len(outcomes) - rejected, rejected,
            nonce=batch.nonce, tx_hash=to_hex(receipt.tx_hash), block=receipt.block_number,
        )  # fmt: skip

    async def _write(self, batch: StoredBatch, outcomes: Sequence[Outcome]) -> None:
        async with self._context.holding() as (connection, _):
            await lanes.settle(connection, batch.batch_id, outcomes, self._context.clock())

    async def _look_for_equals(
        self, items: Sequence[Claimed], outcomes: list[Outcome], block: int
    ) -> list[Outcome]:
        """Find what was rejected because the very same item stands on chain already: it is recorded."""
        doubtful = settling.said_already(items, outcomes)
        if not doubtful:
            return outcomes
        ledger = self._context.ledger
        ids = list(dict.fromkeys(one.delivery_id for one in doubtful))
        first = ledger.deployment.identity.deploy_block
        logs = await self._context.node.logs(ledger.address, first, block, topics=((), ids))
        found = (event for event in map(decode_log, logs) if event is not None)
        return settling.with_found(items, outcomes, found)

    async def _queue_halves(self, batch: StoredBatch, items: Sequence[Claimed], receipt: TxReceipt) -> None:
        context = self._context
        context.say(
            logging.WARNING, "batch_reverted", "%d items reverted when mined", len(items),
            nonce=batch.nonce, tx_hash=to_hex(receipt.tx_hash), block=receipt.block_number,
        )  # fmt: skip
        why = await self._why_reverted(items, receipt) if len(items) == 1 else None
        async with context.holding() as (connection, _):
            await lanes.revert(connection, batch.batch_id)
            if why is not None:
                await lanes.set_aside(connection, items[0].seq, why, context.clock())

    async def _why_reverted(self, items: Sequence[Claimed], receipt: TxReceipt) -> str:
        try:
            await self._context.ledger.estimate_batch(self._context.key.writer, calldata_of(items))
        except REVERTS as error:
            return str(error)
        return f"transaction {to_hex(receipt.tx_hash)} reverted in block {receipt.block_number}; the call would pass now"
