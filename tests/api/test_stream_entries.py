"""What a stream gives over a real server: filters, pages, cuts, many readers."""

from __future__ import annotations

import asyncio
import random
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest

from api.paging import encode_cursor
from api.stream.tail import BEGINNING, Mark
from api.stream.watch import matches
from chain_client.domain.ids import DriverNumber, Hash32, to_hex
from chain_client.domain.records import Kind
from chain_client.indexer import reader as index
from chain_client.indexer.reader import HistoryQuery
from tests.api.stream_reader import reading, served, whole
from tests.api.world import JSON, World


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


async def test_a_quiet_line_is_heard(world: World, http: httpx.AsyncClient, quick: None) -> None:
    async with http.stream("GET", "/v1/stream", headers=world.shop) as response:
        beats = 0
        async for line in response.aiter_lines():
            beats += line == ":"
            if beats == 3:
                break
