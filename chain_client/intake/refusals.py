"""The words of every refusal: one code per reason of the contract, the field to look at, and how to mend it.

Beyond the contract's reasons: `invalid` (a value of no such form; `field` names it), `conflict` (the idempotency key
stands for another body) and `waybill-known` (this shipper's waybill has a delivery already).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from chain_client.domain.errors import InvalidInput
from chain_client.domain.records import (
    FEEDBACK_WINDOW,
    MAX_PROMISE_AHEAD,
    MAX_REPORT_AGE,
    REPORT_WINDOW,
    Feedback,
    Item,
    KeyChange,
    Opening,
    Outcome,
    Reason,
    Report,
)
from chain_client.domain.words import DeliveryWord
from chain_client.intake.answers import Refusal

ASPECTS: Final = ("overall", "timeliness", "packaging", "professionalism", "accuracy")


def code_of(reason: Reason) -> str:
    """Return the reason's code: its name in kebab-case."""
    return reason.name.lower().replace("_", "-")


def invalid(error: InvalidInput) -> Refusal:
    """Return the refusal of a value of no such form."""
    return Refusal("invalid", None, error.field, error.message, False)


def conflict(field: str, what: str) -> Refusal:
    """Return the refusal of a key that stands for another body; `what` names the kind of thing."""
    return Refusal(
        "conflict",
        None,
        field,
        f"stands for another {what} already, sent before with other values; send those again unchanged, or use "
        f"another {field}",
        False,
    )


WAYBILL_KNOWN: Final = Refusal(
    "waybill-known",
    None,
    "waybill",
    "has a delivery already; a waybill is opened once: look that delivery up, or use another waybill",
    False,
)


def reason_refusal(reason: Reason, item: Item, word: DeliveryWord | None, now: int) -> Refusal:
    """Return the refusal for the contract's `reason`, judged against `word` at the chain's time `now`."""
    field, message = _words(reason, item, word, now)
    return Refusal(code_of(reason), int(reason), field, message, reason.curable)


