"""What became of intents, how much waits, and how the lanes stand: for anyone who may read the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.domain.ids import Address, DeliveryId, Hash32, MemberNumber
from chain_client.domain.records import Kind
from chain_client.outbox.records import WAITING, IntentState
from chain_client.store.ledgers import LedgerId
from chain_client.store.tables import batches, intents, lanes

__all__ = [
    "Backlog",
    "IntentState",
    "IntentView",
    "LaneView",
    "OnChain",
    "backlog",
    "backlogs",
    "intent",
    "intents_in",
    "lane_views",
    "oldest_waiting",
]


@dataclass(frozen=True, slots=True)
class OnChain:
    """Where a recorded or rejected item's event stands."""

    block_number: int
    tx_hash: Hash32
    log_index: int


@dataclass(frozen=True, slots=True)
class IntentView:
    """An intent as its owner may see it. Times are this machine's, Unix seconds.

    `reason` is the contract's when rejected, `detail` the same, or why it was set aside, in words; `on_chain` where
    the ledger's event is: the item's own when recorded, `ItemRejected` when rejected. `key` is the idempotency key: a
    feedback's digest.
    """

    intent_id: bytes
    member: MemberNumber
    kind: Kind
    delivery_id: DeliveryId
    state: IntentState
    reason: int | None
    detail: str | None
    accepted_at: int
    settled_at: int | None
    on_chain: OnChain | None
    key: bytes = b""


@dataclass(frozen=True, slots=True)
class Backlog:
    """Intents accepted or sent and not settled; `oldest_at` is when the oldest was accepted, None for none."""

    waiting: int
    oldest_at: int | None


@dataclass(frozen=True, slots=True)
class LaneView:
    """One writer's lane; `halted` says why it stopped, in words, `halt_code` by which cause; None while it runs.

    `next_nonce` is the one its next batch takes, None before its first.
    """

    writer: Address
    member: MemberNumber
    in_flight: int
    halted: str | None
    halt_code: str | None
    next_nonce: int | None


async def intent(connection: AsyncConnection, ledger_id: LedgerId, intent_id: bytes) -> IntentView | None:
    """Return the intent of this id; None where there is none. Whose it is (`member`) is the caller's to check."""
    row = (
        await connection.execute(
            select(intents).where(intents.c.ledger_id == ledger_id, intents.c.id == intent_id)
        )
    ).first()
    return None if row is None else _view(row)


async def intents_in(
    connection: AsyncConnection,
    ledger_id: LedgerId,
    states: Sequence[IntentState],
    member: MemberNumber | None,
    limit: int | None,
) -> list[IntentView]:
    """Return the intents of these states, of one member or all, in the order of acceptance, at most `limit`."""
    query = select(intents).where(
        intents.c.ledger_id == ledger_id, intents.c.state.in_([one.value for one in states])
    )
    if member is not None:
        query = query.where(intents.c.member == member)
    return [_view(row) for row in await connection.execute(query.order_by(intents.c.seq).limit(limit))]


def _view(row: Any) -> IntentView:
    on_chain = (
        OnChain(row.block_number, Hash32(row.tx_hash), row.log_index)
        if row.block_number is not None
        else None
    )
    return IntentView(
        intent_id=row.id,
        member=MemberNumber(row.member),
        kind=Kind(row.kind),
        delivery_id=DeliveryId(row.delivery_id),
        state=IntentState(row.state),
        reason=row.reason,
        detail=row.detail,
        accepted_at=row.accepted_at,
        settled_at=row.settled_at,
        on_chain=on_chain,
        key=row.key,
    )


async def backlog(
    connection: AsyncConnection, ledger_id: LedgerId, member: MemberNumber | None = None
) -> Backlog:
    """Return how many intents wait or are sent, and since when the oldest does; of one member (0: the relay), or all."""
    query = select(func.count(), func.min(intents.c.accepted_at)).where(
        intents.c.ledger_id == ledger_id, intents.c.state.in_(WAITING)
    )
    if member is not None:
        query = query.where(intents.c.member == member)
    row = (await connection.execute(query)).one()
    return Backlog(waiting=row[0], oldest_at=row[1])


async def oldest_waiting(
    connection: AsyncConnection, ledger_id: LedgerId, member: MemberNumber
) -> int | None:
    """Return when the first of the member's intents that wait or are sent was accepted; None where none waits.

    Two look-ups in an index, however much waits: for callers that cannot afford `backlog`.
    """
    oldest: list[int] = []
    for state in WAITING:
        query = (
            select(intents.c.accepted_at)
            .where(intents.c.ledger_id == ledger_id, intents.c.state == state, intents.c.member == member)
            .order_by(intents.c.seq)
            .limit(1)
        )
        found = await connection.scalar(query)
        if found is not None:
            oldest.append(found)
    return min(oldest, default=None)


async def backlogs(connection: AsyncConnection, ledger_id: LedgerId) -> dict[MemberNumber, Backlog]:
    """Return what waits of every member that has anything waiting."""
    rows = await connection.execute(
        select(intents.c.member, func.count(), func.min(intents.c.accepted_at))
        .where(intents.c.ledger_id == ledger_id, intents.c.state.in_(WAITING))
        .group_by(intents.c.member)
    )
    return {MemberNumber(row[0]): Backlog(row[1], row[2]) for row in rows}


async def lane_views(connection: AsyncConnection, ledger_id: LedgerId) -> list[LaneView]:
    """Return every lane that was ever used on this ledger, by writer."""
    in_flight = (
        select(batches.c.writer, func.count().label("size"))
        .where(batches.c.ledger_id == ledger_id, batches.c.state == "sent")
        .group_by(batches.c.writer)
        .subquery()
    )
    rows = await connection.execute(
        select(lanes, in_flight.c.size)
        .select_from(lanes.outerjoin(in_flight, in_flight.c.writer == lanes.c.writer))
        .where(lanes.c.ledger_id == ledger_id)
        .order_by(lanes.c.writer)
    )
    return [
        LaneView(
            Address(row.writer),
            MemberNumber(row.member),
            row.size or 0,
            row.halted,
            row.halt_code,
            row.next_nonce,
        )
        for row in rows
    ]
