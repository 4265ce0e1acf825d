"""Whether a lane's next nonce and the chain agree, and where they do not, which of the known causes it is."""

from __future__ import annotations

from itertools import islice
from typing import Final

from chain_client.domain.causes import Cause
from chain_client.domain.errors import Broken, Unavailable
from chain_client.domain.ids import parse_hex, to_hex
from chain_client.outbox import lanes
from chain_client.outbox.context import LaneContext

_MOST_LOOKED_AT: Final = 5_000
"""Transactions that are looked at to find who used a nonce."""


class NonceTaken(Broken):
    """The chain has transactions of this writer that this lane did not make: its key is used elsewhere."""

    code = Cause.NONCE_TAKEN


class DatabaseRestored(NonceTaken):
    """The chain has items of this writer that the database does not know: the database is older than they are."""

    code = Cause.DATABASE_RESTORED


class ChainRestored(Broken):
    """Batches that were settled are no longer on the chain: the chain is older than the database."""

    code = Cause.CHAIN_RESTORED


class NodeBehind(Unavailable):
    """The node does not have the blocks yet that this lane has settled from. Retry once it has caught up."""

    code = Cause.NODE_BEHIND


async def agree_on_nonce(context: LaneContext, next_nonce: int, in_flight: int, *, first: bool) -> None:
    """Compare the lane's next nonce with the chain's, which may only be behind by what is in flight.

    `first`: the worker has just taken the lane over, so that the database may be another than the one before. Raises
    DatabaseRestored, NonceTaken or ChainRestored, which halt the lane, and NodeBehind, which is waited for.
    """
    known = await context.node.nonce(context.key.writer)
    if known > next_nonce:
        raise await _why_ahead(context, next_nonce, known, first=first)
    if known + in_flight < next_nonce:
        raise await _why_behind(context, next_nonce - in_flight, known)


async def _why_ahead(context: LaneContext, next_nonce: int, known: int, *, first: bool) -> NonceTaken:
    writer = to_hex(context.key.writer)
    counts = f"The chain's next nonce of writer {writer} is {known}, the lane's is {next_nonce}"
    if first and await _is_in_the_ledger(context, next_nonce):
        return DatabaseRestored(
            f"{counts}: the transactions between are in this ledger, and this database does not know them. It was "
            "restored from a copy that is older than they are, or another copy of this service uses the same key."
        )
    return NonceTaken(f"{counts}: something else uses its key.")


async def _is_in_the_ledger(context: LaneContext, nonce: int) -> bool:
    """Return whether the writer's transaction of this nonce left entries in the ledger."""
    async with context.store.read() as connection:
        after = await lanes.last_block(connection, context.key)
    ledger, node = context.ledger, context.node
    start = ledger.deployment.identity.deploy_block if after is None else after
    logs = await node.logs(ledger.address, start, (await node.head()).number)
    hashes = dict.fromkeys(log.position.tx_hash for log in logs)
    for tx_hash in islice(hashes, _MOST_LOOKED_AT):
        found = await node.request("eth_getTransactionByHash", [to_hex(tx_hash)])
        if (
            found
            and int(found["nonce"], 16) == nonce
            and parse_hex(found["from"], 20, "from") == context.key.writer
        ):
            return True
    return False


async def _why_behind(context: LaneContext, settled: int, known: int) -> ChainRestored | NodeBehind:
    writer = to_hex(context.key.writer)
    counts = f"The node counts {known} transactions of writer {writer}, but {settled} are settled"
    async with context.store.read() as connection:
        newest = await lanes.newest_settled(connection, context.key)
    if newest is not None:
        block, hashes = newest
        head = (await context.node.head()).number
        gone = [await context.node.receipt(tx_hash) is None for tx_hash in hashes]
        if all(gone) and head >= block:
            return ChainRestored(
                f"{counts}: the newest, in block {block}, is no longer on the chain (head {head}). The chain was "
                "restored from an older copy, or went back."
            )
    return NodeBehind(f"{counts}: it is behind, or the chain was restored from an older copy.")
