"""The ledger's rules, as pure functions: what the contract would say to an item, and the word it would leave.

One rule set serves three: `intake` answers a request before it is sent, the property tests hold the contract to it
step by step, and `verify` recomputes words. Reasons are checked in the contract's order; signatures last.

A check returns a `Reason` where the item is rejected, else the delivery's new word. `now` is the block's time.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from chain_client.domain.ids import ZERO_ADDRESS, Address, DriverNumber, MemberNumber, shipper_of
from chain_client.domain.records import (
    ALL_ISSUES,
    FEEDBACK_WINDOW,
    MAX_PROMISE_AHEAD,
    MAX_REPLACED_DRIVERS,
    MAX_REPORT_AGE,
    REPORT_WINDOW,
    Feedback,
    KeyChange,
    Note,
    Opening,
    Outcome,
    Reason,
    Report,
    Role,
)
from chain_client.domain.words import OUTCOME_MASK, RATEABLE, REPLACED_ONCE, TAKEN, DeliveryWord

_OPENED: Final = 0
_MAY_FOLLOW: Final[dict[int, frozenset[int]]] = {
    Outcome.OUT_FOR_DELIVERY: frozenset({_OPENED, 1, 2}),
    Outcome.ATTEMPTED: frozenset({_OPENED, 1, 2}),
    Outcome.DELIVERED: frozenset({_OPENED, 1, 2, Outcome.LOST, Outcome.CANCELLED}),
    Outcome.RETURNED: frozenset({_OPENED, 1, 2, 3, Outcome.CANCELLED}),
    Outcome.LOST: frozenset({_OPENED, 1, 2, 3, Outcome.CANCELLED}),
    Outcome.CANCELLED: frozenset({_OPENED, 1, 2}),
    Outcome.NOT_RECEIVED: frozenset({_OPENED, Outcome.CANCELLED}),
}


def check_opening(
    item: Opening, existing: DeliveryWord | None, *, caller: MemberNumber, carrier_roles: int, now: int
) -> Reason | DeliveryWord:
    """Judge an opening by `caller`; `carrier_roles` are those of the named carrier (0 where unknown)."""
    if shipper_of(item.delivery_id) != caller:
        return Reason.OTHER_SHIPPERS_ID
    if existing is not None:
        return Reason.EXISTS
    if item.recipient_key == ZERO_ADDRESS:
        return Reason.ZERO_KEY
    if not carrier_roles & Role.CARRIER:
        return Reason.NOT_A_CARRIER
    if item.promised_by <= now:
        return Reason.PROMISE_NOT_IN_FUTURE
    if item.promised_by > now + MAX_PROMISE_AHEAD:
        return Reason.PROMISE_BEYOND_366_DAYS
    return DeliveryWord(
        recipient_key=item.recipient_key,
        driver=DriverNumber(0),
        promised_by=item.promised_by,
        carrier=item.carrier,
        state=1,
        revision=0,
    )


def check_report(
    item: Report, word: DeliveryWord | None, *, caller: MemberNumber, drivers_carrier: int, now: int
) -> Reason | DeliveryWord:
    """Judge a report by `caller`; `drivers_carrier` is the named driver's carrier now (0 where unknown or driver 0)."""
    if word is None:
        return Reason.UNKNOWN_DELIVERY
    if item.outcome not in _MAY_FOLLOW:
        return Reason.OUTCOME
    cancels = item.outcome == Outcome.CANCELLED
    if caller != (shipper_of(item.delivery_id) if cancels else word.carrier):
        return Reason.NOT_YOURS
    if word.last_outcome not in _MAY_FOLLOW[item.outcome]:
        return Reason.TRANSITION
    if item.occurred_at > now:
        return Reason.FUTURE
    if item.occurred_at + MAX_REPORT_AGE < now:
        return Reason.OLDER_THAN_7_DAYS
    exhausted = word.replaced_drivers == MAX_REPLACED_DRIVERS
    newly_named = item.driver not in (0, word.driver)
    replaces = newly_named and word.driver != 0
    if cancels:
        if item.driver:
            return Reason.CANCELLATION_NAMES_DRIVER
    elif item.driver == 0 and word.driver != 0 and not exhausted:
        return Reason.DRIVER_REQUIRED
    elif newly_named and drivers_carrier != word.carrier:
        return Reason.NOT_YOUR_DRIVER
    elif replaces and exhausted:
        return Reason.TOO_MANY_DRIVERS
    if now > word.promised_by + REPORT_WINDOW:
        return Reason.TOO_LONG_AFTER_PROMISE
    return after_report(item, word)


