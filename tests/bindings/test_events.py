"""Decoding by hand against what the ABI says, and against web3 on real logs."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st
from web3 import Web3

from chain_client.bindings import admin
from chain_client.bindings.artefact import canonical_type, ledger_artefact
from chain_client.bindings.events import DECODERS, UnreadableLog, decode_log
from chain_client.domain.digests import digest
from chain_client.domain.ids import ZERO_HASH, Address, DriverNumber, Hash32, MemberNumber, delivery_id
from chain_client.domain.records import (
    DriverKey,
    DriverKeySet,
    DriverMove,
    DriversRegistered,
    Event,
    Feedback,
    ItemRejected,
    KeyChange,
    Kind,
    MemberRegistered,
    Note,
    Opening,
    OwnerChanged,
    OwnerOffered,
    Position,
    Recorded,
    RecoveryStarted,
    RecoveryVetoed,
    Report,
    Role,
    RolesSet,
    WriterAllowed,
    WriterOffered,
    WriterRemoved,
)
from chain_client.domain.signatures import address_of, sign
from chain_client.rpc.records import Log
from tests.bindings.strategies import (
    addresses,
    deliveries,
    drivers,
    feedbacks,
    key_changes,
    members,
    notes,
    openings,
    reports,
    uint,
)
from tests.support.chain import SmallNetwork, enroll, signer

PLACE = Position(7, 3, Hash32(b"\1" * 32), 1_700_000_000, Hash32(b"\2" * 32), 1)
CONTRACT_ADDRESS = Address(b"\7" * 20)
OPENZEPPELIN = {"AuthorityUpdated", "EIP712DomainChanged"}


def log_of(name: str, /, **values: Any) -> Log:
    """Return the log that the contract would write, by its ABI."""
    entry = ledger_artefact().events[name]
    topics, types, plain = [entry.key], [], []
    for parameter in entry.inputs:
        value = values[parameter["name"]]
        if parameter["indexed"]:
            topics.append(encode([canonical_type(parameter)], [value]))
        else:
            types.append(canonical_type(parameter))
            plain.append(value)
    return Log(PLACE, CONTRACT_ADDRESS, tuple(topics), encode(types, plain))


SENDER = Address(bytes(range(1, 21)))


def _at(bit: int) -> int:
    return int.from_bytes(SENDER, "big") << bit


def read(name: str, /, **values: Any) -> Event:
    decoded = decode_log(log_of(name, **values))
    assert decoded is not None
    assert decoded.position is PLACE
    return decoded.event


@given(openings)
def test_opened(item: Opening) -> None:
    event = read(
        "Opened",
        deliveryId=item.delivery_id,
        carrier=item.carrier,
        recipientKey=item.recipient_key,
        facts=item.promised_by | _at(32),
        recordHash=item.record_hash,
    )
    assert event == Recorded(item, item.carrier, SENDER)


@given(reports, members)
def test_reported(item: Report, carrier: MemberNumber) -> None:
    facts = item.occurred_at | item.outcome << 32 | carrier << 40 | _at(56)
    event = read(
        "Reported",
        deliveryId=item.delivery_id,
        driver=item.driver,
        facts=facts,
        evidenceHash=item.evidence_hash,
    )
    assert event == Recorded(item, carrier, SENDER)


@given(feedbacks, members)
def test_feedback_recorded(item: Feedback, carrier: MemberNumber) -> None:
    ratings = (item.overall, item.timeliness, item.packaging, item.professionalism, item.accuracy)
    facts = sum(rating << 8 * n for n, rating in enumerate(ratings))
    facts |= item.issues << 40 | item.revision << 72 | carrier << 80 | _at(96)
    event = read(
        "FeedbackRecorded",
        deliveryId=item.delivery_id,
        driver=item.driver,
        facts=facts,
        contentHash=item.content_hash,
    )
    assert event == Recorded(item, carrier, SENDER)


@given(key_changes)
def test_key_changed(item: KeyChange) -> None:
    event = read("KeyChanged", deliveryId=item.delivery_id, newKey=item.new_key, writer=SENDER)
    assert event == Recorded(item, MemberNumber(0), SENDER)


@given(notes)
def test_noted(item: Note) -> None:
    event = read(
        "Noted",
        deliveryId=item.delivery_id,
        driver=item.driver,
        carrier=item.carrier,
        facts=item.kind | _at(16),
        contentHash=item.content_hash,
    )
    assert event == Recorded(item, item.carrier, SENDER)


@given(drivers, members, members, uint(32), uint(32))
def test_driver_moved(
    driver: DriverNumber, left: MemberNumber, arrived: MemberNumber, nonce: int, deadline: int
) -> None:
    values = {"from": left, "to": arrived, "writer": SENDER}
    event = read("DriverMoved", driver=driver, nonce=nonce, deadline=deadline, **values)
    assert event == Recorded(DriverMove(driver, left, arrived, nonce, deadline), arrived, SENDER)


@given(deliveries, uint(256), uint(8))
def test_item_rejected(delivery: Any, index: int, reason: int) -> None:
    assert read("ItemRejected", deliveryId=delivery, index=index, reason=reason) == ItemRejected(
        delivery, index, reason
    )


@given(members, st.text(), uint(8), addresses, drivers, uint(32))
def test_registrations(
    member: MemberNumber, name: str, roles: int, account: Address, driver: DriverNumber, count: int
) -> None:
    text = name.encode("utf-8", "replace").decode()
    registered = read("MemberRegistered", member=member, name=text, roles=roles, owner=account)
    assert registered == MemberRegistered(member, text, roles, account)
    assert read("RolesSet", member=member, roles=roles) == RolesSet(member, roles)
    drivers = read("DriversRegistered", carrier=member, first=driver, count=count, writer=account)
    assert drivers == DriversRegistered(member, driver, count, account)
    key = read("DriverKeySet", driver=driver, key=account, nonce=count, deadline=count, writer=SENDER)
    assert key == DriverKeySet(driver, account, count, count, SENDER)


@given(members, addresses, uint(48))
def test_owners_and_writers(member: MemberNumber, account: Address, time: int) -> None:
    assert read("OwnerOffered", member=member, offered=account) == OwnerOffered(member, account)
    changed = read("OwnerChanged", member=member, to=account, **{"from": SENDER})
    assert changed == OwnerChanged(member, SENDER, account)
    started = read("RecoveryStarted", member=member, newOwner=account, acceptFrom=time)
    assert started == RecoveryStarted(member, account, time)
    assert read("RecoveryVetoed", member=member, owner=account) == RecoveryVetoed(member, account)
    offered = read("WriterOffered", member=member, writer=account, owner=SENDER)
    assert offered == WriterOffered(member, account, SENDER)
    assert read("WriterAllowed", member=member, writer=account) == WriterAllowed(member, account)
    removed = read("WriterRemoved", member=member, writer=account, by=SENDER)
    assert removed == WriterRemoved(member, account, SENDER)


def test_every_event_of_the_ledger_has_a_decoder() -> None:
    assert set(DECODERS) | OPENZEPPELIN == set(ledger_artefact().events)


def test_other_contracts_logs_are_none() -> None:
    assert decode_log(Log(PLACE, CONTRACT_ADDRESS, (), b"")) is None
    assert decode_log(Log(PLACE, CONTRACT_ADDRESS, (b"\3" * 32,), b"")) is None
    assert decode_log(log_of("AuthorityUpdated", authority=b"\1" * 20)) is None


def test_a_log_of_the_wrong_shape_is_loud() -> None:
    right = log_of("KeyChanged", deliveryId=bytes(32), newKey=bytes(20), writer=bytes(20))
    for topics, data in ((right.topics[:1], right.data), (right.topics, right.data[:-1])):
        with pytest.raises(UnreadableLog, match="log 3 of block 7"):
            decode_log(Log(PLACE, CONTRACT_ADDRESS, topics, data))


async def everything(chain: SmallNetwork) -> None:
    """Make the ledger write each of its events at least once."""
    ledger, deployer = chain.ledger, chain.admin
    domain = ledger.deployment.identity.signing_domain.separator()
    now = chain.provider.time
    recipient, driver = b"\5" * 32, chain.drivers[0]
    ours = delivery_id(chain.shipper.number, bytes(32), "w1")
    opening = Opening(ours, signer("recipient").address, chain.carrier.number, now + 9_000, Hash32(recipient))
    await chain.send(chain.shipper.writer, Kind.OPENING, [opening, opening])
    delivered = Report(ours, driver, 3, now - 60, ZERO_HASH)
    await chain.send(chain.carrier.writer, Kind.REPORT, [delivered])
    feedback = Feedback(ours, driver, 5, 4, 3, 2, 1, 1, Hash32(b"\6" * 32), 1)
    signature = signer("recipient").sign_digest(digest(domain, feedback))
    await chain.send(chain.relay, Kind.FEEDBACK, [feedback], [signature])
    change = KeyChange(ours, signer("device").address)
    await chain.send(
        chain.relay, Kind.KEY_CHANGE, [change], [signer("recipient").sign_digest(digest(domain, change))]
    )
    await admin.grant_role(ledger, deployer, admin.NOTER, deployer.address)
    await chain.send(deployer, Kind.NOTE, [Note(ours, driver, chain.carrier.number, 1, ZERO_HASH)])
    rival = (await enroll(ledger, deployer, "rival", Role.CARRIER)).number
    secret = b"\x11" * 32
    key = DriverKey(driver, address_of(secret), 0, now + 9_000)
    await admin.set_driver_key(ledger, chain.carrier.writer, key, sign(secret, digest(domain, key)))
    move = DriverMove(driver, chain.carrier.number, rival, 1, now + 9_000)
    assert await admin.move_driver(ledger, signer("rival"), move, sign(secret, digest(domain, move))) == move
    await admin.set_roles(ledger, deployer, chain.reviewer.number, 0)
    await admin.remove_writer(ledger, chain.reviewer.owner, chain.reviewer.writer.address)
    heir = signer("heir")
    await admin.start_recovery(ledger, deployer, chain.reviewer.number, heir.address)
    await admin.veto_recovery(ledger, chain.reviewer.owner, chain.reviewer.number)
    await admin.offer_owner(ledger, chain.reviewer.owner, heir.address)
    await admin.accept_owner(ledger, heir, chain.reviewer.number)


async def test_real_logs_are_read_as_web3_reads_them(chain: SmallNetwork) -> None:
    await everything(chain)
    artefact = ledger_artefact()
    contract = Web3().eth.contract(abi=artefact.abi)
    names = {entry.key: name for name, entry in artefact.events.items()}
    last = (await chain.node.head()).number
    logs = await chain.node.logs(chain.ledger.address, 0, last)
    seen = set()
    for log in logs:
        name = names[log.topics[0]]
        if name in OPENZEPPELIN:
            continue
        seen.add(name)
        raw: Any = {
            "address": Web3.to_checksum_address(log.address),
            "topics": list(log.topics),
            "data": log.data,
            "blockNumber": 0,
            "transactionHash": bytes(32),
            "transactionIndex": 0,
            "blockHash": bytes(32),
            "logIndex": 0,
            "removed": False,
        }
        values = dict(contract.events[name]().process_log(raw)["args"])
        assert log_of(name, **values).data == log.data
        ours = decode_log(log)
        theirs = decode_log(log_of(name, **values))
        assert ours is not None
        assert theirs is not None
        assert ours.event == theirs.event
    assert seen == set(DECODERS), "every event of the ledger was on chain"
    events = await chain.ledger.events(0, last)
    assert [event.position for event in events] == sorted(
        (log.position for log in logs if names[log.topics[0]] not in OPENZEPPELIN),
        key=lambda place: (place.block_number, place.log_index),
    )
