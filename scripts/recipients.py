"""Openings and signed feedback as a shop and its recipients make them, from one seed: the same every time.

A shop that runs twice must send the same salts and secrets, or the second run would open second deliveries. So they
are HMACs of the waybill under a seed that only the shop has.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chain_client.domain import digests, links
from chain_client.domain.ids import ZERO_HASH, DeliveryId, DriverNumber, MemberNumber, delivery_id, to_hex
from chain_client.domain.records import Feedback, KeyChange
from chain_client.domain.signatures import sign
from scripts.output import iso


@dataclass(frozen=True, slots=True)
class Ratings:
    """What a recipient says; 0 is not rated."""

    overall: int
    timeliness: int = 0
    packaging: int = 0
    professionalism: int = 0
    accuracy: int = 0
    issues: int = 0


@dataclass(frozen=True, slots=True)
class Recipients:
    """One shipper's recipients. `separator` is that of the ledger's EIP-712 domain."""

    seed: bytes
    shipper: MemberNumber
    separator: bytes

    def _derive(self, purpose: str, name: str) -> bytes:
        return hmac.new(self.seed, f"{purpose}\0{name}".encode(), hashlib.sha256).digest()

    def delivery(self, waybill: str) -> DeliveryId:
        """Return the waybill's delivery id."""
        return delivery_id(self.shipper, self._derive("delivery", waybill), waybill)

    def secret(self, waybill: str) -> bytes:
        """Return the secret of the waybill's tracking link."""
        return self._derive("link", waybill)

    def opening(self, waybill: str, carrier: int, promised_by: int) -> dict[str, Any]:
        """Return the item of `POST /v1/deliveries`."""
        delivery, secret = self.delivery(waybill), self.secret(waybill)
        token = links.read_token(secret, delivery)
        return {
            "waybill": waybill,
            "carrier": carrier,
            "promised_by": iso(promised_by),
            "recipient_key": to_hex(links.recipient_key(secret, delivery)),
            "read_token_hash": to_hex(links.read_token_hash(token)),
            "salt": to_hex(self._derive("delivery", waybill)),
        }

    def report(self, waybill: str, outcome: int, driver: int, occurred_at: int, key: str) -> dict[str, Any]:
        """Return the item of `POST /v1/reports`; its time is floored to the minute, so that it identifies nobody."""
        return {
            "delivery_id": to_hex(self.delivery(waybill)),
            "outcome": outcome,
            "driver": driver,
            "occurred_at": iso(occurred_at - occurred_at % 60),
            "key": key,
        }

    def take_over(self, waybill: str) -> dict[str, Any]:
        """Return the item of `POST /v1/key-changes`, by which the recipient's own device takes the delivery over."""
        delivery = self.delivery(waybill)
        change = KeyChange(delivery, links.recipient_key(self._derive("device", waybill), delivery))
        signing_key = links.signing_key(self.secret(waybill), delivery)
        return {
            "delivery_id": to_hex(delivery),
            "new_key": to_hex(change.new_key),
            "signature": to_hex(sign(signing_key, digests.digest(self.separator, change))),
        }

    def feedback(
        self,
        waybill: str,
        driver: int,
        ratings: Ratings,
        revision: int,
        content: Mapping[str, object] | None,
        name: str,
        *,
        taken_over: bool = False,
    ) -> dict[str, Any]:
        """Return the item of `POST /v1/feedback`, signed by the recipient, with their device's key after a take-over.

        `name` is the feedback's own, for its salt.
        """
        delivery = self.delivery(waybill)
        salt = self._derive("content", name)
        said = Feedback(
            delivery_id=delivery,
            driver=DriverNumber(driver),
            overall=ratings.overall,
            timeliness=ratings.timeliness,
            packaging=ratings.packaging,
            professionalism=ratings.professionalism,
            accuracy=ratings.accuracy,
            issues=ratings.issues,
            content_hash=ZERO_HASH if content is None else digests.document_hash(salt, content),
            revision=revision,
        )
        secret = self._derive("device", waybill) if taken_over else self.secret(waybill)
        signing_key = links.signing_key(secret, delivery)
        signature = sign(signing_key, digests.digest(self.separator, said))
        item: dict[str, Any] = {
            "delivery_id": to_hex(delivery),
            "driver": driver,
            "overall": said.overall,
            "timeliness": said.timeliness,
            "packaging": said.packaging,
            "professionalism": said.professionalism,
            "accuracy": said.accuracy,
            "issues": said.issues,
            "content_hash": to_hex(said.content_hash),
            "revision": revision,
            "signature": to_hex(signature),
        }
        if content is not None:
            item |= {"content": dict(content), "salt": to_hex(salt)}
        return item
