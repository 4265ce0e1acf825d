"""Transactions accepted and not yet mined, in memory only: a node that is killed forgets them.

Every transaction here passed `accept_tx`. Owned by the event loop; only `ready` may be called from another thread.

A transaction is ready where its sender's nonces up to it have no gap, and queued where they have one. What is queued
can hold up nobody: it is bounded per sender, and gives way to anything ready. So the transaction that closes a gap is
always taken.
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
MAX_BYTES = 256 * 1024 * 1024
MAX_PER_SENDER = 1024
MAX_QUEUED_PER_SENDER = 64
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
        self._bytes = 0
        self._counter = count()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._by_hash)

    def get(self, tx_hash: bytes) -> SignedTx | None:
        """The waiting transaction with that hash."""
        return self._by_hash.get(tx_hash)

    @_locked
    def add(self, signed: SignedTx, account_nonce: int) -> None:
        """Take a transaction whose sender has mined `account_nonce` so far; `ServerError` says why not.

        Where there is no room, what waits behind a gap makes room first, then the last of whoever has most waiting.
        """
        if signed.hash in self._by_hash:
            raise ServerError("already known")
        if signed.nonce < account_nonce:
            raise ServerError(f"nonce too low: next nonce {account_nonce}, tx nonce {signed.nonce}")
        self._forget_below(signed.sender, account_nonce)
        present = self._by_sender.get(signed.sender, {}).get(signed.nonce)
        is_ready = signed.nonce <= self.pending_nonce(signed.sender, account_nonce)
        leaving = self._replaced(present, signed, is_ready=is_ready)
        if present is None:
            leaving += self._over_sender_limits(signed, account_nonce, is_ready=is_ready)
        leaving += self._over_limits(signed, leaving, is_ready=is_ready)
        for one in leaving:
            self._drop(one)
        self._by_sender.setdefault(signed.sender, {})[signed.nonce] = signed
        self._by_hash[signed.hash] = signed
        self._bytes += len(signed.raw)
        self._arrival[signed.hash] = next(self._counter)
        self._nonces[signed.sender] = account_nonce

    def _replaced(self, present: SignedTx | None, signed: SignedTx, *, is_ready: bool) -> list[SignedTx]:
        """Return what `signed` replaces: behind a gap at the same fees or higher, otherwise 10 % higher."""
        if present is None:
            return []
        for name in ("max_fee_per_gas", "max_priority_fee_per_gas"):
            old, new = getattr(present.tx, name), getattr(signed.tx, name)
            least = max(old + 1, -(-old * (100 + PRICE_BUMP_PERCENT) // 100)) if is_ready else old
            if new < least:
                raise ServerError(f"replacement transaction underpriced: {name} {new}, at least {least}")
        return [present]

    def _over_sender_limits(self, signed: SignedTx, account_nonce: int, *, is_ready: bool) -> list[SignedTx]:
        """Return the sender's own transaction that gives way: its highest nonce, where `signed` comes before that."""
        waiting = self._by_sender.get(signed.sender, {})
        queued = len(waiting) - (self.pending_nonce(signed.sender, account_nonce) - account_nonce)
        if len(waiting) < MAX_PER_SENDER and (is_ready or queued < MAX_QUEUED_PER_SENDER):
            return []
        highest = max(waiting)
        if signed.nonce < highest:
            return [waiting[highest]]
        if is_ready:
            raise ServerError(
                f"account limit exceeded: {len(waiting)} transactions of this sender are waiting"
            )
        raise ServerError(
            f"account limit exceeded: {queued} transactions of this sender wait behind a nonce gap; "
            f"send nonce {self.pending_nonce(signed.sender, account_nonce)} first"
        )

    def _over_limits(self, signed: SignedTx, leaving: list[SignedTx], *, is_ready: bool) -> list[SignedTx]:
        """Return what gives way to `signed` so that all fits, apart from what is `leaving` anyway."""
        gone = {one.hash for one in leaving}
        count = len(self._by_hash) - len(leaving)
        size = self._bytes - sum(len(one.raw) for one in leaving)
        if count < MAX_TRANSACTIONS and size + len(signed.raw) <= MAX_BYTES:
            return []
        chosen: list[SignedTx] = []
        lists = {
            one.sender: (
                [tx for tx in one.ready if tx.hash not in gone],
                [tx for tx in one.queued if tx.hash not in gone],
            )
            for one in self.senders()
        }
        own_ready, own_queued = lists.get(signed.sender, ([], []))
        while count >= MAX_TRANSACTIONS or size + len(signed.raw) > MAX_BYTES:
            victim = max((queued for _, queued in lists.values()), key=len, default=[])
            least = 0 if is_ready else len(own_queued) + 1
            if not victim and is_ready:
                victim = max((ready for ready, _ in lists.values()), key=len, default=[])
                least = len(own_ready) + 1
            if len(victim) <= least:
                raise ServerError(f"txpool is full: {len(self._by_hash)} transactions are waiting")
            chosen.append(victim.pop())
            count -= 1
            size -= len(chosen[-1].raw)
        return chosen

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
        highest: dict[bytes, int] = {}
        for sender, nonce in transactions:
            highest[sender] = max(nonce, highest.get(sender, 0))
        for sender, nonce in highest.items():
            self._forget_below(sender, nonce + 1)

    def _forget_below(self, sender: bytes, account_nonce: int) -> None:
        for old in [tx for nonce, tx in self._by_sender.get(sender, {}).items() if nonce < account_nonce]:
            self._drop(old)
        if sender in self._by_sender:
            self._nonces[sender] = account_nonce

    @_locked
    def drop(self, tx_hash: bytes) -> bool:
        """Forget a waiting transaction; False where none of that hash waits. Those after it wait behind a gap."""
        signed = self._by_hash.get(tx_hash)
        if signed is not None:
            self._drop(signed)
        return signed is not None

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
        self._bytes = 0

    def _drop(self, signed: SignedTx) -> None:
        waiting = self._by_sender[signed.sender]
        del waiting[signed.nonce], self._by_hash[signed.hash], self._arrival[signed.hash]
        self._bytes -= len(signed.raw)
        if not waiting:
            del self._by_sender[signed.sender], self._nonces[signed.sender]
