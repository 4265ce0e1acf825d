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
    MAX_REPORT_AGE,
    Feedback,
    KeyChange,
    Note,
    Opening,
    Outcome,
    Reason,
    Report,
    Role,
)
from chain_client.domain.words import RATEABLE, TAKEN, DeliveryWord

_OPENED: Final = 0
_MAY_FOLLOW: Final[dict[int, frozenset[int]]] = {
    Outcome.OUT_FOR_DELIVERY: frozenset({_OPENED, 1, 2}),
    Outcome.ATTEMPTED: frozenset({_OPENED, 1, 2}),
    Outcome.DELIVERED: frozenset({_OPENED, 1, 2, Outcome.LOST}),
    Outcome.RETURNED: frozenset({_OPENED, 1, 2, 3}),
    Outcome.LOST: frozenset({_OPENED, 1, 2, 3}),
    Outcome.CANCELLED: frozenset({_OPENED, 1, 2}),
    Outcome.NOT_RECEIVED: frozenset({_OPENED}),
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
    if item.driver != word.driver:
        if item.driver == 0:
            return Reason.DRIVER_REQUIRED
        if drivers_carrier != word.carrier:
            return Reason.NOT_YOUR_DRIVER
        if cancels:
            return Reason.CANCELLATION_CHANGES_DRIVER
    rateable = RATEABLE if item.outcome > Outcome.OUT_FOR_DELIVERY else 0
    state = (word.state & (TAKEN | RATEABLE)) | rateable | (item.outcome + 1)
    return replace(word, driver=item.driver, state=state)


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
    item: Note, word: DeliveryWord | None, *, driver_known: bool, carrier_known: bool
) -> Reason | None:
    """Judge a note by a NOTER; a note leaves the delivery's word as it stands, so None means accepted."""
    if any(item.delivery_id) and word is None:
        return Reason.UNKNOWN_DELIVERY
    if item.driver and not driver_known:
        return Reason.UNKNOWN_DRIVER
    if (item.carrier and not carrier_known) or not (item.driver or item.carrier):
        return Reason.UNKNOWN_CARRIER
    return None
