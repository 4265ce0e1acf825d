"""A database file of its own for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chain_client.store import LedgerId, Store
from tests.outbox.things import ledger_store


@pytest.fixture
async def stored(tmp_path: Path) -> AsyncIterator[tuple[Store, LedgerId]]:
    async with ledger_store(tmp_path / "doorstep.db") as pair:
        yield pair
