"""Policy 1: daily counts to figures and a standing, in integers only, so that anyone gets the same number.

Every figure is the mean of a Dirichlet posterior over its values, with the bounds of a 90 % interval by the normal
approximation (z² = 2.705543); a count of age k days weighs 2^(−k/60), so it halves every 60 days and is dropped at
180. `docs/policy-1.md` has the formulae with their sources and two worked examples. Nothing here reads a database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from math import isqrt
from typing import Final

from chain_client.domain.records import Issue

POLICY: Final = 1
ONE: Final = 1 << 32
"""The weight of a count of today."""
WINDOW: Final = 180
"""Ages 0 to 179 count."""
HALF_LIFE: Final = 60
SETTLED: Final = 7
"""Age in days from which a stop without feedback counts as unanswered."""
SILENT_AFTER: Final = 7 * 86_400
"""Seconds after its promise at which a delivery without a report of outcome 2 to 5 is silent."""
_Z_SQUARED: Final = 2_705_543
_MILLION: Final = 1_000_000


def _weight(age: int) -> int:
    """The greatest w with w^60 ≤ 2^(1920 − age): 2^32 · 2^(−age/60) rounded down, found without trusting a float."""
    bound = 1 << (32 * HALF_LIFE - age)
    weight = int(2.0 ** (32 - age / HALF_LIFE))
    while weight**HALF_LIFE > bound:
        weight -= 1
    while (weight + 1) ** HALF_LIFE <= bound:
        weight += 1
    return weight


WEIGHTS: Final[tuple[int, ...]] = tuple(_weight(age) for age in range(WINDOW))
"""W[k] for ages 0 to 179."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: bounds and mean in millionths, the effective count in thousandths, and the plain count behind it."""

    low: int
    mean: int
    high: int
    count: int
    n: int


@dataclass(frozen=True, slots=True)
class Share:
    """A plain share: `part` of `whole`, and in millionths (None where the whole is nothing)."""

    part: int
    whole: int

    @property
    def share(self) -> int | None:
        """Millionths, rounded down."""
        return _MILLION * self.part // self.whole if self.whole else None


@dataclass(frozen=True, slots=True)
class Tally:
    """Sums over the window, by name of count: plain, and weighted by W[age].

    The names are those of the daily counts (`stops`, `kept`, `broken`, `feedback`, `comments`, `beyond`, `conduct`,
    `overall_1` …, `issue_0` …), with `settled_stops`, `settled_feedback` and `settled_comments` for ages of 7 and more,
    and a carrier's `due` and `silent`. `feedback` counts what holds a rating or an issue, `comments` comments alone. A
    name that is missing is 0.
    """

    plain: Mapping[str, int]
    weighted: Mapping[str, int]


def tally(by_age: Mapping[int, Mapping[str, int]]) -> Tally:
    """Return the sums of counts by age in days; ages outside 0 to 179 are left out."""
    plain: dict[str, int] = {}
    weighted: dict[str, int] = {}
    for age, counts in by_age.items():
        if not 0 <= age < WINDOW:
            continue
        settled = {f"settled_{name}": counts.get(name, 0) for name in ("stops", "feedback", "comments")}
        for name, count in (counts if age < SETTLED else {**counts, **settled}).items():
            plain[name] = plain.get(name, 0) + count
            weighted[name] = weighted.get(name, 0) + WEIGHTS[age] * count
    return Tally(plain, weighted)


@dataclass(frozen=True, slots=True)
class Measure:
    """What a figure measures: its values, the prior's α for each, and how many of each value a tally holds.

    `values` are natural numbers; `counts` names, per value, what is added and (from −) what is taken away.
    """

    name: str
    values: tuple[int, ...]
    alphas: tuple[int, ...]
    counts: tuple[tuple[str, ...], ...]

    def of(self, sums: Mapping[str, int]) -> tuple[int, ...]:
        """Return the sum of each value."""
        return tuple(
            sum(-sums.get(name[1:], 0) if name[0] == "−" else sums.get(name, 0) for name in names)
            for names in self.counts
        )


_ASPECTS: Final = ("overall", "timeliness", "packaging", "professionalism", "accuracy")


def _yes_no(name: str, alphas: tuple[int, int], no: tuple[str, ...], *yes: str) -> Measure:
    return Measure(name, (0, 1), alphas, (no, yes))


MEASURES: Final[tuple[Measure, ...]] = (
    *(
        Measure(
            aspect, (1, 2, 3, 4, 5), (1, 1, 1, 2, 5), tuple((f"{aspect}_{value}",) for value in range(1, 6))
        )
        for aspect in _ASPECTS
    ),
    _yes_no("promise_kept", (2, 8), ("broken",), "kept"),
    _yes_no(
        "response",
        (8, 2),
        ("settled_stops", "−settled_feedback", "−settled_comments"),
        "settled_feedback",
        "settled_comments",
    ),
    _yes_no("conduct", (19, 1), ("feedback", "−conduct"), "conduct"),
    *(
        _yes_no(f"issue_{issue.name.lower()}", (19, 1), ("feedback", f"−issue_{bit}"), f"issue_{bit}")
        for bit, issue in enumerate(Issue)
        if issue.name
    ),
)
"""The figures that every reputation has."""

SILENT: Final = _yes_no("silent", (19, 1), ("due", "−silent"), "silent")
"""The figure that carriers have besides."""


def figures(sums: Tally, measures: Sequence[Measure] = MEASURES) -> dict[str, Figure]:
    """Return each measure's figure."""
    return {
        measure.name: _figure(
            measure.values, measure.alphas, measure.of(sums.weighted), sum(measure.of(sums.plain))
        )
        for measure in measures
    }


