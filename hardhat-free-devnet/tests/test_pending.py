"""The pending block: what waits, executed and readable before it is mined."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from doorstep_devnet import pending
from doorstep_devnet.chain_store import ChainStore, ChainView
from doorstep_devnet.clock import Clock, ClockState
from doorstep_devnet.engine import MadeBlock, make_block
from doorstep_devnet.pending import PendingBlocks
from doorstep_devnet.pool import Pool
from doorstep_devnet.testing import RpcClient, running_devnet
from doorstep_devnet.transactions import SignedTx, accept_tx
from doorstep_devnet.views import block_timestamp
from probes import CHAIN_ID, GENESIS, INVALID, STORE, Sender, creation, logger, word


@pytest.fixture
async def sender() -> AsyncIterator[Sender]:
    """An account on a chain on which everything waits until `evm_mine`."""
    async with running_devnet(genesis_time=GENESIS, block_time=3600) as client:
        await client.rpc("evm_setNextBlockTimestamp", GENESIS + 100)
        yield Sender(client)


async def _wait_with_logs(sender: Sender) -> list[str]:
    """Send a deployment, a call of what it deploys, and a store; their hashes."""
    deployed = await sender.send(data=creation(logger(1)))
    address = (await sender.client.rpc("eth_getBlockReceipts", "pending"))[0]["contractAddress"]
    return [
        deployed,
        await sender.send(to=address, data=word(7) + b"text"),
        await sender.send(data=creation(STORE), gasPrice=0),
    ]


async def test_the_pending_block_is_the_block_that_is_mined(sender: Sender) -> None:
    client = sender.client
    hashes = await _wait_with_logs(sender)
    pending = await client.rpc("eth_getBlockByNumber", "pending", True)
    receipts = await client.rpc("eth_getBlockReceipts", "pending")
    second = await client.rpc("eth_getTransactionByBlockNumberAndIndex", "pending", "0x1")
    assert [tx["hash"] for tx in pending["transactions"]] == hashes
    assert await client.rpc("eth_getBlockTransactionCountByNumber", "pending") == "0x3"
    assert await client.rpc("eth_getUncleCountByBlockNumber", "pending") == "0x0"
    assert await client.rpc("eth_blockNumber") == "0x0", "nothing is mined by asking"

    await client.rpc("evm_mine")
    assert await client.rpc("eth_getBlockByNumber", "latest", True) == pending
    assert await client.rpc("eth_getBlockReceipts", "latest") == receipts
    assert await client.rpc("eth_getTransactionByHash", hashes[1]) == second
    assert len(receipts[1]["logs"]) == 1


async def test_the_state_at_pending_holds_what_waits(sender: Sender) -> None:
    client = sender.client
    await sender.send(data=creation(STORE))
    store = (await client.rpc("eth_getBlockReceipts", "pending"))[0]["contractAddress"]
    await sender.send(to=store, data=word(0) + word(5))
    assert await client.rpc("eth_getCode", store, "pending") == "0x" + STORE.hex()
    assert await client.rpc("eth_getCode", store, "latest") == "0x"
    assert await client.rpc("eth_getStorageAt", store, "0x0", "pending") == "0x" + word(5).hex()
    assert (
        await client.rpc("eth_getStorageAt", store, "0x0", {"blockNumber": "pending"}) == "0x" + word(5).hex()
    )
    assert await client.rpc("eth_getTransactionCount", sender.address, "pending") == "0x2"
    proof = await client.rpc("eth_getProof", store, ["0x0"], "pending")
    assert proof["storageProof"][0]["value"] == "0x5"
    await client.rpc("evm_mine")
    assert await client.rpc("eth_getProof", store, ["0x0"], "latest") == proof


async def test_a_contract_is_used_before_it_is_mined(sender: Sender) -> None:
    client = sender.client
    await sender.send(data=creation(STORE))
    store = (await client.rpc("eth_getBlockReceipts", "pending"))[0]["contractAddress"]
    call: dict[str, Any] = {"from": sender.address, "to": store, "data": "0x" + (word(0) + word(5)).hex()}
    gas = await client.rpc("eth_estimateGas", call)
    assert gas == await client.rpc("eth_estimateGas", call, "pending")
    used = await sender.send(to=store, data=word(0) + word(5), gas=int(gas, 16))
    await client.rpc("evm_mine")
    assert (await client.receipt(used))["status"] == "0x1"
    assert int((await client.receipt(used))["gasUsed"], 16) == int(gas, 16)


async def test_the_pending_block_follows_what_waits_and_the_head(sender: Sender) -> None:
    client = sender.client

    async def pending() -> tuple[str, list[str]]:
        block = await client.rpc("eth_getBlockByNumber", "pending", False)
        assert block["transactions"] == [
            receipt["transactionHash"] for receipt in await client.rpc("eth_getBlockReceipts", "pending")
        ]
        return block["number"], block["transactions"]

    assert await pending() == ("0x1", [])
    first = await sender.send(to="0x" + "22" * 20)
    assert await pending() == ("0x1", [first])
    second = await sender.send(to="0x" + "22" * 20)
    assert await pending() == ("0x1", [first, second])
    await client.rpc("evm_mine")
    assert await pending() == ("0x2", [])
    await sender.send(nonce=9, to="0x" + "22" * 20)
    assert await pending() == ("0x2", []), "behind a gap"


async def test_what_does_not_fit_is_not_in_the_pending_block(sender: Sender) -> None:
    client = sender.client
    await sender.send(data=creation(INVALID))
    await client.rpc("evm_mine")
    burner = (await client.rpc("eth_getBlockReceipts", "latest"))[0]["contractAddress"]
    sent = [await sender.send(to=burner, gas=30_000_000) for _ in range(3)]
    block = await client.rpc("eth_getBlockByNumber", "pending", False)
    assert block["transactions"] == sent[:2]
    assert await client.rpc("eth_getTransactionCount", sender.address, "pending") == "0x4"


async def test_pending_answers_agree_while_transactions_arrive(sender: Sender) -> None:
    """Readers ask in other threads than the one that takes transactions."""
    client: RpcClient = sender.client
    raw = [sender.sign(nonce=nonce, to="0x" + "22" * 20, gas=21_000) for nonce in range(60)]

    async def send() -> None:
        for one in raw:
            await client.rpc("eth_sendRawTransaction", one)

    async def read() -> None:
        for _ in range(30):
            block = await client.rpc("eth_getBlockByNumber", "pending", True)
            used = sum(int(tx["gas"], 16) for tx in block["transactions"])
            assert int(block["gasUsed"], 16) == used
            assert [int(tx["nonce"], 16) for tx in block["transactions"]] == list(
                range(len(block["transactions"]))
            )

    await asyncio.gather(send(), read(), read())
    assert await client.rpc("eth_getBlockTransactionCountByNumber", "pending") == hex(60)


def test_what_waits_is_not_executed_at_every_question(
    store: ChainStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [GENESIS + 50]
    executed: list[int] = []

    def counted(view: ChainView, chain_id: int, txs: list[SignedTx], timestamp: int) -> MadeBlock:
        executed.append(timestamp - GENESIS)
        return make_block(view, chain_id, txs, timestamp)

    monkeypatch.setattr(pending, "make_block", counted)
    pool, clock = Pool(), Clock(ClockState(), lambda: now[0] * 1_000_000_000)
    blocks = PendingBlocks(pool, clock, CHAIN_ID)

    def time_at(seconds: int) -> int:
        now[0] = GENESIS + seconds
        with store.view() as view:
            return block_timestamp(blocks.over(view).head()) - GENESIS

    assert [time_at(seconds) for seconds in (50, 50, 51)] == [50, 50, 51], "always fresh where nothing waits"
    executed.clear()
    signer = Sender(RpcClient(0))
    pool.add(accept_tx(bytes.fromhex(signer.sign(to="0x" + "22" * 20)[2:]), CHAIN_ID), 0)
    assert [time_at(seconds) for seconds in (60, 61, 62, 63, 64)] == [60, 60, 60, 63, 63]
    clock.state = clock.moved_by(100)
    assert time_at(64) == 164, "a clock that is moved shows at once"
    pool.add(accept_tx(bytes.fromhex(signer.sign(to="0x" + "22" * 20, nonce=1)[2:]), CHAIN_ID), 0)
    assert time_at(65) == 165, "so does what comes"
    assert executed == [60, 63, 164, 165]
