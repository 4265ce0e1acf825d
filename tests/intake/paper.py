"""A ledger on paper: blocks of events that `domain.rules` decides, the house that feeds it, and its people.

The follower reads it as it reads a node, and the outbox's intents are settled by it as a lane settles them, so intake
stands on the real index and the real outbox. What the ledger holds is kept here in the plainest way.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field

from sqlalchemy import select

from chain_client.domain.digests import digest
from chain_client.domain.hashing import keccak256
from chain_client.domain.ids import (
    ZERO_HASH,
    Address,
    DeliveryId,
    DriverNumber,
    Hash32,
    MemberNumber,
    shipper_of,
)
from chain_client.domain.ledger import LedgerIdentity
from chain_client.domain.links import signing_key
from chain_client.domain.records import (
    DriversRegistered,
    Event,
    Feedback,
    Item,
    ItemRejected,
    KeyChange,
    Kind,
    LoggedEvent,
    MemberRegistered,
    Opening,
    Outcome,
    Position,
    Reason,
    Recorded,
    Report,
)
from chain_client.domain.rules import check_feedback, check_key_change, check_opening, check_report
from chain_client.domain.signatures import CompactSignature, address_of, recover, sign
from chain_client.domain.words import DeliveryWord
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
from chain_client.outbox.records import IntentState, decode_payload
from chain_client.outbox.signer import LocalSigner
from chain_client.rpc.records import Block, Engine
from chain_client.store import LedgerId, Store, register_ledger
from chain_client.store.tables import intents

START = 1_700_000_000
HOUR, DAY = 3_600, 86_400
SHIPPER, CARRIER, RIVAL, BOTH, REVIEWER = (MemberNumber(n) for n in range(1, 6))
ROLES = {SHIPPER: 1, CARRIER: 2, RIVAL: 2, BOTH: 3, REVIEWER: 4}
DRIVERS = {DriverNumber(n): CARRIER for n in (1, 2, 3)} | {DriverNumber(n): RIVAL for n in (4, 5)}
RELAY = LocalSigner(keccak256(b"relay"))
SEALING_KEY = keccak256(b"sealing key")
RECEIPT_SECONDS = 600
SALT = b"\x0a" * 32


def secret(name: str) -> bytes:
    return keccak256(f"secret of {name}".encode())


def address(name: str) -> Address:
    return address_of(secret(name))


@dataclass
class State:
    """What the ledger holds."""

    words: dict[DeliveryId, DeliveryWord] = field(default_factory=dict)
    was: dict[DeliveryId, set[int]] = field(default_factory=dict)

    def judge(
        self, item: Item, caller: MemberNumber, signer: Address | None, now: int
    ) -> Reason | DeliveryWord:
        word = self.words.get(item.delivery_id)
        match item:
            case Opening():
                roles = ROLES.get(item.carrier, 0)
                return check_opening(item, word, caller=caller, carrier_roles=roles, now=now)
            case Report():
                carrier = DRIVERS.get(item.driver, 0)
                return check_report(item, word, caller=caller, drivers_carrier=carrier, now=now)
            case Feedback():
                was = item.driver in self.was.get(item.delivery_id, ())
                return check_feedback(item, word, was_driver=was, signer=signer, now=now)
            case KeyChange():
                return check_key_change(item, word, signer=signer, now=now)
        raise AssertionError(item)

    def put(self, item: Item, caller: MemberNumber, signer: Address | None, now: int) -> Reason | None:
        """Take the item if the rules do; say why not."""
        outcome = self.judge(item, caller, signer, now)
        if isinstance(outcome, Reason):
            return outcome
        before = self.words.get(item.delivery_id)
        if isinstance(item, Report) and before is not None and before.driver not in (0, outcome.driver):
            self.was.setdefault(item.delivery_id, set()).add(before.driver)
        self.words[item.delivery_id] = outcome
        return None


SENDER = Address(b"\x77" * 20)


@dataclass(frozen=True)
class _Deployed:
    identity: LedgerIdentity


class Paper:
    """The ledger: `put` makes a block of items; `time` is what a block made now would carry."""

    def __init__(self) -> None:
        genesis = Block(0, Hash32(keccak256(b"genesis")), ZERO_HASH, START)
        self.engine = Engine("paper", "1", True, 0)
        self.identity = LedgerIdentity(20260, genesis.hash, Address(b"\x11" * 20), 0, genesis.hash)
        self.deployment = _Deployed(self.identity)
        self.separator = self.identity.signing_domain.separator()
        self.blocks, self.logged = [genesis], list[LoggedEvent]()
        self.state, self.time = State(), START + 12
        founding: list[Event] = [
            MemberRegistered(n, f"member {n}", roles, SENDER) for n, roles in ROLES.items()
        ]
        self._mine(
            [
                *founding,
                DriversRegistered(CARRIER, DriverNumber(1), 3, SENDER),
                DriversRegistered(RIVAL, DriverNumber(4), 2, SENDER),
            ]
        )

    def _mine(self, events: Sequence[Event]) -> list[Position]:
        number, before = len(self.blocks), self.blocks[-1]
        block = Block(
            number, Hash32(keccak256(before.hash + self.time.to_bytes(8, "big"))), before.hash, self.time
        )
        self.blocks.append(block)
        places = [
            Position(number, index, block.hash, block.time, Hash32(keccak256(block.hash)), 0)
            for index in range(len(events))
        ]
        self.logged += [LoggedEvent(place, event) for place, event in zip(places, events, strict=True)]
        self.time += 1
        return places

    def put(
        self, items: Sequence[tuple[Item, MemberNumber, Address | None]]
    ) -> list[tuple[Reason | None, Position]]:
        """Make a block of the items; return each one's reason, if rejected, and its place."""
        reasons = [self.state.put(item, caller, signer, self.time) for item, caller, signer in items]
        events: list[Event] = []
        for index, ((item, _, _), reason) in enumerate(zip(items, reasons, strict=True)):
            if reason is not None:
                events.append(ItemRejected(item.delivery_id, index, reason))
            else:
                events.append(Recorded(item, self.state.words[item.delivery_id].carrier, SENDER))
        return list(zip(reasons, self._mine(events), strict=True))

    def signer_of(self, item: Item, signature: CompactSignature | None) -> Address | None:
        return None if signature is None else recover(digest(self.separator, item), signature)

    async def head(self) -> Block:
        return self.blocks[-1]

    async def final(self) -> Block:
        return self.blocks[-1]

    async def next_time(self) -> int:
        return self.time

    async def block(self, number: int) -> Block | None:
        return self.blocks[number] if number < len(self.blocks) else None

    async def events(self, first: int, last: int) -> list[LoggedEvent]:
        return [one for one in self.logged if first <= one.position.block_number <= last]


