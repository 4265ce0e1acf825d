"""Who may read what: parties, reviewers, the recipient, members, and everyone else."""

from __future__ import annotations

from pathlib import Path

from chain_client.bindings import admin
from chain_client.domain.ids import to_hex
from chain_client.domain.records import Role
from chain_client.vault import api_keys
from tests.api.test_submissions import problem
from tests.api.world import Link, World, world_of
from tests.support.chain import SmallNetwork, signer


async def outsider(world: World) -> dict[str, str]:
    """A carrier that has nothing to do with anything here."""
    number = await admin.register_member(
        world.chain.ledger, world.chain.admin, "another", Role.CARRIER, signer("another").address
    )
    await world.settle()
    async with world.store.write() as connection:
        key = await api_keys.create(connection, world.ledger_id, number, 0)
    return {"Authorization": f"Bearer {key}"}


async def test_strangers_cannot_tell_a_delivery_of_others_from_none(world: World) -> None:
    link = await world.delivered()
    stranger = await outsider(world)
    wrong_token = Link(link.delivery_id, bytes(32)).token
    for tail in ("", "/history"):
        there = f"/v1/deliveries/{to_hex(link.delivery_id)}{tail}"
        nowhere = f"/v1/deliveries/0x0001{'ee' * 30}{tail}"
        for headers in (stranger, wrong_token):
            one = problem(await world.http.get(there, headers=headers), 404, "not-found")
            other = problem(await world.http.get(nowhere, headers=headers), 404, "not-found")
            assert {**one, "instance": ""} == {**other, "instance": ""}
        problem(await world.http.get(there), 401)
        problem(await world.http.get(there, headers={"Doorstep-Read-Token": "short"}), 401)
    problem(await world.http.get("/v1/deliveries/0x12", headers=world.shop), 422)


async def test_its_parties_are_told_that_a_delivery_is_not_on_chain_yet(world: World) -> None:
    body = {"waybill": "W", "carrier": world.chain.carrier.number, "promised_by": world.later(86_400)}
    delivery_id = (await world.http.post("/v1/deliveries", json=body, headers=world.shop)).json()[
        "delivery_id"
    ]
    path = f"/v1/deliveries/{delivery_id}"
    problem(await world.http.get(path, headers=world.shop), 404, "not-on-chain-yet")
    problem(await world.http.get(path, headers=world.van), 404, "not-found")


async def test_a_member_lists_its_own_deliveries_newest_first(world: World) -> None:
    links = [await world.open(f"WB-{number}") for number in range(3)]
    stranger = await outsider(world)
    assert (await world.http.get("/v1/deliveries", headers=stranger)).json()["deliveries"] == []
    seen, cursor = [], None
    for _ in range(2):
        params = {"limit": "2"} | ({} if cursor is None else {"cursor": cursor})
        page = (await world.http.get("/v1/deliveries", params=params, headers=world.shop)).json()
        seen += [(one["delivery_id"], one["waybill"]) for one in page["deliveries"]]
        cursor = page["next_cursor"]
    assert cursor is None
    assert seen == [(to_hex(link.delivery_id), f"WB-{n}") for n, link in reversed(list(enumerate(links)))]
    carried = (await world.http.get("/v1/deliveries", headers=world.van)).json()["deliveries"]
    assert [one["waybill"] for one in carried] == [None] * 3


async def test_the_recipient_erases_a_comment_for_good(world: World) -> None:
    link = await world.delivered(record={"parcels": 1})
    body = world.signed(link, content={"comment": "My dog is called Rex."})
    assert (await world.http.post("/v1/feedback", json=body)).status_code == 202
    await world.settle()
    path = f"/v1/deliveries/{to_hex(link.delivery_id)}"
    problem(await world.http.delete(path + "/content"), 401)
    problem(await world.http.delete(path + "/content", headers=world.shop), 401)
    problem(await world.http.delete(path + "/content", headers=Link(link.delivery_id, bytes(32)).token), 404)
    for erased in (1, 0):
        answer = await world.http.delete(path + "/content", headers=link.token)
        assert (answer.status_code, answer.json()["erased"], answer.json()["status"]) == (
            200,
            erased,
            "erased",
        )
    history = await world.http.get(path + "/history", headers=world.van)
    assert history.json()["entries"][-1]["document"] == {"content": None, "salt": None, "erased": True}
    assert (await world.http.get(path, headers=world.shop)).json()["record"] == {"parcels": 1}
    again = await world.http.post("/v1/feedback", json=body)
    assert again.status_code == 200
    assert "Rex" not in (await world.http.get(path + "/history", headers=world.van)).text


async def test_an_intent_is_its_members(world: World) -> None:
    body = {"waybill": "W", "carrier": world.chain.carrier.number, "promised_by": world.later(86_400)}
    intent = (await world.http.post("/v1/deliveries", json=body, headers=world.shop)).json()["intent"]
    path = f"/v1/intents/{intent}"
    found = await world.http.get(path, headers=world.shop)
    assert (found.json()["state"], found.json()["kind"]) == ("accepted", "opening")
    problem(await world.http.get(path, headers=world.van), 404)
    problem(await world.http.get(path), 404)
    problem(await world.http.get(f"/v1/intents/0x{'00' * 16}", headers=world.shop), 404)
    problem(await world.http.get("/v1/intents/7", headers=world.shop), 422)


