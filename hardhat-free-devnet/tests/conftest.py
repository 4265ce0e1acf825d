from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from doorstep_devnet.testing import RpcClient, running_devnet

sys.path.insert(0, str(Path(__file__).parent))

from probes import GENESIS, Sender


@pytest.fixture
async def devnet() -> AsyncIterator[RpcClient]:
    """A driven chain, so that nothing waits for the clock."""
    async with running_devnet(genesis_time=GENESIS) as client:
        yield client


@pytest.fixture
def sender(devnet: RpcClient) -> Sender:
    return Sender(devnet)
