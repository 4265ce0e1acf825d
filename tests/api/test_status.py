"""What is said about the service itself, when things go well and when they do not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import update

from api.app import create_app
from api.settings import Settings
from chain_client.domain.ids import to_hex
from chain_client.store import LedgerMismatch
from chain_client.store.tables import cursors
from tests.api.test_submissions import opening, problem
from tests.api.world import World


async def test_status_names_chain_ledger_and_what_waits(world: World) -> None:
    await world.http.post("/v1/deliveries", json=opening(world), headers=world.shop)
    status = (await world.http.get("/v1/status")).json()
    identity = world.settings.identity
    assert status["ready"] is True
    assert status["chain_id"] == identity.chain_id
    assert status["genesis_hash"] == to_hex(identity.genesis_hash)
    assert status["ledger"] == to_hex(identity.address)
    assert status["head_block"] == status["indexed_block"]
    assert status["lag"] == 0
    assert status["waiting"]["intents"] == 1
    assert status["waiting"]["oldest_seconds"] == 0
    assert status["engine"]
    await world.settle()
    assert (await world.http.get("/v1/status")).json()["waiting"] == {
        "intents": 0,
        "oldest": None,
        "oldest_seconds": None,
    }


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"head_number": 1000}, "blocks behind"),
        ({"observed_at": 0}, "has not looked"),
        ({"halted": "a final block changed"}, "a final block changed"),
    ],
)
async def test_not_caught_up_is_not_ready_and_says_why(
    world: World, values: dict[str, object], words: str
) -> None:
    assert (await world.http.get("/readyz")).json()["status"] == "ready"
    async with world.store.write() as connection:
        await connection.execute(update(cursors).values(**values))
    response = await world.http.get("/readyz")
    assert words in problem(response, 503, "not-ready")["detail"]
    assert int(response.headers["retry-after"]) > 0
    assert (await world.http.get("/healthz")).json() == {"status": "ok"}
    status = (await world.http.get("/v1/status")).json()
    assert (status["ready"], words in status["not_ready_because"]) == (False, True)
    if "halted" in values:
        response = await world.http.post("/v1/deliveries", json=opening(world), headers=world.shop)
        problem(response, 503, "index-not-ready")
        assert response.headers["retry-after"]


async def test_before_the_worker_ever_ran_nothing_is_ready_and_status_still_answers(world: World) -> None:
    async with world.store.write() as connection:
        await connection.execute(cursors.delete())
    problem(await world.http.get("/readyz"), 503, "not-ready")
    status = (await world.http.get("/v1/status")).json()
    assert (status["ready"], status["indexed_block"], status["engine"]) == (False, None, None)
    problem(await world.http.get("/v1/carriers/2/reputation", headers=world.van), 503, "index-empty")


async def test_ledger_gives_what_a_page_signs_with(world: World) -> None:
    ledger = (await world.http.get("/v1/ledger")).json()
    assert ledger["domain"]["chainId"] == world.settings.identity.chain_id
    assert ledger["types"]["KeyChange"] == [
        {"type": "bytes32", "name": "deliveryId"},
        {"type": "address", "name": "newKey"},
    ]
    assert ledger["relay"] == to_hex(world.chain.relay.address)
    assert [member["roles"] for member in ledger["members"]] == [["shipper"], ["carrier"], ["reviewer"]]
    assert ledger["issues"]["no_communication"] == 1 << 10


async def test_a_database_of_another_ledger_stops_the_start(world: World) -> None:
    identity = replace(world.settings.identity, genesis_hash=b"\x01" * 32)
    app = create_app(replace(world.settings, identity=identity))
    with pytest.raises(LedgerMismatch):
        async with app.router.lifespan_context(app):
            pass


async def test_a_lost_database_is_503_and_says_nothing_of_it(world: World, tmp_path: Path) -> None:
    settings: Settings = replace(world.settings, database="sqlite+aiosqlite:////nowhere/at/all.db")
    world.app.state.services = replace(
        world.app.state.services, store=create_store(settings.database), settings=settings
    )
    response = await world.http.get("/v1/status")
    assert "nowhere" not in response.text
    assert "unable to open" not in response.text, "the database's own words are not for outsiders"
    problem(response, 503, "database-unavailable")


def create_store(url: str) -> object:
    from chain_client.store import open_store

    return open_store(url)


async def test_an_unexpected_error_is_a_500_that_tells_nothing(world: World) -> None:
    world.app.state.services = None
    response = await world.http.get("/v1/status")
    problem(response, 500, "internal-error")
    assert "NoneType" not in response.text
    assert response.headers["cache-control"] == "no-store"


async def test_every_answer_keeps_out_of_caches(world: World) -> None:
    for path in ("/healthz", "/v1/status", "/nowhere"):
        headers = (await world.http.get(path)).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in headers


async def test_pages_of_named_origins_may_call(world: World) -> None:
    app = create_app(replace(world.settings, cors_origins=("https://shop.example",)))
    import httpx

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api") as http:
        for origin, allowed in (
            ("https://shop.example", "https://shop.example"),
            ("https://evil.example", None),
        ):
            headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
            response = await http.options("/v1/feedback", headers=headers)
            assert response.headers.get("access-control-allow-origin") == allowed
