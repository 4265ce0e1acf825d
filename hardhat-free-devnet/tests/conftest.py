from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from doorstep_devnet.chain_store import ChainStore
from doorstep_devnet.config import DevnetConfig
from doorstep_devnet.node import Node
from doorstep_devnet.testing import RpcClient, running_devnet

sys.path.insert(0, str(Path(__file__).parent))

from probes import GENESIS, Sender


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChainStore]:
    """An empty chain, without a server."""
    node = Node(DevnetConfig(tmp_path_factory.mktemp("chain"), genesis_time=GENESIS, sync=False))
    yield node.store
    node.close()


@pytest.fixture
async def devnet() -> AsyncIterator[RpcClient]:
    """A driven chain, so that nothing waits for the clock."""
    async with running_devnet(genesis_time=GENESIS) as client:
        yield client


@pytest.fixture
def sender(devnet: RpcClient) -> Sender:
    return Sender(devnet)
