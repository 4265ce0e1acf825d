"""Opening deliveries: the id from a salted waybill, the recipient's link, the private record."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.domain.errors import InvalidInput
from chain_client.domain.ids import (
    ZERO_ADDRESS,
    ZERO_HASH,
    Address,
    DeliveryId,
    MemberNumber,
    delivery_id,
)
from chain_client.domain.links import read_token, read_token_hash, recipient_key, tracking_path
from chain_client.domain.names import recognised_waybill
from chain_client.domain.records import Item, Kind, Opening, Reason, Role
from chain_client.domain.rules import check_opening
from chain_client.indexer import reader
from chain_client.intake import bodies, checks, refusals
from chain_client.intake.answers import Answer, Refusal
from chain_client.intake.desk import Desk, require_role
from chain_client.intake.expected import expect, fresh_head
from chain_client.intake.requests import MAX_WAYBILL, DeliveryRequest
from chain_client.intake.walk import Asked, Walk, accepted_ids
from chain_client.outbox import writer
from chain_client.outbox.records import NewIntent
from chain_client.vault import documents, sealing, waybills
from chain_client.vault.documents import Document
from chain_client.vault.waybills import Waybill

LINK_SECONDS: Final = 24 * 3600
"""How long a link made here is given again: on this machine's clock, from its acceptance."""
_UNKNOWN: Final = DeliveryId(b"")


@dataclass(slots=True)
class PreparedDelivery(Asked):
    """A delivery to open whose form is good; made by `prepare`."""

    request: DeliveryRequest
    record: bytes | None
    document: Document | None = None
    waybill: Waybill | None = None
    recipient: Address = ZERO_ADDRESS
    link: str | None = None


async def open_deliveries(
    desk: Desk,
    connection: AsyncConnection,
    member: MemberNumber,
    requests: Sequence[DeliveryRequest | PreparedDelivery | Refusal],
    now: int,
) -> list[Answer]:
    """See `Intake.open_deliveries`."""
    await require_role(connection, desk.ledger_id, member, Role.SHIPPER, "shipper")
    head = await fresh_head(desk, connection, now)
    asked = [prepare(desk, member, one) if isinstance(one, DeliveryRequest) else one for one in requests]
    good = [one for one in asked if not isinstance(one, Refusal)]
    owner = (member, Kind.OPENING)
    found = await writer.find(connection, desk.ledger_id, [(*owner, one.key) for one in good])
    # A rejected opening holds its waybill no longer: the same or another one may be sent under it.
    rejected = {
        key: found.pop(key) for key, one in list(found.items()) if one.state is writer.IntentState.REJECTED
    }
    known = await waybills.by_waybill(
        connection, desk.ledger_id, member, {one.request.waybill for one in good}
    )
    replaced: dict[bytes, Waybill | None] = {}
    for one in good:
        if (*owner, one.key) in rejected:
            replaced[one.key] = known.pop(one.request.waybill, None) or replaced.get(one.key)
    walk = Walk(asked, found, owner, refusals.conflict("waybill", "delivery"))
    unseen = walk.unseen()
    # Only a salt of the shop's own can give an id that is there already; those made here are new.
    chosen = [_id(member, one.request) for one in unseen if one.request.salt is not None]
    there = await reader.states(connection, desk.ledger_id, chosen) if chosen else {}
    carriers = await reader.members_by_number(
        connection, desk.ledger_id, {one.request.carrier for one in unseen}
    )

    def judge(one: PreparedDelivery) -> Refusal | Item:
        if one.request.waybill in known:
            return refusals.WAYBILL_KNOWN
        _prepare(desk, member, one, now)
        item = _opening(one)
        existing = there.get(one.delivery_id)
        carrier = carriers.get(item.carrier)
        outcome = check_opening(
            item,
            existing.word if existing else None,
            caller=member,
            carrier_roles=carrier.roles if carrier else 0,
            now=head.chain_time,
        )
        if isinstance(outcome, Reason):
            return refusals.reason_refusal(outcome, item, None, head.chain_time)
        return item

    walk.judge(judge)
    again = [one.asked.key for one in walk.taken if one.asked.key in replaced]
    await writer.free_keys(connection, desk.ledger_id, [rejected[*owner, key].intent_id for key in again])
    former = [one.delivery_id for one in map(replaced.__getitem__, again) if one is not None]
    await waybills.forget(connection, desk.ledger_id, former)
    await documents.forget_records(connection, desk.ledger_id, former)
    await _store(desk, connection, member, walk, now)
    kept = {index: known.get(one.request.waybill) for index, one in walk.duplicates.items()}
    sealed = [one.delivery_id for one in kept.values() if one is not None and one.secret_at(now) is not None]
    # Whose link it was may have the delivery's key no longer: nobody is given what the recipient has replaced.
    expected = await expect(connection, desk.ledger_id, head, sealed) if sealed else {}
    theirs = {one for one, delivery in expected.items() if delivery.word is not None and delivery.word.taken}
    for index, one in walk.duplicates.items():
        _remember(desk, walk, found[(*owner, one.key)].intent_id, index, kept[index], theirs, now)
    return walk.answers()


