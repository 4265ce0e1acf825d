"""Signed feedback: recover the signer, hold the content to its hash, promise it by a receipt."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.domain.digests import digest
from chain_client.domain.errors import InvalidInput
from chain_client.domain.records import Feedback, Item, Kind, Reason, Receipt
from chain_client.domain.rules import check_feedback
from chain_client.domain.signatures import parse_signature, recover
from chain_client.intake import checks, refusals
from chain_client.intake.answers import Answer, Refusal, SignedReceipt
from chain_client.intake.desk import Desk, ReceiptSigner
from chain_client.intake.expected import expect, fresh_head, require_relay
from chain_client.intake.requests import FeedbackRequest
from chain_client.intake.walk import SentTwiceAtOnce, Signed, Walk, accepted_ids
from chain_client.outbox import writer
from chain_client.outbox.records import (
    RELAY,
    IntentState,
    KeptReceipt,
    NewIntent,
    NewReceipt,
    ReceiptConflict,
)
from chain_client.vault import documents
from chain_client.vault.documents import Document

_IN_PLACE: Final = 32
"""Receipts that are signed without going to a thread, which costs as much as a few of them."""


@dataclass(slots=True)
class PreparedFeedback(Signed):
    """A feedback whose form is good, with who signed it; made by `prepare`."""

    item: Feedback
    document: Document | None


def prepare(desk: Desk, request: FeedbackRequest) -> PreparedFeedback | Refusal:
    """Return the request checked and its signer recovered: all that needs no database, and nearly all the time."""
    item = request.feedback
    try:
        checks.feedback(item)
        signature = parse_signature(request.signature)
        document = _document(request)
    except InvalidInput as error:
        return refusals.invalid(error)
    hashed = digest(desk.separator, item)
    # The digest is the body too: it binds every value, the content by its hash; another signature says nothing new.
    return PreparedFeedback(
        item.delivery_id, hashed, hashed, signature, recover(hashed, signature), item, document
    )


def _document(request: FeedbackRequest) -> Document | None:
    content, salt = request.content, request.salt
    if content is None:
        if salt is not None:
            raise InvalidInput("salt", "goes with content; send the content too, or neither")
        return None
    if salt is None:
        raise InvalidInput("salt", "is needed with content: the 32 bytes that content_hash was made with")
    checks.exact(salt, 32, "salt")
    if not isinstance(content.get("comment", ""), str):
        raise InvalidInput("content.comment", "must be text")
    body = checks.document(content, "content")
    document = documents.of_body("content", request.feedback.delivery_id, body, salt)
    if document.hash != request.feedback.content_hash:
        raise InvalidInput(
            "content_hash",
            "is not that of salt and content, keccak256(salt ‖ RFC 8785 JSON of the content), which is "
            f"0x{document.hash.hex()}; send exactly what was hashed and signed",
        )
    return document


async def feedback(
    desk: Desk,
    connection: AsyncConnection,
    requests: Sequence[FeedbackRequest | PreparedFeedback | Refusal],
    now: int,
) -> list[Answer]:
    """See `Intake.feedback`."""
    head = await fresh_head(desk, connection, now)
    asked = [prepare(desk, one) if isinstance(one, FeedbackRequest) else one for one in requests]
    owner = (RELAY, Kind.FEEDBACK)
    keys = [(*owner, one.key) for one in asked if not isinstance(one, Refusal)]
    found = await writer.find(connection, desk.ledger_id, keys)
    walk = Walk(asked, found, owner, refusals.conflict("revision", "feedback"))
    expected = await expect(connection, desk.ledger_id, head, [one.delivery_id for one in walk.unseen()])

    def judge(one: PreparedFeedback) -> Refusal | Item:
        item, delivery = one.item, expected[one.delivery_id]
        if not one.is_holders(delivery.word):
            return refusals.reason_refusal(Reason.BAD_SIGNATURE, item, delivery.word, head.chain_time)
        outcome = check_feedback(
            item,
            delivery.word,
            was_driver=item.driver in delivery.was_drivers,
            signer=one.signer,
            now=head.chain_time,
        )
        if isinstance(outcome, Reason):
            return refusals.reason_refusal(outcome, item, delivery.word, head.chain_time)
        delivery.take(item, outcome)
        return item

    walk.judge(judge)
    if walk.taken:
        await require_relay(desk, connection, now)
    await _store(desk, connection, walk, head.chain_time, now)
    return walk.answers()


async def _store(
    desk: Desk,
    connection: AsyncConnection,
    walk: Walk[PreparedFeedback],
    chain_time: int,
    now: int,
) -> None:
    taken, again = [one.asked for one in walk.taken], walk.duplicates
    receipts = await _promise(desk, connection, taken, chain_time)
    intents = [
        NewIntent(
            RELAY,
            Kind.FEEDBACK,
            one.delivery_id,
            one.key,
            one.body_hash,
            one.item,
            one.signature,
            document_given=one.document is not None,
        )
        for one in taken
    ]
    ids = accepted_ids(await writer.submit(connection, desk.ledger_id, intents, now))
    # A text may come later than its feedback, with the same feedback sent again.
    kept = [one.document for one in (*taken, *again.values()) if one.document is not None]
    await documents.put(connection, desk.ledger_id, kept)
    late = [one.body_hash for one in again.values() if one.document is not None]
    if late:
        await writer.note_documents(connection, desk.ledger_id, late)
    for one, intent_id, receipt in zip(walk.taken, ids, receipts, strict=True):
        walk.answer(one.index, Answer("accepted", intent_id, one.asked.delivery_id, receipt=receipt))
    if again:
        about = [one.delivery_id for one in again.values()]
        promised = await writer.kept_receipts(connection, desk.ledger_id, about)
        for index, asked in again.items():
            receipt = _standing(promised.get((asked.delivery_id, asked.item.revision)), asked)
            walk.add_receipt(index, receipt)


async def _promise(
    desk: Desk, connection: AsyncConnection, taken: Sequence[PreparedFeedback], chain_time: int
) -> list[SignedReceipt | None]:
    """Sign and keep a receipt for each revision that was never promised; return the one that stands for each.

    Where another digest was promised for the revision, and came to nothing, the feedback is taken without a receipt:
    the relay gives one digest for a revision, ever, but the recipient must not lose their say by that.
    """
    if desk.relay is None:
        return [None] * len(taken)
    record_by = min(chain_time + desk.receipt_seconds, checks.U32)
    new = await _sign_all(desk, desk.relay, taken, record_by)
    kept = await writer.keep_receipts(connection, desk.ledger_id, new)
    conflicts = [
        one for one, receipt in zip(taken, kept, strict=True) if isinstance(receipt, ReceiptConflict)
    ]
    if conflicts:
        await _check_came_to_nothing(desk, connection, conflicts)
    return [
        None if isinstance(receipt, ReceiptConflict) else _standing(receipt, one)
        for one, receipt in zip(taken, kept, strict=True)
    ]


async def _check_came_to_nothing(
    desk: Desk, connection: AsyncConnection, conflicts: Sequence[PreparedFeedback]
) -> None:
    """Raise SentTwiceAtOnce where a promised digest is still to be recorded: another call stored it just now."""
    promised = await writer.kept_receipts(connection, desk.ledger_id, [one.delivery_id for one in conflicts])
    keys = [
        (RELAY, Kind.FEEDBACK, bytes(promised[one.delivery_id, one.item.revision].digest))
        for one in conflicts
    ]
    found = await writer.find(connection, desk.ledger_id, keys)
    if any(one.state in (IntentState.ACCEPTED, IntentState.SENT) for one in found.values()):
        raise SentTwiceAtOnce(
            "Another feedback of the same revision was just stored by another call. Call again."
        )


async def _sign_all(
    desk: Desk, relay: ReceiptSigner, taken: Sequence[PreparedFeedback], record_by: int
) -> list[NewReceipt]:
    def sign() -> list[NewReceipt]:
        return [_signed(desk, relay, one, record_by) for one in taken]

    # Thousands of signatures would hold up every other caller of this event loop; the curve's code lets threads run.
    return sign() if len(taken) <= _IN_PLACE else await asyncio.to_thread(sign)


def _signed(desk: Desk, relay: ReceiptSigner, one: PreparedFeedback, record_by: int) -> NewReceipt:
    signature = relay.sign_digest(digest(desk.separator, Receipt(one.body_hash, record_by)))
    return NewReceipt(one.delivery_id, one.item.revision, one.body_hash, record_by, relay.address, signature)


def _standing(kept: KeptReceipt | None, one: PreparedFeedback) -> SignedReceipt | None:
    if kept is None or kept.digest != one.body_hash:
        return None
    return SignedReceipt(kept.digest, kept.record_by, kept.relay, kept.signature)
