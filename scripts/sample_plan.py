"""What the demo is made of: who delivers what to whom, when in the last twelve weeks, and what recipients say of it.

A plan in steps, each so many seconds before the present; nothing here knows what time it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from chain_client.domain.records import DAY, Issue, Outcome
from scripts.recipients import Ratings

HOUR: Final = 3600
WEEKS: Final = 12
AGES: Final = (
    *(days * DAY for week in range(WEEKS, 0, -1) for days in (7 * week, 7 * week - 4)),
    22 * HOUR,
    5 * HOUR,
    0,
)
"""Each step's seconds before the present: two a week, then the visitors' own on the last day."""
SPAN: Final = AGES[0] + HOUR
"""How long before the present a chain must begin to have room for all of it, and for registering its members."""

_VISITORS_OPENED: Final = len(AGES) - 3
_MORNING: Final = len(AGES) - 2
_PRESENT: Final = len(AGES) - 1
_LAST_DELIVERED: Final = _VISITORS_OPENED - 1


class What(IntEnum):
    """What happens to a parcel, in the order in which it must."""

    OPENING = 0
    REPORT = 1
    TAKE_OVER = 2
    FEEDBACK = 3


@dataclass(frozen=True, slots=True)
class Parcel:
    """One delivery of the sample; moments are numbers of steps."""

    waybill: str
    carrier: int
    driver: int
    opened: int
    reports: tuple[tuple[Outcome, int], ...]
    """Each outcome with its step."""
    promised_days: int = 5
    """Days from the opening to the promise."""
    ratings: Ratings | None = None
    """None where the recipient says nothing."""
    rated: int = _PRESENT
    comment: str | None = None
    taken_over: bool = False
    """Whether the recipient takes the delivery over before rating it."""
    evidence: str | None = None
    """What the carrier adds to its last report; private."""

    def events(self) -> list[Event]:
        """Return what happens to it, in order."""
        found = [Event(self.opened, What.OPENING, 0, self)]
        found += [Event(step, What.REPORT, stage, self) for stage, (_, step) in enumerate(self.reports)]
        if self.ratings is not None:
            if self.taken_over:
                found.append(Event(self.rated, What.TAKE_OVER, 0, self))
            found.append(Event(self.rated, What.FEEDBACK, 0, self))
        return found


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happens to a parcel at a step; `stage` counts its reports."""

    step: int
    what: What
    stage: int
    parcel: Parcel

    @property
    def shown_as(self) -> str:
        """What the history calls it: a report by its outcome, all else by its kind."""
        if self.what is What.REPORT:
            return self.parcel.reports[self.stage][0].name.lower()
        return {What.OPENING: "opening", What.TAKE_OVER: "key_change", What.FEEDBACK: "feedback"}[self.what]

    @property
    def hours_before(self) -> int:
        """How many hours before its step it happened: a van is loaded some hours before the bell is rung."""
        reports = self.parcel.reports
        last = self.what is not What.REPORT or self.stage + 1 == len(reports)
        return 0 if last or reports[self.stage + 1][1] != self.step else 5


def steps(events: Iterable[Event]) -> list[tuple[int, list[Event]]]:
    """Return the events by step, in order of time."""
    found: dict[int, list[Event]] = {}
    for event in events:
        found.setdefault(event.step, []).append(event)
    return sorted(found.items())


def for_visitors() -> list[Parcel]:
    """Return the parcels whose links are for whoever tries the pages: six to rate, and two that cannot be rated yet."""
    delivered = (Outcome.OUT_FOR_DELIVERY, Outcome.DELIVERED)
    at_second_try = (Outcome.OUT_FOR_DELIVERY, Outcome.ATTEMPTED, Outcome.DELIVERED)
    nobody_home = (Outcome.OUT_FOR_DELIVERY, Outcome.ATTEMPTED)
    out = (Outcome.OUT_FOR_DELIVERY,)
    outcomes: tuple[tuple[Outcome, ...], ...] = (
        *(delivered, delivered, delivered, delivered),
        *(at_second_try, nobody_home, out, ()),
    )
    return [
        Parcel(
            f"SAMPLE-LINK-{number}",
            carrier=0,
            driver=0,
            opened=_VISITORS_OPENED,
            reports=tuple(
                (outcome, _MORNING if outcome is Outcome.OUT_FOR_DELIVERY else _PRESENT) for outcome in some
            ),
            promised_days=3,
            evidence="Nobody at home." if some is nobody_home else None,
        )
        for number, some in enumerate(outcomes, start=1)
    ]


