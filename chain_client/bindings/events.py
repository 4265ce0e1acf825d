"""Logs of the ledger to domain events, decoded by hand: a few slices per log, no intermediate dictionaries."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Final

from chain_client.bindings.artefact import ledger_artefact
from chain_client.domain.errors import Broken
from chain_client.domain.ids import Address, DeliveryId, DriverNumber, Hash32, MemberNumber, to_hex
from chain_client.domain.records import (
    DriverKeySet,
    DriverMove,
    DriversRegistered,
    Event,
    Feedback,
    ItemRejected,
    KeyChange,
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
    WriterOffered,
    WriterRemoved,
)
from chain_client.rpc.records import Log

Topics = tuple[bytes, ...]


class UnreadableLog(Broken):
    """A log that has a ledger event's topic and not its shape: another contract's, or another ledger version's."""

    code = "unreadable-log"


def decode_log(log: Log) -> LoggedEvent | None:
    """Return the event of a log of the ledger; None where it is none of the ledger's own (an access manager's).

    The log's address is not looked at: ask for the ledger's logs only. A `Recorded` names the carrier as the event
    does: the delivery's; for a note its own; for a driver's move the new one; for a key change, whose event names
    none, 0. Raises UnreadableLog for the right topic with the wrong shape.
    """
    topics = log.topics
    if not topics:
        return None
    known = _decoders().get(topics[0])
    if known is None:
        return None
    decode, topic_count, size = known
    data = log.data
    if len(topics) != topic_count or len(data) < size:
        raise UnreadableLog(
            f"the log {log.position.log_index} of block {log.position.block_number} at {to_hex(log.address)} is not "
            "shaped as this version's ledger writes it"
        )
    return LoggedEvent(log.position, decode(topics, data))


def _int(raw: bytes) -> int:
    return int.from_bytes(raw, "big")


def _writer(facts: int, bit: int) -> Address:
    """Return the address that begins at a bit of the facts."""
    return Address((facts >> bit & (1 << 160) - 1).to_bytes(20, "big"))


def _opened(topics: Topics, data: bytes) -> Event:
    carrier = MemberNumber(_int(topics[2]))
    facts = _int(data[32:64])
    return Recorded(
        Opening(
            delivery_id=DeliveryId(topics[1]),
            recipient_key=Address(data[12:32]),
            carrier=carrier,
            promised_by=facts & 0xFFFFFFFF,
            record_hash=Hash32(data[64:96]),
        ),
        carrier,
        _writer(facts, 32),
    )


def _reported(topics: Topics, data: bytes) -> Event:
    facts = _int(data[:32])
    item = Report(
        delivery_id=DeliveryId(topics[1]),
        driver=DriverNumber(_int(topics[2])),
        outcome=facts >> 32 & 0xFF,
        occurred_at=facts & 0xFFFFFFFF,
        evidence_hash=Hash32(data[32:64]),
    )
    return Recorded(item, MemberNumber(facts >> 40 & 0xFFFF), _writer(facts, 56))


def _feedback_recorded(topics: Topics, data: bytes) -> Event:
    facts = _int(data[:32])
    item = Feedback(
        delivery_id=DeliveryId(topics[1]),
        driver=DriverNumber(_int(topics[2])),
        overall=facts & 0xFF,
        timeliness=facts >> 8 & 0xFF,
        packaging=facts >> 16 & 0xFF,
        professionalism=facts >> 24 & 0xFF,
        accuracy=facts >> 32 & 0xFF,
        issues=facts >> 40 & 0xFFFFFFFF,
        content_hash=Hash32(data[32:64]),
        revision=facts >> 72 & 0xFF,
    )
    return Recorded(item, MemberNumber(facts >> 80 & 0xFFFF), _writer(facts, 96))


def _key_changed(topics: Topics, data: bytes) -> Event:
    item = KeyChange(DeliveryId(topics[1]), Address(data[12:32]))
    return Recorded(item, MemberNumber(0), Address(data[44:64]))


def _noted(topics: Topics, data: bytes) -> Event:
    carrier = MemberNumber(_int(topics[3]))
    facts = _int(data[:32])
    item = Note(
        delivery_id=DeliveryId(topics[1]),
        driver=DriverNumber(_int(topics[2])),
        carrier=carrier,
        kind=facts & 0xFFFF,
        content_hash=Hash32(data[32:64]),
    )
    return Recorded(item, carrier, _writer(facts, 16))


