"""Everything anew from the chain's events alone: words and heads in memory, the read model in a database of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from chain_client.bindings.deployment import Deployment
from chain_client.bindings.ledger import Ledger
from chain_client.domain.ids import Hash32
from chain_client.domain.records import LoggedEvent
from chain_client.indexer.follower import Follower
from chain_client.indexer.reader import indexed_head
from chain_client.indexer.records import IndexedHead
from chain_client.indexer.replay import Replay
from chain_client.rpc.node import Node
from chain_client.rpc.records import Block, Engine
from chain_client.store import LedgerId, Store, open_store, register_ledger
from chain_client.store.migrate import migrate
from scripts.verification.found import Differs


@dataclass(slots=True)
class UpTo:
    """A node and its ledger as if the chain ended at a block: what a follower is shown. Replays what it reads."""

    node: Node
    ledger: Ledger
    top: Block
    last_final: Block
    advance: Callable[[int], None]
    replay: Replay = field(default_factory=Replay)
    events_read: int = 0
    entries_read: int = 0

    @property
    def engine(self) -> Engine:
        """The node's engine."""
        return self.node.engine

    @property
    def deployment(self) -> Deployment:
        """The ledger's deployment."""
        return self.ledger.deployment

    async def head(self) -> Block:
        """The block that the chain is taken to end at."""
        return self.top

    async def final(self) -> Block:
        """The last final block of then."""
        return self.last_final

    async def next_time(self) -> int:
        """The time of the last block: nothing is judged here."""
        return self.top.time

    async def block(self, number: int) -> Block | None:
        """A block up to the end."""
        return None if number > self.top.number else await self.node.block(number)

    async def events(self, first: int, last: int) -> Sequence[LoggedEvent]:
        """The ledger's events, each replayed once."""
        found = await self.ledger.events(first, last)
        for event in found:
            self.entries_read += self.replay.apply(event) is not None
        self.events_read += len(found)
        self.advance(last - first + 1)
        return found


@dataclass(frozen=True, slots=True)
class Recomputed:
    """The chain's own account up to a block."""

    source: UpTo
    store: Store
    ledger_id: LedgerId

    @property
    def replay(self) -> Replay:
        """Words and heads."""
        return self.source.replay


async def _as_read(node: Node, number: int, block_hash: Hash32, time: int) -> Block:
    """Return the node's block, which must be the one that the index says it has read."""
    block = await node.block(number)
    if block is None or block.hash != block_hash:
        raise Differs("read model", f"hash of block {number}", block and block.hash, block_hash)
    if block.time != time:
        raise Differs("read model", f"time of block {number}", block.time, time)
    return block


@asynccontextmanager
async def recomputed(
    node: Node, ledger: Ledger, head: IndexedHead, advance: Callable[[int], None]
) -> AsyncIterator[Recomputed]:
    """Give what the events up to the indexed block come to; `advance` is told of blocks read.

    Raises Differs where the node has another block than the index read last; errors of the node as they are (retry).
    """
    top = await _as_read(node, head.block_number, head.block_hash, head.block_time)
    final = top
    if head.final_number < head.block_number:
        final = await _as_read(node, head.final_number, head.final_hash, head.final_time)
    source = UpTo(node, ledger, top, final, advance)
    with TemporaryDirectory(prefix="doorstep-verify-") as scratch:
        store = open_store(f"sqlite+aiosqlite:///{Path(scratch) / 'anew.db'}")
        try:
            await migrate(store)
            async with store.write() as connection:
                ledger_id = await register_ledger(connection, ledger.deployment.identity)
            follower = Follower(store, source, source, ledger_id, lambda: 0)
            while True:
                await follower.step()
                async with store.read() as connection:
                    reached = await indexed_head(connection, ledger_id)
                if reached is not None and reached.block_number == top.number:
                    break
            yield Recomputed(source, store, ledger_id)
        finally:
            await store.close()
