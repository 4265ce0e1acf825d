"""Many streams: one look at the index and one at the keys and tokens for all of them, and turns for others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import event

from api.app import create_app
from api.stream.credentials import Credential, Key
from api.stream.tail import BEGINNING, Page, Tail
from api.stream.watch import NOTHING, Bell, Share, Watcher
from chain_client.domain.ids import DriverNumber, MemberNumber, to_hex
from chain_client.indexer.reader import HistoryQuery
from chain_client.store import DatabaseUnavailable
from chain_client.vault import api_keys
from tests.api.stream_reader import Reader, bells, reading, until
from tests.api.support import serving
from tests.api.world import World


@asynccontextmanager
async def waiting(world: World, *many: dict[str, Any]) -> AsyncIterator[tuple[FastAPI, list[Reader]]]:
    """Give a server and streams, of these headers and parameters, that have read all there is and wait for more."""
    app = create_app(world.settings, clock=world.clock)
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(serving(app))
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=url, timeout=20))
        readers = [await stack.enter_async_context(reading(http, **one)) for one in many]
        for reader in readers:
            assert (await reader.next()).name == "ready"
        # Each has read once for itself, and once more because the watcher began.
        streams = app.state.services.streams
        await until(lambda: streams._watcher._stand is not None, "the watcher knows where it stands")
        await until(lambda: all(rests(bell) for bell in bells(app)), "the streams wait")
        yield app, readers


def rests(bell: Bell) -> bool:
    return bell._resting and not bell._rung.is_set()


@contextmanager
def statements(app: FastAPI, table: str) -> Iterator[list[str]]:
    """Collect what the app asks the database of a table."""
    asked: list[str] = []
    engine = app.state.services.store.engine.sync_engine

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        if f"FROM {table}" in statement:
            asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def revoke(world: World, member: MemberNumber) -> None:
    async with world.store.write() as connection:
        key_id = world.keys[member].partition(".")[0]
        assert await api_keys.revoke(connection, world.ledger_id, key_id, world.clock())


async def test_an_entry_is_read_once_for_all_who_wait(world: World) -> None:
    everyone = [{"headers": world.shop}, {"headers": world.van, "kind": "opening"}] * 15
    async with waiting(world, *everyone) as (app, readers):
        with statements(app, "entries") as asked, statements(app, "api_keys") as looked_up:
            await world.open("WB-1")
            got = [await reader.next() for reader in readers]
        assert {one.name for one in got} == {"entry"}
        assert len({one.id for one in got}) == 1
        assert len(asked) <= 2, "what is new, and where it ends"
        assert len(looked_up) == 1


async def test_heartbeats_ask_the_database_nothing_of_their_own(world: World, quick: None) -> None:
    app = create_app(world.settings, clock=world.clock)
    async with (
        serving(app) as url,
        httpx.AsyncClient(base_url=url, timeout=20) as http,
        AsyncExitStack() as stack,
    ):
        streams = [http.stream("GET", "/v1/stream", headers=world.shop) for _ in range(20)]
        lines = [(await stack.enter_async_context(one)).aiter_lines() for one in streams]

        async def beats(count: int) -> None:
            for each in lines:
                seen = 0
                while seen < count:
                    seen += await anext(each) == ":"

        await beats(1)
        with statements(app, "api_keys") as asked:
            await beats(5)
        assert 0 < len(asked) * 4 < 5 * len(lines)


async def test_who_is_handed_an_entry_has_a_key_that_is_good(world: World) -> None:
    carrier = world.chain.carrier.number
    many = [{"headers": world.van}, {"headers": world.shop}, {"headers": world.van, "member": carrier}]
    async with waiting(world, *many) as (_, (gone, stays, filtered)):
        await revoke(world, carrier)
        await world.open("WB-1")
        assert (await stays.next()).name == "entry"
        for reader in (gone, filtered):
            closed = await reader.next()
            assert (closed.name, closed.data["type"]) == ("closed", "urn:doorstep:problem:unauthorized")
            assert await reader.ended()


async def test_a_token_that_is_replaced_ends_its_stream_with_no_entry_to_send(
    world: World, quick: None
) -> None:
    link, other = await world.delivered("WB-1"), await world.delivered("WB-2")
    own = await world.taken_over(link)
    many = [{"headers": one.token, "delivery": to_hex(one.delivery_id)} for one in (link, other)]
    async with waiting(world, *many) as (app, (gone, stays)):
        path = f"/v1/deliveries/{to_hex(link.delivery_id)}/read-token"
        assert (await world.http.put(path, json=world.read_token(own))).status_code < 300
        closed = await gone.next()
        assert (closed.name, closed.data["type"]) == ("closed", "urn:doorstep:problem:taken-over")
        assert closed.data["taken_over_at"], "all that the first look would have said"
        assert await gone.ended()
        assert len(bells(app)) == 1
        await world.http.post("/v1/feedback", json=world.signed(other))
        await world.settle()
        assert (await stays.next()).data["kind"] == "feedback"


async def test_an_error_of_the_database_ends_nobody_and_is_tried_again(
    world: World, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = 0

    async def fail(*_: object) -> set[Credential]:
        nonlocal failed
        failed += 1
        raise DatabaseUnavailable("on purpose")

    async with waiting(world, {"headers": world.shop}, {"headers": world.van}) as (app, (stays, gone)):
        with monkeypatch.context() as patch:
            patch.setattr("api.stream.watch.still_good", fail)
            await revoke(world, world.chain.carrier.number)
            await world.open("WB-1")
            await until(lambda: failed >= 3, "it is tried again")
            assert len(bells(app)) == 2, "nobody knows yet"
        assert (await stays.next()).name == "entry", "what was new meanwhile is not lost"
        assert (await gone.next()).name == "closed"


async def test_a_stream_that_is_sending_is_not_handed_what_its_key_may_not_see_later(world: World) -> None:
    bell = Bell(Tail(HistoryQuery(), BEGINNING), Key("any"))
    await bell.wait(0)
    bell.hand(Page(), Share(BEGINNING, b"event: entry\n\n"))
    assert await bell.wait(0) == (True, b""), "it reads for itself, under its key as it is then"
    bell.hand(Page(), NOTHING)
    assert await bell.wait(0) == (False, b""), "nothing concerns it"
    resting = asyncio.create_task(bell.wait(20))
    await until(lambda: bell._resting, "it waits")
    bell.hand(Page(), Share(BEGINNING, b"event: entry\n\n"))
    bell.hand(Page(), Share(BEGINNING, b"event: other\n\n"))
    assert await resting == (True, b"event: entry\n\n"), "the second comes from the database, after the first"


@pytest.mark.parametrize("same", [True, False])
async def test_thousands_of_streams_leave_others_their_turn(world: World, same: bool) -> None:
    streams = 3000
    drivers = [DriverNumber(0) if same else DriverNumber(number) for number in range(streams)]
    crowd = {Bell(Tail(HistoryQuery(driver=one), BEGINNING), None) for one in drivers}
    store = world.app.state.services.store
    watcher = Watcher(store, world.ledger_id, crowd)
    await watcher.look()
    await world.delivered("WB-1")
    looking = asyncio.create_task(watcher.look())
    turns = 0
    while not looking.done():
        await asyncio.sleep(0)
        turns += 1
    await looking
    assert turns > streams / 50
    assert sum(bell._look for bell in crowd) == streams, "all of them were told at the first look"