def prepare(desk: Desk, member: MemberNumber, request: DeliveryRequest) -> PreparedDelivery | Refusal:
    """Return the request checked, its record in canonical form: all that needs no database."""
    try:
        checks.text(request.waybill, MAX_WAYBILL, "waybill")
        name = recognised_waybill(request.waybill).encode()
        if not name:
            raise InvalidInput("waybill", "must have a character that shows; it is blank")
        checks.integer(request.carrier, checks.U16, "carrier", least=1)
        checks.integer(request.promised_by, checks.U32, "promised_by")
        _check_link(request)
        record = None if request.record is None else checks.document(request.record, "record")
    except InvalidInput as error:
        return refusals.invalid(error)
    hashed = bodies.opening_body(
        desk.body_key,
        name,
        request.carrier,
        request.promised_by,
        request.recipient_key,
        request.read_token_hash,
        request.salt,
        record,
    )
    key = bodies.opening_key(desk.body_key, member, name)
    return PreparedDelivery(_UNKNOWN, key, hashed, request, record)


def _check_link(request: DeliveryRequest) -> None:
    if request.recipient_key is None:
        for name in ("read_token_hash", "salt"):
            if getattr(request, name) is not None:
                raise InvalidInput(
                    name, "goes with recipient_key; send both, or neither for a link that is made here"
                )
        return
    checks.exact(request.recipient_key, 20, "recipient_key")
    if request.read_token_hash is None:
        raise InvalidInput(
            "read_token_hash", "is needed with recipient_key: the SHA-256 of the link's read token"
        )
    checks.exact(request.read_token_hash, 32, "read_token_hash")
    if request.salt is not None:
        checks.exact(request.salt, 32, "salt")


def _id(member: MemberNumber, request: DeliveryRequest) -> DeliveryId:
    assert request.salt is not None
    return delivery_id(member, request.salt, request.waybill)


def _prepare(desk: Desk, member: MemberNumber, one: PreparedDelivery, now: int) -> None:
    """Give the delivery its id, its document and, where the shop made none, its link."""
    request = one.request
    salt = request.salt if request.salt is not None else secrets.token_bytes(32)
    one.delivery_id = delivery_id(member, salt, request.waybill)
    if one.record is not None:
        one.document = documents.of_body("record", one.delivery_id, one.record)
    token_hash, sealed, until = request.read_token_hash, None, None
    if request.recipient_key is not None:
        one.recipient = request.recipient_key
    else:
        secret = secrets.token_bytes(32)
        one.recipient = recipient_key(secret, one.delivery_id)
        token_hash = read_token_hash(read_token(secret, one.delivery_id))
        sealed = sealing.seal(desk.sealing_key, secret, desk.ledger_id, one.delivery_id)
        until = now + LINK_SECONDS
        one.link = tracking_path(one.delivery_id, secret)
    one.waybill = Waybill(one.delivery_id, member, request.waybill, salt, token_hash, sealed, until)


def _opening(one: PreparedDelivery) -> Opening:
    request = one.request
    return Opening(
        one.delivery_id,
        one.recipient,
        request.carrier,
        request.promised_by,
        one.document.hash if one.document else ZERO_HASH,
    )


async def _store(
    desk: Desk, connection: AsyncConnection, member: MemberNumber, walk: Walk[PreparedDelivery], now: int
) -> None:
    intents = [
        NewIntent(
            member, Kind.OPENING, one.asked.delivery_id, one.asked.key, one.asked.body_hash, one.item, None
        )
        for one in walk.taken
    ]
    ids = accepted_ids(await writer.submit(connection, desk.ledger_id, intents, now))
    taken = [one.asked for one in walk.taken]
    await waybills.keep(connection, desk.ledger_id, [one.waybill for one in taken if one.waybill])
    await documents.put(connection, desk.ledger_id, [one.document for one in taken if one.document])
    for one, intent_id in zip(walk.taken, ids, strict=True):
        walk.answer(one.index, Answer("accepted", intent_id, one.asked.delivery_id, one.asked.link))


def _remember(
    desk: Desk,
    walk: Walk[PreparedDelivery],
    intent_id: bytes,
    index: int,
    kept: Waybill | None,
    taken_over: Collection[DeliveryId],
    now: int,
) -> None:
    """Answer a duplicate with the delivery and, for 24 hours or until it is taken over, the link."""
    if kept is None:  # its waybill was erased, and its key not freed
        walk.answer(index, Answer("duplicate", intent_id))
        return
    link = None
    sealed = kept.secret_at(now)
    if sealed is not None and kept.delivery_id not in taken_over:
        secret = sealing.unseal(desk.sealing_key, sealed, desk.ledger_id, kept.delivery_id)
        link = tracking_path(kept.delivery_id, secret)
    walk.answer(index, Answer("duplicate", intent_id, kept.delivery_id, link))
