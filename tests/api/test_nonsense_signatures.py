"""Whoever does not hold a delivery's key gets one answer, whatever has happened to the delivery."""

from __future__ import annotations

from typing import Any

import pytest

from chain_client.domain.ids import DriverNumber, to_hex
from chain_client.domain.records import DAY
from chain_client.domain.signatures import sign
from tests.api.world import JSON, Link, World

NONSENSE = to_hex(sign(b"\x07" * 32, b"\x09" * 32))  # type: ignore[arg-type]


async def deliveries_in_every_state(world: World) -> dict[str, Link]:
    """One delivery of each kind, the last two not indexed yet."""
    drivers = world.chain.drivers
    made = {"opened": await world.open("WB-1")}
    made["promised later"] = await world.open("WB-2", promised_by=world.later(9 * DAY))
    made["delivered"] = await world.delivered("WB-3")
    made["two drivers"] = await world.open("WB-4")
    for driver in drivers[:2]:
        assert (await world.report(made["two drivers"], "attempted", driver)).status_code == 202
    made["rated"] = await world.delivered("WB-5")
    assert (await world.http.post("/v1/feedback", json=world.signed(made["rated"]))).status_code == 202
    made["taken over"] = await world.delivered("WB-6")
    await world.taken_over(made["taken over"])
    made["rating waits"] = await world.delivered("WB-7")
    assert (await world.http.post("/v1/feedback", json=world.signed(made["rating waits"]))).status_code == 202
    body = {"waybill": "WB-8", "carrier": world.chain.carrier.number, "promised_by": world.later(DAY)}
    response = await world.http.post("/v1/deliveries", json=body, headers=world.shop)
    made["opening waits"] = world.link(response.json()["link"])
    return made


def nonsense(world: World, link: Link) -> list[tuple[str, str, JSON]]:
    """What somebody can send who knows the id alone."""
    other = Link(link.delivery_id, b"q" * 32)
    feedback: list[dict[str, Any]] = [
        {},
        {"revision": 2},
        {"revision": 200},
        {"driver": DriverNumber(0)},
        {"driver": DriverNumber(world.chain.drivers[1])},
        {"overall": 6},
        {"issues": 1 << 11},
    ]
    bodies = [("POST", "/v1/feedback", world.signed(other, **values)) for values in feedback]
    bodies += [
        ("POST", "/v1/key-changes", world.key_change(other, Link(link.delivery_id, b"r" * 32))),
        ("PUT", f"/v1/deliveries/{to_hex(link.delivery_id)}/read-token", world.read_token(other)),
    ]
    return [*bodies, *((method, path, body | {"signature": NONSENSE}) for method, path, body in bodies)]


@pytest.mark.parametrize("later", [0, 4 * DAY, 400 * DAY])
async def test_without_the_key_every_answer_is_the_same(world: World, later: int) -> None:
    made = await deliveries_in_every_state(world)
    if later:
        await world.settle()
        world.chain.provider.advance(later)
        world.chain.provider.mine()
        await world.settle()
    answers: dict[str, list[tuple[str, JSON]]] = {}
    for name, link in made.items():
        for method, path, body in nonsense(world, link):
            response = await world.http.request(method, path, json=body)
            assert response.status_code == 422, (name, response.text)
            said = response.json()
            said.pop("instance")
            answers.setdefault(path.rsplit("/", 1)[1], []).append((name, said))
    for said_of in answers.values():
        first = said_of[0][1]
        assert first["errors"][0]["field"] == "signature"
        for name, said in said_of:
            assert said == first, name
