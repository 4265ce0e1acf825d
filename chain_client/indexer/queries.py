"""The index's own statements, reading and writing: no other module of the room but `reader` speaks SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import sqlalchemy
from sqlalchemy import Insert, Table, bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.domain.digests import decode
from chain_client.domain.ids import Address, DeliveryId, DriverNumber, Hash32, MemberNumber
from chain_client.domain.records import Kind
from chain_client.domain.words import DriverWord
from chain_client.indexer.counts import Counts
from chain_client.indexer.fold import FoldInput
from chain_client.indexer.reader import member_of
from chain_client.indexer.records import BlockRef, IndexedHead, IndexedMember
from chain_client.indexer.replay import WriterState
from chain_client.indexer.sql import insert_or, slices
from chain_client.store import LedgerId
from chain_client.store.tables import (
    FIGURES,
    blocks,
    cursors,
    daily_counts,
    deliveries,
    departures,
    drivers,
    entries,
    members,
    registry_events,
    stops,
    writers,
)

Row = tuple[Any, ...]
"""The values of a row to write, in the order of its table's columns."""


# ── reading the state before a chunk ─────────────────────────────────────────────────────────────────────────────


async def delivery_words(
    connection: AsyncConnection, ledger_id: LedgerId, ids: Iterable[DeliveryId]
) -> dict[DeliveryId, int]:
    """Return the packed words of the deliveries that are known."""
    found: dict[DeliveryId, int] = {}
    for some in slices(ids):
        rows = await connection.execute(
            select(deliveries.c.delivery_id, deliveries.c.word).where(
                deliveries.c.ledger_id == ledger_id, deliveries.c.delivery_id.in_(some)
            )
        )
        found.update((DeliveryId(row[0]), int.from_bytes(row[1], "big")) for row in rows)
    return found


async def prior_items(
    connection: AsyncConnection, ledger_id: LedgerId, ids: Iterable[DeliveryId], *, upto: int | None = None
) -> dict[DeliveryId, list[FoldInput]]:
    """Return every stored entry of the deliveries (up to a block number), in chain order."""
    found: dict[DeliveryId, list[FoldInput]] = {}
    columns = (
        entries.c.delivery_id,
        entries.c.kind,
        entries.c.item,
        entries.c.block_time,
        entries.c.block_number,
        entries.c.former_driver,
    )
    for some in slices(ids):
        query = (
            select(*columns)
            .where(entries.c.ledger_id == ledger_id, entries.c.delivery_id.in_(some))
            .order_by(entries.c.delivery_id, entries.c.block_number, entries.c.log_index)
        )
        if upto is not None:
            query = query.where(entries.c.block_number <= upto)
        for delivery, kind, raw, *rest in await connection.execute(query):
            prior = FoldInput(decode(Kind(kind), raw), *rest)
            found.setdefault(DeliveryId(delivery), []).append(prior)
    return found


async def driver_states(
    connection: AsyncConnection, ledger_id: LedgerId, numbers: Iterable[DriverNumber]
) -> tuple[dict[DriverNumber, DriverWord], dict[DriverNumber, Hash32]]:
    """Return the words and the record heads of the drivers that are known."""
    words: dict[DriverNumber, DriverWord] = {}
    heads: dict[DriverNumber, Hash32] = {}
    for some in slices(numbers):
        rows = await connection.execute(
            select(drivers).where(drivers.c.ledger_id == ledger_id, drivers.c.driver.in_(some))
        )
        for row in rows:
            number = DriverNumber(row.driver)
            words[number] = DriverWord(Address(row.key), MemberNumber(row.carrier), row.nonce)
            heads[number] = Hash32(row.head)
    return words, heads


async def departures_of(
    connection: AsyncConnection, ledger_id: LedgerId, numbers: Iterable[DriverNumber]
) -> dict[tuple[DriverNumber, MemberNumber], int]:
    """Return when each of the drivers last left a carrier, by driver and carrier."""
    found: dict[tuple[DriverNumber, MemberNumber], int] = {}
    for some in slices(numbers):
        rows = await connection.execute(
            select(departures).where(departures.c.ledger_id == ledger_id, departures.c.driver.in_(some))
        )
        for row in rows:
            found[DriverNumber(row.driver), MemberNumber(row.carrier)] = row.left_at
    return found


async def writer_states(
    connection: AsyncConnection, ledger_id: LedgerId, addresses: Iterable[Address]
) -> dict[Address, WriterState]:
    """Return the writers that are known."""
    found: dict[Address, WriterState] = {}
    for some in slices(addresses):
        rows = await connection.execute(
            select(writers).where(writers.c.ledger_id == ledger_id, writers.c.writer.in_(some))
        )
        for row in rows:
            found[Address(row.writer)] = WriterState(MemberNumber(row.member), row.removed)
    return found


