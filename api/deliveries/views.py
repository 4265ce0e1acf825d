"""How a delivery and its history show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, Field

from api.deliveries.access import View
from api.entries import EntryModel, document_hash_of, shown
from api.fields import NAME_OF_OUTCOME
from api.times import format_time
from chain_client.domain.ids import Hash32, to_hex
from chain_client.domain.records import FEEDBACK_WINDOW
from chain_client.domain.words import DeliveryWord
from chain_client.indexer.reader import EntryRow, IndexedDelivery
from chain_client.vault.documents import StoredDocument


class DeliveryModel(BaseModel):
    """A delivery as of the last indexed block."""

    delivery_id: str
    shipper: int
    carrier: int
    driver: int = Field(description="The driver named last; 0 for nobody yet.")
    was_drivers: list[int] = Field(
        description="Drivers that a report replaced; feedback may still name them."
    )
    promised_by: str
    opened_at: str = Field(description="Block time of the opening, RFC 3339 UTC.")
    outcome: str | None = Field(description="The last report's; null while only opened.")
    feedback_open: bool = Field(description="Whether feedback is taken now, by the chain's clock.")
    revision: int = Field(description="Of the last recorded feedback; the next one is one more.")
    taken_over: bool = Field(description="Whether the recipient changed the key.")
    recipient_key: str
    waybill: str | None = Field(description="For its shipper; null for others, and once erased.")
    record: dict[str, Any] | None = Field(
        description="Private; for the parties, null for others and once erased."
    )


class DocumentModel(BaseModel):
    """A private document; with its salt, anyone who was given it can check its hash on chain."""

    content: dict[str, Any] | None
    salt: str | None
    erased: bool


class DeliveryEntryModel(EntryModel):
    """An entry with the private document that it refers to, for those who may see it."""

    document: DocumentModel | None = None


class DeliveryHistoryModel(BaseModel):
    """Every entry of a delivery, in chain order."""

    entries: list[DeliveryEntryModel]


class DeliveriesModel(BaseModel):
    """A page of a member's deliveries, newest first."""

    deliveries: list[DeliveryModel]
    next_cursor: str | None


def shown_delivery(
    delivery: IndexedDelivery, chain_time: int, *, waybill: str | None, record: Mapping[str, object] | None
) -> dict[str, Any]:
    """Return a delivery as DeliveryModel's JSON."""
    word = delivery.word
    return {
        "delivery_id": to_hex(delivery.delivery_id),
        "shipper": delivery.shipper,
        "carrier": word.carrier,
        "driver": word.driver,
        "was_drivers": sorted(delivery.was_drivers),
        "promised_by": format_time(word.promised_by),
        "opened_at": format_time(delivery.opened_at),
        "outcome": NAME_OF_OUTCOME.get(word.last_outcome),
        "feedback_open": _feedback_open(word, chain_time),
        "revision": word.revision,
        "taken_over": word.taken,
        "recipient_key": to_hex(word.recipient_key),
        "waybill": waybill,
        "record": record,
    }


def _feedback_open(word: DeliveryWord, now: int) -> bool:
    return (word.rateable or now > word.promised_by) and now <= word.promised_by + FEEDBACK_WINDOW


def shown_document(stored: StoredDocument | None) -> dict[str, Any] | None:
    """Return a private document as DocumentModel's JSON; null where none is kept."""
    if stored is None:
        return None
    return {
        "content": stored.content,
        "salt": None if stored.salt is None else to_hex(stored.salt),
        "erased": stored.erased,
    }


def shown_history(
    view: View, entries: Sequence[EntryRow], documents: Mapping[Hash32, StoredDocument]
) -> list[dict[str, Any]]:
    """Return the entries with their documents, where the caller may see those."""
    return [{**shown(entry), "document": _document(view, entry, documents)} for entry in entries]


def _document(
    view: View, entry: EntryRow, documents: Mapping[Hash32, StoredDocument]
) -> dict[str, Any] | None:
    document_hash = document_hash_of(entry.item)
    return shown_document(
        documents.get(Hash32(document_hash)) if document_hash and view.sees_private else None
    )
