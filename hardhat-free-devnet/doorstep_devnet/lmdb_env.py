"""The LMDB environment: consistent reads, one commit per block, and a map that grows with the chain.

Durability: a committed transaction is in the operating system's page cache before `write` returns, so killing the
process loses nothing. With `sync` (the default) it is also flushed to the disk, so losing power loses nothing either.
Without it, a power loss may lose recent blocks or, on a file system that reorders writes, damage the file.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import lmdb

Txn = Any
"""An lmdb transaction (the library ships no usable generic type for one without buffers)."""

T = TypeVar("T")

TABLES = (b"meta", b"state", b"canonical", b"blocks", b"txs", b"tx_index", b"logs", b"log_index")
INITIAL_MAP = 1 << 28


class LmdbEnv:
    """An open environment with this package's tables.

    Reads may come from several threads, writes from one at a time. `read` and `write` wait while the map grows,
    since LMDB forbids growing it under an open transaction.
    """

    def __init__(self, path: Path, *, sync: bool, map_size: int = INITIAL_MAP) -> None:
        data_file = path / "data.mdb"
        size = max(map_size, 2 * data_file.stat().st_size if data_file.exists() else 0)
        self._env = lmdb.open(
            str(path), map_size=size, sync=sync, metasync=sync, max_dbs=len(TABLES), max_readers=512
        )
        self._tables = {name: self._env.open_db(name) for name in TABLES}
        self._gate = threading.Condition()
        self._readers = 0
        self._growing = False

    def table(self, name: bytes) -> Any:
        """The handle of one of `TABLES`."""
        return self._tables[name]

    @property
    def map_size(self) -> int:
        """The map's present size in bytes."""
        return int(self._env.info()["map_size"])

    @contextmanager
    def read(self) -> Iterator[Txn]:
        """A consistent view of the last commit; keep it short, growing waits for it.

        A finished transaction holds its slot in LMDB's table of readers until Python frees it, so no reference to it
        may outlive the `with` block.
        """
        with self._gate:
            while self._growing:
                self._gate.wait()
            self._readers += 1
        try:
            with self._env.begin() as txn:
                yield txn
        finally:
            with self._gate:
                self._readers -= 1
                if self._readers == 0:
                    self._gate.notify_all()

    def write(self, work: Callable[[Txn], T]) -> T:
        """Run `work` in one transaction and commit it; all of it is stored, or none.

        When the map is full it grows and `work` runs again from the start, so `work` must only write. Any other
        error aborts the transaction and is raised.
        """
        while True:
            size = self.map_size
            try:
                with self._env.begin(write=True) as txn:
                    return work(txn)
            except lmdb.MapFullError:
                self._grow(size)

    def _grow(self, full_size: int) -> None:
        with self._gate:
            self._growing = True
            try:
                while self._readers:
                    self._gate.wait()
                self._env.set_mapsize(full_size * 2)
            finally:
                self._growing = False
                self._gate.notify_all()

    def close(self) -> None:
        """Flush and close; no transaction may be open."""
        self._env.sync(True)
        self._env.close()
