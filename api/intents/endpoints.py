"""GET /v1/intents/{id}."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path

from api.auth import PossibleCaller
from api.intents.models import IntentModel
from api.problems import documented, not_found
from api.services import Context, Reading
from api.times import format_time
from chain_client.domain.ids import parse_hex, to_hex
from chain_client.outbox import reader as outbox
from chain_client.outbox.records import RELAY

router = APIRouter(prefix="/v1", tags=["intents"])


@router.get(
    "/intents/{intent}",
    summary="What became of an accepted item",
    response_model=IntentModel,
    responses=documented(401, 404, 422),
)
async def get_intent(
    intent: Annotated[str, Path(description="16 bytes, 0x-hex, as the accepting answer gave it.")],
    caller: PossibleCaller,
    context: Context,
    connection: Reading,
) -> dict[str, Any]:
    """Return an intent's state and, once the ledger has spoken, where its event is.

    For the member that made it; feedback and key changes, whose senders have no account, for anyone who has the id.
    Ask again every second or so while it is accepted or sent; recorded, rejected and set_aside stay, unless a rejected
    one is sent again for a reason that time has cured.
    """
    found = await outbox.intent(connection, context.ledger_id, parse_hex(intent, 16, "intent"))
    if found is None or found.member not in (RELAY, caller.member if caller else RELAY):
        raise not_found("There is no such intent of yours.")
    place = found.on_chain
    return {
        "intent": to_hex(found.intent_id),
        "kind": found.kind.value,
        "delivery_id": to_hex(found.delivery_id),
        "state": found.state.value,
        "reason": found.reason,
        "detail": found.detail,
        "accepted_at": format_time(found.accepted_at),
        "settled_at": None if found.settled_at is None else format_time(found.settled_at),
        "on_chain": place
        and {"block": place.block_number, "tx_hash": to_hex(place.tx_hash), "log_index": place.log_index},
    }
