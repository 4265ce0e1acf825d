"""Words and record heads from decoded events alone: what the follower stores and `verify` compares with the chain.

Openings, key changes and entries with driver 0 extend the carrier's head, other entries the driver's; a move extends
the driver's; a note with a driver the driver's, else that of the carrier it names. Registrations, driver keys and
rejections extend none.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from chain_client.domain.digests import TYPE_HASHES, encode, next_head
from chain_client.domain.hashing import keccak256
from chain_client.domain.ids import (
    ZERO_ADDRESS,
    ZERO_HASH,
    Address,
    DeliveryId,
    DriverNumber,
    Hash32,
    MemberNumber,
    shipper_of,
)
from chain_client.domain.records import (
    DAY,
    KIND_OF,
    DriverKeySet,
    DriverMove,
    DriversRegistered,
    Event,
    Feedback,
    Item,
    ItemRejected,
    Kind,
    LoggedEvent,
    MemberRegistered,
    Note,
    OwnerChanged,
    OwnerOffered,
    Position,
    Recorded,
    RecoveryStarted,
    RecoveryVetoed,
    Report,
    RolesSet,
    WriterAllowed,
    WriterOffered,
    WriterRemoved,
)
from chain_client.domain.words import DriverWord
from chain_client.indexer.records import IndexedMember, Place
from chain_client.indexer.words import ContradictoryRecord, carrier_in, word_after

_NO_DELIVERY = DeliveryId(bytes(32))
FORMER_AFTER: Final = 7 * DAY
"""Seconds after a driver's move during which the carrier left may still report on that driver."""


class AppliedEntry(NamedTuple):
    """An entry, the word it left, and the head it extended (one of `head_carrier` and `head_driver` is 0).

    `shipper`, `carrier`, `driver`, `writer` and `former_driver` are as in `records.EntryRow`; `raw` is the item's ABI
    words.
    """

    position: Position
    kind: Kind
    item: Item | DriverMove
    raw: bytes
    delivery_id: DeliveryId
    shipper: MemberNumber
    carrier: MemberNumber
    driver: DriverNumber
    writer: Address
    former_driver: bool
    word: int
    head_carrier: MemberNumber
    head_driver: DriverNumber
    head: Hash32


class WriterState(NamedTuple):
    """Whom an address writes for, and whether that is over."""

    member: MemberNumber
    removed: bool


