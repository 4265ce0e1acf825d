"""Property: whatever is appended, rewound or built anew, and wherever a reader is cut, it ends with the record."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update

from api.stream.tail import BEGINNING, Mark, Tail, present_end
from chain_client.domain.ids import DriverNumber
from chain_client.domain.records import Kind
from chain_client.indexer import reader as index
from chain_client.indexer.reader import EntryRow, HistoryQuery
from chain_client.store import LedgerId, Store
from chain_client.store.tables import blocks, cursors, entries
from tests.api.world import world_of
from tests.support.chain import Template, copy_of

QUERIES = (HistoryQuery(), HistoryQuery(driver=DriverNumber(1)), HistoryQuery(kind=Kind.OPENING))


@dataclass
class Index:
    """The index's tables, driven by hand: blocks of copies of one opening and one report."""

    store: Store
    ledger_id: LedgerId
    samples: list[dict[str, Any]]
    head: int = 100
    hashes: dict[int, bytes] = field(default_factory=dict)
    kinds: dict[int, list[int]] = field(default_factory=dict)

    async def append(self, kinds: list[int]) -> None:
        """Index one more block, with entries of these kinds; most blocks hold none."""
        self.head += 1
        self.hashes[self.head], self.kinds[self.head] = secrets.token_bytes(32), kinds
        await self._store(self.head)

    async def _store(self, number: int) -> None:
        rows = [
            self.samples[kind % 2] | {"block_number": number, "log_index": 3 * place, "driver": kind // 2}
            for place, kind in enumerate(self.kinds[number])
        ]
        async with self.store.write() as connection:
            if rows:
                block = {"number": number, "hash": self.hashes[number], "time": number}
                await connection.execute(insert(blocks).values(ledger_id=self.ledger_id, **block))
                await connection.execute(insert(entries), rows)
            place = {"block_number": number, "block_hash": self.hashes[number], "head_number": self.head}
            await connection.execute(update(cursors).values(**place))

    async def drop(self, depth: int) -> None:
        """Forget the newest blocks, as after a reorganisation."""
        self.head = max(100, self.head - depth)
        await self._empty(self.head)

    async def _empty(self, above: int, head: int | None = None) -> None:
        async with self.store.write() as connection:
            await connection.execute(delete(entries).where(entries.c.block_number > above))
            await connection.execute(delete(blocks).where(blocks.c.number > above))
            await connection.execute(
                update(cursors).values(block_number=above, block_hash=b"?" * 32, head_number=head or above)
            )

    async def rebuild(self) -> Iterator[int]:
        """Empty everything, and give the blocks that have to be indexed again."""
        await self._empty(100, self.head)
        return iter(range(101, self.head + 1))


@dataclass
class Client:
    """What a reader makes of its stream: loads once, adds what comes, loads again when told to."""

    index: Index
    query: HistoryQuery
    tail: Tail
    known: list[EntryRow]
    loads: int = 0

    async def load(self) -> list[EntryRow]:
        async with self.index.store.read() as connection:
            return await index.history(connection, self.index.ledger_id, self.query, limit=10_000)

    async def look(self, limit: int, cut: int | None) -> bool:
        """Read one page; with `cut`, get only so many of its events and come back with the last id."""
        async with self.index.store.read() as connection:
            page = await self.tail.look(connection, self.index.ledger_id, limit)
        if page.rewound:
            self.loads += 1
            self.known = await self.load()
        taken = page.entries if cut is None else page.entries[:cut]
        self.known += [row for _, row in taken]
        if cut is not None:
            last = taken[-1][0] if taken else self.last
            self.tail = Tail(self.query, Mark.of(last.cursor, "id"))
            self.last = last
        else:
            self.last = self.tail.given
        return page.more or page.waiting or cut is not None

    last: Mark = BEGINNING


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as made:
        yield made


@pytest.fixture(scope="module")
def made(
    runner: asyncio.Runner, chain_template: Template, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Index]:
    directory: Path = tmp_path_factory.mktemp("tail")

    async def enter() -> tuple[Any, Index]:
        context = world_of(await copy_of(chain_template), directory)
        world = await context.__aenter__()
        await world.delivered()
        async with world.store.read() as connection:
            rows = (await connection.execute(select(entries).order_by(entries.c.block_number))).mappings()
            samples = [dict(row) for row in rows]
        return context, Index(world.store, world.ledger_id, samples)

    context, found = runner.run(enter())
    yield found
    runner.run(context.__aexit__(None, None, None))


APPEND = st.tuples(st.just("append"), st.lists(st.integers(0, 5), max_size=6))
LOOK = st.tuples(st.just("look"), st.tuples(st.integers(1, 4), st.none() | st.integers(0, 4)))
DROP = st.tuples(st.just("drop"), st.integers(1, 4))
REBUILD = st.tuples(st.just("rebuild"), st.tuples(st.integers(1, 4), st.none() | st.integers(0, 4)))


BESIDE: list[tuple[str, Any]] = [*[("append", [1])] * 3, ("look", (4, None)), ("drop", 3)]
"""What was looked at is rewound, and an opening comes below it; what was given stands."""


async def play(made: Index, query: HistoryQuery, acts: list[tuple[str, Any]], *, fresh: bool) -> Client:
    await made._empty(0)
    made = replace(made, head=100, hashes={100: bytes(32)}, kinds={100: []})
    await made._store(100)
    for kinds in ([0, 3], [], [2, 1, 4]):
        await made.append(kinds)
    async with made.store.read() as connection:
        mark = await present_end(connection, made.ledger_id) if fresh else BEGINNING
    client = Client(made, query, Tail(query, mark), [], last=mark)
    if fresh:
        client.known = await client.load()
    for act, value in acts:
        if act == "append":
            await made.append(value)
        elif act == "drop":
            await made.drop(value)
            await made.append([5, 0])
        elif act == "look":
            await client.look(*value)
        else:
            for number in await made.rebuild():
                await client.look(*value)
                await made._store(number)
    for _ in range(1000):
        if not await client.look(3, None):
            break
    assert client.known == await client.load()
    return client


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(APPEND | LOOK, max_size=14), query=st.sampled_from(QUERIES), fresh=st.booleans())
def test_cuts_lose_nothing_and_repeat_nothing(
    made: Index, runner: asyncio.Runner, acts: list[tuple[str, Any]], query: HistoryQuery, fresh: bool
) -> None:
    client = runner.run(play(made, query, acts, fresh=fresh))
    assert client.loads == 0, "nothing was rewound"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(APPEND | LOOK | DROP, max_size=14), query=st.sampled_from(QUERIES), fresh=st.booleans())
@example(acts=BESIDE, query=QUERIES[2], fresh=True)
def test_rewinds_are_told_or_touch_nothing_that_was_given(
    made: Index, runner: asyncio.Runner, acts: list[tuple[str, Any]], query: HistoryQuery, fresh: bool
) -> None:
    runner.run(play(made, query, acts, fresh=fresh))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(APPEND | LOOK | REBUILD, max_size=8), query=st.sampled_from(QUERIES))
def test_an_index_built_anew_is_waited_for(
    made: Index, runner: asyncio.Runner, acts: list[tuple[str, Any]], query: HistoryQuery
) -> None:
    client = runner.run(play(made, query, acts, fresh=True))
    assert client.loads == 0, "it is the same chain"
