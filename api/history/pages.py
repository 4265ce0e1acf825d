"""Pages of the record in three formats, and the whole of it as a stream."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Final, Literal

import orjson
from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response, StreamingResponse

from api.entries import csv_header, csv_line, shown
from api.paging import DEFAULT_LIMIT, next_cursor, place_of
from api.problems import Problem
from api.services import Services
from chain_client.domain.errors import Broken
from chain_client.indexer import reader as index
from chain_client.indexer.reader import EntryRow, HistoryQuery, Place

Format = Literal["json", "ndjson", "csv"]
_MEDIA_TYPES: Final[dict[Format, str]] = {
    "json": "application/json",
    "ndjson": "application/x-ndjson",
    "csv": "text/csv",
}
_STREAM_PAGE: Final = 1000


def format_of(request: Request, asked: Format | None) -> Format:
    """Return the format that `?format=` or else the Accept header asks for; 406 where it asks for none of them."""
    if asked is not None:
        return asked
    accept = request.headers.get("accept", "*/*")
    wanted = sorted((_quality(part) for part in accept.split(",")), key=lambda one: -one[1])
    for media_type, quality in wanted:
        for name, offered in _MEDIA_TYPES.items():
            if quality > 0 and media_type in (offered, offered.split("/")[0] + "/*", "*/*"):
                return name
    raise Problem(406, "not-acceptable", f"This can be given as {', '.join(_MEDIA_TYPES.values())}.")


def _quality(part: str) -> tuple[str, float]:
    media_type, *parameters = (piece.strip().lower() for piece in part.split(";"))
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return media_type, float(parameter[2:])
            except ValueError:
                return media_type, 0.0
    return media_type, 1.0


async def answer_history(
    context: Services,
    connection: AsyncConnection,
    query: HistoryQuery,
    chosen: Format,
    *,
    limit: int | None,
    cursor: str | None,
    newest_first: bool = False,
) -> Response:
    """Return one page of the entries, or, for NDJSON and CSV without a limit, all of them as a stream."""
    after = await place_of(connection, context.ledger_id, cursor)
    head = await index.indexed_head(connection, context.ledger_id)
    if limit is None and chosen != "json":
        last = 0 if head is None else head.block_number
        bounded = replace(query, last_block=last if query.last_block is None else min(last, query.last_block))
        lines = _stream(context, bounded, chosen, after, newest_first)
        return StreamingResponse(lines, media_type=_MEDIA_TYPES[chosen])
    limit = limit or DEFAULT_LIMIT
    page = await index.history(
        connection, context.ledger_id, query, after=after, limit=limit, newest_first=newest_first
    )
    following = await next_cursor(connection, context.ledger_id, page, limit)
    headers = {} if following is None else {"doorstep-next-cursor": following}
    if chosen == "json":
        content = orjson.dumps(
            {
                "entries": [shown(entry) for entry in page],
                "next_cursor": following,
                "indexed_block": head and head.block_number,
            }
        )
    else:
        content = _lines(page, chosen, first=cursor is None)
    return Response(content, headers=headers, media_type=_MEDIA_TYPES[chosen])


def _lines(page: list[EntryRow], chosen: Format, *, first: bool) -> bytes:
    if chosen == "csv":
        return ((csv_header() if first else "") + "".join(map(csv_line, page))).encode()
    return b"".join(orjson.dumps(shown(entry), option=orjson.OPT_APPEND_NEWLINE) for entry in page)


async def _stream(
    context: Services, query: HistoryQuery, chosen: Format, after: Place | None, newest_first: bool
) -> AsyncIterator[bytes]:
    # A transaction a page: a reader of hours must not hold the database's log back. The record only grows beyond the
    # block the query ends at; where it was rewound instead, the stream breaks off, which the client sees.
    first = after is None
    seen = None
    while True:
        async with context.store.read() as connection:
            if after is not None:
                now = await index.block_hash(connection, context.ledger_id, after.block_number)
                if seen is not None and now != seen:
                    raise Broken("The chain was rewound while its history was being read.")
            page = await index.history(
                connection,
                context.ledger_id,
                query,
                after=after,
                limit=_STREAM_PAGE,
                newest_first=newest_first,
            )
            if page:
                after = page[-1].place
                seen = await index.block_hash(connection, context.ledger_id, after.block_number)
        lines = _lines(page, chosen, first=first)
        if lines:
            yield lines
        first = False
        if len(page) < _STREAM_PAGE:
            return
