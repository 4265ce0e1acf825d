"""POST /v1/feedback."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.bodies import ITEM_BYTES_WITH_DOCUMENT, read_body
from api.feedback.models import ADAPTER, EXAMPLE, NewFeedback
from api.services import Context
from api.submissions import ANSWERS, request_body, respond, submit

router = APIRouter(prefix="/v1", tags=["feedback"])


@router.post(
    "/feedback",
    status_code=202,
    summary="Give signed feedback",
    responses=ANSWERS,
    openapi_extra=request_body(NewFeedback, EXAMPLE, [EXAMPLE]),
)
async def post_feedback(request: Request, context: Context) -> Response:
    """Take one signed feedback, or a list of up to 1,000, for the relay to put on chain.

    For anyone: the recipient's signature is what counts, and nobody can alter what it covers. The answer carries the
    relay's receipt, its signed promise to have it on chain by then; keep it. All ratings and issues 0 withdraws what
    was said. Sent again it is a `duplicate` with the same intent, so retrying is safe; another feedback for a
    revision that was promised already is refused (409 for one object): send the next revision. `curable` refusals
    (too early, delivery not known yet) may be sent again unchanged later. A signature by any other key than the
    delivery's is refused as such (reason 11), whatever else is wrong with the item.
    """
    body = await read_body(request, ADAPTER, max_bytes=ITEM_BYTES_WITH_DOCUMENT)
    # Texts and signatures before the write lock, and malformed items without it.
    prepared = await body.work(
        lambda items: context.intake.prepare_feedback([item.request() for item in items])
    )
    answers = await submit(prepared, context.feedback.submit)
    return respond(request, context, body, answers)
