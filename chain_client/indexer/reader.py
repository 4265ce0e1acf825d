"""The front door of the index: read-only queries, each on the caller's connection.

Bulk queries take any number of keys and ask in slices, so that no database's limit on parameters is met.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.domain.digests import decode
from chain_client.domain.ids import Address, DeliveryId, DriverNumber, Hash32, MemberNumber
from chain_client.domain.records import Kind
from chain_client.domain.words import DeliveryWord
from chain_client.indexer.records import (
    BlockRef,
    EntryRow,
    HistoryQuery,
    IndexedDelivery,
    IndexedDriver,
    IndexedHead,
    IndexedMember,
    Place,
)
from chain_client.indexer.sql import slices
from chain_client.store import LedgerId
from chain_client.store.tables import blocks, cursors, deliveries, entries, members, writers
from chain_client.store.tables import drivers as drivers_table

__all__ = [
    "BlockRef",
    "EntryRow",
    "HistoryQuery",
    "IndexedDelivery",
    "IndexedDriver",
    "IndexedHead",
    "IndexedMember",
    "Place",
    "all_drivers",
    "block_hash",
    "block_hashes",
    "delivery",
    "delivery_entries",
    "drivers",
    "drivers_carriers",
    "history",
    "indexed_head",
    "last_place",
    "member",
    "members_by_number",
    "states",
    "writers_member",
]


async def indexed_head(connection: AsyncConnection, ledger_id: LedgerId) -> IndexedHead | None:
    """Return how far the index has read, and the node's clock; None before the follower's first step."""
    row = (await connection.execute(select(cursors).where(cursors.c.ledger_id == ledger_id))).one_or_none()
    if row is None:
        return None
    return IndexedHead(
        block_number=row.block_number,
        block_hash=Hash32(row.block_hash),
        block_time=row.block_time,
        final_number=row.final_number,
        final_hash=Hash32(row.final_hash),
        final_time=row.final_time,
        head_number=row.head_number,
        chain_time=row.head_time,
        observed_at=row.observed_at,
        engine=row.engine,
        halted=row.halted,
    )


async def block_hash(connection: AsyncConnection, ledger_id: LedgerId, number: int) -> Hash32 | None:
    """Return the hash of an indexed block that holds an entry; None where there is no such block (any more)."""
    found = await connection.scalar(
        select(blocks.c.hash).where(blocks.c.ledger_id == ledger_id, blocks.c.number == number)
    )
    return None if found is None else Hash32(found)


async def block_hashes(
    connection: AsyncConnection, ledger_id: LedgerId, numbers: Iterable[int]
) -> dict[int, Hash32]:
    """Return the hashes of those of the blocks that hold entries, by number."""
    found: dict[int, Hash32] = {}
    for some in slices(set(numbers)):
        rows = await connection.execute(
            select(blocks.c.number, blocks.c.hash).where(
                blocks.c.ledger_id == ledger_id, blocks.c.number.in_(some)
            )
        )
        found.update((row.number, Hash32(row.hash)) for row in rows)
    return found


async def last_place(connection: AsyncConnection, ledger_id: LedgerId) -> Place | None:
    """Return where the record ends for now; None while it holds no entry."""
    query = (
        select(entries.c.block_number, entries.c.log_index)
        .where(entries.c.ledger_id == ledger_id)
        .order_by(entries.c.block_number.desc(), entries.c.log_index.desc())
        .limit(1)
    )
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else Place(row.block_number, row.log_index)


async def states(
    connection: AsyncConnection, ledger_id: LedgerId, delivery_ids: Iterable[DeliveryId]
) -> dict[DeliveryId, IndexedDelivery]:
    """Return the deliveries that are known, by id; what is not on chain (yet) is left out."""
    found: dict[DeliveryId, IndexedDelivery] = {}
    for some in slices(set(delivery_ids)):
        rows = await connection.execute(
            select(deliveries).where(deliveries.c.ledger_id == ledger_id, deliveries.c.delivery_id.in_(some))
        )
        found.update((DeliveryId(row.delivery_id), _delivery(row)) for row in rows)
    return found


async def delivery(
    connection: AsyncConnection, ledger_id: LedgerId, delivery_id: DeliveryId
) -> IndexedDelivery | None:
    """Return one delivery; None where it is not on chain (yet)."""
    return (await states(connection, ledger_id, [delivery_id])).get(delivery_id)


def _delivery(row: Row[Any]) -> IndexedDelivery:
    word = DeliveryWord.unpack(int.from_bytes(row.word, "big"))
    assert word is not None, "a stored delivery was opened"
    return IndexedDelivery(
        delivery_id=DeliveryId(row.delivery_id),
        shipper=MemberNumber(row.shipper),
        word=word,
        was_drivers=frozenset(unpack_drivers(row.was_drivers)),
        opened_at=row.opened_at,
        accepted_at=row.accepted_at,
    )


def unpack_drivers(raw: bytes) -> list[DriverNumber]:
    """Return the driver numbers of `deliveries.was_drivers`, in order."""
    return [DriverNumber(int.from_bytes(raw[at : at + 4], "big")) for at in range(0, len(raw), 4)]


async def member(
    connection: AsyncConnection, ledger_id: LedgerId, number: MemberNumber
) -> IndexedMember | None:
    """Return a member; None where the number is not registered (yet)."""
    return (await members_by_number(connection, ledger_id, [number])).get(number)


async def members_by_number(
    connection: AsyncConnection, ledger_id: LedgerId, numbers: Iterable[MemberNumber]
) -> dict[MemberNumber, IndexedMember]:
    """Return the members that are known, by number."""
    found: dict[MemberNumber, IndexedMember] = {}
    for some in slices(set(numbers)):
        rows = await connection.execute(
            select(members).where(members.c.ledger_id == ledger_id, members.c.member.in_(some))
        )
        found.update((MemberNumber(row.member), member_of(row)) for row in rows)
    return found


def member_of(row: Row[Any]) -> IndexedMember:
    """Return a row of `members`."""
    return IndexedMember(
        member=MemberNumber(row.member),
        name=row.name,
        roles=row.roles,
        owner=Address(row.owner),
        offered_owner=None if row.offered_owner is None else Address(row.offered_owner),
        recovery_owner=None if row.recovery_owner is None else Address(row.recovery_owner),
        recovery_from=row.recovery_from,
    )


async def writers_member(
    connection: AsyncConnection, ledger_id: LedgerId, writer: Address
) -> MemberNumber | None:
    """Return the member that an address may write for now; None where it may not write."""
    found = await connection.scalar(
        select(writers.c.member).where(
            writers.c.ledger_id == ledger_id, writers.c.writer == writer, writers.c.removed.is_(False)
        )
    )
    return None if found is None else MemberNumber(found)


async def drivers_carriers(
    connection: AsyncConnection, ledger_id: LedgerId, numbers: Iterable[DriverNumber]
) -> dict[DriverNumber, MemberNumber]:
    """Return the carrier of each driver that is registered."""
    found: dict[DriverNumber, MemberNumber] = {}
    for some in slices(set(numbers)):
        rows = await connection.execute(
            select(drivers_table.c.driver, drivers_table.c.carrier).where(
                drivers_table.c.ledger_id == ledger_id, drivers_table.c.driver.in_(some)
            )
        )
        found.update((DriverNumber(row.driver), MemberNumber(row.carrier)) for row in rows)
    return found


async def drivers(
    connection: AsyncConnection,
    ledger_id: LedgerId,
    *,
    carrier: MemberNumber | None = None,
    after: DriverNumber | None = None,
    limit: int,
) -> list[IndexedDriver]:
    """Return up to `limit` drivers (of one carrier) by rising number, those above `after`."""
    query = (
        select(drivers_table)
        .where(drivers_table.c.ledger_id == ledger_id)
        .order_by(drivers_table.c.driver)
        .limit(limit)
    )
    if carrier is not None:
        query = query.where(drivers_table.c.carrier == carrier)
    if after is not None:
        query = query.where(drivers_table.c.driver > after)
    return [_driver(row) for row in await connection.execute(query)]


async def all_drivers(connection: AsyncConnection, ledger_id: LedgerId) -> list[IndexedDriver]:
    """Return every registered driver by rising number."""
    query = (
        select(drivers_table).where(drivers_table.c.ledger_id == ledger_id).order_by(drivers_table.c.driver)
    )
    return [_driver(row) for row in await connection.execute(query)]


def _driver(row: Row[Any]) -> IndexedDriver:
    return IndexedDriver(
        DriverNumber(row.driver), MemberNumber(row.carrier), Address(row.key), nonce=row.nonce
    )


async def delivery_entries(
    connection: AsyncConnection, ledger_id: LedgerId, delivery_id: DeliveryId
) -> list[EntryRow]:
    """Return every entry of one delivery in chain order: few, so all at once."""
    query = (
        select(entries)
        .where(entries.c.ledger_id == ledger_id, entries.c.delivery_id == delivery_id)
        .order_by(entries.c.block_number, entries.c.log_index)
    )
    return [entry_of(row) for row in await connection.execute(query)]


async def history(
    connection: AsyncConnection,
    ledger_id: LedgerId,
    query: HistoryQuery,
    *,
    after: Place | None = None,
    limit: int,
    newest_first: bool = False,
) -> list[EntryRow]:
    """Return up to `limit` entries that `query` names, in chain order (or against it), beyond `after`.

    `after` is the place of the last entry of the page before; whether the chain was rewound since is the caller's to
    see, by `block_hash(after.block_number)`.
    """
    where = [entries.c.ledger_id == ledger_id, *await _conditions(connection, ledger_id, query)]
    key = tuple_(entries.c.block_number, entries.c.log_index)
    if after is not None:
        place = tuple_(after.block_number, after.log_index)
        where.append(key < place if newest_first else key > place)
    # One ordered query a side of a member, each straight from its index, and merged here: an OR would sort everything.
    sides: list[ColumnElement[bool]] = (
        [and_(True)]
        if query.member is None
        else [entries.c.shipper == query.member, entries.c.carrier == query.member]
    )
    found: dict[Place, EntryRow] = {}
    for side in sides:
        for row in await connection.execute(_page(and_(*where, side), limit, newest_first)):
            entry = entry_of(row)
            found[entry.place] = entry
    return [found[place] for place in sorted(found, reverse=newest_first)[:limit]]


def _page(where: ColumnElement[bool], limit: int, newest_first: bool) -> Select[Any]:
    order = [entries.c.block_number, entries.c.log_index]
    return (
        select(entries)
        .where(where)
        .order_by(*(column.desc() if newest_first else column for column in order))
        .limit(limit)
    )


async def _conditions(
    connection: AsyncConnection, ledger_id: LedgerId, query: HistoryQuery
) -> list[ColumnElement[bool]]:
    number = entries.c.block_number
    conditions: list[ColumnElement[bool]] = []
    if query.driver is not None:
        conditions.append(entries.c.driver == query.driver)
    if query.kind is not None:
        conditions.append(entries.c.kind == query.kind.value)
    if query.delivery_id is not None:
        conditions.append(entries.c.delivery_id == query.delivery_id)
    if query.tx_hash is not None:
        conditions.append(entries.c.tx_hash == query.tx_hash)
    if query.first_block is not None:
        conditions.append(number >= query.first_block)
    if query.last_block is not None:
        conditions.append(number <= query.last_block)
    # Times become block numbers, so that one index serves order and range. They are found in the order of times, which
    # rise with the numbers: asked for the least number, a database would walk through all blocks before it.
    if query.from_time is not None:
        first = await connection.scalar(
            select(blocks.c.number)
            .where(blocks.c.ledger_id == ledger_id, blocks.c.time >= query.from_time)
            .order_by(blocks.c.time, blocks.c.number)
            .limit(1)
        )
        conditions.append(number >= first if first is not None else number < 0)
    if query.to_time is not None:
        last = await connection.scalar(
            select(blocks.c.number)
            .where(blocks.c.ledger_id == ledger_id, blocks.c.time < query.to_time)
            .order_by(blocks.c.time.desc(), blocks.c.number.desc())
            .limit(1)
        )
        conditions.append(number <= last if last is not None else number < 0)
    return conditions


def entry_of(row: Row[Any]) -> EntryRow:
    """Return a row of `entries` with its item decoded."""
    kind = Kind(row.kind)
    return EntryRow(
        block_number=row.block_number,
        log_index=row.log_index,
        block_time=row.block_time,
        tx_hash=Hash32(row.tx_hash),
        kind=kind,
        delivery_id=DeliveryId(row.delivery_id),
        shipper=MemberNumber(row.shipper),
        carrier=MemberNumber(row.carrier),
        driver=DriverNumber(row.driver),
        writer=Address(row.writer),
        former_driver=row.former_driver,
        item=decode(kind, row.item),
        word=int.from_bytes(row.word, "big"),
        head_carrier=MemberNumber(row.head_carrier),
        head_driver=DriverNumber(row.head_driver),
        head=Hash32(row.head),
    )
