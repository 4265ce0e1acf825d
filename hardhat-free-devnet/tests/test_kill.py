"""SIGKILL at any moment loses no receipt ever given, and the chain goes on from where it was."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

import httpx
import pytest
from doorstep_devnet.testing import RpcClient, spawn_devnet
from probes import GENESIS, Sender, logger, word

ROUNDS = 5


async def _work(sender: Sender, log: str, given: dict[str, dict[str, Any]]) -> None:
    """Send without end, keeping every receipt the node gives, until the node is gone."""
    while True:
        sender.nonce = int(await sender.client.rpc("eth_getTransactionCount", sender.address, "pending"), 16)
        hashes = [await sender.send(to=log, data=word(sender.nonce) + b"x" * 200) for _ in range(3)]
        for tx_hash in hashes:
            receipt = await sender.client.rpc("eth_getTransactionReceipt", tx_hash)
            if receipt is not None:
                given[tx_hash] = receipt


@pytest.mark.slow
async def test_no_receipt_is_lost_by_killing_the_node(tmp_path: Path) -> None:
    chance = random.Random(20260)
    given: dict[str, dict[str, Any]] = {}
    log = ""
    for turn in range(ROUNDS):
        arguments = ("--genesis-time", str(GENESIS)) if turn % 2 == 0 else ()
        process, port = spawn_devnet(tmp_path, 0, *arguments)
        client = RpcClient(port)
        sender = Sender(client)
        try:
            log = log or await sender.deploy(logger(1))
            for tx_hash, receipt in given.items():
                assert await client.rpc("eth_getTransactionReceipt", tx_hash) == receipt
            await _check_chain(client, given)
            worker = asyncio.create_task(_work(sender, log, given))
            await asyncio.wait({worker}, timeout=chance.uniform(0.05, 0.6))
            process.kill()
            (ended,) = await asyncio.gather(worker, return_exceptions=True)
            assert isinstance(ended, httpx.TransportError), ended
        finally:
            process.kill()
            process.communicate()
            await client.close()
    assert len(given) > 20, "too little was sent to show anything"


async def _check_chain(client: RpcClient, given: dict[str, dict[str, Any]]) -> None:
    """Every block hangs on the one before, and the logs of the index are those of the receipts."""
    head = int(await client.rpc("eth_blockNumber"), 16)
    previous = await client.rpc("eth_getBlockByNumber", "0x0", False)
    receipts = []
    for number in range(1, head + 1):
        block = await client.rpc("eth_getBlockByNumber", hex(number), False)
        assert block["parentHash"] == previous["hash"]
        receipts += await client.rpc("eth_getBlockReceipts", hex(number))
        previous = block
    logs = await client.rpc("eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest"})
    assert logs == [log for receipt in receipts for log in receipt["logs"]]
    assert given.keys() <= {receipt["transactionHash"] for receipt in receipts}
