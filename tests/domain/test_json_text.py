"""What is read is what was sent: nothing that a reader would change in silence."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain_client.domain.errors import InvalidInput
from chain_client.domain.json_text import MalformedJson, canonical_json, read_json, split_list

CHANGED = [
    (b'{"a":1,"a":1}', "'a' twice", 11),
    (b'[{"a":{"b":1,\n "b":2}}]', "'b' twice", 19),
    (b'{"\\u0061":1,"a":2}', "'a' twice", 16),
    (b'["\\ud800"]', r"\ud800", 2),
    (b'["\\ud800x"]', r"\ud800", 2),
    (b'["\\uDC00"]', r"\uDC00", 2),
    (b'["\\ud83d\\ude00\\ud83d."]', r"\ud83d", 14),
    (b'["\xed\xa0\x80"]', "code point", 2),
    (b"[0.10000000000000000001]", "nearest is 0.1", 1),
    (b"[9007199254740993.0]", "9007199254740993.0", 1),
    (b"[333333333.33333329]", "333333333.33333329", 1),
    (b"[1e400]", "1e400", 1),
    (b"[1e-400]", "1e-400", 1),
    (b"[1e99999999999999999999]", "1e9999", 1),
    (b"[NaN]", "no JSON", 1),
    (b"[-Infinity]", "no JSON", 2),
    (b"[1" + b"1" * 5000 + b"]", "as text", 4302),
    (b'{"a":1}\x00', "trailing", 7),
]


@pytest.mark.parametrize(("raw", "words", "at"), CHANGED)
def test_what_would_be_kept_otherwise_than_sent_is_named(raw: bytes, words: str, at: int) -> None:
    with pytest.raises(MalformedJson) as caught:
        read_json(raw)
    assert words in caught.value.message
    assert caught.value.at == at


def test_a_long_name_is_shortened() -> None:
    with pytest.raises(MalformedJson) as caught:
        read_json(b'{"%b":1,"%b":2}' % (b"x" * 100_000, b"x" * 100_000))
    assert len(str(caught.value)) < 300


KEPT = [
    (b"1E5", 100000.0),
    (b"2.50", 2.5),
    (b"-0.0", 0.0),
    (b"1e-7", 1e-7),
    (b"4.35", 4.35),
    (b"1e308", 1e308),
]


@pytest.mark.parametrize(("raw", "value"), KEPT)
def test_a_number_that_means_its_float_is_read(raw: bytes, value: float) -> None:
    assert read_json(raw) == value
    assert read_json(b'{"a":[{"b":%b}]}' % raw) == {"a": [{"b": value}]}


def test_integers_are_exact() -> None:
    assert read_json(b"[9400111899223100001234,-18446744073709551617]") == [
        9400111899223100001234,
        -18446744073709551617,
    ]


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(1 - 2**53, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: not 2**53 <= abs(x) < 1e21)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=20,
)  # fmt: skip


@given(document=st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), VALUES))
def test_what_other_writers_write_is_read_and_its_canonical_form_stays_the_same(
    document: dict[str, object],
) -> None:
    for text in (json.dumps(document), json.dumps(document, ensure_ascii=False, indent=2)):
        assert read_json(text.encode()) == document
    canonical = canonical_json(document)
    assert canonical_json(read_json(canonical)) == canonical
    assert split_list(b"[" + canonical + b" , 1]") == [canonical, b"1"]


@pytest.mark.parametrize(
    ("number", "fits"),
    [(2**53 - 1, True), (2**53, False), (-(2**53), False), (10**30, False), (1e16, False), (1e22, True)],
)
def test_a_number_that_readers_round_is_to_be_sent_as_text(number: float, fits: bool) -> None:
    document = {"a": [{"tracking": number}]}
    if fits:
        assert math.isclose(json.loads(canonical_json(document))["a"][0]["tracking"], number)
        return
    with pytest.raises(InvalidInput) as caught:
        canonical_json(document)
    assert "a[0].tracking" in caught.value.message
    assert "send it as text" in caught.value.message


@pytest.mark.parametrize(
    "raw", [b"", b"[1,", b"1", b"{}", b"[1] 2", b"[" * 100_000, b"[NaN]", b'["\\ud800"]']
)
def test_what_is_no_list_is_not_split(raw: bytes) -> None:
    with pytest.raises(MalformedJson):
        split_list(raw)
