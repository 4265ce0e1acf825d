"""Whatever is sent, no answer is a 500: bodies, parameters and headers nobody wrote by hand."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chain_client.domain.ids import to_hex
from tests.api.world import Link, World, world_of
from tests.support.chain import Template, copy_of

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(1 << 70), 1 << 70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(
        ["0x", "0x" + "00" * 20, "0x" + "ff" * 32, "0x" + "00" * 64, "2026-03-02T00:00:00Z", "delivered"]
    )
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = {
    "/v1/deliveries": (
        "waybill",
        "carrier",
        "promised_by",
        "record",
        "recipient_key",
        "read_token_hash",
        "salt",
    ),
    "/v1/reports": ("delivery_id", "outcome", "driver", "occurred_at", "evidence", "key"),
    "/v1/feedback": (
        *("delivery_id", "driver", "overall", "timeliness", "packaging", "professionalism", "accuracy"),
        *("issues", "content_hash", "revision", "signature", "content", "salt"),
    ),
    "/v1/key-changes": ("delivery_id", "new_key", "signature"),
}


@pytest.fixture(scope="module")
def runner() -> Any:
    with asyncio.Runner() as made:
        yield made


@pytest.fixture(scope="module")
def known(runner: asyncio.Runner, chain_template: Template, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """One world for all examples, with a delivery that mutations can start from."""
    directory: Path = tmp_path_factory.mktemp("fuzz")

    async def enter() -> tuple[Any, World, Link]:
        context = world_of(await copy_of(chain_template), directory)
        world = await context.__aenter__()
        return context, world, await world.delivered()

    context, world, link = runner.run(enter())
    yield world, link
    runner.run(context.__aexit__(None, None, None))


def start(world: World, link: Link, path: str) -> dict[str, Any]:
    if path == "/v1/deliveries":
        return {"waybill": "F", "carrier": world.chain.carrier.number, "promised_by": world.later(86_400)}
    if path == "/v1/reports":
        return {
            "delivery_id": to_hex(link.delivery_id),
            "outcome": 1,
            "driver": 1,
            "occurred_at": world.later(-1),
        }
    if path == "/v1/feedback":
        return world.signed(link, content={"comment": "x"})
    return world.key_change(link, Link(link.delivery_id, b"n" * 32))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_item_makes_a_500(known: tuple[World, Link], runner: asyncio.Runner, data: st.DataObject) -> None:
    world, link = known
    path = data.draw(st.sampled_from(sorted(FIELDS)))
    body = start(world, link, path)
    names = st.sampled_from(FIELDS[path]) | st.text(max_size=8)
    body |= data.draw(st.dictionaries(names, VALUES, max_size=3))
    for name in data.draw(st.lists(st.sampled_from(FIELDS[path]), max_size=2)):
        body.pop(name, None)
    content: Any = data.draw(st.sampled_from([body, [body], [body, data.draw(VALUES)]]))
    raw = json.dumps(content).encode()
    headers = {"content-type": "application/json"} | (world.shop if path == "/v1/deliveries" else world.van)
    response = runner.run(world.http.post(path, content=raw, headers=headers))
    assert response.status_code in (200, 202, 400, 409, 422), response.text


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_read_token_makes_a_500(
    known: tuple[World, Link], runner: asyncio.Runner, data: st.DataObject
) -> None:
    world, link = known
    path = f"/v1/deliveries/{data.draw(st.sampled_from([to_hex(link.delivery_id), '0x' + '00' * 32, '7']))}"
    body = world.read_token(link)
    names = st.sampled_from(["token_hash", "signature"]) | st.text(max_size=8)
    body |= data.draw(st.dictionaries(names, VALUES, max_size=3))
    response = runner.run(
        world.http.put(f"{path}/read-token", json=data.draw(st.sampled_from([body, [body]])))
    )
    assert response.status_code in (404, 409, 422), response.text


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=200), media_type=st.sampled_from(["application/json", "text/plain", ""]))
def test_no_body_makes_a_500(
    known: tuple[World, Link], runner: asyncio.Runner, raw: bytes, media_type: str
) -> None:
    world, _ = known
    response = runner.run(world.http.post("/v1/feedback", content=raw, headers={"content-type": media_type}))
    assert response.status_code in (202, 400, 415, 422)


PARAMETERS = (
    "member",
    "driver",
    "kind",
    "delivery",
    "tx",
    "from",
    "to",
    "from_block",
    "to_block",
    "order",
    "format",
    "limit",
    "cursor",
)
WORDS = (
    st.text(max_size=12)
    | st.integers(-(1 << 70), 1 << 70).map(str)
    | st.sampled_from(["2026-03-01T00:00:00Z", "csv"])
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(params=st.dictionaries(st.sampled_from(PARAMETERS), WORDS, max_size=3), tail=WORDS)
def test_no_parameter_makes_a_500(
    known: tuple[World, Link], runner: asyncio.Runner, params: dict[str, str], tail: str
) -> None:
    world, _ = known
    response = runner.run(world.http.get("/v1/history", params=params, headers=world.judge))
    assert response.status_code in (200, 422), response.text
    # A stream that begins would not end here: under a token that is nobody's every good one is refused.
    nobodys = {"Doorstep-Read-Token": "A" * 43, "Last-Event-ID": quote(tail)}
    response = runner.run(world.http.get("/v1/stream", params=params | {"after": tail}, headers=nobodys))
    assert response.status_code in (404, 422), response.text
    path = "/v1/drivers/" + quote(tail, safe="") + "/reputation"
    response = runner.run(world.http.get(path, params={"as_of": tail, "policy": tail}, headers=world.judge))
    assert response.status_code in (404, 422), response.text
