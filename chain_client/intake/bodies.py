"""What an item's idempotency key and body hash are made of, by kind.

Both are keyed hashes (HMAC-SHA256) where they stand for private words: they outlive an erasure, so nobody must be able
to guess into them. `verify` computes them again from what is kept.
"""

from __future__ import annotations

import hmac
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from chain_client.domain.ids import Address, DeliveryId, DriverNumber, Hash32, MemberNumber

_NONE: Final = b"\xff\xff\xff\xff"


def body_key(sealing_key: bytes) -> bytes:
    """Return the key of these hashes, derived from the 32-byte sealing key."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"doorstep/body").derive(sealing_key)


def body_hash(key: bytes, *parts: bytes | None) -> Hash32:
    """Return the keyed hash of the parts; a part that is absent differs from an empty one."""
    message = b"".join(_NONE if part is None else len(part).to_bytes(4, "big") + part for part in parts)
    return Hash32(hmac.digest(key, message, "sha256"))


def opening_key(key: bytes, member: MemberNumber, waybill: bytes) -> Hash32:
    """Return an opening's idempotency key. A keyed hash: intents are never erased, waybills are."""
    return body_hash(key, b"waybill", member.to_bytes(2, "big"), waybill)


def opening_body(
    key: bytes,
    waybill: bytes,
    carrier: MemberNumber,
    promised_by: int,
    recipient_key: Address | None,
    read_token_hash: bytes | None,
    salt: bytes | None,
    record: bytes | None,
) -> Hash32:
    """Return an opening's body hash; `record` is canonical JSON. What was made here, not sent, is None."""
    return body_hash(
        key,
        b"opening",
        waybill,
        carrier.to_bytes(2, "big"),
        promised_by.to_bytes(4, "big"),
        recipient_key,
        read_token_hash,
        salt,
        record,
    )


def _said(delivery: DeliveryId, outcome: int, driver: DriverNumber, occurred_at: int) -> bytes:
    return delivery + outcome.to_bytes(1, "big") + driver.to_bytes(4, "big") + occurred_at.to_bytes(4, "big")


def report_key(
    key: bytes,
    delivery: DeliveryId,
    outcome: int,
    driver: DriverNumber,
    occurred_at: int,
    given: bytes | None,
) -> bytes:
    """Return a report's idempotency key: of the one that was `given`, or else of the report's own values."""
    if given is not None:
        return body_hash(key, b"key", given)
    return b"said" + _said(delivery, outcome, driver, occurred_at)


def report_body(
    key: bytes,
    delivery: DeliveryId,
    outcome: int,
    driver: DriverNumber,
    occurred_at: int,
    evidence: bytes | None,
) -> Hash32:
    """Return a report's body hash; `evidence` is canonical JSON."""
    return body_hash(key, b"report", _said(delivery, outcome, driver, occurred_at), evidence)
