"""Real processes, really killed: the node, and the worker, in the middle of sending."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest
from doorstep_devnet.testing import spawn_devnet

from chain_client.bindings import admin
from chain_client.bindings.ledger import Ledger
from chain_client.domain.records import Role
from chain_client.outbox.records import NewIntent
from chain_client.rpc.node import Node
from tests.outbox.lane_world import DAY, World
from tests.outbox.things import ledger_store
from tests.support.chain import SmallNetwork, enroll, signer

ROOT = Path(__file__).resolve().parents[2]
GENESIS = 1_772_323_200


class Devnet:
    """The local chain as a process of its own, always on the same port and data."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._port = 0
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        self._process, self._port = await asyncio.to_thread(
            spawn_devnet, self._data, self._port, "--genesis-time", str(GENESIS), "--no-sync"
        )

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.communicate()


class RealWorld(World):
    """As `World`, on the devnet and by the machine's clock."""

    @property
    def promise(self) -> int:
        return GENESIS + 300 * DAY

    async def until(self, recorded: int, seconds: float = 60.0) -> None:
        """Wait until as many items are recorded."""
        async with asyncio.timeout(seconds):
            while (await self.counts())["recorded"] < recorded:
                await asyncio.sleep(0.005)


@pytest.fixture
async def devnet(tmp_path: Path) -> AsyncIterator[Devnet]:
    devnet = Devnet(tmp_path / "chain")
    await devnet.start()
    yield devnet
    devnet.kill()


@pytest.fixture
async def real(tmp_path: Path, devnet: Devnet) -> AsyncIterator[RealWorld]:
    node = await Node.connect(devnet.url)
    deployer = signer("admin")
    deployment = await admin.deploy(node, deployer)
    (tmp_path / "deployment.json").write_text(json.dumps(deployment.to_json()))
    ledger = await Ledger.attach(node, deployment)
    parties = []
    for name, role in (("shipper", Role.SHIPPER), ("carrier", Role.CARRIER)):
        parties.append(await enroll(ledger, deployer, name, role))
    shipper, carrier = parties
    chain = SmallNetwork(
        cast(Any, None), node, ledger, deployer, shipper, carrier, carrier, (), signer("relay")
    )
    async with ledger_store(tmp_path / "doorstep.db", deployment.identity) as (store, ledger_id):
        world = RealWorld(chain, store, ledger_id)
        world.now = int(time.time())
        yield world
    await node.close()


def start_worker(tmp_path: Path, devnet: Devnet, world: World) -> subprocess.Popen[bytes]:
    script = Path(__file__).with_name("worker_process.py")
    arguments = (
        tmp_path / "doorstep.db",
        devnet.url,
        tmp_path / "deployment.json",
        world.chain.shipper.number,
    )
    return subprocess.Popen(
        [sys.executable, str(script), *map(str, arguments)], env={**os.environ, "PYTHONPATH": str(ROOT)}
    )


async def test_a_worker_killed_over_and_over_records_every_item_once(
    tmp_path: Path, devnet: Devnet, real: RealWorld
) -> None:
    new: list[NewIntent] = real.openings(*range(60))
    await real.submit(*new)
    for recorded in (1, 31, 60):
        worker = start_worker(tmp_path, devnet, real)
        try:
            await real.until(recorded)
        finally:
            worker.kill()
            worker.wait()
    await real.check_recorded_once(new)


async def test_a_node_killed_over_and_over_loses_no_item(devnet: Devnet, real: RealWorld) -> None:
    new = real.openings(*range(60))
    await real.submit(*new)
    stop = asyncio.Event()
    lane = real.shipper_lane(max_batch=5, receipt_poll=0.005, longest_backoff=0.2)
    task = asyncio.create_task(lane.run(stop, lambda: None))
    try:
        for recorded in (1, 31):
            await real.until(recorded)
            devnet.kill()
            await devnet.start()
        await real.until(60)
    finally:
        stop.set()
        await task
    await real.check_recorded_once(new)
