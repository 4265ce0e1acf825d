"""Every room in one process: eth-tester for a node, the worker's tasks, and the API over ASGI."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from fastapi import FastAPI

from api.app import create_app
from chain_client.bindings import admin
from chain_client.bindings.ledger import Ledger
from chain_client.rpc.node import Node
from chain_client.store import open_store, register_ledger
from chain_client.store.migrate import migrate
from scripts.client import Api
from scripts.datadir import ADMIN, DataDirectory, Network
from scripts.network import OpenNetwork
from scripts.serve import settings_of
from scripts.worker import work
from tests.support.tester import TesterProvider


@dataclass
class Everything:
    """A network at work, with a data directory."""

    provider: TesterProvider
    net: OpenNetwork
    app: FastAPI

    def transport(self) -> httpx.AsyncBaseTransport:
        return httpx.ASGITransport(app=self.app)

    def api(self) -> Api:
        return Api("http://api", patience=10.0, transport=self.transport())


@asynccontextmanager
async def everything(path: Path, genesis_time: int) -> AsyncIterator[Everything]:
    """Deploy, and run worker and API until left."""
    provider = TesterProvider(genesis_time=genesis_time)

    def set_time(moment: int) -> int:
        provider.time = moment
        return 0

    provider.answers["evm_setTime"] = set_time
    node = await Node.over(provider)
    directory = DataDirectory(path)
    directory.create(Network(8000, "http://127.0.0.1:8545", public=False))
    deployment = await admin.deploy(node, directory.signer(ADMIN))
    directory.write_network(Network(8000, "http://127.0.0.1:8545", public=False, deployment=deployment))
    ledger = await Ledger.attach(node, deployment)
    store = open_store(directory.database)
    await migrate(store)
    async with store.write() as connection:
        ledger_id = await register_ledger(connection, deployment.identity)
    net = OpenNetwork(directory, directory.network(), node, ledger, store, ledger_id)
    app = create_app(settings_of(directory, 8000, public=False))
    stop = asyncio.Event()
    try:
        async with app.router.lifespan_context(app), asyncio.TaskGroup() as tasks:
            # In a group, so that a worker that fails ends the test at once, with its own error.
            tasks.create_task(work(net, stop))
            yield Everything(provider, net, app)
            stop.set()
    finally:
        await store.close()
        await node.close()
