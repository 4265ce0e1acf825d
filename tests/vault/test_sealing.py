"""Sealing: opens with the same key for the same delivery of the same ledger, and else not at all."""

from __future__ import annotations

import pytest

from chain_client.domain.errors import InvalidInput
from chain_client.domain.ids import DeliveryId
from chain_client.store import LedgerId
from chain_client.vault.sealing import SealBroken, seal, unseal

KEY, SECRET = b"\x01" * 32, b"\x02" * 32
LEDGER, DELIVERY = LedgerId(3), DeliveryId(b"\x04" * 32)


def test_what_is_sealed_opens_again() -> None:
    sealed = seal(KEY, SECRET, LEDGER, DELIVERY)
    assert SECRET not in sealed
    assert len(sealed) == len(SECRET) + 28
    assert unseal(KEY, sealed, LEDGER, DELIVERY) == SECRET


def test_the_same_secret_is_never_sealed_alike() -> None:
    assert seal(KEY, SECRET, LEDGER, DELIVERY) != seal(KEY, SECRET, LEDGER, DELIVERY)


def test_another_key_ledger_delivery_or_byte_does_not_open() -> None:
    sealed = seal(KEY, SECRET, LEDGER, DELIVERY)
    for key, text, ledger, delivery in (
        (b"\x09" * 32, sealed, LEDGER, DELIVERY),
        (KEY, sealed, LedgerId(4), DELIVERY),
        (KEY, sealed, LEDGER, DeliveryId(b"\x05" * 32)),
        (KEY, sealed[:-1] + bytes([sealed[-1] ^ 1]), LEDGER, DELIVERY),
        (KEY, bytes([sealed[0] ^ 1]) + sealed[1:], LEDGER, DELIVERY),
        (KEY, sealed[:20], LEDGER, DELIVERY),
        (KEY, b"", LEDGER, DELIVERY),
    ):
        with pytest.raises(SealBroken, match="does not open"):
            unseal(key, text, ledger, delivery)


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_key_is_32_bytes(length: int) -> None:
    with pytest.raises(InvalidInput, match=f"must be 32 bytes, not {length}"):
        seal(bytes(length), SECRET, LEDGER, DELIVERY)
