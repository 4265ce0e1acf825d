"""Intake refuses exactly what the deployed contract rejects, item by item and for the same reason.

With one exception: whoever does not sign with the delivery's key is told that alone (11), whatever else is wrong.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from sqlalchemy import select

from chain_client.bindings.events import decode_log
from chain_client.domain.digests import digest
from chain_client.domain.hashing import keccak256
from chain_client.domain.ids import ZERO_ADDRESS, ZERO_HASH, Address, DriverNumber, MemberNumber, delivery_id
from chain_client.domain.records import (
    DAY,
    Feedback,
    Item,
    ItemRejected,
    KeyChange,
    Kind,
    Opening,
    Position,
    Recorded,
    Report,
)
from chain_client.domain.signatures import CompactSignature, address_of, recover, sign
from chain_client.indexer.follower import Follower
from chain_client.intake import (
    Answer,
    DeliveryRequest,
    FeedbackRequest,
    Intake,
    KeyChangeRequest,
    ReportRequest,
)
from chain_client.outbox import lanes
from chain_client.outbox.records import IntentState
from chain_client.store import LedgerId, Store, open_store, register_ledger
from chain_client.store.tables import intents
from tests.intake.paper import HOUR, RELAY, SALT, SEALING_KEY
from tests.support.chain import Party, SmallNetwork

SECRETS = {name: keccak256(name.encode()) for name in ("anna", "anna's phone", "mallory")}
ADDRESSES = {name: address_of(secret) for name, secret in SECRETS.items()}


class Both:
    """Intake and the contract side by side: every round goes to both, refused items too."""

    def __init__(self, chain: SmallNetwork, store: Store, ledger_id: LedgerId, seed: int) -> None:
        self.chain, self.store, self.ledger_id, self.rng = chain, store, ledger_id, random.Random(seed)
        self.identity = chain.ledger.deployment.identity
        self.separator = self.identity.signing_domain.separator()
        self.intake = Intake(ledger_id, self.identity, RELAY, SEALING_KEY, 60)
        self.follower = Follower(store, chain.node, chain.ledger, ledger_id, lambda: 1)
        self.waybills = [f"WB {n}" for n in range(4)]
        self.ids = [delivery_id(chain.shipper.number, SALT, name) for name in self.waybills]
        self.seen: set[str] = set()
        self.keys: dict[bytes, Address] = {}
        self.fresh = 0

    async def index(self) -> int:
        while await self.follower.step():
            pass
        return await self.chain.node.next_time()

    def any_delivery(self) -> bytes:
        return self.rng.choice([*self.ids[:1] * 4, *self.ids])

    def opening(self, now: int) -> tuple[DeliveryRequest, Opening]:
        name = self.rng.choice(self.waybills)
        key = self.rng.choice((*[ADDRESSES["anna"]] * 6, ZERO_ADDRESS))
        carrier = self.rng.choice(
            (*[self.chain.carrier.number] * 6, self.chain.shipper.number, MemberNumber(999))
        )
        promised = now + self.rng.choice((*[DAY] * 6, -DAY, 400 * DAY))
        request = DeliveryRequest(name, carrier, promised, None, key, ZERO_HASH, SALT)
        made = delivery_id(self.chain.shipper.number, SALT, name)
        return request, Opening(made, key, carrier, promised, ZERO_HASH)

    def report(self, now: int) -> tuple[ReportRequest, Report]:
        driver = self.rng.choice((0, *self.chain.drivers[:2] * 2, DriverNumber(99)))
        outcome = self.rng.choice((1, 1, 1, 2, 2, 3, 3, 4, 5, 6, 7, 8, 0))
        self.fresh += 1  # never the same report twice: a repeat is intake's duplicate, the contract's second
        at = now - self.rng.choice((*[HOUR] * 8, 9 * DAY, -DAY)) - self.fresh
        item = Report(self.any_delivery(), driver, outcome, at, ZERO_HASH)  # type: ignore[arg-type]
        return ReportRequest(item.delivery_id, outcome, driver, at), item

    def feedback(self, now: int) -> tuple[FeedbackRequest, Feedback]:
        self.fresh += 1
        item = Feedback(
            self.any_delivery(),  # type: ignore[arg-type]
            self.rng.choice((DriverNumber(0), *self.chain.drivers[:3])),
            self.rng.choice((*range(6), 6)),
            *(self.rng.randrange(6) for _ in range(4)),
            self.rng.choice((*[self.rng.randrange(1 << 11)] * 6, 1 << 11)),
            keccak256(str(self.fresh).encode()),  # type: ignore[arg-type]
            self.rng.choice((1, 1, 1, 2, 2, 3, 0, 200)),
        )
        return FeedbackRequest(item, self.signed(item)), item

    def key_change(self, now: int) -> tuple[KeyChangeRequest, KeyChange]:
        to = self.rng.choice((*ADDRESSES.values(), ADDRESSES["anna's phone"], ZERO_ADDRESS))
        item = KeyChange(self.any_delivery(), Address(to))  # type: ignore[arg-type]
        return KeyChangeRequest(item.delivery_id, item.new_key, self.signed(item)), item

    def signed(self, item: Item) -> CompactSignature:
        by = self.rng.choice((*["anna"] * 6, *SECRETS))
        return sign(SECRETS[by], digest(self.separator, item))

    async def round(self, kind: Kind, party: Party | None, size: int) -> None:
        now = await self.index()
        made = {
            Kind.OPENING: self.opening,
            Kind.REPORT: self.report,
            Kind.FEEDBACK: self.feedback,
            Kind.KEY_CHANGE: self.key_change,
        }[kind]
        # Never one item twice: to intake that is a duplicate, to the contract another item.
        unique = {item: request for request, item in (made(now) for _ in range(size))}
        answers = await self.ask(kind, party, list(unique.values()))
        judged = [
            (item, request, answer)
            for (item, request), answer in zip(unique.items(), answers, strict=True)
            if answer.status != "duplicate" and (answer.refusal is None or answer.refusal.code != "conflict")
        ]
        if judged:
            await self.compare(kind, party, judged)

    async def ask(self, kind: Kind, party: Party | None, requests: list[object]) -> list[Answer]:
        async with self.store.write() as connection:
            match kind:
                case Kind.OPENING:
                    assert party is not None
                    return await self.intake.open_deliveries(connection, party.number, requests, 1)  # type: ignore[arg-type]
                case Kind.REPORT:
                    assert party is not None
                    return await self.intake.report(connection, party.number, requests, 1)  # type: ignore[arg-type]
                case Kind.FEEDBACK:
                    return await self.intake.feedback(connection, requests, 1)  # type: ignore[arg-type]
                case _:
                    return await self.intake.change_keys(connection, requests, 1)  # type: ignore[arg-type]

    async def compare(
        self, kind: Kind, party: Party | None, judged: list[tuple[Item, object, Answer]]
    ) -> None:
        items = [item for item, _, _ in judged]
        signatures = [
            CompactSignature(one.signature)
            for _, one, _ in judged
            if isinstance(one, FeedbackRequest | KeyChangeRequest)
        ]
        writer = self.chain.relay if party is None else party.writer
        receipt = await self.chain.send(writer, kind, items, signatures)
        logged = [decoded for log in receipt.logs if (decoded := decode_log(log)) is not None]
        recorded = {}
        for (item, request, answer), one in zip(judged, logged, strict=True):
            if isinstance(one.event, ItemRejected):
                assert answer.refusal is not None, (item, one.event)
                reason = 11 if self.by_another(item, request) else one.event.reason
                assert answer.refusal.reason == reason, (item, answer.refusal)
                self.seen.add(answer.refusal.code)
                continue
            assert isinstance(one.event, Recorded)
            assert one.event.item == item
            assert answer.status == "accepted", (item, answer.refusal)
            self.seen.add("accepted")
            if isinstance(item, Opening):
                self.keys[item.delivery_id] = item.recipient_key
            elif isinstance(item, KeyChange):
                self.keys[item.delivery_id] = item.new_key
            recorded[answer.intent_id] = one.position
        await self.settle(recorded)

    def by_another(self, item: Item, request: object) -> bool:
        if not isinstance(request, FeedbackRequest | KeyChangeRequest) or item.delivery_id not in self.keys:
            return False
        signer = recover(digest(self.separator, item), CompactSignature(request.signature))
        return signer != self.keys[item.delivery_id]

    async def settle(self, recorded: dict[bytes | None, Position]) -> None:
        async with self.store.write() as connection:
            rows = await connection.execute(select(intents.c.id, intents.c.seq))
            outcomes = [
                lanes.Outcome(
                    row.seq, IntentState.RECORDED, None, None, at.block_number, at.tx_hash, at.log_index
                )
                for row in rows
                if (at := recorded.get(row.id)) is not None
            ]
            if outcomes:
                await lanes.settle(connection, 0, outcomes, 1)


@pytest.mark.parametrize("seed", range(3))
async def test_refused_is_what_the_contract_rejects(
    chain: SmallNetwork, empty_database: bytes, tmp_path: Path, seed: int
) -> None:
    path = tmp_path / "doorstep.db"
    path.write_bytes(empty_database)
    store = open_store(f"sqlite+aiosqlite:///{path}")
    try:
        async with store.write() as connection:
            ledger_id = await register_ledger(connection, chain.ledger.deployment.identity)
        both = Both(chain, store, ledger_id, seed)
        await both.round(Kind.OPENING, chain.shipper, 6)
        for turn in range(12):
            await both.round(Kind.REPORT, chain.carrier, 5)
            await both.round(Kind.FEEDBACK, None, 8)
            if turn % 3 == 0:
                await both.round(Kind.OPENING, chain.shipper, 3)
                await both.round(Kind.REPORT, chain.shipper, 2)
                await both.round(Kind.KEY_CHANGE, None, 3)
            if turn in (5, 9):
                chain.provider.advance(2 * DAY)
                chain.provider.mine()
        assert "accepted" in both.seen
        assert len(both.seen) > 12, both.seen
    finally:
        await store.close()