def _driver_moved(topics: Topics, data: bytes) -> Event:
    arrived = MemberNumber(_int(topics[3]))
    left = MemberNumber(_int(topics[2]))
    nonce, deadline = _int(data[:32]), _int(data[32:64])
    item = DriverMove(DriverNumber(_int(topics[1])), left, arrived, nonce, deadline)
    return Recorded(item, arrived, Address(data[76:96]))


def _item_rejected(topics: Topics, data: bytes) -> Event:
    return ItemRejected(DeliveryId(topics[1]), _int(data[:32]), _int(data[32:64]))


def _member_registered(topics: Topics, data: bytes) -> Event:
    start = _int(data[:32])
    length = _int(data[start : start + 32])
    name = data[start + 32 : start + 32 + length]
    # The contract takes any bytes for a name.
    return MemberRegistered(
        member=MemberNumber(_int(topics[1])),
        name=name.decode("utf-8", "replace"),
        roles=_int(data[32:64]),
        owner=Address(topics[2][12:]),
    )


def _roles_set(topics: Topics, data: bytes) -> Event:
    return RolesSet(MemberNumber(_int(topics[1])), _int(data[:32]))


def _owner_offered(topics: Topics, data: bytes) -> Event:
    return OwnerOffered(MemberNumber(_int(topics[1])), Address(topics[2][12:]))


def _owner_changed(topics: Topics, data: bytes) -> Event:
    return OwnerChanged(MemberNumber(_int(topics[1])), Address(topics[2][12:]), Address(topics[3][12:]))


def _recovery_started(topics: Topics, data: bytes) -> Event:
    return RecoveryStarted(MemberNumber(_int(topics[1])), Address(topics[2][12:]), _int(data[:32]))


def _recovery_vetoed(topics: Topics, data: bytes) -> Event:
    return RecoveryVetoed(MemberNumber(_int(topics[1])), Address(topics[2][12:]))


def _writer_offered(topics: Topics, data: bytes) -> Event:
    return WriterOffered(MemberNumber(_int(topics[1])), Address(topics[2][12:]), Address(topics[3][12:]))


def _writer_allowed(topics: Topics, data: bytes) -> Event:
    return WriterAllowed(MemberNumber(_int(topics[1])), Address(topics[2][12:]))


def _writer_removed(topics: Topics, data: bytes) -> Event:
    return WriterRemoved(MemberNumber(_int(topics[1])), Address(topics[2][12:]), Address(topics[3][12:]))


def _drivers_registered(topics: Topics, data: bytes) -> Event:
    return DriversRegistered(
        carrier=MemberNumber(_int(topics[1])),
        first=DriverNumber(_int(data[:32])),
        count=_int(data[32:64]),
        writer=Address(data[76:96]),
    )


def _driver_key_set(topics: Topics, data: bytes) -> Event:
    return DriverKeySet(
        driver=DriverNumber(_int(topics[1])),
        key=Address(topics[2][12:]),
        nonce=_int(data[:32]),
        deadline=_int(data[32:64]),
        writer=Address(data[76:96]),
    )


Decode = Callable[[Topics, bytes], Event]

DECODERS: Final[dict[str, Decode]] = {
    "Opened": _opened,
    "Reported": _reported,
    "FeedbackRecorded": _feedback_recorded,
    "KeyChanged": _key_changed,
    "Noted": _noted,
    "DriverMoved": _driver_moved,
    "ItemRejected": _item_rejected,
    "MemberRegistered": _member_registered,
    "RolesSet": _roles_set,
    "OwnerOffered": _owner_offered,
    "OwnerChanged": _owner_changed,
    "RecoveryStarted": _recovery_started,
    "RecoveryVetoed": _recovery_vetoed,
    "WriterOffered": _writer_offered,
    "WriterAllowed": _writer_allowed,
    "WriterRemoved": _writer_removed,
    "DriversRegistered": _drivers_registered,
    "DriverKeySet": _driver_key_set,
}
"""By event name; the tests hold this to the artefact's events."""


@cache
def _decoders() -> dict[bytes, tuple[Decode, int, int]]:
    """Return by topic: the decoder, how many topics such a log has, and how many bytes at least."""
    known = {}
    for name, decode in DECODERS.items():
        entry = ledger_artefact().events[name]
        indexed = sum(parameter["indexed"] for parameter in entry.inputs)
        known[entry.key] = (decode, 1 + indexed, 32 * (len(entry.inputs) - indexed))
    return known
