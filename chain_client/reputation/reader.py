"""The front door: reputations of drivers, carriers and shippers, from the index, as of any instant.

Every function takes an open connection (one consistent state) and `as_of` in Unix seconds, UTC; None is the time of
the last final block. Entries after the last final block at or before `as_of` are not seen, so that the same question
asked later has the same answer. All raise InvalidInput for a policy or instant that is none, and IndexEmpty (retry)
before the index has read a block.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.domain.errors import InvalidInput, NotFound, Unavailable
from chain_client.domain.ids import DriverNumber, MemberNumber
from chain_client.domain.records import DAY
from chain_client.indexer import reader as index
from chain_client.indexer import totals as index_totals
from chain_client.indexer.counts import Counts
from chain_client.indexer.records import BlockRef
from chain_client.indexer.totals import OVERALL, By, Totals, TotalsByPart, Window
from chain_client.reputation import policy1
from chain_client.reputation.policy1 import Figure, Share, Tally
from chain_client.reputation.records import Reputation, Variant
from chain_client.store import LedgerId
from chain_client.store.tables import FIGURES

__all__ = ["IndexEmpty", "Reputation", "all_drivers", "carrier", "driver", "shipper"]

_COUNTED: Final = (
    "stops",
    "kept",
    "broken",
    "feedback",
    "comments",
    "retracted",
    "beyond",
    "conduct",
    *(f"overall_{value}" for value in range(1, 6)),
    *(f"issue_{bit}" for bit in range(11)),
)
_FROM_ALL: Final = ("stops", "kept", "broken", "settled_stops")
_STOPS: Final = FIGURES.index("stops")
_LATEST: Final = 1 << 37
"""Instants are dates up to the year 6325: what any calendar library writes."""


class IndexEmpty(Unavailable):
    """The index has not read a block yet; try again when it has."""

    code = "index-empty"


@dataclass(frozen=True, slots=True)
class Basis:
    """What an answer rests on: the last final block at or before an instant, and the days that count."""

    as_of: int
    block: BlockRef | None
    last_indexed: int
    window: Window

    @property
    def day(self) -> int:
        """The UTC day of the instant."""
        return self.as_of // DAY


async def driver(
    connection: AsyncConnection,
    ledger_id: LedgerId,
    number: DriverNumber,
    *,
    as_of: int | None = None,
    policy: int = policy1.POLICY,
) -> Reputation:
    """Return one driver's reputation, over all carriers they drove for; NotFound for a number not registered."""
    basis = await basis_of(connection, ledger_id, as_of, policy)
    if not await index.drivers_carriers(connection, ledger_id, [number]):
        raise NotFound(f"Driver {number} is not registered.")
    sums = await _sums(connection, ledger_id, "driver", [number], basis)
    return _reputation("driver", number, sums, basis)


async def carrier(
    connection: AsyncConnection,
    ledger_id: LedgerId,
    number: MemberNumber,
    *,
    as_of: int | None = None,
    policy: int = policy1.POLICY,
) -> Reputation:
    """Return a carrier's reputation: all its stops, driver 0 included, its silent deliveries and its plain shares.

    NotFound for a number that is not a member's; a member that never carried has no counts.
    """
    basis = await basis_of(connection, ledger_id, as_of, policy)
    await _member(connection, ledger_id, number)
    sums = await _sums(connection, ledger_id, "carrier", [number], basis)
    if basis.block is None:
        opened, silent, unnamed = index_totals.Openings(0, 0, 0, 0), {}, Share(0, 0)
    else:
        silent = await index_totals.silent_deliveries(
            connection,
            ledger_id,
            number,
            basis.block,
            due_by=basis.as_of,
            silent_after=policy1.SILENT_AFTER,
            window=basis.window,
        )
        unnamed = await _unnamed(connection, ledger_id, number, sums.differences, basis)
        opened = await index_totals.openings_by_end(connection, ledger_id, number, basis.block, basis.window)
    shares = {
        "unnamed": unnamed,
        "returned": Share(opened.returned, opened.opened),
        "refused": Share(opened.refused, opened.opened),
        "delivered_after_cancellation": Share(opened.revived, opened.opened),
    }
    return _reputation("carrier", number, sums, basis, silent=silent, shares=shares)


