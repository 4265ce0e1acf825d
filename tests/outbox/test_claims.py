"""What may go next: held, for any history of acceptances, batches, settlements and reverts, to the rule in plain words.

An intent may go when no earlier one of its delivery is waiting or sent, except one earlier in the same batch; a batch is
of one member and kind, the kind of the oldest that may go.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from chain_client.domain.ids import Address, DeliveryId, Hash32, MemberNumber
from chain_client.outbox import lanes, writer
from chain_client.outbox.lanes import Claimed, LaneKey, Outcome, StoredBatch, Version, fitting
from chain_client.outbox.records import IntentState, NewIntent
from chain_client.store import LedgerId, Store
from chain_client.store.tables import batches, intents, tx_versions
from chain_client.store.tables import lanes as lanes_table
from tests.outbox.things import (
    CARRIER,
    NOW,
    SHIPPER,
    delivery,
    feedback,
    intent,
    ledger_store,
    opening,
    report,
    rows_of,
)  # fmt: skip

T = TypeVar("T")
LIMIT = 4
TOKEN = b"\x01" * 16
MEMBERS = (MemberNumber(0), SHIPPER, CARRIER)


class Rows:
    """A database that lives as long as the module, emptied for each example, and what the test believes of it."""

    def __init__(self, runner: asyncio.Runner, store: Store, ledger_id: LedgerId) -> None:
        self.runner, self.store, self.ledger_id = runner, store, ledger_id
        self.count = 0

    def key(self, member: int) -> LaneKey:
        return LaneKey(self.ledger_id, Address(bytes([member]) * 20), MemberNumber(member))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    async def empty(self) -> None:
        async with self.store.write() as connection:
            for table in (tx_versions, intents, batches, lanes_table):
                await connection.execute(delete(table))
            for member in MEMBERS:
                key = self.key(member)
                await lanes.take_lease(connection, key, TOKEN, NOW, NOW + 60)
                await lanes.set_nonce(connection, key, 0)

    async def accept(self, member: int, kind: int, of: DeliveryId) -> None:
        self.count += 1
        item = (opening(of), report(of), feedback(of))[kind]
        new: NewIntent = intent(item, member, key=self.count.to_bytes(4, "big"))
        async with self.store.write() as connection:
            await writer.submit(connection, self.ledger_id, [new], NOW)

    async def claim(self, member: int) -> list[Claimed]:
        async with self.store.read() as connection:
            return await lanes.claimable(connection, self.key(member), LIMIT)

    async def store_batch(self, member: int, items: Sequence[Claimed]) -> StoredBatch:
        self.count += 1
        one = Version(Hash32(self.count.to_bytes(32, "big")), b"raw", 0)
        async with self.store.write() as connection:
            state = await lanes.hold(connection, self.key(member), TOKEN)
            assert state.next_nonce is not None
            assert await lanes.still_waiting(connection, items)
            return await lanes.store_batch(connection, self.key(member), state.next_nonce, items, one)

    async def settle(self, batch: StoredBatch, reject: bool) -> None:
        async with self.store.write() as connection:
            items = await lanes.batch_items(connection, batch.batch_id)
            recorded = Outcome(0, IntentState.RECORDED, None, None, 1, Hash32(b"\x01" * 32), 0)
            if reject:
                recorded = replace(recorded, state=IntentState.REJECTED, reason=32)
            outcomes = [replace(recorded, seq=one.seq) for one in items]
            await lanes.settle(connection, batch.batch_id, outcomes, NOW)

    async def revert(self, batch: StoredBatch) -> None:
        async with self.store.write() as connection:
            await lanes.revert(connection, batch.batch_id)

    async def set_aside(self, one: Claimed) -> None:
        async with self.store.write() as connection:
            await lanes.set_aside(connection, one.seq, "why", NOW)

    async def all(self) -> list[Any]:
        return await rows_of(self.store)


@pytest.fixture(scope="module")
def rows() -> Iterator[Rows]:
    with tempfile.TemporaryDirectory() as scratch, asyncio.Runner() as runner:
        opened = ledger_store(Path(scratch) / "doorstep.db")
        store, ledger_id = runner.run(opened.__aenter__())
        yield Rows(runner, store, ledger_id)
        runner.run(opened.__aexit__(None, None, None))


def may_go(all_rows: Sequence[Any], member: int) -> list[int]:
    """The rule, word for word."""
    waiting = [row for row in all_rows if row.state in ("accepted", "sent")]

    def blockers(row: Any) -> set[int]:
        return {
            other.seq for other in waiting if other.delivery_id == row.delivery_id and other.seq < row.seq
        }

    mine = [row for row in all_rows if row.state == "accepted" and row.member == member]
    kind = next((row.kind for row in mine if not blockers(row)), None)
    batch: list[int] = []
    for row in mine:
        if row.kind == kind and blockers(row) <= set(batch) and len(batch) < LIMIT:
            batch.append(row.seq)
    return batch


ACCEPT = st.tuples(st.just("accept"), st.sampled_from(MEMBERS), st.integers(0, 2), st.integers(0, 3))
LANE = st.tuples(st.sampled_from(["claim", "set aside"]), st.sampled_from(MEMBERS))
CHAIN = st.tuples(st.sampled_from(["settle", "reject", "revert"]), st.integers(0, 5))


@settings(max_examples=25, deadline=None)
@given(history=st.lists(st.one_of(ACCEPT, ACCEPT, LANE, CHAIN), min_size=5, max_size=30))
def test_claims_follow_the_rule(rows: Rows, history: list[tuple[Any, ...]]) -> None:
    rows.run(rows.empty())
    flying: list[StoredBatch] = []
    for act, *what in history:
        if act == "accept":
            member, kind, number = what
            rows.run(rows.accept(member, kind, delivery(number)))
        elif act in ("claim", "set aside"):
            claimed = rows.run(rows.claim(what[0]))
            assert [one.seq for one in claimed] == may_go(rows.run(rows.all()), what[0])
            items, _ = fitting(claimed, LIMIT)
            if items and act == "set aside":
                rows.run(rows.set_aside(items[0]))
            elif items:
                flying.append(rows.run(rows.store_batch(what[0], items)))
        elif flying:
            batch = flying.pop(what[0] % len(flying))
            rows.run(rows.revert(batch) if act == "revert" else rows.settle(batch, act == "reject"))
        check(rows.run(rows.all()))


def check(all_rows: Sequence[Any]) -> None:
    """Whatever happened: one delivery is in one batch at a time, and nothing overtook what was accepted before it."""
    sent = [row for row in all_rows if row.state == "sent"]
    for row in sent:
        same = [other for other in sent if other.delivery_id == row.delivery_id]
        assert {other.batch_id for other in same} == {row.batch_id}
        before = [other for other in all_rows if other.delivery_id == row.delivery_id and other.seq < row.seq]
        assert all(other.state != "accepted" for other in before)
        indices = [other.batch_index for other in sorted(same, key=lambda other: other.seq)]
        assert indices == sorted(indices)


def claimed(seq: int, most: int = 1 << 30) -> Claimed:
    one = opening(delivery(seq))
    return Claimed(seq, b"", intent(one).kind, one.delivery_id, one, None, most)


@pytest.mark.parametrize(
    ("mosts", "limit", "taken", "full"),
    [
        ([], 5, 0, False),
        ([9, 9, 9], 5, 3, False),
        ([9, 9, 9], 3, 3, True),
        ([9, 9, 9, 9], 3, 3, True),
        ([9, 9, 1], 5, 2, True),
        ([1, 9, 9], 5, 1, True),
        ([2, 2, 2, 2], 5, 2, True),
        ([2, 1], 5, 1, True),
    ],
)
def test_items_of_a_reverted_batch_travel_in_halves(
    mosts: list[int], limit: int, taken: int, full: bool
) -> None:
    items, filled = fitting([claimed(seq, most) for seq, most in enumerate(mosts)], limit)
    assert ([one.seq for one in items], filled) == (list(range(taken)), full)


@settings(max_examples=200)
@given(mosts=st.lists(st.integers(1, 8), max_size=12), limit=st.integers(1, 10))
def test_a_batch_is_the_front_of_the_queue_and_never_larger_than_its_items_allow(
    mosts: list[int], limit: int
) -> None:
    items, _ = fitting([claimed(seq, most) for seq, most in enumerate(mosts)], limit)
    assert [one.seq for one in items] == list(range(len(items)))
    assert len(items) <= min([limit, *(one.most for one in items)])
    assert bool(items) == bool(mosts)
