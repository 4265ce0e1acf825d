"""secp256k1 signatures in the contract's form: EIP-2098 compact, low s."""

from __future__ import annotations

from typing import Final, NewType

from coincurve import PrivateKey, PublicKey

from chain_client.domain.errors import InvalidInput
from chain_client.domain.hashing import keccak256
from chain_client.domain.ids import Address, Hash32

CompactSignature = NewType("CompactSignature", bytes)
"""64 bytes `r ‖ vs`, vs = s with the parity of y in its highest bit (EIP-2098)."""

CURVE_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_HALF_ORDER: Final = CURVE_ORDER // 2
_PARITY: Final = 1 << 255


def address_of(secret: bytes) -> Address:
    """Return the address of a 32-byte private key."""
    return _address(PrivateKey(secret).public_key)


def _address(key: PublicKey) -> Address:
    return Address(keccak256(key.format(compressed=False)[1:])[12:])


def sign(secret: bytes, digest: Hash32) -> CompactSignature:
    """Return the deterministic (RFC 6979) signature of a 32-byte digest; s is always low."""
    return sign_with(PrivateKey(secret), digest)


def sign_with(key: PrivateKey, digest: Hash32) -> CompactSignature:
    """Return what `sign` returns, of a key made once: making one costs more than a signature."""
    raw = key.sign_recoverable(digest, hasher=None)
    high = raw[32] | (0x80 if raw[64] else 0)
    return CompactSignature(raw[:32] + bytes((high,)) + raw[33:64])


def recover(digest: Hash32, signature: CompactSignature) -> Address | None:
    """Return the address that signed `digest`; None where the signature is no valid, low-s one."""
    vs = int.from_bytes(signature[32:], "big")
    s = vs & (_PARITY - 1)
    if s > _HALF_ORDER:
        return None
    try:
        raw = signature[:32] + s.to_bytes(32, "big") + bytes([vs >> 255])
        return _address(PublicKey.from_signature_and_message(raw, digest, hasher=None))
    except Exception:  # coincurve raises bare Exception and ValueError for unrecoverable signatures
        return None


def parse_signature(raw: bytes, field: str = "signature") -> CompactSignature:
    """Return the compact form of a 64-byte (EIP-2098) or 65-byte (r, s, v in 0, 1, 27, 28) signature.

    Raises InvalidInput naming `field` for another length, another v or a high s.
    """
    if len(raw) == 64:
        compact = CompactSignature(raw)
    elif len(raw) == 65 and raw[64] in (0, 1, 27, 28):
        if raw[32] & 0x80:
            raise InvalidInput(field, "has a high s; use the low-s form (s below half the curve's order)")
        parity = (raw[64] - 27) if raw[64] >= 27 else raw[64]
        compact = CompactSignature(raw[:32] + bytes([raw[32] | parity << 7]) + raw[33:64])
    else:
        raise InvalidInput(
            field, "must be 64 bytes (EIP-2098) or 65 bytes (r, s, v) of a secp256k1 signature, in hex"
        )
    if int.from_bytes(compact[32:], "big") & (_PARITY - 1) > _HALF_ORDER:
        raise InvalidInput(field, "has a high s; use the low-s form (s below half the curve's order)")
    return compact
