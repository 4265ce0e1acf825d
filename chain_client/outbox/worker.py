"""A lane: one writer's way to the chain, from claimed intents to settled ones.

What holds at every moment, whatever stops and restarts: a batch's bytes are in the database before they are sent, the
nonces stored have no gap, and a batch in flight is sent again, the same bytes, until there is a receipt. So a crash at
any point costs nothing but time, and two workers on one writer never send two things under one nonce.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

from chain_client.bindings.calls import encode_batch
from chain_client.bindings.errors import ContractError
from chain_client.bindings.events import decode_log
from chain_client.bindings.ledger import Ledger
from chain_client.bindings.signer import Signer, TxFields
from chain_client.domain.errors import Broken, DoorstepError, InvalidInput, Unavailable
from chain_client.domain.ids import MemberNumber, to_hex
from chain_client.domain.records import MAX_BATCH
from chain_client.outbox import lanes, settling
from chain_client.outbox.lanes import Claimed, LaneKey, LeaseLost, Outcome, StoredBatch, Version
from chain_client.outbox.records import RELAY
from chain_client.outbox.transactions import version, with_margin, with_raised_fees
from chain_client.rpc.errors import (
    CallReverted,
    GasLimitExceeded,
    NonceTooLow,
    TransactionDeferred,
    TransactionRefused,
)
from chain_client.rpc.node import Node
from chain_client.rpc.records import TxReceipt
from chain_client.store.database import Store
from chain_client.store.ledgers import LedgerId

_log = logging.getLogger(__name__)
_REVERTS: Final = (ContractError, CallReverted, GasLimitExceeded, InvalidInput)


class NonceTaken(Broken):
    """The chain knows transactions of this writer that this lane did not make: its key is used elsewhere."""

    code = "nonce-taken"


class NodeBehind(Unavailable):
    """The node has not yet the blocks that this lane has settled from. Retry once it has caught up."""

    code = "node-behind"


class WriterNotAllowed(Unavailable):
    """The ledger does not let this writer write for its member; its intents wait. Retry once it is allowed."""

    code = "writer-not-allowed"


class _ClaimLost(Exception):
    """Another lane of the same member was quicker; claim again."""


@dataclass(frozen=True, slots=True)
class LaneSettings:
    """How a lane works: sizes, and seconds (of the lane's clock where whole, of the event loop's where not).

    `poll` and `receipt_poll` are how often an idle lane looks into the database, and one in flight at the chain.
    `resend_after`: the same bytes again. `replace_after`: higher fees, on a network that has fees. `nonce_grace`: how
    long a nonce may look used without a receipt before the lane halts. `lease`: how long a killed worker's lane waits
    for the next one.
    """

    max_batch: int = MAX_BATCH
    max_in_flight: int = 4
    poll: float = 0.05
    receipt_poll: float = 0.025
    unable_poll: float = 0.5
    longest_backoff: float = 5.0
    lease: int = 10
    resend_after: int = 5
    replace_after: int = 30
    nonce_grace: int = 10


@dataclass(slots=True)
class _Flight:
    """A batch in flight: when it was last sent, when last signed, since when its nonce looks used."""

    batch: StoredBatch
    sent_at: int
    signed_at: int
    used_since: int | None = None


class Lane:
    """One writer's lane. `member` 0 is the relay: recipients' feedback and key changes.

    Not for two tasks at once; any number of lanes share an event loop. `clock` gives this machine's time in whole
    Unix seconds, for leases and bookkeeping only.
    """

    def __init__(
        self,
        store: Store,
        node: Node,
        ledger: Ledger,
        ledger_id: LedgerId,
        signer: Signer,
        member: MemberNumber,
        clock: Callable[[], int],
        settings: LaneSettings = LaneSettings(),  # frozen
    ) -> None:
        self._store = store
        self._node = node
        self._ledger = ledger
        self._signer = signer
        self._clock = clock
        self._settings = settings
        self._lane = LaneKey(ledger_id, signer.address, member)
        self._token = secrets.token_bytes(16)
        self._leased_until = 0
        self._leading = False
        self._flights: list[_Flight] | None = None  # None: to be read from the database, and sent again
        self._next_nonce = 0
        self._most = settings.max_batch  # what a block of this network held, as far as was seen
        self._mined = False

    async def run(self, stop: asyncio.Event, wake: Callable[[], None]) -> None:
        """Step until `stop` is set; calls `wake` each time something was mined.

        A node or database that does not answer is waited for, longer each time up to `longest_backoff`; nothing is
        lost meanwhile. Gives the lease back at the end.
        """
        failures = 0
        try:
            while not stop.is_set():
                try:
                    moved = await self.step()
                    failures, pause = 0, 0.0 if moved else self._pause()
                except DoorstepError as error:
                    failures += 1
                    pause = min(0.1 * 2 ** min(failures, 10), self._settings.longest_backoff)
                    self._say(
                        logging.WARNING, "backed_off", "%s; again in %.1f s", error, pause, error=error.code
                    )
                if self._mined:
                    self._mined = False
                    wake()
                await _until(stop, pause)
        finally:
            await self._release()

    async def step(self) -> bool:
        """Settle what was mined, send what may go, send again what is overdue; True where anything moved on.

        Does nothing while another worker has the lane, or it is halted. Halts it (`lanes.halted`, in words) on
        anything Broken. Raises Unavailable, or what the node said: call again later, nothing is lost.
        """
        try:
            if not await self._lead():
                return False
            settled = await self._settle_mined()
            sent = await self._send_next()
            again = await self._send_again()
        except LeaseLost as error:
            self._forget()
            self._say(logging.WARNING, "lease_lost", "%s", error)
            return False
        except Broken as error:
            await self._halt(error)
            return False
        except BaseException:
            # Whatever was under way, the database knows it; memory may not.
            self._flights = None
            raise
        return settled or sent or again

    def _pause(self) -> float:
        if not self._leading:
            return self._settings.unable_poll
        return self._settings.receipt_poll if self._flights else self._settings.poll

    # ── the lease ────────────────────────────────────────────────────────────────────────────────────────────────

    async def _lead(self) -> bool:
        """Hold the lease, renewing it at half its time; on taking the lane over, send again all that is in flight."""
        now = self._clock()
        if self._flights is not None and self._leased_until - now > self._settings.lease // 2:
            return True
        until = now + self._settings.lease
        async with self._store.write() as connection:
            state = await lanes.take_lease(connection, self._lane, self._token, now, until)
            stored = await lanes.in_flight(connection, self._lane) if self._flights is None else None
        if state is None or state.halted is not None:
            self._forget()
            return False
        self._leading, self._leased_until = True, until
        if stored is None:
            return True
        self._next_nonce = await self._first_nonce() if state.next_nonce is None else state.next_nonce
        flights = [_Flight(batch, now, now) for batch in stored]
        await self._agree_on_nonce(flights)
        for flight in flights:
            await self._send(flight)
        self._flights = flights
        self._say(logging.INFO, "leading", "leads from nonce %d", self._next_nonce, in_flight=len(flights))
        return True

    async def _first_nonce(self) -> int:
        nonce = await self._node.nonce(self._lane.writer)
        async with self._store.write() as connection:
            await lanes.hold(connection, self._lane, self._token)
            await lanes.set_nonce(connection, self._lane, nonce)
        return nonce

    def _under_way(self) -> list[_Flight]:
        if self._flights is None:
            raise LeaseLost(f"The lane of writer {to_hex(self._lane.writer)} is not led by this worker.")
        return self._flights

    def _forget(self) -> None:
        self._leading, self._leased_until, self._flights = False, 0, None

    async def _release(self) -> None:
        self._forget()
        with suppress(Unavailable):
            async with self._store.write() as connection:
                await lanes.drop_lease(connection, self._lane, self._token)

    async def _halt(self, error: Broken) -> None:
        self._forget()
        self._say(logging.ERROR, "halted", "halts: %s", error, error=error.code)
        with suppress(LeaseLost):
            async with self._store.write() as connection:
                await lanes.hold(connection, self._lane, self._token)
                await lanes.halt(connection, self._lane, str(error))

    async def _agree_on_nonce(self, flights: Sequence[_Flight]) -> None:
        """Compare the table's next nonce with the chain's: it may only be behind by what is in flight."""
        known = await self._node.nonce(self._lane.writer)
        if known > self._next_nonce:
            raise NonceTaken(
                f"The chain's next nonce of writer {to_hex(self._lane.writer)} is {known}, the lane's {self._next_nonce}: "
                "something else uses its key. Find out what, then resume the lane from the chain's nonce."
            )
        if known + len(flights) < self._next_nonce:
            raise NodeBehind(
                f"The node counts {known} transactions of writer {to_hex(self._lane.writer)}, but "
                f"{self._next_nonce - len(flights)} are settled: it is behind, or not the chain it was."
            )

    # ── sending ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _send_next(self) -> bool:
        """Send a batch: at once while the lane is idle, a full one only while another is in flight."""
        flights = self._under_way()
        if len(flights) >= self._settings.max_in_flight:
            return False
        async with self._store.read() as connection:
            claimed = await lanes.claimable(connection, self._lane, self._settings.max_batch)
        items, full = lanes.fitting(claimed, min(self._settings.max_batch, self._most))
        if not items or (flights and not full):
            return False
        await self._agree_on_nonce(flights)
        sized = await self._within_reach(items)
        if sized is None:
            return True
        items, calldata, gas = sized
        try:
            batch = await self._store_batch(items, calldata, gas)
        except _ClaimLost:
            return True
        now = self._clock()
        flight = _Flight(batch, now, now)
        flights.append(flight)
        self._say(
            logging.INFO, "batch_sent", "sends %d of kind %s", len(items), batch.kind,
            nonce=batch.nonce, tx_hash=to_hex(batch.versions[-1].tx_hash),
        )  # fmt: skip
        await self._send(flight)
        return True

    async def _within_reach(self, items: list[Claimed]) -> tuple[list[Claimed], bytes, int] | None:
        """Return the most of the first items that would not revert, their calldata and gas; None where not even one.

        That one is set aside. Halving keeps the front, so what stays behind still waits in order.
        """
        while True:
            try:
                calldata = _calldata(items)
                gas = await self._ledger.estimate_batch(self._lane.writer, calldata)
            except _REVERTS as error:
                if len(items) == 1:
                    await self._set_aside(items[0], error)
                    return None
                self._say(logging.WARNING, "batch_halved", "%d items would revert: %s", len(items), error)
                items = items[: len(items) // 2]
                if isinstance(error, GasLimitExceeded):
                    self._most = len(items)
                continue
            return items, calldata, with_margin(gas, len(items))

    async def _store_batch(self, items: Sequence[Claimed], calldata: bytes, gas: int) -> StoredBatch:
        fees = await self._node.fees()
        async with self._store.write() as connection:
            state = await lanes.hold(connection, self._lane, self._token)
            if state.halted is not None or state.next_nonce is None:
                raise LeaseLost(f"The lane of writer {to_hex(self._lane.writer)} was halted.")
            fields = TxFields(
                chain_id=self._node.chain_id,
                nonce=state.next_nonce,
                to=self._ledger.address,
                data=calldata,
                gas=gas,
                max_fee=fees.max_fee,
                priority_fee=fees.priority_fee,
            )
            signed = version(self._signer, fields)
            batch = await lanes.store_batch(connection, self._lane, fields.nonce, items, signed)
            if batch is None:
                raise _ClaimLost
        self._next_nonce = batch.nonce + 1
        return batch

    async def _send(self, flight: _Flight) -> None:
        """Hand the newest bytes over. A refusal changes nothing: they are sent again until there is a receipt."""
        now = self._clock()
        flight.sent_at = now
        try:
            await self._node.send(flight.batch.versions[-1].raw)
        except NonceTooLow:
            # Mined already, ours or not: the receipt says.
            flight.used_since = now if flight.used_since is None else flight.used_since
        except TransactionDeferred as error:
            flight.sent_at = now + 1 - self._settings.resend_after
            self._say(logging.INFO, "send_deferred", "%s", error, nonce=flight.batch.nonce)
        except TransactionRefused as error:
            self._say(logging.ERROR, "send_refused", "%s", error, nonce=flight.batch.nonce, error=error.code)

    async def _send_again(self) -> bool:
        """Send what has no receipt yet again: the same bytes, or the same batch at higher fees."""
        now, again = self._clock(), False
        for flight in self._under_way():
            if now - flight.signed_at >= self._settings.replace_after:
                await self._raise_fees(flight)
            if now - flight.sent_at >= self._settings.resend_after:
                await self._send(flight)
                again = True
        return again

    async def _raise_fees(self, flight: _Flight) -> None:
        flight.signed_at = self._clock()
        last = flight.batch.versions[-1]
        raised = with_raised_fees(self._signer, last, await self._node.fees())
        if raised is None or await self._mined_version(flight) is not None:
            return
        await self._store_version(flight, raised)
        self._say(
            logging.INFO, "batch_replaced", "offers %d instead of %d wei", raised.fee, last.fee,
            nonce=flight.batch.nonce, tx_hash=to_hex(raised.tx_hash),
        )  # fmt: skip
        await self._send(flight)

    async def _store_version(self, flight: _Flight, raised: Version) -> None:
        async with self._store.write() as connection:
            await lanes.hold(connection, self._lane, self._token)
            await lanes.add_version(connection, flight.batch.batch_id, raised)
        flight.batch = replace(flight.batch, versions=(*flight.batch.versions, raised))

    # ── settling ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def _settle_mined(self) -> bool:
        """Settle batches in nonce order, as far as they are mined for good."""
        moved = False
        flights = self._under_way()
        while flights:
            flight = flights[0]
            receipt = await self._mined_version(flight)
            if receipt is None:
                await self._check_unused(flight)
                return moved
            if not await self._is_final(receipt):
                return moved
            await self._settle(flight.batch, receipt)
            flights.pop(0)
            self._mined = moved = True
        return moved

    async def _mined_version(self, flight: _Flight) -> TxReceipt | None:
        for one in reversed(flight.batch.versions):
            receipt = await self._node.receipt(one.tx_hash)
            if receipt is not None:
                return receipt
        return None

    async def _is_final(self, receipt: TxReceipt) -> bool:
        if self._node.engine.instant_finality:
            return True
        return receipt.block_number <= (await self._node.final()).number

    async def _check_unused(self, flight: _Flight) -> None:
        """Halt where a nonce stays used without a receipt: what used it was not this lane's."""
        since = flight.used_since
        if since is None or self._clock() - since < self._settings.nonce_grace:
            return
        known = await self._node.nonce(self._lane.writer)
        if known <= flight.batch.nonce:
            flight.used_since = None
        elif await self._mined_version(flight) is None:
            raise NonceTaken(
                f"Nonce {flight.batch.nonce} of writer {to_hex(self._lane.writer)} is used (the chain's next is {known}), "
                "but none of the transactions this lane made under it has a receipt: something else uses its key. "
                "Find out what, then resume the lane from the chain's nonce."
            )

    async def _settle(self, batch: StoredBatch, receipt: TxReceipt) -> None:
        async with self._store.read() as connection:
            items = await lanes.batch_items(connection, batch.batch_id)
        if receipt.status == 0:
            await self._queue_halves(batch, items, receipt)
            return
        decoded = [decode_log(log) for log in receipt.logs if log.address == self._ledger.address]
        events = [event for event in decoded if event is not None]
        outcomes = settling.walk(receipt.tx_hash, items, events)
        outcomes = await self._look_for_equals(items, outcomes, receipt.block_number)
        await self._write_outcomes(batch, outcomes)
        rejected = sum(one.reason is not None for one in outcomes)
        self._say(
            logging.INFO, "batch_settled", "%d recorded, %d rejected", len(outcomes) - rejected, rejected,
            nonce=batch.nonce, tx_hash=to_hex(receipt.tx_hash), block=receipt.block_number,
        )  # fmt: skip

    async def _write_outcomes(self, batch: StoredBatch, outcomes: Sequence[Outcome]) -> None:
        async with self._store.write() as connection:
            await lanes.hold(connection, self._lane, self._token)
            await lanes.settle(connection, batch.batch_id, outcomes, self._clock())

    async def _look_for_equals(
        self, items: Sequence[Claimed], outcomes: list[Outcome], block: int
    ) -> list[Outcome]:
        doubtful = settling.said_already(items, outcomes)
        if not doubtful:
            return outcomes
        ids = list(dict.fromkeys(one.delivery_id for one in doubtful))
        first = self._ledger.deployment.identity.deploy_block
        logs = await self._node.logs(self._ledger.address, first, block, topics=((), ids))
        found = (event for event in map(decode_log, logs) if event is not None)
        return settling.with_found(items, outcomes, found)

    async def _queue_halves(self, batch: StoredBatch, items: Sequence[Claimed], receipt: TxReceipt) -> None:
        self._say(
            logging.WARNING, "batch_reverted", "%d items reverted when mined", len(items),
            nonce=batch.nonce, tx_hash=to_hex(receipt.tx_hash), block=receipt.block_number,
        )  # fmt: skip
        why = await self._why_reverted(items, receipt) if len(items) == 1 else ""
        async with self._store.write() as connection:
            await lanes.hold(connection, self._lane, self._token)
            await lanes.revert(connection, batch.batch_id)
            if why:
                await lanes.set_aside(connection, items[0].seq, why, self._clock())

    async def _why_reverted(self, items: Sequence[Claimed], receipt: TxReceipt) -> str:
        try:
            await self._ledger.estimate_batch(self._lane.writer, _calldata(items))
        except _REVERTS as error:
            return str(error)
        return f"transaction {to_hex(receipt.tx_hash)} reverted in block {receipt.block_number}; the call would pass now"

    async def _set_aside(self, one: Claimed, error: DoorstepError) -> None:
        member = self._lane.member
        if member != RELAY and await self._ledger.member_of(self._lane.writer) != member:
            raise WriterNotAllowed(
                f"The ledger does not let {to_hex(self._lane.writer)} write for member {member} ({error}); its "
                "intents wait. Allow it, or run the lane of a writer that is."
            )
        self._say(
            logging.ERROR, "item_set_aside", "sets aside intent %s: %s", one.intent_id.hex(), error,
            error=error.code,
        )  # fmt: skip
        async with self._store.write() as connection:
            await lanes.hold(connection, self._lane, self._token)
            await lanes.set_aside(connection, one.seq, str(error), self._clock())

    def _say(self, level: int, action: str, text: str, *arguments: object, **extra: Any) -> None:
        about = {
            "action": f"outbox.{action}",
            "writer": to_hex(self._lane.writer),
            "member": self._lane.member,
        }
        _log.log(level, f"lane of member %d: {text}", self._lane.member, *arguments, extra=about | extra)


def _calldata(items: Sequence[Claimed]) -> bytes:
    signatures = [one.signature for one in items if one.signature is not None]
    return encode_batch(items[0].kind, [one.item for one in items], signatures)


async def _until(stop: asyncio.Event, seconds: float) -> None:
    if seconds == 0:
        await asyncio.sleep(0)
        return
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
