"""Sums of daily counts, as of any final block: what `reputation` reads.

The stored counts are those of the last indexed block. For an earlier one, the deliveries that have entries after it
are folded again up to it, and the difference is added: the same numbers as if the index had stopped there.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import (
    CTE,
    BigInteger,
    Column,
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    column,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.domain.ids import DeliveryId, DriverNumber, Hash32, MemberNumber
from chain_client.domain.records import DAY, DriversRegistered, Outcome
from chain_client.indexer.counts import Counts, add_stops
from chain_client.indexer.fold import DeliveryFold
from chain_client.indexer.queries import prior_items
from chain_client.indexer.reader import indexed_head
from chain_client.indexer.records import BlockRef
from chain_client.indexer.sql import SLICE, slices
from chain_client.store import LedgerId
from chain_client.store.tables import (
    FIGURES,
    PARTS,
    blocks,
    daily_counts,
    deliveries,
    drivers,
    registry_events,
    stops,
)

By = Literal["driver", "carrier", "shipper"]
"""Whose stops are summed."""

OVERALL: Final = tuple(f"overall_{value}" for value in range(1, 6))
"""The counts of overall ratings, 1 to 5."""


@dataclass(frozen=True, slots=True)
class Window:
    """Which days count, and how much: `weights` by age in days before `day`, settled from an age on."""

    day: int
    weights: tuple[int, ...]
    settled_age: int

    @property
    def first(self) -> int:
        """The first day that counts."""
        return self.day - len(self.weights) + 1

    def weight(self, day: int) -> int | None:
        """The weight of a day; None where it does not count."""
        age = self.day - day
        return self.weights[age] if 0 <= age < len(self.weights) else None

    def settled(self, day: int) -> bool:
        """Whether a day is old enough that silence says something."""
        return self.day - day >= self.settled_age


@dataclass(slots=True)
class Totals:
    """Sums by name of count, plain and weighted; `settled_…` sums stops, feedback and comments of settled days alone."""

    plain: dict[str, int] = field(default_factory=dict)
    weighted: dict[str, int] = field(default_factory=dict)

    def plus(self, other: Totals) -> Totals:
        """Return the sums of both."""

        def both(one: dict[str, int], two: dict[str, int]) -> dict[str, int]:
            return {name: one.get(name, 0) + two.get(name, 0) for name in one | two}

        return Totals(both(self.plain, other.plain), both(self.weighted, other.weighted))

    def add(self, name: str, count: int, weight: int) -> None:
        """Add a count of a day of this weight."""
        self.plain[name] = self.plain.get(name, 0) + count
        self.weighted[name] = self.weighted.get(name, 0) + weight * count


TotalsByPart = dict[tuple[int, str], Totals]
"""By number of the driver, carrier or shipper, and by part of `store.tables.PARTS`; what has no counts is missing."""

_SETTLED: Final = ("stops", "feedback", "comments")


async def last_final_block(
    connection: AsyncConnection, ledger_id: LedgerId, as_of: int | None
) -> BlockRef | None:
    """Return the last final block that is indexed, at or before `as_of` where that is given; None for none.

    Of the blocks before the last final one only those with entries are kept: the last of them at or before `as_of`
    stands for the empty ones that follow it.
    """
    head = await indexed_head(connection, ledger_id)
    if head is None:
        return None
    final = BlockRef(head.final_number, head.final_hash, head.final_time)
    if head.block_number < head.final_number:
        final = BlockRef(head.block_number, head.block_hash, head.block_time)
    if as_of is None or as_of >= final.time:
        return final
    row = (
        await connection.execute(
            select(blocks)
            .where(blocks.c.ledger_id == ledger_id, blocks.c.time <= as_of, blocks.c.number <= final.number)
            .order_by(blocks.c.time.desc(), blocks.c.number.desc())
            .limit(1)
        )
    ).one_or_none()
    return None if row is None else BlockRef(row.number, Hash32(row.hash), row.time)


async def totals(
    connection: AsyncConnection,
    ledger_id: LedgerId,
    by: By,
    numbers: Collection[int] | None,
    window: Window,
    *,
    figures: Collection[str] = FIGURES,
) -> TotalsByPart:
    """Return the sums of the stored counts, for the numbers given or for all."""
    names = (*figures, *(f"settled_{name}" for name in _SETTLED if name in figures))
    statement = _sums(by, names, window.weights, numbers is not None)
    values = {
        "ledger": ledger_id,
        "day": window.day,
        "first": window.first,
        "settled_until": window.day - window.settled_age,
    }
    found: TotalsByPart = {}
    for some in _slices_or_all(numbers):
        asked = values if some is None else {**values, "numbers": some}
        for row in await connection.execute(statement, asked):
            # Sums of big integers come as decimals from some databases.
            sums = [int(value) for value in row[2:]]
            found[row[0], row[1]] = Totals(
                dict(zip(names, sums[::2], strict=True)), dict(zip(names, sums[1::2], strict=True))
            )
    return found


@cache
def _sums(by: By, names: tuple[str, ...], weights: tuple[int, ...], some: bool) -> Select[Any]:
    """The statement of `totals`: made once, since making it takes longer than running it for one driver."""
    c, day = daily_counts.c, bindparam("day", type_=Integer)
    weight_of = _weights(weights)
    columns: list[ColumnElement[Any]] = []
    for name in names:
        count: ColumnElement[int] = c[name.removeprefix("settled_")]
        if name.startswith("settled_"):
            count = case((c.day <= bindparam("settled_until", type_=Integer), count), else_=0)
        columns += [func.sum(count), func.sum(count * weight_of.c.weight)]
    query = (
        select(c[by], c.part, *columns)
        .join(weight_of, weight_of.c.age == day - c.day)
        .where(
            c.ledger_id == bindparam("ledger", type_=Integer),
            c.part.in_(PARTS),
            c.day.between(bindparam("first", type_=Integer), day),
        )
        .group_by(c[by], c.part)
    )
    return query.where(c[by].in_(bindparam("numbers", expanding=True))) if some else query


def _weights(weights: tuple[int, ...]) -> CTE:
    # Written out: numbers of a published policy, so that the statement stays the same and is compiled once.
    rows = " UNION ALL ".join(
        f"SELECT {age} AS age, {weight} AS weight" for age, weight in enumerate(weights)
    )
    return text(rows).columns(column("age", Integer), column("weight", BigInteger)).cte("weights")


def _slices_or_all(numbers: Collection[int] | None) -> Iterator[list[int] | None]:
    if numbers is None:
        yield None
    else:
        yield from slices(numbers)


def add_counts(found: TotalsByPart, by: By, differences: Counts, window: Window) -> None:
    """Add differences of counts to the sums they belong to."""
    for key, row in differences.items():
        weight = window.weight(key.day)
        if weight is None:
            continue
        sums = found.setdefault((getattr(key, by), key.part), Totals())
        for name, count in zip(FIGURES, row, strict=True):
            if count:
                sums.add(name, count, weight)
                if name in _SETTLED and window.settled(key.day):
                    sums.add(f"settled_{name}", count, weight)


async def differences_after(
    connection: AsyncConnection,
    ledger_id: LedgerId,
    number: int,
    by: By,
    numbers: Collection[int] | None,
    window: Window,
) -> Counts:
    """Return what to add to the stored counts to have those of block `number`, for the numbers given or for all."""
    differences: Counts = {}
    touched = await _deliveries_after(connection, ledger_id, number, by, numbers, window)
    for at in range(0, len(touched), 8 * SLICE):
        some = touched[at : at + 8 * SLICE]
        for items in (await prior_items(connection, ledger_id, some)).values():
            fold = DeliveryFold()
            before = None
            for item in items:
                if before is None and item.block_number > number:
                    before = fold.stops()
                fold.apply(item)
            now = fold.result()
            add_stops(differences, now.carrier, now.shipper, now.stops, -1)
            add_stops(differences, now.carrier, now.shipper, before or (), 1)
    if numbers is not None:
        wanted = set(numbers)
        differences = {key: row for key, row in differences.items() if getattr(key, by) in wanted}
    return {key: row for key, row in differences.items() if any(row)}


async def _deliveries_after(
    connection: AsyncConnection,
    ledger_id: LedgerId,
    number: int,
    by: By,
    numbers: Collection[int] | None,
    window: Window,
) -> list[DeliveryId]:
    """Deliveries with an entry after the block and a stop in the window: stops keep their day, so no other matters."""
    found: dict[DeliveryId, None] = {}
    for some in _slices_or_all(numbers):
        query = (
            select(stops.c.delivery_id)
            .join(
                deliveries,
                and_(
                    deliveries.c.ledger_id == stops.c.ledger_id,
                    deliveries.c.delivery_id == stops.c.delivery_id,
                ),
            )
            .where(
                stops.c.ledger_id == ledger_id,
                stops.c.day.between(window.first, window.day),
                deliveries.c.last_block > number,
            )
            .distinct()
        )
        if some is not None:
            query = query.where(stops.c[by].in_(some))
        found.update((DeliveryId(row[0]), None) for row in await connection.execute(query))
    return list(found)


async def stops_by_driver(
    connection: AsyncConnection, ledger_id: LedgerId, carrier: MemberNumber, window: Window
) -> dict[DriverNumber, int]:
    """Return how many stops of the carrier's each driver (0: nobody named) has in the window, as stored."""
    rows = await connection.execute(
        select(daily_counts.c.driver, func.sum(daily_counts.c.stops))
        .where(
            daily_counts.c.ledger_id == ledger_id,
            daily_counts.c.part == "all",
            daily_counts.c.carrier == carrier,
            daily_counts.c.day.between(window.first, window.day),
        )
        .group_by(daily_counts.c.driver)
    )
    return {DriverNumber(row[0]): int(row[1]) for row in rows}


