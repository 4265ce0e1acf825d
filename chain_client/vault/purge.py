"""Makes what was wiped leave the database's files: SQLite's log is emptied, and the file searched.

A wiped text is still in SQLite's write-ahead log until that is brought into the database and truncated, which must wait
for transactions that read an older state. In rare cases a page of the database keeps a copy of a row that was moved to
another page; so the file is searched for what was wiped, and written anew where it is found. On a database server this
is the server's business (`VACUUM`, its log's retention), and done here at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from chain_client.domain.errors import DoorstepError
from chain_client.store import LedgerId, Store
from chain_client.vault import erasures, waybills

_SEARCH: Final = Path(__file__).parent.parent / "store" / "search_file.py"
_FIRST_DELAY: Final = 0.05
_LONGEST_DELAY: Final = 1.0
_LEFT_BEHIND: Final = 120
"""Seconds after which an erasure that another process began, and does not seem to finish, is finished here."""
_log = logging.getLogger("doorstep.erasure")


class Purger:
    """One process's purges of one database. `begin` them, `wait` for them; `run` in the background, or call `step`."""

    def __init__(self, store: Store, ledger_id: LedgerId, clock: Callable[[], int]) -> None:
        self._store, self._ledger_id, self._clock = store, ledger_id, clock
        self._traces: set[bytes] = set()
        self._asked, self._done = 0, 0
        self._moved, self._wake, self._closed = asyncio.Condition(), asyncio.Event(), asyncio.Event()
        self._first = True
        self.held_by: list[str] = []
        """Who kept the log from being emptied at the last attempt, in words."""

    def begin(self, traces: Iterable[bytes] = ()) -> int:
        """Have purged what was wiped until now, in transactions that are committed; return a number to `wait` for.

        `traces` are byte strings that must not be in the database's file afterwards.
        """
        self._traces.update(traces)
        self._asked += 1
        self._wake.set()
        return self._asked

    async def wait(self, number: int, seconds: float) -> bool:
        """Return whether that purge is done, after waiting for it for at most `seconds`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds), self._moved:
                await self._moved.wait_for(lambda: self._done >= number)
        return self._done >= number

    async def run(self, every_seconds: float = 60.0) -> None:
        """Purge whenever asked to, wipe sealed links whose time is over, finish what was left behind; until `close`."""
        delay = _FIRST_DELAY
        while not self._closed.is_set():
            try:
                finished = await self.step()
            except (DoorstepError, SQLAlchemyError, OSError) as error:
                _log.warning("What was erased is not out of the files yet: %s", error)
                finished = False
            if self._closed.is_set():
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(every_seconds if finished else delay):
                    await (self._wake if finished else self._closed).wait()
            delay = _FIRST_DELAY if finished else min(2 * delay, _LONGEST_DELAY)

    def close(self) -> None:
        """Let `run` end, after the step that it is at: cancelling it might break into a transaction."""
        self._closed.set()
        self._wake.set()

    async def step(self) -> bool:
        """Try once to purge all that was asked for or left behind; return whether nothing is left to do.

        Raises DatabaseUnavailable (retry).
        """
        self._wake.clear()
        asked, traces = self._asked, set(self._traces)
        now = self._clock()
        if await self._wipe_sealed(now):
            asked, traces = self._asked, set(self._traces)
        async with self._store.read("erasures") as connection:
            left = await erasures.unfinished(connection, self._ledger_id)
        old = left.oldest_at is not None and left.oldest_at <= now - _LEFT_BEHIND
        # What another process wiped has no traces here to search for.
        unknown = left.count > 0 and not traces and (self._first or old)
        if asked == self._done and not unknown and not self._first:
            self.held_by = []
            return True
        if not await self._purge(traces, anew=unknown):
            self.held_by = self._store.log_holders() or ["a reader that this system does not name"]
            return False
        if left.count and (traces or unknown):
            async with self._store.write("erasures") as connection:
                await erasures.finish(connection, self._ledger_id, left.last_id, self._clock())
        self.held_by, self._first = [], False
        self._traces -= traces
        async with self._moved:
            self._done = asked
            self._moved.notify_all()
        return self._done == self._asked

    async def _wipe_sealed(self, now: int) -> bool:
        async with self._store.read("sealed links") as connection:
            due = await waybills.sealed_secrets(connection, self._ledger_id, now)
        if due:
            async with self._store.write("sealed links") as connection:
                await waybills.wipe_sealed(connection, self._ledger_id, now)
            self.begin(erasures.trace_of(secret) for secret in due)
        return bool(due)

    async def _purge(self, traces: set[bytes], *, anew: bool) -> bool:
        if not await self._store.truncate_log():
            return False
        if anew or await self._found(traces):
            await self._store.vacuum()
            return await self._store.truncate_log()
        return True

    async def _found(self, traces: set[bytes]) -> bool:
        """Return whether one of the byte strings is in the database's file, or the search failed."""
        if not traces or self._store.file is None:
            return False
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", str(_SEARCH), str(self._store.file),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            await process.communicate("\n".join(trace.hex() for trace in traces).encode())
        finally:
            if process.returncode is None:
                process.kill()
        return process.returncode != 0
