"""Records the answers that the API's document shows, from a real run: `python -m tests.api.record_examples`."""

from __future__ import annotations

import asyncio
import re
import tempfile
from pathlib import Path
from typing import Any

import httpx
import orjson

import api
from chain_client.domain.ids import to_hex
from tests.api.contract import operation_of
from tests.api.world import Link, World, world_of
from tests.support.chain import Template, build, copy_of

EXAMPLES = Path(api.__file__).parent / "examples.json"


async def record() -> dict[str, Any]:
    """Return path, method, status and answer of one call of every kind."""
    made: Template = await build()
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as directory:
        async with world_of(await copy_of(made), Path(directory)) as world:
            paths = world.app.openapi()["paths"]

            async def keep(response: httpx.Response) -> None:
                await response.aread()
                path = response.request.url.path
                template = next(
                    one for one in paths if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", one), path)
                )
                method = response.request.method.lower()
                assert operation_of(world.app.openapi(), method, path)
                statuses = found.setdefault(template, {}).setdefault(method, {})
                statuses[str(response.status_code)] = response.json()

            world.http.event_hooks = {"response": [keep]}
            await call_everything(world)
    return found


async def call_everything(world: World) -> None:
    """Make the calls, the telling ones last."""
    http = world.http
    link = await world.open("WB-2026-000016", record={"parcels": 1, "service": "standard"})
    path = f"/v1/deliveries/{to_hex(link.delivery_id)}"
    await world.report(link, "delivered", evidence={"note": "handed over at the door"})
    feedback = world.signed(link, content={"comment": "Left with a smile."}, issues=1)
    intent = (await http.post("/v1/feedback", json=feedback)).json()["intent"]
    await http.post("/v1/feedback", json=world.signed(link, overall=6, revision=2))
    await world.settle()
    own = Link(link.delivery_id, b"n" * 32)
    await http.post("/v1/key-changes", json=world.key_change(link, own))
    await http.put(path + "/read-token", json=world.read_token(own))
    await world.settle()
    await http.put(path + "/read-token", json=world.read_token(own))
    await http.get(path, headers=link.token)
    carrier = world.chain.carrier.number
    good = {"waybill": "WB-2026-000017", "carrier": carrier, "promised_by": world.later(86_400)}
    late = good | {"waybill": "WB-2026-000018", "promised_by": "2026-01-01T00:00:00-03:00"}
    await http.post("/v1/deliveries", json=[good, late], headers=world.shop)
    await http.post("/v1/deliveries", json=[late], headers=world.shop)
    await http.post("/v1/deliveries", json=good | {"record": {"parcels": 2}}, headers=world.shop)
    await http.get(f"/v1/intents/{intent}")
    for tail in ("", "/history"):
        await http.get(path + tail, headers=own.token)
    await http.get("/v1/deliveries", params={"limit": 1}, headers=world.shop)
    driver = world.chain.drivers[0]
    await http.get("/v1/drivers", params={"limit": 2, "weeks": 2}, headers=world.van)
    series = {"points": 2, "days": 7}
    await http.get(f"/v1/drivers/{driver}/reputation/series", params=series, headers=world.van)
    await http.get("/v1/feedback", params={"limit": 1}, headers=world.van)
    await http.get(f"/v1/drivers/{driver}/reputation", headers=world.van)
    await http.get(f"/v1/drivers/{driver}/history", params={"limit": 1}, headers=world.van)
    await http.get(f"/v1/carriers/{carrier}/reputation", headers=world.van)
    await http.get(f"/v1/shippers/{world.chain.shipper.number}/reputation", headers=world.van)
    await http.get("/v1/history", params={"limit": 2}, headers=world.shop)
    await http.get("/v1/history", params={"from": "2026-03-01T00:00:00"}, headers=world.shop)
    await http.get("/v1/history")
    await http.delete(path + "/content", headers=own.token)
    await http.delete(path + "/evidence", headers=world.van)
    await http.delete(path, headers=world.shop)
    await http.get(path + "/erasures", headers=world.shop)
    await http.get("/v1/me", headers=world.van)
    await http.get("/v1/stream")
    for one in ("/healthz", "/readyz", "/v1/status", "/v1/ledger"):
        await http.get(one)


if __name__ == "__main__":
    EXAMPLES.write_bytes(
        orjson.dumps(asyncio.run(record()), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    )
