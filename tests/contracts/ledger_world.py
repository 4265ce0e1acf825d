"""A small network on the harness: a ledger, its members and drivers, everyone by name; and makers of valid items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple
from typing import Any, Final

from eth_utils import keccak
from ledger_harness import CHAIN_ID, DAY, Actor, Chain, Interface, Result, actor, artifact

from chain_client.domain import digests
from chain_client.domain.ids import ZERO_HASH, DeliveryId, DriverNumber, Hash32, MemberNumber
from chain_client.domain.records import (
    DriverKey,
    DriverMove,
    Feedback,
    Item,
    KeyChange,
    Note,
    Opening,
    Outcome,
    Report,
    Role,
)
from chain_client.domain.signatures import CompactSignature, sign
from chain_client.domain.words import DeliveryWord, DriverWord

NOTER: Final = 2
LATER: Final = 2**32 - 1
"""A deadline that never passes here."""

SHOP: Final = MemberNumber(1)
COURIER: Final = MemberNumber(2)
RIVAL: Final = MemberNumber(3)
MARKET: Final = MemberNumber(4)
JURY: Final = MemberNumber(5)
MERGED: Final = MemberNumber(6)
"""One company in both roles."""

FIRST_DRIVERS: Final = {COURIER: DriverNumber(1), RIVAL: DriverNumber(6), MERGED: DriverNumber(11)}
DRIVERS_EACH: Final = 5

ADMIN = actor("admin")
NOTARY = actor("noter")
SHOP_WRITER = actor("shop")
COURIER_WRITER = actor("courier")
RIVAL_WRITER = actor("rival")
MARKET_WRITER = actor("market")
JUROR = actor("juror")
MERGED_WRITER = actor("merged")
STRANGER = actor("stranger")
NEWCOMER = actor("newcomer")
RELAY = actor("relay")
RECIPIENT = actor("recipient")
NEIGHBOUR = actor("neighbour")

# Cold keys: an owner allows its member's writers and writes nothing itself.
SHOP_OWNER = actor("shop's owner")
COURIER_OWNER = actor("courier's owner")
RIVAL_OWNER = actor("rival's owner")
MARKET_OWNER = actor("market's owner")
JURY_OWNER = actor("jury's owner")
MERGED_OWNER = actor("merged's owner")

OWNERS: Final = {
    SHOP: SHOP_OWNER,
    COURIER: COURIER_OWNER,
    RIVAL: RIVAL_OWNER,
    MARKET: MARKET_OWNER,
    JURY: JURY_OWNER,
    MERGED: MERGED_OWNER,
}

MEMBERS: Final = (
    (SHOP, "Shop", Role.SHIPPER, SHOP_WRITER),
    (COURIER, "Courier", Role.CARRIER, COURIER_WRITER),
    (RIVAL, "Rival", Role.CARRIER, RIVAL_WRITER),
    (MARKET, "Market", Role.SHIPPER, MARKET_WRITER),
    (JURY, "Jury", Role.REVIEWER, JUROR),
    (MERGED, "Merged", Role.SHIPPER | Role.CARRIER, MERGED_WRITER),
)


def delivery_of(number: int, shipper: int = SHOP) -> DeliveryId:
    """Return the id of a shipper's delivery `number`."""
    return DeliveryId(shipper.to_bytes(2, "big") + keccak(text=f"delivery {number}")[:30])


