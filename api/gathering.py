"""Gathers what many requests want stored into few transactions.

A durable commit costs the same for one item as for hundreds, and only one write transaction runs at a time. While one
runs, whatever arrives waits together and goes into the next: no timer, no delay where nothing else is under way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from chain_client.intake import Answer

Request = TypeVar("Request")


@dataclass(slots=True)
class _Job(Generic[Request]):
    items: Sequence[Request]
    done: asyncio.Future[list[Answer]]


class Gathering(Generic[Request]):
    """Runs `store(items)`, which is one transaction, over the items of all requests that wait."""

    def __init__(self, store: Callable[[Sequence[Request]], Awaitable[list[Answer]]], most: int) -> None:
        self._store = store
        self._most = most
        self._waiting: list[_Job[Request]] = []
        self._running: asyncio.Task[None] | None = None

    async def submit(self, items: Sequence[Request]) -> list[Answer]:
        """Return the answers to `items`, in their order, once they are stored; errors as the store raises them.

        A caller that goes away does not undo what it asked for: the same request again finds it stored.
        """
        job = _Job(items, asyncio.get_running_loop().create_future())
        self._waiting.append(job)
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        return await job.done

    async def close(self) -> None:
        """Wait until everything that waits is stored."""
        if self._running is not None:
            await self._running

    async def _run(self) -> None:
        try:
            while self._waiting:
                await self._run_together(self._next())
        finally:
            self._running = None

    def _next(self) -> list[_Job[Request]]:
        taken, size = 0, 0
        for job in self._waiting:
            if taken and size + len(job.items) > self._most:
                break
            taken += 1
            size += len(job.items)
        jobs, self._waiting = self._waiting[:taken], self._waiting[taken:]
        return jobs

    async def _run_together(self, jobs: list[_Job[Request]]) -> None:
        try:
            answers = await self._store([item for job in jobs for item in job.items])
        except BaseException as error:
            if len(jobs) > 1 and isinstance(error, Exception):
                # One request's fault must not become the others': each goes alone.
                for job in jobs:
                    await self._run_together([job])
                return
            for job in jobs:
                if not job.done.done():
                    job.done.set_exception(error)
            if not isinstance(error, Exception):
                raise
            return
        start = 0
        for job in jobs:
            if not job.done.done():
                job.done.set_result(answers[start : start + len(job.items)])
            start += len(job.items)
