"""How fast signed feedback is accepted in bulk, against `coincurve` recovering the same signatures and nothing else.

    python benchmarks/intake.py [--items 5000] [--call 1000] [--content]

Accepting means all that makes an answer true: form, digest, signer, the ledger's rules against the index and what is
pending, the relay's signed receipt, and a durable commit (SQLite, WAL, synchronous FULL) a call. Recovering runs on one
core; accepting as the API does it, one call's signatures recovered in a thread while another call is stored. They run
in turns, and the best of each counts. `ratio` is accepted per second over recovered per second, goal 0.35;
`ratio_of_processor_time` the same by processor time, which a second core does not help and a busy machine hardly hurts.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import secrets
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from coincurve import PublicKey

from chain_client.domain.digests import digest, document_hash
from chain_client.domain.hashing import keccak256
from chain_client.domain.ids import ZERO_HASH, Address, DeliveryId, DriverNumber, Hash32, MemberNumber
from chain_client.domain.ledger import LedgerIdentity
from chain_client.domain.records import (
    DAY,
    DriversRegistered,
    Event,
    Feedback,
    LoggedEvent,
    MemberRegistered,
    Opening,
    Outcome,
    Position,
    Recorded,
    Report,
)
from chain_client.domain.signatures import address_of, sign
from chain_client.health import Limits
from chain_client.indexer.follower import Follower
from chain_client.intake import FeedbackRequest, Intake, PreparedFeedback, Refusal
from chain_client.outbox.signer import LocalSigner
from chain_client.rpc.records import Block, Engine
from chain_client.store import LedgerId, Store, migrate, open_store, register_ledger

SHIPPER, CARRIER, DRIVER = MemberNumber(1), MemberNumber(2), DriverNumber(1)
START = 1_700_000_000
_LIMITS = Limits(silence_seconds=3600)


class _Deployed:
    def __init__(self, identity: LedgerIdentity) -> None:
        self.identity = identity


SENDER = Address(b"\x77" * 20)


class Delivered:
    """A chain of two blocks on which all deliveries stand, delivered by one driver, for the follower to read."""

    def __init__(self, deliveries: Sequence[DeliveryId], key: Address) -> None:
        genesis = Block(0, Hash32(keccak256(b"0")), ZERO_HASH, START)
        self._head = Block(1, Hash32(keccak256(b"1")), genesis.hash, START + 1)
        self._blocks = [genesis, self._head]
        self.engine = Engine("benchmark", "1", True, 0)
        self.identity = LedgerIdentity(20260, genesis.hash, Address(b"\x11" * 20), 0, genesis.hash)
        self.deployment = _Deployed(self.identity)
        events: list[Event] = [
            MemberRegistered(SHIPPER, "shop", 1, SENDER),
            MemberRegistered(CARRIER, "carrier", 2, SENDER),
            DriversRegistered(CARRIER, DRIVER, 1, SENDER),
        ]
        for one in deliveries:
            events.append(Recorded(Opening(one, key, CARRIER, START + DAY, ZERO_HASH), CARRIER, SENDER))
            events.append(Recorded(Report(one, DRIVER, Outcome.DELIVERED, START, ZERO_HASH), CARRIER, SENDER))
        self._events = [
            LoggedEvent(Position(1, index, self._head.hash, self._head.time, self._head.hash, 0), event)
            for index, event in enumerate(events)
        ]

    async def head(self) -> Block:
        """As `rpc.Node` does."""
        return self._head

    async def final(self) -> Block:
        """As `rpc.Node` does."""
        return self._head

    async def next_time(self) -> int:
        """As `rpc.Node` does."""
        return START + 2

    async def block(self, number: int) -> Block | None:
        """As `rpc.Node` does."""
        return self._blocks[number] if number < 2 else None

    async def events(self, first: int, last: int) -> list[LoggedEvent]:
        """As `rpc.Node` does."""
        return self._events if first <= 1 <= last else []


def _requests(
    chain: Delivered, deliveries: Sequence[DeliveryId], key: bytes, revision: int, content: bool
) -> list[FeedbackRequest]:
    separator = chain.identity.signing_domain.separator()
    made = []
    for number, one in enumerate(deliveries):
        text, salt, hashed = None, None, ZERO_HASH
        if content:
            text, salt = (
                {"comment": f"Chegou antes do prazo, tudo certo com o pedido {number}."},
                secrets.token_bytes(32),
            )
            hashed = document_hash(salt, text)
        item = Feedback(one, DRIVER, 5, 4, 5, 3, 5, 0, hashed, revision)
        made.append(FeedbackRequest(item, sign(key, digest(separator, item)), text, salt))
    return made


def _recover(chain: Delivered, requests: Sequence[FeedbackRequest]) -> tuple[float, float]:
    """Return seconds of the clock and of the processor."""
    separator = chain.identity.signing_domain.separator()
    ready = []
    for one in requests:
        vs = int.from_bytes(one.signature[32:], "big")
        raw = one.signature[:32] + (vs & ((1 << 255) - 1)).to_bytes(32, "big") + bytes([vs >> 255])
        ready.append((raw, digest(separator, one.feedback)))
    begin, used = time.perf_counter(), time.process_time()
    for raw, hashed in ready:
        PublicKey.from_signature_and_message(raw, hashed, hasher=None)
    return time.perf_counter() - begin, time.process_time() - used


async def _accept(
    store: Store, intake: Intake, requests: Sequence[FeedbackRequest], call: int
) -> tuple[float, float]:
    """Return seconds of the clock and of the processor."""
    calls = [requests[start : start + call] for start in range(0, len(requests), call)]
    begin, used = time.perf_counter(), time.process_time()

    def prepare(number: int) -> asyncio.Task[list[PreparedFeedback | Refusal]]:
        return asyncio.create_task(asyncio.to_thread(intake.prepare_feedback, calls[number]))

    # As the API does: one call's signatures are recovered while another one is stored.
    ahead = prepare(0)
    for number in range(len(calls)):
        prepared = await ahead
        if number + 1 < len(calls):
            ahead = prepare(number + 1)
        async with store.write() as connection:
            answers = await intake.feedback(connection, prepared, int(time.time()))
        for one in answers:
            if one.status != "accepted" or one.receipt is None:
                raise SystemExit(f"not accepted: {one}")
    return time.perf_counter() - begin, time.process_time() - used


async def _index(store: Store, chain: Delivered) -> LedgerId:
    async with store.write() as connection:
        ledger_id = await register_ledger(connection, chain.identity)
    follower = Follower(store, chain, chain, ledger_id, time.time)
    while await follower.step():
        pass
    return ledger_id


async def measure(items: int, call: int, content: bool, rounds: int) -> dict[str, float]:
    """Return seconds and ratio, each the best of `rounds`, alternating."""
    key = keccak256(b"recipient")
    deliveries = [DeliveryId(b"\x00\x01" + secrets.token_bytes(30)) for _ in range(items * rounds)]
    chain = Delivered(deliveries, address_of(key))
    with TemporaryDirectory() as directory:
        store = open_store(f"sqlite+aiosqlite:///{Path(directory, 'benchmark.db')}")
        await migrate(store)
        ledger_id = await _index(store, chain)
        relay = LocalSigner(keccak256(b"relay"))
        intake = Intake(ledger_id, chain.identity, relay, keccak256(b"sealing"), 600, _LIMITS)
        recovered, accepted = [], []
        for round_ in range(rounds):
            these = deliveries[round_ * items : (round_ + 1) * items]
            requests = _requests(chain, these, key, 1, content)
            gc.collect()
            gc.freeze()  # what was made to measure with is no part of what is measured
            recovered.append(_recover(chain, requests))
            accepted.append(await _accept(store, intake, requests, call))
        await store.close()
    clock, processor = (min(one[n] for one in recovered) / min(one[n] for one in accepted) for n in (0, 1))
    return {
        "items": items,
        "recovered_per_second": round(items / min(one[0] for one in recovered)),
        "accepted_per_second": round(items / min(one[0] for one in accepted)),
        "ratio": round(clock, 3),
        "ratio_of_processor_time": round(processor, 3),
    }


def main() -> None:
    """Print the figures as one line of JSON."""
    parser = argparse.ArgumentParser(
        description="Accept signed feedback in bulk, against coincurve recover alone."
    )
    parser.add_argument("--items", type=int, default=5_000)
    parser.add_argument("--call", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--content", action="store_true", help="each with a private comment")
    given = parser.parse_args()
    figures = asyncio.run(measure(given.items, given.call, given.content, given.rounds))
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
