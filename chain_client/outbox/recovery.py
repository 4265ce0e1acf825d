"""What an operator does when a lane or an item is stuck: let a lane go on, queue items again, give items up.

Every function runs beside a worker: it changes rows in one transaction and takes the lane's lease away, so that the
worker reads them anew. Nothing here sends anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.bindings.events import decode_log
from chain_client.bindings.ledger import Ledger
from chain_client.domain.errors import Conflict, NotFound, Unavailable
from chain_client.domain.ids import Address, DeliveryId, Hash32, to_hex
from chain_client.domain.records import Item, Kind, Position, Recorded
from chain_client.outbox.lanes import LaneKey
from chain_client.outbox.records import WAITING, IntentState, decode_payload
from chain_client.rpc.node import Node
from chain_client.store.database import Store
from chain_client.store.ledgers import LedgerId
from chain_client.store.tables import batches, intents, lanes, tx_versions

_AT_ONCE: Final = 200
_SETTLED: Final = (IntentState.RECORDED.value, IntentState.REJECTED.value)


class NoSuchLane(NotFound):
    """No lane of this writer was ever used on this ledger."""

    code = "no-such-lane"


class StillWaiting(Unavailable):
    """The node holds transactions of this writer that are not mined yet. Retry once they are."""

    code = "still-waiting"


class LaneMoved(Conflict):
    """The lane went on while this looked at it; nothing was changed. Run the command again."""

    code = "lane-moved"


@dataclass(frozen=True, slots=True)
class Resumed:
    """What `resume` did: items queued again, items found on the chain, and of the former those recorded before."""

    writer: Address
    next_nonce: int
    queued: int
    found: int
    lost: int


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to change: batches to forget or give up, intents to queue again or to note as recorded."""

    next_nonce: int
    forget: Sequence[int]
    give_up: Sequence[int]
    queue: Sequence[int]
    found: Sequence[tuple[int, Position]]
    lost: int


async def resume(store: Store, node: Node, ledger: Ledger, key: LaneKey) -> Resumed:
    """Let a halted or stuck lane go on from the writer's nonce on chain.

    Items in flight whose nonce something else used, and items settled in a block that is no longer on the chain, are
    queued again in their old places; whatever of the member's waits and stands on the chain to the letter is noted as
    recorded, so that nothing is recorded twice. Raises NoSuchLane, StillWaiting (retry) and LaneMoved (run it again).
    """
    known = await node.nonce(key.writer)
    pending = int(await node.request("eth_getTransactionCount", [to_hex(key.writer), "pending"]), 16)
    if pending > known:
        raise StillWaiting(
            f"The node holds {pending - known} transactions of writer {to_hex(key.writer)} that are not mined yet. Wait "
            "until they are, and run `doorstep lane resume` again."
        )
    if await node.request("eth_syncing", []):
        raise StillWaiting(
            "The node is catching up with its chain. Run `doorstep lane resume` again once it has."
        )
    async with store.read() as connection:
        before = await _lane(connection, key)
        rows = await _batches(connection, key)
    plan = await _plan(store, node, ledger, key, known, rows)
    async with store.write() as connection:
        now = await _lane(connection, key)
        if now.next_nonce != before.next_nonce:
            raise LaneMoved(f"The lane of writer {to_hex(key.writer)} went on by itself meanwhile.")
        await _apply(connection, key, plan)
    return Resumed(key.writer, plan.next_nonce, len(plan.queue), len(plan.found), plan.lost)


async def _plan(
    store: Store,
    node: Node,
    ledger: Ledger,
    key: LaneKey,
    known: int,
    rows: Sequence[_Batch],
) -> _Plan:
    lost_batches = [row for row in rows if row.state != "sent" and row.nonce >= known]
    give_up = []
    sent = [row for row in rows if row.state == "sent"]
    for row in sent:
        mined = [await node.receipt(Hash32(tx)) for tx in row.hashes]
        # Mined ones settle by themselves. Those above the chain's nonce may still be mined, and are sent again, unless
        # what stood between is gone.
        if not any(mined) and (row.nonce < known or lost_batches):
            give_up.append(row)
    kept = [row.nonce for row in sent if row not in give_up]
    lost = await _no_longer_there(store, node, key)
    forget = [*lost_batches, *(row for row in give_up if row.nonce >= known)]
    ids = {row.id for row in give_up}
    async with store.read() as connection:
        waiting = await _waiting(connection, key)
        gone = await _settled_at(connection, key, lost)
    again = [row for row in waiting if row.batch_id in ids and row.state == IntentState.SENT] + gone
    doubtful = [row for row in waiting if row.state == IntentState.ACCEPTED or row.batch_id in ids] + gone
    found = await _on_chain(store, node, ledger, key, doubtful)
    places = [(row.seq, found[row.seq]) for row in doubtful if row.seq in found]
    return _Plan(
        next_nonce=max([known, *(nonce + 1 for nonce in kept)]),
        forget=[row.id for row in forget],
        give_up=[row.id for row in give_up if row.nonce < known],
        queue=[row.seq for row in again if row.seq not in found],
        found=places,
        lost=sum(row.seq not in found for row in gone),
    )