async def member_states(
    connection: AsyncConnection, ledger_id: LedgerId, numbers: Iterable[MemberNumber]
) -> tuple[dict[MemberNumber, IndexedMember], dict[MemberNumber, Hash32]]:
    """Return the members that are known and their record heads as carriers."""
    known: dict[MemberNumber, IndexedMember] = {}
    heads: dict[MemberNumber, Hash32] = {}
    for some in slices(numbers):
        rows = await connection.execute(
            select(members).where(members.c.ledger_id == ledger_id, members.c.member.in_(some))
        )
        for row in rows:
            number = MemberNumber(row.member)
            known[number] = member_of(row)
            heads[number] = Hash32(row.head)
    return known, heads


# ── writing a chunk ──────────────────────────────────────────────────────────────────────────────────────────────


_compiled: dict[tuple[str, str, str], str] = {}


async def _many(
    connection: AsyncConnection, name: tuple[str, Table], statement: Callable[[], Insert], rows: Sequence[Row]
) -> None:
    """Run an INSERT for many rows, each a tuple in the order of the table's columns.

    Straight to the driver's executemany: going through named parameters takes longer than SQLite's own work.
    """
    what, table = name
    dialect = connection.dialect
    key = (dialect.name, what, table.name)
    sql = _compiled.get(key)
    if sql is None:
        columns = table.columns.keys()
        made = statement().compile(dialect=dialect, column_keys=columns)
        assert list(made.positiontup or ()) == columns, "rows are in the order of the columns"
        sql = _compiled[key] = str(made)
    await connection.exec_driver_sql(sql, list(rows))


