"""Keccak-256, as the EVM computes it."""

from __future__ import annotations

from Crypto.Hash import keccak


def keccak256(data: bytes) -> bytes:
    """Return the 32-byte Keccak-256 of `data` (the EVM's, not NIST's SHA3-256)."""
    return keccak.new(data=data, digest_bits=256).digest()
