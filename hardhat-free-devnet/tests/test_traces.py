"""debug_traceTransaction: the tree of calls, and every step."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from doorstep_devnet import trace_common
from doorstep_devnet.testing import RpcFailed, running_devnet
from probes import BURN, GENESIS, REVERT, STORE, Sender, assemble, creation, forwarder, logger, word
from traces_as_geth import comparable_calls, steps_digest

ERROR = bytes.fromhex("08c379a0") + word(32) + word(9) + b"not today".ljust(32, b"\0")


async def _calls(sender: Sender, receipt: dict[str, Any], **config: bool) -> Any:
    options = {"tracer": "callTracer", "tracerConfig": config}
    return await sender.client.rpc("debug_traceTransaction", receipt["transactionHash"], options)


async def _steps(sender: Sender, receipt: dict[str, Any], **config: object) -> Any:
    return await sender.client.rpc("debug_traceTransaction", receipt["transactionHash"], config)


async def test_calls_are_a_tree(sender: Sender) -> None:
    store = await sender.deploy(STORE)
    outer = await sender.deploy(forwarder(store))
    payload = "0x" + (word(3) + word(4)).hex()
    receipt = await sender.mined(to=outer, data=bytes.fromhex(payload[2:]), gas=200_000)
    tree = await _calls(sender, receipt)
    below = tree.pop("calls")
    assert tree == {
        "type": "CALL",
        "from": sender.address.lower(),
        "to": outer,
        "value": "0x0",
        "gas": hex(200_000),
        "gasUsed": receipt["gasUsed"],
        "input": payload,
    }
    assert len(below) == 1
    child = below[0]
    assert (child["type"], child["from"], child["to"], child["input"]) == ("CALL", outer, store, payload)
    assert 22_000 < int(child["gasUsed"], 16) < int(child["gas"], 16) < 200_000
    assert "calls" not in await _calls(sender, receipt, onlyTopCall=True)


async def test_a_creation_has_its_code(sender: Sender) -> None:
    receipt = await sender.mined(data=creation(STORE))
    tree = await _calls(sender, receipt)
    assert (tree["type"], tree["to"]) == ("CREATE", receipt["contractAddress"])
    assert (tree["input"], tree["output"]) == ("0x" + creation(STORE).hex(), "0x" + STORE.hex())


async def test_a_revert_has_its_reason_and_leaves_no_log(sender: Sender) -> None:
    reverter = await sender.deploy(REVERT)
    outer = await sender.deploy(forwarder(reverter))
    receipt = await sender.mined(to=outer, data=ERROR)
    tree = await _calls(sender, receipt, withLog=True)
    assert (tree["error"], "output" in tree, "revertReason" in tree) == ("execution reverted", False, False)
    child = tree["calls"][0]
    assert (child["error"], child["revertReason"]) == ("execution reverted", "not today")
    assert child["output"] == "0x" + ERROR.hex()


async def test_logs_stand_among_the_calls(sender: Sender) -> None:
    """A contract that logs, calls one that logs, and logs again; then one whose callee logs and reverts."""
    inner = await sender.deploy(logger(1))
    call = f"0 0 32 0 0 {int(inner, 16):#x} GAS CALL POP"
    outer = await sender.deploy(assemble(f"7 0 MSTORE 32 0 LOG0 {call} 32 0 LOG0 STOP"))
    await sender.mined(to=outer)
    batch = [sender.sign(nonce=sender.nonce + n, to=outer) for n in range(2)]
    await sender.client.rpc("evm_mine")
    hashes = [await sender.client.rpc("eth_sendRawTransaction", raw) for raw in batch]
    for receipt in [await sender.client.receipt(tx_hash) for tx_hash in hashes]:
        tree = await _calls(sender, receipt, withLog=True)
        own, below = tree["logs"], tree["calls"][0]["logs"]
        assert [log["position"] for log in own + below] == ["0x0", "0x1", "0x0"]
        shown = sorted([*own, *below], key=lambda log: int(log["index"], 16))
        for log, logged in zip(shown, receipt["logs"], strict=True):
            assert (log["address"], log["topics"], log["data"]) == (
                logged["address"],
                logged["topics"],
                logged["data"],
            )
            assert log["index"] == logged["logIndex"]


async def test_every_kind_of_frame_is_named(sender: Sender) -> None:
    store = int(await sender.deploy(STORE), 16)
    code = bytes.fromhex("5f5f5f5f5f73") + store.to_bytes(20, "big") + bytes.fromhex("5af150")
    code += bytes.fromhex("5f5f5f5f5f73") + store.to_bytes(20, "big") + bytes.fromhex("5af250")
    code += bytes.fromhex("5f5f5f5f73") + store.to_bytes(20, "big") + bytes.fromhex("5af450")
    code += bytes.fromhex("5f5f5f5f73") + store.to_bytes(20, "big") + bytes.fromhex("5afa50")
    code += bytes.fromhex("5f5f5ff050") + bytes.fromhex("5f5f5f5ff550") + bytes.fromhex("5f5f5f5f6004 5afa50")
    code += bytes.fromhex("33ff")
    outer = await sender.deploy(code)
    tree = await _calls(sender, await sender.mined(to=outer, gas=10_000_000))
    kinds = [call["type"] for call in tree["calls"]]
    assert kinds == [
        "CALL", "CALLCODE", "DELEGATECALL", "STATICCALL", "CREATE", "CREATE2", "STATICCALL", "SELFDESTRUCT",
    ]  # fmt: skip
    assert {call["from"] for call in tree["calls"]} == {outer}
    static = tree["calls"][3]
    assert static["error"] == "write protection"
    assert "value" not in static
    assert tree["calls"][6]["to"] == "0x" + "00" * 19 + "04"
    assert tree["calls"][7]["to"] == sender.address.lower()


async def test_steps_show_stack_storage_and_cost(sender: Sender) -> None:
    store = await sender.deploy(STORE)
    receipt = await sender.mined(to=store, data=word(3) + word(4), gas=100_000)
    trace = await _steps(sender, receipt)
    assert (trace["gas"], trace["failed"], trace["returnValue"]) == (int(receipt["gasUsed"], 16), False, "0x")
    steps = trace["structLogs"]
    assert [step["op"] for step in steps] == [
        "PUSH1",
        "CALLDATALOAD",
        "PUSH1",
        "CALLDATALOAD",
        "SSTORE",
        "STOP",
    ]
    assert [step["pc"] for step in steps] == [0, 2, 3, 5, 6, 7]
    sstore = steps[4]
    assert (sstore["stack"], sstore["gasCost"]) == (["0x4", "0x3"], 22_100)
    assert sstore["storage"] == {"0x" + word(3).hex(): "0x" + word(4).hex()}
    assert all("storage" not in step for step in steps if step["op"] != "SSTORE")
    for before, after in pairwise(steps):
        assert before["gas"] - before["gasCost"] == after["gas"]
    intrinsic = 100_000 - steps[0]["gas"]
    assert intrinsic + sum(step["gasCost"] for step in steps) == int(receipt["gasUsed"], 16)
    assert {step["depth"] for step in steps} == {1}


async def test_a_step_that_calls_costs_what_it_gives(sender: Sender) -> None:
    store = await sender.deploy(STORE)
    outer = await sender.deploy(forwarder(store))
    receipt = await sender.mined(to=outer, data=word(3) + word(4), gas=200_000)
    steps = (await _steps(sender, receipt))["structLogs"]
    at = next(place for place, step in enumerate(steps) if step["op"] == "CALL")
    call, first = steps[at], steps[at + 1]
    assert (call["depth"], first["depth"]) == (1, 2)
    assert call["gasCost"] == first["gas"] + 2_600, "a cold account"


async def test_refunds_are_counted(sender: Sender) -> None:
    store = await sender.deploy(STORE)
    await sender.mined(to=store, data=word(3) + word(4))
    receipt = await sender.mined(to=store, data=word(3) + word(0))
    steps = (await _steps(sender, receipt))["structLogs"]
    assert [step["refund"] for step in steps] == [0, 0, 0, 0, 4_800, 4_800]


async def test_a_failed_step_has_its_error(sender: Sender) -> None:
    burner = await sender.deploy(BURN)
    receipt = await sender.mined(to=burner, gas=30_000)
    trace = await _steps(sender, receipt)
    assert trace["failed"] is True
    assert trace["structLogs"][-1]["error"] == "out of gas"
    assert all("error" not in step for step in trace["structLogs"][:-1])
    nothing = await sender.mined(to="0x" + "22" * 20)
    assert (await _steps(sender, nothing))["structLogs"] == []


async def test_calls_that_run_nothing_are_shown(sender: Sender) -> None:
    """A call without the value it sends, and a creation whose address is taken."""
    poor = await sender.deploy(assemble("0 0 0 0 1 0x1234 GAS CALL STOP"))
    call = (await _calls(sender, await sender.mined(to=poor)))["calls"][0]
    assert (call["error"], call["value"], call["gasUsed"]) == (
        "insufficient balance for transfer",
        "0x1",
        "0x0",
    )
    assert call["to"] == "0x" + "00" * 18 + "1234"
    steps = (await _steps(sender, await sender.mined(to=poor)))["structLogs"]
    assert steps[-2]["gasCost"] == int(call["gas"], 16) - 2_300 + 2_600 + 9_000 + 25_000, (
        "a cold, empty account"
    )
    # CREATE2 twice with the same code and salt: what the first leaves has a nonce.
    twice = await sender.deploy(bytes.fromhex("5f5f5f5ff550") * 2)
    first, second = (await _calls(sender, await sender.mined(to=twice)))["calls"]
    assert "error" not in first
    assert (second["error"], second["gasUsed"]) == ("contract address collision", second["gas"])
    assert "to" not in second
    steps = (await _steps(sender, await sender.mined(to=twice)))["structLogs"]
    assert [step["gasCost"] for step in steps if step["op"] == "CREATE2"] == [32_000, 32_000]


async def test_traces_are_go_ethereums() -> None:
    rows = json.loads((Path(__file__).parent / "geth" / "traces.json").read_text())
    async with running_devnet(genesis_time=GENESIS) as client:
        for place, row in enumerate(rows):
            tx_hash = await client.rpc("eth_sendRawTransaction", row["raw"])
            await client.receipt(tx_hash)
            options = {"tracer": "callTracer", "tracerConfig": {"withLog": True}}
            calls = await client.rpc("debug_traceTransaction", tx_hash, options)
            assert comparable_calls(calls) == row["calls"], f"transaction {place}"
            steps = await client.rpc("debug_traceTransaction", tx_hash, {"enableMemory": True})
            assert steps_digest(steps) == row["steps"], f"transaction {place}"


async def test_what_is_recorded_can_be_chosen(sender: Sender) -> None:
    outer = await sender.deploy(assemble("7 0 MSTORE 32 0 0 0 0 4 GAS CALL 32 0 RETURN"))
    receipt = await sender.mined(to=outer)
    all_of_it = await _steps(sender, receipt, enableMemory=True, enableReturnData=True)
    last = all_of_it["structLogs"][-1]
    assert last["memory"] == ["0x" + word(7).hex()]
    assert last["returnData"] == "0x"
    assert all_of_it["returnValue"] == "0x" + word(7).hex()
    bare = (await _steps(sender, receipt, disableStack=True, disableStorage=True, limit=3))["structLogs"]
    assert [set(step) for step in bare] == [{"pc", "op", "gas", "gasCost", "depth", "refund"}] * 3


async def test_a_trace_sees_the_transactions_before_it(sender: Sender) -> None:
    async with running_devnet(genesis_time=GENESIS, block_time=3600) as client:
        waiting = Sender(client)
        await waiting.send(data=creation(STORE))
        store = (await client.rpc("eth_getBlockReceipts", "pending"))[0]["contractAddress"]
        hashes = [await waiting.send(to=store, data=word(3) + word(value)) for value in (4, 4)]
        await client.rpc("evm_mine")
        costs = [
            next(
                step["gasCost"]
                for step in (await client.rpc("debug_traceTransaction", tx_hash))["structLogs"]
                if step["op"] == "SSTORE"
            )
            for tx_hash in hashes
        ]
        assert costs == [22_100, 2_200]


async def test_a_trace_is_bounded(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace_common, "MAX_TRACE_BYTES", 20_000)
    burner = await sender.deploy(BURN)
    receipt = await sender.mined(to=burner, gas=100_000)
    with pytest.raises(RpcFailed, match="trace is larger than 20000 bytes; ask for fewer steps") as failed:
        await _steps(sender, receipt)
    assert failed.value.code == -32005
    assert len((await _steps(sender, receipt, limit=10))["structLogs"]) == 10
    store = await sender.deploy(STORE)
    large = await sender.mined(to=store, data=b"\0" * 11_000)
    with pytest.raises(RpcFailed, match="trace is larger"):
        await _calls(sender, large)


async def test_calls_nested_deeply_are_shown(sender: Sender) -> None:
    """Deeper than JSON libraries nest by themselves."""
    recursion = await sender.deploy(assemble("0 0 0 0 0 ADDRESS GAS CALL STOP"))
    tree = await _calls(sender, await sender.mined(to=recursion, gas=5_000_000))
    depth = 0
    while tree.get("calls"):
        (tree,) = tree["calls"]
        depth += 1
    assert depth > 200


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"tracer": "prestateTracer"}, "use callTracer, or none"),
        ({"tracer": "callTracer", "tracerConfig": {"withLog": 1}}, "withLog: expected true or false"),
        ({"tracer": "callTracer", "tracerConfig": []}, None),
        ({"limit": "0x1"}, "limit: expected a number"),
        ({"enableMemory": "yes"}, "enableMemory: expected true or false"),
        ("callTracer", "trace config: expected an object"),
    ],
)
async def test_a_config_that_makes_no_sense_is_refused(
    sender: Sender, config: object, message: str | None
) -> None:
    receipt = await sender.mined(to="0x" + "22" * 20)
    if message is None:
        assert await sender.client.rpc("debug_traceTransaction", receipt["transactionHash"], config)
        return
    with pytest.raises(RpcFailed, match=message) as failed:
        await sender.client.rpc("debug_traceTransaction", receipt["transactionHash"], config)
    assert failed.value.code == -32602


async def test_only_mined_transactions_are_traced(sender: Sender) -> None:
    with pytest.raises(RpcFailed, match="transaction not found"):
        await sender.client.rpc("debug_traceTransaction", "0x" + "11" * 32)
    waiting = await sender.send(nonce=1, to="0x" + "22" * 20)
    with pytest.raises(RpcFailed, match="it waits and is not mined yet"):
        await sender.client.rpc("debug_traceTransaction", waiting)