def _utc(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _words(reason: Reason, item: Item, word: DeliveryWord | None, now: int) -> tuple[str, str]:
    if reason is Reason.UNKNOWN_DELIVERY:
        return "delivery_id", (
            "is not on the ledger (yet); check it, or send the same again once its opening is recorded"
        )
    if reason is Reason.CLOSED and word is not None:
        return "delivery_id", (
            f"closed at {_utc(word.promised_by + FEEDBACK_WINDOW)}, 366 days after its promise; nothing more can be said"
        )
    match item:
        case Opening():
            return _of_opening(reason, item, now)
        case Report():
            return _of_report(reason, item, word, now)
        case Feedback():
            return _of_feedback(reason, item, word)
        case KeyChange():
            return _of_key_change(reason)
        case _:
            return "", f"is refused by the ledger: {code_of(reason)}"


def _of_opening(reason: Reason, item: Opening, now: int) -> tuple[str, str]:
    match reason:
        case Reason.OTHER_SHIPPERS_ID:
            return "waybill", "gives a delivery id of another shipper; open it with that shipper's API key"
        case Reason.EXISTS:
            return (
                "waybill",
                "gives, with this salt, a delivery that is on the ledger already; use another salt",
            )
        case Reason.ZERO_KEY:
            return "recipient_key", "must not be zero; send the recipient's address, or leave it out"
        case Reason.NOT_A_CARRIER:
            return "carrier", f"{item.carrier} is no carrier's member number; see the members with that role"
        case Reason.PROMISE_NOT_IN_FUTURE:
            return "promised_by", f"must be after the chain's time, which is {_utc(now)}"
        case _:
            return "promised_by", (
                f"must be at most 366 days after the chain's time: {_utc(now + MAX_PROMISE_AHEAD)} at the latest"
            )


def _of_report(reason: Reason, item: Report, word: DeliveryWord | None, now: int) -> tuple[str, str]:
    match reason:
        case Reason.OUTCOME:
            return "outcome", f"must be 1 to 7, not {item.outcome}"
        case Reason.NOT_YOURS:
            whose = "shipper may cancel it" if item.outcome == Outcome.CANCELLED else "carrier may report it"
            return "delivery_id", f"is not yours to report so: only its {whose}"
        case Reason.TRANSITION:
            last = word.last_outcome if word is not None else 0
            before = f"outcome {last} ({Outcome(last).name.lower()})" if last else "its opening"
            return "outcome", (
                f"{item.outcome} ({Outcome(item.outcome).name.lower()}) may not follow {before}, the last one "
                "recorded or waiting; look at the delivery's history"
            )
        case Reason.FUTURE:
            return "occurred_at", (
                f"is after the chain's time, which is {_utc(now)}; mend it, or send the same again then"
            )
        case Reason.OLDER_THAN_7_DAYS:
            return "occurred_at", (
                f"is more than 7 days before the chain's time, so not before {_utc(now - MAX_REPORT_AGE)}; too late "
                "to report"
            )
        case Reason.DRIVER_REQUIRED:
            named = word.driver if word is not None else 0
            return (
                "driver",
                f"must not be 0 once one is named; it is {named} now: send that one, or the one that replaced it",
            )
        case Reason.NOT_YOUR_DRIVER:
            return (
                "driver",
                f"{item.driver} is not registered for the delivery's carrier; name one of its drivers",
            )
        case Reason.TOO_MANY_DRIVERS:
            return "driver", (
                "cannot be replaced again: a delivery's driver is replaced at most three times; send 0, and the "
                "report names nobody"
            )
        case Reason.TOO_LONG_AFTER_PROMISE:
            promised = word.promised_by if word is not None else 0
            return "delivery_id", (
                f"takes no report after {_utc(promised + REPORT_WINDOW)}, 180 days after its promise"
            )
        case _:
            return "driver", "must be 0: a cancellation names no driver"


def _of_feedback(reason: Reason, item: Feedback, word: DeliveryWord | None) -> tuple[str, str]:
    match reason:
        case Reason.TOO_EARLY:
            after = _utc(word.promised_by) if word is not None else "its promise"
            return "delivery_id", (
                f"cannot be rated yet; send the same again once an attempt or arrival is reported, or after {after}"
            )
        case Reason.REVISION:
            last = word.revision if word is not None else 0
            if last == 255:
                return "revision", "255 was the last one that this delivery can take"
            return "revision", (
                f"must be {last + 1}, not {item.revision}: {last} is the last one recorded or waiting; sign it anew "
                "with that number"
            )
        case Reason.ABOVE_127_BEFORE_TAKE_OVER:
            return (
                "revision",
                "may pass 127 only after the recipient changed the delivery's key; change the key first",
            )
        case Reason.RATING:
            aspect = next(name for name in ASPECTS if getattr(item, name) > 5)
            return aspect, f"must be 1 to 5, or 0 for not rated; not {getattr(item, aspect)}"
        case Reason.ISSUE_BITS:
            return "issues", f"has unknown bits; only bits 0 to 10 are issues, not {item.issues:#x}"
        case Reason.DRIVER_NEVER_NAMED:
            return "driver", (
                f"{item.driver} was never named on this delivery; sign it anew with a driver that was, or with 0"
            )
        case _:
            return "signature", _BAD_SIGNATURE


def _of_key_change(reason: Reason) -> tuple[str, str]:
    match reason:
        case Reason.KEY_ALREADY_CHANGED:
            return "delivery_id", "had its key changed already, which is possible only once"
        case Reason.NEW_KEY_ZERO_OR_SAME:
            return "new_key", "must be another key than the present one, and not zero"
        case _:
            return "signature", _BAD_SIGNATURE


_BAD_SIGNATURE: Final = (
    "is not of the delivery's recipient key over exactly these values in this ledger's EIP-712 domain; check chain id, "
    "contract, delivery, driver and every value signed"
)
