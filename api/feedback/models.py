"""What a recipient, or anyone who holds their signed feedback, sends."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel, Field, TypeAdapter

from api.bodies import Incoming
from api.deliveries.views import DeliveryEntryModel
from api.fields import Document, HexHash, HexId, HexSignature, IssuesField
from chain_client.domain.ids import ZERO_HASH, DeliveryId, DriverNumber, Hash32, to_hex
from chain_client.domain.records import Feedback
from chain_client.intake import FeedbackRequest

_RATING: Final = "1 to 5; 0 = not rated."


class NewFeedback(Incoming):
    """One signed feedback: the signature is over EIP-712 `Feedback` in the domain that `/v1/ledger` gives."""

    delivery_id: HexId = Field(description="As in the recipient's link.")
    driver: int = Field(
        default=0, description="The driver it is about; 0 for nobody, or the carrier as a whole."
    )
    overall: int = Field(default=0, description=_RATING)
    timeliness: int = Field(default=0, description=_RATING)
    packaging: int = Field(default=0, description=_RATING)
    professionalism: int = Field(default=0, description=_RATING)
    accuracy: int = Field(default=0, description=_RATING)
    issues: IssuesField = 0
    content_hash: HexHash = Field(
        default=ZERO_HASH,
        json_schema_extra={"default": to_hex(ZERO_HASH)},
        description="keccak256(salt ‖ RFC 8785 JSON of the content); zero where there is none.",
    )
    revision: int = Field(description="1 for the first, then one more than the last recorded.")
    signature: HexSignature
    content: Document | None = Field(
        default=None,
        description='Private text, at most 32 KiB of canonical JSON: `{"comment": "…", "lang": "pt"}`, both optional. '
        "Pages show the comment; whatever else it holds is kept with it. Needs `salt`.",
    )
    salt: HexHash | None = Field(default=None, description="The 32 bytes that `content_hash` was made with.")

    def request(self) -> FeedbackRequest:
        """Return it as intake takes it."""
        return FeedbackRequest(
            Feedback(
                delivery_id=DeliveryId(self.delivery_id),
                driver=DriverNumber(self.driver),
                overall=self.overall,
                timeliness=self.timeliness,
                packaging=self.packaging,
                professionalism=self.professionalism,
                accuracy=self.accuracy,
                issues=self.issues,
                content_hash=Hash32(self.content_hash),
                revision=self.revision,
            ),
            self.signature,
            self.content,
            self.salt,
        )


ADAPTER: Final = TypeAdapter(NewFeedback)
EXAMPLE: Final[dict[str, Any]] = {
    "delivery_id": "0x00073e38f50b1ff88ae7201eb3a8a983a72d4df4482218e8a5df5da2470317d1",
    "driver": 42,
    "overall": 4,
    "timeliness": 5,
    "packaging": 0,
    "professionalism": 3,
    "accuracy": 1,
    "issues": ["late", "damaged_packaging", "false_attempt", "no_communication"],
    "content_hash": "0x1e109eb81780c8505fc75b12fda78c5737b7ccd70bfd04e22f4d22d598dd9e19",
    "revision": 2,
    "signature": "0xe0c0cbbfbb9e1fae1988e9f031d3a1f256d8702d77e13502981f81c758eec1dc"
    "010a2897a016734b0b3895f578c05d02b8d1f43f531e84df475a61f2bba12800",
}
"""Signed by the key of `tests/vectors/eip712.json` in its domain."""


class FeedbackEntryModel(DeliveryEntryModel):
    """A recorded feedback, its comment for those who may see it, and what to make of it."""

    serious: bool = Field(
        description="One or two stars, or damaged_item, missing, wrong_place, attitude, false_attempt or unsafe_drop."
    )
    superseded: bool = Field(
        description="A later revision about the same driver's part in the delivery is recorded."
    )
    withdrawn: bool = Field(
        description="This revision withdraws the feedback: no rating, no issue, no comment."
    )
    comment_alone: bool = Field(description="It holds a comment, and neither ratings nor issues.")
    accepted: bool = Field(
        description="The carrier had accepted the delivery when the first feedback on this driver's part was recorded: "
        "it counts for carrier and driver. Otherwise it counts for the shipper alone."
    )


class FeedbacksModel(BaseModel):
    """A page of feedback, newest first."""

    feedback: list[FeedbackEntryModel]
    next_cursor: str | None
