"""What may be asked of `Intake`: one frozen record per item, bytes and Unix seconds (UTC) inside.

Callers only parse hex, base64 and RFC 3339 into these; every other check (ranges, sizes, rules) is intake's, so that
one vocabulary of refusals answers over any border. Field names here are the ones refusals name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chain_client.domain.ids import Address, DeliveryId, DriverNumber, Hash32, MemberNumber
from chain_client.domain.records import Feedback

MAX_ITEMS: Final = 1_000
"""Most items of one call."""
MAX_WAYBILL: Final = 200
"""Longest waybill, in characters; also the longest idempotency key of a report."""
MAX_DOCUMENT: Final = 32 * 1024
"""Largest document, in bytes of its canonical JSON."""
MAX_DEPTH: Final = 32
"""Deepest nesting of a document."""


@dataclass(frozen=True, slots=True)
class DeliveryRequest:
    """A shipper's new delivery.

    Three ways, by who makes the recipient's link:
    the shop made it all: `recipient_key`, `read_token_hash` and `salt` (the link needs the delivery id beforehand,
    which is `ids.delivery_id(shipper, salt, waybill)`); the shop binds another key of the recipient's: the same
    without `salt`, which is then made here; neither key nor hash: the link is made here and comes with the answer.
    """

    waybill: str
    carrier: MemberNumber
    promised_by: int
    record: Mapping[str, object] | None = None
    recipient_key: Address | None = None
    read_token_hash: Hash32 | None = None
    salt: bytes | None = None


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """What a carrier (outcome 6: the shipper) says happened at `occurred_at`.

    `key` makes a repeated call the same report; without one, delivery, outcome, driver and time do.
    """

    delivery_id: DeliveryId
    outcome: int
    driver: DriverNumber
    occurred_at: int
    evidence: Mapping[str, object] | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class FeedbackRequest:
    """A recipient's signed feedback; `signature` is 64 (EIP-2098) or 65 bytes over its EIP-712 digest.

    With `content`, `salt` is needed and `feedback.content_hash` must be `document_hash(salt, content)`. A content
    hash without content is fine: the text is then kept elsewhere.
    """

    feedback: Feedback
    signature: bytes
    content: Mapping[str, object] | None = None
    salt: bytes | None = None


@dataclass(frozen=True, slots=True)
class ReadTokenRequest:
    """A recipient's new read token, after a take-over, signed by the key the delivery has since."""

    delivery_id: DeliveryId
    token_hash: Hash32
    signature: bytes


@dataclass(frozen=True, slots=True)
class KeyChangeRequest:
    """A recipient's take-over of a delivery, signed by the key it has now."""

    delivery_id: DeliveryId
    new_key: Address
    signature: bytes
