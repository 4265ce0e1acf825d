"""Borders of the domain: what is refused, and round trips."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain_client.domain import ids, links, signatures, words
from chain_client.domain.digests import canonical_json
from chain_client.domain.errors import InvalidInput
from chain_client.domain.signatures import CURVE_ORDER, CompactSignature

KEY = b"\x11" * 32
DIGEST = ids.Hash32(b"\x22" * 32)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0x",
        "11" * 32,
        "0x" + "11" * 31,
        "0x" + "11" * 33,
        "0x" + "1g" * 32,
        "0x" + "1 " * 32,
        "0x" + "é" * 64,
    ],
)
def test_parse_hex_refuses_anything_but_exact_hex_and_names_the_field(text: str) -> None:
    with pytest.raises(InvalidInput, match="delivery_id: must be 0x followed by 64 hex digits"):
        ids.parse_delivery_id(text)


def test_parse_hex_refuses_blanks_that_keep_the_length() -> None:
    with pytest.raises(InvalidInput):
        ids.parse_hex("0x" + "11 " * 20 + "1111", 32, "hash")


@given(st.binary(min_size=32, max_size=32))
def test_secrets_round_trip_through_base64url(raw: bytes) -> None:
    assert links.decode_secret(links.encode_secret(raw), "secret") == raw


@pytest.mark.parametrize(
    "text", ["", "A" * 42, "A" * 44, "A" * 42 + "B", "A" * 42 + "+", "A" * 42 + "=", "é" * 43]
)
def test_decode_secret_refuses_other_lengths_alphabets_and_stray_bits(text: str) -> None:
    with pytest.raises(InvalidInput, match="secret"):
        links.decode_secret(text, "secret")


@given(st.binary(min_size=32, max_size=32))
def test_sign_then_recover_gives_the_signer(digest: bytes) -> None:
    signature = signatures.sign(KEY, ids.Hash32(digest))
    assert signatures.recover(ids.Hash32(digest), signature) == signatures.address_of(KEY)


@pytest.mark.parametrize("s", [CURVE_ORDER // 2 + 1, (1 << 255) - 1])
def test_recover_refuses_the_high_s_that_the_compact_form_can_still_hold(s: int) -> None:
    r = signatures.sign(KEY, DIGEST)[:32]
    assert (
        signatures.recover(DIGEST, CompactSignature(r + (CURVE_ORDER // 2).to_bytes(32, "big"))) is not None
    )
    assert signatures.recover(DIGEST, CompactSignature(r + s.to_bytes(32, "big"))) is None


@given(st.binary(min_size=64, max_size=64))
def test_recover_never_raises_on_any_64_bytes(raw: bytes) -> None:
    found = signatures.recover(DIGEST, CompactSignature(raw))
    assert found is None or len(found) == 20


def test_parse_signature_takes_both_forms_and_gives_the_compact_one() -> None:
    compact = signatures.sign(KEY, DIGEST)
    parity = compact[32] >> 7
    long = compact[:32] + bytes([compact[32] & 0x7F]) + compact[33:]
    for v in (parity, parity + 27):
        assert signatures.parse_signature(long + bytes([v])) == compact
    assert signatures.parse_signature(bytes(compact)) == compact


@pytest.mark.parametrize(
    "raw", [b"", bytes(63), bytes(64) + b"\x02", b"\x11" * 32 + b"\xff" * 32 + b"\x1b", bytes(66)]
)
def test_parse_signature_refuses_other_lengths_other_v_and_high_s(raw: bytes) -> None:
    with pytest.raises(InvalidInput, match="signature"):
        signatures.parse_signature(raw)


@given(st.integers(1, 2**256 - 1))
def test_words_round_trip(word: int) -> None:
    delivery = words.DeliveryWord.unpack(word)
    assert delivery is not None
    assert delivery.pack() == word
    driver = words.DriverWord.unpack(word)
    assert driver is not None
    assert driver.pack() == word & (1 << 208) - 1


def test_a_zero_word_is_no_delivery_and_no_driver() -> None:
    assert words.DeliveryWord.unpack(0) is None
    assert words.DriverWord.unpack(0) is None


@pytest.mark.parametrize(
    "document",
    [{"x": float("nan")}, {"x": float("inf")}, {"x": 2**53}, {"x": "\ud800"}, {"x": b"raw"}, {1: "key"}],
)
def test_canonical_json_refuses_what_rfc_8785_cannot_hold(document: dict[str, object]) -> None:
    with pytest.raises(InvalidInput, match="document"):
        canonical_json(document)


@pytest.mark.parametrize(
    ("shipper", "salt", "waybill", "field"),
    [
        (0, bytes(32), "w", "shipper"),
        (65_536, bytes(32), "w", "shipper"),
        (1, bytes(31), "w", "salt"),
        (1, bytes(32), "", "waybill"),
    ],
)
def test_delivery_id_names_what_is_wrong(shipper: int, salt: bytes, waybill: str, field: str) -> None:
    with pytest.raises(InvalidInput, match=field):
        ids.delivery_id(ids.MemberNumber(shipper), salt, waybill)
