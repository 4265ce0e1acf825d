"""GET /v1/feedback."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy.ext.asyncio import AsyncConnection

from api.auth import ReadingCaller
from api.deliveries.views import shown_document
from api.entries import document_hash_of, shown
from api.feedback.models import FeedbacksModel
from api.paging import DEFAULT_LIMIT, Cursor, Limit, cursor_at, place_of
from api.problems import documented
from api.services import Context, Reading, Services
from chain_client.domain.ids import DeliveryId, DriverNumber, Hash32, parse_delivery_id
from chain_client.domain.records import Feedback
from chain_client.indexer import search
from chain_client.indexer.reader import EntryRow
from chain_client.vault import documents
from chain_client.vault.documents import StoredDocument

router = APIRouter(prefix="/v1", tags=["feedback"])
_Documents = dict[tuple[DeliveryId, Hash32], StoredDocument]


@router.get(
    "/feedback",
    summary="Feedback on your deliveries",
    response_model=FeedbacksModel,
    responses=documented(401, 410, 422),
)
async def list_feedback(
    caller: ReadingCaller,
    context: Context,
    connection: Reading,
    driver: Annotated[
        int | None, Query(ge=0, le=(1 << 32) - 1, description="About this driver; 0: about nobody.")
    ] = None,
    delivery: Annotated[str | None, Query(description="On this delivery: 32 bytes, 0x-hex.")] = None,
    serious: Annotated[bool, Query(description="Only what somebody should look at soon.")] = False,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Return a page of the feedback on deliveries that the calling member ships or carries, newest first.

    For members, each on its own deliveries, with comments; a reviewer sees the feedback on all, without comments. One
    call looks at so many entries and no more: a page may hold fewer than `limit`, even none, while `next_cursor` leads
    on. 410 where the chain was rewound below the cursor: start again without one.
    """
    after = await place_of(connection, context.ledger_id, cursor)
    found = await search.feedback(
        connection,
        context.ledger_id,
        member=None if caller.reviews else caller.member,
        driver=None if driver is None else DriverNumber(driver),
        delivery_id=None if delivery is None else parse_delivery_id(delivery, "delivery"),
        serious=serious,
        after=after,
        limit=limit,
    )
    kept = {} if caller.reviews else await _comments(context, connection, found.entries)
    later = await search.superseded(connection, context.ledger_id, found.entries)
    accepted = await search.on_accepted(connection, context.ledger_id, found.entries)
    return {
        "feedback": [
            _shown(entry, kept, superseded=entry.place in later, accepted=entry.place in accepted)
            for entry in found.entries
        ],
        "next_cursor": await cursor_at(connection, context.ledger_id, found.reached),
    }


async def _comments(context: Services, connection: AsyncConnection, page: list[EntryRow]) -> _Documents:
    which = [(entry.delivery_id, Hash32(document_hash_of(entry.item) or b"")) for entry in page]
    return await documents.by_hash(connection, context.ledger_id, [one for one in which if one[1]])


def _shown(entry: EntryRow, kept: _Documents, *, superseded: bool, accepted: bool) -> dict[str, Any]:
    item = entry.item
    assert isinstance(item, Feedback), "feedback was searched for"
    return {
        **shown(entry),
        "document": shown_document(kept.get((entry.delivery_id, item.content_hash))),
        "serious": search.is_serious(item),
        "superseded": superseded,
        "withdrawn": item.withdrawn,
        "comment_alone": item.comment_alone,
        "accepted": accepted,
    }
