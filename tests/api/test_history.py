"""The record: filters, pages, cursors over a rewind, three formats."""

from __future__ import annotations

import csv
import io
from typing import Any

import httpx
import orjson
import pytest

from api.paging import decode_cursor, encode_cursor
from chain_client.domain.errors import InvalidInput
from chain_client.domain.ids import Hash32, to_hex
from tests.api.test_submissions import problem
from tests.api.world import JSON, World


async def history(world: World, **params: Any) -> httpx.Response:
    return await world.http.get("/v1/history", params=params, headers=world.shop)


async def busy(world: World) -> None:
    """Three deliveries, two delivered, one rated: six entries."""
    first = await world.delivered("WB-1")
    await world.delivered("WB-2")
    await world.open("WB-3")
    await world.http.post("/v1/feedback", json=world.signed(first, content={"comment": "Private!"}))
    await world.settle()


async def every_page(world: World, **params: Any) -> list[JSON]:
    entries: list[JSON] = []
    cursor = None
    while True:
        page = (await history(world, **params, **({} if cursor is None else {"cursor": cursor}))).json()
        entries += page["entries"]
        cursor = page["next_cursor"]
        if cursor is None:
            return entries


async def test_pages_together_are_the_whole_record(world: World) -> None:
    await busy(world)
    whole = await every_page(world)
    kinds = ["opening", "report", "opening", "report", "opening", "feedback"]
    assert [entry["kind"] for entry in whole] == kinds
    assert whole == await every_page(world, limit=1) == await every_page(world, limit=4)
    assert whole[::-1] == await every_page(world, limit=4, order="newest")
    assert "Private!" not in str(whole)


async def test_filters_hold_together(world: World) -> None:
    await busy(world)
    whole = await every_page(world)
    assert await every_page(world, kind="report") == [whole[1], whole[3]]
    assert await every_page(world, member=world.chain.shipper.number) == whole
    assert await every_page(world, member=world.chain.reviewer.number) == []
    driver = world.chain.drivers[0]
    assert await every_page(world, driver=driver, kind="feedback") == [whole[5]]
    assert await every_page(world, from_block=whole[2]["block"], to_block=whole[3]["block"]) == whole[2:4]
    ranged = {"from": whole[1]["time"], "to": whole[4]["time"]}
    assert await every_page(world, **ranged) == whole[1:4]


async def test_a_bad_parameter_is_named(world: World) -> None:
    bad: list[tuple[str, Any]] = [
        ("from", "2026-03-01T00:00:00"),
        ("to", "tomorrow"),
        ("kind", "rumour"),
        ("member", 0),
        ("member", 70_000),
        ("driver", -1),
        ("from_block", "x"),
        ("to_block", 1 << 64),
        ("limit", 0),
        ("limit", 1001),
        ("order", "sideways"),
        ("format", "xml"),
        ("cursor", "abc"),
        ("cursor", "a" * 500),
        ("cursor", encode_cursor(1)[:-2]),
        ("cursor", encode_cursor(1 << 63)),
    ]
    for name, value in bad:
        found = problem(await history(world, **{name: value}), 422)
        assert found["errors"][0]["field"] == name, (name, value)


async def test_a_cursor_whose_block_changed_is_410(world: World) -> None:
    await world.open("WB-1")
    await world.open("WB-2")
    page = (await history(world, limit=2)).json()
    cursor = page["next_cursor"]
    assert (await history(world, limit=2, cursor=cursor)).status_code == 200
    place, block_hash = decode_cursor(cursor)
    other = encode_cursor(
        place.block_number, place.log_index, Hash32(bytes([block_hash[0] ^ 1]) + block_hash[1:])
    )
    problem(await history(world, limit=2, cursor=other), 410, "cursor-rewound")
    for chosen in ("csv", "ndjson"):
        problem(await history(world, cursor=other, format=chosen), 410)
    problem(await world.http.get("/v1/deliveries", params={"cursor": other}, headers=world.shop), 410)


async def test_the_formats_say_the_same(world: World) -> None:
    await busy(world)
    whole = await every_page(world)
    for asked in ({"format": "ndjson"}, {}):
        headers = world.shop | ({} if asked else {"accept": "text/html, application/x-ndjson;q=0.9"})
        response = await world.http.get("/v1/history", params=asked, headers=headers)
        assert response.headers["content-type"].startswith("application/x-ndjson")
        assert [orjson.loads(line) for line in response.content.splitlines()] == whole
    headers = world.shop | {"accept": "text/csv"}
    response = await world.http.get("/v1/history", headers=headers)
    assert response.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(response.text, newline="")))
    assert len(rows) == len(whole)
    for row, entry in zip(rows, whole, strict=True):
        assert row["block"] == str(entry["block"])
        assert row["head"] == entry["head"]
        assert row["outcome"] == entry["item"].get("outcome", "")
        assert row["overall"] == str(entry["item"].get("overall", ""))
        assert row["document_hash"].startswith("0x")
    problem(await world.http.get("/v1/history", headers=world.shop | {"accept": "text/html"}), 406)


async def test_pages_of_lines_carry_their_cursor_in_a_header(world: World) -> None:
    await busy(world)
    lines, cursor = [], None
    while True:
        response = await history(
            world, format="csv", limit=4, **({} if cursor is None else {"cursor": cursor})
        )
        lines += response.text.splitlines()
        cursor = response.headers.get("doorstep-next-cursor")
        if cursor is None:
            break
    assert lines == (await history(world, format="csv")).text.splitlines()


async def test_a_stream_of_many_pages_is_whole(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await busy(world)
    whole = await every_page(world)
    monkeypatch.setattr("api.history.pages._STREAM_PAGE", 2)
    for order in ("oldest", "newest"):
        lines = (await history(world, format="ndjson", order=order)).content.splitlines()
        assert [orjson.loads(line) for line in lines] == whole[:: 1 if order == "oldest" else -1]


def test_a_cursor_is_opaque_and_checked() -> None:
    cursor = encode_cursor(7, 3, Hash32(b"\x05" * 32))
    place, block_hash = decode_cursor(cursor)
    assert (place.block_number, place.log_index, block_hash) == (7, 3, b"\x05" * 32)
    for broken in ("", cursor[1:], cursor + "A", cursor[:-1] + ("A" if cursor[-1] != "A" else "B"), "é" * 60):
        with pytest.raises(InvalidInput):
            decode_cursor(broken)


async def test_a_drivers_history_is_the_records_part(world: World) -> None:
    await busy(world)
    driver = world.chain.drivers[0]
    whole = await every_page(world, driver=driver)
    own = (await world.http.get(f"/v1/drivers/{driver}/history", headers=world.van)).json()
    assert own["entries"] == whole
    assert {to_hex(bytes(32))} != {entry["head"] for entry in whole}
