"""One look at the index for everybody who listens, while anybody does.

A stream registers what it waits for before it reads, and reads whenever its bell is rung: whatever is appended after
its read is seen by a later look, which rings. So nothing is missed, and most streams sleep through most blocks.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final

from api.problems import Problem
from api.stream.tail import Tail, present_end
from chain_client.indexer import reader as index
from chain_client.indexer.reader import EntryRow, HistoryQuery
from chain_client.store import DatabaseUnavailable, LedgerId, Store

_LOOK_SECONDS: Final = 0.1
_LOOK_AT_MOST: Final = 1000
"""Entries that are held against everyone's filters; where there are more at once, all are woken."""
_READ_AT_ONCE: Final = 4
"""Streams that read the database at a time: the other endpoints need its connections too."""
_RETRY_SECONDS: Final = 15
_log = logging.getLogger("doorstep.api")


def matches(query: HistoryQuery, entry: EntryRow) -> bool:
    """Say whether the index would give `entry` for `query`, as far as streams filter."""
    return (
        (query.delivery_id is None or query.delivery_id == entry.delivery_id)
        and (query.driver is None or query.driver == entry.driver)
        and (query.kind is None or query.kind is entry.kind)
        and (query.member is None or query.member in (entry.shipper, entry.carrier))
    )


class Bell:
    """One stream's: rung when there may be something to read, when its client is gone, and when it must end."""

    def __init__(self, query: HistoryQuery, *, stranger: bool) -> None:
        self.query = query
        self.stranger = stranger
        self.any_change = False
        """Whether every change is worth a look, whatever the query."""
        self.over = False
        self._rung = asyncio.Event()
        self._rung.set()  # what was appended between the request and now

    def ring(self) -> None:
        """Make the stream look."""
        self._rung.set()

    def end(self) -> None:
        """Make the stream end."""
        self.over = True
        self._rung.set()

    async def wait(self, seconds: float) -> bool:
        """Return True once rung, False after `seconds`; the bell is silent again then."""
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, seconds)):
                await self._rung.wait()
        rung = self._rung.is_set()
        self._rung.clear()
        return rung


class Streams:
    """The open streams of a process, at most `most`; no background task and no query while there are none."""

    def __init__(self, store: Store, ledger_id: LedgerId, *, most: int) -> None:
        self._store = store
        self._ledger_id = ledger_id
        self._most = most
        self._bells: set[Bell] = set()
        self._watching: asyncio.Task[None] | None = None
        self._closed = False
        self.turn = asyncio.Semaphore(_READ_AT_ONCE)
        """To be held while reading for a stream."""

    @contextmanager
    def open(self, query: HistoryQuery, *, stranger: bool) -> Iterator[Bell]:
        """Give the bell of a new stream over the block.

        Raises Problem 503 (retry later) over the limit, of which strangers may take three quarters, so that they
        cannot crowd out members and recipients; and once this is closed.
        """
        strangers = sum(bell.stranger for bell in self._bells)
        full = len(self._bells) >= self._most or (stranger and strangers >= -(-self._most * 3 // 4))
        if full or self._closed:
            raise Problem(
                503,
                "too-many-streams",
                "No more streams can be opened for now; try again later, or ask /v1/history now and then.",
                headers={"retry-after": str(_RETRY_SECONDS)},
            )
        bell = Bell(query, stranger=stranger)
        self._bells.add(bell)
        if self._watching is None:
            self._watching = asyncio.create_task(self._watch())
            self._watching.add_done_callback(self._watched)
        try:
            yield bell
        finally:
            self._bells.discard(bell)
            if not self._bells and self._watching is not None:
                self._watching.cancel()
                self._watching = None

    def close(self) -> None:
        """End every stream now, and open none from now on."""
        self._closed = True
        for bell in self._bells:
            bell.end()

    def _watched(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            return
        _log.error("the watcher of streams failed", exc_info=task.exception())
        if self._watching is task:
            self._watching = None
            for bell in self._bells:  # their clients come again, and with the first of them another watcher
                bell.end()

    async def _watch(self) -> None:
        tail: Tail | None = None
        seen: object = None
        while True:
            try:
                async with self._store.read() as connection:
                    head = await index.indexed_head(connection, self._ledger_id)
                    now = None if head is None else (head.block_number, head.block_hash)
                    if tail is None or now != seen:
                        seen = now
                        if tail is None:
                            fresh = None
                        else:
                            page = await tail.look(connection, self._ledger_id, _LOOK_AT_MOST)
                            unsure = page.more or page.rewound or page.waiting
                            fresh = None if unsure else [entry for _, entry in page.entries]
                        if fresh is None:
                            tail = Tail(HistoryQuery(), await present_end(connection, self._ledger_id))
                        self._ring(fresh)
            except DatabaseUnavailable as error:
                _log.warning("the watcher of streams: %s", error)
            await asyncio.sleep(_LOOK_SECONDS)

    def _ring(self, fresh: Sequence[EntryRow] | None) -> None:
        touched = None if fresh is None else {entry.delivery_id for entry in fresh}
        for bell in self._bells:
            only = bell.query.delivery_id
            if (
                fresh is None
                or touched is None
                or bell.any_change
                or ((only is None or only in touched) and any(matches(bell.query, entry) for entry in fresh))
            ):
                bell.ring()
