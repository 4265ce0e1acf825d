"""GET /v1/deliveries, /v1/deliveries/{id}, …/history."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from sqlalchemy.ext.asyncio import AsyncConnection

from api.auth import PossibleCaller, ReadingCaller, ReadToken
from api.deliveries.access import view
from api.deliveries.filters import OUTCOMES, OutcomeName, ids_beginning
from api.deliveries.views import (
    DeliveriesModel,
    DeliveryHistoryModel,
    DeliveryModel,
    shown_delivery,
    shown_history,
)
from api.entries import document_hash_of
from api.paging import DEFAULT_LIMIT, Cursor, Limit, cursor_at, place_of
from api.problems import documented
from api.services import Context, Reading, Services
from chain_client.domain.ids import DriverNumber, Hash32, parse_delivery_id
from chain_client.domain.records import Kind
from chain_client.indexer import reader as index
from chain_client.indexer import search
from chain_client.indexer.reader import EntryRow
from chain_client.indexer.search import DeliveryFilter
from chain_client.intake import MAX_WAYBILL
from chain_client.vault import documents, waybills
from chain_client.vault.documents import StoredDocument

router = APIRouter(prefix="/v1", tags=["deliveries"])
DeliveryPath = Annotated[str, Path(description="32 bytes, 0x-hex.")]


@router.get(
    "/deliveries",
    summary="Your deliveries",
    response_model=DeliveriesModel,
    responses=documented(401, 410, 422),
)
async def list_deliveries(
    caller: ReadingCaller,
    context: Context,
    connection: Reading,
    outcome: Annotated[
        OutcomeName | None, Query(description="The last report's; `opened` where there is none yet.")
    ] = None,
    driver: Annotated[
        int | None,
        Query(ge=0, le=(1 << 32) - 1, description="The present driver, or one that a report replaced."),
    ] = None,
    id: Annotated[
        str | None,
        Query(
            max_length=66,
            description="The first 4 hex digits of the delivery id, or more, with or without 0x.",
        ),
    ] = None,
    waybill: Annotated[
        str | None, Query(max_length=MAX_WAYBILL, description="Exactly this one; for shippers, of their own.")
    ] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Return a page of the deliveries that the calling member ships or carries, newest first, without records.

    For members, each its own; all given filters hold. What was accepted and is not on chain yet is not among them. One
    call looks at so many entries and no more: with filters a page may hold fewer than `limit`, even none, while
    `next_cursor` leads on. 410 where the chain was rewound below the cursor: start again without one.
    """
    after = await place_of(connection, context.ledger_id, cursor)
    chosen = DeliveryFilter(
        outcome=None if outcome is None else OUTCOMES[outcome],
        driver=None if driver is None else DriverNumber(driver),
        ids=None if id is None else ids_beginning(id),
    )
    if waybill is not None:
        known = await waybills.by_waybill(connection, context.ledger_id, caller.member, [waybill])
        if waybill not in known:
            return {"deliveries": [], "next_cursor": None}
        chosen = replace(chosen, one=known[waybill].delivery_id)
    found = await search.openings(
        connection, context.ledger_id, caller.member, chosen, after=after, limit=limit
    )
    ids = [entry.delivery_id for entry in found.entries]
    states = await index.states(connection, context.ledger_id, ids)
    mine = [one for one in ids if states[one].shipper == caller.member]
    kept = await waybills.by_delivery(connection, context.ledger_id, mine)
    now = await _chain_time(context, connection)
    return {
        "deliveries": [
            shown_delivery(states[one], now, waybill=kept[one].waybill if one in kept else None, record=None)
            for one in ids
        ],
        "next_cursor": await cursor_at(connection, context.ledger_id, found.reached),
    }


@router.get(
    "/deliveries/{delivery_id}",
    summary="One delivery",
    response_model=DeliveryModel,
    responses=documented(401, 403, 404, 422),
)
async def get_delivery(
    delivery_id: DeliveryPath,
    caller: PossibleCaller,
    read_token: ReadToken,
    context: Context,
    connection: Reading,
) -> dict[str, Any]:
    """Return a delivery as of the last indexed block.

    For its shipper, its carrier, reviewers (without private text), and its recipient by read token; where the record
    is public, for anyone, without private text. Else it is as if it did not exist. 404 of type `not-on-chain-yet` says
    that asking again soon helps.
    """
    seen = await view(context, connection, parse_delivery_id(delivery_id), caller, read_token)
    record = None
    if seen.sees_private:
        entries, kept = await _with_documents(context, connection, seen.delivery.delivery_id)
        opening = next((entry for entry in entries if entry.kind is Kind.OPENING), None)
        stored = kept.get(Hash32((opening and document_hash_of(opening.item)) or b""))
        record = None if stored is None else stored.content
    waybill = seen.waybill.waybill if seen.sees_waybill and seen.waybill else None
    now = await _chain_time(context, connection)
    return shown_delivery(seen.delivery, now, waybill=waybill, record=record)


@router.get(
    "/deliveries/{delivery_id}/history",
    summary="Everything that was recorded of a delivery",
    response_model=DeliveryHistoryModel,
    responses=documented(401, 403, 404, 422),
)
async def get_delivery_history(
    delivery_id: DeliveryPath,
    caller: PossibleCaller,
    read_token: ReadToken,
    context: Context,
    connection: Reading,
) -> dict[str, Any]:
    """Return every entry of a delivery in chain order, with private documents for its parties.

    For the same callers as the delivery itself; who is no party sees the entries without documents.
    """
    seen = await view(context, connection, parse_delivery_id(delivery_id), caller, read_token)
    entries, kept = await _with_documents(context, connection, seen.delivery.delivery_id)
    return {"entries": shown_history(seen, entries, kept)}


async def _with_documents(
    context: Services, connection: AsyncConnection, delivery_id: Any
) -> tuple[list[EntryRow], dict[Hash32, StoredDocument]]:
    entries = await index.delivery_entries(connection, context.ledger_id, delivery_id)
    return entries, await documents.of_delivery(connection, context.ledger_id, delivery_id)


async def _chain_time(context: Services, connection: AsyncConnection) -> int:
    head = await index.indexed_head(connection, context.ledger_id)
    return 0 if head is None else head.chain_time
