"""PUT /v1/deliveries/{id}/read-token."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request

from api.bodies import read_object
from api.problems import documented
from api.read_tokens.models import ADAPTER, EXAMPLE, NewReadToken, ReplacedModel
from api.services import Context
from chain_client.domain.ids import parse_delivery_id
from chain_client.vault import waybills
from chain_client.vault.erasures import trace_of

router = APIRouter(prefix="/v1", tags=["feedback"])
_CONFLICT = (
    "Of type `not-taken-over`: the key change is not recorded yet; send the same again once it is. Of type "
    "`read-token-fixed`: another token was set before and stays; do not retry."
)


@router.put(
    "/deliveries/{delivery_id}/read-token",
    summary="Read a delivery with your own token alone",
    response_model=ReplacedModel,
    responses={**documented(400, 404, 413, 415, 422), 409: documented(409)[409] | {"description": _CONFLICT}},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"$ref": f"#/components/schemas/{NewReadToken.__name__}"},
                    "examples": {"single": {"summary": "One object", "value": EXAMPLE}},
                }
            },
        }
    },
)
async def put_read_token(
    delivery_id: Annotated[str, Path(description="32 bytes, 0x-hex.")], request: Request, context: Context
) -> dict[str, Any]:
    """Let this token read a delivery that was taken over, instead of the one that its link gives, for good.

    For anyone with the signature of the key that the delivery has since its take-over, once that is recorded. From then
    on the link's token reads and erases nothing (403 of type `taken-over`), and a shop is not given the link again.
    The first token stands: the same again answers `replaced: false`, another one is refused. Nothing goes on chain.
    """
    parsed = parse_delivery_id(delivery_id)
    asked = (await read_object(request, ADAPTER)).request(parsed)
    # First without the write lock, which strangers must not hold; then again with it, as the chain may have moved.
    async with context.store.read() as connection:
        await context.intake.check_read_token_wish(connection, asked)
    async with context.store.write() as connection:
        kept = (await waybills.by_delivery(connection, context.ledger_id, [parsed])).get(parsed)
        replaced = await context.intake.replace_read_token(connection, asked)
    if replaced and kept is not None and kept.sealed_secret is not None:
        context.purger.begin([trace_of(kept.sealed_secret)])  # the link's secret was wiped
    return {"replaced": replaced}
