"""DELETE /v1/deliveries/{id}, …/evidence, …/content; GET …/erasures."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from api.auth import Caller, PossibleCaller, ReadToken, WritingCaller
from api.deliveries.access import TOKEN_HEADER, holds_token
from api.erasures.models import ErasedModel, ErasureStatusModel, shown_erasures
from api.problems import Problem, documented, not_found
from api.services import Context, Reading, Services
from chain_client.domain.ids import DeliveryId, parse_delivery_id, shipper_of
from chain_client.indexer import reader as index
from chain_client.intake import erasing
from chain_client.vault import erasures, waybills
from chain_client.vault.erasures import RECIPIENT, Eraser, Wiped

router = APIRouter(prefix="/v1", tags=["erasure"])
DeliveryPath = Annotated[str, Path(description="32 bytes, 0x-hex.")]
_PATIENCE: Final = 2.0
"""Seconds that a call waits for the texts to leave the files, before it answers 202."""
_NOT_YOURS: Final = "There is no such delivery of yours."


def _answers(model: type[ErasureStatusModel], *statuses: int) -> dict[int | str, dict[str, Any]]:
    words = "Erased for every reader, and still in a file of the service's database; GET …/erasures says when it is gone."
    return {202: {"model": model, "description": words}, **documented(*statuses)}


@router.delete(
    "/deliveries/{delivery_id}",
    summary="Erase everything of a delivery",
    response_model=ErasedModel,
    responses=_answers(ErasedModel, 401, 404, 422),
)
async def erase_delivery(
    delivery_id: DeliveryPath, caller: WritingCaller, context: Context, response: Response
) -> dict[str, Any]:
    """Erase waybill, record, evidence and comments of a delivery, their salts and a link kept here, permanently.

    For its shipper. What is on chain stays: ids, ratings, hashes that say nothing without text and salt. The recipient
    can still read that, and give feedback. The waybill can be used again, for a new delivery. Cannot be undone; sending
    it again erases what came since, or nothing.
    """
    parsed = parse_delivery_id(delivery_id)
    async with context.store.write("DELETE /v1/deliveries/{delivery_id}") as connection:
        if not await _ships(context, connection, parsed, caller):
            raise not_found(_NOT_YOURS)
        eraser = Eraser("member", caller.member)
        wiped = await erasing.erase_delivery(connection, context.ledger_id, parsed, eraser, context.clock())
    return await _purged(context, response, parsed, wiped)


@router.delete(
    "/deliveries/{delivery_id}/evidence",
    summary="Erase your evidence",
    response_model=ErasedModel,
    responses=_answers(ErasedModel, 401, 404, 422),
)
async def erase_evidence(
    delivery_id: DeliveryPath, caller: WritingCaller, context: Context, response: Response
) -> dict[str, Any]:
    """Erase text and salt of all evidence that you reported on this delivery, permanently; the reports stay.

    For its carrier, of its own reports. A report sent again is then a `duplicate`, whatever evidence it comes with.
    Cannot be undone; sending it again erases what came since, or nothing.
    """
    parsed = parse_delivery_id(delivery_id)
    async with context.store.write("DELETE /v1/deliveries/{delivery_id}/evidence") as connection:
        if not await _carries(context, connection, parsed, caller):
            raise not_found(_NOT_YOURS)
        eraser = Eraser("member", caller.member)
        wiped = await erasing.erase_evidence(
            connection, context.ledger_id, parsed, caller.member, eraser, context.clock()
        )
    return await _purged(context, response, parsed, wiped)


@router.delete(
    "/deliveries/{delivery_id}/content",
    summary="Erase your comments",
    response_model=ErasedModel,
    responses=_answers(ErasedModel, 401, 403, 404, 422),
)
async def erase_content(
    delivery_id: DeliveryPath, read_token: ReadToken, context: Context, response: Response
) -> dict[str, Any]:
    """Erase text and salt of every comment given on this delivery, permanently; ratings and hashes stay on chain.

    For the recipient, by read token; after a take-over by their own alone. Cannot be undone; sending it again erases
    what was given since, or nothing.
    """
    if read_token is None:
        challenge = {"www-authenticate": f'{TOKEN_HEADER} realm="doorstep"'}
        raise Problem(401, "unauthorized", f"This needs the recipient's {TOKEN_HEADER}.", headers=challenge)
    parsed = parse_delivery_id(delivery_id)
    # First without the write lock, which anonymous callers must not hold; then with it, as the token may be replaced.
    async with context.store.read() as connection:
        await _require_token(context, connection, parsed, read_token)
    async with context.store.write("DELETE /v1/deliveries/{delivery_id}/content") as connection:
        await _require_token(context, connection, parsed, read_token)
        wiped = await erasing.erase_comments(
            connection, context.ledger_id, parsed, RECIPIENT, context.clock()
        )
    return await _purged(context, response, parsed, wiped)


@router.get(
    "/deliveries/{delivery_id}/erasures",
    summary="What was erased of a delivery",
    response_model=ErasureStatusModel,
    responses=_answers(ErasureStatusModel, 401, 403, 404, 422),
)
async def get_erasures(
    delivery_id: DeliveryPath,
    caller: PossibleCaller,
    read_token: ReadToken,
    context: Context,
    connection: Reading,
    response: Response,
) -> dict[str, Any]:
    """Return who had what erased, and when, and whether it has left the files: 202 while it has not.

    For the delivery's shipper, its carrier, and its recipient by read token.
    """
    parsed = parse_delivery_id(delivery_id)
    if caller is None and read_token is None:
        raise Problem(
            401,
            "unauthorized",
            f"This needs a member's API key (Authorization: Bearer <key>) or the recipient's {TOKEN_HEADER}.",
            headers={"www-authenticate": 'Bearer realm="doorstep"'},
        )
    allowed = await holds_token(context, connection, parsed, read_token) or (
        caller is not None
        and (
            await _ships(context, connection, parsed, caller)
            or await _carries(context, connection, parsed, caller)
        )
    )
    if not allowed:
        raise not_found(_NOT_YOURS)
    found = await erasures.of_delivery(connection, context.ledger_id, parsed)
    shown = shown_erasures(found, context.purger.held_by)
    response.status_code = 202 if shown["status"] == "erasing" else 200
    return shown


async def _purged(
    context: Services, response: Response, delivery_id: DeliveryId, wiped: Wiped
) -> dict[str, Any]:
    """Have what was wiped leave the files, wait a moment for it, and answer as things are then."""
    if wiped.count:
        await context.purger.wait(context.purger.begin(wiped.traces), _PATIENCE)
    async with context.store.read() as connection:
        found = await erasures.of_delivery(connection, context.ledger_id, delivery_id)
    shown = shown_erasures(found, context.purger.held_by)
    response.status_code = 202 if shown["status"] == "erasing" else 200
    return {"erased": wiped.count, **shown}


async def _ships(
    context: Services, connection: AsyncConnection, delivery_id: DeliveryId, caller: Caller
) -> bool:
    """Return whether the caller is the shipper of this delivery, which is kept here or on chain."""
    if shipper_of(delivery_id) != caller.member:
        return False
    return (
        bool(await waybills.by_delivery(connection, context.ledger_id, [delivery_id]))
        or await index.delivery(connection, context.ledger_id, delivery_id) is not None
    )


async def _carries(
    context: Services, connection: AsyncConnection, delivery_id: DeliveryId, caller: Caller
) -> bool:
    found = await index.delivery(connection, context.ledger_id, delivery_id)
    return found is not None and found.word.carrier == caller.member


async def _require_token(
    context: Services, connection: AsyncConnection, delivery_id: DeliveryId, read_token: str
) -> None:
    if not await holds_token(context, connection, delivery_id, read_token):
        raise not_found(_NOT_YOURS)
