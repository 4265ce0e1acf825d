"""One way into a data directory's network: node, ledger, database and ledger id, opened together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from chain_client.bindings.ledger import Ledger
from chain_client.rpc.errors import NodeUnavailable
from chain_client.rpc.node import Node
from chain_client.store import LedgerId, Store, open_store, register_ledger
from chain_client.store.migrate import migrate
from scripts.datadir import DataDirectory, Network


@dataclass(frozen=True, slots=True)
class OpenNetwork:
    """What a command that needs the chain and the database works on."""

    directory: DataDirectory
    network: Network
    node: Node
    ledger: Ledger
    store: Store
    ledger_id: LedgerId


def clock() -> int:
    """Return this machine's clock, Unix seconds."""
    return int(time.time())


async def connect(url: str, *, wait_seconds: float = 0.0, token: str | None = None) -> Node:
    """Connect to a node, trying again for `wait_seconds`; `token` and errors as `Node.connect`."""
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            return await Node.connect(url, token=token)
        except NodeUnavailable:
            if time.monotonic() >= deadline:
                raise
            await asyncio.sleep(0.05)


@asynccontextmanager
async def open_database(directory: DataDirectory) -> AsyncIterator[tuple[Store, LedgerId]]:
    """Open the directory's database at the newest schema, without any node; LedgerMismatch where it is another's."""
    deployment = directory.deployment()
    store = open_store(directory.database)
    try:
        await migrate(store)
        async with store.write() as connection:
            ledger_id = await register_ledger(connection, deployment.identity)
        yield store, ledger_id
    finally:
        await store.close()


@asynccontextmanager
async def open_network(
    directory: DataDirectory, *, wait_seconds: float = 0.0, drives: bool = False
) -> AsyncIterator[OpenNetwork]:
    """Open node, ledger and database; where it `drives`, the node takes orders for its clock.

    Raises NodeUnavailable (retry) where the node does not answer within `wait_seconds`, LedgerGone where it serves
    another chain than the directory's, LedgerMismatch where the database is another ledger's.
    """
    network = directory.network()
    deployment = directory.deployment()
    token = directory.devnet_token() if drives else None
    node = await connect(network.rpc, wait_seconds=wait_seconds, token=token)
    try:
        ledger = await Ledger.attach(node, deployment)
        async with open_database(directory) as (store, ledger_id):
            yield OpenNetwork(directory, network, node, ledger, store, ledger_id)
    finally:
        await node.close()
