"""Keccak-256, as the EVM computes it."""

from __future__ import annotations

from sha3 import keccak_256


def keccak256(data: bytes) -> bytes:
    """Return the 32-byte Keccak-256 of `data` (the EVM's, not NIST's SHA3-256)."""
    digest: bytes = keccak_256(data).digest()
    return digest
