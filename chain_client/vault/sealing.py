"""Sealing of link secrets: AES-256-GCM (NIST SP 800-38D), a random 96-bit nonce before the ciphertext.

The ledger and the delivery are associated data: a sealed secret moved to another row does not open. Random nonces
bound one sealing key to 2^32 seals (SP 800-38D, 8.3); change the key before.
"""

from __future__ import annotations

import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chain_client.domain.errors import Broken, InvalidInput
from chain_client.domain.ids import DeliveryId
from chain_client.store import LedgerId

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12


class SealBroken(Broken):
    """A sealed secret does not open: the sealing key was changed, or the row was tampered with."""

    code = "seal-broken"


def check_key(key: bytes) -> None:
    """Raise InvalidInput for a sealing key that is not 32 bytes."""
    if len(key) != KEY_BYTES:
        raise InvalidInput("sealing_key", f"must be {KEY_BYTES} bytes, not {len(key)}")


def _associated(ledger_id: LedgerId, delivery_id: DeliveryId) -> bytes:
    return b"doorstep/link" + ledger_id.to_bytes(8, "big") + delivery_id


def seal(key: bytes, secret: bytes, ledger_id: LedgerId, delivery_id: DeliveryId) -> bytes:
    """Return `secret` sealed for this delivery (28 bytes longer). Raises InvalidInput for a key of another length."""
    check_key(key)
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, secret, _associated(ledger_id, delivery_id))


def unseal(key: bytes, sealed: bytes, ledger_id: LedgerId, delivery_id: DeliveryId) -> bytes:
    """Return the secret that was sealed for this delivery. Raises SealBroken (never retry) where it does not open."""
    check_key(key)
    try:
        return AESGCM(key).decrypt(
            sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _associated(ledger_id, delivery_id)
        )
    except (InvalidTag, ValueError) as error:
        raise SealBroken(
            f"The sealed link of delivery 0x{delivery_id.hex()} does not open with this sealing key. "
            "Restore the sealing key from a copy; the shop may otherwise have no link of it."
        ) from error