async def silent_deliveries(
    connection: AsyncConnection,
    ledger_id: LedgerId,
    carrier: MemberNumber,
    block: BlockRef,
    *,
    due_by: int,
    silent_after: int,
    window: Window,
) -> dict[int, tuple[int, int]]:
    """Return, by UTC day of the promise, how many deliveries were due by `due_by`, and how many of those were silent.

    A delivery is due `silent_after` seconds after its promise, unless it was cancelled or refused by then, and silent
    where no report of outcome 2 to 5 had been recorded by then. Entries after `block` are not seen.
    """
    due_at: ColumnElement[int] = deliveries.c.promised_by + silent_after

    def not_by_then(reached: Column[int | None]) -> ColumnElement[bool]:
        return or_(reached.is_(None), reached > due_at, reached > block.time)

    silent = not_by_then(deliveries.c.first_report_at)
    day: ColumnElement[int] = deliveries.c.promised_by // DAY
    rows = await connection.execute(
        select(day, func.count(), func.sum(case((silent, 1), else_=0)))
        .where(
            and_(
                deliveries.c.ledger_id == ledger_id,
                deliveries.c.carrier == carrier,
                deliveries.c.opened_at <= block.time,
                due_at <= due_by,
                not_by_then(deliveries.c.released_at),
                deliveries.c.promised_by.between(window.first * DAY, (window.day + 1) * DAY - 1),
            )
        )
        .group_by(day)
    )
    return {row[0]: (int(row[1]), int(row[2])) for row in rows}


