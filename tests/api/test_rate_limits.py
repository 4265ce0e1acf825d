"""Requests in a minute: for each key and address, over several processes of the API, with a database that fails too."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select

from api.app import create_app
from api.http_protocol import Limits
from api.rate_limits import PORTIONS, WINDOW_SECONDS, RateLimiter, RateLimits
from chain_client.store import LedgerId, Store, migrate, open_store, rate_leases, register_ledger
from chain_client.store.tables import rate_leases as table
from tests.api.contract import hold_to
from tests.api.support import serving
from tests.api.test_failures import failing
from tests.api.test_submissions import problem
from tests.api.world import World
from tests.store.test_store import LEDGER

PATH = "/openapi.json"  # for anyone, and without the database
HERE, THERE = "192.0.2.1", "192.0.2.2"


@dataclass
class Clock:
    now: float

    def __call__(self) -> int:
        return int(self.now)

    def next_minute(self) -> None:
        self.now = (self.now // WINDOW_SECONDS + 1) * WINDOW_SECONDS


@pytest.fixture
def clock(world: World) -> Clock:
    return Clock(world.clock() // WINDOW_SECONDS * WINDOW_SECONDS + 17)


@asynccontextmanager
async def apps(world: World, clock: Clock, count: int = 1, **limits: Any) -> AsyncIterator[list[FastAPI]]:
    """Further processes of the API over the world's database, as it were."""
    async with AsyncExitStack() as stack:
        made = [create_app(replace(world.settings, **limits), clock=clock) for _ in range(count)]
        for app in made:
            await stack.enter_async_context(app.router.lifespan_context(app))
        yield made


async def ask(app: FastAPI, address: str = HERE, headers: Any = None, path: str = PATH) -> httpx.Response:
    """Ask once from an address; the answer is held to the API's own document."""
    hooks = {"response": [partial(hold_to, app.openapi())]} if path.startswith("/v1/") else {}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://api", event_hooks=hooks) as http:
        return await http.get(path, headers=headers)


async def statuses(count: int, app: FastAPI, *arguments: Any, **named: Any) -> Counter[int]:
    return Counter([(await ask(app, *arguments, **named)).status_code for _ in range(count)])


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def rows(world: World) -> int:
    async with world.store.read() as connection:
        return int((await connection.execute(select(func.count()).select_from(table))).scalar_one())


# The answer


async def test_what_goes_beyond_is_429_until_the_minute_ends(world: World, clock: Clock) -> None:
    async with apps(world, clock, requests_per_address=20) as (app,):
        assert await statuses(22, app) == {200: 22}, "the limit and this process's portion"
        refused = await ask(app, path="/v1/status")
        found = problem(refused, 429, "too-many-requests")
        assert "20 requests" in found["detail"]
        assert "43 s" in found["detail"]
        assert refused.headers["retry-after"] == "43"
        assert refused.headers["cache-control"] == "no-store"
        clock.now += 42
        assert (await ask(app)).headers["retry-after"] == "1"
        clock.now += 1
        assert (await ask(app)).status_code == 200, "when Retry-After said"


