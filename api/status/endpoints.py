"""GET /healthz, /readyz, /v1/status, /v1/ledger."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any, Final

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncConnection

from api.fields import ISSUE_NAMES, OUTCOME_NAMES
from api.problems import RETRY_AFTER_SECONDS, Problem, documented
from api.services import Context, Reading, Services
from api.status.models import HealthModel, LedgerModel, ReadyModel, StatusModel
from api.times import format_time
from chain_client.domain.digests import DOMAIN_NAME, DOMAIN_VERSION, TYPE_STRINGS
from chain_client.domain.ids import MemberNumber, to_hex
from chain_client.domain.records import Feedback, KeyChange, ReadToken, Receipt, Role
from chain_client.indexer import reader as index
from chain_client.indexer.reader import IndexedHead, IndexedMember
from chain_client.outbox import reader as outbox
from chain_client.store import LedgerId

router = APIRouter(tags=["status"])
VERSION: Final = version("doorstep")
_MEMBERS_AT_ONCE: Final = 500


@router.get("/healthz", summary="Is the process alive", response_model=HealthModel, responses=documented())
async def healthz() -> dict[str, Any]:
    """Say that this process answers; it looks at nothing else. For anyone. Restart the process where it does not."""
    return {"status": "ok"}


@router.get("/readyz", summary="Are answers current", response_model=ReadyModel, responses=documented())
async def readyz(context: Context, connection: Reading) -> dict[str, Any]:
    """Say whether the index has caught up with the node. For anyone.

    503 while it has not, is halted, or the worker has not looked at the node lately; `detail` says which.
    """
    head = await index.indexed_head(connection, context.ledger_id)
    reason = not_ready(context, head)
    if reason is not None or head is None:
        raise Problem(503, "not-ready", reason or "", headers={"retry-after": str(RETRY_AFTER_SECONDS)})
    return {"status": "ready", "indexed_block": head.block_number, "lag": head.lag}


def not_ready(context: Services, head: IndexedHead | None) -> str | None:
    """Return why answers are not current; None where they are."""
    if head is None:
        return "The index has read nothing yet; is the worker running?"
    if head.halted is not None:
        return f"The index is halted: {head.halted}"
    if head.lag > context.settings.ready_lag_blocks:
        return f"The index is {head.lag} blocks behind the node."
    silent = context.clock() - head.observed_at
    if silent > context.settings.ready_silence_seconds:
        return f"The worker has not looked at the node for {silent} seconds."
    return None


@router.get(
    "/v1/status", summary="Where everything stands", response_model=StatusModel, responses=documented()
)
async def status(context: Context, connection: Reading) -> dict[str, Any]:
    """Return chain, index, and what waits. For anyone. It comes from the database, so it needs no node."""
    head = await index.indexed_head(connection, context.ledger_id)
    backlog = await outbox.backlog(connection, context.ledger_id)
    lanes = await outbox.lane_views(connection, context.ledger_id)
    identity = context.settings.identity
    reason = not_ready(context, head)
    since = backlog.oldest_at
    return {
        "ready": reason is None,
        "not_ready_because": reason,
        "version": VERSION,
        "engine": head and head.engine,
        "chain_id": identity.chain_id,
        "genesis_hash": to_hex(identity.genesis_hash),
        "ledger": to_hex(identity.address),
        "deploy_block": identity.deploy_block,
        "head_block": head and head.head_number,
        "final_block": head and head.final_number,
        "indexed_block": head and head.block_number,
        "indexed_block_hash": head and to_hex(head.block_hash),
        "indexed_block_time": head and format_time(head.block_time),
        "lag": head and head.lag,
        "chain_time": head and format_time(head.chain_time),
        "observed": head and format_time(head.observed_at),
        "waiting": {
            "intents": backlog.waiting,
            "oldest": None if since is None else format_time(since),
            "oldest_seconds": None if since is None else max(0, context.clock() - since),
        },
        "lanes": [
            {
                "writer": to_hex(lane.writer),
                "member": lane.member,
                "in_flight": lane.in_flight,
                "halted": lane.halted,
            }
            for lane in lanes
        ],
        "index_halted": head and head.halted,
        "public_reputations": context.settings.shows_reputations,
        "public_record": context.settings.public_record,
    }


@router.get(
    "/v1/ledger", summary="What to sign, and who is there", response_model=LedgerModel, responses=documented()
)
async def ledger(context: Context, connection: Reading) -> dict[str, Any]:
    """Return the EIP-712 domain and types, the relay's address, the vocabulary and the members. For anyone."""
    identity = context.settings.identity
    return {
        "domain": {
            "name": DOMAIN_NAME,
            "version": DOMAIN_VERSION,
            "chainId": identity.chain_id,
            "verifyingContract": to_hex(identity.address),
        },
        "types": {
            kind.__name__: _fields(TYPE_STRINGS[kind]) for kind in (Feedback, KeyChange, ReadToken, Receipt)
        },
        "genesis_hash": to_hex(identity.genesis_hash),
        "deploy_block": identity.deploy_block,
        "deploy_block_hash": to_hex(identity.deploy_block_hash),
        "relay": None if context.relay is None else to_hex(context.relay),
        "issues": ISSUE_NAMES,
        "outcomes": OUTCOME_NAMES,
        "members": [
            {"member": one.member, "name": one.name, "roles": role_names(one.roles)}
            for one in await _members(connection, context.ledger_id)
        ],
        "public_record": context.settings.public_record,
    }


def role_names(roles: int) -> list[str]:
    """Return the names of a member's roles."""
    return [(role.name or "").lower() for role in Role if roles & role]


async def _members(connection: AsyncConnection, ledger_id: LedgerId) -> list[IndexedMember]:
    # Member numbers have no gaps: the first slice that is not full is the last.
    found: list[IndexedMember] = []
    while len(found) % _MEMBERS_AT_ONCE == 0:
        numbers = [MemberNumber(len(found) + n) for n in range(1, _MEMBERS_AT_ONCE + 1)]
        some = await index.members_by_number(connection, ledger_id, numbers)
        if not some:
            break
        found.extend(some[number] for number in sorted(some))
    return found


def _fields(type_string: str) -> list[dict[str, str]]:
    inner = type_string[type_string.index("(") + 1 : -1]
    return [{"type": kind, "name": name} for kind, name in (field.split(" ") for field in inner.split(","))]
