"""What a recipient sends to take their delivery over."""

from __future__ import annotations

from typing import Any, Final

from pydantic import Field, TypeAdapter

from api.bodies import Incoming
from api.fields import HexAddress, HexId, HexSignature
from chain_client.domain.ids import Address, DeliveryId
from chain_client.intake import KeyChangeRequest


class NewKeyChange(Incoming):
    """One signed take-over: the signature is over EIP-712 `KeyChange`, by the key the delivery has now."""

    delivery_id: HexId = Field(description="As in the recipient's link.")
    new_key: HexAddress = Field(description="Address of the key that signs from then on.")
    signature: HexSignature

    def request(self) -> KeyChangeRequest:
        """Return it as intake takes it."""
        return KeyChangeRequest(DeliveryId(self.delivery_id), Address(self.new_key), self.signature)


ADAPTER: Final = TypeAdapter(NewKeyChange)
EXAMPLE: Final[dict[str, Any]] = {
    "delivery_id": "0x00073e38f50b1ff88ae7201eb3a8a983a72d4df4482218e8a5df5da2470317d1",
    "new_key": "0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc",
    "signature": "0x78d1ceb004ebb5bb5d77d94f6979e4a51900f58ef0d97781d33baa9e8fb21187"
    "d26a6f482461a59c5d7f30a97476b7ea17a5728003f12607ff60250817d6541b",
}
"""Signed by the key of `tests/vectors/eip712.json` in its domain."""
