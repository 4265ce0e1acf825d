"""One network for all tests; each test leaves it as it found it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from ledger_world import World


@pytest.fixture(scope="session")
def network() -> World:
    return World()


@pytest.fixture
def world(network: World) -> Iterator[World]:
    before = network.chain.snapshot()
    yield network
    network.chain.restore(before)
