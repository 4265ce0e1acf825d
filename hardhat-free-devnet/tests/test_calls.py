"""eth_call and eth_estimateGas: state of any block, revert data, exact estimates."""

from __future__ import annotations

import asyncio

import pytest
from doorstep_devnet.testing import RpcClient, RpcFailed
from eth_abi import encode
from probes import (
    BURN,
    CONTEXT,
    GENESIS,
    INVALID,
    REVERT,
    STORE,
    Sender,
    assemble,
    creation,
    forwarder,
    logger,
    word,
)

ERROR = bytes.fromhex("08c379a0") + encode(["string"], ["not today"])
PANIC = bytes.fromhex("4e487b71") + encode(["uint256"], [0x11])


async def test_a_call_sees_the_state_of_the_block_asked_for(sender: Sender) -> None:
    client = sender.client
    store = await sender.deploy(STORE)
    read = {"to": await sender.deploy(assemble("0 SLOAD 0 MSTORE 32 0 RETURN"))}
    assert await client.rpc("eth_call", read) == "0x" + word(0).hex()
    first = await sender.mined(to=store, data=word(0) + word(7))
    second = await sender.mined(to=store, data=word(0) + word(8))
    for block, value in ((first["blockNumber"], 7), (second["blockHash"], 8), ("latest", 8), ("earliest", 0)):
        assert await client.rpc("eth_getStorageAt", store, "0x0", block) == "0x" + word(value).hex()
    assert await client.rpc("eth_getCode", store, "earliest") == "0x"
    assert await client.rpc("eth_call", {"to": store}, "earliest") == "0x"
    assert await client.rpc("eth_getStorageAt", store, "0x" + "00" * 32, {"blockHash": first["blockHash"]})


async def test_a_call_sees_the_block_it_runs_in(sender: Sender) -> None:
    client = sender.client
    probe = await sender.deploy(CONTEXT)
    await client.rpc("evm_mine")
    await client.rpc("evm_setTime", GENESIS + 5000)
    head = await client.rpc("eth_getBlockByNumber", "latest", False)
    first = await client.rpc("eth_getBlockByNumber", "0x1", False)

    async def run(block: str) -> list[int]:
        output = bytes.fromhex(
            (await client.rpc("eth_call", {"to": probe, "from": sender.address}, block))[2:]
        )
        return [int.from_bytes(output[at : at + 32], "big") for at in range(0, len(output), 32)]

    time, number, parent, chain_id, base_fee, gas_limit, caller = await run("latest")
    assert (time, number, parent) == (int(head["timestamp"], 16), 2, int(first["hash"], 16))
    assert (chain_id, base_fee, gas_limit) == (20260, 0, 120_000_000)
    assert caller == int(sender.address, 16)
    time, number, parent, *_ = await run("pending")
    assert (number, parent) == (3, int(head["hash"], 16))
    assert GENESIS + 5000 <= time <= GENESIS + 5010


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (ERROR, "execution reverted: not today"),
        (PANIC, "execution reverted: panic 0x11"),
        (b"", "execution reverted"),
        (b"\1\2\3\4own error", "execution reverted"),
    ],
)
@pytest.mark.parametrize("method", ["eth_call", "eth_estimateGas"])
async def test_a_revert_is_code_3_with_the_data(
    sender: Sender, method: str, payload: bytes, message: str
) -> None:
    reverter = await sender.deploy(REVERT)
    with pytest.raises(RpcFailed) as failed:
        await sender.client.rpc(method, {"to": reverter, "data": "0x" + payload.hex()})
    assert (failed.value.code, failed.value.message) == (3, message)
    assert failed.value.data == "0x" + payload.hex()


@pytest.mark.parametrize(
    ("runtime", "message"),
    [(INVALID, "invalid instruction"), (BURN, "out of gas"), (b"\x50", "insufficient stack")],
)
async def test_other_failures_are_server_errors(sender: Sender, runtime: bytes, message: str) -> None:
    broken = await sender.deploy(runtime)
    with pytest.raises(RpcFailed) as failed:
        await sender.client.rpc("eth_call", {"to": broken, "gas": "0x186a0"})
    assert failed.value.code == -32000
    assert message in failed.value.message


async def test_a_call_leaves_nothing_behind(sender: Sender) -> None:
    client = sender.client
    store = await sender.deploy(STORE)
    await client.rpc("eth_call", {"to": store, "data": "0x" + (word(1) + word(2)).hex()})
    assert await client.rpc("eth_getStorageAt", store, "0x1") == "0x" + word(0).hex()
    assert await client.rpc("eth_blockNumber") == "0x1"


@pytest.mark.parametrize("kind", ["store", "clear", "log", "create", "transfer", "forward", "floor"])
async def test_an_estimate_is_the_least_gas_that_succeeds(sender: Sender, kind: str) -> None:
    client = sender.client
    store = await sender.deploy(STORE)
    await sender.mined(to=store, data=word(9) + word(9))
    fields = {
        "store": {"to": store, "data": word(1) + word(2)},
        "clear": {"to": store, "data": word(9) + word(0)},
        "log": {"to": await sender.deploy(logger(2)), "data": word(1) + word(2) + b"\xff" * 100},
        "create": {"data": creation(CONTEXT)},
        "transfer": {"to": "0x" + "22" * 20},
        "forward": {"to": await sender.deploy(forwarder(store)), "data": word(3) + word(4)},
        "floor": {"to": "0x" + "22" * 20, "data": b"\xff" * 1000},
    }[kind]
    request = {key: value if key == "to" else "0x" + bytes(value).hex() for key, value in fields.items()}
    gas = int(await client.rpc("eth_estimateGas", {"from": sender.address, **request}), 16)
    with pytest.raises(RpcFailed) as too_little:
        await client.rpc("eth_call", {"from": sender.address, **request, "gas": hex(gas - 1)})
    if kind == "floor":
        assert "floor" in too_little.value.message
    receipt = await sender.mined(**fields, gas=gas)
    assert receipt["status"] == "0x1"
    used = int(receipt["gasUsed"], 16)
    assert used < gas if kind in ("clear", "forward") else used == gas


