"""A house of its own for every test, on a database migrated once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chain_client.store import migrate, open_store
from tests.intake.paper import House


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("intake") / "empty.db"

    async def make() -> None:
        store = open_store(f"sqlite+aiosqlite:///{path}")
        await migrate(store)
        await store.close()

    asyncio.run(make())
    return path.read_bytes()


@pytest.fixture
async def house(empty_database: bytes, tmp_path: Path) -> AsyncIterator[House]:
    path = tmp_path / "doorstep.db"
    path.write_bytes(empty_database)
    store = open_store(f"sqlite+aiosqlite:///{path}")
    yield await House.of(store)
    await store.close()
