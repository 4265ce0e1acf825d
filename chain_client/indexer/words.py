"""The word that an entry leaves, as integer arithmetic on the packed slot: what replay and fold share.

The contract judged every entry before it was recorded, so nothing is judged again here. Layouts are those of
`chain_client.domain.words`.
"""

from __future__ import annotations

from typing import Final

from chain_client.domain.errors import Broken
from chain_client.domain.ids import DriverNumber, to_hex
from chain_client.domain.records import Feedback, Item, KeyChange, Note, Opening, Outcome, Report
from chain_client.domain.words import OUTCOME_MASK, RATEABLE, REPLACED_ONCE, TAKEN

_KEY: Final = (1 << 160) - 1
_DRIVER_AT: Final = 160
_DRIVER: Final = 0xFFFFFFFF << _DRIVER_AT
_CARRIER_AT: Final = 224
_STATE_AT: Final = 240
_OUTCOME: Final = OUTCOME_MASK << _STATE_AT
_REVISION_AT: Final = 248
_REVISION: Final = 0xFF << _REVISION_AT


class ContradictoryRecord(Broken):
    """The events contradict each other: some are missing, out of order, or not this contract's. Stop and look."""

    code = "contradictory-record"


def word_after(item: Item, word: int) -> int:
    """Return the delivery's word after `item`, `word` being the one before (0 for none).

    Raises ContradictoryRecord where the delivery should have been there, or should not.
    """
    match item:
        case Opening():
            if word:
                raise ContradictoryRecord(f"Delivery {to_hex(item.delivery_id)} was opened twice.")
            return (
                int.from_bytes(item.recipient_key, "big")
                | item.promised_by << 192
                | item.carrier << _CARRIER_AT
                | 1 << _STATE_AT
            )
        case Report():
            rateable = RATEABLE if item.outcome > Outcome.OUT_FOR_DELIVERY else 0
            after = word & ~_OUTCOME | (item.outcome + 1 | rateable) << _STATE_AT
            if item.driver:
                if driver_in(word) not in (0, item.driver):
                    after += REPLACED_ONCE << _STATE_AT
                after = after & ~_DRIVER | item.driver << _DRIVER_AT
        case Feedback():
            after = word & ~_REVISION | item.revision << _REVISION_AT
        case KeyChange():
            after = word & ~_KEY | int.from_bytes(item.new_key, "big") | TAKEN << _STATE_AT
        case Note():
            if word == 0 and any(item.delivery_id):
                raise _never_opened(item)
            return word
    if word == 0:
        raise _never_opened(item)
    return after


def _never_opened(item: Item) -> ContradictoryRecord:
    return ContradictoryRecord(
        f"An entry names delivery {to_hex(item.delivery_id)}, which was never opened; earlier events are missing."
    )


def driver_in(word: int) -> DriverNumber:
    """Return the present driver of a delivery's word; 0 for nobody."""
    return DriverNumber(word >> _DRIVER_AT & 0xFFFFFFFF)


def carrier_in(word: int) -> int:
    """Return the carrier of a delivery's word; 0 for the word 0."""
    return word >> _CARRIER_AT & 0xFFFF


def promised_in(word: int) -> int:
    """Return the promise of a delivery's word, Unix seconds."""
    return word >> 192 & 0xFFFFFFFF


def outcome_in(word: int) -> int:
    """Return the last outcome of a delivery's word; 0 while only opened."""
    return (word >> _STATE_AT & OUTCOME_MASK) - 1


def taken_in(word: int) -> bool:
    """Return whether the recipient of a delivery's word has taken it over."""
    return bool(word >> _STATE_AT & TAKEN)