Said = tuple[Ratings, str]
"""Ratings, and the comment where the recipient leaves one."""


def _fine(number: int, _share: float) -> Said:
    overall = 5 if number % 12 != 4 else 4
    return Ratings(overall, 5, 5 if number % 3 else 4, 5, 5), "Rang the bell, waited, smiled."


def _better(number: int, share: float) -> Said:
    if share < 0.45:
        issues = Issue.LATE if number % 3 == 2 else 0
        return Ratings(3 + number % 2, 3, 4, 4, 5, issues), "Fine, a little late."
    return Ratings(5 if number % 3 else 4, 5, 4 + number % 2, 5, 5), "On time, and friendly."


def _worse(number: int, share: float) -> Said:
    if share < 0.5:
        return Ratings(4 + number % 2, 4, 5, 4, 5), "All well."
    issues = Issue.UNSAFE_DROP | (Issue.ATTITUDE if number % 2 else Issue.LATE | Issue.NO_COMMUNICATION)
    return Ratings(1 + number % 2, 2, 3, 1, 3, issues), "Left it in the rain."


_CREW: Final[tuple[tuple[int, int, int, Callable[[int, float], Said]], ...]] = (
    (0, 0, 32, _fine),
    (0, 1, 20, _better),
    (1, 0, 20, _worse),
    (1, 1, 4, _fine),
)
"""Carrier, driver, how many parcels, and how recipients find it: the last driver has too few to say anything."""


_BUSIER: Final = 0.75
"""Below 1, the last weeks have more parcels than the first."""


def parcels() -> list[Parcel]:
    """Return the sample's parcels: those of four drivers, one that nobody ever reports on, and those for visitors."""
    found: list[Parcel] = []
    for carrier, driver, count, opinion in _CREW:
        for number in range(count):
            waybill = f"SAMPLE-{carrier}{driver}-{number + 1:02}"
            found.append(_parcel(waybill, carrier, driver, number, number / count, opinion))
    return [*found, Parcel("SAMPLE-UNHEARD", 1, 0, opened=_LAST_DELIVERED // 2, reports=()), *for_visitors()]


def _parcel(
    waybill: str, carrier: int, driver: int, number: int, share: float, opinion: Callable[[int, float], Said]
) -> Parcel:
    """Return a driver's parcel: some come late, some at the second try, and of some the recipient says nothing."""
    opened = int(share**_BUSIER * _LAST_DELIVERED)
    arrived = opened + 1
    out = (Outcome.OUT_FOR_DELIVERY, arrived)
    second_try = number % 6 == 5 and arrived < _LAST_DELIVERED
    reports: tuple[tuple[Outcome, int], ...] = (out, (Outcome.DELIVERED, arrived))
    if second_try:
        reports = (out, (Outcome.ATTEMPTED, arrived), (Outcome.DELIVERED, arrived + 1))
    late = number % 7 == 6 or (opinion is _better and share < 0.45 and number % 3 == 2)
    ratings, comment = opinion(number, share)
    return Parcel(
        waybill,
        carrier,
        driver,
        opened,
        reports,
        promised_days=2 if late else 8 if second_try else 5,
        ratings=None if number % 9 == 3 else ratings,
        # Some at once, some only days later.
        rated=reports[-1][1] + 1 - number % 2,
        comment=comment if number % 4 == 0 else None,
        taken_over=number % 8 == 2,
    )
