"""Key changes: a recipient's take-over of their delivery, signed by the key it has now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.domain.digests import digest
from chain_client.domain.errors import InvalidInput
from chain_client.domain.records import Item, KeyChange, Kind, Reason
from chain_client.domain.rules import check_key_change
from chain_client.domain.signatures import parse_signature, recover
from chain_client.intake import checks, refusals
from chain_client.intake.answers import Answer, Refusal
from chain_client.intake.desk import Desk
from chain_client.intake.expected import expect, fresh_head, require_relay
from chain_client.intake.requests import KeyChangeRequest
from chain_client.intake.walk import Signed, Walk, accepted_ids
from chain_client.outbox import writer
from chain_client.outbox.records import RELAY, NewIntent


@dataclass(slots=True)
class PreparedKeyChange(Signed):
    """A key change whose form is good, with who signed it; made by `prepare`."""

    item: KeyChange


def prepare(desk: Desk, request: KeyChangeRequest) -> PreparedKeyChange | Refusal:
    """Return the request checked and its signer recovered: all that needs no database, and nearly all the time."""
    try:
        checks.exact(request.delivery_id, 32, "delivery_id")
        checks.exact(request.new_key, 20, "new_key")
        signature = parse_signature(request.signature)
    except InvalidInput as error:
        return refusals.invalid(error)
    item = KeyChange(request.delivery_id, request.new_key)
    hashed = digest(desk.separator, item)
    # The digest is the body too: another signature of the same words says nothing new.
    return PreparedKeyChange(item.delivery_id, hashed, hashed, signature, recover(hashed, signature), item)


async def change_keys(
    desk: Desk,
    connection: AsyncConnection,
    requests: Sequence[KeyChangeRequest | PreparedKeyChange | Refusal],
    now: int,
) -> list[Answer]:
    """See `Intake.change_keys`."""
    head = await fresh_head(desk, connection, now)
    asked = [prepare(desk, one) if isinstance(one, KeyChangeRequest) else one for one in requests]
    owner = (RELAY, Kind.KEY_CHANGE)
    keys = [(*owner, one.key) for one in asked if not isinstance(one, Refusal)]
    found = await writer.find(connection, desk.ledger_id, keys)
    walk = Walk(asked, found, owner, refusals.conflict("delivery_id", "key change"))
    expected = await expect(connection, desk.ledger_id, head, [one.delivery_id for one in walk.unseen()])

    def judge(one: PreparedKeyChange) -> Refusal | Item:
        delivery = expected[one.delivery_id]
        if not one.is_holders(delivery.word):
            return refusals.reason_refusal(Reason.BAD_SIGNATURE, one.item, delivery.word, head.chain_time)
        outcome = check_key_change(one.item, delivery.word, signer=one.signer, now=head.chain_time)
        if isinstance(outcome, Reason):
            return refusals.reason_refusal(outcome, one.item, delivery.word, head.chain_time)
        delivery.take(one.item, outcome)
        return one.item

    walk.judge(judge)
    if walk.taken:
        await require_relay(desk, connection, now)
    intents = [
        NewIntent(
            RELAY,
            Kind.KEY_CHANGE,
            one.asked.delivery_id,
            one.asked.key,
            one.asked.body_hash,
            one.item,
            one.asked.signature,
        )
        for one in walk.taken
    ]
    ids = accepted_ids(await writer.submit(connection, desk.ledger_id, intents, now))
    for one, intent_id in zip(walk.taken, ids, strict=True):
        walk.answer(one.index, Answer("accepted", intent_id, one.asked.delivery_id))
    return walk.answers()
