"""Who holds SQLite's write-ahead log: the processes, by their file locks, and this process's own transactions.

While a transaction reads an older state, SQLite cannot empty the log. Linux lists file locks in `/proc/locks`; elsewhere
only this process's own transactions are named. The file itself is never opened here: closing any descriptor of it would
drop all of this process's locks on it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_LOCKS: Final = Path("/proc/locks")
_WRITE, _READ_FIRST, _READ_LAST = 120, 123, 127
"""Bytes of the `-shm` file that SQLite locks: one for the writer, five for readers (sqlite.org/walformat.html)."""


class Transactions:
    """Open transactions of this process on one database, each with what it is for."""

    def __init__(self) -> None:
        self._open: dict[int, tuple[str, float]] = {}
        self._next = 0

    @contextmanager
    def holding(self, purpose: str) -> Iterator[None]:
        """Count a transaction as open."""
        key, self._next = self._next, self._next + 1
        self._open[key] = purpose, time.monotonic()
        try:
            yield
        finally:
            del self._open[key]

    def shown(self) -> list[str]:
        """Return each open transaction in words, the oldest first."""
        now = time.monotonic()
        return [f"{purpose}, open for {now - since:.0f} s" for purpose, since in self._open.values()]


def processes(database: Path) -> list[int]:
    """Return the ids of the processes that read or write the database at this moment, this one's included."""
    try:
        inode = os.stat(f"{database}-shm").st_ino
        lines = _LOCKS.read_text(encoding="ascii").splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        parts = [part for part in line.split() if part != "->"]
        if len(parts) != 8 or parts[1] != "POSIX" or int(parts[5].rpartition(":")[2]) != inode:
            continue
        first, last = int(parts[6]), 1 << 62 if parts[7] == "EOF" else int(parts[7])
        if first <= _WRITE <= last or (first <= _READ_LAST and last >= _READ_FIRST):
            found.append(int(parts[4]))
    return sorted(set(found))


def name_of(process: int) -> str:
    """Return a process in words: its number, and what it runs where this system says so."""
    if process <= 0:
        return "a process of another container"
    try:
        command = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return f"process {process}"
    words = [Path(part.decode(errors="replace")).name for part in command[:4] if part]
    # Of `python -m scripts.main worker --data …` nothing but the words before the first option that has a value.
    shown = [word for word in words if not word.startswith("-")][:3]
    return f"process {process} ({' '.join(shown)})" if shown else f"process {process}"
