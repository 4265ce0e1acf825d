"""Olist's CSV files as typed rows: what cannot be read is named by file and line, and stops nothing else.

Times in the files are local to Brazil and carry no zone: they are read as America/Sao_Paulo and come out as Unix
seconds UTC. A broken record is skipped alone: reading goes on at the line after the one it began on, so that a quote
that never closes does not swallow the rows behind it.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from chain_client.domain.errors import InvalidInput

_Row = TypeVar("_Row")

SAO_PAULO: Final = ZoneInfo("America/Sao_Paulo")
ORDERS_FILE: Final = "olist_orders_dataset.csv"
REVIEWS_FILE: Final = "olist_order_reviews_dataset.csv"
CUSTOMERS_FILE: Final = "olist_customers_dataset.csv"

_COLUMNS: Final = {
    ORDERS_FILE: (
        "order_id",
        "customer_id",
        "order_status",
        "order_purchase_timestamp",
        "order_approved_at",
        "order_delivered_carrier_date",
        "order_delivered_customer_date",
        "order_estimated_delivery_date",
    ),
    REVIEWS_FILE: (
        "review_id",
        "order_id",
        "review_score",
        "review_comment_title",
        "review_comment_message",
        "review_answer_timestamp",
    ),
    CUSTOMERS_FILE: ("customer_id", "customer_zip_code_prefix"),
}
_END_OF_DAY: Final = time(23, 59, 59)
_MAX_RECORD_LINES: Final = 500
"""A comment of more lines than this is taken for a quote that never closes."""


@dataclass(frozen=True, slots=True)
class Order:
    """One row of the orders file. Times are Unix seconds UTC; `promised_by` is the end of its local day."""

    line: int
    order_id: str
    status: str
    purchased: int
    approved: int | None
    handed_over: int | None
    arrived: int | None
    promised_by: int
    zip_prefix: str


@dataclass(frozen=True, slots=True)
class Review:
    """One row of the reviews file; `occurrence` counts rows that repeat a review id under one order, from 0."""

    line: int
    review_id: str
    order_id: str
    score: int
    title: str
    message: str
    answered: int
    occurrence: int = 0


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that takes no part: where it stands, in a few words why, and the culprit."""

    file: str
    line: int
    reason: str
    detail: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.reason} ({self.detail})"


@dataclass(frozen=True, slots=True)
class Dataset:
    """What a directory holds: rows that can be replayed, and those that cannot, each once."""

    orders: list[Order]
    reviews: list[Review]
    left_out: list[LeftOut]

    @property
    def order_rows(self) -> int:
        """How many rows the orders file has, those left out included."""
        return len(self.orders) + sum(row.file == ORDERS_FILE for row in self.left_out)

    @property
    def review_rows(self) -> int:
        """How many rows the reviews file has, those left out included."""
        return len(self.reviews) + sum(row.file == REVIEWS_FILE for row in self.left_out)


