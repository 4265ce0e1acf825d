"""Where the record ends: at the node's last final block or, where the index has read further, at the index's."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.domain.errors import Unavailable
from chain_client.domain.ids import Hash32
from chain_client.indexer.reader import indexed_head
from chain_client.indexer.records import IndexedHead
from chain_client.rpc.node import Node
from chain_client.rpc.records import Block
from chain_client.store import LedgerId, Store
from chain_client.store.tables import cursors, entries
from scripts.verification.found import Differs
from scripts.verification.rows import rows

PATIENCE: Final = 10.0
"""Seconds without progress after which an index, or a node, that is behind counts as ending there."""
_POLL: Final = 0.05


class NothingIndexed(Unavailable):
    """There is no read model yet to compare with."""

    code = "nothing-indexed"


@dataclass(frozen=True, slots=True)
class RecordEnd:
    """The last block that is compared, and the last one that was final then."""

    top: Block
    final: Block


async def until_index_reaches(
    store: Store, ledger_id: LedgerId, final: Block, *, patience: float = PATIENCE
) -> None:
    """Wait until the index has read the node's last final block, as it was when the verification began.

    Raises Differs where the index does not get there, NothingIndexed where it has read nothing at all.
    """
    reached, since = -1, time.monotonic()
    while True:
        async with store.read() as connection:
            cursor = await read_cursor(connection, ledger_id)
            if cursor is None and time.monotonic() - since >= patience:
                await _never_began(connection, ledger_id)
        if cursor is not None:
            at = min(cursor.block_number, cursor.final_number)
            if at >= final.number:
                return
            if at > reached:
                reached, since = at, time.monotonic()
            if time.monotonic() - since >= patience:
                raise _ends_early(cursor, final)
        await asyncio.sleep(min(_POLL, patience))


async def _never_began(connection: AsyncConnection, ledger_id: LedgerId) -> None:
    async with aclosing(rows(connection, entries, ledger_id)) as found:
        async for _ in found:
            raise Differs("read model", "row of cursors", "a row", None)
    raise NothingIndexed("The index has read no block yet. Start the worker (`doorstep up`) and try again.")


def _ends_early(cursor: IndexedHead, final: Block) -> Differs:
    halted = "" if cursor.halted is None else f"; it is halted: {cursor.halted}"
    if cursor.block_number < final.number:
        what, found = "last block of the index", cursor.block_number
    else:
        what, found = "last final block of the index", cursor.final_number
    return Differs(
        "read model", what, f"{final.number}, the node's last final block, or later", f"{found}{halted}"
    )


async def read_cursor(connection: AsyncConnection, ledger_id: LedgerId) -> IndexedHead | None:
    """Return how far the index has read; raises Differs for a row with a value of a wrong type."""
    async for _ in rows(connection, cursors, ledger_id):
        pass
    return await indexed_head(connection, ledger_id)


async def record_end(node: Node, cursor: IndexedHead, *, patience: float = PATIENCE) -> RecordEnd:
    """Return the blocks that the index says it has read last, which must be the node's own.

    Raises Differs where the node has another block there, or none: a node that is behind the index.
    """
    deadline = time.monotonic() + patience
    top = await _as_read(node, cursor.block_number, cursor.block_hash, cursor.block_time, deadline)
    final = await _as_read(node, cursor.final_number, cursor.final_hash, cursor.final_time, deadline)
    return RecordEnd(top, min(top, final, key=lambda block: block.number))


async def _as_read(node: Node, number: int, block_hash: Hash32, block_time: int, deadline: float) -> Block:
    block = await node.block(number) if number >= 0 else None
    while block is None and number >= 0 and time.monotonic() < deadline:
        await asyncio.sleep(_POLL)
        block = await node.block(number)
    if block is None:
        head = await node.head()
        ends = f"no such block: the node ends at block {head.number}"
        raise Differs("node", f"block {number}, which the index has read", block_hash, ends)
    if block.hash != block_hash:
        raise Differs("read model", f"hash of block {number}", block.hash, block_hash)
    if block.time != block_time:
        raise Differs("read model", f"time of block {number}", block.time, block_time)
    return block
