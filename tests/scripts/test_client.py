"""The API's client: what is retried, what is an answer, and what is an error."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest

from chain_client.domain.errors import Forbidden, InvalidInput
from scripts.client import Api, ApiRefused, ApiUnavailable

Answer = Callable[[httpx.Request], httpx.Response]


def _api(answer: Answer, patience: float = 0.0, waiting: Callable[[str], None] | None = None) -> Api:
    return Api("http://api", patience=patience, waiting=waiting, transport=httpx.MockTransport(answer))


def _problem(status: int, **more: object) -> httpx.Response:
    return httpx.Response(status, json={"title": "Title", "detail": "what is wrong", **more})


async def test_post_returns_refused_items_as_answers() -> None:
    items = [{"index": 0, "status": "refused"}]
    async with _api(lambda _: _problem(422, items=items)) as api:
        assert await api.post("/v1/reports", [{}]) == items


async def test_call_waits_for_an_api_that_comes_back() -> None:
    said: list[str] = []
    left = [
        httpx.ConnectError("refused"),
        _problem(503),
        _problem(429),
        httpx.Response(200, json={"fine": True}),
    ]

    def answer(_: httpx.Request) -> httpx.Response:
        one = left.pop(0)
        if isinstance(one, Exception):
            raise one
        return one

    async with _api(answer, 60.0, said.append) as api:
        assert await api.get("/v1/status") == {"fine": True}
    assert len(said) == 1, "an outage is said once"


async def test_call_gives_up_when_its_patience_ends() -> None:
    async with _api(lambda _: _problem(503)) as api:
        with pytest.raises(ApiUnavailable, match="what is wrong"):
            await api.get("/v1/status")


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, Forbidden), (403, Forbidden), (422, InvalidInput), (404, ApiRefused), (410, ApiRefused)],
)
async def test_call_does_not_repeat_what_cannot_get_better(status: int, error: type[Exception]) -> None:
    asked = 0

    def answer(_: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        return _problem(status)

    async with _api(answer, 60.0) as api:
        with pytest.raises(error, match="what is wrong"):
            await api.get("/v1/drivers/1/reputation")
    assert asked == 1


async def test_lines_yields_each_document() -> None:
    text = "".join(json.dumps({"n": n}) + "\n" for n in range(3))
    async with _api(lambda _: httpx.Response(200, text=text)) as api:
        assert [one["n"] async for one in api.lines("/v1/history", format="ndjson")] == [0, 1, 2]


async def test_lines_raises_what_the_api_says() -> None:
    async with _api(lambda _: _problem(401)) as api:
        with pytest.raises(Forbidden):
            assert [one async for one in api.lines("/v1/history")] == []
