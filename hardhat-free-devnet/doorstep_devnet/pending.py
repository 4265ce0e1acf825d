"""The pending block: what a block made now would hold, executed and readable like any other, but never stored."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

from .chain_store import ChainView
from .clock import Clock, ClockState
from .engine import make_block
from .lmdb_env import Txn
from .pool import Pool
from .records import BlockData, BlockRecord, LogRecord, TxRecord
from .transactions import SignedTx
from .views import block_timestamp

MAX_AGE = 2
"""Seconds that a pending block with transactions is kept: who polls it must not execute them once a second."""


class PendingView(ChainView):
    """A view of the chain with one more block on top, which is not stored."""

    def __init__(self, base: ChainView, top: BlockData) -> None:
        self._base = base
        self._top = top
        super().__init__(base._env, base.txn)

    @property
    def txn(self) -> Txn:
        """The transaction of the view below, which ends with that view."""
        return self._base.txn

    @txn.setter
    def txn(self, txn: Txn) -> None:
        self._base.txn = txn

    def state(self, key: bytes) -> bytes | None:
        """Return a trie node or a contract's code by its hash."""
        made = self._top.state.get(key)
        return self._base.state(key) if made is None else made

    def head_number(self) -> int:
        """Return the number of the pending block."""
        return self._top.block.number

    def block(self, number: int) -> BlockRecord | None:
        """Return the block of that number."""
        return self._top.block if number == self._top.block.number else self._base.block(number)

    def tx(self, number: int, index: int) -> TxRecord | None:
        """Return the transaction at that place."""
        if number != self._top.block.number:
            return self._base.tx(number, index)
        return self._top.txs[index] if index < len(self._top.txs) else None

    def txs(self, number: int) -> Iterator[TxRecord]:
        """Return all transactions of a block, in order."""
        return iter(self._top.txs) if number == self._top.block.number else self._base.txs(number)

    def logs(self, number: int, first: int, count: int) -> Iterator[LogRecord]:
        """Return `count` logs of a block from index `first` on."""
        if number != self._top.block.number:
            return self._base.logs(number, first, count)
        return iter(self._top.logs[first : first + count])


@dataclass(frozen=True, slots=True)
class _Made:
    """The last block made, and what it was made from."""

    parent: bytes
    tx_hashes: tuple[bytes, ...]
    timestamp: int
    clock: ClockState
    top: BlockData

    def serves(
        self, head: BlockRecord, tx_hashes: tuple[bytes, ...], timestamp: int, clock: ClockState
    ) -> bool:
        """Return whether it is still the pending block; where nothing waits it is made again for each second."""
        age = timestamp - self.timestamp
        return (self.parent, self.tx_hashes, self.clock) == (head.hash, tx_hashes, clock) and 0 <= age <= (
            MAX_AGE if tx_hashes else 0
        )


class PendingBlocks:
    """Makes the pending block of a node and keeps the last one. Any thread may ask."""

    def __init__(self, pool: Pool, clock: Clock, chain_id: int) -> None:
        self._pool = pool
        self._clock = clock
        self._chain_id = chain_id
        self._last: _Made | None = None
        self._making = threading.Lock()

    def over(self, view: ChainView) -> PendingView:
        """Return `view` with the pending block on top of its head.

        Executes what waits unless head, transactions and clock are those of the last call, not `MAX_AGE` ago. Transactions that the
        view's head holds already, or that do not fit into the block any more, are left out.
        """
        head = view.head()
        ready = self._pool.ready()
        hashes = tuple(signed.hash for signed in ready)
        timestamp = self._clock.block_timestamp(block_timestamp(head))
        with self._making:
            return PendingView(view, self._made(view, head, ready, hashes, timestamp))

    def _made(
        self,
        view: ChainView,
        head: BlockRecord,
        ready: list[SignedTx],
        hashes: tuple[bytes, ...],
        timestamp: int,
    ) -> BlockData:
        last = self._last
        clock = self._clock.state
        if last is None or not last.serves(head, hashes, timestamp, clock):
            made = make_block(view, self._chain_id, ready, timestamp)
            last = self._last = _Made(head.hash, hashes, timestamp, clock, made.data)
        return last.top
