"""Who may open a stream, and how one ends whose key or token is no longer good."""

from __future__ import annotations

from pathlib import Path

import httpx

from chain_client.domain.ids import to_hex
from chain_client.vault import api_keys
from tests.api.stream_reader import reading, served
from tests.api.world import World, world_of
from tests.support.chain import SmallNetwork


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
