"""A public record: everyone reads what stands on chain, and nobody's private text; and whose key a key is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chain_client.domain.ids import to_hex
from tests.api.test_submissions import problem
from tests.api.world import JSON, Link, World, world_of
from tests.support.chain import SmallNetwork


@pytest.fixture
async def public(chain: SmallNetwork, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of(chain, tmp_path, public_record=True) as made:
        yield made


async def told(world: World) -> Link:
    """A delivery with everything private that there can be."""
    link = await world.open("WB-secret", record={"note": "private record"})
    await world.report(link, "delivered", evidence={"note": "private evidence"})
    feedback = world.signed(link, content={"comment": "private comment"})
    assert (await world.http.post("/v1/feedback", json=feedback)).status_code == 202
    await world.settle()
    return link


def paths(world: World, link: Link) -> list[str]:
    delivery, driver = to_hex(link.delivery_id), world.chain.drivers[0]
    return [
        "/v1/history",
        "/v1/history?format=ndjson",
        "/v1/history?format=csv",
        f"/v1/deliveries/{delivery}",
        f"/v1/deliveries/{delivery}/history",
        "/v1/drivers",
        f"/v1/drivers/{driver}/reputation",
        f"/v1/drivers/{driver}/history",
        f"/v1/carriers/{world.chain.carrier.number}/reputation",
        f"/v1/shippers/{world.chain.shipper.number}/reputation",
    ]


@pytest.mark.parametrize("openness", [{}, {"public_reputations": True}, {"public_record": True}])
async def test_the_document_says_where_nobody_needs_a_key(
    chain: SmallNetwork, tmp_path: Path, openness: dict[str, bool]
) -> None:
    async with world_of(chain, tmp_path, **openness) as world:
        await world.settle()
        for path, methods in world.app.openapi()["paths"].items():
            if "get" not in methods or "security" not in methods["get"]:
                continue
            filled = path
            for parameter in methods["get"].get("parameters", ()):
                if parameter["in"] == "path":
                    value = str(parameter["schema"]["examples"][0])
                    filled = filled.replace(f"{{{parameter['name']}}}", value)
            # Whether a stranger comes in is looked at first: this stream then ends before it begins.
            query = "?after=x" if path == "/v1/stream" else ""
            response = await world.http.get(filled + query)
            assert (response.status_code == 401) == ({} not in methods["get"]["security"]), path


async def test_strangers_read_what_is_on_chain_and_no_private_text(public: World) -> None:
    link = await told(public)
    for path in paths(public, link):
        response = await public.http.get(path)
        assert response.status_code == 200, path
        assert "private" not in response.text, path
        assert "WB-secret" not in response.text, path
    delivery = (await public.http.get(f"/v1/deliveries/{to_hex(link.delivery_id)}")).json()
    assert (delivery["outcome"], delivery["waybill"], delivery["record"]) == ("delivered", None, None)
    for where in ("/v1/status", "/v1/ledger"):
        assert (await public.http.get(where)).json()["public_record"] is True
    assert (await public.http.get("/v1/status")).json()["public_reputations"] is True


async def test_members_who_are_no_party_read_as_strangers_do(public: World, tmp_path: Path) -> None:
    link = await told(public)
    response = await public.http.get(
        f"/v1/deliveries/{to_hex(link.delivery_id)}/history", headers=public.judge
    )
    assert "private" not in response.text
    own = await public.http.get(f"/v1/deliveries/{to_hex(link.delivery_id)}/history", headers=link.token)
    assert "private comment" in own.text, "a party sees it as ever"


async def test_what_is_a_members_own_stays_so(public: World) -> None:
    link = await told(public)
    path = f"/v1/deliveries/{to_hex(link.delivery_id)}"
    problem(await public.http.get("/v1/deliveries"), 401)
    problem(await public.http.delete(f"{path}/content"), 401)
    for tail in ("", "/history"):
        wrong = Link(link.delivery_id, bytes(32)).token
        problem(await public.http.get(path + tail, headers=wrong), 404, "not-found")
        problem(await public.http.get(path + tail, headers={"Authorization": "Bearer a.b"}), 401)
    problem(await public.http.get(f"/v1/deliveries/0x0001{'ee' * 30}"), 404, "not-found")


async def test_where_the_record_is_not_public_strangers_read_nothing(world: World) -> None:
    link = await told(world)
    for path in paths(world, link):
        problem(await world.http.get(path), 401)
    for where in ("/v1/status", "/v1/ledger"):
        assert (await world.http.get(where)).json()["public_record"] is False


async def test_a_stranger_finds_entries_by_every_filter(public: World) -> None:
    first, second = await told(public), await public.delivered("WB-2")
    whole = (await public.http.get("/v1/history")).json()["entries"]
    assert len(whole) == 5

    async def found(**params: object) -> list[JSON]:
        entries: list[JSON] = []
        cursor: JSON = {}
        while True:
            page = (await public.http.get("/v1/history", params={"limit": 1, **params, **cursor})).json()
            entries += page["entries"]
            if page["next_cursor"] is None:
                return entries
            cursor = {"cursor": page["next_cursor"]}

    for filters, expected in [
        ({"delivery": to_hex(first.delivery_id)}, whole[:3]),
        ({"delivery": to_hex(second.delivery_id), "kind": "report"}, whole[4:]),
        ({"delivery": "0x" + "00" * 32}, []),
        ({"tx": whole[1]["tx_hash"]}, whole[1:2]),
        ({"tx": whole[1]["tx_hash"], "kind": "opening"}, []),
        ({"tx": "0x" + "11" * 32}, []),
        ({"driver": public.chain.drivers[0]}, [whole[1], whole[2], whole[4]]),
        ({"member": public.chain.shipper.number, "kind": "feedback"}, whole[2:3]),
        ({"from_block": whole[1]["block"], "to_block": whole[3]["block"]}, whole[1:4]),
    ]:
        assert await found(**filters) == expected, filters
    for name in ("delivery", "tx"):
        for value in ("0x12", "zz" * 32, ""):
            wrong = problem(await public.http.get("/v1/history", params={name: value}), 422)
            assert wrong["errors"][0]["field"] == name


async def test_a_batch_is_found_whole_by_its_transaction(world: World) -> None:
    body = [
        {"waybill": f"W{n}", "carrier": world.chain.carrier.number, "promised_by": world.later(86_400)}
        for n in range(5)
    ]
    await world.http.post("/v1/deliveries", json=body, headers=world.shop)
    await world.settle()
    whole = (await world.http.get("/v1/history", headers=world.shop)).json()["entries"]
    params = {"tx": whole[0]["tx_hash"]}
    found = (await world.http.get("/v1/history", params=params, headers=world.shop)).json()["entries"]
    assert len(found) == 5
    assert found == whole


async def test_a_key_says_whose_it_is(world: World) -> None:
    for headers, number, name, roles in [
        (world.shop, world.chain.shipper.number, "the shipper", ["shipper"]),
        (world.van, world.chain.carrier.number, "the carrier", ["carrier"]),
        (world.judge, world.chain.reviewer.number, "the reviewer", ["reviewer"]),
    ]:
        answer = (await world.http.get("/v1/me", headers=headers)).json()
        assert answer == {"member": number, "name": name, "roles": roles}
    problem(await world.http.get("/v1/me"), 401)
    problem(await world.http.get("/v1/me", headers={"Authorization": "Bearer no.key"}), 401)
