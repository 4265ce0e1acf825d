"""A lane: one writer's way to the chain, from claimed intents to settled ones.

What holds at every moment, whatever stops and restarts: a batch's bytes are in the database before they are sent, the
nonces stored have no gap, and a batch in flight is sent again, the same bytes, until there is a receipt. So a crash at
any point costs nothing but time, and two workers on one writer never send two things under one nonce.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from chain_client.bindings.ledger import Ledger
from chain_client.bindings.signer import Signer
from chain_client.domain.causes import remedy
from chain_client.domain.errors import Broken, DoorstepError, Unavailable
from chain_client.domain.ids import MemberNumber, to_hex
from chain_client.outbox import lanes
from chain_client.outbox.agreement import NodeBehind, NonceTaken, agree_on_nonce
from chain_client.outbox.context import LaneContext, LaneSettings
from chain_client.outbox.lanes import LaneKey, LeaseLost, StoredBatch
from chain_client.outbox.packer import Packer, WriterNotAllowed
from chain_client.outbox.settler import Settler
from chain_client.outbox.transactions import in_order
from chain_client.rpc.errors import GasLimitExceeded, NonceTooLow, TransactionDeferred, TransactionRefused
from chain_client.rpc.node import Node
from chain_client.store.database import Store
from chain_client.store.ledgers import LedgerId
from chain_client.store.troubles import PartTroubles, lane_part
from chain_client.waiting import until_either

__all__ = ["Lane", "LaneSettings", "NodeBehind", "NonceTaken", "WriterNotAllowed"]

_DEFAULTS = LaneSettings()


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
        settings: LaneSettings = _DEFAULTS,
    ) -> None:
        key = LaneKey(ledger_id, signer.address, member)
        token = secrets.token_bytes(16)
        self._context = LaneContext(store, node, ledger, signer, clock, settings, key, token)
        self._settings = settings
        self._writer = to_hex(signer.address)
        self._say = self._context.say
        self._packer = Packer(self._context)
        self._settler = Settler(self._context)
        self._troubles = PartTroubles(store, ledger_id, lane_part(signer.address), clock)
        self._refused: TransactionRefused | None = None
        self._leased_until = 0
        self._leading = False
        self._checked_at = 0
        self._agreed = False  # with the chain, once: from then on only a stranger can use up a nonce
        self._flights: list[_Flight] | None = None  # None: to be read from the database, and sent again
        self._next_nonce = 0
        self._mined = False
        self._retiring = False
        self._has_sent = member == 0  # the relay never signs for itself

    def retire(self) -> None:
        """Send nothing new from now on; `run` ends once all that is in flight is settled."""
        self._retiring = True

    async def run(
        self, stop: asyncio.Event, wake: Callable[[], None], bell: asyncio.Event | None = None
    ) -> None:
        """Step until `stop` is set; calls `wake` each time something was mined.

        With a `bell` (`Doorbell.of` this lane's member) an idle lane waits for it, and looks by itself only to renew its
        lease; without one it looks every `poll` seconds.

        A node or database that does not answer is waited for, longer each time up to `longest_backoff`; nothing is
        lost meanwhile. Gives the lease back at the end.
        """
        failures = 0
        try:
            while not (stop.is_set() or self._retired()):
                moved = True
                try:
                    moved = await self.step()
                    failures, pause = 0, 0.0 if moved else self._pause()
                    await self._tell(self._refused)
                except DoorstepError as error:
                    failures += 1
                    await self._tell(error)
                    pause = min(0.1 * 2 ** min(failures, 10), self._settings.longest_backoff)
                    self._say(
                        logging.WARNING, "backed_off", "%s; again in %.1f s", error, pause, error=error.code
                    )
                if self._mined:
                    self._mined = False
                    wake()
                if bell is None or moved or self._flights or not self._leading:
                    await _until(stop, pause)
                else:
                    await until_either(stop, bell, self._settings.lease / 3)
                    if not self._retiring:  # the bell is the member's: its new lane waits for it too
                        bell.clear()
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
            sent = not self._retiring and await self._send_next()
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

    async def _tell(self, error: DoorstepError | None) -> None:
        """Keep in the database what this lane fails at; only by the worker that leads it, or tries to."""
        if error is not None:
            await self._troubles.failed(error)
        elif self._leading:
            await self._troubles.well()

    def _retired(self) -> bool:
        return self._retiring and self._leading and not self._flights

    def _pause(self) -> float:
        if not self._leading:
            return self._settings.unable_poll
        return self._settings.receipt_poll if self._flights else self._settings.poll

    # ── the lease ────────────────────────────────────────────────────────────────────────────────────────────────

    async def _lead(self) -> bool:
        """Hold the lease, renewing it at half its time; on taking the lane over, send again all that is in flight."""
        context, now = self._context, self._context.clock()
        if self._flights is not None and self._leased_until - now > self._settings.lease // 2:
            return True
        until = now + self._settings.lease
        async with context.store.write() as connection:
            state = await lanes.take_lease(connection, context.key, context.token, now, until)
            if state is not None and not state.renewed:
                self._flights = None  # an operator's command, or another worker, had the lane in between
            stored = await lanes.in_flight(connection, context.key) if self._flights is None else None
            self._has_sent = self._has_sent or await lanes.has_sent(connection, context.key)
        if state is None or state.halted is not None:
            self._forget()
            return False
        self._leading, self._leased_until = True, until
        if stored is None:
            await self._check_nonce(now)
            return True
        # Until its first batch the key may sign for itself: accepting to write uses a nonce.
        known = state.next_nonce if self._has_sent else None
        self._next_nonce = await self._first_nonce() if known is None else known
        await self._packer.learn_block_gas()
        flights = [_Flight(in_order(batch), now, now) for batch in stored]
        await agree_on_nonce(context, self._next_nonce, len(flights), first=not self._agreed)
        self._agreed, self._checked_at = True, now
        for flight in flights:
            await self._send(flight)
        self._flights = flights
        self._say(logging.INFO, "leading", "leads from nonce %d", self._next_nonce, in_flight=len(flights))
        return True

    async def _check_nonce(self, now: int) -> None:
        """Compare the nonce with the chain's every `nonce_check` seconds, though nothing is to be sent."""
        if self._has_sent and now - self._checked_at >= self._settings.nonce_check:
            flights = self._under_way()
            await agree_on_nonce(self._context, self._next_nonce, len(flights), first=False)
            self._checked_at = now

    async def _first_nonce(self) -> int:
        context = self._context
        nonce = await context.node.nonce(context.key.writer)
        async with context.holding() as (connection, _):
            await lanes.set_nonce(connection, context.key, nonce)
        return nonce

    def _under_way(self) -> list[_Flight]:
        if self._flights is None:
            raise LeaseLost(f"The lane of writer {self._writer} is not led by this worker.")
        return self._flights

    def _forget(self) -> None:
        self._leading, self._leased_until, self._flights = False, 0, None

    async def _release(self) -> None:
        self._forget()
        with suppress(Unavailable):
            async with self._context.store.write() as connection:
                await lanes.drop_lease(connection, self._context.key, self._context.token)

    async def _halt(self, error: Broken) -> None:
        self._forget()
        self._say(
            logging.ERROR, "halted", "halts: %s %s", error, remedy(error.code, self._writer), error=error.code
        )
        try:
            async with self._context.holding() as (connection, _):
                await lanes.halt(connection, self._context.key, str(error), error.code)
        except LeaseLost:
            await self._troubles.failed(error)

    # ── sending ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _send_next(self) -> bool:
        """Send a batch: at once while the lane is idle, a full one only while another is in flight."""
        flights = self._under_way()
        if len(flights) >= self._settings.max_in_flight:
            return False
        most = self._packer.most
        async with self._context.store.read() as connection:
            claimed = await lanes.claimable(connection, self._context.key, most)
        items, full = lanes.fitting(claimed, most)
        if not items or (flights and not full):
            return False
        if not self._has_sent:
            self._next_nonce = await self._first_nonce()
        await agree_on_nonce(self._context, self._next_nonce, len(flights), first=False)
        packed = await self._packer.pack(items)
        batch = None if packed is None else await self._packer.store(packed)
        if packed is None or batch is None:
            return True
        self._next_nonce, self._has_sent = batch.nonce + 1, True
        now = self._context.clock()
        flight = _Flight(batch, now, now)
        flights.append(flight)
        self._say(
            logging.INFO, "batch_sent", "sends %d of kind %s", len(packed.items), batch.kind,
            nonce=batch.nonce, tx_hash=to_hex(batch.versions[-1].tx_hash),
        )  # fmt: skip
        await self._send(flight)
        return True

    async def _send(self, flight: _Flight) -> None:
        """Hand the newest bytes over. A refusal changes nothing: they are sent again until there is a receipt."""
        now, nonce = self._context.clock(), flight.batch.nonce
        flight.sent_at = now
        try:
            await self._context.node.send(flight.batch.versions[-1].raw)
            self._refused = None
        except NonceTooLow:
            # Mined already, ours or not: the receipt says.
            flight.used_since = now if flight.used_since is None else flight.used_since
        except TransactionDeferred as error:
            flight.sent_at = now + 1 - self._settings.resend_after
            self._say(logging.INFO, "send_deferred", "%s", error, nonce=nonce)
        except TransactionRefused as error:
            smaller = (
                await self._packer.with_less_gas(flight.batch)
                if isinstance(error, GasLimitExceeded)
                else None
            )
            if smaller is not None:
                flight.batch, flight.sent_at = smaller, now - self._settings.resend_after  # at the next step
                self._say(logging.WARNING, "batch_capped", "%s", error, nonce=nonce)
                return
            self._refused = error
            self._say(logging.ERROR, "send_refused", "%s", error, nonce=nonce, error=error.code)

    async def _send_again(self) -> bool:
        """Send what has no receipt yet again: the same bytes, or the same batch at higher fees."""
        now, again = self._context.clock(), False
        for flight in self._under_way():
            if now - flight.signed_at >= self._settings.replace_after:
                await self._raise_fees(flight)
            if now - flight.sent_at >= self._settings.resend_after:
                await self._send(flight)
                again = True
        return again

    async def _raise_fees(self, flight: _Flight) -> None:
        flight.signed_at = self._context.clock()
        if await self._settler.receipt(flight.batch) is not None:
            return
        raised = await self._packer.with_higher_fees(flight.batch)
        if raised is None:
            return
        flight.batch = raised
        newest = raised.versions[-1]
        self._say(
            logging.INFO, "batch_replaced", "offers %d wei", newest.fee,
            nonce=raised.nonce, tx_hash=to_hex(newest.tx_hash),
        )  # fmt: skip
        await self._send(flight)

    # ── settling ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def _settle_mined(self) -> bool:
        """Settle batches in nonce order, as far as they are mined for good."""
        moved, flights = False, self._under_way()
        while flights:
            receipt = await self._settler.receipt(flights[0].batch)
            if receipt is None:
                await self._check_unused(flights[0])
                return moved
            if not await self._settler.is_final(receipt):
                return moved
            await self._settler.settle(flights[0].batch, receipt)
            flights.pop(0)
            self._refused = None
            self._mined = moved = True
        return moved

    async def _check_unused(self, flight: _Flight) -> None:
        """Halt where a nonce stays used without a receipt: what used it was not this lane's."""
        since = flight.used_since
        if since is None or self._context.clock() - since < self._settings.nonce_grace:
            return
        known = await self._context.node.nonce(self._context.key.writer)
        if known <= flight.batch.nonce:
            flight.used_since = None
        elif await self._settler.receipt(flight.batch) is None:
            raise NonceTaken(
                f"Nonce {flight.batch.nonce} of writer {self._writer} is used (the chain's next is {known}), but none "
                "of the transactions this lane made under it has a receipt: something else uses its key."
            )


async def _until(stop: asyncio.Event, seconds: float) -> None:
    if seconds == 0:
        await asyncio.sleep(0)
        return
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