def after_report(item: Report, word: DeliveryWord) -> DeliveryWord:
    """Return the delivery's slot after a report that the contract accepted.

    A report that names nobody keeps the named driver; one that names another than the named driver replaces it.
    """
    rateable = RATEABLE if item.outcome > Outcome.OUT_FOR_DELIVERY else 0
    state = (word.state & ~OUTCOME_MASK) | rateable | (item.outcome + 1)
    if word.driver and item.driver not in (0, word.driver):
        state += REPLACED_ONCE
    return replace(word, driver=item.driver or word.driver, state=state)


def check_feedback(
    item: Feedback, word: DeliveryWord | None, *, was_driver: bool, signer: Address | None, now: int
) -> Reason | DeliveryWord:
    """Judge a feedback signed by `signer`; `was_driver` says whether its driver was replaced on this delivery."""
    if word is None:
        return Reason.UNKNOWN_DELIVERY
    if not word.rateable and now <= word.promised_by:
        return Reason.TOO_EARLY
    if now > word.promised_by + FEEDBACK_WINDOW:
        return Reason.CLOSED
    if item.revision != word.revision + 1:
        return Reason.REVISION
    if item.revision > 127 and not word.taken:
        return Reason.ABOVE_127_BEFORE_TAKE_OVER
    if max(item.overall, item.timeliness, item.packaging, item.professionalism, item.accuracy) > 5:
        return Reason.RATING
    if item.issues > ALL_ISSUES:
        return Reason.ISSUE_BITS
    if item.driver not in (0, word.driver) and not was_driver:
        return Reason.DRIVER_NEVER_NAMED
    if signer != word.recipient_key:
        return Reason.BAD_SIGNATURE
    return replace(word, revision=item.revision)


def check_key_change(
    item: KeyChange, word: DeliveryWord | None, *, signer: Address | None, now: int
) -> Reason | DeliveryWord:
    """Judge a key change signed by `signer`."""
    if word is None:
        return Reason.UNKNOWN_DELIVERY
    if now > word.promised_by + FEEDBACK_WINDOW:
        return Reason.CLOSED
    if word.taken:
        return Reason.KEY_ALREADY_CHANGED
    if item.new_key in (ZERO_ADDRESS, word.recipient_key):
        return Reason.NEW_KEY_ZERO_OR_SAME
    if signer != word.recipient_key:
        return Reason.BAD_SIGNATURE
    return replace(word, recipient_key=item.new_key, state=word.state | TAKEN)


def check_note(
    item: Note, word: DeliveryWord | None, *, driver_known: bool, carrier_known: bool, was_driver: bool
) -> Reason | None:
    """Judge a note by a NOTER; a note leaves the delivery's slot unchanged, so None means accepted.

    `was_driver` tells whether the note's driver was replaced on its delivery.
    """
    if any(item.delivery_id) and word is None:
        return Reason.UNKNOWN_DELIVERY
    if item.driver and not driver_known:
        return Reason.UNKNOWN_DRIVER
    if not (item.driver or item.carrier):
        return Reason.UNKNOWN_CARRIER
    if item.carrier and not (carrier_known and (word is None or item.carrier == word.carrier)):
        return Reason.UNKNOWN_CARRIER
    if word is not None and item.driver not in (0, word.driver) and not was_driver:
        return Reason.NOT_ITS_DRIVER
    return None