async def _lane(connection: AsyncConnection, key: LaneKey) -> Any:
    row = (
        await connection.execute(
            select(lanes)
            .where(lanes.c.ledger_id == key.ledger_id, lanes.c.writer == key.writer)
            .with_for_update()
        )
    ).one_or_none()
    if row is None:
        raise NoSuchLane(
            f"No lane of writer {to_hex(key.writer)} was ever used; `doorstep lane list` shows those that were."
        )
    return row


@dataclass(frozen=True, slots=True)
class _Batch:
    id: int
    nonce: int
    state: str
    hashes: tuple[bytes, ...]


async def _batches(connection: AsyncConnection, key: LaneKey) -> list[_Batch]:
    own = (batches.c.ledger_id == key.ledger_id, batches.c.writer == key.writer)
    hashes: dict[int, list[bytes]] = {}
    versions = select(tx_versions.c.batch_id, tx_versions.c.tx_hash).join(
        batches, batches.c.id == tx_versions.c.batch_id
    )
    for row in await connection.execute(versions.where(*own)):
        hashes.setdefault(row.batch_id, []).append(row.tx_hash)
    rows = await connection.execute(select(batches).where(*own).order_by(batches.c.nonce))
    return [_Batch(row.id, row.nonce, row.state, tuple(hashes.get(row.id, ()))) for row in rows]


_Place = tuple[int, bytes]
"""Block number and transaction hash."""


async def _no_longer_there(store: Store, node: Node, key: LaneKey) -> list[_Place]:
    """Where the member's intents were settled from that is no longer on the chain.

    A chain that goes back loses its newest blocks: so it is enough to look from the newest down until all are there.
    """
    lost: list[_Place] = []
    begin = 0
    while True:
        async with store.read() as connection:
            places = await _places(connection, key, begin)
        gone = []
        for block, tx_hash in places:
            receipt = await node.receipt(Hash32(tx_hash))
            if receipt is None or receipt.block_number != block:
                gone.append((block, tx_hash))
        lost += gone
        if not gone:
            return lost
        begin += _AT_ONCE


def _settled_of(key: LaneKey) -> tuple[Any, ...]:
    return (
        intents.c.ledger_id == key.ledger_id,
        intents.c.member == key.member,
        intents.c.state.in_(_SETTLED),
        intents.c.tx_hash.is_not(None),
    )


async def _places(connection: AsyncConnection, key: LaneKey, begin: int) -> list[_Place]:
    """Where the member's intents were settled from, the newest first: some, from the `begin`-th on."""
    rows = await connection.execute(
        select(intents.c.block_number, intents.c.tx_hash)
        .where(*_settled_of(key))
        .distinct()
        .order_by(intents.c.block_number.desc(), intents.c.tx_hash)
        .limit(_AT_ONCE)
        .offset(begin)
    )
    return [(row.block_number, row.tx_hash) for row in rows]


async def _settled_at(connection: AsyncConnection, key: LaneKey, places: Sequence[_Place]) -> list[Any]:
    found: list[Any] = []
    for block, tx_hash in places:
        query = select(intents).where(
            *_settled_of(key), intents.c.block_number == block, intents.c.tx_hash == tx_hash
        )
        found += (await connection.execute(query)).all()
    return found


async def _waiting(connection: AsyncConnection, key: LaneKey) -> list[Any]:
    rows = await connection.execute(
        select(intents)
        .where(
            intents.c.ledger_id == key.ledger_id,
            intents.c.member == key.member,
            intents.c.state.in_(WAITING),
        )
        .order_by(intents.c.seq)
    )
    return list(rows.all())


async def _on_chain(
    store: Store, node: Node, ledger: Ledger, key: LaneKey, rows: Sequence[Any]
) -> dict[int, Position]:
    """Where those of the intents stand on chain that stand there to the letter, by `seq`.

    Equal items have equal digests. A place that another intent is recorded at is not taken twice.
    """
    first, last = ledger.deployment.identity.deploy_block, (await node.head()).number
    standing: dict[Item, list[Position]] = {}
    own = {row.seq for row in rows}
    taken: set[tuple[bytes, int]] = set()
    for some in _slices(list(dict.fromkeys(DeliveryId(row.delivery_id) for row in rows))):
        async with store.read() as connection:
            recorded = await connection.execute(
                select(intents.c.seq, intents.c.tx_hash, intents.c.log_index).where(
                    intents.c.ledger_id == key.ledger_id,
                    intents.c.delivery_id.in_(some),
                    intents.c.state == IntentState.RECORDED.value,
                )
            )
            taken |= {(row.tx_hash, row.log_index) for row in recorded if row.seq not in own}
        for log in await node.logs(ledger.address, first, last, topics=((), some)):
            event = decode_log(log)
            if event is not None and isinstance(event.event, Recorded):
                standing.setdefault(event.event.item, []).append(event.position)  # type: ignore[arg-type]
    found: dict[int, Position] = {}
    for row in sorted(rows, key=lambda row: row.seq):
        item, _ = decode_payload(Kind(row.kind), row.payload)
        places = [at for at in standing.get(item, ()) if (at.tx_hash, at.log_index) not in taken]
        if places:
            found[row.seq] = places[0]
            taken.add((places[0].tx_hash, places[0].log_index))
    return found


