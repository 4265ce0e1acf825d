"""The live tail over a real server: filters, cuts, rewinds, revoked keys, slow and gone clients, the server's end."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from fastapi import FastAPI

from api.app import create_app
from api.paging import encode_cursor
from api.stream.tail import BEGINNING, Mark
from api.stream.watch import matches
from chain_client.domain.ids import ZERO_HASH, DriverNumber, Hash32, delivery_id, to_hex
from chain_client.domain.records import DAY, Kind, Opening
from chain_client.indexer import reader as index
from chain_client.indexer.reader import HistoryQuery
from chain_client.indexer.rebuild import rebuild
from chain_client.vault import api_keys
from tests.api.support import serving
from tests.api.world import JSON, World, world_of
from tests.support.chain import SmallNetwork

SECONDS = 20


@dataclass(frozen=True)
class Event:
    name: str
    id: str | None
    data: Any


@asynccontextmanager
async def served(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """The same database behind a server, as a second process of the API would be."""
    app = create_app(world.settings, clock=world.clock)
    async with serving(app) as url, httpx.AsyncClient(base_url=url, timeout=SECONDS) as http:
        yield http


async def events(response: httpx.Response) -> AsyncIterator[Event]:
    assert response.status_code == 200, await response.aread()
    fields: dict[str, str] = {}
    async for line in response.aiter_lines():
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "data" in fields:
            yield Event(fields["event"], fields.get("id"), orjson.loads(fields["data"]))
            fields = {}


class Reader:
    """A client that reads a stream event by event."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._events = events(response)

    async def next(self) -> Event:
        async with asyncio.timeout(SECONDS):
            return await anext(self._events)

    async def some(self, count: int) -> list[Event]:
        return [await self.next() for _ in range(count)]

    async def ended(self) -> bool:
        async with asyncio.timeout(SECONDS):
            return [event async for event in self._events] == []


@asynccontextmanager
async def reading(
    http: httpx.AsyncClient, headers: dict[str, str], last: str | None = None, **params: Any
) -> AsyncIterator[Reader]:
    sent = headers if last is None else headers | {"Last-Event-ID": last}
    async with http.stream("GET", "/v1/stream", params=params, headers=sent) as response:
        yield Reader(response)


async def whole(world: World, **params: Any) -> list[JSON]:
    response = await world.http.get("/v1/history", params={"limit": 1000} | params, headers=world.shop)
    entries: list[JSON] = response.json()["entries"]
    return entries


