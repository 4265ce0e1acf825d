"""What became of every row: the journal's answers held against the record itself."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scripts.client import Api
from scripts.olist.importer import Cast
from scripts.olist.journal import Answered
from scripts.olist.plan import OUTCOME, Event, Step, What
from scripts.olist.reader import ORDERS_FILE, REVIEWS_FILE, Dataset
from scripts.output import Output
from scripts.recipients import Recipients

_NAMES = {
    What.OPENING: "opened",
    What.HAND_OVER: "out_for_delivery",
    What.ARRIVAL: "delivered",
    What.CANCELLATION: "cancelled",
    What.REVIEW: "feedback",
}


@dataclass(slots=True)
class Recorded:
    """What the ledger's record holds of the import, by order id."""

    seen: set[tuple[str, str]] = field(default_factory=set)
    """(order id, `opened`, an outcome, or `feedback n` with the revision)."""
    blocks: set[int] = field(default_factory=set)
    transactions: set[str] = field(default_factory=set)


async def read_record(entries: AsyncIterator[dict[str, Any]], orders: Mapping[str, str]) -> Recorded:
    """Return what the entries say of the orders, given by delivery id."""
    found = Recorded()
    async for entry in entries:
        order = orders.get(entry["delivery_id"] or "")
        if order is None:
            continue
        found.blocks.add(entry["block"])
        found.transactions.add(entry["tx_hash"])
        match entry["kind"]:
            case "opening":
                found.seen.add((order, "opened"))
            case "report":
                found.seen.add((order, entry["item"]["outcome"]))
            case "feedback":
                found.seen.add((order, f"feedback {entry['item']['revision']}"))
    return found


@dataclass(slots=True)
class Account:
    """Every row's end, counted."""

    order_rows: int
    review_rows: int
    left_out: dict[str, Counter[str]]
    """By file, by reason."""
    recorded: Counter[str] = field(default_factory=Counter)
    rejected: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """By what was asked for, by reason: refused by the API, or rejected on chain."""
    unsent: Counter[str] = field(default_factory=Counter)

    @property
    def complete(self) -> bool:
        """Whether every row of orders and of reviews has exactly one end."""
        ends = [
            (self.order_rows, ORDERS_FILE, "opened"),
            (self.review_rows, REVIEWS_FILE, "feedback"),
        ]
        return not self.unsent and all(
            rows == self.left_out[file].total() + self.recorded[name] + self.rejected[name].total()
            for rows, file, name in ends
        )

    def to_json(self) -> dict[str, Any]:
        """Return the account as the command's JSON has it."""
        reports = ("out_for_delivery", "delivered", "cancelled")
        return {
            "orders": {
                "rows": self.order_rows,
                "opened": self.recorded["opened"],
                "rejected": dict(self.rejected["opened"]),
                "left_out": dict(self.left_out[ORDERS_FILE]),
            },
            "reports": {
                **{name: self.recorded[name] for name in reports},
                "rejected": {name: dict(self.rejected[name]) for name in reports if self.rejected[name]},
            },
            "reviews": {
                "rows": self.review_rows,
                "recorded": self.recorded["feedback"],
                "rejected": dict(self.rejected["feedback"]),
                "left_out": dict(self.left_out[REVIEWS_FILE]),
            },
            "every_row_accounted_for": self.complete,
        }

    def show(self, output: Output) -> None:
        """Show the account as a table."""
        rows: list[tuple[str, int, str]] = [("order rows read", self.order_rows, "")]
        rows += [("  left out", count, why) for why, count in self.left_out[ORDERS_FILE].items()]
        for name, title in (
            ("opened", "  deliveries opened"),
            ("out_for_delivery", "  reports: out for delivery"),
            ("delivered", "  reports: delivered"),
            ("cancelled", "  reports: cancelled (by the shipper)"),
        ):
            rows.append((title, self.recorded[name], ""))
            rows += [("    rejected", count, _words(why)) for why, count in self.rejected[name].items()]
        rows.append(("review rows read", self.review_rows, ""))
        rows += [("  left out", count, why) for why, count in self.left_out[REVIEWS_FILE].items()]
        rows.append(("  feedback recorded", self.recorded["feedback"], ""))
        rows += [("    rejected", count, _words(why)) for why, count in self.rejected["feedback"].items()]
        rows += [("not sent", count, name) for name, count in self.unsent.items()]
        output.table("Olist's rows, and what became of each", ("", "rows", "reason"), rows)


def _words(code: str) -> str:
    known = {
        "unknown-delivery": "unknown-delivery: it is dated before its order",
        "too-early": "too-early: nothing reported beyond 'out for delivery', promise not passed",
        "transition": "transition: the delivery had come further already",
    }
    return known.get(code, code)


async def account(
    dataset: Dataset,
    plan: Sequence[Step],
    answers: Mapping[str, Answered],
    recorded: Recorded,
    api: Api,
    cast: Cast,
) -> Account:
    """Return every row's end: what was accepted must be in the record, or the API is asked why it is not."""
    left_out: dict[str, Counter[str]] = {ORDERS_FILE: Counter(), REVIEWS_FILE: Counter()}
    for row in dataset.left_out:
        left_out.setdefault(row.file, Counter())[row.reason] += 1
    found = Account(dataset.order_rows, dataset.review_rows, left_out)
    revisions: Counter[str] = Counter()
    for event in (event for step in plan for event in step.events):
        name, order = _NAMES[event.what], event.order.order_id
        answer = answers.get(event.key)
        if answer is None:
            found.unsent[name] += 1
            continue
        if answer.status == "refused":
            found.rejected[name][answer.code or "refused"] += 1
            continue
        if event.what is What.REVIEW:
            revisions[order] += 1
        sign = f"feedback {revisions[order]}" if event.what is What.REVIEW else name
        if (order, sign) in recorded.seen:
            found.recorded[name] += 1
        else:
            found.rejected[name][await _why(event, answer, api, cast)] += 1
    return found


async def _why(event: Event, answer: Answered, api: Api, cast: Cast) -> str:
    key = None if event.what is What.REVIEW else cast.sender(event).api_key
    intent = await api.get(f"/v1/intents/{answer.intent_id}", key=key)
    return f"{intent['state']} on chain: {intent['detail'] or intent['reason']}"


def delivery_ids(dataset: Dataset, recipients: Recipients) -> dict[str, str]:
    """Return the order id of every delivery id, as 0x-hex."""
    return {f"0x{recipients.delivery(order.order_id).hex()}": order.order_id for order in dataset.orders}


assert {str(outcome.name.lower()) for outcome in OUTCOME.values()} <= set(_NAMES.values())
