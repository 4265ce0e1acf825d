"""Searches of the record, newest first, each with an end to its work: a member's deliveries, and feedback.

A search looks at SCANNED entries of its index at most, and at no more rows than it may answer or sift. What it did not
get to is for the next call: it answers with the place that it reached. So a page may hold fewer entries than its limit,
even none, while there is more; `reached` is None at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, LargeBinary, Select, and_, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.domain.ids import DeliveryId, DriverNumber, MemberNumber
from chain_client.domain.records import CONDUCT_ISSUES, Feedback, Issue, Kind
from chain_client.indexer.reader import entry_of, states
from chain_client.indexer.records import EntryRow, Place
from chain_client.indexer.sql import slices
from chain_client.store import LedgerId
from chain_client.store.tables import deliveries, entries, stops

SCANNED: Final = 10_000
"""Most entries of one index that one call looks at."""
SIFTED: Final = 1_000
"""Most rows that one call decodes to judge them here."""
CANDIDATES: Final = 1_000
"""Most deliveries of an id's beginning that are looked up one by one; of more, the record is searched instead."""

SERIOUS_ISSUES: Final = CONDUCT_ISSUES | Issue.DAMAGED_ITEM | Issue.MISSING


@dataclass(frozen=True, slots=True)
class Found:
    """A page of entries, newest first, and the place after which the next begins; None where there is nothing more."""

    entries: list[EntryRow]
    reached: Place | None


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Which of a member's deliveries: every filter that is given must hold.

    `outcome` is the last one, 0 for opened only; `driver` the present one or one that was replaced; `ids` the least id
    and the one that the greatest is below (None: no such bound); `one` a delivery by itself.
    """

    outcome: int | None = None
    driver: DriverNumber | None = None
    ids: tuple[bytes, bytes | None] | None = None
    one: DeliveryId | None = None


def is_serious(item: Feedback) -> bool:
    """Say whether somebody should look at this feedback soon: one or two stars, or an issue of person or parcel."""
    return item.overall in (1, 2) or bool(item.issues & SERIOUS_ISSUES)


async def feedback(
    connection: AsyncConnection,
    ledger_id: LedgerId,
    *,
    member: MemberNumber | None,
    driver: DriverNumber | None = None,
    delivery_id: DeliveryId | None = None,
    serious: bool = False,
    after: Place | None = None,
    limit: int,
) -> Found:
    """Return feedback on the deliveries that `member` ships or carries (None: on any), newest first."""
    own = [] if member is None else [entries.c.shipper == member, entries.c.carrier == member]
    if delivery_id is not None:
        sides, rest = [entries.c.delivery_id == delivery_id], own
    elif driver is not None:
        sides, rest = [entries.c.driver == driver], own
    else:
        sides, rest = own or [and_(True)], []
    where = [entries.c.kind == Kind.FEEDBACK.value]
    if rest:
        where.append(or_(*rest))
    if driver is not None:
        where.append(entries.c.driver == driver)

    def holds(entry: EntryRow) -> bool:
        return not serious or (isinstance(entry.item, Feedback) and is_serious(entry.item))

    statement = select(entries).where(*where)
    rows = max(limit, SIFTED) if serious else limit
    return await _search(connection, ledger_id, sides, statement, after, limit, rows, holds)


async def superseded(
    connection: AsyncConnection, ledger_id: LedgerId, found: Sequence[EntryRow]
) -> set[Place]:
    """Return the places of those feedbacks after which another one of the same driver's part was recorded."""
    last: dict[tuple[bytes, int], Place] = {}
    columns = entries.c.delivery_id, entries.c.driver, entries.c.block_number, entries.c.log_index
    for some in slices({entry.delivery_id for entry in found}):
        query = select(*columns).where(
            entries.c.ledger_id == ledger_id,
            entries.c.delivery_id.in_(some),
            entries.c.kind == Kind.FEEDBACK.value,
        )
        for delivery, driver, block, log in await connection.execute(query):
            place = Place(block, log)
            last[delivery, driver] = max(place, last.get((delivery, driver), place))
    return {
        entry.place
        for entry in found
        if last.get((entry.delivery_id, entry.driver), entry.place) > entry.place
    }


async def on_accepted(
    connection: AsyncConnection, ledger_id: LedgerId, found: Sequence[EntryRow]
) -> set[Place]:
    """Return the places of those of the feedbacks that count for carrier and driver (`fold.Stop.accepted`)."""
    accepted: set[tuple[bytes, int]] = set()
    for some in slices({entry.delivery_id for entry in found}):
        query = select(stops.c.delivery_id, stops.c.driver).where(
            stops.c.ledger_id == ledger_id, stops.c.delivery_id.in_(some), stops.c.accepted.is_(True)
        )
        accepted.update((row[0], row[1]) for row in await connection.execute(query))
    return {entry.place for entry in found if (entry.delivery_id, entry.driver) in accepted}


async def openings(
    connection: AsyncConnection,
    ledger_id: LedgerId,
    member: MemberNumber,
    chosen: DeliveryFilter,
    *,
    after: Place | None = None,
    limit: int,
) -> Found:
    """Return the openings of the deliveries that `member` ships or carries, newest first."""
    sides = [entries.c.shipper == member, entries.c.carrier == member]
    statement = select(entries).where(entries.c.kind == Kind.OPENING.value, *_of_delivery(chosen))
    few = await _few(connection, ledger_id, chosen)
    if few is not None:
        # So few that their openings are looked up one by one: nothing is scanned.
        found = await _openings_of(connection, ledger_id, few, statement.where(or_(*sides)), after)
        found = await _sift_drivers(connection, ledger_id, found, chosen.driver)
        more = len(found) > limit
        return Found(found[:limit], found[limit - 1].place if more else None)
    if chosen.ids is not None:
        # By an expression: along the ids' own index so many would have to be sorted first.
        statement = statement.where(
            *_within(func.substr(entries.c.delivery_id, 1, 32, type_=LargeBinary), chosen.ids)
        )
    page = await _search(connection, ledger_id, sides, statement, after, limit, limit, lambda _: True)
    return Found(await _sift_drivers(connection, ledger_id, page.entries, chosen.driver), page.reached)


