"""What the index hands out: entries, deliveries, drivers, members, and how far it has read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from chain_client.domain.ids import Address, DeliveryId, DriverNumber, Hash32, MemberNumber
from chain_client.domain.records import DriverMove, Item, Kind
from chain_client.domain.words import DeliveryWord


class Place(NamedTuple):
    """Where an entry stands in chain order; compares as the chain orders."""

    block_number: int
    log_index: int


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry of the record. Times are Unix seconds, UTC.

    `shipper` is the delivery id's (0 without a delivery). `writer` sent it. `former_driver` marks a report whose driver had
    left the carrier more than 7 days before: policies count it as if it named nobody. `carrier` is the delivery's; a note's own where it names
    one; a move's new one. `word` is the slot after the entry as it extended the head: the delivery's, for a move the
    driver's. One of `head_carrier` and `head_driver` is 0; the other owns `head`, the record head after the entry.
    """

    block_number: int
    log_index: int
    block_time: int
    tx_hash: Hash32
    kind: Kind
    delivery_id: DeliveryId
    shipper: MemberNumber
    carrier: MemberNumber
    driver: DriverNumber
    writer: Address
    former_driver: bool
    item: Item | DriverMove
    word: int
    head_carrier: MemberNumber
    head_driver: DriverNumber
    head: Hash32

    @property
    def place(self) -> Place:
        """Where the entry stands: what a paging cursor holds."""
        return Place(self.block_number, self.log_index)


@dataclass(frozen=True, slots=True)
class IndexedHead:
    """How far the index has read, and what the node last said. `chain_time` is what a block made now would carry."""

    block_number: int
    block_hash: Hash32
    block_time: int
    final_number: int
    final_hash: Hash32
    final_time: int
    head_number: int
    chain_time: int
    observed_at: int
    engine: str
    halted: str | None

    @property
    def lag(self) -> int:
        """Blocks that the node has and the index has not read."""
        return max(0, self.head_number - self.block_number)


@dataclass(frozen=True, slots=True)
class IndexedDelivery:
    """A delivery as of the last indexed block.

    `was_drivers` are those that a report replaced. `accepted_at` is the block time of the first report of outcome 1 to
    5, by which the carrier accepts the delivery; None while there is none.
    """

    delivery_id: DeliveryId
    shipper: MemberNumber
    word: DeliveryWord
    was_drivers: frozenset[DriverNumber]
    opened_at: int
    accepted_at: int | None


@dataclass(frozen=True, slots=True)
class IndexedMember:
    """An organisation as of the last indexed block.

    `offered_owner` may accept the ownership at once, `recovery_owner` from `recovery_from` (Unix seconds) on unless the
    owner vetoes the recovery; None where there is neither.
    """

    member: MemberNumber
    name: str
    roles: int
    owner: Address
    offered_owner: Address | None = None
    recovery_owner: Address | None = None
    recovery_from: int | None = None


@dataclass(frozen=True, slots=True)
class IndexedDriver:
    """A driver as of the last indexed block; key zero until one is set."""

    driver: DriverNumber
    carrier: MemberNumber
    key: Address
    nonce: int


@dataclass(frozen=True, slots=True)
class BlockRef:
    """A block that an answer rests on."""

    number: int
    hash: Hash32
    time: int


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """Which entries: every filter that is given must hold.

    `member` is the shipper or the carrier. Times are block times, `from_time` included, `to_time` not; block numbers
    are both included.
    """

    member: MemberNumber | None = None
    driver: DriverNumber | None = None
    kind: Kind | None = None
    delivery_id: DeliveryId | None = None
    tx_hash: Hash32 | None = None
    from_time: int | None = None
    to_time: int | None = None
    first_block: int | None = None
    last_block: int | None = None
