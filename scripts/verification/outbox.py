"""What the outbox has stored of intents, batches and receipts, against the ledger's events and the signatures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.domain.digests import digest, encode
from chain_client.domain.errors import DoorstepError
from chain_client.domain.hashing import keccak256
from chain_client.domain.ids import Address, DeliveryId, Hash32, shipper_of, to_hex
from chain_client.domain.records import (
    Feedback,
    Item,
    ItemRejected,
    KeyChange,
    Kind,
    LoggedEvent,
    Opening,
    Outcome,
    Recorded,
    Report,
)
from chain_client.domain.signatures import CompactSignature, recover
from chain_client.outbox.records import RELAY, SIGNED, IntentState, decode_payload
from chain_client.store import LedgerId
from chain_client.store.tables import batches, intents, lanes, tx_versions
from chain_client.vault.documents import DocumentKind
from scripts.verification.found import Differs, Findings
from scripts.verification.on_chain import LogPlace, OnChain, RecordedItem, RejectedItem, committed_by
from scripts.verification.rows import Values, rows

_WHERE: Final = "outbox"
_WAITING: Final = (IntentState.ACCEPTED, IntentState.SENT)


@dataclass(frozen=True, slots=True)
class Intent:
    """An intent whose row could be read; `name` tells people which."""

    name: str
    values: Values
    kind: Kind
    state: IntentState
    item: Item
    signature: CompactSignature | None

    @property
    def place(self) -> LogPlace | None:
        """Where its event is said to be."""
        number, log_index = self.values["block_number"], self.values["log_index"]
        return None if number is None or log_index is None else (number, log_index)


@dataclass(slots=True)
class Held:
    """What the intents say, as far as receipts and documents are judged by it."""

    places: dict[LogPlace, str] = field(default_factory=dict)
    """Where recorded intents are, by name."""
    feedback: dict[Hash32, tuple[DeliveryId, int]] = field(default_factory=dict)
    """Delivery and revision of every feedback that was accepted, by digest."""
    commitments: dict[tuple[DeliveryId, Hash32], set[DocumentKind]] = field(
        default_factory=lambda: defaultdict(set)
    )
    """Documents of every item that was accepted, on chain or not."""
    due: dict[tuple[DeliveryId, Hash32], str] = field(default_factory=dict)
    """Documents that were given with an item that is on chain or waits for it, by the intent's name."""
    waiting_signed: list[Intent] = field(default_factory=list)
    pending_keys: dict[DeliveryId, set[Address]] = field(default_factory=lambda: defaultdict(set))
    """Keys that deliveries have once what waits is on chain."""


