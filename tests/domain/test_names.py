"""What a member may be called, and by what a waybill is recognised."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain_client.domain.errors import InvalidInput
from chain_client.domain.names import check_member_name, recognised_waybill


@pytest.mark.parametrize("name", ["A", "Müller & Söhne", "x" * 80, "é" * 40, "快递 公司"])
def test_a_good_name_is_taken(name: str) -> None:
    assert check_member_name(name) == name


@pytest.mark.parametrize(
    ("name", "why"),
    [
        *(
            (bad, "one line of 1 to 80 printable")
            for bad in ("", " ", " A", "A\n", "A\nB", "\x1b[31mA", "A\u200b")
        ),
        ("A\u202e", "printable"),
        ("x" * 81, "1 to 80"),
        ("x" * 5_000, "1 to 80"),
        ("é" * 41, "at most 80 bytes"),
        ("\ud800", "printable"),
    ],
    ids=ascii,
)
def test_a_bad_name_is_refused_in_words(name: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        check_member_name(name)


@pytest.mark.parametrize(
    "same",
    [
        " WB 1",
        "WB 1 ",
        "\ufeffWB 1",
        "W\u200bB 1",
        "ＷＢ　１",
        "WB\u00a01",
        "WB 1\u3164",
        "WB 1\u2029",
        "W\u034fB 1\ufe0f",
    ],
    ids=ascii,
)
def test_what_looks_the_same_is_the_same(same: str) -> None:
    assert recognised_waybill(same) == "WB 1"


def test_case_and_inner_spaces_differ() -> None:
    assert len({recognised_waybill(one) for one in ("wb 1", "WB 1", "WB  1", "WB1")}) == 4


@pytest.mark.parametrize("blank", ["", " ", "\u3000", "\u200b\ufeff", "\u1160\u3164"], ids=ascii)
def test_what_shows_nothing_is_empty(blank: str) -> None:
    assert recognised_waybill(blank) == ""


@given(st.text(max_size=40))
def test_the_form_is_its_own_form(text: str) -> None:
    once = recognised_waybill(text)
    assert recognised_waybill(once) == once
