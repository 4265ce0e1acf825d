"""GET /healthz, /readyz, /v1/status, /v1/ledger."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any, Final

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncConnection

from api.fields import ISSUE_NAMES, OUTCOME_NAMES
from api.problems import Problem, documented
from api.services import Context, Reading, Services
from api.status.models import HealthModel, LedgerModel, ReadyModel, StatusModel
from api.times import format_time
from chain_client.domain.digests import DOMAIN_NAME, DOMAIN_VERSION, TYPE_STRINGS
from chain_client.domain.ids import MemberNumber, to_hex
from chain_client.domain.ledger import LedgerIdentity
from chain_client.domain.records import Feedback, KeyChange, ReadToken, Receipt, Role
from chain_client.health import Account, Stop, account
from chain_client.indexer import reader as index
from chain_client.indexer.reader import IndexedMember
from chain_client.store import DatabaseUnavailable, LedgerId
from chain_client.vault import erasures

router = APIRouter(tags=["status"])
VERSION: Final = version("doorstep")
_MEMBERS_AT_ONCE: Final = 500
_SUSPICIOUS_SECONDS: Final = 5
"""An observation that is older makes the status try whether the database can store."""


@router.get("/healthz", summary="Is the process alive", response_model=HealthModel, responses=documented())
async def healthz() -> dict[str, Any]:
    """Say that this process answers; it looks at nothing else. For anyone. Restart the process where it does not."""
    return {"status": "ok"}


@router.get(
    "/readyz",
    summary="Are answers current, and is what is sent recorded",
    response_model=ReadyModel,
    responses=documented(),
)
async def readyz(context: Context) -> dict[str, Any]:
    """Say whether the index has caught up with the node, and whether what recipients sign is recorded. For anyone.

    503 while either does not hold: `detail` says why and what the operator does, `reading` and `writing` hold the causes.
    A member's own lane that stands still does not make the service unready; it is listed in `/v1/status`.
    """
    found = await account_of(context)
    if not found.ready or found.head is None:
        raise Problem(
            503,
            "not-ready",
            " ".join(stop.sentence for stop in found.stops),
            extra={
                "reading": [_stop(one) for one in found.reading],
                "writing": [_stop(one) for one in found.writing],
            },
        )
    return {"status": "ready", "indexed_block": found.head.block_number, "lag": found.head.lag}


async def account_of(context: Services) -> Account:
    """Return the account of what stands still; raises DatabaseUnavailable where it cannot even be read."""
    relay = None if context.relay is None else context.relay
    now = context.clock()
    async with context.store.read() as connection:
        found = await account(connection, context.ledger_id, relay, now, context.limits)
    suspicious = found.head is None or abs(now - found.head.observed_at) > _SUSPICIOUS_SECONDS
    if not suspicious and found.ready:
        return found
    # The worker writes every second: where it has not, or anything else is wrong, see whether it is the database.
    unwritable = await context.store.why_unwritable()
    if unwritable is None:
        return found
    async with context.store.read() as connection:
        return await account(connection, context.ledger_id, relay, now, context.limits, unwritable)


@router.get(
    "/v1/status", summary="Where everything stands", response_model=StatusModel, responses=documented()
)
async def status(context: Context) -> dict[str, Any]:
    """Return chain, index, what waits, and what stands still. For anyone. It comes from the database: no node is asked."""
    found = await account_of(context)
    return {
        **status_of(found, context.settings.identity, context.clock()),
        "erasing": await _erasing(context),
        "version": VERSION,
        "public_reputations": context.settings.shows_reputations,
        "public_record": context.settings.public_record,
    }


async def _erasing(context: Services) -> dict[str, Any] | None:
    try:
        async with context.store.read() as connection:
            left = await erasures.unfinished(connection, context.ledger_id)
    except DatabaseUnavailable:
        return None
    return {
        "texts": left.count,
        "oldest": None if left.oldest_at is None else format_time(left.oldest_at),
        "held_by": context.purger.held_by if left.count else [],
    }


def status_of(found: Account, identity: LedgerIdentity, now: int) -> dict[str, Any]:
    """Return the account as JSON: what `/v1/status` and `doorstep status --json` share."""
    head, since = found.head, found.waiting.oldest_at
    return {
        "ready": found.ready,
        "not_ready_because": " ".join(stop.sentence for stop in found.stops) or None,
        "reading": [_stop(one) for one in found.reading],
        "writing": [_stop(one) for one in found.writing],
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
            "intents": found.waiting.waiting,
            "oldest": None if since is None else format_time(since),
            "oldest_seconds": None if since is None else max(0, now - since),
        },
        "lanes": [
            {
                "writer": None if lane.writer is None else to_hex(lane.writer),
                "member": lane.member,
                "in_flight": lane.in_flight,
                "waiting": lane.waiting.waiting,
                "halted": lane.halted,
                "stopped": None if lane.stop is None else _stop(lane.stop),
            }
            for lane in found.lanes
        ],
        "index_halted": head and head.halted,
    }


def _stop(stop: Stop) -> dict[str, Any]:
    since = None if stop.since is None else format_time(stop.since)
    return {"cause": stop.cause, "detail": stop.words, "remedy": stop.remedy, "since": since}


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
            {
                "member": one.member,
                "name": one.name,
                "roles": role_names(one.roles),
                "owner": to_hex(one.owner),
                "recovery": one.recovery_owner
                and {
                    "owner": to_hex(one.recovery_owner),
                    "acceptable_from": format_time(one.recovery_from or 0),
                },
            }
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
