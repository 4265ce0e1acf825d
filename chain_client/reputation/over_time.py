"""Reputations over time: a driver's standing at many instants, and drivers' plain means by week.

As for `reader`: an open connection, `as_of` in Unix seconds (None: the last final block's time), InvalidInput for what is
none, IndexEmpty (retry) before the index has read a block. Every figure is exactly what asking for its instant gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.domain.errors import InvalidInput, NotFound
from chain_client.domain.ids import DriverNumber
from chain_client.domain.records import DAY
from chain_client.indexer import over_time, totals
from chain_client.indexer import reader as index
from chain_client.indexer.over_time import Instant
from chain_client.indexer.totals import Window
from chain_client.reputation import policy1
from chain_client.reputation.policy1 import Figure, StandingName
from chain_client.reputation.reader import Basis, basis_of
from chain_client.reputation.records import instant_text
from chain_client.store import LedgerId
from chain_client.store.tables import FIGURES

MAX_POINTS: Final = 60
MAX_DAYS: Final = 720
MAX_WEEKS: Final = 26
_MEASURES: Final = tuple(measure for measure in policy1.MEASURES if measure.name in ("overall", "conduct"))
"""What a standing needs."""
_NAMES: Final = tuple(
    dict.fromkeys(
        name.removeprefix("−") for measure in _MEASURES for names in measure.counts for name in names
    )
)
_VALUES: Final = range(1, 6)
_OVERALL: Final = tuple(map(FIGURES.index, totals.OVERALL))


@dataclass(frozen=True, slots=True)
class Point:
    """A driver's standing and overall figure at an instant, Unix seconds."""

    as_of: int
    standing: StandingName
    overall: Figure

    def to_json(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "as_of": instant_text(self.as_of),
            "standing": self.standing.value,
            "overall": asdict(self.overall),
        }


@dataclass(frozen=True, slots=True)
class Week:
    """Live overall ratings of a week's stops: `first` is its Monday, in days since 1970-01-01; `mean` in millionths."""

    first: int
    n: int
    mean: int | None

    def to_json(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {"from": instant_text(self.first * DAY)[:10], "n": self.n, "mean": self.mean}


async def driver_series(
    connection: AsyncConnection,
    ledger_id: LedgerId,
    number: DriverNumber,
    *,
    points: int,
    days: int,
    as_of: int | None = None,
    policy: int = policy1.POLICY,
) -> list[Point]:
    """Return the driver's standing at `points` instants, evenly over the `days` days up to `as_of`, oldest first.

    NotFound for a number not registered. A few small queries a point; every delivery is folded once at most.
    """
    if not 1 <= points <= MAX_POINTS:
        raise InvalidInput("points", f"must be 1 to {MAX_POINTS}, not {points}")
    if not 1 <= days <= MAX_DAYS:
        raise InvalidInput("days", f"must be 1 to {MAX_DAYS}, not {days}")
    end = await basis_of(connection, ledger_id, as_of, policy)
    if not await index.drivers_carriers(connection, ledger_id, [number]):
        raise NotFound(f"Driver {number} is not registered.")
    times = _times(end.as_of, points, days)
    bases = [await basis_of(connection, ledger_id, time, policy) for time in times]
    instants = [Instant(one.block.number, one.day) for one in bases if one.block is not None]
    counted = await over_time.counts_at(
        connection, ledger_id, number, instants, names=_NAMES, days=policy1.WINDOW
    )
    # Before the first entry there is no block, and nothing to count; those instants come first.
    counted = [{}] * (len(bases) - len(counted)) + counted
    return [_point(basis, counts) for basis, counts in zip(bases, counted, strict=True)]


def _times(end: int, points: int, days: int) -> list[int]:
    steps = max(points - 1, 1)
    return [max(end - days * DAY * back // steps, 0) for back in range(points - 1, -1, -1)]


def _point(basis: Basis, counts: over_time.CountsByDay) -> Point:
    sums = policy1.tally({basis.day - day: found for day, found in counts.items()})
    figures = policy1.figures(sums, _MEASURES)
    return Point(basis.as_of, policy1.standing(figures).name, figures["overall"])


async def drivers_weeks(
    connection: AsyncConnection,
    ledger_id: LedgerId,
    numbers: Sequence[DriverNumber],
    *,
    weeks: int,
    as_of: int | None = None,
    policy: int = policy1.POLICY,
) -> dict[DriverNumber, list[Week]]:
    """Return each driver's live overall ratings by week, from Monday, UTC, oldest first; the last is that of `as_of`.

    A rating counts in the week of its stop's day, unweighted; `overall` leaves out what is `beyond`, as the policy does.
    """
    if not 1 <= weeks <= MAX_WEEKS:
        raise InvalidInput("weeks", f"must be 1 to {MAX_WEEKS}, not {weeks}")
    basis = await basis_of(connection, ledger_id, as_of, policy)
    monday = basis.day - (basis.day + 3) % 7  # 1970-01-01 was a Thursday
    first = monday - 7 * (weeks - 1)
    counted: dict[tuple[DriverNumber, int], list[int]] = {}
    if basis.block is not None:
        stored = await over_time.overall_by_week(connection, ledger_id, numbers, first=first, last=basis.day)
        counted = {key: list(counts) for key, counts in stored.items()}
        if basis.block.number < basis.last_indexed:
            window = Window(basis.day, (1,) * (basis.day - first + 1), policy1.SETTLED)
            later = await totals.differences_after(
                connection, ledger_id, basis.block.number, "driver", numbers, window
            )
            for key, row in later.items():
                if key.part == "all" and window.weight(key.day) is not None:
                    counts = counted.setdefault((key.driver, (key.day - first) // 7), [0] * len(_OVERALL))
                    for at, figure in enumerate(_OVERALL):
                        counts[at] += row[figure]
    return {
        number: [_week(first + 7 * at, counted.get((number, at), ())) for at in range(weeks)]
        for number in numbers
    }


def _week(first: int, counts: Sequence[int]) -> Week:
    n = sum(counts)
    total = sum(value * count for value, count in zip(_VALUES, counts, strict=False))
    return Week(first, n, 1_000_000 * total // n if n else None)
