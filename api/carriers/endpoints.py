"""GET /v1/carriers/{n}/reputation, /v1/shippers/{n}/reputation."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path

from api.auth import PossibleCaller, required
from api.past import PAST_TURN
from api.problems import documented
from api.reputations import AsOf, PolicyNumber, ReputationModel, parse_as_of
from api.services import Context, Reading
from chain_client.domain.ids import MemberNumber
from chain_client.reputation import reader as reputation

router = APIRouter(prefix="/v1", tags=["carriers and shippers"])
MemberPath = Annotated[int, Path(ge=1, le=65535, description="The member's number.")]
_OPTIONS: dict[str, Any] = {
    "response_model": ReputationModel,
    "response_model_exclude_unset": True,
    "responses": documented(401, 404, 422),
    "dependencies": [PAST_TURN],
}


@router.get("/carriers/{number}/reputation", summary="A carrier's reputation", **_OPTIONS)
async def carrier_reputation(
    number: MemberPath,
    caller: PossibleCaller,
    context: Context,
    connection: Reading,
    as_of: AsOf = None,
    policy: PolicyNumber = 1,
) -> dict[str, Any]:
    """Return what the policy makes of all of a carrier's stops, with its silent deliveries and unnamed stops.

    For members; for anyone where this service makes reputations public. A member that never carried has no counts.
    """
    if not context.settings.shows_reputations:
        required(caller)
    found = await reputation.carrier(
        connection, context.ledger_id, MemberNumber(number), as_of=parse_as_of(as_of), policy=policy
    )
    return found.to_json()


@router.get("/shippers/{number}/reputation", summary="A shipper's reputation", **_OPTIONS)
async def shipper_reputation(
    number: MemberPath,
    caller: PossibleCaller,
    context: Context,
    connection: Reading,
    as_of: AsOf = None,
    policy: PolicyNumber = 1,
) -> dict[str, Any]:
    """Return what recipients said of a shipper's deliveries, whoever carried them.

    For members; for anyone where this service makes reputations public. A shop that signs feedback itself shows here:
    compare with the figures after a take-over.
    """
    if not context.settings.shows_reputations:
        required(caller)
    found = await reputation.shipper(
        connection, context.ledger_id, MemberNumber(number), as_of=parse_as_of(as_of), policy=policy
    )
    return found.to_json()
