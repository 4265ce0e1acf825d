"""Intents and receipts in: what `intake` calls, in the caller's own transaction.

A call takes a thousand items as readily as one: a few statements, whatever the number.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from sqlalchemy import Table, and_, bindparam, delete, insert, null, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.domain.ids import Address, DeliveryId, Hash32, MemberNumber, to_hex
from chain_client.domain.records import Kind, Report
from chain_client.domain.signatures import CompactSignature
from chain_client.outbox.records import (
    ERASED_BODY,
    RELAY,
    SIGNED,
    WAITING,
    Found,
    IntentKey,
    IntentState,
    KeptReceipt,
    NewIntent,
    NewReceipt,
    PendingItem,
    ReceiptConflict,
    Submitted,
    decode_payload,
    encode_payload,
)
from chain_client.store.ledgers import LedgerId
from chain_client.store.tables import intents as intents_table
from chain_client.store.tables import receipts as receipts_table

__all__ = [
    "RELAY",
    "Found",
    "IntentKey",
    "IntentState",
    "KeptReceipt",
    "NewIntent",
    "NewReceipt",
    "PendingItem",
    "ReceiptConflict",
    "Submitted",
    "find",
    "forget_bodies",
    "free_keys",
    "keep_receipt",
    "keep_receipts",
    "kept_receipts",
    "note_documents",
    "own_evidence",
    "pending",
    "submit",
]

_CHUNK: Final = 500


async def submit(
    connection: AsyncConnection, ledger_id: LedgerId, intents: Sequence[NewIntent], now: int
) -> list[Submitted]:
    """Store the intents that are new, in their order; answer each, in that order.

    For `intake`, in a write transaction of its own. `now` is this machine's clock in Unix seconds. The answers:
    `accepted` for a new key, and for one whose item was rejected and `may_wait_again` as it is brought now: it waits
    again, behind everything accepted since, under the same id, with the signature it was brought with; `duplicate` for
    a key that stands for the same body, whatever became of it (one that was set aside too: releasing it is the
    operator's decision); `conflict` for a key that stands for another body. A key twice in one call is judged like a key in two calls. Raises InvalidInput, storing
    nothing, for an item with a value beyond its field.
    """
    made = [(intent, secrets.token_bytes(16)) for intent in intents]
    rows = [_row(ledger_id, intent, intent_id, now) for intent, intent_id in made]
    if await _insert_new(connection, intents_table, rows) == len(rows):
        return [Submitted(intent_id, "accepted") for _, intent_id in made]
    standing = await find(connection, ledger_id, [_key(intent) for intent in intents])
    answers: list[Submitted] = []
    again: dict[bytes, dict[str, object]] = {}
    for (intent, intent_id), row in zip(made, rows, strict=True):
        found = standing[_key(intent)]
        if found.intent_id == intent_id:
            answers.append(Submitted(intent_id, "accepted"))
        elif not found.is_of_body(intent.body_hash):
            answers.append(Submitted(found.intent_id, "conflict"))
        elif found.may_wait_again(intent.signature) and found.intent_id not in again:
            again[found.intent_id] = {**row, "id": found.intent_id}
            answers.append(Submitted(found.intent_id, "accepted"))
        else:
            answers.append(Submitted(found.intent_id, "duplicate"))
    await _queue_again(connection, ledger_id, again)
    return answers


async def pending(
    connection: AsyncConnection, ledger_id: LedgerId, delivery_ids: Sequence[DeliveryId], indexed_block: int
) -> dict[DeliveryId, list[PendingItem]]:
    """Return what the index does not show yet of these deliveries, each in order of acceptance.

    That is what is accepted or sent, or recorded in a block after `indexed_block`. Deliveries without any are left
    out. The order is that in which the chain will judge the items of one delivery.
    """
    table = intents_table.c
    answer: dict[DeliveryId, list[PendingItem]] = {}
    for some in _chunks(dict.fromkeys(delivery_ids)):
        result = await connection.execute(
            select(table.id, table.member, table.kind, table.state, table.delivery_id, table.payload)
            .where(table.ledger_id == ledger_id, table.delivery_id.in_(some))
            .where(
                or_(
                    table.state.in_(WAITING),
                    and_(table.state == IntentState.RECORDED, table.block_number > indexed_block),
                )
            )
            .order_by(table.seq)
        )
        for row in result:
            kind = Kind(row.kind)
            item, _ = decode_payload(kind, row.payload)
            answer.setdefault(DeliveryId(row.delivery_id), []).append(
                PendingItem(row.id, MemberNumber(row.member), kind, IntentState(row.state), item)
            )
    return answer


async def find(
    connection: AsyncConnection, ledger_id: LedgerId, keys: Sequence[IntentKey]
) -> dict[IntentKey, Found]:
    """Return the intents that stand under these keys; a key that stands for nothing is left out."""
    table = intents_table.c
    by_owner: dict[tuple[MemberNumber, Kind], dict[bytes, None]] = {}
    for member, kind, key in keys:
        by_owner.setdefault((member, kind), {})[key] = None
    answer: dict[IntentKey, Found] = {}
    for (member, kind), owned in by_owner.items():
        signed = kind in SIGNED
        payload = table.payload if signed else null().label("payload")
        for some in _chunks(owned):
            result = await connection.execute(
                select(table.key, table.id, table.body_hash, table.state, table.reason, payload).where(
                    table.ledger_id == ledger_id,
                    table.member == member,
                    table.kind == kind.value,
                    table.key.in_(some),
                )
            )
            for row in result:
                answer[member, kind, row.key] = Found(
                    row.id,
                    Hash32(row.body_hash),
                    IntentState(row.state),
                    row.reason,
                    CompactSignature(row.payload[-64:]) if signed else None,
                )
    return answer


async def note_documents(connection: AsyncConnection, ledger_id: LedgerId, digests: Sequence[Hash32]) -> None:
    """Note that the texts of these feedbacks were given, later than the feedbacks themselves."""
    table = intents_table.c
    for some in _chunks(dict.fromkeys(digests)):
        await connection.execute(
            update(intents_table)
            .where(
                table.ledger_id == ledger_id,
                table.member == RELAY,
                table.kind == Kind.FEEDBACK.value,
                table.key.in_(some),
            )
            .values(document_given=True)
        )


async def free_keys(connection: AsyncConnection, ledger_id: LedgerId, intent_ids: Sequence[bytes]) -> None:
    """Free the idempotency keys of these intents: each keeps its id and its result, its key takes a new intent.

    For `intake`, in its write transaction: a rejected opening must not keep its waybill, and an erased waybill must
    leave nothing that it can be guessed from. The freed intent's key becomes its own id.
    """
    table = intents_table.c
    for some in _chunks(dict.fromkeys(intent_ids)):
        await connection.execute(
            update(intents_table).where(table.ledger_id == ledger_id, table.id.in_(some)).values(key=table.id)
        )


async def own_evidence(
    connection: AsyncConnection, ledger_id: LedgerId, delivery_id: DeliveryId, member: MemberNumber
) -> set[Hash32]:
    """Return the evidence hashes of what the member reported on the delivery through this service, rejected or not."""
    table = intents_table.c
    rows = await connection.execute(
        select(table.payload).where(
            table.ledger_id == ledger_id,
            table.delivery_id == delivery_id,
            table.kind == Kind.REPORT.value,
            table.member == member,
        )
    )
    items = [decode_payload(Kind.REPORT, row.payload)[0] for row in rows]
    return {one.evidence_hash for one in items if isinstance(one, Report) and any(one.evidence_hash)}


async def forget_bodies(
    connection: AsyncConnection,
    ledger_id: LedgerId,
    delivery_id: DeliveryId,
    kinds: Collection[Kind],
    member: MemberNumber | None = None,
) -> None:
    """Wipe the keyed hashes of what was asked for on this delivery, of these kinds (by this member): see ERASED_BODY.

    Where the intent is an opening its key is freed as well, which is a keyed hash of the waybill.
    """
    table = intents_table.c
    which = [table.ledger_id == ledger_id, table.delivery_id == delivery_id]
    if member is not None:
        which.append(table.member == member)
    values = update(intents_table).where(*which, table.kind.in_([kind.value for kind in kinds]))
    await connection.execute(values.values(body_hash=ERASED_BODY))
    if Kind.OPENING in kinds:
        opening = update(intents_table).where(*which, table.kind == Kind.OPENING.value)
        await connection.execute(opening.values(key=table.id))


async def keep_receipt(
    connection: AsyncConnection,
    ledger_id: LedgerId,
    delivery_id: DeliveryId,
    revision: int,
    digest: Hash32,
    record_by: int,
    relay: Address,
    signature: CompactSignature,
) -> KeptReceipt:
    """Keep the relay's promise before it is given, and return the one that stands for this revision.

    The first promise stands: a later one for the same digest returns it, later `record_by` or not. Raises
    ReceiptConflict where another digest was promised; never retry that.
    """
    new = NewReceipt(delivery_id, revision, digest, record_by, relay, signature)
    (kept,) = await keep_receipts(connection, ledger_id, [new])
    if isinstance(kept, ReceiptConflict):
        raise kept
    return kept


async def keep_receipts(
    connection: AsyncConnection, ledger_id: LedgerId, receipts: Sequence[NewReceipt]
) -> list[KeptReceipt | ReceiptConflict]:
    """Keep many promises as `keep_receipt` keeps one; a conflict is returned in its place instead of raised."""
    rows = [
        {
            "ledger_id": ledger_id,
            "delivery_id": new.delivery_id,
            "revision": new.revision,
            "digest": new.digest,
            "record_by": new.record_by,
            "relay": new.relay,
            "signature": new.signature,
        }
        for new in receipts
    ]
    if await _insert_new(connection, receipts_table, rows) == len(rows):
        return [KeptReceipt(new.digest, new.record_by, new.relay, new.signature) for new in receipts]
    standing = await kept_receipts(connection, ledger_id, [new.delivery_id for new in receipts])
    answers: list[KeptReceipt | ReceiptConflict] = []
    for new in receipts:
        kept = standing[new.delivery_id, new.revision]
        if kept.digest == new.digest:
            answers.append(kept)
        else:
            answers.append(
                ReceiptConflict(
                    f"Revision {new.revision} of delivery {to_hex(new.delivery_id)} was promised for another "
                    f"feedback ({to_hex(kept.digest)}); send the next revision instead."
                )
            )
    return answers


async def kept_receipts(
    connection: AsyncConnection, ledger_id: LedgerId, delivery_ids: Sequence[DeliveryId]
) -> dict[tuple[DeliveryId, int], KeptReceipt]:
    """Return the promises that stand for these deliveries, by delivery and revision."""
    table = receipts_table.c
    standing: dict[tuple[DeliveryId, int], KeptReceipt] = {}
    for some in _chunks(dict.fromkeys(delivery_ids)):
        result = await connection.execute(
            select(receipts_table).where(table.ledger_id == ledger_id, table.delivery_id.in_(some))
        )
        for row in result:
            standing[DeliveryId(row.delivery_id), row.revision] = KeptReceipt(
                Hash32(row.digest), row.record_by, Address(row.relay), CompactSignature(row.signature)
            )
    return standing


def _key(intent: NewIntent) -> IntentKey:
    return intent.member, intent.kind, intent.key


def _row(ledger_id: LedgerId, intent: NewIntent, intent_id: bytes, now: int) -> dict[str, object]:
    return {
        "ledger_id": ledger_id,
        "id": intent_id,
        "member": intent.member,
        "kind": intent.kind.value,
        "delivery_id": intent.delivery_id,
        "key": intent.key,
        "body_hash": intent.body_hash,
        "payload": encode_payload(intent.item, intent.signature),
        "document_given": intent.document_given,
        "state": IntentState.ACCEPTED.value,
        "accepted_at": now,
    }


async def _queue_again(
    connection: AsyncConnection, ledger_id: LedgerId, rows: Mapping[bytes, Mapping[str, object]]
) -> None:
    # Out and in again: the new `seq` puts them behind what was accepted since, which may be what cures them.
    table = intents_table.c
    for some in _chunks(rows):
        given = set(
            await connection.scalars(
                select(table.id).where(
                    table.ledger_id == ledger_id, table.id.in_(some), table.document_given.is_(True)
                )
            )
        )
        await connection.execute(
            delete(intents_table).where(table.ledger_id == ledger_id, table.id.in_(some))
        )
        await connection.execute(
            insert(intents_table), [_kept_document(rows[intent_id], given) for intent_id in some]
        )


def _kept_document(row: Mapping[str, object], given: Collection[object]) -> dict[str, object]:
    return {**row, "document_given": row["document_given"] or row["id"] in given}


_inserts: Final[dict[tuple[str, str, tuple[str, ...]], str]] = {}


async def _insert_new(connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, object]]) -> int:
    """Insert the rows, all of the same columns, whose keys are free; return how many, or -1 where it is not counted."""
    if not rows:
        return 0
    # Straight to the driver's executemany: going through named parameters takes longer than the database's own work.
    sql = _insert_sql(connection, table, tuple(rows[0]))
    result = await connection.exec_driver_sql(sql, [tuple(row.values()) for row in rows])
    return result.rowcount


def _insert_sql(connection: AsyncConnection, table: Table, columns: tuple[str, ...]) -> str:
    key = (connection.dialect.name, table.name, columns)
    sql = _inserts.get(key)
    if sql is None:
        dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
        # Values in the rows' own order; defaults that the database does not know are named by the rows themselves.
        made = (
            dialect.insert(table)
            .values({name: bindparam(name) for name in columns})
            .on_conflict_do_nothing()
            .compile(dialect=connection.dialect)
        )
        order = tuple(made.positiontup or ())
        assert order == columns, "rows are in the order of the table's columns"
        sql = _inserts[key] = str(made)
    return sql


def _chunks(values: Iterable[bytes]) -> Iterator[list[bytes]]:
    # Well below the number of parameters either database takes in a statement.
    rest = iter(values)
    while some := list(islice(rest, _CHUNK)):
        yield some