@dataclass(frozen=True, slots=True)
class Outbox:
    """The outbox's tables in one read transaction, against what the chain has up to `top` and a little after it."""

    connection: AsyncConnection
    ledger_id: LedgerId
    separator: Hash32
    on_chain: OnChain
    top: int
    later: Sequence[LoggedEvent]
    """Events after `top`: the lanes may settle what the index has not read yet."""

    async def compare(self, findings: Findings) -> Held:
        """Compare every intent and batch; raises Differs naming the row."""
        states = await self._batches(findings)
        held = Held()
        events = {_place(event): event for event in self.later}
        async for intent in read_intents(self.connection, self.ledger_id):
            self._check_body(intent)
            self._check_state(intent, states, events)
            _hold(intent, held)
            findings.compared[f"intents {intent.state.value}"] += 1
        self._check_waiting_signatures(held)
        await self._check_none_missing(states, held, findings)
        return held

    async def relays(self) -> set[Address]:
        """Return the addresses that have recorded feedback for this service."""
        found = rows(self.connection, lanes, self.ledger_id)
        return {Address(values["writer"]) async for values in found if values["member"] == RELAY}

    # ── batches ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _batches(self, findings: Findings) -> dict[int, Values]:
        """Return the batches by id; each stored transaction must hash to its hash and belong to one."""
        found = {values["id"]: values async for values in rows(self.connection, batches, self.ledger_id)}
        async for version in rows(self.connection, tx_versions, self.ledger_id):
            name = f"tx_versions (tx_hash {to_hex(version['tx_hash'])})"
            if version["batch_id"] not in found:
                continue  # another ledger's
            hashed = keccak256(version["raw"])
            if hashed != version["tx_hash"]:
                raise Differs(_WHERE, f"raw in {name}", version["tx_hash"], hashed)
            found[version["batch_id"]].setdefault("versions", []).append(Hash32(version["tx_hash"]))
        findings.compared["batches"] += len(found)
        return found

    # ── one intent ───────────────────────────────────────────────────────────────────────────────────────────────

    def _check_body(self, intent: Intent) -> None:
        """Hold delivery, member, key and body hash to the item."""
        values, item = intent.values, intent.item
        expected: dict[str, object] = {"delivery_id": item.delivery_id}
        if isinstance(item, Feedback | KeyChange):
            # The digest is key and body at once: it binds every value of the item.
            signed = digest(self.separator, item)
            expected |= {"member": RELAY, "key": signed, "body_hash": signed}
        elif isinstance(item, Opening):
            expected["member"] = shipper_of(item.delivery_id)
        elif isinstance(item, Report) and item.outcome == Outcome.CANCELLED:
            expected["member"] = shipper_of(item.delivery_id)
        for column, value in expected.items():
            if values[column] != value:
                raise Differs(_WHERE, f"{column} in {intent.name}", value, values[column])

    def _check_state(
        self, intent: Intent, states: dict[int, Values], later: dict[LogPlace, LoggedEvent]
    ) -> None:
        batch = states.get(intent.values["batch_id"])
        match intent.state:
            case IntentState.RECORDED:
                self._check_recorded(intent, later)
            case IntentState.REJECTED if intent.place is not None or intent.values["reason"] is not None:
                self._check_rejected(intent, later)  # else the operator discarded it
            case IntentState.SENT if batch is None or batch["state"] != "sent":
                is_now = "no batch at all" if batch is None else f"a batch that is {batch['state']}"
                raise Differs(
                    _WHERE, f"batch of {intent.name}, which is sent", "a batch that is sent", is_now
                )
            case IntentState.ACCEPTED if intent.place is not None:
                raise Differs(
                    _WHERE, f"position in {intent.name}, which is not settled", None, _told(intent.place)
                )
        if intent.state in (IntentState.RECORDED, IntentState.REJECTED) and batch is not None:
            if batch["kind"] != intent.kind.value:
                raise Differs(_WHERE, f"kind of the batch of {intent.name}", intent.kind.value, batch["kind"])

    def _check_recorded(self, intent: Intent, later: dict[LogPlace, LoggedEvent]) -> None:
        place = intent.place
        found: RecordedItem | None = None if place is None else self.on_chain.recorded.get(place)
        if found is None and place is not None and place in later:
            event, at = later[place].event, later[place].position
            if (
                isinstance(event, Recorded)
                and event.item == intent.item
                and at.tx_hash == intent.values["tx_hash"]
            ):
                return
        what = f"entry of {intent.name}, which is recorded"
        if found is None or place is None:
            raise Differs(_WHERE, what, f"an entry at {_told(place)}", self._at(place, later))
        if (found.kind, found.raw) != (intent.kind, encode(intent.item)):
            raise Differs(_WHERE, f"{what} at {_told(place)}", _item_text(intent.kind, encode(intent.item)),
                          _item_text(found.kind, found.raw))  # fmt: skip
        if found.tx_hash != intent.values["tx_hash"]:
            raise Differs(_WHERE, f"tx_hash in {intent.name}", found.tx_hash, intent.values["tx_hash"])
        if intent.signature is not None:
            signer = recover(digest(self.separator, intent.item), intent.signature)
            if signer != found.key:
                raise Differs(_WHERE, f"signer of the payload in {intent.name}", found.key, signer)

    def _check_rejected(self, intent: Intent, later: dict[LogPlace, LoggedEvent]) -> None:
        place, values = intent.place, intent.values
        found = None if place is None else self.on_chain.rejected.get(place)
        if found is None and place is not None and place in later:
            event, at = later[place].event, later[place].position
            if isinstance(event, ItemRejected):
                found = RejectedItem(event.delivery_id, event.index, event.reason, at.tx_hash)
        what = f"rejection of {intent.name}"
        if found is None or place is None:
            raise Differs(_WHERE, what, f"a rejection at {_told(place)}", self._at(place, later))
        ours = RejectedItem(
            intent.item.delivery_id, values["batch_index"], values["reason"], Hash32(values["tx_hash"] or b"")
        )
        if ours != found:
            raise Differs(_WHERE, f"{what} at {_told(place)}", _rejection_text(found), _rejection_text(ours))

    def _at(self, place: LogPlace | None, later: dict[LogPlace, LoggedEvent]) -> str | None:
        """Return in words what the chain has at a place instead."""
        if place in self.on_chain.recorded:
            return f"an entry: {self.on_chain.recorded[place].kind.value}"
        if place in self.on_chain.rejected:
            return f"a rejection: {_rejection_text(self.on_chain.rejected[place])}"
        return str(later[place].event) if place in later else None

    # ── all together ─────────────────────────────────────────────────────────────────────────────────────────────

    def _check_waiting_signatures(self, held: Held) -> None:
        for intent in held.waiting_signed:
            assert intent.signature is not None, "only signed kinds are held here"
            delivery = intent.item.delivery_id
            keys = {*self.on_chain.keys.get(delivery, ()), *held.pending_keys.get(delivery, ())}
            signer = recover(digest(self.separator, intent.item), intent.signature)
            if signer not in keys:
                known = ", ".join(map(to_hex, sorted(keys))) or "a key of the delivery"
                raise Differs(_WHERE, f"signer of the payload in {intent.name}", known, signer)

    async def _check_none_missing(self, states: dict[int, Values], held: Held, findings: Findings) -> None:
        """Every entry that one of this service's lanes has written must have its intent, once its batch is settled."""
        writers = {values["writer"] async for values in rows(self.connection, lanes, self.ledger_id)}
        in_flight = {
            tx_hash
            for batch in states.values()
            if batch["state"] != "settled"
            for tx_hash in batch.get("versions", ())
        }
        on_chain = {one.tx_hash for one in self.on_chain.recorded.values()}
        on_chain |= {one.tx_hash for one in self.on_chain.rejected.values()}
        on_chain |= {event.position.tx_hash for event in self.later}
        for batch in states.values():
            if batch["state"] == "settled" and not on_chain.intersection(batch.get("versions", ())):
                raise Differs(_WHERE, f"transaction of batches (id {batch['id']}), which is settled",
                              "events on chain", None)  # fmt: skip
        for place, one in self.on_chain.recorded.items():
            from_here = one.writer in writers and one.tx_hash not in in_flight
            if from_here and place not in held.places:
                what = f"recorded intent of the {one.kind.value} at {_told(place)}, written by {to_hex(one.writer)}"
                raise Differs(_WHERE, what, "a row of intents that is recorded there", None)
            findings.compared["entries written from here"] += from_here


