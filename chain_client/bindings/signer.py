"""What a signer must be able to do, and the one transaction type that everything here sends.

Transactions are type 2 (EIP-1559) without an access list: `0x02 ‖ rlp([chainId, nonce, maxPriorityFeePerGas,
maxFeePerGas, gas, to, value, data, accessList, yParity, r, s])`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Protocol

import rlp

from chain_client.domain.hashing import keccak256
from chain_client.domain.ids import Address, Hash32
from chain_client.domain.signatures import CompactSignature

_TYPE: Final = b"\x02"
_PARITY: Final = 1 << 255


@dataclass(frozen=True, slots=True)
class TxFields:
    """An unsigned transaction; fees in wei per gas; `to` None creates a contract."""

    chain_id: int
    nonce: int
    to: Address | None
    data: bytes
    gas: int
    max_fee: int
    priority_fee: int

    def _fields(self) -> list[Any]:
        return [
            self.chain_id,
            self.nonce,
            self.priority_fee,
            self.max_fee,
            self.gas,
            self.to or b"",
            0,
            self.data,
            [],
        ]

    def digest(self) -> Hash32:
        """Return what the sender signs."""
        return Hash32(keccak256(_TYPE + rlp.encode(self._fields())))

    def signed(self, signature: CompactSignature) -> bytes:
        """Return the bytes to send, given the sender's signature of `digest()`."""
        vs = int.from_bytes(signature[32:], "big")
        tail = [vs >> 255, int.from_bytes(signature[:32], "big"), vs & (_PARITY - 1)]
        return _TYPE + bytes(rlp.encode([*self._fields(), *tail]))


class Signer(Protocol):
    """Something that holds one key; not bound to a chain, so it serves any."""

    @property
    def address(self) -> Address:
        """The address of its key."""

    def sign_transaction(self, fields: TxFields) -> bytes:
        """Return the signed transaction's bytes; their Keccak-256 is its hash."""

    def sign_digest(self, digest: Hash32) -> CompactSignature:
        """Return the signature of a 32-byte digest (EIP-712's, never of a text)."""
