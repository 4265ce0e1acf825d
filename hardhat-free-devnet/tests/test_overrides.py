"""State and block overrides of calls, and access lists."""

from __future__ import annotations

from typing import Any

import pytest
from doorstep_devnet.testing import RpcClient, RpcFailed
from probes import CONTEXT, REVERT, STORE, Sender, assemble, forwarder, word

LOAD = assemble("0 CALLDATALOAD SLOAD 0 MSTORE 32 0 RETURN")
SOMEONE = "0x" + "77" * 20


async def _call(client: RpcClient, call: dict[str, Any], *overrides: object) -> str:
    answer: str = await client.rpc("eth_call", call, "latest", *overrides)
    return answer


async def test_code_and_storage_are_overridden(sender: Sender) -> None:
    client = sender.client
    store = await sender.deploy(STORE)
    await sender.mined(to=store, data=word(1) + word(11))
    await sender.mined(to=store, data=word(2) + word(22))

    async def load(slot: int, **account: object) -> int:
        code = {"code": "0x" + LOAD.hex()}
        return int(
            await _call(client, {"to": store, "data": "0x" + word(slot).hex()}, {store: code | account}), 16
        )

    assert [await load(slot) for slot in (1, 2)] == [11, 22]
    changed = {"0x" + word(1).hex(): "0x" + word(99).hex()}
    assert [await load(slot, stateDiff=changed) for slot in (1, 2)] == [99, 22]
    assert [await load(slot, state=changed) for slot in (1, 2)] == [99, 0]
    assert await load(1, state={}) == 0
    assert await client.rpc("eth_getStorageAt", store, "0x1", "latest") == "0x" + word(11).hex()
    assert await client.rpc("eth_getCode", store, "latest") == "0x" + STORE.hex()


async def test_an_account_that_is_not_there_is_overridden(devnet: RpcClient) -> None:
    balance = assemble("ADDRESS") + b"\x31" + assemble("0 MSTORE 32 0 RETURN")
    account = {"code": "0x" + balance.hex(), "balance": hex(10**20)}
    assert int(await _call(devnet, {"to": SOMEONE}, {SOMEONE: account}), 16) == 10**20
    spend = {"from": SOMEONE, "to": "0x" + "22" * 20, "value": "0x5"}
    with pytest.raises(RpcFailed, match="insufficient funds"):
        await _call(devnet, spend)
    assert await _call(devnet, spend, {SOMEONE: {"balance": "0x5"}}) == "0x"
    assert await devnet.rpc("eth_estimateGas", spend, "latest", {SOMEONE: {"balance": "0x5"}}) == hex(21_000)
    priced = spend | {"gasPrice": "0x1"}
    limited = {SOMEONE: {"balance": hex(30_005)}}
    assert await devnet.rpc("eth_estimateGas", priced, "latest", limited) == hex(21_000)
    create = "0x60005ff0"
    nonce = await devnet.rpc(
        "eth_createAccessList", {"to": SOMEONE}, "latest", {SOMEONE: {"code": create, "nonce": "0x5"}}
    )
    assert "error" in nonce


async def test_the_gas_of_an_overridden_slot_is_that_of_its_value(sender: Sender) -> None:
    store = await sender.deploy(STORE)
    call = {"to": store, "data": "0x" + (word(1) + word(5)).hex()}
    same = {store: {"stateDiff": {"0x" + word(1).hex(): "0x" + word(5).hex()}}}
    fresh = int(await sender.client.rpc("eth_estimateGas", call), 16)
    unchanged = int(await sender.client.rpc("eth_estimateGas", call, "latest", same), 16)
    assert 21_000 + 22_100 < fresh, "a slot from zero"
    assert unchanged < 21_000 + 7_000, "a slot that keeps its value"