async def test_a_body_that_is_refused_is_not_read_and_nothing_is_stored(world: World, clock: Clock) -> None:
    async with apps(world, clock, requests_per_address=1) as (app,):
        assert await statuses(2, app) == {200: 2}

        async def body() -> AsyncIterator[bytes]:
            pytest.fail("the body was read")
            yield b""

        transport = httpx.ASGITransport(app, client=(HERE, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://api") as http:
            assert (await http.post("/v1/feedback", content=body())).status_code == 429


# Who counts as one caller


async def test_an_address_is_an_ipv4_address_or_64_bits_of_ipv6(world: World, clock: Clock) -> None:
    async with apps(world, clock, requests_per_address=1) as (app,):
        assert await statuses(3, app, "2001:db8:1:2::1") == {200: 2, 429: 1}
        assert await statuses(1, app, "2001:db8:1:2:ffff::9") == {429: 1}
        assert await statuses(1, app, "2001:db8:1:3::1") == {200: 1}
        assert await statuses(3, app, "::ffff:192.0.2.1") == {200: 2, 429: 1}
        assert await statuses(1, app, "192.0.2.1") == {429: 1}
        assert await statuses(1, app, "192.0.2.2") == {200: 1}


async def test_only_a_trusted_proxy_names_the_caller(world: World, clock: Clock) -> None:
    for trusted in ((), ("127.0.0.0/8",)):
        clock.next_minute()
        app = create_app(replace(world.settings, requests_per_address=1), clock=clock)
        async with serving(app, Limits(trusted=trusted)) as url, httpx.AsyncClient(base_url=url) as http:
            got = [
                (
                    await http.get(PATH, headers={"X-Forwarded-For": f"198.51.100.7, 203.0.113.{last}"})
                ).status_code
                for last in (1, 1, 1, 2, 2, 2)
            ]
        assert got == ([200, 200, 429, 200, 200, 429] if trusted else [200, 200, 429, 429, 429, 429])


async def test_a_member_gets_its_own_number_whatever_comes_from_its_address(
    world: World, clock: Clock
) -> None:
    limits = {"requests_per_address": 10, "invalid_keys_per_address": 2, "requests_per_key": 30}
    async with apps(world, clock, 2, **limits) as (one, two):
        assert (await statuses(20, one))[429] == 9
        assert (await statuses(5, one, headers=bearer("no.key")))[429] == 2
        both = Counter[int]()
        for app in [one, two] * 18:
            both += await statuses(1, app, headers=world.shop)
        assert both == {200: 36}, "the limit, and a portion for each process"
        assert await statuses(1, one, headers=world.shop) == {429: 1}
        assert await statuses(1, two, THERE, world.shop) == {429: 1}, "from wherever it asks"
        assert await statuses(30, one, headers=world.van) == {200: 30}
        refused = problem(await ask(one, headers=world.shop), 429, "too-many-requests")
        assert "API key" in refused["detail"]


async def test_a_known_key_is_looked_up_once_in_a_minute_and_a_revoked_one_no_more(
    world: World, clock: Clock
) -> None:
    limits = {"requests_per_address": 10, "invalid_keys_per_address": 2}
    async with apps(world, clock, **limits) as (app,):
        reads: list[str] = []
        engine = app.state.services.store.engine.sync_engine

        def executed(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            if "api_keys" in statement:
                reads.append(statement)

        event.listen(engine, "before_cursor_execute", executed)
        assert await statuses(20, app, headers=world.shop) == {200: 20}
        assert len(reads) == 1
        clock.next_minute()
        assert await statuses(20, app, headers=world.shop) == {200: 20}
        assert len(reads) == 2
        key = world.shop["Authorization"].removeprefix("Bearer ").partition(".")[0]
        async with world.store.write() as connection:
            await connection.exec_driver_sql("UPDATE api_keys SET revoked_at = 1 WHERE key_id = ?", (key,))
        clock.next_minute()
        assert await statuses(5, app, headers=world.shop) == {200: 3, 429: 2}


async def test_wrong_keys_are_limited_for_each_address(world: World, clock: Clock) -> None:
    key_id = world.keys[world.chain.shipper.number].partition(".")[0]
    async with apps(world, clock, invalid_keys_per_address=10, requests_per_address=20) as (app,):
        guesses = [bearer(f"{key_id}.{secrets.token_urlsafe(32)}") for _ in range(11)]
        got = [(await ask(app, headers=one, path="/v1/me")).status_code for one in guesses]
        assert got == [401] * 11
        for headers in (
            guesses[0],
            bearer(f"{key_id}.x"),
            {"Authorization": "Basic eDp5"},
            {"Authorization": b"Bearer \xe9"},
        ):
            found = problem(await ask(app, headers=headers, path="/v1/me"), 429, "too-many-requests")
            assert "not valid" in found["detail"]
        assert (await ask(app, THERE, guesses[0], "/v1/me")).status_code == 401
        assert (await ask(app)).status_code == 200, "without a key"
        assert (await ask(app, headers=world.shop, path="/v1/me")).status_code == 200, "the key itself"
        for _ in range(30):
            last = await ask(app, headers=bearer(secrets.token_hex(9)))
        assert "different API keys" in problem(last, 429)["detail"], "nor are more looked up"
        assert (await ask(app, headers=world.shop, path="/v1/me")).status_code == 200, "a key that is known"


async def test_probes_from_this_machine_are_not_counted(world: World, clock: Clock) -> None:
    async with apps(world, clock, requests_per_address=1) as (app,):
        for path in ("/healthz", "/readyz"):
            for address in ("127.0.0.1", "::1"):
                assert await statuses(5, app, address, path=path) == {200: 5}
            assert await statuses(5, app, HERE, path=path) == (
                {200: 2, 429: 3} if path == "/healthz" else {429: 5}
            )
        assert await statuses(3, app, "127.0.0.1") == {200: 2, 429: 1}


# The database


async def test_few_requests_write(world: World, clock: Clock) -> None:
    async with apps(world, clock, requests_per_key=100, requests_per_address=100) as (app,):
        writes: list[str] = []

        def executed(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            if statement.startswith("INSERT INTO rate_leases"):
                writes.append(statement)

        event.listen(app.state.services.store.engine.sync_engine, "before_cursor_execute", executed)
        assert await statuses(10, app) == {200: 10}
        assert len(writes) == 0, "a tenth of the limit needs none"
        assert await statuses(200, app) == {200: 100, 429: 100}
        assert len(writes) == PORTIONS + 1
        writes.clear()
        answers = await asyncio.gather(*(ask(app, headers=world.shop) for _ in range(150)))
        assert Counter(one.status_code for one in answers) == {200: 110, 429: 40}, "at the same time"
        assert len(writes) == PORTIONS + 1


async def test_rows_are_bounded(world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_leases, "MAX_ROWS", 5)
    async with apps(world, clock, requests_per_address=10, requests_per_key=10) as (app,):
        for _ in range(4):
            got = [await statuses(12, app, f"198.51.100.{last}") for last in range(8)]
            assert got[:5] == [{200: 11, 429: 1}] * 5
            assert sum(one[200] for one in got[5:]) == 3 + 10, (
                "further ones have their portion, and share a row"
            )
            assert await statuses(12, app, headers=world.shop) == {200: 11, 429: 1}, "a member has its own"
            assert await rows(world) <= 2 * (5 + 1 + 1), "of this minute, and of the one before"
            clock.next_minute()
        clock.now -= 10_000  # set back
        await statuses(3, app, "198.51.100.1")
        assert await rows(world) == 1


async def test_counts_in_memory_are_bounded(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.rate_limits.MAX_CALLERS", 3)
    monkeypatch.setattr("api.rate_limits.MAX_CREDENTIALS", 3)
    async with apps(world, clock, requests_per_address=10, invalid_keys_per_address=5) as (app,):
        for last in range(3):
            assert await statuses(2, app, f"198.51.100.{last}") == {200: 2}
        got = [await statuses(4, app, f"203.0.113.{last}") for last in range(9)]
        assert sum((one[200] for one in got), 0) == 11, "the others have one count"
        assert await statuses(9, app, "198.51.100.1") == {200: 9}
        rates = app.state.services.rates
        for _ in range(9):
            await ask(app, "198.51.100.2", bearer(secrets.token_hex(9)))
        assert len(rates._credentials) <= 3
        assert len(rates._anonymous) == 3
        assert len(rates._others) <= 3, "one of each kind"


@pytest.mark.parametrize("how", ["full", "read-only", "locked"])
async def test_where_the_database_fails_each_process_counts_alone(
    world: World, clock: Clock, how: str
) -> None:
    async with apps(
        world, clock, requests_per_address=20, requests_per_key=20, invalid_keys_per_address=20
    ) as (app,):
        assert (await ask(app, headers=world.shop)).status_code == 200
        with failing(replace(world, app=app), how):
            expected = 22 if how == "full" else 20  # a row may fit into a page that is there
            got = await statuses(30, app)
            assert got[429] == 30 - got[200]
            assert 20 <= got[200] <= expected
            members = await statuses(30, app, headers=world.shop)
            assert members[429] == 30 - members[200]
            assert 19 <= members[200] <= expected
            wrong = await statuses(60, app, THERE, bearer("no.key"))
            assert set(wrong) <= {200, 429}
            assert wrong[429] > 0, "what cannot be looked up is limited as well"
        clock.next_minute()
        assert await statuses(23, app) == {200: 22, 429: 1}


async def test_a_database_that_does_not_answer_in_time_is_not_waited_for(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.rate_limits._PATIENCE_SECONDS", 0.01)
    async with apps(world, clock, requests_per_address=20) as (app,):
        async with world.store.write() as connection:
            await connection.exec_driver_sql("SELECT 1")
            assert await statuses(25, app) == {200: 20, 429: 5}, "while another writes"
        monkeypatch.setattr("api.rate_limits._PATIENCE_SECONDS", 60.0)
        await app.state.services.rates.close()
        assert (await ask(app)).status_code == 200, "the lease came through"


# Any order, any number of processes

LIMITS = st.integers(1, 40)
ACTS = st.lists(st.tuples(st.integers(0, 2), st.sampled_from("abc"), st.integers(1, 12)), max_size=30)


@pytest.fixture(scope="module")
def shared(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[asyncio.Runner, Store, LedgerId, Clock]]:
    """One database for all examples, each in minutes of its own."""
    directory: Path = tmp_path_factory.mktemp("rates")
    store = open_store(f"sqlite+aiosqlite:///{directory}/doorstep.db")

    async def prepare() -> LedgerId:
        await migrate(store)
        async with store.write() as connection:
            return await register_ledger(connection, LEDGER)

    with asyncio.Runner() as runner:
        yield runner, store, runner.run(prepare()), Clock(1_800_000_000)
        runner.run(store.close())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    limit=LIMITS,
    processes=st.integers(1, 3),
    minutes=st.lists(ACTS, min_size=1, max_size=3),
    together=st.booleans(),
)
def test_over_processes_a_caller_gets_its_limit_and_at_most_a_portion_for_each(
    shared: tuple[asyncio.Runner, Store, LedgerId, Clock],
    limit: int,
    processes: int,
    minutes: list[list[tuple[int, str, int]]],
    together: bool,
) -> None:
    runner, store, ledger_id, clock = shared
    limits = RateLimits(key=1, address=limit, invalid=1)
    portion = max(1, limit // PORTIONS)

    async def run() -> None:
        made = [RateLimiter(store, ledger_id, limits, clock) for _ in range(processes)]
        for acts in minutes:
            clock.next_minute()
            admitted: Counter[str] = Counter()
            refused: set[str] = set()

            for process, caller, count in acts:
                asked = [made[(process + number) % processes].admit(caller, None) for number in range(count)]
                answers = await asyncio.gather(*asked) if together else [await one for one in asked]
                admitted[caller] += answers.count(None)
                if any(answers):
                    refused.add(caller)
            for caller, got in admitted.items():
                assert got <= limit + processes * portion
                assert caller not in refused or got >= limit

    runner.run(run())
