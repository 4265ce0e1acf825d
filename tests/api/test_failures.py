"""A database that fails is 503 with `Retry-After`, whatever was asked, and readiness says which failure it is."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import event

from chain_client.domain.ids import to_hex
from chain_client.store import Store
from tests.api.test_submissions import opening, problem
from tests.api.world import Link, World


@contextmanager
def pragma(store: Store, begin: str, end: str) -> Iterator[None]:
    """Have every connection of the store begin with a pragma, until left."""
    pool = store.engine.sync_engine.pool
    words = [begin]

    def prepare(connection: Any, *_: object) -> None:
        cursor = connection.cursor()
        cursor.execute(words[0])
        cursor.close()

    event.listen(pool, "checkout", prepare)
    try:
        yield
    finally:
        words[0] = end


@contextmanager
def failing(world: World, how: str) -> Iterator[None]:
    store = world.app.state.services.store
    path = Path(str(store.engine.url.database))
    match how:
        case "full":
            # No page more than there are; what fits into them would still be stored.
            fill(path)
            with pragma(store, "PRAGMA max_page_count = 1", "PRAGMA max_page_count = 1073741823"):
                yield
        case "read-only":
            with pragma(store, "PRAGMA query_only = ON", "PRAGMA query_only = OFF"):
                yield
        case "locked":
            holder = sqlite3.connect(path, isolation_level=None)
            holder.execute("BEGIN IMMEDIATE")
            with pragma(store, "PRAGMA busy_timeout = 1", "PRAGMA busy_timeout = 30000"):
                yield
            holder.execute("ROLLBACK")
            holder.close()
        case "gone":
            kept = path.rename(path.with_suffix(".kept"))
            yield
            kept.rename(path)


def fill(path: Path) -> None:
    """Leave no free page, and little room in any: every table's next row needs a page."""
    connection = sqlite3.connect(path)
    connection.execute("VACUUM")
    connection.close()


async def send(world: World, link: Link, what: str) -> httpx.Response:
    match what:
        case "deliveries":
            several = [opening(world, f"WB-{number}", record={"note": "x" * 900}) for number in range(40)]
            return await world.http.post("/v1/deliveries", json=several, headers=world.shop)
        case "reports":
            body = {
                "delivery_id": to_hex(link.delivery_id), "outcome": "attempted",
                "driver": world.chain.drivers[0], "occurred_at": world.later(-1), "evidence": {"note": "y" * 9000},
            }  # fmt: skip
            return await world.http.post("/v1/reports", json=body, headers=world.van)
        case "feedback":
            body = world.signed(link, content={"comment": "z" * 9000})
            return await world.http.post("/v1/feedback", json=body)
    body = world.key_change(link, Link(link.delivery_id, b"n" * 32))
    return await world.http.post("/v1/key-changes", json=body)


@pytest.mark.parametrize("how", ["full", "read-only", "locked", "gone"])
async def test_whatever_is_sent_to_a_database_that_fails_is_kept_by_its_sender(
    world: World, how: str
) -> None:
    link, other = await world.delivered("A"), await world.open("B")
    with failing(world, how):
        for what in ("deliveries", "reports", "feedback", "key-changes"):
            if how == "full" and what == "key-changes":
                continue  # it may fit into a page that is there
            response = await send(world, other if what == "reports" else link, what)
            found = problem(response, 503, "database-unavailable")
            assert found["cause"] == how, what
            assert int(response.headers["retry-after"]) > 0
            assert "sqlite" not in response.text.lower()
    for what in ("deliveries", "reports", "feedback"):
        response = await send(world, other if what == "reports" else link, what)
        assert response.status_code == 202, f"{what} sent again: {response.text}"


@pytest.mark.parametrize("how", ["read-only", "locked"])
async def test_a_database_that_cannot_store_is_not_ready_and_says_so(world: World, how: str) -> None:
    world.chain.provider.advance(10)  # the worker could not note that it saw the node
    with failing(world, how):
        response = await world.http.get("/readyz")
        found = problem(response, 503, "not-ready")
        (stop,) = found["writing"]
        assert stop["cause"] == ("database-read-only" if how == "read-only" else "database-unavailable")
        assert "doorstep status" in stop["remedy"]
        status = (await world.http.get("/v1/status")).json()
        assert (status["ready"], status["writing"]) == (False, [stop])
    assert (await world.http.get("/readyz")).status_code == 200


async def test_a_database_that_is_gone_is_not_ready(world: World) -> None:
    with failing(world, "gone"):
        problem(await world.http.get("/readyz"), 503, "database-unavailable")
    assert (await world.http.get("/readyz")).status_code == 200


async def test_a_broken_store_is_no_refusal_either(world: World) -> None:
    """A page keeps what it has on every 5xx; so every 5xx says when to come again."""
    world.app.state.services = None
    response = await world.http.get("/v1/status")
    assert response.status_code == 500
    assert int(response.headers["retry-after"]) > 0
