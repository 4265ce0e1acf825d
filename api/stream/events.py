"""A stream as it goes over the wire: Server-Sent Events, heartbeats, and an end for clients slow or gone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.problems import Problem, answer, as_problem, problem_bytes
from api.services import Services
from api.stream import watch
from api.stream.credentials import Credential
from api.stream.models import MEDIA_TYPE
from api.stream.tail import Tail
from api.stream.watch import Bell
from api.stream.wire import HEARTBEAT, entry_event, event
from chain_client.domain.errors import DoorstepError
from chain_client.indexer import reader as index

_SEND_SECONDS: Final = 60.0
"""How long a client may leave what was sent to it unread."""
_PAGE: Final = 100
_REFUSED: Final = (401, 403, 404)
_HEADERS: Final = (
    (b"content-type", f"{MEDIA_TYPE}; charset=utf-8".encode()),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # reverse proxies must not hold events back
)


class EventStream(Response):
    """Sends `first`, and then what `tail` gives, until the client goes, may not read any more, or the server ends.

    `credential` is what the watcher looks up from time to time, None for a stranger's stream; `check` raises where the
    caller may not read (any more), and is asked whenever the stream reads the database by itself.
    """

    media_type = MEDIA_TYPE

    def __init__(
        self,
        context: Services,
        tail: Tail,
        *,
        first: bytes = b"",
        credential: Credential | None,
        check: Callable[[AsyncConnection], Awaitable[Any]],
    ) -> None:
        super().__init__()
        self._context = context
        self._tail = tail
        self._first = first
        self._credential = credential
        self._check = check

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection of ASGI."""
        try:
            with self._context.streams.open(self._tail, self._credential) as bell:
                listening = asyncio.create_task(_end_when_gone(receive, bell))
                try:
                    await self._serve(scope, send, bell)
                except (TimeoutError, OSError):
                    pass  # too slow, or gone: the server drops a response that is not whole
                finally:
                    listening.cancel()
                    await asyncio.gather(listening, return_exceptions=True)
        except Problem as problem:
            await answer(problem, scope["path"])(scope, receive, send)

    async def _serve(self, scope: Scope, send: Send, bell: Bell) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": list(_HEADERS)})
        await _put(send, self._first)
        clock = asyncio.get_running_loop().time
        due = clock() + watch.HEARTBEAT_SECONDS
        while not bell.over:
            look, chunk = await bell.wait(due - clock())
            if bell.over:
                break
            try:
                if look or bell.any_change:
                    chunk += await self._read(bell)
            except DoorstepError as error:
                problem = as_problem(error)
                if problem.status in _REFUSED:
                    await _put(send, event("closed", problem_bytes(problem, scope["path"])))
                break  # what else fails may be better at the next try, which is the client's
            if chunk or clock() >= due:
                await _put(send, chunk or HEARTBEAT)
                due = clock() + watch.HEARTBEAT_SECONDS
        await _put(send, b"", more=False)

    async def _read(self, bell: Bell) -> bytes:
        """Return what comes next, from the database and under the key or token as it is now."""
        context = self._context
        async with context.streams.turn, context.store.read() as connection:
            await self._check(connection)
            page = await self._tail.look(connection, context.ledger_id, _PAGE)
            head = await index.indexed_head(connection, context.ledger_id) if page.rewound else None
        bell.any_change = page.waiting
        if page.more:
            bell.ring()
        if page.rewound:
            block = 0 if head is None else head.block_number
            return event("rewound", orjson.dumps({"block": block}), self._tail.given.cursor)
        return b"".join(entry_event(mark, row) for mark, row in page.entries)


async def _put(send: Send, body: bytes, *, more: bool = True) -> None:
    async with asyncio.timeout(_SEND_SECONDS):
        await send({"type": "http.response.body", "body": body, "more_body": more})


async def _end_when_gone(receive: Receive, bell: Bell) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    bell.end()
