"""Fixtures of the API's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.api.stream_reader import served
from tests.api.world import World, world_of
from tests.support.chain import SmallNetwork


@pytest.fixture
async def world(chain: SmallNetwork, tmp_path: Path) -> AsyncIterator[World]:
    """The API over a small network of this test's own."""
    async with world_of(chain, tmp_path) as made:
        yield made


@pytest.fixture
async def http(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the same API behind a real server, for answers that go on."""
    async with served(world) as client:
        yield client


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let heartbeats, and the looks at keys and tokens, come in quick succession."""
    monkeypatch.setattr("api.stream.watch.HEARTBEAT_SECONDS", 0.05)
