"""Everything computed from the chain's events alone: words and heads in memory, the read model in its own database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from chain_client.bindings.ledger import Ledger
from chain_client.indexer.follower import Follower
from chain_client.indexer.reader import indexed_head
from chain_client.indexer.replay import Replay
from chain_client.rpc.node import Node
from chain_client.store import LedgerId, Store, open_store, register_ledger
from chain_client.store.migrate import migrate
from scripts.verification.end import RecordEnd
from scripts.verification.on_chain import OnChain
from scripts.verification.source import BoundedNode


@dataclass(frozen=True, slots=True)
class Recomputed:
    """What the chain's events come to, up to a block."""

    source: BoundedNode
    store: Store
    ledger_id: LedgerId

    @property
    def replay(self) -> Replay:
        """Words and heads."""
        return self.source.replay

    @property
    def on_chain(self) -> OnChain:
        """Hashes of documents, and where each item is recorded."""
        return self.source.on_chain


@asynccontextmanager
async def recomputed(
    node: Node, ledger: Ledger, end: RecordEnd, advance: Callable[[int], None]
) -> AsyncIterator[Recomputed]:
    """Give what the events up to the record's end come to; `advance` is told of blocks read.

    Raises Differs and ProofFailed where the node contradicts itself; errors of the node as they are (retry).
    """
    source = BoundedNode(node, ledger, end.top, end.final, advance)
    with TemporaryDirectory(prefix="doorstep-verify-") as scratch:
        store = open_store(f"sqlite+aiosqlite:///{Path(scratch) / 'recomputed.db'}")
        try:
            await migrate(store)
            async with store.write() as connection:
                ledger_id = await register_ledger(connection, ledger.deployment.identity)
            follower = Follower(store, source, source, ledger_id, lambda: 0)
            try:
                while True:
                    await follower.step()
                    async with store.read() as connection:
                        reached = await indexed_head(connection, ledger_id)
                    if reached is not None and reached.block_number == end.top.number:
                        break
            finally:
                await follower.close()
            yield Recomputed(source, store, ledger_id)
        finally:
            await store.close()
