"""What a delivery will be once everything accepted so far is on chain.

The index lags the chain, and the chain lags what was accepted. So a request is judged against the indexed word with
the delivery's pending items applied in their order: those recorded in blocks the index has not reached as facts,
those still waiting as the rules will take them at the chain's time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.domain.errors import Unavailable
from chain_client.domain.ids import DeliveryId, DriverNumber, MemberNumber, shipper_of
from chain_client.domain.records import Feedback, Item, KeyChange, Opening, Outcome, Reason, Report, Role
from chain_client.domain.rules import check_feedback, check_key_change, check_opening, check_report
from chain_client.domain.words import DeliveryWord
from chain_client.health import chain_time, observation_stop, relay_stop
from chain_client.indexer import reader
from chain_client.intake.desk import Desk
from chain_client.outbox import writer
from chain_client.store import LedgerId


class IndexNotReady(Unavailable):
    """The ledger has not been read, or not lately enough to judge by: nothing was changed. Try again later."""

    code = "index-not-ready"


class RelayStopped(Unavailable):
    """What recipients sign cannot be recorded now, so nothing was taken and nothing promised. Try again later.

    `cause` is the `Cause` or error code that stops the relay's lane.
    """

    code = "relay-stopped"

    def __init__(self, message: str, cause: str) -> None:
        self.cause = cause
        super().__init__(message)


@dataclass(slots=True)
class Expected:
    """A delivery's word and replaced drivers, ahead of the index; `word` None while it is not opened."""

    word: DeliveryWord | None = None
    was_drivers: frozenset[DriverNumber] = frozenset()

    def take(self, item: Item, word: DeliveryWord) -> None:
        """Go on to the word that `item` leaves."""
        if self.word is not None and self.word.driver not in (0, word.driver):
            self.was_drivers |= {self.word.driver}
        self.word = word

    def foresee(self, item: Item, now: int | None) -> None:
        """Go on past an item that was accepted before: at the chain's time `now`, or None where it is recorded.

        Who signed and who called was judged then, and only the ledger itself could have changed it since.
        """
        outcome = _judge_again(item, self, now)
        if isinstance(outcome, DeliveryWord):
            self.take(item, outcome)


def _judge_again(item: Item, before: Expected, now: int | None) -> Reason | DeliveryWord | None:
    word = before.word
    if isinstance(item, Opening):
        at = item.promised_by - 1 if now is None else now
        return check_opening(
            item, word, caller=shipper_of(item.delivery_id), carrier_roles=Role.CARRIER, now=at
        )
    if word is None:
        return None
    match item:
        case Report():
            cancels = item.outcome == Outcome.CANCELLED
            return check_report(
                item,
                word,
                caller=shipper_of(item.delivery_id) if cancels else word.carrier,
                drivers_carrier=word.carrier,
                now=item.occurred_at if now is None else now,
            )
        case Feedback():
            at = word.promised_by + 1 if now is None else now
            return check_feedback(item, word, was_driver=True, signer=word.recipient_key, now=at)
        case KeyChange():
            at = word.promised_by if now is None else now
            return check_key_change(item, word, signer=word.recipient_key, now=at)
        case _:
            return None


async def current_head(connection: AsyncConnection, ledger_id: LedgerId) -> reader.IndexedHead:
    """Return how far the index is; raises IndexNotReady (retry) where it has not begun or has stopped."""
    head = await reader.indexed_head(connection, ledger_id)
    if head is None:
        raise IndexNotReady("The ledger has not been read yet. Try again in a moment.")
    if head.halted is not None:
        raise IndexNotReady(f"Reading the ledger is halted: {head.halted} Try again later.")
    return head


async def fresh_head(desk: Desk, connection: AsyncConnection, now: int) -> reader.IndexedHead:
    """Return how far the index is, with the chain's time as it is `now` by this machine's clock.

    Raises IndexNotReady (retry) also where the chain was not observed lately enough to judge or promise by.
    """
    head = await current_head(connection, desk.ledger_id)
    stop = observation_stop(head, now, desk.limits)
    if stop is not None:
        raise IndexNotReady(f"{stop.words} Nothing was taken; try again later.")
    return replace(head, chain_time=chain_time(head, now))


async def require_relay(desk: Desk, connection: AsyncConnection, now: int) -> None:
    """Raise RelayStopped (retry) where what recipients sign cannot be recorded now."""
    relay = None if desk.relay is None else desk.relay.address
    stop = await relay_stop(connection, desk.ledger_id, relay, now, desk.limits)
    if stop is not None:
        raise RelayStopped(
            f"What recipients sign cannot be recorded now: {stop.words} Nothing was taken; keep it and send it again.",
            stop.cause,
        )


async def expect(
    connection: AsyncConnection,
    ledger_id: LedgerId,
    head: reader.IndexedHead,
    delivery_ids: Sequence[DeliveryId],
) -> dict[DeliveryId, Expected]:
    """Return what to expect of each of these deliveries, the unknown ones included.

    `head` must have been read before, in the same transaction: what is recorded between the two reads is then
    applied twice, which changes nothing, instead of never.
    """
    known = await reader.states(connection, ledger_id, delivery_ids)
    pending = await writer.pending(connection, ledger_id, delivery_ids, head.block_number)
    expected = {}
    for delivery_id in delivery_ids:
        indexed = known.get(delivery_id)
        if indexed is None:
            expected[delivery_id] = Expected()
        else:
            expected[delivery_id] = Expected(indexed.word, indexed.was_drivers)
    for delivery_id, items in pending.items():
        for waiting in items:
            recorded = waiting.state is writer.IntentState.RECORDED
            expected[delivery_id].foresee(waiting.item, None if recorded else head.chain_time)
    return expected


async def carriers_of(
    connection: AsyncConnection, ledger_id: LedgerId, drivers: set[DriverNumber]
) -> dict[DriverNumber, MemberNumber]:
    """Return the carrier of each driver that is registered; 0 stands for nobody and is left out."""
    return await reader.drivers_carriers(connection, ledger_id, drivers - {DriverNumber(0)})
