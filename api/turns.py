"""Whose turn it is to have something costly computed: one at a time for each caller, a few in all."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from api.problems import Problem

AT_ONCE: Final = 2
"""Such answers that are computed at a time, in one process."""
MAY_WAIT: Final = 3
"""Requests of one caller that may wait for the one before them; further ones are answered 429."""
MAY_WAIT_IN_ALL: Final = 32
_RETRY: Final = {"retry-after": "2"}


class Turns:
    """Who computes what is past, and who waits for that."""

    def __init__(self) -> None:
        self._locks: dict[str, asyncio.Lock] = {}
        self._asked: Counter[str] = Counter()
        self._running = asyncio.Semaphore(AT_ONCE)

    @asynccontextmanager
    async def turn(self, caller: str) -> AsyncIterator[None]:
        """Wait until `caller` computes nothing else; Problem 429 or 503 (retry) where too many wait already."""
        if self._asked[caller] > MAY_WAIT:
            raise Problem(
                429,
                "one-at-a-time",
                "Answers with a past as_of are given to a caller one at a time. Wait for those that you asked for.",
                headers=_RETRY,
            )
        if self._asked.total() >= MAY_WAIT_IN_ALL:
            raise Problem(
                503,
                "unavailable",
                "Too many answers with a past as_of are asked for. Try again later.",
                headers=_RETRY,
            )
        self._asked[caller] += 1
        lock = self._locks.setdefault(caller, asyncio.Lock())
        try:
            async with lock, self._running:
                yield
        finally:
            self._asked[caller] -= 1
            if not self._asked[caller]:
                del self._asked[caller], self._locks[caller]
