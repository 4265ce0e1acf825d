"""Erasure: wipes text and salt, and records who had it done, and when.

What is wiped here leaves the database's files only once `purge.Purger` has emptied SQLite's log; until then an erasure
is `erasing`. Who may erase what is the caller's to decide.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, cast

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.domain.ids import DeliveryId, Hash32, MemberNumber
from chain_client.domain.names import recognised_waybill
from chain_client.store import LedgerId
from chain_client.store.tables import erasures as table
from chain_client.vault import documents, waybills
from chain_client.vault._rows import chunks
from chain_client.vault.documents import DocumentKind

ErasedKind = Literal["record", "evidence", "content", "waybill"]
ErasedBy = Literal["recipient", "member", "operator"]
_SHORTEST: Final = 8
"""Bytes below which a text is not searched for in the files: so few are there by chance."""
_MIDDLE: Final = 32
"""Bytes of a longer text's middle that are searched for; the salt beside it is always searched for."""


@dataclass(frozen=True, slots=True)
class Eraser:
    """Who has something erased: the recipient, a member (with its number), or this service's operator."""

    by: ErasedBy
    member: MemberNumber | None = None


RECIPIENT: Final = Eraser("recipient")
OPERATOR: Final = Eraser("operator")


@dataclass(frozen=True, slots=True)
class Erasure:
    """The record of one erasure. Times are this machine's, Unix seconds.

    `hash` is the document's, None for a waybill; `gone_at` is when it had left every file of the database, None until
    then.
    """

    delivery_id: DeliveryId
    kind: ErasedKind
    hash: Hash32 | None
    eraser: Eraser
    erased_at: int
    gone_at: int | None


@dataclass(slots=True)
class Wiped:
    """What one call wiped: how many texts, and byte strings that must not be in any file once it is gone."""

    count: int = 0
    traces: list[bytes] = field(default_factory=list)

    def add(self, *texts: bytes | None) -> None:
        """Count one text wiped, with the values it was kept in."""
        self.count += 1
        self.traces += [trace_of(text) for text in texts if text is not None and len(text) >= _SHORTEST]


def trace_of(text: bytes) -> bytes:
    """Return the part of a wiped text that is searched for in the database's file."""
    start = max(0, (len(text) - _MIDDLE) // 2)
    return text[start : start + _MIDDLE]


async def erase_documents(
    connection: AsyncConnection,
    ledger_id: LedgerId,
    delivery_id: DeliveryId,
    eraser: Eraser,
    now: int,
    *,
    kinds: Collection[DocumentKind],
    hashes: Collection[Hash32] | None = None,
) -> Wiped:
    """Wipe the delivery's documents of these kinds (and, where given, hashes), and record it. Cannot be undone.

    The hash stays. What is erased already stays as it was recorded.
    """
    wiped = Wiped()
    for kept in (await documents.of_delivery(connection, ledger_id, delivery_id)).values():
        if kept.erased or kept.kind not in kinds or (hashes is not None and kept.hash not in hashes):
            continue
        await documents.erase(connection, ledger_id, delivery_id, kept.hash)
        await _record(connection, ledger_id, delivery_id, kept.kind, kept.hash, eraser, now)
        wiped.add(kept.salt, kept.body)
    return wiped


async def erase_waybill(
    connection: AsyncConnection, ledger_id: LedgerId, delivery_id: DeliveryId, eraser: Eraser, now: int
) -> Wiped:
    """Wipe the delivery's waybill, its salt and a sealed link, and record it. Cannot be undone.

    The hashes of its read tokens stay: they say nothing of anybody, and the recipient goes on reading and erasing.
    """
    wiped = Wiped()
    kept = (await waybills.by_delivery(connection, ledger_id, [delivery_id])).get(delivery_id)
    if kept is None or kept.salt is None:
        return wiped
    await waybills.erase(connection, ledger_id, delivery_id)
    await _record(connection, ledger_id, delivery_id, "waybill", None, eraser, now)
    names = (kept.waybill, recognised_waybill(kept.waybill)) if kept.waybill is not None else ()
    wiped.add(*(name.encode() for name in names), kept.salt, kept.sealed_secret)
    return wiped


async def of_delivery(
    connection: AsyncConnection, ledger_id: LedgerId, delivery_id: DeliveryId
) -> list[Erasure]:
    """Return what was erased of a delivery, oldest first."""
    return await find(connection, ledger_id, [delivery_id])


async def find(
    connection: AsyncConnection, ledger_id: LedgerId, delivery_ids: Iterable[DeliveryId] | None = None
) -> list[Erasure]:
    """Return the erasures of these deliveries, or all, oldest first."""
    asked = select(table).where(table.c.ledger_id == ledger_id).order_by(table.c.id)
    if delivery_ids is None:
        statements = [asked]
    else:
        statements = [asked.where(table.c.delivery_id.in_(some)) for some in chunks(list(delivery_ids))]
    return [
        Erasure(
            delivery_id=DeliveryId(row.delivery_id),
            kind=cast(ErasedKind, row.kind),
            hash=None if row.hash is None else Hash32(row.hash),
            eraser=Eraser(row.erased_by, None if row.member is None else MemberNumber(row.member)),
            erased_at=row.erased_at,
            gone_at=row.gone_at,
        )
        for statement in statements
        for row in await connection.execute(statement)
    ]


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Erasures that have not left the files yet: how many, since when, and the last one's row."""

    count: int
    oldest_at: int | None
    last_id: int


async def unfinished(connection: AsyncConnection, ledger_id: LedgerId) -> Unfinished:
    """Return what is wiped and has not left the database's files yet."""
    row = (
        await connection.execute(
            select(func.count(), func.min(table.c.erased_at), func.max(table.c.id)).where(
                table.c.ledger_id == ledger_id, table.c.gone_at.is_(None)
            )
        )
    ).one()
    return Unfinished(row[0], row[1], row[2] or 0)


async def finish(connection: AsyncConnection, ledger_id: LedgerId, last_id: int, now: int) -> None:
    """Record that all erasures up to this row have left the database's files."""
    await connection.execute(
        update(table)
        .where(table.c.ledger_id == ledger_id, table.c.gone_at.is_(None), table.c.id <= last_id)
        .values(gone_at=now)
    )


def merged(parts: Sequence[Wiped]) -> Wiped:
    """Return what several calls wiped, as one."""
    return Wiped(sum(one.count for one in parts), [trace for one in parts for trace in one.traces])


async def _record(
    connection: AsyncConnection,
    ledger_id: LedgerId,
    delivery_id: DeliveryId,
    kind: ErasedKind,
    document_hash: Hash32 | None,
    eraser: Eraser,
    now: int,
) -> None:
    await connection.execute(
        insert(table).values(
            ledger_id=ledger_id,
            delivery_id=delivery_id,
            kind=kind,
            hash=document_hash,
            erased_by=eraser.by,
            member=eraser.member,
            erased_at=now,
        )
    )
