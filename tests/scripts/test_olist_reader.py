"""Reading Olist's files: typed rows, and every row that takes no part named by file and line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest

from chain_client.domain.errors import InvalidInput
from scripts.olist.reader import CUSTOMERS_FILE, ORDERS_FILE, REVIEWS_FILE, end_of_day, read, unix
from scripts.output import iso
from tests.scripts import small_olist
from tests.scripts.small_olist import DIRTY_ORDERS, DIRTY_REVIEWS, ORDERS, REVIEWS, write


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return write(tmp_path / "olist")


def _insert(path: Path, at: int, text: bytes) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:at], text, *lines[at:]]))


def test_read_gives_times_in_utc_and_the_promise_at_the_end_of_its_day(directory: Path) -> None:
    plain = read(directory).orders[0]
    assert plain.order_id == "plain"
    # Sao Paulo was at UTC-3 on 4 October 2016, and at UTC-2 (summer time) on the 20th.
    assert plain.purchased == 1475582400  # 2016-10-04T12:00:00Z
    assert plain.promised_by == 1477015199  # 2016-10-21T01:59:59Z
    assert plain.zip_prefix == "01310"


def test_read_takes_the_first_of_an_hour_that_comes_twice_and_ends_a_day_with_the_last() -> None:
    assert (
        unix(datetime(2017, 2, 18, 23, 59, 59)) == 1487469599
    )  # 2017-02-19T01:59:59Z, before the clocks went back
    assert end_of_day(date(2017, 2, 18)) == 1487473199  # an hour later


def test_read_keeps_a_comment_of_several_lines(directory: Path) -> None:
    review = next(row for row in read(directory).reviews if row.review_id == "r-late")
    assert review.message == 'Atrasou.\r\nDuas linhas, com "aspas"'


def test_read_accounts_for_every_row_and_names_those_left_out(directory: Path) -> None:
    dataset = read(directory)
    assert dataset.order_rows == len(ORDERS) + len(DIRTY_ORDERS)
    assert dataset.review_rows == len(REVIEWS) + len(DIRTY_REVIEWS)
    first = len(ORDERS) + 2
    assert [(row.line, row.reason) for row in dataset.left_out if row.file == ORDERS_FILE] == [
        (first, "no order_purchase_timestamp"),
        (first + 1, "no order_estimated_delivery_date"),
        (first + 2, "unreadable order_purchase_timestamp"),
        (first + 3, "order id twice"),
    ]
    first = len(REVIEWS) + 3  # one comment takes two lines
    assert [(row.line, row.reason) for row in dataset.left_out if row.file == REVIEWS_FILE] == [
        (first, "order not in the orders file"),
        (first + 1, "its order was left out"),
        (first + 2, "no review_answer_timestamp"),
        (first + 3, "unreadable review_score"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        b"only,three,fields\n",
        b'r,plain,5,,"a quote that never closes,2016-10-05 00:00:00,2016-10-08 10:00:00\n',
        b'r,plain,5,,"text" after the quote,2016-10-05 00:00:00,2016-10-08 10:00:00\n',
        b"r,plain,5,,\xff\xfe,2016-10-05 00:00:00,2016-10-08 10:00:00\n",
    ],
    ids=["too few fields", "open quote", "text after a quote", "not UTF-8"],
)
def test_read_leaves_a_broken_line_out_alone(directory: Path, line: bytes) -> None:
    whole = read(directory)
    _insert(directory / REVIEWS_FILE, 1, line)
    broken = read(directory)
    assert [row.review_id for row in broken.reviews] == [row.review_id for row in whole.reviews]
    found = [row for row in broken.left_out if row.reason == "broken line"]
    assert [(row.file, row.line) for row in found] == [(REVIEWS_FILE, 2)]
    assert str(found[0]).startswith(f"{REVIEWS_FILE}, line 2: broken line")


@pytest.mark.parametrize("file", [ORDERS_FILE, REVIEWS_FILE, CUSTOMERS_FILE])
def test_read_refuses_missing_columns_and_names_them(directory: Path, file: str) -> None:
    path = directory / file
    header, rest = path.read_text().split("\n", 1)
    path.write_text(header.replace("_id,", "_key,") + "\n" + rest)
    with pytest.raises(InvalidInput, match=r"has no column .*_id") as error:
        read(directory)
    assert error.value.field == file


def test_read_refuses_a_directory_without_the_files(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=CUSTOMERS_FILE):
        read(tmp_path)


def test_read_refuses_an_empty_file(directory: Path) -> None:
    (directory / ORDERS_FILE).write_text("")
    with pytest.raises(InvalidInput, match="is empty"):
        read(directory)


def test_read_leaves_out_an_order_without_its_customer(directory: Path) -> None:
    path = directory / CUSTOMERS_FILE
    path.write_text(
        "\n".join(line for line in path.read_text().splitlines() if "customer of late" not in line)
    )
    left = [row for row in read(directory).left_out if row.reason == "customer not in the customers file"]
    assert [row.detail for row in left] == ["customer of late"]


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        (
            datetime(2017, 10, 15, 0, 30),
            "2017-10-15T03:00:00Z",
        ),  # skipped: the clock went from 00:00 to 01:00
        (datetime(2017, 10, 15, 1, 10), "2017-10-15T03:10:00Z"),
        (datetime(2017, 10, 14, 23, 59), "2017-10-15T02:59:00Z"),
        (datetime(2018, 2, 17, 23, 30), "2018-02-18T01:30:00Z"),  # came twice: the first
    ],
)
def test_hours_that_did_not_exist_or_came_twice_keep_the_order(local: datetime, utc: str) -> None:
    assert iso(unix(local)) == utc


def test_a_day_whose_last_hour_came_twice_ends_with_the_second() -> None:
    assert iso(end_of_day(date(2018, 2, 17))) == "2018-02-18T02:59:59Z"
    assert iso(end_of_day(date(2018, 2, 16))) == "2018-02-17T01:59:59Z"


def _rewritten(directory: Path, change: Callable[[str], bytes]) -> Path:
    for path in directory.glob("*.csv"):
        path.write_bytes(change(path.read_text(encoding="utf-8")))
    return directory


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r").encode(),
        lambda text: text.replace(",", ";").encode(),
        lambda text: text.replace(",", "\t").encode(),
        lambda text: text.encode("utf-16"),
        lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    ],
    ids=["CR", "semicolons", "tabs", "UTF-16 LE", "UTF-16 BE"],
)
def test_other_forms_of_csv_are_read_alike(tmp_path: Path, change: Callable[[str], bytes]) -> None:
    plain = read(small_olist.write_many(tmp_path / "plain", 5))
    assert read(_rewritten(small_olist.write_many(tmp_path / "other", 5), change)) == plain
    assert plain.orders


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda text: text.encode("utf-16-le"), "save it as UTF-8"),
        (lambda text: b"\xff\xfe" + text.encode("utf-16-le")[:-1], "save it as UTF-8"),
    ],
    ids=["no mark", "cut"],
)
def test_what_is_no_text_is_named(tmp_path: Path, change: Callable[[str], bytes], why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        read(_rewritten(small_olist.write_many(tmp_path / "other", 5), change))
