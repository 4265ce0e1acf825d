"""The limit on bodies, over a real socket: declared, chunked, and a hundred megabytes."""

from __future__ import annotations

import tracemalloc
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI, Request

from api import problems
from api.guard import BodyLimit, PrivateAnswers
from tests.api.support import serving

LIMIT = 100_000


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.add_middleware(BodyLimit, limit=LIMIT)
    app.add_middleware(PrivateAnswers)
    problems.install(app)

    @app.post("/length")
    async def length(request: Request) -> int:
        return len(await request.body())

    async with serving(app) as url, httpx.AsyncClient(base_url=url, timeout=30) as client:
        yield client


async def chunks(size: int, chunk: int = 65_536) -> AsyncIterator[bytes]:
    for start in range(0, size, chunk):
        yield b"x" * min(chunk, size - start)


def assert_too_large(response: httpx.Response) -> None:
    assert response.status_code == 413
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["type"] == "urn:doorstep:problem:content-too-large"
    assert str(LIMIT) in response.json()["detail"]


async def test_a_body_within_the_limit_passes(client: httpx.AsyncClient) -> None:
    response = await client.post("/length", content=b"x" * LIMIT)
    assert response.json() == LIMIT
    assert response.headers["cache-control"] == "no-store"
    assert (await client.post("/length", content=chunks(LIMIT))).json() == LIMIT


async def test_one_byte_more_is_refused(client: httpx.AsyncClient) -> None:
    assert_too_large(await client.post("/length", content=b"x" * (LIMIT + 1)))
    assert_too_large(await client.post("/length", content=chunks(LIMIT + 1)))
    assert (await client.post("/length", content=b"x")).json() == 1


@pytest.mark.parametrize("declared", [True, False])
async def test_a_hundred_megabytes_are_refused_without_being_kept(
    client: httpx.AsyncClient, declared: bool
) -> None:
    size = 100_000_000
    headers = {"content-length": str(size)} if declared else {}
    tracemalloc.start()
    try:
        assert_too_large(await client.post("/length", content=chunks(size), headers=headers))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10_000_000


async def test_an_unknown_path_and_method_are_problems_too(client: httpx.AsyncClient) -> None:
    for response, status in [(await client.get("/nowhere"), 404), (await client.put("/length"), 405)]:
        assert response.status_code == status
        assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["allow"] == "POST"
