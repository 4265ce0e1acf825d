"""`decode` is the inverse of `encode`, and says so of nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain_client.domain.digests import decode, encode
from chain_client.domain.errors import Broken
from chain_client.domain.records import Feedback, Kind, Opening

u8, u16, u32 = st.integers(0, 2**8 - 1), st.integers(0, 2**16 - 1), st.integers(0, 2**32 - 1)
b20, b32 = st.binary(min_size=20, max_size=20), st.binary(min_size=32, max_size=32)


@given(st.builds(Feedback, b32, u32, u8, u8, u8, u8, u8, u32, b32, u8))
def test_a_feedback_comes_back(item: Feedback) -> None:
    assert decode(Kind.FEEDBACK, encode(item)) == item


@given(st.builds(Opening, b32, b20, u16, u32, b32))
def test_an_opening_comes_back(item: Opening) -> None:
    assert decode(Kind.OPENING, encode(item)) == item


@given(st.builds(Opening, b32, b20, u16, u32, b32), st.sampled_from([1, 2, 3]), st.integers(0, 11))
def test_bits_beyond_a_field_are_refused(item: Opening, word: int, byte: int) -> None:
    raw = bytearray(encode(item))
    raw[32 * word + byte] |= 0x80
    with pytest.raises(Broken, match="beyond its fields"):
        decode(Kind.OPENING, bytes(raw))


@pytest.mark.parametrize("length", [0, 159, 161, 320])
def test_another_number_of_words_is_refused(length: int) -> None:
    with pytest.raises(Broken, match="has 160 bytes"):
        decode(Kind.OPENING, bytes(length))