@pytest.fixture
async def http(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with served(world) as client:
        yield client


async def test_entries_come_live_and_resume_after_a_cut(world: World, http: httpx.AsyncClient) -> None:
    await world.open("WB-0")
    async with reading(http, world.shop) as reader:
        assert reader.response.headers["content-type"].startswith("text/event-stream")
        ready = await reader.next()
        assert (ready.name, set(ready.data)) == ("ready", {"block", "chain_time"})
        await world.delivered("WB-1")
        first, second = await reader.some(2)
        assert [first.name, second.name] == ["entry", "entry"]
        assert [first.data, second.data] == (await whole(world))[1:]
    await world.delivered("WB-2")
    async with served(world) as other, reading(other, world.shop, first.id) as reader:
        assert (await reader.next()).id == first.id
        assert [event.data for event in await reader.some(3)] == (await whole(world))[2:]


async def until(condition: Any, what: str) -> None:
    async with asyncio.timeout(SECONDS):
        while not condition():
            await asyncio.sleep(0.01)
    assert condition(), what


def bells(app: FastAPI) -> set[Any]:
    found: set[Any] = app.state.services.streams._bells
    return found


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.stream.events.HEARTBEAT_SECONDS", 0.05)


async def test_filters_are_those_of_history(world: World, http: httpx.AsyncClient) -> None:
    other = world.chain.drivers[1]
    link = await world.open("WB-0")
    beginning = (await whole(world))[0]
    async with AsyncExitStack() as stack:
        filters: list[JSON] = [
            {"kind": "report"},
            {"driver": other},
            {"driver": 0},
            {"delivery": to_hex(link.delivery_id)},
            {"member": world.chain.carrier.number},
            {"member": world.chain.reviewer.number},
            {"kind": "opening", "driver": other},
        ]
        readers = [await stack.enter_async_context(reading(http, world.shop, **one)) for one in filters]
        for reader in readers:
            assert (await reader.next()).name == "ready"
        await world.delivered("WB-1")
        await world.report(link, "delivered", driver=other)
        expected = [await whole(world, from_block=beginning["block"] + 1, **one) for one in filters]
        assert [len(some) for some in expected] == [2, 1, 1, 1, 3, 0, 0]
        for reader, some in zip(readers, expected, strict=True):
            assert [event.data for event in await reader.some(len(some))] == some
        sent = str(expected)
    assert "WB-" not in sent


async def test_a_filter_of_a_stream_is_that_of_the_index(world: World) -> None:
    await world.delivered("WB-1")
    link = await world.open("WB-2")
    async with world.store.read() as connection:
        rows = await index.history(connection, world.ledger_id, HistoryQuery(), limit=100)
        for query in [
            HistoryQuery(),
            HistoryQuery(delivery_id=link.delivery_id),
            HistoryQuery(driver=world.chain.drivers[0]),
            HistoryQuery(driver=DriverNumber(0)),
            HistoryQuery(member=world.chain.shipper.number, kind=Kind.REPORT),
            HistoryQuery(member=world.chain.carrier.number),
            HistoryQuery(member=world.chain.reviewer.number),
        ]:
            found = await index.history(connection, world.ledger_id, query, limit=100)
            assert [row for row in rows if matches(query, row)] == found


async def test_who_may_read(world: World, http: httpx.AsyncClient) -> None:
    link, other = await world.open("WB-1"), await world.open("WB-2")
    own, others = to_hex(link.delivery_id), to_hex(other.delivery_id)
    for headers, params, status in [
        ({}, {}, 401),
        ({"Authorization": "Bearer nobody.nothing"}, {}, 401),
        (link.token, {}, 422),
        (link.token, {"delivery": others}, 404),
        (link.token, {"delivery": own, "kind": "rumour"}, 422),
        (world.shop, {"delivery": "0x12"}, 422),
        (world.shop, {"after": "abc"}, 422),
        (world.shop | {"Last-Event-ID": "abc"}, {}, 422),
    ]:
        response = await http.get("/v1/stream", params=params, headers=headers)
        assert response.status_code == status, (headers, params)
        assert response.headers["content-type"] == "application/problem+json"
    async with reading(http, link.token, delivery=own) as reader:
        assert (await reader.next()).name == "ready"
        await world.report(other, "delivered")
        await world.report(link, "attempted")
        assert (await reader.next()).data["item"]["outcome"] == "attempted"


async def test_anyone_reads_a_public_record_but_no_wrong_token_does(
    chain: SmallNetwork, tmp_path: Path
) -> None:
    async with world_of(chain, tmp_path, public_record=True) as world, served(world) as http:
        link, other = await world.open("WB-1"), await world.open("WB-2")
        async with reading(http, {}) as reader:
            assert (await reader.next()).name == "ready"
            await world.report(link, "delivered")
            assert (await reader.next()).data["kind"] == "report"
        response = await http.get(
            "/v1/stream", params={"delivery": to_hex(other.delivery_id)}, headers=link.token
        )
        assert response.status_code == 404


async def test_a_revoked_key_closes_its_stream(world: World, http: httpx.AsyncClient, quick: None) -> None:
    async with reading(http, world.van) as reader, reading(http, world.shop) as other:
        assert (await reader.next()).name == (await other.next()).name == "ready"
        async with world.store.write() as connection:
            key = world.keys[world.chain.carrier.number].partition(".")[0]
            assert await api_keys.revoke(connection, world.ledger_id, key, world.clock())
        closed = await reader.next()
        assert (closed.name, closed.id, closed.data["status"]) == ("closed", None, 401)
        assert await reader.ended()
        await world.open("WB-1")
        assert (await other.next()).name == "entry"
        assert (await http.get("/v1/stream", headers=world.van)).status_code == 401


async def test_nothing_is_sent_under_a_key_revoked_before_it(world: World, http: httpx.AsyncClient) -> None:
    async with reading(http, world.van) as reader:
        assert (await reader.next()).name == "ready"
        async with world.store.write() as connection:
            key = world.keys[world.chain.carrier.number].partition(".")[0]
            await api_keys.revoke(connection, world.ledger_id, key, world.clock())
        await world.open("WB-1")  # long before the next heartbeat
        assert (await reader.next()).name == "closed"


async def test_a_quiet_line_is_heard(world: World, http: httpx.AsyncClient, quick: None) -> None:
    async with http.stream("GET", "/v1/stream", headers=world.shop) as response:
        beats = 0
        async for line in response.aiter_lines():
            beats += line == ":"
            if beats == 3:
                break


async def test_a_long_record_comes_in_pages(
    world: World, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.stream.events._PAGE", 2)
    for number in range(3):
        await world.delivered(f"WB-{number}")
    everything = await whole(world)
    async with reading(http, world.shop, after=BEGINNING.cursor) as reader:
        assert (await reader.next()).id == BEGINNING.cursor
        assert [event.data for event in await reader.some(6)] == everything
    cursor = (await world.http.get("/v1/history", params={"limit": 2}, headers=world.shop)).json()[
        "next_cursor"
    ]
    async with reading(http, world.shop, after=cursor) as reader:
        assert [event.data for event in (await reader.some(5))[1:]] == everything[2:]
    last = encode_cursor(*Mark.of(cursor, "").place, Hash32(b"x" * 32))
    async with reading(http, world.shop, last, after=cursor) as reader:
        ready, rewound = await reader.some(2)
        assert (ready.id, rewound.name) == (last, "rewound"), "the header goes first"
        async with served(world) as other, reading(other, world.shop, rewound.id) as resumed:
            assert (await resumed.next()).id == rewound.id
            await world.open("WB-9")
            assert (await resumed.next()).data == (await reader.next()).data == (await whole(world))[-1]


def final_later(world: World) -> None:
    """Let the node call final only what has two blocks on top of it."""
    answers = world.chain.provider.answers
    block = answers["eth_getBlockByNumber"]

    def trailing(tag: str, *more: Any) -> Any:
        head = int(block("latest", False)["number"], 16)
        return block(hex(max(0, head - 2)) if tag == "finalized" else tag, *more)

    answers["eth_getBlockByNumber"] = trailing
    node = world.chain.node
    node.engine = replace(node.engine, instant_finality=False, confirmations=2)


async def open_unsettled(world: World) -> None:
    """Put an opening in the last block, which is not final yet, and into the index."""
    chain = world.chain
    opening = Opening(
        delivery_id=delivery_id(chain.shipper.number, bytes(32), "elsewhere"),
        recipient_key=chain.relay.address,
        carrier=chain.carrier.number,
        promised_by=chain.provider.time + DAY,
        record_hash=ZERO_HASH,
    )
    await chain.send(chain.shipper.writer, Kind.OPENING, [opening])
    while await world.follower.step():
        pass


async def test_a_rewind_is_told_to_whom_it_concerns(world: World, http: httpx.AsyncClient) -> None:
    final_later(world)
    early = await world.open("WB-1")
    async with reading(http, world.shop, BEGINNING.cursor, delivery=to_hex(early.delivery_id)) as unmoved:
        assert [event.name for event in await unmoved.some(2)] == ["ready", "entry"]
        before = world.chain.provider.snapshot()
        async with reading(http, world.shop) as reader:
            assert (await reader.next()).name == "ready"
            await open_unsettled(world)
            gone = await reader.next()
            world.chain.provider.restore(before)
            world.chain.provider.advance(100)
            for _ in range(3):
                world.chain.provider.mine()
            while await world.follower.step():
                pass
            rewound = await reader.next()
            assert rewound.name == "rewound"
            assert rewound.data == {"block": gone.data["block"] + 2}
            assert [entry["delivery_id"] for entry in await whole(world)] == [to_hex(early.delivery_id)]
            await world.report(early, "delivered")
            assert (await reader.next()).data == (await whole(world))[-1]
        assert (await unmoved.next()).data["kind"] == "report", "nothing of it was rewound"


async def test_an_index_built_anew_is_waited_for(world: World, quick: None) -> None:
    await world.delivered("WB-1")
    app = create_app(world.settings, clock=world.clock)
    async with serving(app) as url, httpx.AsyncClient(base_url=url) as http:
        async with reading(http, world.shop) as reader, reading(http, world.shop, kind="report") as other:
            assert (await reader.next()).name == (await other.next()).name == "ready"
            await rebuild(world.store, world.ledger_id)
            await until(lambda: all(bell.any_change for bell in bells(app)), "the streams wait")
            while await world.follower.step():
                pass
            await world.delivered("WB-2")
            last = await whole(world)
            given = [event.data for event in await reader.some(2)]
            assert given == last[-2:], "it is the same chain: nothing was rewound, nothing comes twice"
            assert (await other.next()).data == last[-1]


async def test_streams_are_limited_and_strangers_first(chain: SmallNetwork, tmp_path: Path) -> None:
    async with world_of(chain, tmp_path, public_record=True, max_streams=4) as world:
        app = create_app(world.settings, clock=world.clock)
        async with serving(app) as url, httpx.AsyncClient(base_url=url) as http, AsyncExitStack() as stack:
            strangers = [await stack.enter_async_context(reading(http, {})) for _ in range(3)]
            for stranger in strangers:
                assert (await stranger.next()).name == "ready"
            refused = await http.get("/v1/stream")
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "15")
            assert refused.json()["type"].endswith("too-many-streams")
            async with reading(http, world.shop) as reader:
                assert (await reader.next()).name == "ready"
                assert (await http.get("/v1/stream", headers=world.van)).status_code == 503
            await until(lambda: len(bells(app)) == 3, "a stream that was left is not counted any more")
            async with reading(http, world.van) as reader:
                assert (await reader.next()).name == "ready"


async def test_clients_that_leave_leave_nothing(world: World) -> None:
    app = create_app(world.settings, clock=world.clock)
    async with serving(app) as url:
        async with httpx.AsyncClient(base_url=url) as http, AsyncExitStack() as stack:
            readers = [await stack.enter_async_context(reading(http, world.shop)) for _ in range(20)]
            for reader in readers:
                assert (await reader.next()).name == "ready"
            assert len(bells(app)) == 20
        await until(lambda: not bells(app), "a gone client is still held")
        assert app.state.services.streams._watching is None, "nobody listens, nobody looks"
        tasks = {task.get_coro().__qualname__ for task in asyncio.all_tasks()}  # type: ignore[union-attr]
        assert not any("stream" in name.lower() or "_end_when_gone" in name for name in tasks), tasks


async def test_a_client_that_does_not_read_is_let_go(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.stream.events._SEND_SECONDS", 0.05)
    sent = []

    async def send(message: Any) -> None:
        sent.append(message)
        if len(sent) > 2:
            await asyncio.Event().wait()

    async def receive() -> Any:
        await asyncio.Event().wait()

    scope = {
        "type": "http", "method": "GET", "path": "/v1/stream", "raw_path": b"/v1/stream", "scheme": "http",
        "query_string": f"after={BEGINNING.cursor}".encode(), "root_path": "", "http_version": "1.1",
        "headers": [(b"authorization", world.shop["Authorization"].encode())],
        "server": ("api", 80), "client": ("1.2.3.4", 5),
    }  # fmt: skip
    await world.open("WB-1")
    async with asyncio.timeout(SECONDS):
        await world.app(scope, receive, send)
    assert b"event: entry" in sent[2]["body"]
    assert not bells(world.app)


async def test_a_server_that_stops_ends_its_streams_at_once(world: World) -> None:
    app = create_app(world.settings, clock=world.clock)
    async with AsyncExitStack() as stack:
        async with serving(app) as url:
            http = await stack.enter_async_context(httpx.AsyncClient(base_url=url))
            readers = [await stack.enter_async_context(reading(http, world.shop)) for _ in range(3)]
            for reader in readers:
                assert (await reader.next()).name == "ready"
            ending = [asyncio.create_task(reader.ended()) for reader in readers]
        # The server is gone: each response came to its proper end, none was cut off.
        assert await asyncio.gather(*ending) == [True] * 3


async def test_streams_end_where_their_watcher_fails(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError("on purpose")

    async with served(world) as http, reading(http, world.shop) as reader:
        assert (await reader.next()).name == "ready"
        with monkeypatch.context() as patch:
            patch.setattr("api.stream.watch.index.indexed_head", fail)
            assert await reader.ended()
        assert "on purpose" in caplog.text
        async with reading(http, world.shop) as again:
            assert (await again.next()).name == "ready"
            await world.open("WB-1")
            assert (await again.next()).name == "entry"


async def test_many_readers_and_cuts_see_the_record_once(world: World) -> None:
    """Clients that cut and come back at random, at two servers, while the follower adds."""
    chance = random.Random(7)
    await world.open("WB-0")

    async def follow(servers: list[httpx.AsyncClient], params: JSON, count: int) -> list[Any]:
        seen: list[Any] = []
        last = BEGINNING.cursor
        while len(seen) < count:
            async with reading(chance.choice(servers), world.shop, last, **params) as reader:
                assert (await reader.next()).id == last
                for _ in range(min(chance.randint(1, 4), count - len(seen))):
                    event = await reader.next()
                    assert event.name == "entry"
                    seen.append(event.data)
                    last = event.id or ""
        return seen

    async def work() -> None:
        for number in range(1, 9):
            await world.delivered(f"WB-{number}")

    filters: list[tuple[JSON, int]] = [
        ({}, 17),
        ({"kind": "opening"}, 9),
        ({"driver": world.chain.drivers[0]}, 8),
        ({}, 17),
    ]
    async with served(world) as one, served(world) as other, asyncio.timeout(90):
        *found, _ = await asyncio.gather(*(follow([one, other], *each) for each in filters), work())
    for seen, (params, _) in zip(found, filters, strict=True):
        assert seen == await whole(world, **params)