async def shipper(
    connection: AsyncConnection,
    ledger_id: LedgerId,
    number: MemberNumber,
    *,
    as_of: int | None = None,
    policy: int = policy1.POLICY,
) -> Reputation:
    """Return the reputation of a shipper's deliveries, whoever carried them; NotFound as for `carrier`.

    It counts the feedback on deliveries that no carrier accepted too.
    """
    basis = await basis_of(connection, ledger_id, as_of, policy)
    await _member(connection, ledger_id, number)
    sums = await _sums(connection, ledger_id, "shipper", [number], basis)
    return _reputation("shipper", number, sums, basis)


async def all_drivers(
    connection: AsyncConnection,
    ledger_id: LedgerId,
    *,
    as_of: int | None = None,
    policy: int = policy1.POLICY,
    only: Collection[DriverNumber] | None = None,
) -> list[Reputation]:
    """Return the reputation of every driver registered by then, by rising number, in a few queries.

    With `only`, of those of them alone; nothing is computed for others.
    """
    basis = await basis_of(connection, ledger_id, as_of, policy)
    if basis.block is None:
        return []
    known = await index_totals.drivers_known_at(connection, ledger_id, basis.block.number)
    if only is not None:
        wanted = set(only)
        known = [number for number in known if number in wanted]
    sums = await _sums(connection, ledger_id, "driver", None if only is None else list(known), basis)
    return [_reputation("driver", number, sums, basis) for number in known]


