"""Limits, clients slow or gone, and the server's own end: what a stream leaves behind."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.app import create_app
from api.stream.tail import BEGINNING
from tests.api.stream_reader import SECONDS, bells, reading, served, until
from tests.api.support import serving
from tests.api.world import World, world_of
from tests.support.chain import SmallNetwork


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
