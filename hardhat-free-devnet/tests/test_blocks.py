"""Blocks and what stands in them: lookups, receipts, fee history, and a base fee that stays zero."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from doorstep_devnet.testing import RpcClient, RpcFailed
from probes import GENESIS, INVALID, Sender, logger, word
from web3 import AsyncHTTPProvider, AsyncWeb3


async def test_a_block_is_the_same_by_number_hash_and_tag(sender: Sender) -> None:
    client = sender.client
    receipt = await sender.mined(to=await sender.deploy(logger(0)), data=b"x")
    by_number = await client.rpc("eth_getBlockByNumber", "0x2", False)
    assert by_number == await client.rpc("eth_getBlockByHash", receipt["blockHash"], False)
    for tag in ("latest", "safe", "finalized"):
        assert await client.rpc("eth_getBlockByNumber", tag, False) == by_number
    assert by_number["transactions"] == [receipt["transactionHash"]]
    assert (by_number["gasLimit"], by_number["baseFeePerGas"]) == (hex(120_000_000), "0x0")
    full = await client.rpc("eth_getBlockByNumber", "0x2", True)
    assert full["transactions"] == [await client.rpc("eth_getTransactionByHash", receipt["transactionHash"])]
    assert (await client.rpc("eth_getBlockByNumber", "earliest", False))["timestamp"] == hex(GENESIS)


async def test_headers_form_a_chain_web3_can_hash(sender: Sender) -> None:
    for _ in range(3):
        await sender.mined(to="0x" + "22" * 20)
    provider = AsyncHTTPProvider(sender.client.url)
    w3 = AsyncWeb3(provider)
    blocks = [await w3.eth.get_block(number) for number in range(4)]
    await provider.disconnect()
    for parent, child in pairwise(blocks):
        assert child.parentHash == parent.hash
        assert child.timestamp > parent.timestamp
        assert child.size > 500


async def test_what_is_not_there_is_null(devnet: RpcClient) -> None:
    nothing = "0x" + "11" * 32
    assert await devnet.rpc("eth_getBlockByNumber", "0x5", True) is None
    assert await devnet.rpc("eth_getBlockByHash", nothing, True) is None
    assert await devnet.rpc("eth_getTransactionByHash", nothing) is None
    assert await devnet.rpc("eth_getTransactionReceipt", nothing) is None
    assert await devnet.rpc("eth_getBlockReceipts", "0x5") is None
    assert await devnet.rpc("eth_getTransactionByBlockNumberAndIndex", "0x0", "0x0") is None
    assert await devnet.rpc("eth_getTransactionByBlockHashAndIndex", nothing, "0x0") is None
    assert await devnet.rpc("eth_getBlockTransactionCountByHash", nothing) is None
    assert await devnet.rpc("eth_getUncleCountByBlockNumber", "0x5") is None


async def test_block_receipts_are_the_receipts_of_its_transactions(sender: Sender) -> None:
    client = sender.client
    address = await sender.deploy(logger(1))
    batch = [
        {
            "jsonrpc": "2.0",
            "id": n,
            "method": "eth_sendRawTransaction",
            "params": [sender.sign(nonce=n, to=address, data=word(n))],
        }
        for n in range(1, 8)
    ]
    answers = (await client.http.post(client.url, json=batch)).json()
    receipts = [await client.receipt(answer["result"]) for answer in answers]
    last = receipts[-1]["blockNumber"]
    wanted = [receipt for receipt in receipts if receipt["blockNumber"] == last]
    for block in (last, receipts[-1]["blockHash"], {"blockHash": receipts[-1]["blockHash"]}, "latest"):
        assert await client.rpc("eth_getBlockReceipts", block) == wanted
    assert await client.rpc("eth_getBlockTransactionCountByNumber", last) == hex(len(wanted))
    assert await client.rpc("eth_getTransactionByBlockNumberAndIndex", last, "0x0") == (
        await client.rpc("eth_getTransactionByHash", wanted[0]["transactionHash"])
    )
    total = sum(int(receipt["gasUsed"], 16) for receipt in wanted)
    assert int(wanted[-1]["cumulativeGasUsed"], 16) == total
    assert int((await client.rpc("eth_getBlockByNumber", last, False))["gasUsed"], 16) == total


async def test_the_pending_block_holds_what_waits(sender: Sender) -> None:
    client = sender.client
    gap = await sender.send(nonce=1, to="0x" + "22" * 20)
    pending = await client.rpc("eth_getBlockByNumber", "pending", False)
    assert (pending["number"], pending["transactions"]) == ("0x1", [])
    assert await client.rpc("eth_getBlockTransactionCountByNumber", "pending") == "0x0"
    await sender.mined(to="0x" + "22" * 20)
    await client.receipt(gap)


async def test_full_blocks_never_raise_the_base_fee(sender: Sender) -> None:
    client = sender.client
    all_gone = await sender.deploy(INVALID)
    batch = [
        {
            "jsonrpc": "2.0",
            "id": n,
            "method": "eth_sendRawTransaction",
            "params": [sender.sign(nonce=n, to=all_gone, gas=20_000_000)],
        }
        for n in range(1, 8)
    ]
    answers = (await client.http.post(client.url, json=batch)).json()
    receipts = [await client.receipt(answer["result"]) for answer in answers]
    assert all(receipt["status"] == "0x0" for receipt in receipts)
    await client.rpc("evm_mine")
    head = int(await client.rpc("eth_blockNumber"), 16)
    blocks = [await client.rpc("eth_getBlockByNumber", hex(number), False) for number in range(head + 1)]
    used = [int(block["gasUsed"], 16) for block in blocks]
    assert max(used) == 60_000_000, "blocks are packed to the usable limit"
    assert sum(used[2:]) == 7 * 20_000_000, "what did not fit came in later blocks"
    assert {block["baseFeePerGas"] for block in blocks} == {"0x0"}


async def test_fee_history_shows_free_blocks(sender: Sender) -> None:
    client = sender.client
    await sender.mined(to=await sender.deploy(INVALID), gas=12_000_000)
    history = await client.rpc("eth_feeHistory", "0x5", "latest", [0, 50, 100])
    assert history["oldestBlock"] == "0x0"
    assert history["baseFeePerGas"] == ["0x0"] * 4
    assert history["gasUsedRatio"][2] == 0.1
    assert history["reward"] == [["0x0"] * 3] * 3
    assert "reward" not in await client.rpc("eth_feeHistory", 1, "0x1", [])
    assert (await client.rpc("eth_feeHistory", "0x0", "latest"))["baseFeePerGas"] == []
    for percentiles in ([101], [50, 50], ["x"], 5):
        with pytest.raises(RpcFailed, match="rewardPercentiles"):
            await client.rpc("eth_feeHistory", "0x1", "latest", percentiles)


async def test_the_small_questions_have_answers(devnet: RpcClient) -> None:
    answers: dict[str, Any] = {
        "net_version": "20260", "net_listening": True, "eth_chainId": "0x4f24", "eth_syncing": False,
        "eth_accounts": [], "eth_gasPrice": "0x0", "eth_maxPriorityFeePerGas": "0x0", "eth_blockNumber": "0x0",
    }  # fmt: skip
    for method, answer in answers.items():
        assert await devnet.rpc(method) == answer, method
    assert (await devnet.rpc("web3_clientVersion")).startswith("doorstep-devnet/")
    assert await devnet.rpc("eth_getBalance", "0x" + "11" * 20, "latest") == "0x0"
