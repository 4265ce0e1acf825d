"""What a mined batch's events say of its items. Pure.

The ledger emits exactly one event for every item, in item order: the item's own, or its rejection.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from chain_client.domain.errors import Broken
from chain_client.domain.ids import Hash32, to_hex
from chain_client.domain.records import (
    Event,
    Item,
    ItemRejected,
    Kind,
    LoggedEvent,
    Position,
    Reason,
    Recorded,
)
from chain_client.outbox.lanes import Claimed, Outcome
from chain_client.outbox.records import IntentState


class BatchMismatch(Broken):
    """A mined batch's events are not those of its items: this ledger, or what is stored, is not what it seems."""

    code = "batch-mismatch"


SAID_ALREADY: Final[Mapping[Kind, Reason]] = {
    Kind.OPENING: Reason.EXISTS,
    Kind.FEEDBACK: Reason.REVISION,
    Kind.KEY_CHANGE: Reason.KEY_ALREADY_CHANGED,
}
"""The rejection that an item gets which is on chain already, whoever sent it first."""


def walk(tx_hash: Hash32, items: Sequence[Claimed], events: Sequence[LoggedEvent]) -> list[Outcome]:
    """Return what became of each item, in order; raises BatchMismatch where the events are not theirs."""
    if len(events) != len(items):
        raise BatchMismatch(
            f"Transaction {to_hex(tx_hash)} carried {len(items)} items and has {len(events)} of the ledger's events."
        )
    return [
        _outcome(tx_hash, index, one, logged)
        for index, (one, logged) in enumerate(zip(items, events, strict=True))
    ]


def _outcome(tx_hash: Hash32, index: int, one: Claimed, logged: LoggedEvent) -> Outcome:
    event: Event = logged.event
    if isinstance(event, Recorded) and event.item == one.item:
        return _recorded(one, logged.position)
    if isinstance(event, ItemRejected) and (event.delivery_id, event.index) == (one.delivery_id, index):
        at = logged.position
        words = _words(event.reason)
        return Outcome(
            one.seq, IntentState.REJECTED, event.reason, words, at.block_number, at.tx_hash, at.log_index
        )
    raise BatchMismatch(
        f"Transaction {to_hex(tx_hash)} answered item {index} ({one.kind} of delivery {to_hex(one.delivery_id)}) "
        f"with {event}."
    )


def _recorded(one: Claimed, at: Position) -> Outcome:
    return Outcome(one.seq, IntentState.RECORDED, None, None, at.block_number, at.tx_hash, at.log_index)


def _words(reason: int) -> str:
    known = {int(member): member.name.lower().replace("_", " ") for member in Reason}
    return f"the ledger rejected it: {known.get(reason, 'for a reason not known here')} (reason {reason})"


def said_already(items: Sequence[Claimed], outcomes: Sequence[Outcome]) -> list[Claimed]:
    """Return the items whose rejection may mean that the very same item is on chain already."""
    return [
        one
        for one, outcome in zip(items, outcomes, strict=True)
        if outcome.reason is not None and outcome.reason == SAID_ALREADY.get(one.kind)
    ]


def with_found(
    items: Sequence[Claimed], outcomes: Sequence[Outcome], found: Iterable[LoggedEvent]
) -> list[Outcome]:
    """Return the outcomes, with each item of `said_already` recorded where an equal one stands among `found`.

    Equal items have equal digests: what the recipient signed, or the shipper wanted, is on chain to the letter.
    """
    standing: dict[Item, Position] = {
        logged.event.item: logged.position  # type: ignore[misc]  # a driver's move equals no item
        for logged in found
        if isinstance(logged.event, Recorded)
    }
    doubtful = {one.seq: one for one in said_already(items, outcomes)}
    answer: list[Outcome] = []
    for outcome in outcomes:
        one = doubtful.get(outcome.seq)
        position = standing.get(one.item) if one is not None else None
        if one is None or position is None:
            answer.append(outcome)
        else:
            answer.append(replace(_recorded(one, position), detail="it was on chain already"))
    return answer
