"""Registrations as stored, and the tables that are their fold: members, writers, drivers."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, fields
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.domain.digests import canonical_json, decode
from chain_client.domain.errors import Broken
from chain_client.domain.ids import ZERO_HASH, Address, DriverNumber, MemberNumber, parse_address, to_hex
from chain_client.domain.records import (
    DriverKeySet,
    DriversRegistered,
    Event,
    ItemRejected,
    Kind,
    LoggedEvent,
    MemberRegistered,
    OwnerChanged,
    OwnerOffered,
    Position,
    Recorded,
    RecoveryStarted,
    RecoveryVetoed,
    RolesSet,
    WriterAllowed,
    WriterOffered,
    WriterRemoved,
)
from chain_client.indexer import queries
from chain_client.indexer.replay import Replay
from chain_client.indexer.words import ContradictoryRecord
from chain_client.store import LedgerId
from chain_client.store.tables import departures, drivers, members, writers

_EVENTS: Final[dict[str, type[Any]]] = {
    kind.__name__: kind
    for kind in (
        MemberRegistered,
        RolesSet,
        OwnerOffered,
        OwnerChanged,
        RecoveryStarted,
        RecoveryVetoed,
        WriterOffered,
        WriterAllowed,
        WriterRemoved,
        DriversRegistered,
        DriverKeySet,
    )
}
_ADDRESSES: Final = frozenset({"writer", "key", "owner", "previous", "by"})


def event_row(ledger_id: LedgerId, logged: LoggedEvent) -> queries.Row:
    """Return the row of `registry_events` for a registration."""
    event = logged.event
    args = {
        name: to_hex(value) if isinstance(value, bytes) else value for name, value in asdict(event).items()
    }
    position = logged.position
    name = type(event).__name__
    return ledger_id, position.block_number, position.log_index, name, canonical_json(args)


def is_registration(event: Event) -> bool:
    """Return whether the event is kept in `registry_events`: all that are neither entries nor rejections."""
    return not isinstance(event, Recorded | ItemRejected)


def stored_event(name: str, args: bytes) -> Event:
    """Return the event of a row of `registry_events`; raises Broken for one that this room did not write."""
    kind, values = _EVENTS.get(name), json.loads(args)
    if kind is None or set(values) != {field.name for field in fields(kind)}:
        raise Broken(f"A stored registration is none: {name} {values}. Run `doorstep rebuild`.")
    event: Event = kind(
        **{key: parse_address(value, key) if key in _ADDRESSES else value for key, value in values.items()}
    )
    return event


def member_rows(ledger_id: LedgerId, replay: Replay, numbers: Iterable[MemberNumber]) -> list[queries.Row]:
    """Return the rows of the members as the replay knows them; raises ContradictoryRecord for one it does not."""
    rows = []
    for number in numbers:
        known = replay.members.get(number)
        if known is None:
            raise ContradictoryRecord(f"An event names member {number}, never registered.")
        head = replay.carrier_heads.get(number, ZERO_HASH)
        rows.append(
            (
                ledger_id,
                number,
                known.name,
                known.roles,
                known.owner,
                known.offered_owner,
                known.recovery_owner,
                known.recovery_from,
                head,
            )
        )
    return rows


def writer_rows(ledger_id: LedgerId, replay: Replay, addresses: Iterable[Address]) -> list[queries.Row]:
    """Return the rows of the writers as the replay knows them."""
    return [
        (ledger_id, address, *replay.writers[address]) for address in addresses if address in replay.writers
    ]


def driver_rows(ledger_id: LedgerId, replay: Replay, numbers: Iterable[DriverNumber]) -> list[queries.Row]:
    """Return the rows of the drivers as the replay knows them; raises ContradictoryRecord for one it does not."""
    rows = []
    for number in numbers:
        known = replay.drivers.get(number)
        if known is None:
            raise ContradictoryRecord(f"An event names driver {number}, never registered.")
        head = replay.driver_heads.get(number, ZERO_HASH)
        rows.append((ledger_id, number, known.carrier, known.key, known.nonce, head))
    return rows


def departure_rows(ledger_id: LedgerId, replay: Replay) -> list[queries.Row]:
    """Return the rows of the drivers' departures as the replay knows them."""
    return [(ledger_id, *who, left_at) for who, left_at in replay.departures.items()]


async def rebuild_registry(connection: AsyncConnection, ledger_id: LedgerId) -> None:
    """Write members, writers and drivers anew from what is stored of registrations and moves, their heads kept."""
    heads = await queries.all_heads(connection, ledger_id)
    events = [
        _logged(row, stored_event(row.event, row.args))
        for row in await queries.registry_rows(connection, ledger_id)
    ]
    for row in await queries.move_rows(connection, ledger_id):
        move = Recorded(decode(Kind.DRIVER_MOVE, row.item), MemberNumber(row.carrier), Address(row.writer))
        events.append(_logged(row, move, row.block_time))
    replay = Replay()
    for event in sorted(events, key=lambda logged: (logged.position.block_number, logged.position.log_index)):
        replay.apply(event)
    await queries.empty(connection, ledger_id, (members, writers, drivers, departures))
    replay.carrier_heads, replay.driver_heads = heads
    await queries.append(connection, members, member_rows(ledger_id, replay, replay.members))
    await queries.append(connection, writers, writer_rows(ledger_id, replay, replay.writers))
    await queries.append(connection, drivers, driver_rows(ledger_id, replay, replay.drivers))
    await queries.append(connection, departures, departure_rows(ledger_id, replay))


def _logged(row: Row[Any], event: Event, time: int = 0) -> LoggedEvent:
    # Of registrations only the order matters: they extend no head. A move's time says when the driver left.
    return LoggedEvent(Position(row.block_number, row.log_index, ZERO_HASH, time, ZERO_HASH, 0), event)
