"""A client of the live stream, and what its tests share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import orjson
from fastapi import FastAPI

from api.app import create_app
from tests.api.support import serving
from tests.api.world import JSON, World

SECONDS = 20


@dataclass(frozen=True)
class Event:
    name: str
    id: str | None
    data: Any


@asynccontextmanager
async def served(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """The same database behind a server, as a second process of the API would be."""
    app = create_app(world.settings, clock=world.clock)
    async with serving(app) as url, httpx.AsyncClient(base_url=url, timeout=SECONDS) as http:
        yield http


async def events(response: httpx.Response) -> AsyncIterator[Event]:
    assert response.status_code == 200, await response.aread()
    fields: dict[str, str] = {}
    async for line in response.aiter_lines():
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "data" in fields:
            yield Event(fields["event"], fields.get("id"), orjson.loads(fields["data"]))
            fields = {}


class Reader:
    """A client that reads a stream event by event."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._events = events(response)

    async def next(self) -> Event:
        async with asyncio.timeout(SECONDS):
            return await anext(self._events)

    async def some(self, count: int) -> list[Event]:
        return [await self.next() for _ in range(count)]

    async def ended(self) -> bool:
        async with asyncio.timeout(SECONDS):
            return [event async for event in self._events] == []


@asynccontextmanager
async def reading(
    http: httpx.AsyncClient, headers: dict[str, str], last: str | None = None, **params: Any
) -> AsyncIterator[Reader]:
    sent = headers if last is None else headers | {"Last-Event-ID": last}
    async with http.stream("GET", "/v1/stream", params=params, headers=sent) as response:
        yield Reader(response)


async def whole(world: World, **params: Any) -> list[JSON]:
    response = await world.http.get("/v1/history", params={"limit": 1000} | params, headers=world.shop)
    entries: list[JSON] = response.json()["entries"]
    return entries


async def until(condition: Any, what: str) -> None:
    async with asyncio.timeout(SECONDS):
        while not condition():
            await asyncio.sleep(0.01)
    assert condition(), what


def bells(app: FastAPI) -> set[Any]:
    found: set[Any] = app.state.services.streams._bells
    return found