async def test_an_estimate_within_too_little_gas_says_so(sender: Sender) -> None:
    store = await sender.deploy(STORE)
    request = {"to": store, "data": "0x" + (word(1) + word(2)).hex(), "gas": hex(30_000)}
    with pytest.raises(RpcFailed, match=r"gas required exceeds allowance \(30000\)"):
        await sender.client.rpc("eth_estimateGas", request)


async def test_a_call_that_pays_needs_the_money(devnet: RpcClient) -> None:
    for fields in ({"value": "0x1"}, {"gasPrice": "0x1"}, {"maxFeePerGas": "0x1"}):
        with pytest.raises(RpcFailed, match="insufficient funds"):
            await devnet.rpc("eth_call", {"to": "0x" + "22" * 20, **fields})


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ([{"to": "0x22"}], "to: expected 20 bytes"),
        ([{"data": "0x1"}], "data: not an even number"),
        ([{"data": "0x01", "input": "0x02"}], 'both "data" and "input"'),
        ([{"gasPrice": "0x0", "maxFeePerGas": "0x1"}], "both gasPrice and"),
        ([{"maxFeePerGas": "0x0", "maxPriorityFeePerGas": "0x1"}], "maxPriorityFeePerGas 1 is higher"),
        ([{"gas": "x"}], "gas: expected a hex quantity"),
        (["0x"], "transaction: expected an object"),
        ([], "missing value for required argument 0"),
        ([{}, "newest"], "block: expected a hex quantity"),
        ([{}, {"blockHash": "0x12"}], "block.blockHash: expected 32 bytes"),
    ],
)
async def test_a_malformed_call_is_invalid_params(
    devnet: RpcClient, params: list[object], message: str
) -> None:
    with pytest.raises(RpcFailed) as failed:
        await devnet.rpc("eth_call", *params)
    assert failed.value.code == -32602
    assert message in failed.value.message


async def test_a_block_that_is_not_there_is_a_server_error(devnet: RpcClient) -> None:
    for block in ("0x9", {"blockHash": "0x" + "11" * 32}):
        with pytest.raises(RpcFailed) as failed:
            await devnet.rpc("eth_call", {"to": "0x" + "22" * 20}, block)
        assert failed.value.code == -32000
        assert "header not found" in failed.value.message


async def test_reads_are_answered_while_a_long_call_runs(sender: Sender) -> None:
    burn = await sender.deploy(BURN)
    long_call = asyncio.create_task(sender.client.rpc("eth_call", {"to": burn, "gas": hex(4_000_000)}))
    answered = 0
    while not long_call.done():
        await sender.client.rpc("eth_blockNumber")
        answered += 1
    with pytest.raises(RpcFailed, match="out of gas"):
        await long_call
    assert answered > 3, "the event loop was blocked by the call"


async def test_a_contract_that_calls_itself_without_end_ends(sender: Sender) -> None:
    client = sender.client
    deep = await sender.deploy(assemble("0 0 0 0 0 ADDRESS GAS CALL STOP"))
    receipt = await sender.mined(to=deep, gas=60_000_000)
    assert receipt["status"] == "0x1"
    assert await client.rpc("eth_blockNumber") == "0x2"


async def test_a_call_of_nothing_and_one_for_another_chain(devnet: RpcClient) -> None:
    assert await devnet.rpc("eth_call", {}) == "0x"
    assert await devnet.rpc("eth_call", {"to": "0x" + "22" * 20, "chainId": "0x4f24"}) == "0x"
    for method in ("eth_call", "eth_estimateGas"):
        with pytest.raises(RpcFailed, match=r"chainId does not match node's \(have=1, want=20260\)"):
            await devnet.rpc(method, {"chainId": "0x1"})


async def test_a_storage_key_of_33_bytes_is_refused(devnet: RpcClient) -> None:
    key = "0x" + "00" * 33
    for method, params in (
        ("eth_getStorageAt", ["0x" + "22" * 20, key]),
        ("eth_getProof", ["0x" + "22" * 20, [key]]),
        ("eth_call", [{"accessList": [{"address": "0x" + "22" * 20, "storageKeys": [key]}]}]),
    ):
        with pytest.raises(RpcFailed, match="at most 32 bytes") as failed:
            await devnet.rpc(method, *params)
        assert failed.value.code == -32602


@pytest.mark.parametrize(
    ("base", "exponent", "modulus", "expected"),
    [
        (b"", b"", b"\x05", "01"), (b"", b"\0", b"\x05", "01"), (b"", b"\0\0", b"\0\x07", "0001"),
        (b"", b"", b"\x01", "00"), (b"", b"", b"\0", "00"), (b"", b"\x02", b"\x05", "00"), (b"", b"", b"", ""),
        (b"\0", b"", b"\x05", "01"), (b"\x03", b"\x02", b"\x05", "04"),
    ],
)  # fmt: skip
async def test_modexp_to_the_power_of_nothing_is_one(
    devnet: RpcClient, base: bytes, exponent: bytes, modulus: bytes, expected: str
) -> None:
    lengths = b"".join(word(len(part)) for part in (base, exponent, modulus))
    payload = lengths + base + exponent + modulus
    answer = await devnet.rpc("eth_call", {"to": "0x" + "00" * 19 + "05", "data": "0x" + payload.hex()})
    assert answer == "0x" + expected
