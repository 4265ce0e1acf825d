"""One delivery's entries to what reputations count: pure, so that live, backfilled and rewound indexes agree.

A stop is one driver's part in one delivery (driver 0: nobody named). It begins at the first entry naming its driver
that is feedback or a report of outcome 2 to 5 or 7, and keeps the UTC day of that entry's block permanently.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
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
    outcome_in,
    promised_in,
    taken_in,
    word_after,
)

LATE_REPORT: Final = 172_800
"""Seconds after which a report's own time is no longer believed, and its block's counts."""

_REPORTED: Final = frozenset({Outcome.ATTEMPTED, Outcome.DELIVERED, Outcome.RETURNED, Outcome.LOST})
"""Outcomes that make a stop the carrier's."""
_ACCEPTS: Final = _REPORTED | {Outcome.OUT_FOR_DELIVERY}
"""Outcomes by which a carrier accepts a delivery."""
_RELEASES: Final = frozenset({Outcome.CANCELLED, Outcome.NOT_RECEIVED})
"""Outcomes after which nobody waits for a report."""


class Promise(IntEnum):
    """How the promise of a stop ended."""

    NEITHER = 0
    KEPT = 1
    BROKEN = 2


class Basis(IntEnum):
    """Whose stop it is."""

    CARRIER = 0
    """The carrier's and the shipper's: it reported the stop, or accepted the delivery before feedback was given."""
    UNACCEPTED = 1
    """The shipper's alone: feedback on a delivery that the carrier had not accepted."""
    REFUSED = 2
    """The shipper's alone: the carrier reported that it never received the parcel."""


class FoldInput(NamedTuple):
    """What a fold reads of an entry. `former_driver`: the report's driver had left the carrier (see `Replay`)."""

    item: Item | DriverMove
    block_time: int
    block_number: int
    former_driver: bool


class Stop(NamedTuple):
    """One driver's part in one delivery; the ratings and issues are those of the live feedback.

    `revision` is 0 where there is no live feedback (none given, or withdrawn); then all after it is 0 too. `basis` is
    a `Basis`. `accepted`: the carrier had accepted the delivery when the stop's first feedback was recorded.
    `comment`: the live feedback is a comment alone. `retracted`: a withdrawal or a comment alone replaced a rating.
    `excluded` is so by a note that none has lifted. `day` counts UTC days since 1970-01-01.
    """

    driver: DriverNumber
    day: int
    basis: int
    promise: int
    excluded: bool
    after_take_over: bool
    accepted: bool
    comment: bool
    retracted: bool
    revision: int
    overall: int
    timeliness: int
    packaging: int
    professionalism: int
    accuracy: int
    issues: int

    @property
    def ratings_and_issues(self) -> tuple[int, int, int, int, int, int]:
        """The five ratings and the issues of the live feedback."""
        return self[10:]


@dataclass(slots=True)
class Milestones:
    """When a delivery first reached what carriers' figures ask for; None where it has not.

    Times are block times; `ended` is the outcome that ended it (4 or 7, 0 while none did), in block `ended_block`.
    `revived_block` is the block of the first 'delivered' that followed a cancellation.
    """

    accepted_at: int | None = None
    first_report_at: int | None = None
    released_at: int | None = None
    ended: int = 0
    ended_block: int | None = None
    revived_block: int | None = None


@dataclass(frozen=True, slots=True)
class FoldedDelivery:
    """Result of folding a delivery's entries. `stops` are by rising driver number; times are block times."""

    delivery_id: DeliveryId
    shipper: MemberNumber
    carrier: MemberNumber
    word: int
    opened_at: int
    promised_by: int
    milestones: Milestones
    was_drivers: tuple[DriverNumber, ...]
    stops: tuple[Stop, ...]


def fold_delivery(entries: Sequence[EntryRow]) -> FoldedDelivery:
    """Fold all entries of one delivery up to some block, in chain order.

    Raises ContradictoryRecord where they do not begin with its opening.
    """
    return fold_inputs(
        FoldInput(entry.item, entry.block_time, entry.block_number, entry.former_driver) for entry in entries
    ).result()


def fold_inputs(inputs: Iterable[FoldInput]) -> DeliveryFold:
    """Return the fold after the inputs, in chain order."""
    fold = DeliveryFold()
    for one in inputs:
        fold.apply(one)
    return fold


@dataclass(slots=True)
class _Stop:
    day: int
    reported: bool = False
    kept: bool = False
    broken: bool = False
    feedback: Feedback | None = None
    accepted: bool = False
    rated: bool = False
    after_take_over: bool = False

    def promise(self) -> Promise:
        if self.broken:
            return Promise.BROKEN
        return Promise.KEPT if self.kept else Promise.NEITHER

    def basis(self) -> Basis:
        if self.reported or self.accepted:
            return Basis.CARRIER
        return Basis.REFUSED if self.feedback is None else Basis.UNACCEPTED


