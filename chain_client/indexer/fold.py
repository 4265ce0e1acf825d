"""One delivery's entries to what reputations count: pure, so that live, backfilled and rewound agree.

A stop is one driver's part in one delivery (driver 0: nobody named). It begins at the first entry naming its driver
that is feedback or a report of outcome 2 to 5 or 7, and keeps the UTC day of that entry's block for ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

from chain_client.domain.ids import DeliveryId, DriverNumber, MemberNumber, shipper_of
from chain_client.domain.records import (
    DAY,
    NOTE_EXCLUDE,
    NOTE_INCLUDE,
    DriverMove,
    Feedback,
    Item,
    KeyChange,
    Note,
    Opening,
    Outcome,
    Report,
)
from chain_client.indexer.records import EntryRow
from chain_client.indexer.words import (
    ContradictoryRecord,
    carrier_in,
    driver_in,
    promised_in,
    taken_in,
    word_after,
)

LATE_REPORT: Final = 172_800
"""Seconds after which a report's own time is no longer believed, and its block's counts."""

_BEGINS: Final = frozenset(
    {Outcome.ATTEMPTED, Outcome.DELIVERED, Outcome.RETURNED, Outcome.LOST, Outcome.NOT_RECEIVED}
)


class Promise(IntEnum):
    """What became of the promise at a stop."""

    NEITHER = 0
    KEPT = 1
    BROKEN = 2


class Stop(NamedTuple):
    """One driver's part in one delivery; the ratings and issues are those of the live feedback.

    `revision` is 0 where there is no live feedback (none given, or withdrawn); then all after it is 0 too.
    `excluded` is so by a note that none has lifted. `day` counts UTC days since 1970-01-01.
    """

    driver: DriverNumber
    day: int
    promise: int
    excluded: bool
    after_take_over: bool
    revision: int
    overall: int
    timeliness: int
    packaging: int
    professionalism: int
    accuracy: int
    issues: int


@dataclass(frozen=True, slots=True)
class FoldedDelivery:
    """What a delivery's entries come to. `stops` are by rising driver number; times are block times."""

    delivery_id: DeliveryId
    shipper: MemberNumber
    carrier: MemberNumber
    word: int
    opened_at: int
    promised_by: int
    first_report_at: int | None
    was_drivers: tuple[DriverNumber, ...]
    stops: tuple[Stop, ...]


def fold_delivery(entries: Sequence[EntryRow]) -> FoldedDelivery:
    """Return what the entries of one delivery come to; they are all of it up to some block, in chain order.

    Raises ContradictoryRecord where they do not begin with its opening.
    """
    fold = DeliveryFold()
    for entry in entries:
        fold.apply(entry.item, entry.block_time)
    return fold.result()


class _Stop:
    __slots__ = ("after_take_over", "broken", "day", "feedback", "kept")

    def __init__(self, day: int) -> None:
        self.day = day
        self.kept = False
        self.broken = False
        self.feedback: Feedback | None = None
        self.after_take_over = False

    def promise(self) -> int:
        if self.broken:
            return Promise.BROKEN
        return Promise.KEPT if self.kept else Promise.NEITHER


class DeliveryFold:
    """The fold in steps: `apply` each entry in chain order; `result` at any point, as often as wanted."""

    __slots__ = (
        "_delivery_id",
        "_excluded",
        "_first_report_at",
        "_opened_at",
        "_stops",
        "_was_drivers",
        "_word",
    )

    def __init__(self) -> None:
        self._delivery_id = DeliveryId(b"")
        self._word = 0
        self._opened_at = 0
        self._first_report_at: int | None = None
        self._was_drivers: list[DriverNumber] = []
        self._stops: dict[DriverNumber, _Stop] = {}
        self._excluded: set[DriverNumber] = set()

    def apply(self, item: Item | DriverMove, block_time: int) -> None:
        """Take the delivery's next entry. Raises ContradictoryRecord for one that cannot be its next."""
        if isinstance(item, DriverMove):
            raise ContradictoryRecord("A driver's move is no entry of a delivery.")
        before = self._word
        self._word = word_after(item, before)
        match item:
            case Opening():
                self._delivery_id = item.delivery_id
                self._opened_at = block_time
            case Report():
                self._report(item, driver_in(before), block_time)
            case Feedback():
                stop = self._begin(item.driver, block_time)
                stop.feedback = item
                stop.after_take_over = taken_in(before)
            case Note(kind=kind) if kind == NOTE_EXCLUDE:
                self._excluded.add(item.driver)
            case Note(kind=kind) if kind == NOTE_INCLUDE:
                self._excluded.discard(item.driver)
            case KeyChange() | Note():
                pass

    def _report(self, item: Report, before: DriverNumber, block_time: int) -> None:
        if before not in (0, item.driver) and before not in self._was_drivers:
            self._was_drivers.append(before)
        if item.outcome > Outcome.OUT_FOR_DELIVERY and self._first_report_at is None:
            self._first_report_at = block_time
        if item.outcome not in _BEGINS:
            return
        stop = self._begin(item.driver, block_time)
        if item.outcome == Outcome.LOST:
            stop.broken = True
        elif item.outcome == Outcome.DELIVERED:
            believed = block_time - item.occurred_at <= LATE_REPORT
            if (item.occurred_at if believed else block_time) > promised_in(self._word):
                stop.broken = True
            else:
                stop.kept = True

    def _begin(self, driver: DriverNumber, block_time: int) -> _Stop:
        stop = self._stops.get(driver)
        if stop is None:
            stop = self._stops[driver] = _Stop(block_time // DAY)
        return stop

    def result(self) -> FoldedDelivery:
        """Return what was applied so far; raises ContradictoryRecord before the opening."""
        if not self._word:
            raise ContradictoryRecord("A delivery's entries do not begin with its opening.")
        return FoldedDelivery(
            delivery_id=self._delivery_id,
            shipper=shipper_of(self._delivery_id),
            carrier=MemberNumber(carrier_in(self._word)),
            word=self._word,
            opened_at=self._opened_at,
            promised_by=promised_in(self._word),
            first_report_at=self._first_report_at,
            was_drivers=tuple(self._was_drivers),
            stops=self.stops(),
        )

    def stops(self) -> tuple[Stop, ...]:
        """Return the stops so far, by rising driver number."""
        return tuple(self._stop(driver, self._stops[driver]) for driver in sorted(self._stops))

    def _stop(self, driver: DriverNumber, stop: _Stop) -> Stop:
        said, excluded = stop.feedback, driver in self._excluded
        if said is None or said.withdrawn:
            return Stop(driver, stop.day, stop.promise(), excluded, False, 0, 0, 0, 0, 0, 0, 0)
        return Stop(
            driver,
            stop.day,
            stop.promise(),
            excluded,
            stop.after_take_over,
            said.revision,
            said.overall,
            said.timeliness,
            said.packaging,
            said.professionalism,
            said.accuracy,
            said.issues,
        )