@dataclass(slots=True)
class Replay:
    """The ledger's state as its events tell it; begin empty, or with the state before the first event applied.

    `deliveries` holds packed words, `departures` the block time at which a driver last left a carrier. Heads that were
    never extended are absent.
    """

    deliveries: dict[DeliveryId, int] = field(default_factory=dict)
    drivers: dict[DriverNumber, DriverWord] = field(default_factory=dict)
    members: dict[MemberNumber, IndexedMember] = field(default_factory=dict)
    writers: dict[Address, WriterState] = field(default_factory=dict)
    carrier_heads: dict[MemberNumber, Hash32] = field(default_factory=dict)
    driver_heads: dict[DriverNumber, Hash32] = field(default_factory=dict)
    departures: dict[tuple[DriverNumber, MemberNumber], int] = field(default_factory=dict)
    last: Place | None = None

    def apply(self, logged: LoggedEvent) -> AppliedEntry | None:
        """Take the next event in chain order; return the entry, or None where the event is none.

        Raises ContradictoryRecord where the event does not follow from those before it.
        """
        position, event = logged.position, logged.event
        place = Place(position.block_number, position.log_index)
        if self.last is not None and place <= self.last:
            raise ContradictoryRecord(f"Event at {place} came after the one at {self.last}.")
        self.last = place
        if isinstance(event, Recorded):
            if isinstance(event.item, DriverMove):
                return self._move(position, event.item, event.writer)
            return self._item(position, event.item, event.writer)
        self._registration(event)
        return None

    def _item(self, position: Position, item: Item, writer: Address) -> AppliedEntry:
        delivery = item.delivery_id
        word = word_after(item, self.deliveries.get(delivery, 0))
        if word:
            self.deliveries[delivery] = word
        carrier = MemberNumber(carrier_in(word))
        driver = item.driver if isinstance(item, Report | Feedback | Note) else DriverNumber(0)
        if isinstance(item, Note) and item.carrier:
            carrier = item.carrier
        shipper = shipper_of(delivery)
        former = isinstance(item, Report) and self._has_left(driver, carrier, position.block_time)
        return self._extend(position, item, delivery, shipper, carrier, driver, word, writer, former)

    def _has_left(self, driver: DriverNumber, carrier: MemberNumber, time: int) -> bool:
        """Return whether the driver is another carrier's, and last left this one more than 7 days before `time`."""
        left_at = self.departures.get((driver, carrier))
        if left_at is None or time - left_at <= FORMER_AFTER:
            return False
        return self._driver(driver).carrier != carrier

    def _move(self, position: Position, item: DriverMove, writer: Address) -> AppliedEntry:
        before = self._driver(item.driver)
        if (before.carrier, before.nonce) != (item.from_carrier, item.nonce):
            raise ContradictoryRecord(
                f"Driver {item.driver} moved from another state than it was in: {before}."
            )
        after = DriverWord(before.key, item.to_carrier, before.nonce + 1)
        self.drivers[item.driver] = after
        self.departures[item.driver, item.from_carrier] = position.block_time
        shipper, carrier, driver = MemberNumber(0), item.to_carrier, item.driver
        return self._extend(
            position, item, _NO_DELIVERY, shipper, carrier, driver, after.pack(), writer, former=False
        )

    def _extend(
        self,
        position: Position,
        item: Item | DriverMove,
        delivery: DeliveryId,
        shipper: MemberNumber,
        carrier: MemberNumber,
        driver: DriverNumber,
        word: int,
        writer: Address,
        former: bool,
    ) -> AppliedEntry:
        raw = encode(item)
        entry_digest = Hash32(keccak256(TYPE_HASHES[type(item)] + raw))
        before = self.driver_heads.get(driver) if driver else self.carrier_heads.get(carrier)
        head = next_head(
            before or ZERO_HASH, entry_digest, word, writer, position.block_number, position.block_time
        )
        if driver:
            self.driver_heads[driver] = head
        else:
            self.carrier_heads[carrier] = head
        return AppliedEntry(
            position=position,
            kind=KIND_OF[type(item)],
            item=item,
            raw=raw,
            delivery_id=delivery,
            shipper=shipper,
            carrier=carrier,
            driver=driver,
            writer=writer,
            former_driver=former,
            word=word,
            head_carrier=MemberNumber(0) if driver else carrier,
            head_driver=driver,
            head=head,
        )

    def _registration(self, event: Event) -> None:
        match event:
            case MemberRegistered():
                self.members[event.member] = IndexedMember(event.member, event.name, event.roles, event.owner)
            case RolesSet():
                self._change_member(event.member, roles=event.roles)
            case OwnerOffered():
                offered = None if event.owner == ZERO_ADDRESS else event.owner
                self._change_member(event.member, offered_owner=offered)
            case OwnerChanged():
                self._change_member(
                    event.member,
                    owner=event.owner,
                    offered_owner=None,
                    recovery_owner=None,
                    recovery_from=None,
                )
            case RecoveryStarted():
                self._change_member(
                    event.member, recovery_owner=event.owner, recovery_from=event.acceptable_from
                )
            case RecoveryVetoed():
                self._change_member(event.member, offered_owner=None, recovery_owner=None, recovery_from=None)
            case WriterAllowed():
                self.writers[event.writer] = WriterState(event.member, removed=False)
            case WriterRemoved():
                # Of an address that never accepted, only the offer was withdrawn.
                if event.writer in self.writers:
                    self.writers[event.writer] = WriterState(event.member, removed=True)
            case DriversRegistered():
                for number in range(event.first, event.first + event.count):
                    self.drivers[DriverNumber(number)] = DriverWord(ZERO_ADDRESS, event.carrier, 0)
            case DriverKeySet():
                before = self._driver(event.driver)
                self.drivers[event.driver] = DriverWord(event.key, before.carrier, event.nonce + 1)
            case WriterOffered() | ItemRejected() | Recorded():
                pass

    def _change_member(self, member: MemberNumber, **changed: Any) -> None:
        known = self.members.get(member)
        if known is None:
            raise ContradictoryRecord(f"An event names member {member}, never registered.")
        self.members[member] = replace(known, **changed)

    def _driver(self, number: DriverNumber) -> DriverWord:
        known = self.drivers.get(number)
        if known is None:
            raise ContradictoryRecord(f"An event names driver {number}, never registered.")
        return known
