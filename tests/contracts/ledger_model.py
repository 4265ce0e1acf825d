"""The ledger in plain Python: dictionaries, and for items the rules of `chain_client.domain.rules`.

Those rules were written from the design, not from the contract: where the two differ, one of them is wrong. The rules
of members, owners and drivers are here. Each verb takes the caller and the block, and returns what every item must come to: 0 or a reason; `Refused` where the
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
    """Where a call is mined, and who makes it."""

    number: int
    time: int
    caller: Address


@dataclass
class Recovery:
    """A recovery that is running."""

    heir: Address
    ready: int


@dataclass
class Members:
    """Who owns a member and who writes for it."""

    roles: dict[int, int] = field(default_factory=dict)
    carriers_ever: set[int] = field(default_factory=set)
    owners: dict[int, Address] = field(default_factory=dict)
    owner_offers: dict[int, Address] = field(default_factory=dict)
    recoveries: dict[int, Recovery] = field(default_factory=dict)
    vetoes: dict[int, int] = field(default_factory=dict)
    writers: dict[Address, int] = field(default_factory=dict)
    removed: set[Address] = field(default_factory=set)
    writer_offers: dict[tuple[int, Address], Address] = field(default_factory=dict)
    """Who made the offer, by member and address."""

    def owned_by(self, owner: Address) -> int:
        """Return the member an address owns; 0 for none."""
        return next((number for number, each in self.owners.items() if each == owner), 0)

    def register_member(self, roles: int, owner: Address) -> None:
        if self.owned_by(owner):
            raise Refused("OwnerTaken")
        number = len(self.owners) + 1
        self.owners[number] = owner
        self.set_roles(number, roles)

    def set_roles(self, number: int, roles: int) -> None:
        self.roles[number] = roles
        if roles & Role.CARRIER:
            self.carriers_ever.add(number)

    def offer_owner(self, caller: Address, offered: Address) -> None:
        member = self._owned(caller)
        self.owner_offers[member] = offered
        if offered == ZERO_ADDRESS:
            del self.owner_offers[member]

    def accept_owner(self, caller: Address, member: int, now: int) -> None:
        recovery = self.recoveries.get(member)
        if self.owner_offers.get(member) != caller:
            if recovery is None or recovery.heir != caller:
                raise Refused("NotOffered")
            if now < recovery.ready:
                raise Refused("RecoveryPending")
        if self.owned_by(caller):
            raise Refused("OwnerTaken")
        self.owners[member] = caller
        self._clear(member)

    def start_recovery(self, member: int, heir: Address, now: int) -> None:
        if member in self.vetoes and now < self.vetoes[member] + 90 * 86_400:
            raise Refused("RecoveryBarred")
        self.recoveries[member] = Recovery(heir, now + 14 * 86_400)

    def veto_recovery(self, caller: Address, member: int, now: int) -> None:
        if self.owners.get(member) != caller:
            raise Refused("NotTheOwner")
        if member not in self.recoveries:
            raise Refused("NoRecovery")
        self._clear(member)
        self.vetoes[member] = now

    def _clear(self, member: int) -> None:
        self.owner_offers.pop(member, None)
        self.recoveries.pop(member, None)

    def _owned(self, caller: Address) -> int:
        member = self.owned_by(caller)
        if not member:
            raise Refused("NotAnOwner")
        return member

    def allow_writer(self, caller: Address, writer: Address) -> None:
        member = self._owned(caller)
        if writer in self.writers:
            raise Refused("WriterTaken")
        self.writer_offers[member, writer] = caller

    def accept_writer(self, caller: Address, member: int) -> None:
        if caller in self.writers:
            raise Refused("WriterTaken")
        if not self.is_offered(member, caller):
            raise Refused("NotOfferedToWrite")
        del self.writer_offers[member, caller]
        self.writers[caller] = member

    def is_offered(self, member: int, writer: Address) -> bool:
        """Tell whether a member's present owner offered an address."""
        return member in self.owners and self.writer_offers.get((member, writer)) == self.owners[member]

    def remove_writer(self, caller: Address, writer: Address) -> None:
        owned, served = self.owned_by(caller), self.writers.get(writer, 0)
        if served and writer not in self.removed:
            if caller != writer and owned != served:
                raise Refused("NotYourWriter")
            self.removed.add(writer)
        elif served or not self.is_offered(owned, writer):
            raise Refused("UnknownWriter")
        else:
            del self.writer_offers[owned, writer]


@dataclass
class Model(Members):
    """Everything the contract knows."""

    drivers: dict[int, DriverWord] = field(default_factory=dict)
    keys_used: set[Address] = field(default_factory=set)
    words: dict[DeliveryId, DeliveryWord] = field(default_factory=dict)
    was_driver: set[tuple[DeliveryId, int]] = field(default_factory=set)
    driver_heads: dict[int, Hash32] = field(default_factory=dict)
    carrier_heads: dict[int, Hash32] = field(default_factory=dict)
    recovered: Callable[[Item, bytes], Address | None] = lambda item, signature: None

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
        head, entry = heads.get(owner, ZERO_HASH), digests.struct_hash(item)
        heads[owner] = digests.next_head(head, entry, word, block.caller, block.number, block.time)

    def open(self, items: Sequence[Opening], block: Block) -> list[int]:
        member = self._member(block.caller, Role.SHIPPER)
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

    def report(self, items: Sequence[Report], block: Block) -> list[int]:
        member = self._member(block.caller, Role.SHIPPER | Role.CARRIER)
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
        if item.driver and word.driver not in (0, item.driver):
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
            was_driver=(item.delivery_id, item.driver) in self.was_driver,
        )
        if reason is not None:
            return reason
        self._extend(item, item.driver, item.carrier, word.pack() if word else 0, block)
        return 0

    def set_driver_key(
        self, message: DriverKey, new: Address | None, old: Address | None, block: Block
    ) -> None:
        """`new` and `old` are who signed."""
        carrier = self._member(block.caller, Role.CARRIER)
        word = self.drivers.get(message.driver)
        if word is None or word.carrier != carrier:
            raise Refused("NotYourDriver")
        if message.nonce != word.nonce:
            raise Refused("WrongNonce")
        if block.time > message.deadline:
            raise Refused("DeadlinePassed")
        if message.key in self.keys_used:
            raise Refused("KeyTaken")
        if new != message.key or (word.key != ZERO_ADDRESS and old != word.key):
            raise Refused("BadDriverSignature")
        self.keys_used.add(message.key)
        self.drivers[message.driver] = replace(word, key=message.key, nonce=word.nonce + 1)

    def move_driver(self, message: DriverMove, signer: Address | None, block: Block) -> None:
        carrier = self._member(block.caller, Role.CARRIER)
        if message.to_carrier != carrier or message.from_carrier == carrier:
            raise Refused("NotTheNewCarrier")
        word = self.drivers.get(message.driver)
        if word is None or message.from_carrier != word.carrier:
            raise Refused("WrongCarrier")
        if word.key == ZERO_ADDRESS:
            raise Refused("KeylessDriver")
        if message.nonce != word.nonce:
            raise Refused("WrongNonce")
        if block.time > message.deadline:
            raise Refused("DeadlinePassed")
        if signer != word.key:
            raise Refused("BadDriverSignature")
        word = replace(word, carrier=carrier, nonce=word.nonce + 1)
        self.drivers[message.driver] = word
        self._extend(message, message.driver, 0, word.pack(), block)