@dataclass(slots=True)
class DeliveryFold:
    """The fold in steps: `apply` each entry in chain order; `result` at any point, as often as wanted."""

    _delivery_id: DeliveryId = DeliveryId(b"")  # noqa: RUF009 (an immutable value)
    _word: int = 0
    _opened_at: int = 0
    _cancelled_at: int = 0
    _milestones: Milestones = field(default_factory=Milestones)
    _was_drivers: list[DriverNumber] = field(default_factory=list)
    _stops: dict[DriverNumber, _Stop] = field(default_factory=dict)
    _excluded: set[DriverNumber] = field(default_factory=set)

    def apply(self, entry: FoldInput) -> None:
        """Apply the delivery's next entry. Raises ContradictoryRecord for one that cannot be its next."""
        item = entry.item
        if isinstance(item, DriverMove):
            raise ContradictoryRecord("A driver's move is no entry of a delivery.")
        before = self._word
        self._word = word_after(item, before)
        match item:
            case Opening():
                self._delivery_id = item.delivery_id
                self._opened_at = entry.block_time
            case Report():
                self._report(item, before, entry)
            case Feedback():
                self._feedback(item, before, entry.block_time)
            case Note(kind=kind) if kind == NOTE_EXCLUDE:
                self._excluded.add(item.driver)
            case Note(kind=kind) if kind == NOTE_INCLUDE:
                self._excluded.discard(item.driver)
            case KeyChange() | Note():
                pass

    def _feedback(self, item: Feedback, before: int, block_time: int) -> None:
        stop = self._begin(item.driver, block_time)
        if stop.feedback is None:
            stop.accepted = self._milestones.accepted_at is not None
        stop.feedback = item
        stop.rated = stop.rated or item.rated
        stop.after_take_over = taken_in(before)

    def _report(self, item: Report, before: int, entry: FoldInput) -> None:
        replaced = driver_in(before)
        if replaced and replaced != driver_in(self._word) and replaced not in self._was_drivers:
            self._was_drivers.append(replaced)
        after_cancellation = outcome_in(before) == Outcome.CANCELLED
        self._reach(item.outcome, after_cancellation, entry)
        if item.outcome == Outcome.CANCELLED:
            self._cancelled_at = entry.block_time
        if item.outcome not in _REPORTED and item.outcome != Outcome.NOT_RECEIVED:
            return
        stop = self._begin(DriverNumber(0) if entry.former_driver else item.driver, entry.block_time)
        stop.reported = stop.reported or item.outcome in _REPORTED
        if item.outcome == Outcome.LOST:
            stop.broken = True
        elif item.outcome == Outcome.DELIVERED:
            believed = entry.block_time - item.occurred_at <= LATE_REPORT
            arrived = item.occurred_at if believed else entry.block_time
            if arrived > promised_in(self._word):
                stop.broken = True
            elif not after_cancellation or arrived < self._cancelled_at:
                stop.kept = True

    def _reach(self, outcome: int, after_cancellation: bool, entry: FoldInput) -> None:
        reached = self._milestones
        if reached.accepted_at is None and outcome in _ACCEPTS:
            reached.accepted_at = entry.block_time
        if reached.first_report_at is None and outcome in _REPORTED:
            reached.first_report_at = entry.block_time
        if reached.released_at is None and outcome in _RELEASES:
            reached.released_at = entry.block_time
        if outcome in (Outcome.RETURNED, Outcome.NOT_RECEIVED):
            reached.ended, reached.ended_block = int(outcome), entry.block_number
        if outcome == Outcome.DELIVERED and after_cancellation and reached.revived_block is None:
            reached.revived_block = entry.block_number

    def _begin(self, driver: DriverNumber, block_time: int) -> _Stop:
        stop = self._stops.get(driver)
        if stop is None:
            stop = self._stops[driver] = _Stop(block_time // DAY)
        return stop

    def result(self) -> FoldedDelivery:
        """Return the delivery as folded so far; raises ContradictoryRecord before the opening."""
        if not self._word:
            raise ContradictoryRecord("A delivery's entries do not begin with its opening.")
        return FoldedDelivery(
            delivery_id=self._delivery_id,
            shipper=shipper_of(self._delivery_id),
            carrier=MemberNumber(carrier_in(self._word)),
            word=self._word,
            opened_at=self._opened_at,
            promised_by=promised_in(self._word),
            milestones=replace(self._milestones),
            was_drivers=tuple(self._was_drivers),
            stops=self.stops(),
        )

    def stops(self) -> tuple[Stop, ...]:
        """Return the stops so far, by rising driver number."""
        return tuple(self._stop(driver, self._stops[driver]) for driver in sorted(self._stops))

    def _stop(self, driver: DriverNumber, stop: _Stop) -> Stop:
        live = stop.feedback
        head = (driver, stop.day, int(stop.basis()), int(stop.promise()), driver in self._excluded)
        retracted = live is not None and stop.rated and not live.rated
        if live is None or live.withdrawn:
            return Stop(*head, False, stop.accepted, False, retracted, 0, 0, 0, 0, 0, 0, 0)
        return Stop(
            *head,
            stop.after_take_over,
            stop.accepted,
            live.comment_alone,
            retracted,
            live.revision,
            live.overall,
            live.timeliness,
            live.packaging,
            live.professionalism,
            live.accuracy,
            live.issues,
        )
