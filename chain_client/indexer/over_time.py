"""Drivers' daily counts over time, as of many instants at once: what reputations over time are made of.

The stored counts are those of the last indexed block. For an earlier block the deliveries that have entries after it
are folded again; here each once, whatever the number of instants, with a look at its stops at each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Integer, and_, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.domain.ids import DeliveryId, DriverNumber
from chain_client.indexer.counts import Counts, add_stops
from chain_client.indexer.fold import DeliveryFold, FoldInput, Stop
from chain_client.indexer.queries import prior_items
from chain_client.indexer.sql import SLICE, slices
from chain_client.indexer.totals import OVERALL
from chain_client.store import LedgerId
from chain_client.store.tables import FIGURES, daily_counts, deliveries, stops

CountsByDay = dict[int, dict[str, int]]
"""By UTC day, by name of count."""


class Instant(NamedTuple):
    """An instant to look at: the last final block by then, and the instant's UTC day."""

    block: int
    day: int


async def counts_at(
    connection: AsyncConnection,
    ledger_id: LedgerId,
    driver: DriverNumber,
    instants: Sequence[Instant],
    *,
    names: Sequence[str],
    days: int,
) -> list[CountsByDay]:
    """Return the driver's counts of every stop (part `all`) on the `days` days up to each instant; instants rise."""
    if not instants:
        return []
    first, last = instants[0].day - days + 1, instants[-1].day
    stored = await _stored(connection, ledger_id, driver, names, first, last)
    differences: list[Counts] = [{} for _ in instants]
    touched = await _touched(connection, ledger_id, driver, instants, days)
    for at in range(0, len(touched), 8 * SLICE):
        for items in (await prior_items(connection, ledger_id, touched[at : at + 8 * SLICE])).values():
            _add_differences(differences, items, driver, [instant.block for instant in instants])
    return [
        _sum(stored, difference, names, instant.day - days + 1, instant.day)
        for instant, difference in zip(instants, differences, strict=True)
    ]


async def _stored(
    connection: AsyncConnection,
    ledger_id: LedgerId,
    driver: DriverNumber,
    names: Sequence[str],
    first: int,
    last: int,
) -> CountsByDay:
    c = daily_counts.c
    query = (
        select(c.day, *(func.sum(c[name]) for name in names))
        .where(c.ledger_id == ledger_id, c.part == "all", c.driver == driver, c.day.between(first, last))
        .group_by(c.day)
    )
    return {
        row[0]: dict(zip(names, map(int, row[1:]), strict=True)) for row in await connection.execute(query)
    }


async def _touched(
    connection: AsyncConnection,
    ledger_id: LedgerId,
    driver: DriverNumber,
    instants: Sequence[Instant],
    days: int,
) -> list[DeliveryId]:
    """Return the deliveries of which some instant sees a stop, and sees it before the delivery's last entry.

    The first instant that sees a stop has the lowest block of those that do, so each is asked for its new days alone.
    """
    found: dict[DeliveryId, None] = {}
    seen = instants[0].day - days
    for instant in instants:
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
                stops.c.driver == driver,
                stops.c.day.between(max(seen + 1, instant.day - days + 1), instant.day),
                deliveries.c.last_block > instant.block,
            )
        )
        if instant.day > seen:
            found.update((DeliveryId(row[0]), None) for row in await connection.execute(query))
        seen = instant.day
    return list(found)


def _add_differences(
    differences: Sequence[Counts], items: Sequence[FoldInput], driver: DriverNumber, blocks: Sequence[int]
) -> None:
    """Add to each block's differences what the delivery's stops with the driver were then, less what they are now."""
    fold, at, then = DeliveryFold(), 0, list[tuple[Stop, ...]]()
    for block in blocks:
        while at < len(items) and items[at].block_number <= block:
            fold.apply(items[at])
            at += 1
        if at == len(items):
            break  # from here on nothing differs from now
        then.append(_own(fold, driver))
    for item in items[at:]:
        fold.apply(item)
    now, whole = _own(fold, driver), fold.result()
    for difference, before in zip(differences, then, strict=False):
        if before != now:
            add_stops(difference, whole.carrier, whole.shipper, now, -1)
            add_stops(difference, whole.carrier, whole.shipper, before, 1)


def _own(fold: DeliveryFold, driver: DriverNumber) -> tuple[Stop, ...]:
    return tuple(stop for stop in fold.stops() if stop.driver == driver)


def _sum(
    stored: CountsByDay, differences: Counts, names: Sequence[str], first: int, last: int
) -> CountsByDay:
    counts = {day: dict(found) for day, found in stored.items() if first <= day <= last}
    for key, row in differences.items():
        if key.part == "all" and first <= key.day <= last:
            found = counts.setdefault(key.day, dict.fromkeys(names, 0))
            for name in names:
                found[name] += row[FIGURES.index(name)]
    return counts


async def overall_by_week(
    connection: AsyncConnection,
    ledger_id: LedgerId,
    drivers: Sequence[DriverNumber],
    *,
    first: int,
    last: int,
) -> dict[tuple[DriverNumber, int], tuple[int, ...]]:
    """Return how many live overall ratings of 1 to 5 each driver has, as stored, by week of 7 days from day `first`."""
    c = daily_counts.c
    week: Any = cast((c.day - first) // 7, Integer)
    found: dict[tuple[DriverNumber, int], tuple[int, ...]] = {}
    for some in slices(drivers):
        query = (
            select(c.driver, week, *(func.sum(c[name]) for name in OVERALL))
            .where(c.ledger_id == ledger_id, c.part == "all", c.driver.in_(some), c.day.between(first, last))
            .group_by(c.driver, week)
        )
        for driver, number, *sums in await connection.execute(query):
            found[DriverNumber(driver), int(number)] = tuple(map(int, sums))
    return found
