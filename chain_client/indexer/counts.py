"""Stops to daily counts: sums per part, day, carrier, driver and shipper, kept by adding differences."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from chain_client.domain.ids import DriverNumber, MemberNumber
from chain_client.domain.records import BEYOND_ISSUES, CONDUCT_ISSUES
from chain_client.indexer.fold import Basis, FoldedDelivery, Promise, Stop
from chain_client.store.tables import FIGURES

ASPECTS: Final = ("overall", "timeliness", "packaging", "professionalism", "accuracy")
_AT: Final = {name: index for index, name in enumerate(FIGURES)}
_PROMISE: Final = {Promise.NEITHER: (), Promise.KEPT: (_AT["kept"],), Promise.BROKEN: (_AT["broken"],)}
_PART: Final = {Basis.CARRIER: "all", Basis.UNACCEPTED: "unaccepted", Basis.REFUSED: "refused"}


class CountKey(NamedTuple):
    """Which row of `daily_counts`: its primary key but the ledger. `part` is one of `store.tables.PARTS`."""

    part: str
    driver: DriverNumber
    day: int
    carrier: MemberNumber
    shipper: MemberNumber


Counts = dict[CountKey, list[int]]
"""Counts, or differences of counts, in the order of `store.tables.FIGURES`."""


@lru_cache(maxsize=4096)
def feedback_figures(
    overall: int, timeliness: int, packaging: int, professionalism: int, accuracy: int, issues: int
) -> tuple[int, ...]:
    """Return the indexes of FIGURES that one live feedback adds 1 to.

    Feedback whose issues are only ones that are not the driver's doing counts as `beyond`, outside overall only.
    """
    beyond = issues != 0 and not issues & ~BEYOND_ISSUES
    figures = [_AT["feedback"]]
    if beyond:
        figures.append(_AT["beyond"])
    if issues & CONDUCT_ISSUES:
        figures.append(_AT["conduct"])
    ratings = (0 if beyond else overall, timeliness, packaging, professionalism, accuracy)
    figures.extend(_AT[f"{aspect}_{value}"] for aspect, value in zip(ASPECTS, ratings, strict=True) if value)
    figures.extend(_AT[f"issue_{bit}"] for bit in range(11) if issues >> bit & 1)
    return tuple(figures)


def add_stops(
    counts: Counts, carrier: MemberNumber, shipper: MemberNumber, stops: Iterable[Stop], by: int
) -> None:
    """Add what the stops of one delivery count to `counts`, `by` times (−1 takes away)."""
    for stop in stops:
        given = _given(stop)
        prefix = "" if stop.accepted else "unaccepted_"
        for part, figures in (
            (_PART[Basis(stop.basis)], (_AT["stops"], *_PROMISE[Promise(stop.promise)])),
            ("all" if stop.accepted else "unaccepted", given),
            (prefix + "excluded", given if stop.excluded else ()),
            (prefix + "after_take_over", given if stop.after_take_over else ()),
        ):
            if figures:
                _add(counts, CountKey(part, stop.driver, stop.day, carrier, shipper), figures, by)


def _given(stop: Stop) -> tuple[int, ...]:
    """Return the indexes of FIGURES that the feedback of a stop adds 1 to."""
    retracted = (_AT["retracted"],) if stop.retracted else ()
    if stop.comment:
        return (_AT["comments"], *retracted)
    return feedback_figures(*stop.ratings_and_issues) if stop.revision else retracted


def _add(counts: Counts, key: CountKey, figures: tuple[int, ...], by: int) -> None:
    row = counts.get(key)
    if row is None:
        row = counts[key] = [0] * len(FIGURES)
    for figure in figures:
        row[figure] += by


def add_difference(
    counts: Counts, delivery: FoldedDelivery, before: tuple[Stop, ...], after: tuple[Stop, ...]
) -> None:
    """Add to `counts` what changes as the delivery's stops go from `before` to `after`."""
    if before:
        kept = set(before) & set(after)
        add_stops(
            counts, delivery.carrier, delivery.shipper, (stop for stop in before if stop not in kept), -1
        )
        add_stops(counts, delivery.carrier, delivery.shipper, (stop for stop in after if stop not in kept), 1)
    else:
        add_stops(counts, delivery.carrier, delivery.shipper, after, 1)