class _RowProblem(Exception):
    """A row that cannot take part."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


@dataclass(slots=True)
class _Reading:
    directory: Path
    left_out: list[LeftOut] = field(default_factory=list)

    def rows(self, file: str, parse: Callable[[int, dict[str, str]], _Row]) -> Iterator[_Row]:
        for line, record in self._records(file):
            try:
                yield parse(line, record)
            except _RowProblem as problem:
                self.left_out.append(LeftOut(file, line, problem.reason, problem.detail))

    def _records(self, file: str) -> Iterator[tuple[int, dict[str, str]]]:
        lines = _lines(self.directory / file)
        if not any(map(str.strip, lines)):
            raise InvalidInput(file, "is empty; it must begin with a line of column names")
        delimiter = _delimiter(lines[0], _COLUMNS[file])
        header = next(csv.reader([lines[0]], delimiter=delimiter))
        missing = [name for name in _COLUMNS[file] if name not in header]
        if missing:
            raise InvalidInput(file, f"has no column {', '.join(missing)}; its first line must name them")
        at = 1
        while at < len(lines):
            if not lines[at].strip():
                at += 1
                continue
            try:
                fields, used = _record(lines, at, len(header), delimiter)
            except _RowProblem as problem:
                self.left_out.append(LeftOut(file, at + 1, problem.reason, problem.detail))
                at += 1
                continue
            yield at + 1, dict(zip(header, fields, strict=True))
            at += used


def _lines(path: Path) -> list[str]:
    try:
        raw = path.read_bytes()
    except FileNotFoundError as error:
        raise InvalidInput(
            "directory", f"{path.parent} has no {path.name}; name a directory in the original Olist layout"
        ) from error
    except OSError as error:
        raise InvalidInput("directory", f"{path} cannot be read: {error.strerror}") from error
    text = _decoded(path.name, raw)
    if (end := re.search("\r\n?|\n", text)) is not None and end[0] == "\r":
        text = text.replace("\r\n", "\n").replace("\r", "\n")  # lines of an old Mac's kind
    # Split at line feeds alone: `splitlines` would also cut comments at rarer separators.
    return [part + "\n" for part in text.split("\n")]


def _decoded(name: str, raw: bytes) -> str:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return raw.decode("utf-16")
        except UnicodeDecodeError as error:
            raise InvalidInput(
                name, f"begins as UTF-16 and is none ({error.reason}); save it as UTF-8"
            ) from error
    if b"\0" in raw[:1000]:
        raise InvalidInput(name, "has NUL bytes: it is UTF-16 without its mark, or no text; save it as UTF-8")
    # Bytes that are no UTF-8 become lone surrogates here, so that only their own row is left out.
    return raw.decode("utf-8-sig", "surrogateescape")


def _delimiter(header: str, columns: tuple[str, ...]) -> str:
    """Return what parts the columns: the one of comma, semicolon and tab under which the first line names them."""
    for delimiter in ",;\t":
        if set(columns) <= set(next(csv.reader([header], delimiter=delimiter))):
            return delimiter
    return ","


def _record(lines: list[str], at: int, width: int, delimiter: str) -> tuple[list[str], int]:
    """Return the fields of the record that begins at `lines[at]`, and how many lines it takes."""
    used, quotes = 1, lines[at].count('"')
    while quotes % 2 and used < _MAX_RECORD_LINES and at + used < len(lines):
        quotes += lines[at + used].count('"')
        used += 1
    try:
        # The original files write doubled quotes, CRLF inside comments, and commas only inside quotes.
        parsed = list(csv.reader(lines[at : at + used], strict=True, delimiter=delimiter))
    except csv.Error as error:
        raise _RowProblem("broken line", str(error)) from error
    if len(parsed) != 1 or len(parsed[0]) != width:
        found = len(parsed[0]) if parsed else 0
        raise _RowProblem("broken line", f"{found} fields where the header has {width}")
    if any(not field_.isascii() and _has_surrogate(field_) for field_ in parsed[0]):
        raise _RowProblem("broken line", "not UTF-8")
    return parsed[0], used


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _text(record: dict[str, str], column: str) -> str:
    value = record[column].strip()
    if not value:
        raise _RowProblem(f"no {column}", "empty")
    return value


def _local(record: dict[str, str], column: str) -> datetime:
    text = _text(record, column)
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S")
    except ValueError:
        raise _RowProblem(f"unreadable {column}", text) from None


def unix(local: datetime, *, last: bool = False) -> int:
    """Return the Unix time of a wall-clock time in Sao Paulo.

    Of an hour that comes twice, the first (or, with `last`, the last); of one that the clock skipped, the moment of the
    skip, so that it is never after a time that follows it on the clock.
    """
    first, second = (int(local.replace(tzinfo=SAO_PAULO, fold=fold).timestamp()) for fold in (0, 1))
    if first > second:
        return _skip_between(second, first)
    return second if last else first


def _skip_between(before: int, after: int) -> int:
    """Return the first moment, after `before` and at most `after`, of the offset that holds at `after`."""
    offset = local_time(after).utcoffset()
    while after - before > 1:
        middle = (before + after) // 2
        before, after = (before, middle) if local_time(middle).utcoffset() == offset else (middle, after)
    return after


def local_time(moment: int) -> datetime:
    """Return the wall-clock time in Sao Paulo of a Unix time."""
    return datetime.fromtimestamp(moment, SAO_PAULO)


def end_of_day(day: date) -> int:
    """Return the Unix time of the day's last 23:59:59 in Sao Paulo."""
    return unix(datetime.combine(day, _END_OF_DAY), last=True)