class House:
    """One service over the paper ledger: its database, its index, its intake."""

    def __init__(self, store: Store, ledger_id: LedgerId, paper: Paper) -> None:
        self.store, self.ledger_id, self.paper = store, ledger_id, paper
        self.intake = Intake(ledger_id, paper.identity, RELAY, SEALING_KEY, RECEIPT_SECONDS)
        self.follower = Follower(store, paper, paper, ledger_id, lambda: self.now)
        self.now = 1_800_000_000
        """This machine's clock: far from the chain's, so that neither can stand in for the other."""

    @classmethod
    async def of(cls, store: Store) -> House:
        paper = Paper()
        async with store.write() as connection:
            ledger_id = await register_ledger(connection, paper.identity)
        house = cls(store, ledger_id, paper)
        await house.index()
        return house

    async def index(self) -> None:
        """Let the index read all there is, and the chain's time."""
        while await self.follower.step():
            pass

    async def waiting(self) -> list[lanes.Claimed]:
        async with self.store.read() as connection:
            rows = await connection.execute(
                select(intents).where(intents.c.state == IntentState.ACCEPTED).order_by(intents.c.seq)
            )
            return [
                lanes.Claimed(
                    row.seq,
                    row.id,
                    Kind(row.kind),
                    DeliveryId(row.delivery_id),
                    *decode_payload(Kind(row.kind), row.payload),
                    200,
                )
                for row in rows
            ]

    async def mine(self) -> list[Reason | None]:
        """Put what waits on chain, in order, and settle it; the index has not seen it yet."""
        waiting = await self.waiting()
        async with self.store.read() as connection:
            rows = await connection.execute(select(intents.c.seq, intents.c.member))
            members = {row.seq: row.member for row in rows}
        put = self.paper.put(
            [(one.item, members[one.seq], self.paper.signer_of(one.item, one.signature)) for one in waiting]
        )
        outcomes = [
            lanes.Outcome(
                one.seq,
                IntentState.RECORDED if reason is None else IntentState.REJECTED,
                None if reason is None else int(reason),
                None,
                place.block_number,
                place.tx_hash,
                place.log_index,
            )
            for one, (reason, place) in zip(waiting, put, strict=True)
        ]
        if outcomes:
            async with self.store.write() as connection:
                await lanes.settle(connection, 0, outcomes, self.now)
        return [reason for reason, _ in put]

    def ahead(self, members: dict[bytes, MemberNumber], waiting: Sequence[lanes.Claimed], now: int) -> State:
        """What the ledger will hold once what waits is on chain."""
        state = deepcopy(self.paper.state)
        for one in waiting:
            signer = self.paper.signer_of(one.item, one.signature)
            state.put(one.item, members[one.intent_id], signer, now)
        return state

    async def open(self, *requests: DeliveryRequest, member: MemberNumber = SHIPPER) -> list[Answer]:
        async with self.store.write() as connection:
            return await self.intake.open_deliveries(connection, member, requests, self.now)

    async def report(self, *requests: ReportRequest, member: MemberNumber = CARRIER) -> list[Answer]:
        async with self.store.write() as connection:
            return await self.intake.report(connection, member, requests, self.now)

    async def feedback(self, *requests: FeedbackRequest) -> list[Answer]:
        async with self.store.write() as connection:
            return await self.intake.feedback(connection, requests, self.now)

    async def change_keys(self, *requests: KeyChangeRequest) -> list[Answer]:
        async with self.store.write() as connection:
            return await self.intake.change_keys(connection, requests, self.now)

    def opening(self, waybill: str = "WB 1", **changed: object) -> DeliveryRequest:
        """A good opening of Anna's parcel, with what is to be different."""
        values: dict[str, object] = {
            "waybill": waybill,
            "carrier": CARRIER,
            "promised_by": self.paper.time + 2 * DAY,
            "recipient_key": address("anna"),
            "read_token_hash": Hash32(keccak256(b"token")),
        }
        return DeliveryRequest(**{**values, **changed})  # type: ignore[arg-type]

    async def opened(self, *names: str, **changed: object) -> list[DeliveryId]:
        """Deliveries that are on chain and indexed."""
        answers = await self.open(*(self.opening(name, **changed) for name in names or ("WB 1",)))
        await self.mine()
        await self.index()
        return [one.delivery_id for one in answers if one.delivery_id is not None]

    async def delivered(self, *names: str, driver: int = 1, **changed: object) -> list[DeliveryId]:
        """Deliveries that driver 1 delivered."""
        deliveries = await self.opened(*names, **changed)
        await self.report(*(self.reported(one, Outcome.DELIVERED, driver) for one in deliveries))
        await self.mine()
        await self.index()
        return deliveries

    def reported(
        self, delivery: DeliveryId, outcome: int = 1, driver: int = 1, **changed: object
    ) -> ReportRequest:
        values: dict[str, object] = {
            "delivery_id": delivery,
            "outcome": int(outcome),
            "driver": DriverNumber(driver),
            "occurred_at": START,
        }
        return ReportRequest(**{**values, **changed})  # type: ignore[arg-type]

    def said(
        self,
        delivery: DeliveryId,
        by: str = "anna",
        *,
        content: dict[str, object] | None = None,
        salt: bytes | None = None,
        **changed: object,
    ) -> FeedbackRequest:
        """Signed feedback about driver 1, five for everything, with what is to be different."""
        values: dict[str, object] = {
            "delivery_id": delivery,
            "driver": DriverNumber(1),
            "overall": 5,
            "timeliness": 5,
            "packaging": 5,
            "professionalism": 5,
            "accuracy": 5,
            "issues": 0,
            "content_hash": ZERO_HASH,
            "revision": 1,
        }
        item = Feedback(**{**values, **changed})  # type: ignore[arg-type]
        return FeedbackRequest(item, sign(secret(by), digest(self.paper.separator, item)), content, salt)

    def taken_over(
        self, delivery: DeliveryId, by: str = "anna", to: str = "anna's phone"
    ) -> KeyChangeRequest:
        item = KeyChange(delivery, address(to))
        return KeyChangeRequest(delivery, item.new_key, sign(secret(by), digest(self.paper.separator, item)))

    def taken_over_with(
        self, delivery: DeliveryId, links_secret: bytes, to: str = "anna's phone"
    ) -> KeyChangeRequest:
        """The take-over of a delivery whose link was made by the service."""
        item = KeyChange(delivery, address(to))
        signature = sign(signing_key(links_secret, delivery), digest(self.paper.separator, item))
        return KeyChangeRequest(delivery, item.new_key, signature)


def shippers_id(tail: bytes = b"\x77" * 30, shipper: int = SHIPPER) -> DeliveryId:
    """A delivery id that nobody opened."""
    made = DeliveryId(shipper.to_bytes(2, "big") + tail)
    assert shipper_of(made) == shipper
    return made
