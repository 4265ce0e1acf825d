"""Erasing over HTTP: who may, what goes, what stays, and what is said while a reader holds the log."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from api.erasures import endpoints
from chain_client.domain.ids import to_hex
from tests.api.test_reading import outsider, problem
from tests.api.world import Link, World
from tests.vault.test_purge import found_in

RECORD = {"order": "order-unheard-of-0815"}
EVIDENCE = {"note": "handed to a neighbour named Wolfeschlegel"}
COMMENT = {"comment": "My dog is called Rex and bites"}
WAYBILL = "WB-unheard-of-4711"
TEXTS = {
    "waybill": WAYBILL,
    "record": RECORD["order"],
    "evidence": EVIDENCE["note"],
    "content": COMMENT["comment"],
}


async def told(world: World) -> Link:
    """A delivery with a text of every kind."""
    link = await world.open(WAYBILL, record=RECORD)
    assert (await world.report(link, "delivered", evidence=EVIDENCE)).status_code == 202
    body = world.signed(link, content=COMMENT)
    assert (await world.http.post("/v1/feedback", json=body)).status_code == 202
    await world.settle()
    return link


def path_of(link: Link, tail: str = "") -> str:
    return f"/v1/deliveries/{to_hex(link.delivery_id)}{tail}"


def still_there(directory: Path) -> set[str]:
    return {kind for kind, needle in TEXTS.items() if found_in(directory, needle.encode())}


def who(answer: httpx.Response) -> list[tuple[str, str, int | None]]:
    return [(one["kind"], one["erased_by"], one["member"]) for one in answer.json()["erasures"]]


async def test_the_shipper_erases_everything(world: World, tmp_path: Path) -> None:
    link = await told(world)
    assert still_there(tmp_path) == set(TEXTS)
    shipper = world.chain.shipper.number
    answer = await world.http.delete(path_of(link), headers=world.shop)
    assert (answer.status_code, answer.json()["status"], answer.json()["erased"]) == (200, "erased", 4)
    assert sorted(who(answer)) == [(kind, "member", shipper) for kind in sorted(TEXTS)]
    assert all(one["gone_at"] for one in answer.json()["erasures"])
    assert still_there(tmp_path) == set()
    again = await world.http.delete(path_of(link), headers=world.shop)
    assert (again.status_code, again.json()["erased"]) == (200, 0)
    assert who(again) == who(answer)
    shown = (await world.http.get(path_of(link), headers=world.shop)).json()
    assert (shown["waybill"], shown["record"], shown["outcome"]) == (None, None, "delivered")
    entries = (await world.http.get(path_of(link, "/history"), headers=link.token)).json()["entries"]
    assert [one["document"] and one["document"]["erased"] for one in entries] == [True, True, True]


async def test_an_erased_waybill_opened_again_is_a_new_delivery(world: World) -> None:
    link = await told(world)
    await world.http.delete(path_of(link), headers=world.shop)
    second = await world.open(WAYBILL, record=RECORD)
    assert second.delivery_id != link.delivery_id
    listed = await world.http.get("/v1/deliveries", params={"waybill": WAYBILL}, headers=world.shop)
    assert [one["delivery_id"] for one in listed.json()["deliveries"]] == [to_hex(second.delivery_id)]


async def test_what_is_accepted_and_not_on_chain_yet_can_be_erased(world: World, tmp_path: Path) -> None:
    body: dict[str, Any] = {
        "waybill": WAYBILL,
        "carrier": world.chain.carrier.number,
        "promised_by": world.later(86_400),
        "record": RECORD,
    }
    link = world.link((await world.http.post("/v1/deliveries", json=body, headers=world.shop)).json()["link"])
    answer = await world.http.delete(path_of(link), headers=world.shop)
    assert (answer.status_code, answer.json()["erased"]) == (200, 2)
    assert still_there(tmp_path) == set()
    await world.settle()
    assert (await world.http.get(path_of(link), headers=world.shop)).status_code == 200


async def test_the_carrier_erases_its_evidence_and_nothing_else(world: World, tmp_path: Path) -> None:
    link = await told(world)
    answer = await world.http.delete(path_of(link, "/evidence"), headers=world.van)
    assert (answer.status_code, answer.json()["erased"]) == (200, 1)
    assert who(answer) == [("evidence", "member", world.chain.carrier.number)]
    assert still_there(tmp_path) == {"waybill", "record", "content"}


async def test_the_recipient_erases_comments_and_nothing_else(world: World, tmp_path: Path) -> None:
    link = await told(world)
    answer = await world.http.delete(path_of(link, "/content"), headers=link.token)
    assert (answer.status_code, answer.json()["erased"]) == (200, 1)
    assert who(answer) == [("content", "recipient", None)]
    assert still_there(tmp_path) == {"waybill", "record", "evidence"}


async def test_others_erase_nothing_and_learn_nothing(world: World, tmp_path: Path) -> None:
    link = await told(world)
    stranger = await outsider(world)
    nobody = Link(link.delivery_id, bytes(32)).token
    for tail in ("", "/evidence"):
        problem(await world.http.delete(path_of(link, tail)), 401)
        problem(await world.http.delete(path_of(link, tail), headers=link.token), 401)
        for headers in (stranger, world.judge, world.shop if tail else world.van):
            problem(await world.http.delete(path_of(link, tail), headers=headers), 404, "not-found")
    problem(await world.http.get(path_of(link, "/erasures")), 401)
    for headers in (stranger, world.judge, nobody):
        problem(await world.http.get(path_of(link, "/erasures"), headers=headers), 404, "not-found")
    nowhere = f"/v1/deliveries/0x{world.chain.shipper.number:04x}{'ee' * 30}"
    problem(await world.http.delete(nowhere, headers=world.shop), 404, "not-found")
    problem(await world.http.delete("/v1/deliveries/7", headers=world.shop), 422)
    assert still_there(tmp_path) == set(TEXTS)
    for headers in (world.shop, world.van, link.token):
        none = await world.http.get(path_of(link, "/erasures"), headers=headers)
        assert none.json() == {"status": "none", "held_by": [], "erasures": []}


async def test_while_a_reader_holds_the_log_it_is_erasing_and_says_who(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoints, "_PATIENCE", 0.2)
    link = await told(world)
    async with world.store.read("a long report") as reading:
        await reading.execute(text("SELECT count(*) FROM documents"))
        answer = await world.http.delete(path_of(link), headers=world.shop)
        assert (answer.status_code, answer.json()["status"], answer.json()["erased"]) == (202, "erasing", 4)
        assert [one["gone_at"] for one in answer.json()["erasures"]] == [None] * 4
        while not (found := await world.http.get(path_of(link, "/erasures"), headers=world.shop)).json()[
            "held_by"
        ]:
            await asyncio.sleep(0.01)
        assert (found.status_code, found.json()["status"]) == (202, "erasing")
        status = (await world.http.get("/v1/status")).json()["erasing"]
        assert (status["texts"], status["held_by"]) == (4, found.json()["held_by"])
        assert status["oldest"]
        shown = (await world.http.get(path_of(link), headers=world.shop)).json()
        assert (shown["waybill"], shown["record"]) == (None, None), "it is erased for every reader at once"
    while (found := await world.http.get(path_of(link, "/erasures"), headers=world.shop)).status_code == 202:
        await asyncio.sleep(0.01)
    assert (found.status_code, found.json()["status"], found.json()["held_by"]) == (200, "erased", [])
    assert still_there(tmp_path) == set()
    status = (await world.http.get("/v1/status")).json()["erasing"]
    assert status == {"texts": 0, "oldest": None, "held_by": []}


async def test_a_link_s_sealed_secret_leaves_the_files_when_its_token_is_replaced(
    world: World, tmp_path: Path
) -> None:
    link = await world.delivered()
    async with world.store.read() as connection:
        sealed = (await connection.execute(text("SELECT sealed_secret FROM waybills"))).scalar_one()
    assert found_in(tmp_path, sealed)
    own = await world.taken_over(link)
    answer = await world.http.put(path_of(link, "/read-token"), json=world.read_token(own))
    assert answer.json() == {"replaced": True}
    async with asyncio.timeout(60):
        while found_in(tmp_path, sealed):
            await asyncio.sleep(0.01)
