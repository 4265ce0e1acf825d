"""A database file of its own for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chain_client.store import LedgerId, Store
from tests.outbox.lane_world import World
from tests.outbox.things import ledger_store
from tests.support.chain import SmallNetwork


@pytest.fixture
async def stored(tmp_path: Path) -> AsyncIterator[tuple[Store, LedgerId]]:
    async with ledger_store(tmp_path / "doorstep.db") as pair:
        yield pair


@pytest.fixture
async def world(tmp_path: Path, chain: SmallNetwork) -> AsyncIterator[World]:
    identity = chain.ledger.deployment.identity
    async with ledger_store(tmp_path / "doorstep.db", identity) as (store, ledger_id):
        yield World(chain, store, ledger_id)