def _time(record: dict[str, str], column: str) -> int:
    return unix(_local(record, column))


def _time_or_none(record: dict[str, str], column: str) -> int | None:
    return _time(record, column) if record[column].strip() else None


def read(directory: Path) -> Dataset:
    """Return what `directory` holds.

    Reads orders, reviews and customers; the other files of the layout are not needed. Raises InvalidInput where one of
    the three is absent, unreadable or lacks a column; nothing else fails as a whole: a row with a missing or unreadable
    value, an order id twice, an order without its customer, a review without its order are in `left_out`.
    """
    reading = _Reading(directory)
    zips: dict[str, str] = {}
    for customer, prefix in reading.rows(CUSTOMERS_FILE, _parse_customer):
        zips.setdefault(customer, prefix)
    seen: set[str] = set()

    def parse_order(line: int, record: dict[str, str]) -> Order:
        return _parse_order(line, record, zips, seen)

    orders = list(reading.rows(ORDERS_FILE, parse_order))
    known = {order.order_id for order in orders}
    occurrences: dict[tuple[str, str], int] = {}

    def parse_review(line: int, record: dict[str, str]) -> Review:
        return _parse_review(line, record, known, seen, occurrences)

    reviews = list(reading.rows(REVIEWS_FILE, parse_review))
    return Dataset(orders, reviews, reading.left_out)


def _parse_customer(line: int, record: dict[str, str]) -> tuple[str, str]:
    prefix = _text(record, "customer_zip_code_prefix")
    if len(prefix) > 5 or not (prefix.isascii() and prefix.isdigit()):
        raise _RowProblem("unreadable customer_zip_code_prefix", prefix)
    return _text(record, "customer_id"), prefix.zfill(5)


def _parse_order(line: int, record: dict[str, str], zips: dict[str, str], seen: set[str]) -> Order:
    order_id = _text(record, "order_id")
    if order_id in seen:
        raise _RowProblem("order id twice", order_id)
    seen.add(order_id)
    customer = _text(record, "customer_id")
    if customer not in zips:
        raise _RowProblem("customer not in the customers file", customer)
    return Order(
        line=line,
        order_id=order_id,
        status=record["order_status"].strip(),
        purchased=_time(record, "order_purchase_timestamp"),
        approved=_time_or_none(record, "order_approved_at"),
        handed_over=_time_or_none(record, "order_delivered_carrier_date"),
        arrived=_time_or_none(record, "order_delivered_customer_date"),
        promised_by=end_of_day(_local(record, "order_estimated_delivery_date").date()),
        zip_prefix=zips[customer],
    )


def _parse_review(
    line: int,
    record: dict[str, str],
    known: set[str],
    seen: set[str],
    occurrences: dict[tuple[str, str], int],
) -> Review:
    review_id, order_id = _text(record, "review_id"), _text(record, "order_id")
    if order_id not in known:
        reason = "its order was left out" if order_id in seen else "order not in the orders file"
        raise _RowProblem(reason, order_id)
    score = _text(record, "review_score")
    if score not in ("1", "2", "3", "4", "5"):
        raise _RowProblem("unreadable review_score", score)
    answered = _time(record, "review_answer_timestamp")
    occurrence = occurrences.get((review_id, order_id), 0)
    occurrences[review_id, order_id] = occurrence + 1
    return Review(
        line=line,
        review_id=review_id,
        order_id=order_id,
        score=int(score),
        title=record["review_comment_title"].strip(),
        message=record["review_comment_message"].strip(),
        answered=answered,
        occurrence=occurrence,
    )