async def test_a_rejected_intent_says_why(world: World) -> None:
    # Accepted against what was known, then overtaken: the carrier's driver reports from elsewhere first.
    link = await world.open()
    report = {
        "delivery_id": to_hex(link.delivery_id),
        "outcome": "out_for_delivery",
        "driver": world.chain.drivers[0],
        "occurred_at": world.later(-1),
    }
    intent = (await world.http.post("/v1/reports", json=report, headers=world.van)).json()["intent"]
    world.chain.provider.advance(8 * 86_400)
    world.chain.provider.mine()
    await world.settle()
    found = (await world.http.get(f"/v1/intents/{intent}", headers=world.van)).json()
    assert (found["state"], found["reason"]) == ("rejected", 24)
    assert found["detail"]
    assert found["on_chain"] is not None


async def test_figures_are_the_carriers_and_the_reviewers(world: World) -> None:
    link = await world.delivered()
    await world.http.post("/v1/feedback", json=world.signed(link))
    await world.settle()
    stranger = await outsider(world)
    driver = world.chain.drivers[0]
    for tail in ("reputation", "history"):
        path = f"/v1/drivers/{driver}/{tail}"
        problem(await world.http.get(path), 401)
        for headers in (stranger, world.shop):
            problem(await world.http.get(path, headers=headers), 404)
        for headers in (world.van, world.judge):
            assert (await world.http.get(path, headers=headers)).status_code == 200
        problem(await world.http.get(f"/v1/drivers/999/{tail}", headers=world.judge), 404)
        problem(await world.http.get(f"/v1/drivers/0/{tail}", headers=world.judge), 422)
        problem(await world.http.get(f"/v1/drivers/x/{tail}", headers=world.judge), 422)
    problem(await world.http.get("/v1/drivers"), 401)
    mine = (await world.http.get("/v1/drivers", headers=world.van)).json()["drivers"]
    assert [one["driver"] for one in mine] == list(world.chain.drivers)
    assert (await world.http.get("/v1/drivers", headers=stranger)).json()["drivers"] == []
    others = await world.http.get("/v1/drivers", params={"carrier": 2}, headers=stranger)
    assert others.json()["drivers"] == []


async def test_public_figures_need_no_key_and_private_text_still_does(
    chain: SmallNetwork, tmp_path: Path
) -> None:
    async with world_of(chain, tmp_path, public_reputations=True) as world:
        link = await world.delivered()
        await world.http.post("/v1/feedback", json=world.signed(link))
        await world.settle()
        drivers, cursor = [], None
        while True:
            params = {"limit": "2", "with_reputation": "true"} | (
                {} if cursor is None else {"cursor": cursor}
            )
            page = (await world.http.get("/v1/drivers", params=params)).json()
            drivers += page["drivers"]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert [one["driver"] for one in drivers] == list(chain.drivers)
        found = (await world.http.get(f"/v1/drivers/{chain.drivers[0]}/reputation")).json()
        assert found["driver"] == chain.drivers[0]
        assert found["counts"]["feedback"] == 1
        assert found["counts"]["overall_5"] == 1
        assert found["standing"] == "insufficient"
        assert found["reasons"]
        assert drivers[0]["reputation"] == found
        for kind, number in (("carriers", chain.carrier.number), ("shippers", chain.shipper.number)):
            answer = (await world.http.get(f"/v1/{kind}/{number}/reputation")).json()
            assert answer[kind[:-1]] == number
            assert answer["counts"]["feedback"] == 1
            problem(await world.http.get(f"/v1/{kind}/777/reputation"), 404)
        problem(await world.http.get("/v1/history"), 401)
        problem(await world.http.get(f"/v1/deliveries/{to_hex(link.delivery_id)}"), 401)


async def test_a_reputation_is_of_an_instant_and_a_policy(world: World) -> None:
    link = await world.delivered()
    await world.http.post("/v1/feedback", json=world.signed(link))
    await world.settle()
    path = f"/v1/drivers/{world.chain.drivers[0]}/reputation"
    before = await world.http.get(path, params={"as_of": "2026-02-01T00:00:00Z"}, headers=world.van)
    assert before.json()["counts"]["feedback"] == 0
    later = await world.http.get(path, params={"as_of": "2026-04-01T00:00:00+02:00"}, headers=world.van)
    assert later.json()["as_of"] == "2026-03-31T22:00:00Z"
    for params in ({"as_of": "2026-04-01T00:00:00"}, {"as_of": "today"}, {"policy": "2"}, {"policy": "x"}):
        found = problem(await world.http.get(path, params=params, headers=world.van), 422)
        assert found["errors"][0]["field"] == next(iter(params))
