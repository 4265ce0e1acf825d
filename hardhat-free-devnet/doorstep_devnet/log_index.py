"""The index of logs: for every address and every topic at its place, which logs of which block carry it.

A posting's key is place (0 the address, 1 to 4 the topics), the value in 32 bytes, the block number in 8; its value
is the logs' indices in that block, 4 bytes each, ascending. A query walks the postings of its smallest criterion and
checks the rest on the logs themselves; which one is the smallest is found by walking all of them side by side until
the first ends, so that finding out costs no more than a few times using it.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .records import LogRecord, block_key

if TYPE_CHECKING:
    from .chain_store import ChainView

_STEP = 64


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which logs: `addresses` empty means any; each place of `topics` is the values it may have, empty any."""

    addresses: frozenset[bytes] = frozenset()
    topics: tuple[frozenset[bytes], ...] = ()

    def matches(self, log: LogRecord) -> bool:
        """Whether the log is one of those asked for."""
        if self.addresses and log.address not in self.addresses:
            return False
        if len(self.topics) > len(log.topics):
            return False
        return all(
            not wanted or topic in wanted for wanted, topic in zip(self.topics, log.topics, strict=False)
        )

    def criteria(self) -> list[tuple[int, frozenset[bytes]]]:
        """Every place that is restricted, with the values it may have."""
        found = [(0, self.addresses)] if self.addresses else []
        return found + [(place, wanted) for place, wanted in enumerate(self.topics, 1) if wanted]


def add_logs(txn: Any, table: Any, logs: Sequence[LogRecord]) -> None:
    """Write the postings of one block's logs."""
    postings: dict[bytes, array[int]] = {}
    for log in logs:
        for key in _keys(log):
            postings.setdefault(key, array("I")).append(log.index)
    for key, indices in sorted(postings.items()):
        txn.put(key, b"".join(index.to_bytes(4, "big") for index in indices), db=table)


def remove_logs(txn: Any, table: Any, logs: Sequence[LogRecord]) -> None:
    """Remove the postings of one block's logs."""
    for key in {key for log in logs for key in _keys(log)}:
        txn.delete(key, db=table)


def find_logs(view: ChainView, wanted: LogFilter, first: int, last: int) -> Iterator[LogRecord]:
    """The logs of blocks `first` to `last` that match, in chain order."""
    criteria = wanted.criteria()
    if not criteria:
        candidates: Iterable[LogRecord] = view.logs_between(first, last)
    else:
        candidates = (view.log(block, index) for block, index in _smallest(view, criteria, first, last))
    return (log for log in candidates if wanted.matches(log))


def _smallest(
    view: ChainView, criteria: list[tuple[int, frozenset[bytes]]], first: int, last: int
) -> list[tuple[int, int]]:
    walks = [(_walk(view, place, values, first, last), list[tuple[int, int]]()) for place, values in criteria]
    while True:
        for walk, found in walks:
            for _ in range(_STEP):
                posting = next(walk, None)
                if posting is None:
                    return sorted(found)
                found.extend(posting)


def _walk(
    view: ChainView, place: int, values: frozenset[bytes], first: int, last: int
) -> Iterator[list[tuple[int, int]]]:
    for value in values:
        prefix = _prefix(place, value)
        stop = prefix + block_key(last)
        with view.cursor(b"log_index") as cursor:
            found = cursor.set_range(prefix + block_key(first))
            while found:
                key, packed = cursor.item()
                if key > stop:
                    break
                block = int.from_bytes(key[33:], "big")
                yield [(block, int.from_bytes(packed[at : at + 4], "big")) for at in range(0, len(packed), 4)]
                found = cursor.next()


def _keys(log: LogRecord) -> Iterator[bytes]:
    number = block_key(log.block)
    yield _prefix(0, log.address) + number
    for place, topic in enumerate(log.topics, 1):
        yield _prefix(place, topic) + number


def _prefix(place: int, value: bytes) -> bytes:
    return bytes((place,)) + value.rjust(32, b"\0")
