"""Replays a plan over the HTTP API, in time order, the chain's clock following it.

For each step (at most a local day): the clock is set to the step's last event, the API is waited for until it goes by
that time, the step's phases are sent one after the other, and everything accepted is waited for until it is on chain.
What was answered is in the journal before more is sent; a run cut short anywhere is finished by the next.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from chain_client.domain.errors import Conflict
from chain_client.domain.records import Outcome, Role
from chain_client.rpc.node import Node
from scripts.client import Api
from scripts.datadir import LocalMember
from scripts.members import ensure_member
from scripts.network import OpenNetwork
from scripts.olist.clock import set_clock
from scripts.olist.journal import Answered, Journal
from scripts.olist.plan import CARRIERS, DRIVERS_PER_CARRIER, OUTCOME, Event, Step, What
from scripts.output import Output, iso
from scripts.recipients import Ratings, Recipients
from scripts.waiting import PATIENCE, until_settled, until_time

SHIPPER: Final = "Olist shop"
_CLOCK_SLACK: Final = 30
"""Seconds that the chain's clock may run on within a step."""
_PIN_AGAIN: Final = 10.0


class TooLate(Conflict):
    """The chain's head is later than a row that has not been sent: recording it now would rewrite when it happened."""

    code = "head-too-late"


@dataclass(frozen=True, slots=True)
class Cast:
    """Who takes part: the shipper, and the made carriers with their drivers, by the digits of the zip prefix."""

    shipper: LocalMember
    carriers: tuple[LocalMember, ...]

    def driver(self, event: Event) -> int:
        """Return the number of the driver that an event's zip prefix stands for."""
        return self.carriers[event.carrier].driver_numbers()[event.driver]

    def sender(self, event: Event) -> LocalMember:
        """Return whose API key sends an opening or a report."""
        return self.shipper if event.sender is None else self.carriers[event.sender]


async def ensure_cast(net: OpenNetwork) -> Cast:
    """Return the members of the import, registered by the administrator where they are not yet.

    The clock is moved to just after the head first: a devnet that nobody drives makes one block a second.
    """
    known = net.directory.credentials()
    if known.named(SHIPPER) is None or known.named(_carrier_name(CARRIERS - 1)) is None:
        await set_clock(net.node, 0)
    shipper = await ensure_member(net, SHIPPER, Role.SHIPPER)
    carriers = [
        await ensure_member(net, _carrier_name(digit), Role.CARRIER, drivers=DRIVERS_PER_CARRIER)
        for digit in range(CARRIERS)
    ]
    return Cast(shipper, tuple(carriers))


def _carrier_name(digit: int) -> str:
    return f"Carrier of zip {digit}"


async def check_head(node: Node, plan: Sequence[Step], journal: Journal) -> None:
    """Raise TooLate where the head is past the first missing row of a step that was not begun; changes nothing."""
    missing = [step for step in plan if step.missing(journal.answers)]
    if not missing or missing[0].time in journal.steps:
        return  # a step that was begun is finished, whatever the clock did meanwhile
    first = missing[0].missing(journal.answers)[0]
    head = await node.head()
    if head.time > first.time:
        raise TooLate(
            f"The chain's head (block {head.number}) is at {iso(head.time)}, but the first row not yet recorded "
            f"({first.what} of order {first.order.order_id}, line {(first.review or first.order).line}) is of "
            f"{iso(first.time)}: the past cannot be written. Use a data directory begun before it: "
            "doorstep up --data DIR --genesis-time 2016-09-01T00:00:00Z --sample none"
        )


@dataclass(slots=True)
class _DeliveryState:
    """What is accepted of one order so far: the driver on chain by then, and how many feedbacks."""

    driver: int = 0
    revision: int = 0