class World:
    """A deployed ledger with members 1 to 6 and drivers 1 to 15."""

    def __init__(self) -> None:
        self.chain = Chain()
        self.manager, _ = self.chain.deploy(ADMIN, "AccessManager", ADMIN.address)
        self.ledger, self.deployed = self.chain.deploy(ADMIN, "DeliveryLedger", self.manager)
        self.interface = Interface(artifact("DeliveryLedger")["abi"])
        self.manager_interface = Interface(artifact("AccessManager")["abi"])
        self.separator = digests.SigningDomain(CHAIN_ID, self.ledger).separator()
        self._appoint(NOTER, "note", NOTARY)
        for number, name, roles, writer in MEMBERS:
            self.must(ADMIN, "registerMember", name, int(roles), OWNERS[number].address)
            self.add_writer(number, writer)
        for writer in (COURIER_WRITER, RIVAL_WRITER, MERGED_WRITER):
            self.must(writer, "registerDrivers", DRIVERS_EACH)

    def _appoint(self, role: int, function: str, holder: Actor) -> None:
        selector = self.interface.selector(function)
        self.manage(ADMIN, "setTargetFunctionRole", self.ledger, [selector], role)
        self.manage(ADMIN, "grantRole", role, holder.address, 0)

    def add_writer(self, member: int, writer: Actor) -> None:
        """Let an address write for a member, its first owner being its owner still."""
        self.add_writer_of(OWNERS[MemberNumber(member)], member, writer)

    def add_writer_of(self, owner: Actor, member: int, writer: Actor) -> None:
        """Let an address write for the member of this owner."""
        self.must(owner, "allowWriter", writer.address)
        self.must(writer, "acceptWriter", member)

    def manage(self, by: Actor, function: str, *args: Any) -> Result:
        """Send the access manager a transaction; it must succeed."""
        result = self.chain.send(by, self.manager, self.manager_interface.encode(function, *args))
        assert result.succeeded, (function, result.output.hex())
        return result

    def send(self, by: Actor, function: str, *args: Any, gas: int = 30_000_000) -> Result:
        """Send the ledger a transaction."""
        return self.chain.send(by, self.ledger, self.interface.encode(function, *args), gas)

    def must(self, by: Actor, function: str, *args: Any) -> Result:
        """Send the ledger a transaction that must succeed."""
        result = self.send(by, function, *args)
        assert result.succeeded, (function, result.error, result.output.hex())
        return result

    def view(self, function: str, *args: Any) -> Any:
        """Return what a view answers."""
        output = self.chain.call(self.ledger, self.interface.encode(function, *args))
        return self.interface.decode_output(function, output)

    # The verbs, one call each.

    def open(self, *items: Opening, by: Actor = SHOP_WRITER) -> Result:
        return self.send(by, "open", [astuple(item) for item in items])

    def report(self, *items: Report, by: Actor = COURIER_WRITER) -> Result:
        return self.send(by, "report", [astuple(item) for item in items])

    def rate(
        self,
        *items: Feedback,
        key: Actor = RECIPIENT,
        signatures: Sequence[bytes] | None = None,
        by: Actor = RELAY,
    ) -> Result:
        return self._signed("recordFeedback", items, key, signatures, by)

    def change_key(
        self,
        *items: KeyChange,
        key: Actor = RECIPIENT,
        signatures: Sequence[bytes] | None = None,
        by: Actor = RELAY,
    ) -> Result:
        return self._signed("changeKey", items, key, signatures, by)

    def note(self, *items: Note, by: Actor = NOTARY) -> Result:
        return self.send(by, "note", [astuple(item) for item in items])

    def _signed(
        self, function: str, items: Sequence[Item], key: Actor, signatures: Sequence[bytes] | None, by: Actor
    ) -> Result:
        if signatures is None:
            signatures = [self.signature(item, key) for item in items]
        pairs = [(signature[:32], signature[32:]) for signature in signatures]
        return self.send(by, function, [astuple(item) for item in items], pairs)

    def digest(self, item: Item | DriverKey | DriverMove) -> Hash32:
        """Return what is signed for an item on this ledger."""
        return digests.digest(self.separator, item)

    def signature(self, item: Item | DriverKey | DriverMove, key: Actor = RECIPIENT) -> CompactSignature:
        """Return a key's signature of an item."""
        return sign(key.secret, self.digest(item))

    def long_signature(self, item: Item | DriverKey | DriverMove, key: Actor) -> bytes:
        """Return the 65 bytes r, s, v."""
        compact = self.signature(item, key)
        parity = compact[32] >> 7
        return compact[:32] + bytes([compact[32] & 0x7F]) + compact[33:] + bytes([27 + parity])

    def move(self, message: DriverMove, signature: bytes, by: Actor = RIVAL_WRITER) -> Result:
        return self.send(by, "moveDriver", astuple(message), signature)

    def set_key(self, message: DriverKey, new: bytes, old: bytes = b"", by: Actor = COURIER_WRITER) -> Result:
        return self.send(by, "setDriverKey", astuple(message), new, old)

    # What the contract holds, read from its slots.

    def slot(self, place: int) -> int:
        return self.chain.storage(self.ledger, place)

    def word(self, delivery: DeliveryId) -> int:
        return self.slot(mapping_slot(delivery, 0))

    def delivery(self, delivery: DeliveryId) -> DeliveryWord:
        word = DeliveryWord.unpack(self.word(delivery))
        assert word is not None, "unknown delivery"
        return word

    def driver_word(self, driver: int) -> int:
        return self.slot(mapping_slot(driver, 1))

    def driver(self, driver: int) -> DriverWord:
        word = DriverWord.unpack(self.driver_word(driver))
        assert word is not None, "unknown driver"
        return word

    def driver_head(self, driver: int) -> Hash32:
        return Hash32(self.slot(mapping_slot(driver, 2)).to_bytes(32, "big"))

    def carrier_head(self, carrier: int) -> Hash32:
        return Hash32(self.slot(mapping_slot(carrier, 3)).to_bytes(32, "big"))

    def heads(self) -> dict[str, Hash32]:
        """Return every head there can be here."""
        carriers = {f"carrier {n}": self.carrier_head(n) for n, *_ in MEMBERS}
        return carriers | {f"driver {n}": self.driver_head(n) for n in range(1, 3 * DRIVERS_EACH + 1)}

    def extended(
        self, head: Hash32, item: Item | DriverMove, result: Result, slot: int | None = None
    ) -> Hash32:
        """Return a head after an entry by the call of `result`; `slot` is by default the delivery's as it is now."""
        word = self.word(item.delivery_id) if slot is None else slot
        entry = digests.struct_hash(item)
        return digests.next_head(head, entry, word, result.sender, result.number, result.time)

    # Valid items; tests override what they are about.

    def opening(self, number: int = 1, shipper: int = SHOP, **changed: Any) -> Opening:
        fields: dict[str, Any] = {
            "delivery_id": delivery_of(number, shipper),
            "recipient_key": RECIPIENT.address,
            "carrier": COURIER,
            "promised_by": self.chain.time + 3 * DAY,
            "record_hash": Hash32(keccak(text=f"record {number}")),
        }
        return Opening(**fields | changed)

    def outcome(self, outcome: int = Outcome.DELIVERED, number: int = 1, **changed: Any) -> Report:
        fields: dict[str, Any] = {
            "delivery_id": delivery_of(number),
            "driver": 1,
            "outcome": int(outcome),
            "occurred_at": self.chain.time,
            "evidence_hash": ZERO_HASH,
        }
        return Report(**fields | changed)

    def feedback(self, number: int = 1, **changed: Any) -> Feedback:
        fields: dict[str, Any] = {
            "delivery_id": delivery_of(number),
            "driver": 1,
            "overall": 5,
            "timeliness": 4,
            "packaging": 3,
            "professionalism": 2,
            "accuracy": 1,
            "issues": 0b101,
            "content_hash": Hash32(keccak(text=f"comment {number}")),
            "revision": 1,
        }
        return Feedback(**fields | changed)

    def key_change(self, number: int = 1, **changed: Any) -> KeyChange:
        return KeyChange(**{"delivery_id": delivery_of(number), "new_key": NEIGHBOUR.address} | changed)

    def note_of(self, number: int | None = 1, **changed: Any) -> Note:
        fields: dict[str, Any] = {
            "delivery_id": delivery_of(number) if number is not None else DeliveryId(bytes(32)),
            "driver": 1,
            "carrier": COURIER,
            "kind": 1,
            "content_hash": Hash32(keccak(text="why")),
        }
        return Note(**fields | changed)

    def opened(self, number: int = 1, **changed: Any) -> DeliveryId:
        """Open a delivery; returns its id."""
        item = self.opening(number, **changed)
        result = self.open(item)
        assert result.names == ["Opened"], result
        return item.delivery_id

    def delivered(self, number: int = 1, **changed: Any) -> DeliveryId:
        """Open and deliver; returns the id."""
        self.opened(number)
        result = self.report(self.outcome(number=number, **changed))
        assert result.names == ["Reported"], result
        return delivery_of(number)


def writer_bits(writer: Actor) -> int:
    """Return an address as facts hold it."""
    return int.from_bytes(writer.address, "big")


def mapping_slot(key: int | bytes, table: int) -> int:
    """Return the slot of a mapping's value: keccak256(key ‖ table), both 32 bytes."""
    raw = key if isinstance(key, bytes) else key.to_bytes(32, "big")
    return int.from_bytes(keccak(raw.rjust(32, b"\0") + table.to_bytes(32, "big")), "big")
