"""A stream as it goes over the wire: Server-Sent Events, heartbeats, and an end for clients slow or gone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.entries import shown
from api.problems import Problem, answer, as_problem, problem_bytes
from api.services import Services
from api.stream.models import MEDIA_TYPE
from api.stream.tail import Page, Tail
from api.stream.watch import Bell
from chain_client.domain.errors import DoorstepError
from chain_client.indexer import reader as index

HEARTBEAT_SECONDS: Final = 15.0
_SEND_SECONDS: Final = 60.0
"""How long a client may leave what was sent to it unread."""
_PAGE: Final = 100
_REFUSED: Final = (401, 403, 404)
_HEADERS: Final = (
    (b"content-type", f"{MEDIA_TYPE}; charset=utf-8".encode()),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # reverse proxies must not hold events back
)


def event(name: str, data: bytes, cursor: str | None = None) -> bytes:
    """Return one event; `data` is JSON in one line."""
    place = "" if cursor is None else f"id: {cursor}\n"
    return f"event: {name}\n{place}data: ".encode() + data + b"\n\n"


class EventStream(Response):
    """Sends `first`, and then what `tail` gives, until the client goes, may not read any more, or the server ends.

    `check` raises where the caller may not read (any more); it is asked before entries are sent and with every
    heartbeat.
    """

    media_type = MEDIA_TYPE

    def __init__(
        self,
        context: Services,
        tail: Tail,
        *,
        first: bytes = b"",
        stranger: bool = False,
        check: Callable[[AsyncConnection], Awaitable[Any]],
    ) -> None:
        super().__init__()
        self._context = context
        self._tail = tail
        self._first = first
        self._stranger = stranger
        self._check = check

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection of ASGI."""
        try:
            with self._context.streams.open(self._tail.query, stranger=self._stranger) as bell:
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
        due = clock() + HEARTBEAT_SECONDS
        while not bell.over:
            rung = await bell.wait(due - clock())
            if bell.over:
                break
            try:
                page, block = await self._look(read=rung or bell.any_change)
            except DoorstepError as error:
                problem = as_problem(error)
                if problem.status in _REFUSED:
                    await _put(send, event("closed", problem_bytes(problem, scope["path"])))
                break  # what else fails may be better at the next try, which is the client's
            chunk = _written(page, block, self._tail)
            if chunk or clock() >= due:
                await _put(send, chunk or b":\n\n")
                due = clock() + HEARTBEAT_SECONDS
            bell.any_change = page.waiting
            if page.more:
                bell.ring()
        await _put(send, b"", more=False)

    async def _look(self, *, read: bool) -> tuple[Page, int]:
        context = self._context
        async with context.streams.turn, context.store.read() as connection:
            await self._check(connection)
            if not read:
                return Page(), 0
            page = await self._tail.look(connection, context.ledger_id, _PAGE)
            head = await index.indexed_head(connection, context.ledger_id) if page.rewound else None
            return page, 0 if head is None else head.block_number


def _written(page: Page, block: int, tail: Tail) -> bytes:
    if page.rewound:
        return event("rewound", orjson.dumps({"block": block}), tail.given.cursor)
    return b"".join(event("entry", orjson.dumps(shown(row)), mark.cursor) for mark, row in page.entries)


async def _put(send: Send, body: bytes, *, more: bool = True) -> None:
    async with asyncio.timeout(_SEND_SECONDS):
        await send({"type": "http.response.body", "body": body, "more_body": more})


async def _end_when_gone(receive: Receive, bell: Bell) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    bell.end()
