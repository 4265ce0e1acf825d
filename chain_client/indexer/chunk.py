"""A run of events to the rows they change: planned on a read connection, written in one transaction.

Planning reads only what the events touch: the words of deliveries opened before, their earlier entries, and the heads
they extend. Nothing else may write these tables in between; the follower holds the cursor to that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.domain.ids import Address, DeliveryId, DriverNumber, MemberNumber
from chain_client.domain.records import (
    DriverKeySet,
    DriverMove,
    DriversRegistered,
    Feedback,
    Kind,
    LoggedEvent,
    MemberRegistered,
    Note,
    Opening,
    OwnerChanged,
    OwnerOffered,
    Recorded,
    RecoveryStarted,
    RecoveryVetoed,
    Report,
    RolesSet,
    WriterAllowed,
    WriterRemoved,
)
from chain_client.indexer import queries, registry
from chain_client.indexer.counts import Counts, add_difference
from chain_client.indexer.fold import DeliveryFold, FoldedDelivery, FoldInput, Stop, fold_inputs
from chain_client.indexer.queries import Row
from chain_client.indexer.replay import AppliedEntry, Replay
from chain_client.indexer.words import carrier_in
from chain_client.store import LedgerId
from chain_client.store.tables import (
    blocks,
    deliveries,
    departures,
    drivers,
    entries,
    members,
    registry_events,
    stops,
    writers,
)


@dataclass(slots=True)
class Changes:
    """The rows that a run of events changes, and the differences of counts."""

    ledger_id: LedgerId
    blocks: list[Row] = field(default_factory=list)
    entries: list[Row] = field(default_factory=list)
    registry: list[Row] = field(default_factory=list)
    members: list[Row] = field(default_factory=list)
    writers: list[Row] = field(default_factory=list)
    drivers: list[Row] = field(default_factory=list)
    departures: list[Row] = field(default_factory=list)
    deliveries: list[Row] = field(default_factory=list)
    stops: list[Row] = field(default_factory=list)
    counts: Counts = field(default_factory=dict)

    async def write(self, connection: AsyncConnection) -> None:
        """Write everything, on an open write transaction whose cursor is where the plan was made."""
        await queries.append(connection, blocks, self.blocks)
        await queries.append(connection, registry_events, self.registry)
        await queries.append(connection, entries, self.entries)
        await queries.upsert(connection, members, self.members)
        await queries.upsert(connection, writers, self.writers)
        await queries.upsert(connection, drivers, self.drivers)
        await queries.upsert(connection, departures, self.departures)
        await queries.upsert(connection, deliveries, self.deliveries)
        await queries.upsert(connection, stops, self.stops)
        await queries.add_counts(connection, self.ledger_id, self.counts)


async def plan(connection: AsyncConnection, ledger_id: LedgerId, events: Sequence[LoggedEvent]) -> Changes:
    """Return what the events, in chain order and right after the cursor, change.

    Raises ContradictoryRecord where they do not follow from what is stored.
    """
    changes = Changes(ledger_id)
    touched = _Touched.by(events)
    replay = await _state_before(connection, ledger_id, touched)
    # Copied now: the replay goes on to write over them.
    earlier = [delivery for delivery in touched.deliveries if delivery in replay.deliveries]
    entries_of: dict[DeliveryId, list[AppliedEntry]] = {}
    last_block = -1
    for logged in events:
        position = logged.position
        if position.block_number != last_block:
            last_block = position.block_number
            changes.blocks.append((ledger_id, last_block, position.block_hash, position.block_time))
        entry = replay.apply(logged)
        if entry is not None:
            changes.entries.append(entry_row(ledger_id, entry))
            if entry.head_driver:
                touched.changed_drivers.add(entry.head_driver)
            else:
                touched.changed_members.add(entry.head_carrier)
            if entry.kind is not Kind.DRIVER_MOVE and any(entry.delivery_id):
                entries_of.setdefault(entry.delivery_id, []).append(entry)
        elif registry.is_registration(logged.event):
            changes.registry.append(registry.event_row(ledger_id, logged))
    changes.members = registry.member_rows(ledger_id, replay, touched.changed_members)
    changes.writers = registry.writer_rows(ledger_id, replay, touched.changed_writers)
    changes.drivers = registry.driver_rows(ledger_id, replay, touched.changed_drivers)
    changes.departures = registry.departure_rows(ledger_id, replay) if touched.moves else []
    folds = await folds_before(
        connection, ledger_id, [delivery for delivery in earlier if delivery in entries_of]
    )
    for delivery, more in entries_of.items():
        _fold(changes, folds.get(delivery, DeliveryFold()), more)
    return changes


def _fold(changes: Changes, fold: DeliveryFold, more: Sequence[AppliedEntry]) -> None:
    before = fold.stops()
    for entry in more:
        position = entry.position
        fold.apply(FoldInput(entry.item, position.block_time, position.block_number, entry.former_driver))
    folded = fold.result()
    changes.deliveries.append(delivery_row(changes.ledger_id, folded, more[-1].position.block_number))
    known = set(before)
    changes.stops.extend(
        stop_row(changes.ledger_id, folded, stop) for stop in folded.stops if stop not in known
    )
    add_difference(changes.counts, folded, before, folded.stops)


async def folds_before(
    connection: AsyncConnection, ledger_id: LedgerId, ids: Iterable[DeliveryId]
) -> dict[DeliveryId, DeliveryFold]:
    """Return the folds of the deliveries' stored entries."""
    stored = await queries.prior_items(connection, ledger_id, ids)
    return {delivery: fold_inputs(inputs) for delivery, inputs in stored.items()}


