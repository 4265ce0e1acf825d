"""Transactions accepted and not yet mined, in memory only: a node that is killed forgets them.

Every transaction here passed `accept_tx`. Owned by the event loop; only `ready` may be called from another thread.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from itertools import count
from typing import Concatenate, ParamSpec, TypeVar

from .errors import ServerError
from .transactions import SignedTx

MAX_TRANSACTIONS = 4096
PRICE_BUMP_PERCENT = 10

P = ParamSpec("P")
T = TypeVar("T")


def _locked(method: Callable[Concatenate[Pool, P], T]) -> Callable[Concatenate[Pool, P], T]:
    """Run `method` under the pool's lock: every method that changes the pool, and those that other threads call."""

    @wraps(method)
    def run(self: Pool, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with self._lock:
            return method(self, *args, **kwargs)

    return run


@dataclass(frozen=True, slots=True)
class SenderQueue:
    """What waits of one sender, by nonce: what can be mined now, and what waits behind a gap."""

    sender: bytes
    ready: tuple[SignedTx, ...]
    queued: tuple[SignedTx, ...]


class Pool:
    """Waiting transactions by sender and nonce; those behind a gap in the nonces wait for it to be filled."""

    def __init__(self) -> None:
        self._by_sender: dict[bytes, dict[int, SignedTx]] = {}
        self._by_hash: dict[bytes, SignedTx] = {}
        self._arrival: dict[bytes, int] = {}
        self._nonces: dict[bytes, int] = {}
        self._counter = count()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._by_hash)

    def get(self, tx_hash: bytes) -> SignedTx | None:
        """The waiting transaction with that hash."""
        return self._by_hash.get(tx_hash)

    @_locked
    def add(self, signed: SignedTx, account_nonce: int) -> None:
        """Take a transaction whose sender has mined `account_nonce` so far; `ServerError` says why not."""
        if signed.hash in self._by_hash:
            raise ServerError("already known")
        if signed.nonce < account_nonce:
            raise ServerError(f"nonce too low: next nonce {account_nonce}, tx nonce {signed.nonce}")
        waiting = self._by_sender.get(signed.sender, {})
        present = waiting.get(signed.nonce)
        if present is not None:
            self._check_replacement(present, signed)
            self._drop(present)
        elif len(self._by_hash) >= MAX_TRANSACTIONS:
            raise ServerError(f"txpool is full: {MAX_TRANSACTIONS} transactions are waiting")
        self._by_sender.setdefault(signed.sender, {})[signed.nonce] = signed
        self._by_hash[signed.hash] = signed
        self._arrival[signed.hash] = next(self._counter)
        self._nonces[signed.sender] = account_nonce

    def _check_replacement(self, present: SignedTx, signed: SignedTx) -> None:
        for name in ("max_fee_per_gas", "max_priority_fee_per_gas"):
            old, new = getattr(present.tx, name), getattr(signed.tx, name)
            if new <= old or new * 100 < old * (100 + PRICE_BUMP_PERCENT):
                raise ServerError("replacement transaction underpriced")

    def pending_nonce(self, sender: bytes, account_nonce: int) -> int:
        """The nonce after the last of `sender` that can be mined without a gap."""
        waiting = self._by_sender.get(sender, {})
        while account_nonce in waiting:
            account_nonce += 1
        return account_nonce

    @_locked
    def ready(self) -> list[SignedTx]:
        """Everything that can be mined now: in order of arrival, each sender's in order of nonce."""
        heads = []
        for sender, waiting in self._by_sender.items():
            first = waiting.get(self._nonces[sender])
            if first is not None:
                heads.append((self._arrival[first.hash], first))
        heapq.heapify(heads)
        ordered = []
        while heads:
            _, signed = heapq.heappop(heads)
            ordered.append(signed)
            after = self._by_sender[signed.sender].get(signed.nonce + 1)
            if after is not None:
                heapq.heappush(heads, (self._arrival[after.hash], after))
        return ordered

    def senders(self) -> list[SenderQueue]:
        """Return what waits, by sender in order of arrival of its first transaction."""
        found = []
        for sender, waiting in self._by_sender.items():
            end = self.pending_nonce(sender, self._nonces[sender])
            ordered = [waiting[nonce] for nonce in sorted(waiting)]
            ready = tuple(signed for signed in ordered if signed.nonce < end)
            found.append(SenderQueue(sender, ready, tuple(ordered[len(ready) :])))
        return found

    def has_ready(self) -> bool:
        """Whether anything can be mined now."""
        return any(self._nonces[sender] in waiting for sender, waiting in self._by_sender.items())

    @_locked
    def mined(self, transactions: Iterable[tuple[bytes, int]]) -> None:
        """Forget what was mined, given as sender and nonce, and whatever else that makes too old."""
        for sender, nonce in transactions:
            for old in [tx for n, tx in self._by_sender.get(sender, {}).items() if n <= nonce]:
                self._drop(old)
            if sender in self._by_sender:
                self._nonces[sender] = nonce + 1

    @_locked
    def refuse(self, signed: SignedTx) -> None:
        """Forget a transaction that cannot be mined."""
        if signed.hash in self._by_hash:
            self._drop(signed)

    @_locked
    def clear(self) -> None:
        """Forget everything."""
        for store in (self._by_sender, self._by_hash, self._arrival, self._nonces):
            store.clear()

    def _drop(self, signed: SignedTx) -> None:
        waiting = self._by_sender[signed.sender]
        del waiting[signed.nonce], self._by_hash[signed.hash], self._arrival[signed.hash]
        if not waiting:
            del self._by_sender[signed.sender], self._nonces[signed.sender]