async def read_intents(connection: AsyncConnection, ledger_id: LedgerId) -> AsyncGenerator[Intent, None]:
    """Yield every intent in the order of acceptance; raises Differs for one that cannot be read."""
    async for values in rows(connection, intents, ledger_id):
        yield _read(values)


def _read(values: Values) -> Intent:
    name = f"intents (seq {values['seq']}, id {to_hex(values['id'])})"
    try:
        kind = Kind(values["kind"])
        item, signature = decode_payload(kind, values["payload"])
        return Intent(name, values, kind, IntentState(values["state"]), item, signature)
    except (DoorstepError, ValueError, KeyError) as error:
        raise Differs(_WHERE, f"payload in {name}", f"an item of kind {values['kind']}", error) from error


def _hold(intent: Intent, held: Held) -> None:
    item, state = intent.item, intent.state
    if state is IntentState.RECORDED and intent.place is not None:
        held.places[intent.place] = intent.name
    if isinstance(item, Feedback):
        held.feedback[Hash32(intent.values["key"])] = (item.delivery_id, item.revision)
    if intent.kind in SIGNED and (state in _WAITING or state is IntentState.SET_ASIDE):
        held.waiting_signed.append(intent)
    if state in _WAITING:
        if isinstance(item, Opening):
            held.pending_keys[item.delivery_id].add(item.recipient_key)
        elif isinstance(item, KeyChange):
            held.pending_keys[item.delivery_id].add(item.new_key)
    for kind, document_hash in committed_by(item):
        held.commitments[item.delivery_id, document_hash].add(kind)
        if state in (IntentState.RECORDED, *_WAITING) and _was_given(intent):
            held.due[item.delivery_id, document_hash] = intent.name


def _was_given(intent: Intent) -> bool:
    """Whether the item came with its document: openings and reports always, feedback where the row says so."""
    return not isinstance(intent.item, Feedback) or bool(intent.values["document_given"])


def _place(logged: LoggedEvent) -> LogPlace:
    return logged.position.block_number, logged.position.log_index


def _told(place: LogPlace | None) -> str:
    return "no position" if place is None else f"block {place[0]}, log {place[1]}"


def _item_text(kind: Kind, raw: bytes) -> str:
    return f"{kind.value} {to_hex(raw)}"


def _rejection_text(one: RejectedItem) -> str:
    return (
        f"item {one.item_index}, delivery {to_hex(one.delivery_id)}, reason {one.reason}, "
        f"transaction {to_hex(one.tx_hash)}"
    )
