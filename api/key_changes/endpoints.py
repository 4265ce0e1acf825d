"""POST /v1/key-changes."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.bodies import read_body
from api.key_changes.models import ADAPTER, EXAMPLE, NewKeyChange
from api.services import Context
from api.submissions import ANSWERS, request_body, respond, submit
from chain_client.intake import Answer, PreparedKeyChange, Refusal

router = APIRouter(prefix="/v1", tags=["feedback"])


@router.post(
    "/key-changes",
    status_code=202,
    summary="Take a delivery over",
    responses=ANSWERS,
    openapi_extra=request_body(NewKeyChange, EXAMPLE, [EXAMPLE]),
)
async def post_key_changes(request: Request, context: Context) -> Response:
    """Take one signed change of a delivery's recipient key, or a list of up to 1,000.

    For anyone with the signature of the key that the delivery has now. It happens once per delivery, for good: what a
    shop that kept the link's secret signs afterwards is rejected. Sent again it is a `duplicate`; retrying is safe.
    """
    body = await read_body(request, ADAPTER)
    # Signatures before the write lock, which strangers must not hold longer than it takes to look and store.
    prepared = await body.work(
        lambda items: context.intake.prepare_key_changes([item.request() for item in items])
    )

    async def store(items: Sequence[PreparedKeyChange | Refusal]) -> list[Answer]:
        async with context.store.write() as connection:
            return await context.intake.change_keys(connection, items, context.clock())

    return respond(request, context, body, await submit(prepared, store))
