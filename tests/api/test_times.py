"""RFC 3339 in, with a zone; `Z` out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.times import format_time, parse_time
from chain_client.domain.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2018-08-31T23:59:59-03:00", 1535770799),
        ("2018-08-31t23:59:59.999-03:00", 1535770799),
        ("2018-09-01 02:59:59z", 1535770799),
        ("2106-02-07T06:28:15Z", (1 << 32) - 1),
    ],
)
def test_a_time_with_a_zone_is_read(text: str, seconds: int) -> None:
    assert parse_time(text, "t") == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2018-08-31",
        "2018-08-31T23:59:59",
        "2018-08-31T23:59Z",
        "2018-02-30T00:00:00Z",
        "2018-08-31T24:00:01Z",
        "2018-08-31T23:59:60Z",
        "1969-12-31T23:59:59Z",
        "2106-02-07T06:28:16Z",
        "0001-01-01T00:00:00+14:00",
        "2018-08-31T23:59:59+99:00",
        "٢٠١٨-08-31T23:59:59Z",
        "1535770799",
    ],
)
def test_anything_else_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        parse_time(text, "promised_by")
    assert raised.value.field == "promised_by"


@given(st.integers(0, (1 << 32) - 1))
def test_what_goes_out_comes_back(seconds: int) -> None:
    assert parse_time(format_time(seconds), "t") == seconds


@given(st.text(max_size=40))
def test_no_text_does_anything_but_parse_or_be_refused(text: str) -> None:
    try:
        parse_time(text, "t")
    except InvalidInput:
        pass