def _of_delivery(chosen: DeliveryFilter) -> list[ColumnElement[bool]]:
    """Conditions on the delivery's word, byte by byte (`domain.words` has the layout; the word is big endian)."""
    conditions: list[ColumnElement[bool]] = []
    if chosen.outcome is not None:
        # Whatever the flags in the state's high half are.
        states_of_it = [bytes([chosen.outcome + 1 | flags << 4]) for flags in range(16)]
        conditions.append(_bytes_of_word(2, 1).in_(states_of_it))
    if chosen.driver is not None:
        present = _bytes_of_word(9, 4) == chosen.driver.to_bytes(4, "big")
        # Whose driver was replaced is rare; which one it was is looked at afterwards.
        conditions.append(or_(present, func.length(_its(deliveries.c.was_drivers)) > 0))
    return conditions


def _its(column: Column[bytes]) -> ColumnElement[bytes]:
    """Of the entry's delivery: looked up entry by entry, so that the search goes along the entries whatever is known."""
    return (
        select(column)
        .where(
            deliveries.c.ledger_id == entries.c.ledger_id, deliveries.c.delivery_id == entries.c.delivery_id
        )
        .correlate(entries)
        .scalar_subquery()
    )


def _bytes_of_word(first: int, count: int) -> ColumnElement[bytes]:
    return func.substr(_its(deliveries.c.word), first, count, type_=LargeBinary)


def _within(column: ColumnElement[Any], ids: tuple[bytes, bytes | None]) -> list[ColumnElement[bool]]:
    least, below = ids
    return [column >= least] if below is None else [column >= least, column < below]


async def _few(
    connection: AsyncConnection, ledger_id: LedgerId, chosen: DeliveryFilter
) -> list[DeliveryId] | None:
    """Return the deliveries that the ids' bounds leave; None where these are many, or there are no bounds."""
    if chosen.one is not None:
        within = chosen.ids is None or (
            chosen.ids[0] <= chosen.one and (chosen.ids[1] is None or chosen.one < chosen.ids[1])
        )
        return [chosen.one] if within else []
    if chosen.ids is None:
        return None
    query = select(deliveries.c.delivery_id).where(
        deliveries.c.ledger_id == ledger_id, *_within(deliveries.c.delivery_id, chosen.ids)
    )
    found = [DeliveryId(row[0]) for row in await connection.execute(query.limit(CANDIDATES + 1))]
    return found if len(found) <= CANDIDATES else None


async def _openings_of(
    connection: AsyncConnection,
    ledger_id: LedgerId,
    ids: Collection[DeliveryId],
    statement: Select[Any],
    after: Place | None,
) -> list[EntryRow]:
    found: list[EntryRow] = []
    for some in slices(ids):
        mine = statement.where(entries.c.ledger_id == ledger_id, entries.c.delivery_id.in_(some))
        found.extend(entry_of(row) for row in await connection.execute(mine))
    return sorted(
        (entry for entry in found if after is None or entry.place < after),
        key=lambda entry: entry.place,
        reverse=True,
    )


async def _sift_drivers(
    connection: AsyncConnection, ledger_id: LedgerId, found: list[EntryRow], driver: DriverNumber | None
) -> list[EntryRow]:
    if driver is None:
        return found
    known = await states(connection, ledger_id, [entry.delivery_id for entry in found])

    def holds(entry: EntryRow) -> bool:
        delivery = known[entry.delivery_id]
        return driver == delivery.word.driver or driver in delivery.was_drivers

    return [entry for entry in found if holds(entry)]


async def _search(
    connection: AsyncConnection,
    ledger_id: LedgerId,
    sides: Sequence[ColumnElement[bool]],
    statement: Select[Any],
    after: Place | None,
    limit: int,
    rows: int,
    holds: Callable[[EntryRow], bool],
) -> Found:
    """Search each side along its own index; an entry of both comes once."""
    place = tuple_(entries.c.block_number, entries.c.log_index)
    newest_first = entries.c.block_number.desc(), entries.c.log_index.desc()
    found: dict[Place, EntryRow] = {}
    reached: Place | None = None
    for side in sides:
        along = [entries.c.ledger_id == ledger_id, side]
        if after is not None:
            along.append(place < tuple_(*after))
        columns = entries.c.block_number, entries.c.log_index
        bound = select(*columns).where(*along).order_by(*newest_first).offset(SCANNED - 1).limit(1)
        row = (await connection.execute(bound)).one_or_none()
        end = None if row is None else Place(*row)
        within = along if end is None else [*along, place >= tuple_(*end)]
        result = await connection.execute(statement.where(*within).order_by(*newest_first).limit(rows))
        some = [entry_of(one) for one in result]
        if len(some) == rows:
            end = some[-1].place
        if end is not None:
            reached = end if reached is None else max(reached, end)
        found.update((entry.place, entry) for entry in some)
    # What lies below the place that every side has reached is for the next call, or entries would come out of order.
    held = [found[at] for at in sorted(found, reverse=True) if reached is None or at >= reached]
    held = [entry for entry in held if holds(entry)]
    if len(held) > limit:
        return Found(held[:limit], held[limit - 1].place)
    return Found(held, reached)
