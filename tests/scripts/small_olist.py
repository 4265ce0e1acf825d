"""A small data set in Olist's layout, written for the tests: clean orders, and every kind of dirty row."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from scripts.olist.reader import CUSTOMERS_FILE, ORDERS_FILE, REVIEWS_FILE

ORDER_COLUMNS = (
    "order_id",
    "customer_id",
    "order_status",
    "order_purchase_timestamp",
    "order_approved_at",
    "order_delivered_carrier_date",
    "order_delivered_customer_date",
    "order_estimated_delivery_date",
)
REVIEW_COLUMNS = (
    "review_id",
    "order_id",
    "review_score",
    "review_comment_title",
    "review_comment_message",
    "review_creation_date",
    "review_answer_timestamp",
)
CUSTOMER_COLUMNS = (
    "customer_id",
    "customer_unique_id",
    "customer_zip_code_prefix",
    "customer_city",
    "customer_state",
)

# (order, zip, status, purchased, approved, handed over, arrived, promised)
ORDERS = [
    ("plain", "01310", "delivered", "2016-10-04 09:00:00", "2016-10-04 09:10:00", "2016-10-05 10:00:00",
     "2016-10-06 15:00:00", "2016-10-20"),
    ("late", "01311", "delivered", "2016-10-04 09:30:00", "2016-10-04 09:40:00", "2016-10-06 10:00:00",
     "2016-10-10 15:00:00", "2016-10-08"),
    ("two-reviews", "22041", "delivered", "2016-10-04 10:00:00", "2016-10-04 10:00:00", "2016-10-05 10:30:00",
     "2016-10-06 16:00:00", "2016-10-21"),
    ("cancelled", "30110", "canceled", "2016-10-04 11:00:00", "2016-10-04 12:00:00", "", "", "2016-10-22"),
    ("cancelled-late", "30111", "canceled", "2016-10-04 11:00:00", "", "2016-10-06 08:00:00", "", "2016-10-22"),
    ("unavailable", "40010", "unavailable", "2016-10-05 11:00:00", "2016-10-05 11:05:00", "", "", "2016-10-22"),
    ("cancelled-but-arrived", "50010", "canceled", "2016-10-05 12:00:00", "2016-10-05 12:00:00",
     "2016-10-06 12:00:00", "2016-10-07 12:00:00", "2016-10-22"),
    ("no-hand-over", "60010", "delivered", "2016-10-05 13:00:00", "2016-10-05 13:00:00", "", "2016-10-08 12:00:00",
     "2016-10-22"),
    ("arrived-first", "70010", "delivered", "2016-10-05 14:00:00", "2016-10-05 14:00:00", "2016-10-09 12:00:00",
     "2016-10-08 13:00:00", "2016-10-22"),
    ("handed-over-first", "80010", "delivered", "2016-10-06 14:00:00", "2016-10-06 14:00:00", "2016-10-06 13:00:00",
     "2016-10-09 13:00:00", "2016-10-22"),
    ("shipped", "90010", "shipped", "2016-10-06 15:00:00", "2016-10-06 15:00:00", "2016-10-07 13:00:00", "",
     "2016-10-09"),
    ("just-created", "91010", "created", "2016-10-06 23:57:00", "", "", "", "2016-10-30"),
    ("all-at-once", "02010", "delivered", "2016-10-07 10:00:00", "2016-10-07 10:00:00", "2016-10-07 10:00:00",
     "2016-10-07 10:00:00", "2016-10-30"),
]  # fmt: skip

# (review, order, score, title, message, answered)
REVIEWS = [
    ("r-plain", "plain", "5", "Bom", "Chegou antes do prazo, recomendo", "2016-10-08 10:00:00"),
    ("r-late", "late", "2", "", "Atrasou.\r\nDuas linhas, com \"aspas\"", "2016-10-09 00:00:01"),
    ("r-one", "two-reviews", "4", "", "", "2016-10-08 11:00:00"),
    ("r-two", "two-reviews", "1", "", "Mudei de ideia", "2016-10-08 11:00:00"),
    ("r-cancelled", "cancelled", "1", "", "Cancelaram", "2016-10-09 09:00:00"),
    ("r-shared", "unavailable", "2", "", "", "2016-10-09 09:30:00"),
    ("r-shared", "no-hand-over", "3", "", "", "2016-10-09 09:30:00"),
    ("r-early", "shipped", "1", "", "Ainda nada", "2016-10-09 23:50:00"),
    ("r-after-promise", "shipped", "1", "", "Nada", "2016-10-10 00:00:10"),
    ("r-before-order", "all-at-once", "5", "", "", "2016-10-06 10:00:00"),
    ("r-at-once", "all-at-once", "5", "", "", "2016-10-07 10:00:00"),
]  # fmt: skip

DIRTY_ORDERS = [
    ("no-purchase", "01310", "delivered", "", "", "", "", "2016-10-20"),
    ("no-promise", "01310", "delivered", "2016-10-04 09:00:00", "", "", "", ""),
    ("odd-time", "01310", "delivered", "04/10/2016 09:00", "", "", "", "2016-10-20"),
    ("plain", "01310", "delivered", "2016-10-04 09:00:00", "", "", "", "2016-10-20"),
]
DIRTY_REVIEWS = [
    ("r-lost", "nobodys-order", "5", "", "", "2016-10-08 10:00:00"),
    ("r-left-out", "no-purchase", "5", "", "", "2016-10-08 10:00:00"),
    ("r-no-time", "plain", "5", "", "", ""),
    ("r-six", "plain", "6", "", "", "2016-10-08 10:00:00"),
]

ACCEPTED = {"opening": 13, "hand-over": 7, "arrival": 8, "cancellation": 3, "review": 9}
REJECTED = {
    ("hand-over", "UNKNOWN_DELIVERY"): 1,
    ("hand-over", "TRANSITION"): 1,
    ("review", "UNKNOWN_DELIVERY"): 1,
    ("review", "TOO_EARLY"): 1,
}
"""What the rules say of ORDERS and REVIEWS, worked out by hand."""


def write(directory: Path, *, dirty: bool = True) -> Path:
    """Write the three files and return the directory."""
    directory.mkdir(parents=True, exist_ok=True)
    orders = ORDERS + (DIRTY_ORDERS if dirty else [])
    _write(
        directory / ORDERS_FILE,
        ORDER_COLUMNS,
        ((o[0], f"customer of {o[0]}", *o[2:7], f"{o[7]} 00:00:00" if o[7] else "") for o in orders),
    )
    _write(
        directory / CUSTOMERS_FILE,
        CUSTOMER_COLUMNS,
        ((f"customer of {o[0]}", "someone", o[1], "sao paulo", "SP") for o in orders),
    )
    _write(
        directory / REVIEWS_FILE,
        REVIEW_COLUMNS,
        ((*r[:5], "2016-10-05 00:00:00", r[5]) for r in REVIEWS + (DIRTY_REVIEWS if dirty else [])),
    )
    return directory


def write_many(directory: Path, count: int) -> Path:
    """Write `count` delivered orders with a review each, a few an hour, over several carriers and drivers."""
    start = datetime(2017, 1, 2, 8, 0, 0)
    orders, customers, reviews = [], [], []
    for number in range(count):
        bought = start + timedelta(minutes=97 * number)
        sent, came = bought + timedelta(hours=20), bought + timedelta(hours=60 + number % 30)
        promised, answered = bought + timedelta(days=3), came + timedelta(hours=5)
        name, prefix = f"order-{number:04}", f"{number % 3}{number % 4}{number % 1000:03}"
        orders.append((name, f"customer {number}", "delivered", bought, bought, sent, came,
                       f"{promised.date()} 00:00:00"))  # fmt: skip
        customers.append((f"customer {number}", "someone", prefix, "rio", "RJ"))
        reviews.append((f"review-{number:04}", name, 1 + number % 5, "", f"comment {number}" if number % 2 else "",
                        came, answered))  # fmt: skip
    directory.mkdir(parents=True, exist_ok=True)
    _write(directory / ORDERS_FILE, ORDER_COLUMNS, orders)
    _write(directory / CUSTOMERS_FILE, CUSTOMER_COLUMNS, customers)
    _write(directory / REVIEWS_FILE, REVIEW_COLUMNS, reviews)
    return directory


def _write(path: Path, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