@dataclass(slots=True)
class Importer:
    """One run over one plan. `node` for the clock alone; everything else goes over HTTP."""

    api: Api
    node: Node
    cast: Cast
    recipients: Recipients
    journal: Journal
    output: Output
    states: dict[str, _DeliveryState] = field(default_factory=dict)
    sent: Counter[str] = field(default_factory=Counter)
    """Items answered in this run, by what they are."""
    _pinned: float = 0.0

    async def run(self, plan: Sequence[Step]) -> None:
        """Send what is missing.

        Raises TooLate, before anything is changed, where the head is past the first missing row of a step that was
        not begun; Stuck or ApiUnavailable (run it again) where something does not go on.
        """
        answers = self.journal.answers
        for step in plan:
            for event in step.events:
                if event.key in answers:
                    self._learn(event, answers[event.key])
        missing = [step for step in plan if step.missing(answers)]
        await check_head(self.node, plan, self.journal)
        await until_settled(self.api)
        total = sum(len(step.events) for step in plan)
        with self.output.progress() as progress:
            bar = progress.add_task("importing", total=total, detail="")
            progress.update(bar, completed=total - sum(len(step.missing(answers)) for step in missing))
            for step in missing:
                progress.update(bar, detail=str(step.day))
                left = len(step.missing(answers))
                await self._step(step)
                progress.advance(bar, left)
        self.journal.finish()

    async def _step(self, step: Step) -> None:
        self.journal.begin_step(step.time)
        await self._pin_clock(step.time)
        for phase in step.phases(self.journal.answers):
            if time.monotonic() - self._pinned > _PIN_AGAIN:
                await self._pin_clock(step.time)  # something was away, and the clock went on
            requests = phase.requests()
            answered = await asyncio.gather(*(self._send(request) for request in requests))
            pairs = [pair for some in answered for pair in some]
            self.journal.answer((event.key, answer) for event, answer in pairs)
            for event, answer in pairs:
                self._learn(event, answer)
                self.sent[event.what] += 1
        await until_settled(self.api)

    async def _pin_clock(self, moment: int) -> None:
        """See to it that the API judges by a time at, or seconds after, `moment`."""
        set_to = await set_clock(self.node, moment, patience=PATIENCE)
        await until_time(self.api, set_to, _CLOCK_SLACK)
        self._pinned = time.monotonic()

    async def _send(self, request: Sequence[Event]) -> list[tuple[Event, Answered]]:
        what = request[0].what
        if what is What.OPENING:
            path, key = "/v1/deliveries", self.cast.shipper.api_key
        elif what is What.REVIEW:
            path, key = "/v1/feedback", None
        else:
            path, key = "/v1/reports", self.cast.sender(request[0]).api_key
        answers = await self.api.post(path, [self._item(event) for event in request], key=key)
        return [(event, _answered(answer)) for event, answer in zip(request, answers, strict=True)]

    def _item(self, event: Event) -> dict[str, Any]:
        order = event.order
        if event.what is What.OPENING:
            carrier = self.cast.carriers[event.carrier].number
            return self.recipients.opening(order.order_id, carrier, order.promised_by)
        state = self.states.setdefault(order.order_id, _DeliveryState())
        if event.review is None:
            outcome = OUTCOME[event.what]
            driver = 0 if outcome is Outcome.CANCELLED else self.cast.driver(event)
            return self.recipients.report(order.order_id, outcome, driver, event.time, event.key)
        review = event.review
        said = {"title": review.title, "message": review.message}
        content = {name: text for name, text in said.items() if text} or None
        return self.recipients.feedback(
            order.order_id, state.driver, Ratings(review.score), state.revision + 1, content, event.key
        )

    def _learn(self, event: Event, answer: Answered) -> None:
        if answer.status != "accepted":
            return
        state = self.states.setdefault(event.order.order_id, _DeliveryState())
        if event.what is What.REVIEW:
            state.revision += 1
        elif event.what in (What.HAND_OVER, What.ARRIVAL):
            state.driver = self.cast.driver(event)


def _answered(answer: dict[str, Any]) -> Answered:
    if answer["status"] == "refused":
        refusal = answer["refusal"]
        return Answered("refused", None, refusal["code"], refusal["message"])
    return Answered("accepted", answer["intent"])