async def test_the_block_is_overridden(sender: Sender) -> None:
    client = sender.client
    context = await sender.deploy(CONTEXT)
    head = await client.rpc("eth_getBlockByNumber", "latest", False)

    async def run(**header: object) -> list[int]:
        output = bytes.fromhex((await _call(client, {"to": context}, {}, header))[2:])
        return [int.from_bytes(output[at : at + 32], "big") for at in range(0, len(output), 32)]

    assert await run() == await run(time=head["timestamp"], number=head["number"])
    time, number, parent, chain_id, base_fee, gas_limit, _ = await run(
        time="0x77", number="0x9", gasLimit="0x1234567", baseFeePerGas="0x7"
    )
    assert (time, number, chain_id, base_fee, gas_limit) == (0x77, 9, 20260, 7, 0x1234567)
    assert parent == 0, "the block before is not there"
    genesis = (await client.rpc("eth_getBlockByNumber", "0x0", False))["hash"]
    await client.rpc("evm_mine", {"blocks": 5})
    assert (await run(number="0x1"))[2] == int(genesis, 16)
    miner = assemble("COINBASE 0 MSTORE") + bytes.fromhex("44") + assemble("32 MSTORE 64 0 RETURN")
    answer = await _call(
        client,
        {"to": SOMEONE},
        {SOMEONE: {"code": "0x" + miner.hex()}},
        {"feeRecipient": SOMEONE, "prevRandao": "0x" + word(5).hex()},
    )
    assert answer == "0x" + "00" * 12 + SOMEONE[2:] + word(5).hex()


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ([{SOMEONE: {"state": {}, "stateDiff": {}}}], "both state and stateDiff"),
        ([{SOMEONE: {"movePrecompileToAddress": SOMEONE}}], "movePrecompileToAddress cannot be overridden"),
        ([{"0x12": {}}], "state overrides: expected 20 bytes"),
        ([{SOMEONE: []}], "expected an object"),
        ([[]], "state overrides: expected an object"),
        ([{SOMEONE: {"code": "0x1"}}], "code: not an even number"),
        ([{}, {"blobBaseFee": "0x1"}], "blobBaseFee cannot be overridden"),
        ([{}, {"time": "0x1", "number": "soon"}], "number: expected a hex quantity"),
        ([{}, {"baseFee": "0x1", "baseFeePerGas": "0x1"}], "given twice"),
    ],
)
async def test_what_cannot_be_overridden_is_refused(
    devnet: RpcClient, overrides: list[Any], message: str
) -> None:
    for method in ("eth_call", "eth_estimateGas"):
        with pytest.raises(RpcFailed, match=message) as failed:
            await devnet.rpc(method, {"to": SOMEONE}, "latest", *overrides)
        assert failed.value.code == -32602


async def test_an_access_list_names_what_is_touched(sender: Sender) -> None:
    client = sender.client
    store = await sender.deploy(STORE)
    outer = await sender.deploy(forwarder(store))
    call = {"from": sender.address, "to": outer, "data": "0x" + (word(3) + word(4)).hex()}
    answer = await client.rpc("eth_createAccessList", call)
    assert answer["accessList"] == [{"address": store, "storageKeys": ["0x" + word(3).hex()]}]
    again = await client.rpc("eth_createAccessList", call | {"accessList": answer["accessList"]})
    assert again == answer
    receipt = await sender.mined(to=outer, data=word(3) + word(4), accessList=answer["accessList"])
    assert receipt["gasUsed"] == answer["gasUsed"]


async def test_an_access_list_leaves_out_what_is_warm_anyway(sender: Sender) -> None:
    client = sender.client
    store = await sender.deploy(STORE)
    call = {"from": sender.address, "to": store, "data": "0x" + (word(3) + word(4)).hex()}
    assert (await client.rpc("eth_createAccessList", call))["accessList"] == [
        {"address": store, "storageKeys": ["0x" + word(3).hex()]}
    ], "the account called is listed for its slots only"
    touch = assemble("CALLER") + b"\x31\x30\x31" + assemble("4") + b"\x31" + assemble("0x1234") + b"\x31"
    looks = await client.rpc(
        "eth_createAccessList",
        {"from": sender.address, "to": SOMEONE},
        "latest",
        {SOMEONE: {"code": "0x" + touch.hex()}},
    )
    assert looks["accessList"] == [{"address": "0x" + "00" * 18 + "1234", "storageKeys": []}]
    created = await client.rpc("eth_createAccessList", {"from": sender.address, "data": "0x6001600055"})
    assert [len(entry["storageKeys"]) for entry in created["accessList"]] == [1]


async def test_a_failed_call_has_its_list_and_error(sender: Sender) -> None:
    reverter = await sender.deploy(REVERT)
    outer = await sender.deploy(forwarder(reverter))
    answer = await sender.client.rpc("eth_createAccessList", {"to": outer, "data": "0x01"})
    assert answer["error"] == "execution reverted"
    assert answer["accessList"] == [{"address": reverter, "storageKeys": []}]
