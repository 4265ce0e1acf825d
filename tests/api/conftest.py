"""Fixtures of the API's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.api.world import World, world_of
from tests.support.chain import SmallNetwork


@pytest.fixture
async def world(chain: SmallNetwork, tmp_path: Path) -> AsyncIterator[World]:
    """The API over a small network of this test's own."""
    async with world_of(chain, tmp_path) as made:
        yield made
