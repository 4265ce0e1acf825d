"""GET /v1/history."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.auth import PossibleCaller, required
from api.history.models import HistoryModel
from api.history.pages import Format, answer_history, format_of
from api.paging import Cursor, MaybeLimit
from api.problems import documented
from api.services import Context, Reading
from api.times import parse_time
from chain_client.domain.ids import DriverNumber, MemberNumber, parse_delivery_id, parse_hash
from chain_client.domain.records import Kind
from chain_client.indexer.reader import HistoryQuery

router = APIRouter(prefix="/v1", tags=["history"])

HISTORY_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The entries, as JSON, NDJSON (an entry a line) or CSV (RFC 4180, with a header).",
        "model": HistoryModel,
        "headers": {
            "Doorstep-Next-Cursor": {
                "description": "As `next_cursor`, in every format; not where all was sent, or streamed.",
                "schema": {"type": "string"},
            }
        },
        "content": {
            "application/x-ndjson": {"schema": {"type": "string"}},
            "text/csv": {"schema": {"type": "string"}},
        },
    },
    **documented(401, 406, 410, 422),
}
_LARGEST = (1 << 63) - 1


@router.get("/history", summary="The record", responses=HISTORY_RESPONSES)
async def get_history(
    request: Request,
    caller: PossibleCaller,
    context: Context,
    connection: Reading,
    member: Annotated[
        int | None, Query(ge=1, le=65535, description="Shipper or carrier of the entry.")
    ] = None,
    driver: Annotated[int | None, Query(ge=0, le=(1 << 32) - 1, description="0: nobody named.")] = None,
    kind: Annotated[Kind | None, Query(description="Only entries of this kind.")] = None,
    delivery: Annotated[str | None, Query(description="Delivery id: 32 bytes, 0x-hex.")] = None,
    tx: Annotated[str | None, Query(description="Hash of the transaction: 32 bytes, 0x-hex.")] = None,
    from_: Annotated[
        str | None, Query(alias="from", description="RFC 3339 with a zone; block time, included.")
    ] = None,
    to: Annotated[str | None, Query(description="RFC 3339 with a zone; block time, not included.")] = None,
    from_block: Annotated[
        int | None, Query(ge=0, le=_LARGEST, description="The first block, included.")
    ] = None,
    to_block: Annotated[int | None, Query(ge=0, le=_LARGEST, description="The last block, included.")] = None,
    order: Annotated[
        Literal["oldest", "newest"], Query(description="Which entry comes first, in chain order.")
    ] = "oldest",
    format: Annotated[Format | None, Query(description="Goes before the Accept header.")] = None,
    limit: MaybeLimit = None,
    cursor: Cursor = None,
) -> Response:
    """Return the entries that all given filters hold for: what stands on chain, never private text.

    For members: the ledger is shared between them. For anyone where the record is public. With `limit` (JSON: 100 by default) one page, whose successor's
    cursor is in `next_cursor` and in the header `Doorstep-Next-Cursor`; NDJSON and CSV without `limit` stream all of it, up to the block that
    was indexed when the call began. 410 where the chain was rewound below the cursor: start again.
    """
    if not context.settings.public_record:
        required(caller)
    query = HistoryQuery(
        member=None if member is None else MemberNumber(member),
        driver=None if driver is None else DriverNumber(driver),
        kind=kind,
        delivery_id=None if delivery is None else parse_delivery_id(delivery, "delivery"),
        tx_hash=None if tx is None else parse_hash(tx, "tx"),
        from_time=None if from_ is None else parse_time(from_, "from"),
        to_time=None if to is None else parse_time(to, "to"),
        first_block=from_block,
        last_block=to_block,
    )
    chosen = format_of(request, format)
    return await answer_history(
        context, connection, query, chosen, limit=limit, cursor=cursor, newest_first=order == "newest"
    )