class Openings(NamedTuple):
    """A carrier's openings in a window, and how many of them ended which way."""

    opened: int
    returned: int
    refused: int
    revived: int


async def openings_by_end(
    connection: AsyncConnection, ledger_id: LedgerId, carrier: MemberNumber, block: BlockRef, window: Window
) -> Openings:
    """Return how many of the carrier's deliveries, opened on days of the window, ended which way by `block`.

    `revived` are those delivered after they had been cancelled.
    """
    c = deliveries.c

    def ended(outcome: Outcome) -> ColumnElement[int]:
        return func.sum(case((and_(c.ended == int(outcome), c.ended_block <= block.number), 1), else_=0))

    row = (
        await connection.execute(
            select(
                func.count(),
                ended(Outcome.RETURNED),
                ended(Outcome.NOT_RECEIVED),
                func.sum(case((c.revived_block <= block.number, 1), else_=0)),
            ).where(
                c.ledger_id == ledger_id,
                c.carrier == carrier,
                c.opened_at.between(window.first * DAY, min(block.time, (window.day + 1) * DAY - 1)),
            )
        )
    ).one()
    return Openings(*(int(count or 0) for count in row))


RatingsByShipper = dict[int, dict[MemberNumber, int]]
"""Live overall ratings that count, by number of the driver or carrier and by shipper."""


async def ratings_by_shipper(
    connection: AsyncConnection,
    ledger_id: LedgerId,
    by: By,
    numbers: Collection[int] | None,
    window: Window,
) -> RatingsByShipper:
    """Return how many live overall ratings each driver or carrier has from each shipper in the window, as stored."""
    c = daily_counts.c
    found: RatingsByShipper = {}
    ratings = func.sum(sum((c[name] for name in OVERALL[1:]), start=c[OVERALL[0]]))
    for some in _slices_or_all(numbers):
        query = (
            select(c[by], c.shipper, ratings)
            .where(c.ledger_id == ledger_id, c.part == "all", c.day.between(window.first, window.day))
            .group_by(c[by], c.shipper)
        )
        if some is not None:
            query = query.where(c[by].in_(some))
        for number, shipper, count in await connection.execute(query):
            found.setdefault(number, {})[MemberNumber(shipper)] = int(count)
    return found


def add_ratings(found: RatingsByShipper, by: By, differences: Counts, window: Window) -> None:
    """Add differences of counts to the ratings by shipper that they belong to."""
    at = [FIGURES.index(name) for name in OVERALL]
    for key, row in differences.items():
        if key.part == "all" and window.weight(key.day) is not None:
            shippers = found.setdefault(getattr(key, by), {})
            shippers[key.shipper] = shippers.get(key.shipper, 0) + sum(row[one] for one in at)


async def drivers_known_at(
    connection: AsyncConnection, ledger_id: LedgerId, number: int
) -> list[DriverNumber]:
    """Return the drivers that were registered by block `number`, rising."""
    later: set[int] = set()
    rows = await connection.execute(
        select(registry_events.c.args).where(
            registry_events.c.ledger_id == ledger_id,
            registry_events.c.block_number > number,
            registry_events.c.event == DriversRegistered.__name__,
        )
    )
    for row in rows:
        args = json.loads(row.args)
        later.update(range(args["first"], args["first"] + args["count"]))
    known = await connection.execute(
        select(drivers.c.driver).where(drivers.c.ledger_id == ledger_id).order_by(drivers.c.driver)
    )
    return [DriverNumber(row[0]) for row in known if row[0] not in later]
