"""A dry run of a plan by the ledger's rules alone: what an undisturbed import must come to.

Pure: no chain, no database, no HTTP. The importer's real figures are compared with it in tests.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from chain_client.domain.ids import ZERO_HASH, Address, DeliveryId, DriverNumber, MemberNumber
from chain_client.domain.records import Feedback, Opening, Outcome, Reason, Report, Role
from chain_client.domain.rules import check_feedback, check_opening, check_report
from chain_client.domain.words import DeliveryWord
from scripts.olist.plan import DRIVERS_PER_CARRIER, OUTCOME, Event, Step, What

_SHIPPER: Final = MemberNumber(1)
_FIRST_CARRIER: Final = 2
_KEY: Final = Address(b"\x01" * 20)


@dataclass(slots=True)
class Outcomes:
    """What became of the events: accepted by what they are, rejected by what they are and why."""

    accepted: Counter[What] = field(default_factory=Counter)
    rejected: Counter[tuple[What, Reason]] = field(default_factory=Counter)


def run(plan: Sequence[Step], *, at_event_time: bool = False) -> Outcomes:
    """Return what the rules say to every event of `plan`.

    The clock stands at the step's time, as in an import, or at each event's own with `at_event_time`: a day's step is
    fine enough when both come to the same.
    """
    words: dict[str, DeliveryWord] = {}
    found = Outcomes()
    for step in plan:
        for event in step.events:
            now = event.time if at_event_time else step.time
            verdict = _judge(event, words.get(event.order.order_id), now)
            if isinstance(verdict, Reason):
                found.rejected[event.what, verdict] += 1
            else:
                found.accepted[event.what] += 1
                words[event.order.order_id] = verdict
    return found


def _judge(event: Event, word: DeliveryWord | None, now: int) -> Reason | DeliveryWord:
    delivery = DeliveryId(_SHIPPER.to_bytes(2, "big") + bytes(30))
    carrier = MemberNumber(_FIRST_CARRIER + event.carrier)
    driver = DriverNumber(1 + event.carrier * DRIVERS_PER_CARRIER + event.driver)
    if event.what is What.OPENING:
        opening = Opening(delivery, _KEY, carrier, event.order.promised_by, ZERO_HASH)
        return check_opening(opening, word, caller=_SHIPPER, carrier_roles=Role.CARRIER, now=now)
    if event.review is not None:
        named = word.driver if word else DriverNumber(0)
        revision = (word.revision if word else 0) + 1
        feedback = Feedback(
            delivery,
            named,
            overall=event.review.score,
            timeliness=0,
            packaging=0,
            professionalism=0,
            accuracy=0,
            issues=0,
            content_hash=ZERO_HASH,
            revision=revision,
        )
        return check_feedback(feedback, word, was_driver=False, signer=_KEY, now=now)
    outcome = OUTCOME[event.what]
    cancels = outcome is Outcome.CANCELLED
    if cancels:
        driver = DriverNumber(0)
    report = Report(delivery, driver, outcome, event.time, ZERO_HASH)
    caller = _SHIPPER if cancels else carrier
    return check_report(report, word, caller=caller, drivers_carrier=carrier, now=now)
