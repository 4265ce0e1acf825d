"""Filters: changes kept until they are asked for, and no filter for ever."""

from __future__ import annotations

from typing import Any

import pytest
from doorstep_devnet import filters
from doorstep_devnet.testing import RpcClient, RpcFailed
from probes import Sender, logger, word


async def test_a_log_filter_gives_each_new_log_once(sender: Sender) -> None:
    client = sender.client
    address = await sender.deploy(logger(1))
    before = await sender.mined(to=address, data=word(1))
    wanted = {
        "fromBlock": "0x0",
        "address": address,
        "topics": [["0x" + word(1).hex(), "0x" + word(2).hex()]],
    }
    one = await client.rpc("eth_newFilter", wanted)
    matching = await sender.mined(to=address, data=word(2))
    await sender.mined(to=address, data=word(3))
    assert await client.rpc("eth_getFilterChanges", one) == matching["logs"]
    assert await client.rpc("eth_getFilterChanges", one) == []
    assert await client.rpc("eth_getFilterLogs", one) == before["logs"] + matching["logs"]
    assert await client.rpc("eth_uninstallFilter", one) is True
    assert await client.rpc("eth_uninstallFilter", one) is False
    for method in ("eth_getFilterChanges", "eth_getFilterLogs"):
        with pytest.raises(RpcFailed, match="filter not found"):
            await client.rpc(method, one)


async def test_a_filter_keeps_to_its_range(sender: Sender) -> None:
    client = sender.client
    address = await sender.deploy(logger(0))
    wanted = {"fromBlock": "0x3", "toBlock": "0x4"}
    one = await client.rpc("eth_newFilter", wanted)
    receipts = [await sender.mined(to=address, data=b"x") for _ in range(4)]
    logs = [log for receipt in receipts for log in receipt["logs"]]
    assert [log["blockNumber"] for log in logs] == ["0x2", "0x3", "0x4", "0x5"]
    assert await client.rpc("eth_getFilterChanges", one) == logs[1:3]


async def test_logs_taken_back_come_again_as_removed(sender: Sender) -> None:
    client = sender.client
    address = await sender.deploy(logger(0))
    snapshot = await client.rpc("evm_snapshot")
    one = await client.rpc("eth_newFilter", {})
    log = (await sender.mined(to=address, data=b"x"))["logs"][0]
    await client.rpc("evm_revert", snapshot)
    assert await client.rpc("eth_getFilterChanges", one) == [log, {**log, "removed": True}]


async def test_block_and_transaction_filters_give_hashes(sender: Sender) -> None:
    client = sender.client
    blocks = await client.rpc("eth_newBlockFilter")
    hashes = await client.rpc("eth_newPendingTransactionFilter")
    whole = await client.rpc("eth_newPendingTransactionFilter", True)
    receipts = [await sender.mined(to="0x" + "22" * 20) for _ in range(2)]
    assert await client.rpc("eth_getFilterChanges", blocks) == [receipt["blockHash"] for receipt in receipts]
    sent = [receipt["transactionHash"] for receipt in receipts]
    assert await client.rpc("eth_getFilterChanges", hashes) == sent
    assert [tx["hash"] for tx in await client.rpc("eth_getFilterChanges", whole)] == sent
    with pytest.raises(RpcFailed, match="not a filter for logs"):
        await client.rpc("eth_getFilterLogs", blocks)


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("eth_newFilter", [{"blockHash": "0x" + "11" * 32}], -32602),
        ("eth_newFilter", [{"fromBlock": "0x2", "toBlock": "0x1"}], -32602),
        ("eth_newFilter", [{"toBlock": "pending"}], -32602),
        ("eth_newFilter", [{"address": "0x12"}], -32602),
        ("eth_newFilter", ["0x1"], -32602),
        ("eth_newPendingTransactionFilter", ["yes"], -32602),
        ("eth_getFilterChanges", ["0x1"], -32000),
        ("eth_getFilterLogs", [{}], -32000),
    ],
)
async def test_a_filter_that_makes_no_sense_is_refused(
    devnet: RpcClient, method: str, params: list[Any], code: int
) -> None:
    with pytest.raises(RpcFailed) as failed:
        await devnet.rpc(method, *params)
    assert failed.value.code == code


async def test_filters_are_bounded_in_number(devnet: RpcClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filters, "MAX_FILTERS", 3)
    known = [await devnet.rpc("eth_newBlockFilter") for _ in range(3)]
    with pytest.raises(RpcFailed, match="too many filters: at most 3") as failed:
        await devnet.rpc("eth_newBlockFilter")
    assert failed.value.code == -32005
    await devnet.rpc("eth_uninstallFilter", known[0])
    await devnet.rpc("eth_newBlockFilter")


async def test_a_filter_nobody_asks_for_ends(devnet: RpcClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filters, "MAX_FILTERS", 1)
    monkeypatch.setattr(filters, "IDLE_SECONDS", -1.0)
    idle = await devnet.rpc("eth_newBlockFilter")
    with pytest.raises(RpcFailed, match="filter not found"):
        await devnet.rpc("eth_getFilterChanges", idle)
    await devnet.rpc("eth_newBlockFilter")


async def test_a_filter_too_far_behind_ends(devnet: RpcClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filters, "MAX_CHANGES", 3)
    one = await devnet.rpc("eth_newBlockFilter")
    await devnet.rpc("evm_mine", {"blocks": 3})
    assert len(await devnet.rpc("eth_getFilterChanges", one)) == 3
    await devnet.rpc("evm_mine", {"blocks": 4})
    with pytest.raises(RpcFailed, match="more than 3 changes behind"):
        await devnet.rpc("eth_getFilterChanges", one)
