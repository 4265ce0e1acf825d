"""GET /v1/me."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from api.auth import ReadingCaller
from api.me.models import MeModel
from api.problems import documented
from api.services import Context, Reading
from api.status.endpoints import role_names
from chain_client.indexer import reader as index

router = APIRouter(prefix="/v1", tags=["status"])


@router.get("/me", summary="Whose key this is", response_model=MeModel, responses=documented(401))
async def get_me(caller: ReadingCaller, context: Context, connection: Reading) -> dict[str, Any]:
    """Return the member that the key belongs to, its name and its roles as the chain has them. For members.

    401 for a key that is unknown or revoked: how a page finds out whether it may sign in with it.
    """
    known = await index.member(connection, context.ledger_id, caller.member)
    return {
        "member": caller.member,
        "name": None if known is None else known.name,
        "roles": role_names(caller.roles),
    }