async def basis_of(connection: AsyncConnection, ledger_id: LedgerId, as_of: int | None, policy: int) -> Basis:
    """Return what an answer as of an instant rests on: the room's own; raises as every function here does."""
    if policy != policy1.POLICY:
        raise InvalidInput("policy", f"must be {policy1.POLICY}: there is no policy {policy}")
    if as_of is not None and not 0 <= as_of < _LATEST:
        raise InvalidInput("as_of", "must be an instant from 1970 on, in Unix seconds")
    head = await index.indexed_head(connection, ledger_id)
    if head is None:
        raise IndexEmpty("The index has not read a block yet; try again in a moment.")
    block = await index_totals.last_final_block(connection, ledger_id, as_of)
    if as_of is None:
        assert block is not None, "the last final block that is indexed is always there"
        as_of = block.time
    window = Window(as_of // DAY, policy1.WEIGHTS, policy1.SETTLED)
    return Basis(as_of, block, head.block_number, window)


async def _member(connection: AsyncConnection, ledger_id: LedgerId, number: MemberNumber) -> None:
    if await index.member(connection, ledger_id, number) is None:
        raise NotFound(f"Member {number} is not registered.")


async def _differences(
    connection: AsyncConnection, ledger_id: LedgerId, by: By, numbers: list[int] | None, basis: Basis
) -> Counts:
    if basis.block is None or basis.block.number >= basis.last_indexed:
        return {}
    return await index_totals.differences_after(
        connection, ledger_id, basis.block.number, by, numbers, basis.window
    )


@dataclass(frozen=True, slots=True)
class Sums:
    """What reputations of one kind of subject are made from, as of a basis.

    `differences` is what was added to the stored counts to have those of the basis; `ratings` are by shipper.
    """

    totals: TotalsByPart
    differences: Counts
    ratings: index_totals.RatingsByShipper

    def part(self, number: int, *names: str) -> Totals:
        """Return the sums of parts of `store.tables.PARTS` together."""
        found = Totals()
        for name in names:
            if (number, name) in self.totals:
                found = found.plus(self.totals[number, name])
        return found


async def _sums(
    connection: AsyncConnection, ledger_id: LedgerId, by: By, numbers: list[int] | None, basis: Basis
) -> Sums:
    if basis.block is None:
        return Sums({}, {}, {})
    differences = await _differences(connection, ledger_id, by, numbers, basis)
    found = await index_totals.totals(connection, ledger_id, by, numbers, basis.window)
    index_totals.add_counts(found, by, differences, basis.window)
    ratings: index_totals.RatingsByShipper = {}
    if by != "shipper":
        ratings = await index_totals.ratings_by_shipper(connection, ledger_id, by, numbers, basis.window)
        index_totals.add_ratings(ratings, by, differences, basis.window)
    return Sums(found, differences, ratings)


async def _unnamed(
    connection: AsyncConnection, ledger_id: LedgerId, number: MemberNumber, differences: Counts, basis: Basis
) -> Share:
    stops = dict(await index_totals.stops_by_driver(connection, ledger_id, number, basis.window))
    for key, row in differences.items():
        if key.part == "all" and basis.window.weight(key.day) is not None:
            stops[key.driver] = stops.get(key.driver, 0) + row[_STOPS]
    named = [one for one, count in stops.items() if one and count]
    found = await index_totals.totals(connection, ledger_id, "driver", named, basis.window, figures=OVERALL)
    later = await _differences(connection, ledger_id, "driver", list(named), basis)
    index_totals.add_counts(found, "driver", later, basis.window)
    weighted = {one: found.get((one, "all"), Totals()).weighted for one in named}
    unnamed = sum(count for one, count in stops.items() if not one or (count and _has_too_few(weighted[one])))
    return Share(unnamed, sum(stops.values()))


def _has_too_few(weighted: Mapping[str, int]) -> bool:
    total = sum(weighted.get(name, 0) for name in OVERALL)
    return policy1.is_insufficient(policy1.effective(total))


def _reputation(
    by: By,
    number: int,
    sums: Sums,
    basis: Basis,
    *,
    silent: Mapping[int, tuple[int, int]] | None = None,
    shares: Mapping[str, Share] | None = None,
) -> Reputation:
    prefixes = ("", "unaccepted_") if by == "shipper" else ("",)
    alone = ("unaccepted", "refused") if by == "shipper" else ()
    whole = sums.part(number, "all", *alone)
    excluded, after_take_over = (
        sums.part(number, *(prefix + name for prefix in prefixes)) for name in ("excluded", "after_take_over")
    )
    figures = policy1.figures(Tally(whole.plain, whole.weighted))
    variants: dict[Variant, dict[str, Figure]] = {
        "without_excluded": policy1.figures(_without(whole, excluded)),
        "after_take_over": policy1.figures(_part_of(whole, after_take_over)),
    }
    counts = {name: whole.plain.get(name, 0) for name in _COUNTED}
    if by != "shipper":
        unaccepted = sums.part(number, "unaccepted")
        counts["unaccepted"] = unaccepted.plain.get("feedback", 0) + unaccepted.plain.get("comments", 0)
    if by == "carrier":
        both = whole.plus(unaccepted)
        variants["with_unaccepted"] = policy1.figures(Tally(both.plain, both.weighted))
    if silent is not None:
        tally = _silent_tally(silent, basis)
        counts |= {name: tally.plain.get(name, 0) for name in ("due", "silent")}
        extra = policy1.figures(tally, [policy1.SILENT])
        figures = figures | extra
        variants = {variant: one | extra for variant, one in variants.items()}
    standing = policy1.standing(figures)
    every_share = dict(shares or {})
    largest = None
    if by != "shipper":
        largest, every_share["largest_shipper"] = _largest_shipper(sums.ratings.get(number, {}))
    return Reputation(
        policy=policy1.POLICY,
        subject=by,
        number=number,
        block=basis.block,
        as_of=basis.as_of,
        day=basis.day,
        standing=standing.name,
        reasons=standing.reasons,
        figures=figures,
        variants=variants,
        counts=counts,
        shares=every_share,
        largest_shipper=largest,
    )


def _largest_shipper(ratings: Mapping[MemberNumber, int]) -> tuple[MemberNumber | None, Share]:
    """Return the shipper with most ratings (of equals the lowest number), and its share."""
    total = sum(ratings.values())
    if not total:
        return None, Share(0, 0)
    largest = max(sorted(ratings), key=ratings.__getitem__)
    return largest, Share(ratings[largest], total)


def _silent_tally(silent: Mapping[int, tuple[int, int]], basis: Basis) -> Tally:
    return policy1.tally(
        {basis.day - day: {"due": due, "silent": quiet} for day, (due, quiet) in silent.items()}
    )


def _without(sums: Totals, excluded: Totals) -> Tally:
    def less(whole: Mapping[str, int], part: Mapping[str, int]) -> dict[str, int]:
        return {name: count - part.get(name, 0) for name, count in whole.items()}

    return Tally(less(sums.plain, excluded.plain), less(sums.weighted, excluded.weighted))


def _part_of(sums: Totals, part: Totals) -> Tally:
    """The feedback of a part alone, with the stops and promises of all: silence before a take-over is still silence."""

    def pick(whole: Mapping[str, int], some: Mapping[str, int]) -> dict[str, int]:
        return {**some, **_only(whole, _FROM_ALL)}

    return Tally(pick(sums.plain, part.plain), pick(sums.weighted, part.weighted))


def _only(counts: Mapping[str, int], names: Iterable[str]) -> dict[str, int]:
    return {name: counts[name] for name in names if name in counts}
