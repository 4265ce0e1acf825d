"""The outbox's rows as a lane sees them: its lease, what it may claim, what is in flight, what became of it.

Every query of the lanes stands here. Whoever changes a batch first calls `hold` in the same transaction: it locks the
lane's row and refuses a worker whose lease another has taken over, so that only one ever stores bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, bindparam, exists, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.domain.errors import Broken, Unavailable
from chain_client.domain.ids import Address, DeliveryId, Hash32, MemberNumber, to_hex
from chain_client.domain.records import Item, Kind
from chain_client.domain.signatures import CompactSignature
from chain_client.outbox.records import IntentState, decode_payload
from chain_client.store.ledgers import LedgerId
from chain_client.store.tables import batches, intents, lanes, tx_versions

_NO_REVERT: Final = 1 << 30


class LeaseLost(Unavailable):
    """Another worker has taken this lane over; nothing was changed. Retry once its lease has run out."""

    code = "lease-lost"


@dataclass(frozen=True, slots=True)
class LaneKey:
    """A lane: one writer of one member on one ledger. Member 0 is the relay."""

    ledger_id: LedgerId
    writer: Address
    member: MemberNumber


@dataclass(frozen=True, slots=True)
class LaneState:
    """A lane's row, while held: the nonce its next batch takes (None before first use), and why it halted, if so.

    `renewed`: the lease was this token's already; otherwise what the holder remembers of the lane may be outdated.
    """

    next_nonce: int | None
    halted: str | None
    renewed: bool = True


@dataclass(frozen=True, slots=True)
class Claimed:
    """An intent in a lane's hand. `most` is the size of batch it may travel in, after one that reverted."""

    seq: int
    intent_id: bytes
    kind: Kind
    delivery_id: DeliveryId
    item: Item
    signature: CompactSignature | None
    most: int


@dataclass(frozen=True, slots=True)
class Version:
    """A batch's signed bytes; `fee` is the most it offers, in wei per gas."""

    tx_hash: Hash32
    raw: bytes
    fee: int


