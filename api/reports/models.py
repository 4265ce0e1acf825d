"""What a carrier (for a cancellation, the shipper) sends."""

from __future__ import annotations

from typing import Any, Final

from pydantic import Field, TypeAdapter

from api.bodies import Incoming
from api.fields import Document, HexId, OutcomeField, Time
from chain_client.domain.ids import DeliveryId, DriverNumber
from chain_client.intake import ReportRequest


class NewReport(Incoming):
    """What happened to one delivery."""

    delivery_id: HexId = Field(description="As the opening's answer gave it.")
    outcome: OutcomeField
    driver: int = Field(default=0, description="The driver's number; 0 while nobody is named.")
    occurred_at: Time = Field(description="When it happened: not in the future, at most 7 days ago.")
    evidence: Document | None = Field(
        default=None, description="Private: only its salted hash goes on chain."
    )
    key: str | None = Field(
        default=None,
        description="Idempotency key, at most 200 characters; without one, delivery, outcome, driver and time are it.",
    )

    def request(self) -> ReportRequest:
        """Return it as intake takes it."""
        return ReportRequest(
            delivery_id=DeliveryId(self.delivery_id),
            outcome=self.outcome,
            driver=DriverNumber(self.driver),
            occurred_at=self.occurred_at,
            evidence=self.evidence,
            key=self.key,
        )


ADAPTER: Final = TypeAdapter(NewReport)
EXAMPLE: Final[dict[str, Any]] = {
    "delivery_id": "0x00073e38f50b1ff88ae7201eb3a8a983a72d4df4482218e8a5df5da2470317d1",
    "outcome": "delivered",
    "driver": 42,
    "occurred_at": "2025-12-31T16:54:00Z",
}
