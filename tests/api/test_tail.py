"""Property: whatever is appended, rewound or built anew, and wherever a reader is cut, it ends with the record."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update

from api.services import Services
from api.stream.events import EventStream
from api.stream.tail import BEGINNING, Mark, Tail, present_end
from api.stream.watch import Bell, Watcher
from chain_client.domain.ids import DriverNumber
from chain_client.domain.records import Kind
from chain_client.indexer import reader as index
from chain_client.indexer.reader import EntryRow, HistoryQuery
from chain_client.store import DatabaseUnavailable, LedgerId, Store
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
def entered(
    runner: asyncio.Runner, chain_template: Template, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Index, Services]]:
    directory: Path = tmp_path_factory.mktemp("tail")

    async def enter() -> tuple[Any, Index, Services]:
        context = world_of(await copy_of(chain_template), directory)
        world = await context.__aenter__()
        await world.delivered()
        async with world.store.read() as connection:
            rows = (await connection.execute(select(entries).order_by(entries.c.block_number))).mappings()
            samples = [dict(row) for row in rows]
        return context, Index(world.store, world.ledger_id, samples), world.app.state.services

    context, found, services = runner.run(enter())
    yield found, services
    runner.run(context.__aexit__(None, None, None))


@pytest.fixture(scope="module")
def made(entered: tuple[Index, Services]) -> Index:
    return entered[0]


@pytest.fixture(scope="module")
def services(entered: tuple[Index, Services]) -> Services:
    return entered[1]


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


@dataclass
class Listener:
    """A client behind a real EventStream of its own, whose watcher is turned by hand."""

    index: Index
    services: Services
    bells: set[Bell]
    query: HistoryQuery
    last: Mark
    known: list[str] = field(default_factory=list)
    rewinds: int = 0
    reads: asyncio.Event = field(default_factory=asyncio.Event)

    def connect(self) -> None:
        self.reads.set()
        tail = Tail(self.query, self.last)
        self.bell = Bell(tail, None)
        stream = EventStream(self.services, tail, credential=None, check=self._check)
        self.bells.add(self.bell)
        self.task = asyncio.create_task(stream._serve({"path": "/"}, self._send, self.bell))

    async def leave(self) -> None:
        self.bells.discard(self.bell)
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    async def _check(self, _: object) -> None:
        """Anyone may read."""

    async def _send(self, message: Any) -> None:
        await self.reads.wait()
        for raw in message.get("body", b"").decode().split("\n\n"):
            lines = dict(line.split(": ", 1) for line in raw.split("\n") if ": " in line)
            if lines.get("event") == "entry":
                self.known.append(lines["id"])
            elif lines.get("event") == "rewound":
                self.rewinds += 1
                place = Mark.of(lines["id"], "id").place
                self.known = [one for one in await self.load() if Mark.of(one, "id").place <= place]
            if "id" in lines:
                self.last = Mark.of(lines["id"], "id")

    async def load(self) -> list[str]:
        async with self.index.store.read() as connection:
            rows = await index.history(connection, self.index.ledger_id, self.query, limit=10_000)
            hashes = await index.block_hashes(
                connection, self.index.ledger_id, {row.block_number for row in rows}
            )
        return [Mark(row.place, hashes[row.block_number]).cursor for row in rows]

    @property
    def quiet(self) -> bool:
        return self.task.done() or (self.bell._resting and not self.bell._rung.is_set())


async def settled(listeners: list[Listener]) -> None:
    async with asyncio.timeout(20):
        while not all(one.quiet for one in listeners if one.reads.is_set()):
            await asyncio.sleep(0)


async def unreachable(*_: object) -> Any:
    raise DatabaseUnavailable("on purpose")


async def act(made: Index, listeners: list[Listener], watcher: Watcher, name: str, value: Any) -> None:
    if name == "append":
        await made.append(value)
    elif name == "drop":
        await made.drop(value)
        await made.append([5, 0])
    elif name == "rebuild":
        for number in await made.rebuild():
            await watcher.look()
            await settled(listeners)
            await made._store(number)
    elif name == "fail":
        with pytest.MonkeyPatch.context() as patch, suppress(DatabaseUnavailable):
            patch.setattr("api.stream.watch.still_good", unreachable)
            await watcher.look()
    elif name == "busy":
        listeners[value].reads.clear()
    elif name == "free":
        listeners[value].reads.set()
    elif name == "cut":
        await listeners[value].leave()
        listeners[value].connect()
    elif name == "settle":
        await settled(listeners)
    else:
        await watcher.look()


async def listen(made: Index, services: Services, acts: list[tuple[str, Any]]) -> list[Listener]:
    await made._empty(0)
    made = replace(made, head=100, hashes={100: bytes(32)}, kinds={100: []})
    await made._store(100)
    await made.append([0, 3])
    bells: set[Bell] = set()
    listeners = [Listener(made, services, bells, query, BEGINNING) for query in (*QUERIES, QUERIES[0])]
    watcher = Watcher(made.store, made.ledger_id, bells)
    for listener in listeners:
        listener.connect()
    try:
        await watcher.look()
        await settled(listeners)
        for name, value in acts:
            if name == "restart":
                watcher = Watcher(made.store, made.ledger_id, bells)
            else:
                await act(made, listeners, watcher, name, value)
        for listener in listeners:
            listener.reads.set()
        for _ in range(2):
            await watcher.look()
            await settled(listeners)
        for listener in listeners:
            assert listener.known == await listener.load()
    finally:
        for listener in listeners:
            await listener.leave()
    return listeners


WHO = st.integers(0, len(QUERIES))
LISTEN = st.sampled_from(
    [("watch", None), ("watch", None), ("settle", None), ("fail", None), ("restart", None)]
) | st.tuples(st.sampled_from(["busy", "free", "cut"]), WHO)

AHEAD: list[tuple[str, Any]] = [("append", [0]), ("cut", 0), ("settle", None)]
"""A stream that has just read for itself is beyond what the watcher reads next."""
BUSY: list[tuple[str, Any]] = [("busy", 0), *[("append", [0]), ("watch", None)] * 3]
"""What comes while a stream is sending comes after it."""


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """So few at a time that every way an entry can take is taken."""
    monkeypatch.setattr("api.stream.events._PAGE", 3)
    monkeypatch.setattr("api.stream.watch._HAND_AT_MOST", 3)
    monkeypatch.setattr("api.stream.watch._LOOK_AT_MOST", 7)
    monkeypatch.setattr("api.stream.watch._AT_ONCE", 1)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(APPEND | LISTEN | DROP, max_size=20))
@example(acts=AHEAD)
@example(acts=BUSY)
def test_streams_that_are_handed_entries_end_with_the_record(
    made: Index, services: Services, runner: asyncio.Runner, small: None, acts: list[tuple[str, Any]]
) -> None:
    runner.run(listen(made, services, acts))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(APPEND | LISTEN | st.just(("rebuild", None)), max_size=14))
def test_streams_that_are_handed_entries_wait_for_an_index_built_anew(
    made: Index, services: Services, runner: asyncio.Runner, small: None, acts: list[tuple[str, Any]]
) -> None:
    listeners = runner.run(listen(made, services, acts))
    assert not any(one.rewinds for one in listeners), "it is the same chain"
