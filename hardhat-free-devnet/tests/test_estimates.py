"""eth_estimateGas: how many executions it takes, and that what it answers is enough, mostly exactly."""

from __future__ import annotations

from typing import Any

import pytest
from doorstep_devnet import calls
from doorstep_devnet.chain_store import ChainStore
from doorstep_devnet.config import USABLE_GAS_LIMIT
from doorstep_devnet.measure import Measured
from doorstep_devnet.testing import RpcFailed
from hypothesis import given, settings
from hypothesis import strategies as st
from probes import BURN, REVERT, STORE, Sender, assemble, creation, forwarder, logger, word
from programs import CALLING, Stock, execute

ELSEWHERE = "0x" + "22" * 20
ECRECOVER = assemble("32 0 128 0 1 GAS STATICCALL 0 MLOAD 0 SSTORE STOP")


@pytest.fixture
def executions(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The gas limits of all executions so far."""
    limits: list[int] = []
    run = calls.run

    def counted(view: Any, place: Any, call: calls.Call, *rest: Any) -> Any:
        limits.append(call.gas)
        return run(view, place, call, *rest)

    monkeypatch.setattr(calls, "run", counted)
    return limits


async def _estimate(sender: Sender, **request: str) -> int:
    return int(await sender.client.rpc("eth_estimateGas", {"from": sender.address, **request}), 16)


@pytest.mark.parametrize(
    "kind", ["store", "clear", "log", "create", "transfer", "forward", "deep", "floor", "precompile"]
)
async def test_one_execution_gives_the_least_gas_that_succeeds(
    sender: Sender, executions: list[int], kind: str
) -> None:
    storage = await sender.deploy(STORE)
    await sender.mined(to=storage, data=word(9) + word(9))
    once = await sender.deploy(forwarder(storage))
    target, data = {
        "store": (storage, word(1) + word(2)),
        "clear": (storage, word(9) + word(0)),
        "log": (await sender.deploy(logger(2)), word(1) + word(2) + b"\xff" * 100),
        "create": (None, creation(STORE)),
        "transfer": (ELSEWHERE, b""),
        "forward": (once, word(3) + word(4)),
        "deep": (await sender.deploy(forwarder(await sender.deploy(forwarder(once)))), word(3) + word(4)),
        "floor": (ELSEWHERE, b"\xff" * 1000),
        "precompile": (await sender.deploy(ECRECOVER), b""),
    }[kind]
    fields: dict[str, Any] = {"data": data} if target is None else {"to": target, "data": data}
    request = {name: value if name == "to" else "0x" + value.hex() for name, value in fields.items()}
    gas = await _estimate(sender, **request)
    assert executions == [USABLE_GAS_LIMIT]
    with pytest.raises(RpcFailed):
        await sender.client.rpc("eth_call", {"from": sender.address, **request, "gas": hex(gas - 1)})
    assert (await sender.mined(**fields, gas=gas))["status"] == "0x1"


GUARDED = "GAS {needs:#x} LT {end} JUMPI 0 0 REVERT JUMPDEST STOP"


def _guarded(needs: int) -> bytes:
    """Reverts unless more than `needs` is left, and consumes next to nothing."""
    for end in range(256):
        body = assemble(GUARDED.format(needs=needs, end=end))
        if body[end : end + 1] == b"\x5b":
            return body
    raise AssertionError("no place to jump to")


@pytest.mark.parametrize(
    ("needs", "runs", "most"), [(1_500, 2, 24_500), (400_000, 3, 1_300_000), (9_000_000, 3, None)]
)
async def test_code_that_looks_at_its_gas_takes_at_most_three_executions(
    sender: Sender, executions: list[int], needs: int, runs: int, most: int | None
) -> None:
    guarded = await sender.deploy(_guarded(needs))
    gas = await _estimate(sender, to=guarded)
    assert len(executions) == runs, executions
    assert needs < gas <= (most or USABLE_GAS_LIMIT)
    assert (await sender.mined(to=guarded, gas=gas))["status"] == "0x1"


async def test_a_callee_that_burns_what_it_is_given_is_still_paid_for(
    sender: Sender, executions: list[int]
) -> None:
    burn = await sender.deploy(BURN)
    fixed = await sender.deploy(assemble(f"0 0 0 0 0 {int(burn, 16):#x} 50000 CALL STOP"))
    gas = await _estimate(sender, to=fixed)
    assert executions == [USABLE_GAS_LIMIT], "a fixed amount of gas burnt is known exactly"
    receipt = await sender.mined(to=fixed, gas=gas)
    assert (receipt["status"], int(receipt["gasUsed"], 16) > 71_000) == ("0x1", True)


async def test_a_revert_takes_one_execution_and_keeps_its_data(sender: Sender, executions: list[int]) -> None:
    reverter = await sender.deploy(REVERT)
    with pytest.raises(RpcFailed) as failed:
        await _estimate(sender, to=reverter, data="0x01020304")
    assert (failed.value.code, failed.value.data) == (3, "0x01020304")
    assert executions == [USABLE_GAS_LIMIT]


@pytest.mark.filterwarnings("ignore:SELFDESTRUCT opcode:DeprecationWarning")
@settings(max_examples=400, deadline=None)
@given(code=CALLING, callee=CALLING, payload=st.binary(max_size=40))
def test_a_program_does_the_same_with_what_was_measured(
    store: ChainStore, code: bytes, callee: bytes, payload: bytes
) -> None:
    gas = 150_000
    first = execute(store, code, payload, gas, computation_class=Measured, callee=callee)
    measured = first.done
    assert isinstance(measured, Measured)
    if not measured.is_exact or (measured.is_error and measured.should_burn_gas):
        return
    needed = measured.gas_needed()
    again = execute(store, code, payload, needed, state_class=Stock, callee=callee)
    assert again.seen == first.seen
    assert needed - again.done.get_gas_remaining() == gas - measured.get_gas_remaining()
    if needed:
        less = execute(store, code, payload, needed - 1, computation_class=Measured, callee=callee)
        consumed = needed - 1 - less.done.get_gas_remaining()
        assert less.done.is_error or consumed != gas - measured.get_gas_remaining()


async def test_a_contract_that_calls_itself_without_end_is_estimated(
    sender: Sender, executions: list[int]
) -> None:
    deep = await sender.deploy(assemble("0 0 0 0 0 ADDRESS GAS CALL STOP"))
    gas = await _estimate(sender, to=deep)
    assert len(executions) <= 3
    assert (await sender.mined(to=deep, gas=gas))["status"] == "0x1"