@dataclass(slots=True)
class _Touched:
    """Which rows the events name, to be loaded before; and those they change, to be written after."""

    deliveries: set[DeliveryId] = field(default_factory=set)
    drivers: set[DriverNumber] = field(default_factory=set)
    carriers: set[MemberNumber] = field(default_factory=set)
    changed_members: set[MemberNumber] = field(default_factory=set)
    changed_writers: set[Address] = field(default_factory=set)
    changed_drivers: set[DriverNumber] = field(default_factory=set)
    moves: bool = False

    @classmethod
    def by(cls, events: Iterable[LoggedEvent]) -> _Touched:
        touched = cls()
        opened: set[DeliveryId] = set()
        for logged in events:
            event = logged.event
            if not isinstance(event, Recorded):
                touched._registration(event)
                continue
            item = event.item
            if isinstance(item, DriverMove):
                touched.drivers.add(item.driver)
                touched.changed_drivers.add(item.driver)
                touched.moves = True
                continue
            if isinstance(item, Opening):
                opened.add(item.delivery_id)
                touched.carriers.add(item.carrier)
            else:
                touched.deliveries.add(item.delivery_id)
            if isinstance(item, Report | Feedback | Note) and item.driver:
                touched.drivers.add(item.driver)
            if isinstance(item, Note) and item.carrier:
                touched.carriers.add(item.carrier)
        touched.deliveries -= opened
        return touched

    def _registration(self, event: object) -> None:
        match event:
            case (
                MemberRegistered()
                | RolesSet()
                | OwnerOffered()
                | OwnerChanged()
                | RecoveryStarted()
                | RecoveryVetoed()
            ):
                self.changed_members.add(event.member)
            case WriterAllowed() | WriterRemoved():
                self.changed_writers.add(event.writer)
            case DriversRegistered():
                self.changed_drivers.update(map(DriverNumber, range(event.first, event.first + event.count)))
            case DriverKeySet():
                self.changed_drivers.add(event.driver)


async def _state_before(connection: AsyncConnection, ledger_id: LedgerId, touched: _Touched) -> Replay:
    words = await queries.delivery_words(connection, ledger_id, touched.deliveries)
    carriers = touched.carriers | touched.changed_members
    carriers.update(MemberNumber(carrier_in(word)) for word in words.values())
    known, carrier_heads = await queries.member_states(connection, ledger_id, carriers)
    driver_words, driver_heads = await queries.driver_states(
        connection, ledger_id, touched.drivers | touched.changed_drivers
    )
    return Replay(
        deliveries=words,
        drivers=driver_words,
        members=known,
        writers=await queries.writer_states(connection, ledger_id, touched.changed_writers),
        carrier_heads=carrier_heads,
        driver_heads=driver_heads,
        departures=await queries.departures_of(connection, ledger_id, touched.drivers),
    )


def entry_row(ledger_id: LedgerId, entry: AppliedEntry) -> Row:
    """Return the row of an entry."""
    position = entry.position
    return (
        ledger_id,
        position.block_number,
        position.log_index,
        position.block_time,
        position.tx_hash,
        entry.kind.value,
        entry.delivery_id,
        entry.shipper,
        entry.carrier,
        entry.driver,
        entry.writer,
        entry.former_driver,
        entry.raw,
        entry.word.to_bytes(32, "big"),
        entry.head_carrier,
        entry.head_driver,
        entry.head,
    )


def delivery_row(ledger_id: LedgerId, folded: FoldedDelivery, last_block: int) -> Row:
    """Return the row of a delivery whose last entry is in `last_block`."""
    reached = folded.milestones
    return (
        ledger_id,
        folded.delivery_id,
        folded.shipper,
        folded.carrier,
        folded.word.to_bytes(32, "big"),
        folded.promised_by,
        folded.opened_at,
        b"".join([driver.to_bytes(4, "big") for driver in folded.was_drivers]),
        reached.accepted_at,
        reached.first_report_at,
        reached.released_at,
        reached.ended,
        reached.ended_block,
        reached.revived_block,
        last_block,
    )


def stop_row(ledger_id: LedgerId, folded: FoldedDelivery, stop: Stop) -> Row:
    """Return the row of a stop."""
    return (ledger_id, folded.delivery_id, stop.driver, folded.shipper, folded.carrier, *stop[1:])
