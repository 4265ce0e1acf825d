"""Decides when a block is made, and makes one at a time.

Runs on the event loop; execution and commit happen in one writer thread. A block is visible to readers from its
commit on, and everything that tells the world of it comes after that.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from .chain_store import ChainStore
from .clock import CLOCK_KEY, Clock, ClockState
from .engine import MadeBlock, make_block
from .pool import Pool
from .records import BlockData
from .transactions import SignedTx

log = logging.getLogger(__name__)

T = TypeVar("T")


class Miner:
    """Makes blocks from the pool: as soon as something waits, or every `block_time` seconds."""

    def __init__(
        self,
        store: ChainStore,
        pool: Pool,
        clock: Clock,
        chain_id: int,
        *,
        block_time: float | None,
        head_timestamp: int,
        on_block: Callable[[BlockData], None],
    ) -> None:
        self.lock = asyncio.Lock()
        self.head_timestamp = head_timestamp
        self._store = store
        self._pool = pool
        self._clock = clock
        self._chain_id = chain_id
        self._block_time = block_time
        self._on_block = on_block
        self._wake = asyncio.Event()
        self._writer = ThreadPoolExecutor(1, "devnet-writer")

    def wake(self) -> None:
        """Look again: something may be ready, or the clock was moved."""
        self._wake.set()

    async def run(self) -> None:
        """Make blocks until cancelled. An error here means the chain can no longer be written."""
        if self._block_time is None:
            await self._run_on_demand()
        else:
            await self._run_by_clock(self._block_time)

    async def _run_on_demand(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._pool.has_ready():
                delay = self._clock.wait_for_block(self.head_timestamp)
                if delay:
                    await self._wait_awake(delay)
                    continue
                await self.mine(allow_empty=False)

    async def _wait_awake(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            return
        self._wake.clear()

    async def _run_by_clock(self, block_time: float) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + block_time
        while True:
            await asyncio.sleep(max(0.0, due - loop.time()))
            await self.mine(allow_empty=True)
            due = max(due + block_time, loop.time())

    async def mine(self, *, allow_empty: bool) -> None:
        """Make one block of everything ready."""
        async with self.lock:
            await self.mine_locked(allow_empty=allow_empty)

    async def mine_locked(self, *, allow_empty: bool) -> None:
        """Make one block of everything ready; the caller holds `lock`."""
        while delay := self._clock.wait_for_block(self.head_timestamp):
            await asyncio.sleep(delay)
        transactions = self._pool.ready()
        timestamp = self._clock.block_timestamp(self.head_timestamp)
        state = self._clock.after_block(timestamp)
        made, stored = await self.in_writer(
            lambda: self._make_and_store(transactions, timestamp, state, allow_empty=allow_empty)
        )
        for signed, reason in made.refused:
            log.warning("transaction 0x%s cannot be mined: %s", signed.hash.hex(), reason)
            self._pool.refuse(signed)
        if stored:
            self._clock.state = state
            self.head_timestamp = timestamp
            mined = set(made.data.block.tx_hashes)
            self._pool.mined((tx.sender, tx.nonce) for tx in transactions if tx.hash in mined)
            self._on_block(made.data)

    def _make_and_store(
        self, transactions: list[SignedTx], timestamp: int, clock: ClockState, *, allow_empty: bool
    ) -> tuple[MadeBlock, bool]:
        with self._store.view() as view:
            made = make_block(view, self._chain_id, transactions, timestamp)
        if not made.data.txs and not allow_empty:
            return made, False
        self._store.append(made.data, {CLOCK_KEY: clock.encode()})
        return made, True

    async def in_writer(self, work: Callable[[], T]) -> T:
        """Run `work` in the thread that writes."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, work)

    def close(self) -> None:
        """Wait for what is being written."""
        self._writer.shutdown(wait=True)
