"""evm_snapshot and evm_revert: going back, and nothing left of what was dropped."""

from __future__ import annotations

from pathlib import Path

from doorstep_devnet.testing import running_devnet
from probes import GENESIS, STORE, Sender, logger, word


async def test_a_revert_takes_back_blocks_transactions_logs_and_state(sender: Sender) -> None:
    client = sender.client
    store, log = await sender.deploy(STORE), await sender.deploy(logger(1))
    kept = await sender.mined(to=log, data=word(1))
    head = await client.rpc("eth_getBlockByNumber", "latest", True)
    snapshot = await client.rpc("evm_snapshot")

    dropped = [await sender.mined(to=store, data=word(0) + word(5)), await sender.mined(to=log, data=word(2))]
    waiting = await sender.send(nonce=99, to=log)
    assert await client.rpc("evm_revert", snapshot) is True

    assert await client.rpc("eth_getBlockByNumber", "latest", True) == head
    for receipt in dropped:
        assert await client.rpc("eth_getTransactionReceipt", receipt["transactionHash"]) is None
        assert await client.rpc("eth_getTransactionByHash", receipt["transactionHash"]) is None
        assert await client.rpc("eth_getBlockByHash", receipt["blockHash"], False) is None
        assert await client.rpc("eth_getBlockByNumber", receipt["blockNumber"], False) is None
    assert await client.rpc("eth_getTransactionByHash", waiting) is None
    assert await client.rpc("eth_getLogs", {"fromBlock": "0x0"}) == kept["logs"]
    assert await client.rpc("eth_getLogs", {"fromBlock": "0x0", "topics": ["0x" + word(2).hex()]}) == []
    assert await client.rpc("eth_getStorageAt", store, "0x0") == "0x" + word(0).hex()
    assert await client.rpc("eth_getTransactionCount", sender.address, "pending") == "0x3"


async def test_another_branch_grows_after_a_revert(sender: Sender) -> None:
    client = sender.client
    log = await sender.deploy(logger(1))
    snapshot = await client.rpc("evm_snapshot")
    old = await sender.mined(to=log, data=word(1))
    await client.rpc("evm_revert", snapshot)
    sender.nonce = 1
    new = await sender.mined(to=log, data=word(2))
    assert new["blockNumber"] == old["blockNumber"]
    assert new["blockHash"] != old["blockHash"]
    assert await client.rpc("eth_getLogs", {"fromBlock": "0x0"}) == new["logs"]
    again = await client.receipt(
        await client.rpc("eth_sendRawTransaction", sender.sign(nonce=2, to=log, data=word(1)))
    )
    assert int(again["blockNumber"], 16) == int(new["blockNumber"], 16) + 1


async def test_the_same_transaction_can_be_mined_again_after_a_revert(sender: Sender) -> None:
    client = sender.client
    raw = sender.sign(to="0x" + "22" * 20)
    snapshot = await client.rpc("evm_snapshot")
    tx_hash = await client.rpc("eth_sendRawTransaction", raw)
    await client.receipt(tx_hash)
    await client.rpc("evm_revert", snapshot)
    assert await client.rpc("eth_sendRawTransaction", raw) == tx_hash
    assert (await client.receipt(tx_hash))["status"] == "0x1"


async def test_a_snapshot_is_used_up_with_the_later_ones(sender: Sender) -> None:
    client = sender.client
    first, second, third = [await client.rpc("evm_snapshot") for _ in range(3)]
    assert len({first, second, third}) == 3
    assert await client.rpc("evm_revert", second) is True
    assert await client.rpc("evm_revert", second) is False
    assert await client.rpc("evm_revert", third) is False
    assert await client.rpc("evm_revert", first) is True
    again = await client.rpc("evm_snapshot")
    assert again not in (first, second, third), "a number is never given twice"
    assert await client.rpc("evm_revert", first) is False
    assert await client.rpc("evm_revert", again) is True


async def test_the_clock_goes_back_with_the_chain(sender: Sender) -> None:
    client = sender.client
    snapshot = await client.rpc("evm_snapshot")
    await client.rpc("evm_increaseTime", 1_000_000)
    await sender.mined(to="0x" + "22" * 20)
    await client.rpc("evm_revert", snapshot)
    sender.nonce = 0
    await sender.mined(to="0x" + "33" * 20)
    stamp = int((await client.rpc("eth_getBlockByNumber", "latest", False))["timestamp"], 16)
    assert GENESIS < stamp < GENESIS + 60


async def test_snapshots_and_reverts_are_kept_over_a_restart(tmp_path: Path) -> None:
    async with running_devnet(data_dir=tmp_path, genesis_time=GENESIS) as client:
        sender = Sender(client)
        kept = await sender.mined(to="0x" + "22" * 20)
        early = await client.rpc("evm_snapshot")
        await sender.mined(to="0x" + "22" * 20)
        late = await client.rpc("evm_snapshot")
        await sender.mined(to="0x" + "22" * 20)
        await client.rpc("evm_revert", late)
    async with running_devnet(data_dir=tmp_path) as client:
        assert await client.rpc("evm_snapshot") not in (early, late), "a number is never given twice"
        assert await client.rpc("eth_blockNumber") == "0x2"
        assert await client.rpc("evm_revert", early) is True
        assert await client.rpc("eth_blockNumber") == "0x1"
        assert await client.rpc("eth_getTransactionReceipt", kept["transactionHash"]) == kept