@dataclass(frozen=True, slots=True)
class StoredBatch:
    """A batch that is not settled, with every version of its transaction, cheapest first."""

    batch_id: int
    nonce: int
    kind: Kind
    versions: tuple[Version, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an item: recorded or rejected, and where its event stands."""

    seq: int
    state: IntentState
    reason: int | None
    detail: str | None
    block_number: int
    tx_hash: Hash32
    log_index: int


def _this(lane: LaneKey) -> ColumnElement[bool]:
    return and_(lanes.c.ledger_id == lane.ledger_id, lanes.c.writer == lane.writer)


async def take_lease(
    connection: AsyncConnection, lane: LaneKey, token: bytes, now: int, until: int
) -> LaneState | None:
    """Take or renew the lane's lease until `until`; None where another token holds it beyond `now`.

    Raises Broken where the writer's lane was made for another member: an address serves one member for ever.
    """
    dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    await connection.execute(
        dialect.insert(lanes)
        .values(ledger_id=lane.ledger_id, writer=lane.writer, member=lane.member, lease_until=0)
        .on_conflict_do_nothing()
    )
    before = await connection.scalar(select(lanes.c.lease_token).where(_this(lane)).with_for_update())
    taken = await connection.execute(
        update(lanes)
        .where(_this(lane))
        .where(or_(lanes.c.lease_token.is_(None), lanes.c.lease_token == token, lanes.c.lease_until <= now))
        .values(lease_token=token, lease_until=until)
    )
    if not taken.rowcount:
        return None
    row = (await connection.execute(select(lanes).where(_this(lane)))).one()
    if row.member != lane.member:
        raise Broken(
            f"Writer {to_hex(lane.writer)} has a lane for member {row.member}, not {lane.member}; an address writes "
            "for one member for ever. Use a key of its own for each member."
        )
    return LaneState(row.next_nonce, row.halted, renewed=before == token)


async def drop_lease(connection: AsyncConnection, lane: LaneKey, token: bytes) -> None:
    """Give the lease back, if it is still this token's, so that the next worker need not wait."""
    await connection.execute(
        update(lanes).where(_this(lane), lanes.c.lease_token == token).values(lease_token=None, lease_until=0)
    )


async def hold(connection: AsyncConnection, lane: LaneKey, token: bytes) -> LaneState:
    """Lock the lane's row for this transaction; raises LeaseLost where the lease is another's."""
    row = (await connection.execute(select(lanes).where(_this(lane)).with_for_update())).one()
    if row.lease_token != token:
        raise LeaseLost(f"The lane of writer {to_hex(lane.writer)} was taken over by another worker.")
    return LaneState(row.next_nonce, row.halted)


async def has_sent(connection: AsyncConnection, lane: LaneKey) -> bool:
    """Return whether the writer's lane has ever stored a batch."""
    query = (
        select(batches.c.id)
        .where(batches.c.ledger_id == lane.ledger_id, batches.c.writer == lane.writer)
        .limit(1)
    )
    return await connection.scalar(query) is not None


async def set_nonce(connection: AsyncConnection, lane: LaneKey, nonce: int) -> None:
    """Say which nonce the lane's next batch takes. In a transaction that holds the lane."""
    await connection.execute(update(lanes).where(_this(lane)).values(next_nonce=nonce))


async def halt(connection: AsyncConnection, lane: LaneKey, why: str, code: str) -> None:
    """Stop the lane until a person has looked; `code` is the cause. In a transaction that holds the lane."""
    await connection.execute(update(lanes).where(_this(lane)).values(halted=why, halt_code=code))


async def last_block(connection: AsyncConnection, lane: LaneKey) -> int | None:
    """Return the highest block that this lane's batches were settled from; None before the first."""
    found: int | None = await connection.scalar(
        select(func.max(intents.c.block_number)).where(
            intents.c.batch_id.in_(
                select(batches.c.id).where(
                    batches.c.ledger_id == lane.ledger_id, batches.c.writer == lane.writer
                )
            )
        )
    )
    return found


async def newest_settled(connection: AsyncConnection, lane: LaneKey) -> tuple[int, list[Hash32]] | None:
    """Return the block that the lane's newest settled batch was mined in, and the hashes of its transaction.

    None where there is none, or its items were found elsewhere on the chain.
    """
    newest = (
        select(batches.c.id)
        .where(
            batches.c.ledger_id == lane.ledger_id,
            batches.c.writer == lane.writer,
            batches.c.state == "settled",
        )
        .order_by(batches.c.nonce.desc())
        .limit(1)
    )
    batch_id = await connection.scalar(newest)
    versions = await connection.execute(
        select(tx_versions.c.tx_hash).where(tx_versions.c.batch_id == batch_id)
    )
    hashes = [Hash32(row.tx_hash) for row in versions]
    block = await connection.scalar(
        select(func.max(intents.c.block_number)).where(
            intents.c.batch_id == batch_id, intents.c.tx_hash.in_(hashes)
        )
    )
    return None if block is None else (block, hashes)


async def members_waiting(connection: AsyncConnection, ledger_id: LedgerId) -> list[MemberNumber]:
    """Return the members who have a lane and an accepted intent: those whose lanes should look."""
    waits = exists().where(
        intents.c.ledger_id == ledger_id,
        intents.c.state == IntentState.ACCEPTED.value,
        intents.c.member == lanes.c.member,
    )
    rows = await connection.execute(
        select(lanes.c.member).where(lanes.c.ledger_id == ledger_id, waits).distinct()
    )
    return [MemberNumber(row.member) for row in rows]


async def claimable(connection: AsyncConnection, lane: LaneKey, limit: int) -> list[Claimed]:
    """Return up to `limit` intents of the lane's member that may go next, in order of acceptance, all of one kind.

    The kind is that of the oldest which may go. An intent may go when no earlier one of its delivery,
    by any member, is accepted or sent, except one that stands before it in this very list.
    """
    kind = await _oldest_claimable_kind(connection, lane)
    if kind is None:
        return []
    own, earlier = intents, intents.alias("earlier")
    # An earlier one of the same member and kind is itself in the list, or is held back by what holds this one back:
    # so it is enough to look for what is sent, or waits elsewhere. The limit cuts the end off, never the middle.
    held = exists().where(
        earlier.c.ledger_id == own.c.ledger_id,
        earlier.c.delivery_id == own.c.delivery_id,
        earlier.c.seq < own.c.seq,
        or_(
            earlier.c.state == IntentState.SENT.value,
            and_(
                earlier.c.state == IntentState.ACCEPTED.value,
                or_(earlier.c.member != own.c.member, earlier.c.kind != own.c.kind),
            ),
        ),
    )
    rows = await connection.execute(
        select(own, batches.c.size)
        .select_from(own.outerjoin(batches, batches.c.id == own.c.batch_id))
        .where(_waiting_of(lane), own.c.kind == kind.value, ~held)
        .order_by(own.c.seq)
        .limit(limit)
    )
    return [_claimed(row) for row in rows]


async def _oldest_claimable_kind(connection: AsyncConnection, lane: LaneKey) -> Kind | None:
    own, earlier = intents, intents.alias("earlier")
    held = exists().where(
        earlier.c.ledger_id == own.c.ledger_id,
        earlier.c.delivery_id == own.c.delivery_id,
        earlier.c.seq < own.c.seq,
        earlier.c.state.in_((IntentState.ACCEPTED.value, IntentState.SENT.value)),
    )
    kind = (
        await connection.execute(
            select(own.c.kind).where(_waiting_of(lane), ~held).order_by(own.c.seq).limit(1)
        )
    ).scalar_one_or_none()
    return None if kind is None else Kind(kind)


def _waiting_of(lane: LaneKey) -> ColumnElement[bool]:
    return and_(
        intents.c.ledger_id == lane.ledger_id,
        intents.c.state == IntentState.ACCEPTED.value,
        intents.c.member == lane.member,
    )


def _claimed(row: Any) -> Claimed:
    kind = Kind(row.kind)
    item, signature = decode_payload(kind, row.payload)
    # An intent that waits with a batch was in one that reverted: it goes on in at most half of it.
    most = _NO_REVERT if row.size is None else max(1, row.size // 2)
    return Claimed(row.seq, row.id, kind, DeliveryId(row.delivery_id), item, signature, most)


def fitting(claimed: Sequence[Claimed], limit: int) -> tuple[list[Claimed], bool]:
    """Return how many of the first may travel together, and whether that fills a batch."""
    taken: list[Claimed] = []
    for one in claimed:
        limit = min(limit, one.most)
        if len(taken) >= limit:
            return taken, True
        taken.append(one)
    return taken, len(taken) >= limit


async def still_waiting(connection: AsyncConnection, items: Sequence[Claimed]) -> bool:
    """Lock claimed intents, and return whether every one is still to be claimed (another writer's lane may have)."""
    rows = await connection.execute(
        select(intents.c.seq)
        .where(intents.c.seq.in_([one.seq for one in items]))
        .where(intents.c.state == IntentState.ACCEPTED.value)
        .with_for_update()
    )
    return len(rows.all()) == len(items)


async def store_batch(
    connection: AsyncConnection, lane: LaneKey, nonce: int, items: Sequence[Claimed], version: Version
) -> StoredBatch:
    """Store a batch and its bytes, mark its intents sent, and move the lane's next nonce on.

    In a transaction that holds the lane and has seen the items `still_waiting`.
    """
    kind = items[0].kind
    result = await connection.execute(
        insert(batches)
        .values(
            ledger_id=lane.ledger_id,
            writer=lane.writer,
            nonce=nonce,
            kind=kind.value,
            size=len(items),
            state="sent",
        )
        .returning(batches.c.id)
    )
    batch_id = result.scalar_one()
    await connection.execute(
        update(intents)
        .where(intents.c.seq == bindparam("at"))
        .values(state=IntentState.SENT.value, batch_id=batch_id, batch_index=bindparam("place")),
        [{"at": one.seq, "place": place} for place, one in enumerate(items)],
    )
    await add_version(connection, batch_id, version)
    await set_nonce(connection, lane, nonce + 1)
    return StoredBatch(batch_id, nonce, kind, (version,))


async def add_version(connection: AsyncConnection, batch_id: int, version: Version) -> None:
    """Store a batch's bytes, before they are sent. In a transaction that holds the lane."""
    await connection.execute(
        insert(tx_versions).values(
            tx_hash=version.tx_hash, batch_id=batch_id, raw=version.raw, fee=version.fee
        )
    )


def _batches_sent(lane: LaneKey) -> Any:
    return (
        select(batches)
        .where(
            batches.c.ledger_id == lane.ledger_id, batches.c.writer == lane.writer, batches.c.state == "sent"
        )
        .order_by(batches.c.nonce)
    )


async def in_flight(connection: AsyncConnection, lane: LaneKey) -> list[StoredBatch]:
    """Return the lane's batches that are not settled, by nonce; versions of equal fees in no order."""
    rows = (await connection.execute(_batches_sent(lane))).all()
    versions: dict[int, list[Version]] = {row.id: [] for row in rows}
    for row in await connection.execute(
        select(tx_versions).where(tx_versions.c.batch_id.in_(list(versions))).order_by(tx_versions.c.fee)
    ):
        versions[row.batch_id].append(Version(Hash32(row.tx_hash), row.raw, row.fee))
    return [StoredBatch(row.id, row.nonce, Kind(row.kind), tuple(versions[row.id])) for row in rows]


async def batch_items(connection: AsyncConnection, batch_id: int) -> list[Claimed]:
    """Return a sent batch's intents, in the order of its calldata."""
    rows = await connection.execute(
        select(intents, batches.c.size)
        .select_from(intents.join(batches, batches.c.id == intents.c.batch_id))
        .where(intents.c.batch_id == batch_id)
        .order_by(intents.c.batch_index)
    )
    return [_claimed(row) for row in rows]


async def settle(connection: AsyncConnection, batch_id: int, outcomes: Sequence[Outcome], now: int) -> None:
    """Write what became of a batch's items. In a transaction that holds the lane."""
    await connection.execute(
        update(intents)
        .where(intents.c.seq == bindparam("at"))
        .values(
            state=bindparam("now_state"),
            reason=bindparam("why"),
            detail=bindparam("words"),
            settled_at=now,
            block_number=bindparam("block"),
            tx_hash=bindparam("tx"),
            log_index=bindparam("log"),
        ),
        [
            {
                "at": one.seq,
                "now_state": one.state.value,
                "why": one.reason,
                "words": one.detail,
                "block": one.block_number,
                "tx": one.tx_hash,
                "log": one.log_index,
            }
            for one in outcomes
        ],
    )
    await connection.execute(update(batches).where(batches.c.id == batch_id).values(state="settled"))


async def revert(connection: AsyncConnection, batch_id: int) -> None:
    """Queue a reverted batch's items again, to go on in halves. In a transaction that holds the lane.

    They keep their places in the queue, and their batch: its size says in how large a batch they may go on.
    """
    await connection.execute(update(batches).where(batches.c.id == batch_id).values(state="reverted"))
    await connection.execute(
        update(intents)
        .where(intents.c.batch_id == batch_id, intents.c.state == IntentState.SENT.value)
        .values(state=IntentState.ACCEPTED.value)
    )


async def set_aside(connection: AsyncConnection, seq: int, why: str, now: int) -> None:
    """Take an intent out that reverts a batch of its own, saying why. In a transaction that holds the lane."""
    await connection.execute(
        update(intents)
        .where(intents.c.seq == seq)
        .values(state=IntentState.SET_ASIDE.value, detail=why, settled_at=now)
    )
