"""Reports: what a carrier (or, cancelling, the shipper) says happened, with private evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.domain.errors import InvalidInput
from chain_client.domain.ids import ZERO_HASH, MemberNumber
from chain_client.domain.records import Item, Kind, Reason, Report, Role
from chain_client.domain.rules import check_report
from chain_client.intake import bodies, checks, refusals
from chain_client.intake.answers import Answer, Refusal
from chain_client.intake.desk import Desk, require_role
from chain_client.intake.expected import carriers_of, expect, fresh_head
from chain_client.intake.requests import MAX_WAYBILL, ReportRequest
from chain_client.intake.walk import Asked, Walk, accepted_ids
from chain_client.outbox import writer
from chain_client.outbox.records import NewIntent
from chain_client.vault import documents
from chain_client.vault.documents import Document


@dataclass(slots=True)
class PreparedReport(Asked):
    """A report whose form is good; made by `prepare`."""

    request: ReportRequest
    evidence: bytes | None
    document: Document | None = None


async def report(
    desk: Desk,
    connection: AsyncConnection,
    member: MemberNumber,
    requests: Sequence[ReportRequest | PreparedReport | Refusal],
    now: int,
) -> list[Answer]:
    """See `Intake.report`."""
    await require_role(connection, desk.ledger_id, member, Role.CARRIER | Role.SHIPPER, "carrier or shipper")
    head = await fresh_head(desk, connection, now)
    asked = [prepare(desk, one) if isinstance(one, ReportRequest) else one for one in requests]
    owner = (member, Kind.REPORT)
    keys = [(*owner, one.key) for one in asked if not isinstance(one, Refusal)]
    found = await writer.find(connection, desk.ledger_id, keys)
    walk = Walk(asked, found, owner, refusals.conflict("key", "report"))
    unseen = walk.unseen()
    expected = await expect(connection, desk.ledger_id, head, [one.delivery_id for one in unseen])
    carriers = await carriers_of(connection, desk.ledger_id, {one.request.driver for one in unseen})

    def judge(one: PreparedReport) -> Refusal | Item:
        request, delivery = one.request, expected[one.delivery_id]
        if one.evidence is not None and one.document is None:
            one.document = documents.of_body("evidence", one.delivery_id, one.evidence)
        evidence_hash = one.document.hash if one.document else ZERO_HASH
        item = Report(one.delivery_id, request.driver, request.outcome, request.occurred_at, evidence_hash)
        outcome = check_report(
            item,
            delivery.word,
            caller=member,
            drivers_carrier=carriers.get(item.driver, MemberNumber(0)),
            now=head.chain_time,
        )
        if isinstance(outcome, Reason):
            return refusals.reason_refusal(outcome, item, delivery.word, head.chain_time)
        delivery.take(item, outcome)
        return item

    walk.judge(judge)
    await _store(desk, connection, member, walk, now)
    return walk.answers()


def prepare(desk: Desk, request: ReportRequest) -> PreparedReport | Refusal:
    """Return the request checked, its evidence in canonical form: all that needs no database."""
    try:
        checks.exact(request.delivery_id, 32, "delivery_id")
        checks.integer(request.outcome, checks.U8, "outcome")
        checks.integer(request.driver, checks.U32, "driver")
        checks.integer(request.occurred_at, checks.U32, "occurred_at")
        key = None if request.key is None else checks.text(request.key, MAX_WAYBILL, "key")
        evidence = None if request.evidence is None else checks.document(request.evidence, "evidence")
    except InvalidInput as error:
        return refusals.invalid(error)
    values = (request.delivery_id, request.outcome, request.driver, request.occurred_at)
    return PreparedReport(
        request.delivery_id,
        bodies.report_key(desk.body_key, *values, key),
        bodies.report_body(desk.body_key, *values, evidence),
        request,
        evidence,
    )


async def _store(
    desk: Desk, connection: AsyncConnection, member: MemberNumber, walk: Walk[PreparedReport], now: int
) -> None:
    intents = [
        NewIntent(
            member, Kind.REPORT, one.asked.delivery_id, one.asked.key, one.asked.body_hash, one.item, None
        )
        for one in walk.taken
    ]
    ids = accepted_ids(await writer.submit(connection, desk.ledger_id, intents, now))
    kept = [one.asked.document for one in walk.taken if one.asked.document is not None]
    await documents.put(connection, desk.ledger_id, kept)
    for one, intent_id in zip(walk.taken, ids, strict=True):
        walk.answer(one.index, Answer("accepted", intent_id, one.asked.delivery_id))