async def _apply(connection: AsyncConnection, key: LaneKey, plan: _Plan) -> None:
    for some in _slices(plan.queue):
        await connection.execute(update(intents).where(intents.c.seq.in_(some)).values(**_QUEUED_AGAIN))
    if plan.found:
        await connection.execute(
            update(intents)
            .where(intents.c.seq == bindparam("at"))
            .values(
                state=IntentState.RECORDED.value,
                reason=None,
                detail="it was on chain already",
                batch_id=None,
                batch_index=None,
                block_number=bindparam("block"),
                tx_hash=bindparam("tx"),
                log_index=bindparam("log"),
            ),
            [
                {"at": seq, "block": at.block_number, "tx": at.tx_hash, "log": at.log_index}
                for seq, at in plan.found
            ],
        )
    for some in _slices(plan.forget):
        # Their nonces are free again. What is still joined to them is of rows settled elsewhere.
        await connection.execute(
            update(intents).where(intents.c.batch_id.in_(some)).values(batch_id=None, batch_index=None)
        )
        await connection.execute(delete(tx_versions).where(tx_versions.c.batch_id.in_(some)))
        await connection.execute(delete(batches).where(batches.c.id.in_(some)))
    for some in _slices(plan.give_up):
        await connection.execute(update(batches).where(batches.c.id.in_(some)).values(state="reverted"))
    await connection.execute(
        update(lanes)
        .where(lanes.c.ledger_id == key.ledger_id, lanes.c.writer == key.writer)
        .values(halted=None, halt_code=None, next_nonce=plan.next_nonce, lease_token=None, lease_until=0)
    )


_QUEUED_AGAIN: Final[dict[str, Any]] = {
    "state": IntentState.ACCEPTED.value,
    "reason": None,
    "detail": None,
    "settled_at": None,
    "batch_id": None,
    "batch_index": None,
    "block_number": None,
    "tx_hash": None,
    "log_index": None,
}


@dataclass(frozen=True, slots=True)
class Stuck:
    """Which of the intents named could be changed, and why not the others, in words by id."""

    changed: Sequence[bytes]
    refused: dict[bytes, str]


async def retry(connection: AsyncConnection, ledger_id: LedgerId, intent_ids: Sequence[bytes]) -> Stuck:
    """Queue intents again that were set aside or rejected: for an operator who has cured the cause.

    They keep their places; what was accepted since on the same delivery goes after them, unless it is sent already.
    """
    return await _change(
        connection,
        ledger_id,
        intent_ids,
        (IntentState.SET_ASIDE, IntentState.REJECTED),
        _QUEUED_AGAIN,
    )


async def discard(
    connection: AsyncConnection, ledger_id: LedgerId, intent_ids: Sequence[bytes], now: int, why: str
) -> Stuck:
    """Give intents up that wait or were set aside: they are never sent. Cannot be undone by the sender.

    They then count as rejected, without a reason of the ledger's; `why` is what their owner reads. A receipt that was
    given for one is a broken promise.
    """
    values = _QUEUED_AGAIN | {
        "state": IntentState.REJECTED.value,
        "detail": f"the operator discarded it: {why}",
        "settled_at": now,
    }
    return await _change(
        connection, ledger_id, intent_ids, (IntentState.SET_ASIDE, IntentState.ACCEPTED), values
    )


async def _change(
    connection: AsyncConnection,
    ledger_id: LedgerId,
    intent_ids: Sequence[bytes],
    states: Sequence[IntentState],
    values: dict[str, Any],
) -> Stuck:
    changed: list[bytes] = []
    refused: dict[bytes, str] = {}
    for intent_id in dict.fromkeys(intent_ids):
        own = (intents.c.ledger_id == ledger_id, intents.c.id == intent_id)
        result = await connection.execute(
            update(intents).where(*own, intents.c.state.in_([one.value for one in states])).values(**values)
        )
        if result.rowcount:
            changed.append(intent_id)
            continue
        state = await connection.scalar(select(intents.c.state).where(*own))
        may = " or ".join(one.value for one in states)
        refused[intent_id] = "there is no such intent" if state is None else f"it is {state}, not {may}"
    return Stuck(changed, refused)


def _slices(values: Sequence[Any]) -> Iterable[list[Any]]:
    for begin in range(0, len(values), _AT_ONCE):
        yield list(values[begin : begin + _AT_ONCE])
