"""Tracking links: one 32-byte secret gives a recipient's signing key and read token.

A link is `/t/<deliveryId>#<secret>`, the secret in base64url without padding; the fragment never reaches a server.
HKDF-SHA256 (RFC 5869), salt the delivery id: info `doorstep/sign` gives 48 bytes, mod n − 1, plus 1 (no bias, never
zero); info `doorstep/read` gives the 32-byte read token, of which a server stores only the SHA-256.
"""

from __future__ import annotations

import base64
import binascii
import hashlib

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from chain_client.domain.errors import InvalidInput
from chain_client.domain.ids import Address, DeliveryId, Hash32
from chain_client.domain.signatures import CURVE_ORDER, address_of


def _derive(secret: bytes, delivery: DeliveryId, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=delivery, info=info).derive(secret)


def signing_key(secret: bytes, delivery: DeliveryId) -> bytes:
    """Return the 32-byte private key of a link's secret (or, after a take-over, of the device's seed)."""
    wide = int.from_bytes(_derive(secret, delivery, b"doorstep/sign", 48), "big")
    return (wide % (CURVE_ORDER - 1) + 1).to_bytes(32, "big")


def recipient_key(secret: bytes, delivery: DeliveryId) -> Address:
    """Return the address that an opening binds for this link."""
    return address_of(signing_key(secret, delivery))


def read_token(secret: bytes, delivery: DeliveryId) -> bytes:
    """Return the 32-byte token with which the recipient reads their delivery."""
    return _derive(secret, delivery, b"doorstep/read", 32)


def read_token_hash(token: bytes) -> Hash32:
    """Return what a server stores of a read token: its SHA-256 (the token is 256 random bits, so no salt)."""
    return Hash32(hashlib.sha256(token).digest())


def encode_secret(raw: bytes) -> str:
    """Return base64url without padding, as links and headers write secrets and tokens."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode_secret(text: str, field: str) -> bytes:
    """Return the 32 bytes written as base64url without padding; raises InvalidInput naming `field`."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != 32 or encode_secret(raw) != text:
        raise InvalidInput(field, "must be 43 characters of base64url (32 bytes, no padding)")
    return raw


def tracking_path(delivery: DeliveryId, secret: bytes) -> str:
    """Return the path and fragment of the recipient's link, `/t/<deliveryId>#<secret>`."""
    return f"/t/0x{delivery.hex()}#{encode_secret(secret)}"
