"""How an entry of the record shows: as JSON, and flat as a row of CSV."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel, Field

from api.fields import NAME_OF_OUTCOME, issue_names
from api.times import format_time
from chain_client.domain.ids import to_hex
from chain_client.domain.records import DriverMove, Feedback, Item, KeyChange, Note, Opening, Report
from chain_client.indexer.reader import EntryRow


class EntryModel(BaseModel):
    """One entry of the record, as the chain has it."""

    block: int
    log_index: int = Field(description="Block and log index order the record.")
    time: str = Field(description="The block's time, RFC 3339 UTC.")
    tx_hash: str
    kind: str = Field(description="opening, report, feedback, key_change, note or driver_move.")
    delivery_id: str | None = Field(description="32 bytes, 0x-hex; null for an entry without a delivery.")
    shipper: int | None = Field(description="Member number; null without a delivery.")
    carrier: int | None = Field(description="Member number: the delivery's carrier, a move's new one.")
    driver: int = Field(description="0 where nobody was named.")
    writer: str = Field(
        description="The address that sent it, 0x-hex: a member's writer; for feedback and key changes anyone."
    )
    former_driver: bool = Field(
        description="A report whose driver had left the carrier more than 7 days before; policies count it as if it "
        "named nobody."
    )
    item: dict[str, Any] = Field(description="Every field that was signed or sent, by its kind.")
    word: str = Field(description="The packed storage slot after the entry, 32 bytes.")
    head_of: dict[str, int] = Field(
        description='Whose record head it extended: `{"driver": n}` or `{"carrier": n}`.'
    )
    head: str = Field(description="That record head after the entry.")


COLUMNS: Final = (
    "block",
    "log_index",
    "time",
    "tx_hash",
    "kind",
    "delivery_id",
    "shipper",
    "carrier",
    "driver",
    "writer",
    "former_driver",
    "recipient_key",
    "promised_by",
    "outcome",
    "occurred_at",
    "overall",
    "timeliness",
    "packaging",
    "professionalism",
    "accuracy",
    "issue_bits",
    "revision",
    "new_key",
    "note_kind",
    "from_carrier",
    "nonce",
    "deadline",
    "document_hash",
    "word",
    "head_of",
    "head",
)


def shown_item(item: Item | DriverMove) -> dict[str, Any]:
    """Return the item's own fields; what every entry shows (delivery, driver, carrier) is left to the entry."""
    match item:
        case Opening():
            return {
                "recipient_key": to_hex(item.recipient_key),
                "carrier": item.carrier,
                "promised_by": format_time(item.promised_by),
                "record_hash": to_hex(item.record_hash),
            }
        case Report():
            return {
                "driver": item.driver,
                "outcome": NAME_OF_OUTCOME[item.outcome],
                "occurred_at": format_time(item.occurred_at),
                "evidence_hash": to_hex(item.evidence_hash),
            }
        case Feedback():
            return {
                "driver": item.driver,
                "overall": item.overall,
                "timeliness": item.timeliness,
                "packaging": item.packaging,
                "professionalism": item.professionalism,
                "accuracy": item.accuracy,
                "issues": issue_names(item.issues),
                "issue_bits": item.issues,
                "content_hash": to_hex(item.content_hash),
                "revision": item.revision,
            }
        case KeyChange():
            return {"new_key": to_hex(item.new_key)}
        case Note():
            return {
                "driver": item.driver,
                "carrier": item.carrier,
                "note_kind": item.kind,
                "content_hash": to_hex(item.content_hash),
            }
        case DriverMove():
            return {
                "driver": item.driver,
                "from_carrier": item.from_carrier,
                "to_carrier": item.to_carrier,
                "nonce": item.nonce,
                "deadline": format_time(item.deadline),
            }


def shown(entry: EntryRow) -> dict[str, Any]:
    """Return the entry as EntryModel's JSON."""
    on_delivery = any(entry.delivery_id)
    return {
        "block": entry.block_number,
        "log_index": entry.log_index,
        "time": format_time(entry.block_time),
        "tx_hash": to_hex(entry.tx_hash),
        "kind": entry.kind.value,
        "delivery_id": to_hex(entry.delivery_id) if on_delivery else None,
        "shipper": entry.shipper or None,
        "carrier": entry.carrier or None,
        "driver": entry.driver,
        "writer": to_hex(entry.writer),
        "former_driver": entry.former_driver,
        "item": shown_item(entry.item),
        "word": f"0x{entry.word:064x}",
        "head_of": {"driver": entry.head_driver} if entry.head_driver else {"carrier": entry.head_carrier},
        "head": to_hex(entry.head),
    }


def csv_header() -> str:
    """Return the first line of the CSV."""
    return ",".join(COLUMNS) + "\r\n"


def csv_line(entry: EntryRow) -> str:
    """Return the entry as a line of CSV (RFC 4180). Every value is a number, hex, a time or a fixed word: no quoting."""
    row = shown(entry)
    item = row.pop("item")
    (owner, number), *_ = row.pop("head_of").items()
    document = item.get("record_hash") or item.get("evidence_hash") or item.get("content_hash")
    row["former_driver"] = "true" if row["former_driver"] else "false"
    flat = {**item, **row, "head_of": f"{owner} {number}", "document_hash": document}
    return ",".join("" if (value := flat.get(name)) is None else str(value) for name in COLUMNS) + "\r\n"


def document_hash_of(item: Item | DriverMove) -> bytes | None:
    """Return the hash of the private document that the item refers to; None for an item that has none."""
    match item:
        case Opening():
            return item.record_hash
        case Report():
            return item.evidence_hash
        case Feedback() | Note():
            return item.content_hash
        case _:
            return None
