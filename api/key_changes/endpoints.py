"""POST /v1/key-changes."""

from __future__ import annotations

import asyncio
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.bodies import read_body
from api.key_changes.models import ADAPTER, EXAMPLE, NewKeyChange
from api.services import Context
from api.submissions import ANSWERS, request_body, respond

router = APIRouter(prefix="/v1", tags=["feedback"])
_IN_PLACE: Final = 16
"""Signatures of more items are recovered in a thread, so that others need not wait for them."""


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
    requests = [item.request() for item in body.items]
    # Signatures before the write lock, which strangers must not hold longer than it takes to look and store.
    if len(requests) > _IN_PLACE:
        prepared = await asyncio.to_thread(context.intake.prepare_key_changes, requests)
    else:
        prepared = context.intake.prepare_key_changes(requests)
    async with context.store.write() as connection:
        answers = await context.intake.change_keys(connection, prepared, context.clock())
    return respond(request, context, body, answers)
