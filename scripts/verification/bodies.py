"""Idempotency keys and body hashes of openings and reports, made again from the items and the private words kept."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any, Final

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.domain.ids import ZERO_HASH, DeliveryId, Hash32
from chain_client.domain.names import recognised_waybill
from chain_client.domain.records import Kind, Opening, Report
from chain_client.intake import bodies
from chain_client.outbox.records import ERASED_BODY, IntentState
from chain_client.store import LedgerId
from chain_client.store.tables import waybills
from chain_client.vault import documents, erasures
from chain_client.vault.documents import StoredDocument
from scripts.verification.found import Differs, Findings
from scripts.verification.outbox import Intent, read_intents

_AT_ONCE: Final = 500
_ERASED: Final = "body hashes that cannot be made again: their words are erased"
Kept = dict[tuple[DeliveryId, Hash32], StoredDocument]


async def compare(
    connection: AsyncConnection, ledger_id: LedgerId, sealing_key: bytes, findings: Findings
) -> None:
    """Compare the body hash of every opening and report, and an opening's key; raises Differs naming the row.

    Where text or waybill are erased there is nothing to make them of; that is counted.
    """
    key = bodies.body_key(sealing_key)
    erased = {one.delivery_id for one in await erasures.find(connection, ledger_id)}
    some: list[Intent] = []
    async for intent in read_intents(connection, ledger_id):
        if intent.kind in (Kind.OPENING, Kind.REPORT):
            some.append(intent)
        if len(some) == _AT_ONCE:
            await _compare(connection, ledger_id, key, some, erased, findings)
            some = []
    await _compare(connection, ledger_id, key, some, erased, findings)


async def _compare(
    connection: AsyncConnection,
    ledger_id: LedgerId,
    key: bytes,
    some: list[Intent],
    erased: set[DeliveryId],
    findings: Findings,
) -> None:
    hashes = [(one.item.delivery_id, _document_hash(one)) for one in some]
    kept = await documents.by_hash(connection, ledger_id, [one for one in hashes if one[1] != ZERO_HASH])
    rows = await connection.execute(
        select(waybills).where(
            waybills.c.ledger_id == ledger_id,
            waybills.c.delivery_id.in_({one.item.delivery_id for one in some if one.kind is Kind.OPENING}),
        )
    )
    named = {row.delivery_id: row for row in rows}
    for intent in some:
        body = _body(intent, kept)
        row = named.get(intent.item.delivery_id)
        gone = body is None and _document_hash(intent) != ZERO_HASH
        wiped = intent.values["body_hash"] == ERASED_BODY and intent.item.delivery_id in erased
        # The waybill of a rejected opening was opened again: its row is the later one's.
        freed = intent.state is IntentState.REJECTED and intent.values["key"] == intent.values["id"]
        if gone or wiped or freed or (intent.kind is Kind.OPENING and (row is None or row.waybill is None)):
            findings.compared[_ERASED] += 1
            continue
        expected = list(_hashes(intent, key, body, row))
        found = intent.values["body_hash"]
        if found not in expected:
            raise Differs("outbox", f"body_hash in {intent.name}", expected[0], found)
        if isinstance(intent.item, Opening) and row is not None:
            waybill = recognised_waybill(row.waybill).encode()
            whose = bodies.opening_key(key, intent.values["member"], waybill)
            if whose != intent.values["key"]:
                raise Differs("outbox", f"key in {intent.name}", whose, intent.values["key"])
        findings.compared["body hashes"] += 1


def _document_hash(intent: Intent) -> Hash32:
    item = intent.item
    return item.record_hash if isinstance(item, Opening) else getattr(item, "evidence_hash", ZERO_HASH)


def _body(intent: Intent, kept: Kept) -> bytes | None:
    document = kept.get((intent.item.delivery_id, _document_hash(intent)))
    return None if document is None else document.body


def _hashes(intent: Intent, key: bytes, body: bytes | None, row: Row[Any] | None) -> Iterator[Hash32]:
    """Yield what the body hash may be: which words of an opening were sent, and which made here, is not kept."""
    item = intent.item
    if isinstance(item, Report):
        yield bodies.report_body(key, item.delivery_id, item.outcome, item.driver, item.occurred_at, body)
    elif isinstance(item, Opening) and row is not None:
        waybill = recognised_waybill(row.waybill).encode()
        sent = product((row.read_token_hash, row.former_token_hash), (row.salt, None))
        for recipient, token, salt in (*((item.recipient_key, *one) for one in sent), (None, None, None)):
            yield bodies.opening_body(
                key, waybill, item.carrier, item.promised_by, recipient, token, salt, body
            )
