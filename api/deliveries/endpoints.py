"""POST /v1/deliveries, and what its parties read of one."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.auth import WritingCaller
from api.bodies import ITEM_BYTES_WITH_DOCUMENT, read_body
from api.deliveries.models import ADAPTER, EXAMPLE, EXAMPLE_WITH_KEY, NewDelivery
from api.problems import documented
from api.services import Context
from api.submissions import ANSWERS, request_body, respond, submit
from chain_client.intake import Answer, PreparedDelivery, Refusal

router = APIRouter(prefix="/v1", tags=["deliveries"])


@router.post(
    "/deliveries",
    status_code=202,
    summary="Open deliveries",
    responses={**ANSWERS, **documented(401, 403)},
    openapi_extra=request_body(NewDelivery, EXAMPLE, [EXAMPLE, EXAMPLE_WITH_KEY]),
)
async def post_deliveries(request: Request, caller: WritingCaller, context: Context) -> Response:
    """Take one delivery to open, or a list of up to 1,000, to be put on chain in their order.

    For shippers. The waybill is the idempotency key: the same delivery again is a `duplicate` with the same intent,
    delivery id and (for 24 hours) link; the same waybill with other values is refused. Where the network rejected an
    opening, its waybill is free again: send it unchanged or corrected, for a new delivery. `promised_by` is RFC 3339
    with a zone and in the future by the ledger's clock. Waybill and record stay private; ids and salted hashes go on
    chain.
    """
    body = await read_body(request, ADAPTER, max_bytes=ITEM_BYTES_WITH_DOCUMENT)
    # Texts before the write lock, and malformed items without it.
    prepared = await body.work(
        lambda items: context.intake.prepare_deliveries(caller.member, [item.request() for item in items])
    )

    async def store(items: Sequence[PreparedDelivery | Refusal]) -> list[Answer]:
        async with context.store.write() as connection:
            return await context.intake.open_deliveries(connection, caller.member, items, context.clock())

    return respond(request, context, body, await submit(prepared, store))