@lru_cache(maxsize=4096)
def _figure(values: tuple[int, ...], alphas: tuple[int, ...], sums: tuple[int, ...], n: int) -> Figure:
    shares = [alpha * ONE + weighted for alpha, weighted in zip(alphas, sums, strict=True)]
    total = sum(shares)
    first = sum(value * share for value, share in zip(values, shares, strict=True))
    second = sum(value * value * share for value, share in zip(values, shares, strict=True))
    mean = _MILLION * first // total
    spread = second * total - first * first
    half = isqrt(_Z_SQUARED * _MILLION * spread * ONE // (total * total * (total + ONE)))
    return Figure(
        low=max(mean - half, values[0] * _MILLION),
        mean=mean,
        high=min(mean + half, values[-1] * _MILLION),
        count=effective(sum(sums)),
        n=n,
    )


def effective(weighted: int) -> int:
    """Return the effective count, in thousandths, of a weighted sum."""
    return 1000 * weighted // ONE


class StandingName(StrEnum):
    """What a policy says of a driver, carrier or shipper."""

    INSUFFICIENT = "insufficient"
    INVESTIGATE = "investigate"
    RECOGNISED = "recognised"
    WATCH = "watch"
    GOOD = "good"


@dataclass(frozen=True, slots=True)
class Standing:
    """The standing, and in words why it is so and what would change it."""

    name: StandingName
    reasons: tuple[str, ...]


ENOUGH: Final = 10_000
"""Effective count of overall, in thousandths, below which there is no standing."""
INVESTIGATE_OVERALL: Final = 3_500_000
INVESTIGATE_CONDUCT: Final = 50_000
RECOGNISED_OVERALL: Final = 4_200_000
RECOGNISED_CONDUCT: Final = 100_000
WATCH_OVERALL: Final = 4_000_000
WATCH_CONDUCT: Final = 25_000
RECOGNISED_SILENT: Final = 50_000
"""A carrier whose lower bound of silent deliveries is above this is not recognised."""


def is_insufficient(overall_count: int) -> bool:
    """Return whether an effective count of overall, in thousandths, is too low for a standing."""
    return overall_count < ENOUGH


def standing(found: Mapping[str, Figure]) -> Standing:
    """Return the first standing that holds, in the policy's order, with its reasons.

    `found` has `overall`, `conduct`, and for a carrier `silent`.
    """
    overall, conduct = found["overall"], found["conduct"]
    low_conduct = f"the lower bound of conduct issues, {_percent(conduct.low)}"
    high_overall = f"the upper bound of overall, {_stars(overall.high)}"
    if is_insufficient(overall.count):
        missing = -(-(ENOUGH - overall.count) // 1000)
        return Standing(
            StandingName.INSUFFICIENT,
            (
                f"overall rests on an effective {_thousandths(overall.count)} ratings, fewer than 10 (a rating of "
                "today counts whole, one 60 days old half, one of 180 days nothing)",
                f"{missing} more rating{'s' if missing > 1 else ''} of today would give it another standing",
            ),
        )
    why = []
    if overall.high < INVESTIGATE_OVERALL:
        why.append(f"{high_overall}, is below 3.5")
    if conduct.low > INVESTIGATE_CONDUCT:
        why.append(f"{low_conduct}, is above 5 %")
    if why:
        change = "another standing needs an upper bound of overall of at least 3.5 and a lower bound of conduct issues"
        return Standing(
            StandingName.INVESTIGATE,
            (*why, f"{change} of at most 5 %; a person looks into it, nothing happens by itself"),
        )
    not_recognised = _not_recognised(overall, conduct, found.get("silent"))
    if not not_recognised:
        return Standing(
            StandingName.RECOGNISED,
            (
                f"the lower bound of overall, {_stars(overall.low)}, is above 4.2",
                f"the upper bound of conduct issues, {_percent(conduct.high)}, is below 10 %",
                *_not_silent(found.get("silent")),
                "it ends when one of these no longer holds",
            ),
        )
    if overall.high < WATCH_OVERALL:
        why.append(f"{high_overall}, is below 4")
    if conduct.low > WATCH_CONDUCT:
        why.append(f"{low_conduct}, is above 2.5 %")
    if why:
        change = "good needs an upper bound of overall of at least 4 and a lower bound of conduct issues of at most 2.5 %"
        return Standing(StandingName.WATCH, (*why, change))
    return Standing(
        StandingName.GOOD,
        (
            f"{high_overall}, is at least 4, and {low_conduct}, is at most 2.5 %",
            f"not recognised, because {' and '.join(not_recognised)}",
        ),
    )


def _not_recognised(overall: Figure, conduct: Figure, silent: Figure | None) -> list[str]:
    reasons = []
    if overall.low <= RECOGNISED_OVERALL:
        reasons.append(f"the lower bound of overall, {_stars(overall.low)}, is not above 4.2")
    if conduct.high >= RECOGNISED_CONDUCT:
        reasons.append(f"the upper bound of conduct issues, {_percent(conduct.high)}, is not below 10 %")
    if silent is not None and silent.low > RECOGNISED_SILENT:
        reasons.append(f"the lower bound of silent deliveries, {_percent(silent.low)}, is above 5 %")
    return reasons


def _not_silent(silent: Figure | None) -> list[str]:
    if silent is None:
        return []
    return [f"the lower bound of silent deliveries, {_percent(silent.low)}, is at most 5 %"]


def _stars(millionths: int) -> str:
    return f"{millionths // _MILLION}.{millionths % _MILLION:06}"


def _percent(millionths: int) -> str:
    return f"{millionths // 10_000}.{millionths % 10_000:04} %"


def _thousandths(count: int) -> str:
    return f"{count // 1000}.{count % 1000:03}"
