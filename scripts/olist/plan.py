"""What happens when: the events of a data set in time order, cut into steps of one local day and ordered phases.

Pure. An order gives an opening at its purchase; its hand-over to the carrier a report 'out for delivery'; its arrival
a report 'delivered'; a cancelled or unavailable order without arrival a report 'cancelled' by the shipper, at the latest
of purchase, approval and hand-over; a review gives feedback at its answer time. Nothing else is made up, except
carriers and drivers, which the data does not have: they follow from the customer's zip prefix.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum
from typing import Final

from chain_client.domain.records import Outcome
from scripts.olist.reader import ORDERS_FILE, REVIEWS_FILE, Dataset, LeftOut, Order, Review, local_time

CARRIERS: Final = 10
DRIVERS_PER_CARRIER: Final = 10
BEYOND_LIMIT: Final = "beyond --limit"
PHASE_LIMIT: Final = 1_000
"""Items that one request may carry."""
_ENDS_WITHOUT_ARRIVAL: Final = frozenset({"canceled", "unavailable"})
_LATE: Final = time(23, 55)
"""Events after this form a step of their own: the blocks of a step follow its last event, a second each, and must stay
inside its day, as promises end with it."""


class What(StrEnum):
    """What an event asks the ledger to record."""

    OPENING = "opening"
    HAND_OVER = "hand-over"
    ARRIVAL = "arrival"
    CANCELLATION = "cancellation"
    REVIEW = "review"


_RANK: Final = {What.OPENING: 0, What.HAND_OVER: 1, What.ARRIVAL: 2, What.CANCELLATION: 2, What.REVIEW: 3}
OUTCOME: Final = {
    What.HAND_OVER: Outcome.OUT_FOR_DELIVERY,
    What.ARRIVAL: Outcome.DELIVERED,
    What.CANCELLATION: Outcome.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to one order; `key` names it for ever, in the journal and as the report's key."""

    time: int
    what: What
    order: Order
    review: Review | None
    key: str

    @property
    def carrier(self) -> int:
        """Which of the made carriers, 0 to 9: the first digit of the customer's zip prefix."""
        return int(self.order.zip_prefix[0])

    @property
    def driver(self) -> int:
        """Which of the carrier's made drivers, 0 to 9: the second digit of the customer's zip prefix."""
        return int(self.order.zip_prefix[1])

    @property
    def sender(self) -> int | None:
        """Who sends it: the carrier's index for its reports; None for the shipper and for recipients."""
        return self.carrier if self.what in (What.HAND_OVER, What.ARRIVAL) else None


@dataclass(slots=True)
class Phase:
    """Events of any orders that may be sent at the same time; requests of one kind and sender keep their order."""

    events: list[Event] = field(default_factory=list)

    def requests(self) -> list[list[Event]]:
        """Return the phase's requests: one kind and sender each, at most PHASE_LIMIT items."""
        groups: dict[tuple[str, int | None], list[Event]] = {}
        for event in self.events:
            groups.setdefault(_group(event), []).append(event)
        return [
            group[start : start + PHASE_LIMIT]
            for group in groups.values()
            for start in range(0, len(group), PHASE_LIMIT)
        ]


@dataclass(frozen=True, slots=True)
class Step:
    """Events of one local day, all sent while the chain's clock stands at (or seconds after) `time`, its last event's."""

    day: date
    time: int
    events: tuple[Event, ...]

    def phases(self, leave_out: Container[str] = frozenset()) -> list[Phase]:
        """Return the events whose keys are not in `leave_out`, cut so that each delivery's own order holds."""
        return phases(self.missing(leave_out))

    def missing(self, answered: Container[str]) -> list[Event]:
        """Return the events whose keys are not in `answered`."""
        return [event for event in self.events if event.key not in answered]


def events(dataset: Dataset) -> list[Event]:
    """Return every event of the data set in time order; of one moment: opening, hand-over, arrival or cancellation, review."""
    found: list[Event] = []
    orders = {order.order_id: order for order in dataset.orders}
    for order in dataset.orders:
        found.extend(_order_events(order))
    for review in dataset.reviews:
        suffix = f"#{review.occurrence + 1}" if review.occurrence else ""
        key = f"{review.order_id}/review/{review.review_id}{suffix}"
        found.append(Event(review.answered, What.REVIEW, orders[review.order_id], review, key))
    found.sort(key=lambda event: (event.time, _RANK[event.what], (event.review or event.order).line))
    return found


def _order_events(order: Order) -> Iterable[Event]:
    def event(moment: int, what: What) -> Event:
        return Event(moment, what, order, None, f"{order.order_id}/{what}")

    yield event(order.purchased, What.OPENING)
    if order.handed_over is not None:
        yield event(order.handed_over, What.HAND_OVER)
    if order.arrived is not None:
        yield event(order.arrived, What.ARRIVAL)
    elif order.status in _ENDS_WITHOUT_ARRIVAL:
        known = (order.purchased, order.approved, order.handed_over)
        yield event(max(moment for moment in known if moment is not None), What.CANCELLATION)


def steps(ordered: Sequence[Event]) -> list[Step]:
    """Return `ordered` cut at every local midnight, and at five minutes to it."""
    cut: dict[tuple[date, bool], list[Event]] = {}
    for event in ordered:
        local = local_time(event.time)
        cut.setdefault((local.date(), local.time() > _LATE), []).append(event)
    return [Step(day, group[-1].time, tuple(group)) for (day, _), group in cut.items()]


def phases(ordered: Sequence[Event]) -> list[Phase]:
    """Return `ordered` as the fewest phases in which each delivery's events keep their order.

    Several reports of one delivery by one sender may share a phase, as one request keeps its order; feedback always
    waits for all that went before it, because its driver and revision depend on what was accepted.
    """
    cut: list[Phase] = []
    last: dict[str, tuple[int, tuple[str, int | None]]] = {}
    for event in ordered:
        order_id, group = event.order.order_id, _group(event)
        level = 0
        if order_id in last:
            level, before = last[order_id]
            if before != group or event.what is What.REVIEW:
                level += 1
        last[order_id] = (level, group)
        if level == len(cut):
            cut.append(Phase())
        cut[level].events.append(event)
    return cut


def _group(event: Event) -> tuple[str, int | None]:
    kind = event.what if event.what in (What.OPENING, What.REVIEW) else "report"
    return kind, event.sender


def limited(dataset: Dataset, orders: int) -> Dataset:
    """Return the data set with its first `orders` orders by purchase time, and their reviews; the rest is left out."""
    chosen = sorted(dataset.orders, key=lambda order: (order.purchased, order.line))[:orders]
    kept = {order.order_id for order in chosen}
    beyond = [
        LeftOut(ORDERS_FILE, order.line, BEYOND_LIMIT, order.order_id)
        for order in dataset.orders
        if order.order_id not in kept
    ]
    beyond += [
        LeftOut(REVIEWS_FILE, review.line, BEYOND_LIMIT, review.review_id)
        for review in dataset.reviews
        if review.order_id not in kept
    ]
    return Dataset(
        [order for order in dataset.orders if order.order_id in kept],
        [review for review in dataset.reviews if review.order_id in kept],
        dataset.left_out + beyond,
    )
