"""The ledger in plain Python: the rules of `chain_client.domain.rules` over dictionaries.

Each verb takes the caller and the block, and returns what every item must come to: 0 or a reason; `Refused` where the
whole call must revert. Words and heads are what the contract's slots must hold after it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from chain_client.domain import digests, rules
from chain_client.domain.ids import (
    ZERO_ADDRESS,
    ZERO_HASH,
    Address,
    DeliveryId,
    Hash32,
    MemberNumber,
)
from chain_client.domain.records import (
    DriverKey,
    DriverMove,
    Feedback,
    Item,
    KeyChange,
    Note,
    Opening,
    Reason,
    Report,
    Role,
)
from chain_client.domain.words import DeliveryWord, DriverWord


class Refused(Exception):
    """The whole call reverts with the error of this name."""


@dataclass(frozen=True)
class Block:
    """Where a call is mined."""

    number: int
    time: int


@dataclass
class Model:
    """Everything the contract knows."""

    roles: dict[int, int] = field(default_factory=dict)
    carriers_ever: set[int] = field(default_factory=set)
    writers: dict[Address, int] = field(default_factory=dict)
    removed: set[Address] = field(default_factory=set)
    drivers: dict[int, DriverWord] = field(default_factory=dict)
    keys_used: set[Address] = field(default_factory=set)
    words: dict[DeliveryId, DeliveryWord] = field(default_factory=dict)
    was_driver: set[tuple[DeliveryId, int]] = field(default_factory=set)
    driver_heads: dict[int, Hash32] = field(default_factory=dict)
    carrier_heads: dict[int, Hash32] = field(default_factory=dict)
    recovered: Callable[[Item, bytes], Address | None] = lambda item, signature: None

    def register_member(self, number: int, roles: int, writer: Address) -> None:
        self.set_roles(number, roles)
        self.writers[writer] = number

    def set_roles(self, number: int, roles: int) -> None:
        self.roles[number] = roles
        if roles & Role.CARRIER:
            self.carriers_ever.add(number)

    def register_drivers(self, caller: Address, count: int) -> None:
        carrier = self._member(caller, Role.CARRIER)
        for _ in range(count):
            self.drivers[len(self.drivers) + 1] = DriverWord(ZERO_ADDRESS, carrier, 0)

    def _member(self, caller: Address, roles: int) -> MemberNumber:
        number = self.writers.get(caller, 0)
        if not number or caller in self.removed:
            raise Refused("NotAWriter")
        if not self.roles[number] & roles:
            raise Refused("MissingRole")
        return MemberNumber(number)

    def _extend(self, item: Item | DriverMove, driver: int, carrier: int, word: int, block: Block) -> None:
        heads, owner = (self.driver_heads, driver) if driver else (self.carrier_heads, carrier)
        head = heads.get(owner, ZERO_HASH)
        heads[owner] = digests.next_head(head, digests.struct_hash(item), word, block.number, block.time)

    def open(self, caller: Address, items: Sequence[Opening], block: Block) -> list[int]:
        member = self._member(caller, Role.SHIPPER)
        return [self._open(member, item, block) for item in items]

    def _open(self, member: MemberNumber, item: Opening, block: Block) -> int:
        verdict = rules.check_opening(
            item,
            self.words.get(item.delivery_id),
            caller=member,
            carrier_roles=self.roles.get(item.carrier, 0),
            now=block.time,
        )
        if isinstance(verdict, Reason):
            return verdict
        self.words[item.delivery_id] = verdict
        self._extend(item, 0, verdict.carrier, verdict.pack(), block)
        return 0

    def report(self, caller: Address, items: Sequence[Report], block: Block) -> list[int]:
        member = self._member(caller, Role.SHIPPER | Role.CARRIER)
        return [self._report(member, item, block) for item in items]

    def _report(self, member: MemberNumber, item: Report, block: Block) -> int:
        word = self.words.get(item.delivery_id)
        driver = self.drivers.get(item.driver)
        verdict = rules.check_report(
            item, word, caller=member, drivers_carrier=driver.carrier if driver else 0, now=block.time
        )
        if isinstance(verdict, Reason):
            return verdict
        assert word is not None
        if word.driver not in (0, item.driver):
            self.was_driver.add((item.delivery_id, word.driver))
        self.words[item.delivery_id] = verdict
        self._extend(item, item.driver, verdict.carrier, verdict.pack(), block)
        return 0

    def rate(self, items: Sequence[Feedback], signatures: Sequence[bytes], block: Block) -> list[int]:
        return [self._rate(item, signature, block) for item, signature in zip(items, signatures, strict=True)]

    def _rate(self, item: Feedback, signature: bytes, block: Block) -> int:
        verdict = rules.check_feedback(
            item,
            self.words.get(item.delivery_id),
            was_driver=(item.delivery_id, item.driver) in self.was_driver,
            signer=self.recovered(item, signature),
            now=block.time,
        )
        if isinstance(verdict, Reason):
            return verdict
        self.words[item.delivery_id] = verdict
        self._extend(item, item.driver, verdict.carrier, verdict.pack(), block)
        return 0

    def change_key(self, items: Sequence[KeyChange], signatures: Sequence[bytes], block: Block) -> list[int]:
        return [
            self._change_key(item, signature, block)
            for item, signature in zip(items, signatures, strict=True)
        ]

    def _change_key(self, item: KeyChange, signature: bytes, block: Block) -> int:
        verdict = rules.check_key_change(
            item, self.words.get(item.delivery_id), signer=self.recovered(item, signature), now=block.time
        )
        if isinstance(verdict, Reason):
            return verdict
        self.words[item.delivery_id] = verdict
        self._extend(item, 0, verdict.carrier, verdict.pack(), block)
        return 0

    def note(self, items: Sequence[Note], block: Block) -> list[int]:
        return [self._note(item, block) for item in items]

    def _note(self, item: Note, block: Block) -> int:
        word = self.words.get(item.delivery_id)
        reason = rules.check_note(
            item,
            word,
            driver_known=item.driver in self.drivers,
            carrier_known=item.carrier in self.carriers_ever,
        )
        if reason is not None:
            return reason
        self._extend(item, item.driver, item.carrier, word.pack() if word else 0, block)
        return 0

    def set_driver_key(
        self, caller: Address, message: DriverKey, new: Address | None, old: Address | None
    ) -> None:
        """`new` and `old` are who signed."""
        carrier = self._member(caller, Role.CARRIER)
        word = self.drivers.get(message.driver)
        if word is None or word.carrier != carrier:
            raise Refused("NotYourDriver")
        if message.nonce != word.nonce:
            raise Refused("WrongNonce")
        if message.key in self.keys_used:
            raise Refused("KeyTaken")
        if new != message.key or (word.key != ZERO_ADDRESS and old != word.key):
            raise Refused("BadDriverSignature")
        self.keys_used.add(message.key)
        self.drivers[message.driver] = replace(word, key=message.key, nonce=word.nonce + 1)

    def move_driver(self, caller: Address, message: DriverMove, signer: Address | None, block: Block) -> None:
        carrier = self._member(caller, Role.CARRIER)
        if message.to_carrier != carrier or message.from_carrier == carrier:
            raise Refused("NotTheNewCarrier")
        word = self.drivers.get(message.driver)
        if word is None or message.from_carrier != word.carrier:
            raise Refused("WrongCarrier")
        if word.key == ZERO_ADDRESS:
            raise Refused("KeylessDriver")
        if message.nonce != word.nonce:
            raise Refused("WrongNonce")
        if signer != word.key:
            raise Refused("BadDriverSignature")
        word = replace(word, carrier=carrier, nonce=word.nonce + 1)
        self.drivers[message.driver] = word
        self._extend(message, message.driver, 0, word.pack(), block)
