"""The order of a batch's items. Pure.

The contract keeps the record head of the last driver at hand, so items of one driver in a run cost less gas.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import pairwise

from chain_client.domain.ids import DeliveryId
from chain_client.domain.records import Feedback, Report
from chain_client.outbox.lanes import Claimed


def by_driver(items: Sequence[Claimed]) -> list[Claimed]:
    """Return the items with those of one driver together, where the order within every delivery allows it.

    Items of one delivery stay in their order, as the chain judges them in it. Drivers come in the order of their first
    item. Items of a kind without drivers stay as they are.
    """
    if not any(isinstance(one.item, Feedback | Report) for one in items):
        return list(items)
    # An item is free once all earlier ones of its delivery are placed.
    waiting: dict[DeliveryId, deque[Claimed]] = {}
    for one in items:
        waiting.setdefault(one.delivery_id, deque()).append(one)
    free: dict[int, deque[Claimed]] = {}
    for one in items:
        if waiting[one.delivery_id][0] is one:
            free.setdefault(_driver(one), deque()).append(one)
    placed: list[Claimed] = []
    while free:
        driver = next(iter(free))
        run = free[driver]
        while run:
            one = run.popleft()
            placed.append(one)
            rest = waiting[one.delivery_id]
            rest.popleft()
            if rest:
                free.setdefault(_driver(rest[0]), deque()).append(rest[0])
        del free[driver]
    return placed if _runs(placed) < _runs(items) else list(items)


def _runs(items: Sequence[Claimed]) -> int:
    return sum(_driver(one) != _driver(before) for before, one in pairwise(items))


def _driver(one: Claimed) -> int:
    return one.item.driver if isinstance(one.item, Feedback | Report) else 0
