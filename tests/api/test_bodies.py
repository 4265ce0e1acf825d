"""Bodies are bounded before work is spent on them, and kept exactly as they were sent."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from typing import Any

import pytest

from api import bodies
from chain_client.domain.ids import to_hex
from chain_client.intake import MAX_DOCUMENT, checks
from tests.api.test_submissions import opening, problem
from tests.api.world import JSON, Link, World

HEADERS = {"content-type": "application/json"}


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many bytes were parsed, items validated, and documents written canonically."""
    counted: Counter[str] = Counter()

    def read_json(raw: bytes, real: Any = bodies.read_json) -> Any:
        counted["parsed"] += len(raw)
        return real(raw)

    def refusal(error: Any, real: Any = bodies._refusal) -> Any:
        counted["faults"] += error.error_count()
        return real(error)

    def canonical_json(document: Any, real: Any = checks.canonical_json) -> bytes:
        counted["written"] += 1
        return bytes(real(document))

    monkeypatch.setattr(bodies, "read_json", read_json)
    monkeypatch.setattr(bodies, "_refusal", refusal)
    monkeypatch.setattr(checks, "canonical_json", canonical_json)
    return counted


def many(kind: str, size: int) -> bytes:
    """A JSON value of about `size` bytes that is costly to build."""
    match kind:
        case "objects":
            return b"[" + b"{}," * (size // 3) + b"{}]"
        case "numbers":
            return b"[" + b"1," * (size // 2) + b"1]"
        case "names":
            return b"{" + b",".join(b'"n%06d":1' % n for n in range(size // 12)) + b"}"
        case "deep":
            return b"[" * (size // 2) + b"]" * (size // 2)
        case _:
            return b'"' + b"," * size + b'"'


KINDS = ("objects", "numbers", "names", "deep", "text")
SIZE = 4_000_000


def item_with(world: World, link: Link, path: str, document: bytes) -> bytes:
    """A well-formed item whose document is `document`."""
    match path:
        case "/v1/deliveries":
            item, name = opening(world), "record"
        case "/v1/reports":
            item, name = {"delivery_id": to_hex(link.delivery_id), "outcome": 3}, "evidence"
            item |= {"driver": world.chain.drivers[0], "occurred_at": world.later(-1)}
        case _:
            item, name = world.signed(link, content={}), "content"
    item.pop("content", None)
    return json.dumps(item).encode()[:-1] + b', "%b": {"a": %b}}' % (name.encode(), document)


def whose(world: World, path: str) -> dict[str, str]:
    return {"/v1/deliveries": world.shop, "/v1/reports": world.van}.get(path, {})


@pytest.mark.parametrize("path", ["/v1/deliveries", "/v1/reports", "/v1/feedback"])
async def test_a_large_document_is_refused_before_it_is_parsed(
    world: World, done: Counter[str], path: str
) -> None:
    link = await world.open()
    for kind in KINDS:
        raw = item_with(world, link, path, many(kind, SIZE))
        done.clear()
        for content in (raw, b"[" + raw + b"]"):
            response = await world.http.post(path, content=content, headers=HEADERS | whose(world, path))
            assert response.status_code in (400, 413, 422), (kind, response.text)
            assert len(response.content) < 2_000
        assert not done, kind


@pytest.mark.parametrize("path", ["/v1/deliveries", "/v1/reports", "/v1/feedback"])
async def test_a_document_that_is_too_long_is_refused_before_it_is_written(
    world: World, done: Counter[str], path: str
) -> None:
    link = await world.open()
    done.clear()
    for kind in ("objects", "numbers", "names", "text"):
        raw = item_with(world, link, path, many(kind, 5 * MAX_DOCUMENT))
        response = await world.http.post(path, content=raw, headers=HEADERS | whose(world, path))
        assert str(MAX_DOCUMENT) in problem(response, 422, "refused")["detail"], kind
    assert done["parsed"] < 4 * 6 * MAX_DOCUMENT
    assert not done["written"]


async def test_unknown_fields_are_counted_before_they_are_looked_at(world: World, done: Counter[str]) -> None:
    for raw in (many("names", 3000), b"[" + many("names", 3000) + b"]", many("names", 30_000)):
        response = await world.http.post("/v1/feedback", content=raw, headers=HEADERS)
        assert "fields, which no item has" in problem(response, 422)["detail"]
    assert not done["faults"]
    response = await world.http.post("/v1/feedback", json={"x" * 10_000: 1})
    assert len(problem(response, 422)["detail"]) < 1_000


@pytest.mark.parametrize("kind", KINDS)
async def test_small_items_are_refused_by_their_size(world: World, done: Counter[str], kind: str) -> None:
    link = await world.open()
    done.clear()
    change = json.dumps(world.key_change(link, Link(link.delivery_id, b"n" * 32))).encode()
    token = json.dumps(world.read_token(link)).encode()
    for size in (5_000, SIZE):
        for method, path, item in (
            ("POST", "/v1/key-changes", change),
            ("PUT", f"/v1/deliveries/{to_hex(link.delivery_id)}/read-token", token),
        ):
            raw = item[:-1] + b', "more": ' + many(kind, size) + b"}"
            response = await world.http.request(method, path, content=raw, headers=HEADERS)
            assert response.status_code in (400, 413, 422)
    assert not done


async def test_a_list_of_very_many_items_is_refused_before_it_is_split(
    world: World, done: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "split_list", None)
    for kind in ("objects", "numbers"):
        response = await world.http.post("/v1/feedback", content=many(kind, SIZE), headers=HEADERS)
        problem(response, 413, "content-too-large")
    assert not done


async def test_malformed_items_do_not_take_the_write_lock(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = await world.open()
    change = world.key_change(link, Link(link.delivery_id, b"n" * 32))
    monkeypatch.setattr(type(world.store), "write", None)  # a call would fail, and be a 500
    cases: list[tuple[str, JSON, dict[str, str]]] = [
        ("/v1/key-changes", change | {"signature": "0x" + "ff" * 64}, {}),
        ("/v1/key-changes", change | {"new_key": "0x00"}, {}),
        ("/v1/feedback", world.signed(link) | {"signature": "0x" + "ff" * 64}, {}),
        ("/v1/deliveries", opening(world, ""), world.shop),
        ("/v1/reports", {"delivery_id": to_hex(link.delivery_id), "outcome": 1, "key": "",
                         "occurred_at": world.later(-1)}, world.van),
    ]  # fmt: skip
    for path, item, headers in cases:
        for body in (item, [item, item]):
            problem(await world.http.post(path, json=body, headers=headers), 422)


async def test_a_document_is_kept_as_sent_or_refused(world: World) -> None:
    link = await world.delivered("WB-0")
    cases: list[tuple[str, int, str]] = [
        ('{"tracking": 9400111899223100001234}', 422, "send it as text"),
        ('{"tracking": [{"n": -9007199254740992}]}', 422, "tracking[0].n"),
        ('{"tracking": 9007199254740992}', 422, "send it as text"),
        ('{"tracking": 1e16}', 422, "send it as text"),
        ('{"tracking": 1, "tracking": 1}', 400, "'tracking' twice"),
        ('{"tracking": "\\ud800"}', 400, "\\ud800"),
        ('{"tracking": 0.10000000000000000001}', 400, "0.10000000000000000001"),
        ('{"tracking": 1e400}', 400, "1e400"),
    ]
    for path in ("/v1/deliveries", "/v1/reports", "/v1/feedback"):
        for document, status, words in cases:
            raw = item_with(world, link, path, document.encode())
            if path == "/v1/feedback":
                raw = raw[:-1] + b', "salt": "0x%b"}' % (b"11" * 32) if b'"salt"' not in raw else raw
            for content in (raw, b"[" + raw + b"]"):
                response = await world.http.post(path, content=content, headers=HEADERS | whose(world, path))
                assert words in problem(response, status)["detail"], (path, document, response.text)
    kept = {"tracking": "9400111899223100001234", "weight": 1.5, "parts": 9007199254740991}
    one = await world.open("WB-1", record=kept)
    shown = await world.http.get(f"/v1/deliveries/{to_hex(one.delivery_id)}", headers=world.shop)
    assert shown.json()["record"] == kept


async def test_a_name_twice_in_an_item_is_400_and_named(world: World) -> None:
    response = await world.http.post("/v1/feedback", content=b'[{}, {"a": 1, "a": 2}]', headers=HEADERS)
    found = problem(response, 400, "malformed-json")
    assert found["errors"][0]["field"] == "a"
    assert found["position"] == 18


ENCODED = [
    (gzip.compress(b"{}"), {}),
    (gzip.compress(b"{}"), {"content-encoding": "gzip"}),
    (b"{}", {"content-encoding": "br"}),
    ("{}".encode("utf-16"), {}),
    ("{}".encode("utf-16-le"), {}),
    ("{}".encode("utf-16-be"), {}),
    ("{}".encode("utf-32"), {}),
    ("{}".encode("utf-16"), {"content-type": "application/json; charset=utf-16"}),
    (b"{}", {"content-type": "application/json; charset=iso-8859-1"}),
]


@pytest.mark.parametrize(("raw", "headers"), ENCODED)
async def test_another_encoding_is_415(world: World, raw: bytes, headers: dict[str, str]) -> None:
    response = await world.http.post("/v1/feedback", content=raw, headers=HEADERS | headers)
    problem(response, 415, "unsupported-media-type")
    assert response.headers["accept-encoding"] == "identity"
    plain = await world.http.post(
        "/v1/feedback", content=b"{}", headers={"content-type": 'application/json;charset="UTF-8"'}
    )
    problem(plain, 422)


async def test_large_lists_are_read_like_small_ones(world: World) -> None:
    items = [opening(world, f"WB-{number}", record={"text": "x" * 100}) for number in range(200)]
    items[7] |= {"carrier": 99}
    items[9] |= {"colour": "red"}
    assert len(json.dumps(items)) > bodies.SMALL_BODY
    response = await world.http.post("/v1/deliveries", json=items, headers=world.shop)
    assert response.status_code == 202
    refused = {item["index"] for item in response.json()["items"] if item["status"] == "refused"}
    assert refused == {7, 9}
