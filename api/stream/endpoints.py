"""GET /v1/stream."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Header, Query, Request
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from api.auth import PossibleCaller, ReadToken, present, presented_key, required
from api.deliveries.access import TOKEN_HEADER, holds_token
from api.problems import RETRY_AFTER_SECONDS, Problem, documented, not_found
from api.services import Context, Reading, Services
from api.stream.credentials import Credential, Key, Token
from api.stream.events import EventStream
from api.stream.models import EXAMPLE, MEDIA_TYPE
from api.stream.tail import Mark, Tail, present_end
from api.stream.wire import event
from api.times import format_time
from chain_client.domain.errors import InvalidInput
from chain_client.domain.ids import DeliveryId, DriverNumber, MemberNumber, parse_delivery_id
from chain_client.domain.links import decode_secret
from chain_client.domain.records import Kind
from chain_client.indexer import reader as index
from chain_client.indexer.reader import HistoryQuery

router = APIRouter(prefix="/v1", tags=["history"])


class _Documented(Response):
    media_type = MEDIA_TYPE


_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-Sent Events, until either side ends the connection.",
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}, "examples": {"answer": {"value": EXAMPLE}}}},
    },
    **documented(401, 403, 404, 422),
}


@router.get("/stream", summary="The record, live", response_class=_Documented, responses=_RESPONSES)
async def get_stream(
    request: Request,
    caller: PossibleCaller,  # shows in the document; `_admit` looks again whenever the stream reads
    read_token: ReadToken,
    context: Context,
    connection: Reading,
    delivery: Annotated[str | None, Query(description="Only this delivery: 32 bytes, 0x-hex.")] = None,
    driver: Annotated[int | None, Query(ge=0, le=(1 << 32) - 1, description="0: nobody named.")] = None,
    member: Annotated[
        int | None, Query(ge=1, le=65535, description="Shipper or carrier of the entry.")
    ] = None,
    kind: Annotated[Kind | None, Query(description="Only entries of this kind.")] = None,
    after: Annotated[
        str | None,
        Query(max_length=128, description="An event's id, or a cursor of `/v1/history`: go on after it."),
    ] = None,
    last_event_id: Annotated[
        str | None,
        Header(alias="Last-Event-ID", max_length=128, description="As `after`, and goes before it."),
    ] = None,
) -> Response:
    """Send the entries that all given filters hold for, as they are indexed: in chain order, each once, never private text.

    For members; for a recipient by read token, who names the `delivery`; for anyone where the record is public. First
    comes `ready`, with the id of where the stream stands: the present end, or where `Last-Event-ID` says. Then an
    `entry` each. Every id is a cursor: after a cut, open again with the last one, here or at another process of this
    service, and nothing is lost or comes twice. `rewound` says that the chain was rewound below what was sent: load
    again; the stream goes on after the present end. `closed` holds a problem and says that key or token is no longer
    good: do not open again with it. A line `:` comes every 15 s; where nothing comes for 40 s, the line is dead.
    """
    delivery_id = None if delivery is None else parse_delivery_id(delivery, "delivery")
    check = partial(_admit, request, context, delivery_id, read_token)
    credential = await check(connection)
    head = await index.indexed_head(connection, context.ledger_id)
    if head is None:
        raise Problem(
            503,
            "not-ready",
            "The index has read nothing yet; is the worker running?",
            headers={"retry-after": str(RETRY_AFTER_SECONDS)},
        )
    query = HistoryQuery(
        member=None if member is None else MemberNumber(member),
        driver=None if driver is None else DriverNumber(driver),
        kind=kind,
        delivery_id=delivery_id,
    )
    mark = await _start(context, connection, last_event_id, after)
    data = {"block": head.block_number, "chain_time": format_time(head.chain_time)}
    first = event("ready", orjson.dumps(data), mark.cursor)
    return EventStream(context, Tail(query, mark), first=first, credential=credential, check=check)


async def _start(
    context: Services, connection: AsyncConnection, last_event_id: str | None, after: str | None
) -> Mark:
    if last_event_id:
        return Mark.of(last_event_id, "Last-Event-ID")
    if after:
        return Mark.of(after, "after")
    return await present_end(connection, context.ledger_id)


async def _admit(
    request: Request,
    context: Services,
    delivery_id: DeliveryId | None,
    read_token: str | None,
    connection: AsyncConnection,
) -> Credential | None:
    """Raise where the caller may not read this stream (any more); return what it was that let them, None for a stranger."""
    if await present(request, context, connection) is not None:
        return Key(await presented_key(request) or "")
    if read_token is not None:
        if delivery_id is None:
            raise InvalidInput("delivery", "is required with a read token, which reads one delivery")
        if not await holds_token(context, connection, delivery_id, read_token):
            raise not_found("There is no such delivery of yours.")
        return Token(delivery_id, decode_secret(read_token, TOKEN_HEADER))
    if not context.settings.public_record:
        required(None)
    return None
