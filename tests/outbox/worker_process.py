"""A lane in a process of its own, to be killed: `python worker_process.py DATABASE URL DEPLOYMENT.json MEMBER`."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

from chain_client.bindings.deployment import Deployment
from chain_client.bindings.ledger import Ledger
from chain_client.domain.ids import MemberNumber
from chain_client.outbox.worker import Lane, LaneSettings
from chain_client.rpc.node import Node
from chain_client.store import open_store, register_ledger
from tests.support.chain import signer


async def main(database: str, url: str, deployment: str, member: str) -> None:
    store = open_store(f"sqlite+aiosqlite:///{database}")
    node = await Node.connect(url)
    ledger = await Ledger.attach(node, Deployment.from_json(json.loads(Path(deployment).read_text())))
    async with store.write() as connection:
        ledger_id = await register_ledger(connection, ledger.deployment.identity)
    lane = Lane(
        store, node, ledger, ledger_id, signer("shipper"), MemberNumber(int(member)), lambda: int(time.time()),
        LaneSettings(max_batch=5, lease=1, poll=0.01, receipt_poll=0.005, unable_poll=0.05),
    )  # fmt: skip
    await lane.run(asyncio.Event(), lambda: None)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