async def append(connection: AsyncConnection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows that are not there yet."""
    if rows:
        await _many(connection, ("append", table), lambda: insert(table), rows)


async def upsert(connection: AsyncConnection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows; where the primary key is there, replace the rest."""
    if not rows:
        return

    def statement() -> Insert:
        made = insert_or(connection, table)
        key = [column.name for column in table.primary_key.columns]
        rest = {name: made.excluded[name] for name in table.columns.keys() if name not in key}
        return made.on_conflict_do_update(index_elements=key, set_=rest)

    await _many(connection, ("upsert", table), statement, rows)


async def add_counts(connection: AsyncConnection, ledger_id: LedgerId, differences: Counts) -> None:
    """Add the differences to `daily_counts`; rows that come to nothing go."""
    changed = {key: row for key, row in differences.items() if any(row)}
    if not changed:
        return

    def statement() -> Insert:
        made = insert_or(connection, daily_counts)
        key = [column.name for column in daily_counts.primary_key.columns]
        added = {name: daily_counts.c[name] + made.excluded[name] for name in FIGURES}
        return made.on_conflict_do_update(index_elements=key, set_=added)

    rows = [(ledger_id, k.part, k.day, k.carrier, k.driver, k.shipper, *row) for k, row in changed.items()]
    await _many(connection, ("add", daily_counts), statement, rows)
    shrunk = [
        {"the_ledger": ledger_id, **{f"the_{name}": value for name, value in k._asdict().items()}}
        for k, row in changed.items()
        if min(row) < 0
    ]
    if shrunk:
        c = daily_counts.c
        await connection.execute(
            delete(daily_counts).where(
                c.ledger_id == bindparam("the_ledger"),
                c.part == bindparam("the_part"),
                c.driver == bindparam("the_driver"),
                c.day == bindparam("the_day"),
                c.carrier == bindparam("the_carrier"),
                c.shipper == bindparam("the_shipper"),
                # Every other figure comes with one of these.
                *(c[name] == 0 for name in ("stops", "feedback", "comments", "retracted")),
            ),
            shrunk,
        )


async def set_cursor(connection: AsyncConnection, ledger_id: LedgerId, head: IndexedHead) -> None:
    """Write the cursor's row whole."""
    row = (
        ledger_id,
        head.block_number,
        head.block_hash,
        head.block_time,
        head.final_number,
        head.final_hash,
        head.final_time,
        head.head_number,
        head.chain_time,
        head.observed_at,
        head.engine,
        head.halted,
    )
    await upsert(connection, cursors, [row])


async def set_halted(connection: AsyncConnection, ledger_id: LedgerId, why: str | None) -> None:
    """Note why the index stopped, or that it no longer does."""
    await connection.execute(update(cursors).where(cursors.c.ledger_id == ledger_id).values(halted=why))


# ── rewinding ────────────────────────────────────────────────────────────────────────────────────────────────────


async def blocks_between(
    connection: AsyncConnection, ledger_id: LedgerId, above: int, upto: int
) -> list[BlockRef]:
    """Return the stored blocks above one number up to another, newest first."""
    rows = await connection.execute(
        select(blocks)
        .where(blocks.c.ledger_id == ledger_id, blocks.c.number > above, blocks.c.number <= upto)
        .order_by(blocks.c.number.desc())
    )
    return [BlockRef(row.number, Hash32(row.hash), row.time) for row in rows]


async def deliveries_above(connection: AsyncConnection, ledger_id: LedgerId, number: int) -> list[DeliveryId]:
    """Return the deliveries that have an entry above block `number`."""
    rows = await connection.execute(
        select(entries.c.delivery_id)
        .where(
            entries.c.ledger_id == ledger_id,
            entries.c.block_number > number,
            entries.c.delivery_id != bytes(32),
        )
        .distinct()
    )
    return [DeliveryId(row[0]) for row in rows]


async def registry_changed_above(connection: AsyncConnection, ledger_id: LedgerId, number: int) -> bool:
    """Return whether members, writers or drivers changed above block `number`."""
    for table, also in (
        (registry_events, ()),
        (entries, (entries.c.kind == Kind.DRIVER_MOVE.value,)),
    ):
        found = await connection.scalar(
            select(table.c.block_number)
            .where(table.c.ledger_id == ledger_id, table.c.block_number > number, *also)
            .limit(1)
        )
        if found is not None:
            return True
    return False


async def all_heads(
    connection: AsyncConnection, ledger_id: LedgerId
) -> tuple[dict[MemberNumber, Hash32], dict[DriverNumber, Hash32]]:
    """Return every carrier's and every driver's head, as stored."""
    rows = await connection.execute(
        select(members.c.member, members.c.head).where(members.c.ledger_id == ledger_id)
    )
    carriers = {MemberNumber(number): Hash32(head) for number, head in rows}
    rows = await connection.execute(
        select(drivers.c.driver, drivers.c.head).where(drivers.c.ledger_id == ledger_id)
    )
    return carriers, {DriverNumber(number): Hash32(head) for number, head in rows}


async def owners_above(
    connection: AsyncConnection, ledger_id: LedgerId, number: int
) -> tuple[set[MemberNumber], set[DriverNumber]]:
    """Return the carriers and the drivers whose heads were extended above block `number`."""
    rows = await connection.execute(
        select(entries.c.head_carrier, entries.c.head_driver)
        .where(entries.c.ledger_id == ledger_id, entries.c.block_number > number)
        .distinct()
    )
    owners = list(rows)
    carriers = {MemberNumber(carrier) for carrier, _ in owners if carrier}
    return carriers, {DriverNumber(driver) for _, driver in owners if driver}


async def restore_heads(
    connection: AsyncConnection,
    ledger_id: LedgerId,
    carriers: Iterable[MemberNumber],
    drivers_: Iterable[DriverNumber],
) -> None:
    """Set the owners' heads to those of their last stored entries."""
    for table, column, owner, numbers in (
        (members, entries.c.carrier, entries.c.head_carrier, carriers),
        (drivers, entries.c.driver, entries.c.head_driver, drivers_),
    ):
        which = table.c.member if table is members else table.c.driver
        for number in numbers:
            head = await connection.scalar(
                select(entries.c.head)
                .where(entries.c.ledger_id == ledger_id, column == number, owner == number)
                .order_by(entries.c.block_number.desc(), entries.c.log_index.desc())
                .limit(1)
            )
            await connection.execute(
                update(table)
                .where(table.c.ledger_id == ledger_id, which == number)
                .values(head=head or bytes(32))
            )


async def drop_above(connection: AsyncConnection, ledger_id: LedgerId, number: int) -> None:
    """Delete entries, registry events and blocks above block `number`."""
    for table in (entries, registry_events, blocks):
        await connection.execute(
            delete(table).where(table.c.ledger_id == ledger_id, table.c.block_number > number)
            if table is not blocks
            else delete(table).where(table.c.ledger_id == ledger_id, table.c.number > number)
        )


async def drop_deliveries(
    connection: AsyncConnection, ledger_id: LedgerId, ids: Iterable[DeliveryId], *, only_stops: bool
) -> None:
    """Delete the deliveries' stops, and themselves unless `only_stops`."""
    for some in slices(ids):
        for table in (stops,) if only_stops else (stops, deliveries):
            await connection.execute(
                delete(table).where(table.c.ledger_id == ledger_id, table.c.delivery_id.in_(some))
            )


async def registry_rows(connection: AsyncConnection, ledger_id: LedgerId) -> list[sqlalchemy.Row[Any]]:
    """Return every registry event, in chain order."""
    rows = await connection.execute(
        select(registry_events)
        .where(registry_events.c.ledger_id == ledger_id)
        .order_by(registry_events.c.block_number, registry_events.c.log_index)
    )
    return list(rows)


async def move_rows(connection: AsyncConnection, ledger_id: LedgerId) -> list[sqlalchemy.Row[Any]]:
    """Return every driver's move, in chain order."""
    rows = await connection.execute(
        select(entries)
        .where(entries.c.ledger_id == ledger_id, entries.c.kind == Kind.DRIVER_MOVE.value)
        .order_by(entries.c.block_number, entries.c.log_index)
    )
    return list(rows)


async def empty(connection: AsyncConnection, ledger_id: LedgerId, tables: Iterable[Table]) -> None:
    """Delete every row of this ledger from the tables."""
    for table in tables:
        await connection.execute(delete(table).where(table.c.ledger_id == ledger_id))
