"""POST /v1/reports."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.auth import WritingCaller
from api.bodies import ITEM_BYTES_WITH_DOCUMENT, read_body
from api.problems import documented
from api.reports.models import ADAPTER, EXAMPLE, NewReport
from api.services import Context
from api.submissions import ANSWERS, request_body, respond, submit
from chain_client.intake import Answer, PreparedReport, Refusal

router = APIRouter(prefix="/v1", tags=["reports"])


@router.post(
    "/reports",
    status_code=202,
    summary="Report what happened",
    responses={**ANSWERS, **documented(401)},
    openapi_extra=request_body(NewReport, EXAMPLE, [EXAMPLE]),
)
async def post_reports(request: Request, caller: WritingCaller, context: Context) -> Response:
    """Take one report, or a list of up to 1,000, to be put on chain in their order.

    For the delivery's carrier; `cancelled` is its shipper's to say. Outcomes may follow each other as the ledger's
    rules have it; a driver once named stays ratable. Times are RFC 3339 with a zone; the ledger's clock decides what
    is in the future or older than 7 days. A report sent again is a `duplicate`, never a second one, so retrying is
    safe. An item that is refused changes nothing and stops no other; `curable` says whether time alone may cure it.
    """
    body = await read_body(request, ADAPTER, max_bytes=ITEM_BYTES_WITH_DOCUMENT)
    # Texts before the write lock, and malformed items without it.
    prepared = await body.work(
        lambda items: context.intake.prepare_reports([item.request() for item in items])
    )

    async def store(items: Sequence[PreparedReport | Refusal]) -> list[Answer]:
        async with context.store.write() as connection:
            return await context.intake.report(connection, caller.member, items, context.clock())

    return respond(request, context, body, await submit(prepared, store))
