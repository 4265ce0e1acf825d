"""GET /v1/feedback and the filters of GET /v1/deliveries: who sees what, page by page."""

from __future__ import annotations

from typing import Any

import pytest

from chain_client.domain.ids import to_hex
from chain_client.indexer import search
from tests.api.test_reading import outsider
from tests.api.test_submissions import opening, problem
from tests.api.world import JSON, Link, World


async def rate(world: World, link: Link, **values: Any) -> None:
    response = await world.http.post("/v1/feedback", json=world.signed(link, **values))
    assert response.status_code == 202, response.text
    await world.settle()


async def feedback(world: World, headers: dict[str, str], **params: Any) -> list[JSON]:
    found: list[JSON] = []
    cursor = None
    while True:
        asked = params if cursor is None else {**params, "cursor": cursor}
        response = await world.http.get("/v1/feedback", params=asked, headers=headers)
        assert response.status_code == 200, response.text
        found += response.json()["feedback"]
        cursor = response.json()["next_cursor"]
        if cursor is None:
            return found


async def told(world: World) -> list[Link]:
    """Three deliveries rated: well, badly and then better, and well with an issue."""
    links = [await world.delivered(f"WB-{number}") for number in range(3)]
    await rate(world, links[0], content={"comment": "Thank you!"})
    await rate(world, links[1], overall=1, content={"comment": "Where is it?"})
    await rate(world, links[2], issues=1 << 9)
    await rate(world, links[1], overall=4, revision=2)
    return links


async def test_parties_read_the_feedback_on_their_deliveries_with_its_comments(world: World) -> None:
    links = await told(world)
    for headers in (world.shop, world.van):
        found = await feedback(world, headers)
        assert [one["delivery_id"] for one in found] == [
            to_hex(links[number].delivery_id) for number in (1, 2, 1, 0)
        ]
        assert [one["item"]["overall"] for one in found] == [4, 5, 1, 5]
        assert [one["serious"] for one in found] == [False, True, True, False]
        assert [one["superseded"] for one in found] == [False, False, True, False]
        assert [one["document"] and one["document"]["content"]["comment"] for one in found] == [
            None,
            None,
            "Where is it?",
            "Thank you!",
        ]
        assert await feedback(world, headers, limit=1) == found
        assert await feedback(world, headers, serious=True, limit=1) == found[1:3]
        assert await feedback(world, headers, delivery=to_hex(links[1].delivery_id)) == [found[0], found[2]]
        assert await feedback(world, headers, driver=world.chain.drivers[0]) == found
        assert await feedback(world, headers, driver=world.chain.drivers[1]) == []


async def test_who_is_no_party_reads_no_comment(world: World) -> None:
    links = await told(world)
    seen = await feedback(world, world.judge)
    assert len(seen) == 4
    assert {one["document"] for one in seen} == {None}
    stranger = await outsider(world)
    assert await feedback(world, stranger) == []
    assert await feedback(world, stranger, delivery=to_hex(links[0].delivery_id)) == []
    problem(await world.http.get("/v1/feedback"), 401)
    problem(await world.http.get("/v1/feedback", headers=links[0].token), 401)


async def test_what_the_recipient_took_back_or_erased_shows_so(world: World) -> None:
    link = await world.delivered()
    await rate(world, link, content={"comment": "My dog is called Rex."})
    await rate(world, link, overall=0, timeliness=0, revision=2)
    await world.http.delete(f"/v1/deliveries/{to_hex(link.delivery_id)}/content", headers=link.token)
    last, first = await feedback(world, world.van)
    assert (last["withdrawn"], last["superseded"], last["document"]) == (True, False, None)
    assert (first["withdrawn"], first["superseded"]) == (False, True)
    assert first["document"] == {"content": None, "salt": None, "erased": True}


async def test_a_page_may_be_empty_and_lead_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await told(world)
    whole = await feedback(world, world.van, serious=True)
    monkeypatch.setattr(search, "SCANNED", 1)
    response = await world.http.get("/v1/feedback", params={"serious": True}, headers=world.van)
    assert response.json()["feedback"] == []
    assert response.json()["next_cursor"]
    assert await feedback(world, world.van, serious=True) == whole


async def test_a_bad_parameter_is_named(world: World) -> None:
    for path, params in (
        ("/v1/feedback", {"delivery": "0x12"}),
        ("/v1/feedback", {"driver": -1}),
        ("/v1/feedback", {"serious": "perhaps"}),
        ("/v1/feedback", {"cursor": "abc"}),
        ("/v1/feedback", {"limit": 1001}),
        ("/v1/deliveries", {"outcome": "vanished"}),
        ("/v1/deliveries", {"driver": 1 << 32}),
        ("/v1/deliveries", {"id": "0x123"}),
        ("/v1/deliveries", {"id": "zzzz"}),
        ("/v1/deliveries", {"id": "0" * 65}),
        ("/v1/deliveries", {"waybill": "w" * 201}),
    ):
        found = problem(await world.http.get(path, params=params, headers=world.van), 422)
        assert found["errors"][0]["field"] == next(iter(params)), (path, params)


async def deliveries(world: World, headers: dict[str, str], **params: Any) -> list[str]:
    found: list[str] = []
    cursor = None
    while True:
        asked = params if cursor is None else {**params, "cursor": cursor}
        page = (await world.http.get("/v1/deliveries", params=asked, headers=headers)).json()
        found += [one["delivery_id"] for one in page["deliveries"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


async def test_deliveries_are_found_by_outcome_driver_id_and_waybill(world: World) -> None:
    opened = await world.open("WB-0")
    first = await world.delivered("WB-1")
    second = await world.open("WB-2")
    await world.report(second, "attempted", driver=world.chain.drivers[1])
    await world.report(second, "delivered", driver=world.chain.drivers[2])
    await world.taken_over(first)
    zero, one, two = (to_hex(link.delivery_id) for link in (opened, first, second))
    shop, van = world.shop, world.van
    for headers in (shop, van):
        assert await deliveries(world, headers) == [two, one, zero]
        assert await deliveries(world, headers, outcome="delivered", limit=1) == [two, one]
        assert await deliveries(world, headers, outcome="opened") == [zero]
        assert await deliveries(world, headers, outcome="attempted") == []
        assert await deliveries(world, headers, driver=world.chain.drivers[0]) == [one]
        for number in (1, 2):
            assert await deliveries(world, headers, driver=world.chain.drivers[number]) == [two]
        assert await deliveries(world, headers, driver=0) == [zero]
        for length in (6, 7, 13, 66):
            assert await deliveries(world, headers, id=one[:length]) == [
                each for each in (two, one, zero) if each.startswith(one[:length])
            ]
        assert await deliveries(world, headers, id=one[2:].upper()) == [one]
        assert await deliveries(world, headers, id="ffff") == []
        assert await deliveries(world, headers, id=one, outcome="opened") == []
    assert await deliveries(world, shop, waybill="WB-1") == [one]
    assert await deliveries(world, shop, waybill="WB-1", id=two) == []
    assert await deliveries(world, shop, waybill="WB") == []
    assert await deliveries(world, van, waybill="WB-1") == [], "a waybill is its shipper's"
    assert await deliveries(world, await outsider(world), id=one) == []
    await world.http.post("/v1/deliveries", json=opening(world, "WB-3"), headers=shop)
    assert await deliveries(world, shop, waybill="WB-3") == [], "not on chain yet"
