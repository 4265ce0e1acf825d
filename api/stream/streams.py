"""The open streams of a process, and the one task that watches for all of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from api.problems import Problem
from api.stream.credentials import Credential
from api.stream.tail import Tail
from api.stream.watch import Bell, Watcher
from chain_client.store import DatabaseUnavailable, LedgerId, Store

_LOOK_SECONDS: Final = 0.1
_READ_AT_ONCE: Final = 4
"""Streams that read the database at a time: the other endpoints need its connections too."""
_RETRY_SECONDS: Final = 15
_log = logging.getLogger("doorstep.api")


class Streams:
    """The open streams of a process, at most `most`; no background task and no query while there are none."""

    def __init__(self, store: Store, ledger_id: LedgerId, *, most: int) -> None:
        self._most = most
        self._bells: set[Bell] = set()
        self._watcher = Watcher(store, ledger_id, self._bells)
        self._watching: asyncio.Task[None] | None = None
        self._closed = False
        self.turn = asyncio.Semaphore(_READ_AT_ONCE)
        """To be held while reading for a stream."""

    @contextmanager
    def open(self, tail: Tail, credential: Credential | None) -> Iterator[Bell]:
        """Give the bell of a new stream over the block; without a credential it is a stranger's.

        Raises Problem 503 (retry later) over the limit, of which strangers may take three quarters, so that they
        cannot crowd out members and recipients; and once this is closed.
        """
        strangers = sum(bell.credential is None for bell in self._bells)
        full = len(self._bells) >= self._most or (credential is None and strangers >= -(-self._most * 3 // 4))
        if full or self._closed:
            raise Problem(
                503,
                "too-many-streams",
                "No more streams can be opened for now; try again later, or ask /v1/history now and then.",
                headers={"retry-after": str(_RETRY_SECONDS)},
            )
        bell = Bell(tail, credential)
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
        while True:
            try:
                await self._watcher.look()
            except DatabaseUnavailable as error:
                _log.warning("the watcher of streams: %s", error)
            await asyncio.sleep(_LOOK_SECONDS)
