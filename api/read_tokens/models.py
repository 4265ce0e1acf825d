"""What a recipient sends so that only they read a delivery they took over."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel, Field, TypeAdapter

from api.bodies import Incoming
from api.fields import HexHash, HexSignature
from chain_client.domain.ids import DeliveryId, Hash32
from chain_client.intake import ReadTokenRequest


class NewReadToken(Incoming):
    """A read token of the recipient's own: the signature is over EIP-712 `ReadToken`, by the key of the take-over."""

    token_hash: HexHash = Field(description="SHA-256 of the new read token.")
    signature: HexSignature

    def request(self, delivery_id: DeliveryId) -> ReadTokenRequest:
        """Return it as intake takes it."""
        return ReadTokenRequest(delivery_id, Hash32(self.token_hash), self.signature)


class ReplacedModel(BaseModel):
    """The new token reads the delivery, and no other."""

    replaced: bool = Field(description="False where this very token was set before.")


ADAPTER: Final = TypeAdapter(NewReadToken)
EXAMPLE: Final[dict[str, Any]] = {
    "token_hash": "0xcfe9c2a45d718f51acc76b1201e5ae6210e42529a18c3c1f54bf12ccff239ce1",
    "signature": "0xdfdc18263a7ffac2d69525ef5b6be14359705aa2e80505fdc1d740ed9566e8ee"
    "fb0946748b76e73280d001bff2055698c9c5b742177c0777aeced6ba2b0c1a4b",
}
"""Signed by the key of `tests/vectors/eip712.json` in its domain, for its delivery."""
