"""What a shipper sends to open deliveries."""

from __future__ import annotations

from typing import Any, Final

from pydantic import Field, TypeAdapter

from api.bodies import Incoming
from api.fields import Document, HexAddress, HexHash, Time
from chain_client.domain.ids import Address, Hash32, MemberNumber
from chain_client.intake import DeliveryRequest


class NewDelivery(Incoming):
    """One delivery to open.

    The shop makes the recipient's key and read token itself (and, where its link names the delivery before the
    answer does, the salt of the delivery id); or it gives neither, and the link is made here.
    """

    waybill: str = Field(
        description="The shop's own number of it, at most 200 characters; also its idempotency key. It is recognised by "
        "its NFKC form, trimmed and without invisible characters; upper and lower case differ. It is kept as sent, and the "
        "delivery id is made of it as sent."
    )
    carrier: int = Field(description="Member number of the carrier, from 1.")
    promised_by: Time = Field(
        description="When it is promised to arrive; in the future, at most 366 days ahead."
    )
    record: Document | None = Field(default=None, description="Private: only its salted hash goes on chain.")
    recipient_key: HexAddress | None = Field(
        default=None, description="Address of the recipient's signing key."
    )
    read_token_hash: HexHash | None = Field(
        default=None, description="SHA-256 of the recipient's read token."
    )
    salt: HexHash | None = Field(default=None, description="32 bytes that the delivery id was made with.")

    def request(self) -> DeliveryRequest:
        """Return it as intake takes it."""
        return DeliveryRequest(
            waybill=self.waybill,
            carrier=MemberNumber(self.carrier),
            promised_by=self.promised_by,
            record=self.record,
            recipient_key=None if self.recipient_key is None else Address(self.recipient_key),
            read_token_hash=None if self.read_token_hash is None else Hash32(self.read_token_hash),
            salt=self.salt,
        )


ADAPTER: Final = TypeAdapter(NewDelivery)
EXAMPLE: Final[dict[str, Any]] = {
    "waybill": "WB-2026-000017",
    "carrier": 2,
    "promised_by": "2026-12-01T23:59:59-03:00",
    "record": {"parcels": 1, "service": "standard"},
}
EXAMPLE_WITH_KEY: Final[dict[str, Any]] = {
    "waybill": "WB-2026-000018",
    "carrier": 2,
    "promised_by": "2026-12-02T23:59:59Z",
    "recipient_key": "0x70997970c51812dc3a010c7d01b50e0d17dc79c8",
    "read_token_hash": "0x57ccf31c4a79810db7e07c6cb5d1445607d211d77e186b4488fbfe3785ed4930",
}
