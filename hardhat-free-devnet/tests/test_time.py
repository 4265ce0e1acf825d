"""The clock: one block a second, driven time, interval mining, and what is kept over a restart."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from doorstep_devnet.clock import SECOND, Clock, ClockState
from doorstep_devnet.testing import RpcClient, RpcFailed, running_devnet
from probes import GENESIS, Sender


async def _timestamp(client: RpcClient, block: str = "latest") -> int:
    return int((await client.rpc("eth_getBlockByNumber", block, False))["timestamp"], 16)


async def test_undriven_blocks_are_one_a_second_at_the_machines_time() -> None:
    async with running_devnet() as client:
        sender = Sender(client)
        assert abs(await _timestamp(client) - time.time()) < 2
        blocks = []
        for _ in range(3):
            receipt = await sender.mined(to="0x" + "22" * 20)
            stamp = await _timestamp(client)
            assert stamp <= time.time(), "never ahead of the clock"
            blocks.append((int(receipt["blockNumber"], 16), stamp))
        assert [number for number, _ in blocks] == [1, 2, 3]
        stamps = [stamp for _, stamp in blocks]
        assert stamps == sorted(set(stamps))


async def test_driven_blocks_do_not_wait_and_still_increase(sender: Sender) -> None:
    for _ in range(5):
        await sender.mined(to="0x" + "22" * 20)
    stamps = [await _timestamp(sender.client, hex(number)) for number in range(6)]
    assert stamps[0] == GENESIS
    assert stamps == sorted(set(stamps))
    assert stamps[-1] <= GENESIS + 10


async def test_set_time_moves_forward_and_back_but_never_behind_the_head(sender: Sender) -> None:
    client = sender.client
    await client.rpc("evm_setTime", GENESIS + 86_400)
    await client.rpc("evm_setTime", GENESIS + 1_000)
    await sender.mined(to="0x" + "22" * 20)
    assert await _timestamp(client) == GENESIS + 1_000
    with pytest.raises(RpcFailed) as failed:
        await client.rpc("evm_setTime", hex(GENESIS + 1_000))
    assert (
        failed.value.message
        == f"timestamp {GENESIS + 1_000} must be greater than the head's timestamp {GENESIS + 1_000}"
    )
    await client.rpc("evm_setTime", GENESIS + 1_001)


async def test_set_time_makes_an_undriven_chain_driven() -> None:
    async with running_devnet() as client:
        sender = Sender(client)
        later = int(time.time()) + 10_000
        await client.rpc("evm_setTime", later)
        began = time.monotonic()
        for _ in range(4):
            await sender.mined(to="0x" + "22" * 20)
        assert time.monotonic() - began < 2.5, "a driven chain does not wait for seconds to pass"
        assert await _timestamp(client, "0x1") == later


async def test_increase_time_next_timestamp_and_mine(sender: Sender) -> None:
    client = sender.client
    await client.rpc("evm_increaseTime", 3600)
    await client.rpc("evm_mine")
    assert GENESIS + 3600 <= await _timestamp(client) <= GENESIS + 3610
    await client.rpc("evm_setNextBlockTimestamp", GENESIS + 10_000)
    assert await _timestamp(client) < GENESIS + 10_000
    await sender.mined(to="0x" + "22" * 20)
    assert await _timestamp(client) == GENESIS + 10_000
    await client.rpc("evm_mine", hex(GENESIS + 20_000))
    assert await _timestamp(client) == GENESIS + 20_000
    await client.rpc("evm_mine", {"timestamp": GENESIS + 30_000, "blocks": 3})
    assert await client.rpc("eth_blockNumber") == "0x6"
    assert await _timestamp(client, "0x4") == GENESIS + 30_000
    await client.rpc("evm_mine")
    assert GENESIS + 30_003 <= await _timestamp(client) <= GENESIS + 30_013, "the clock goes on from there"


@pytest.mark.parametrize(
    ("method", "params", "message"),
    [
        ("evm_mine", [GENESIS], "must be greater than the head's timestamp"),
        ("evm_setNextBlockTimestamp", [GENESIS - 1], "must be greater than the head's timestamp"),
        ("evm_setTime", ["soon"], "expected a hex quantity"),
        ("evm_setTime", [2**41], "is outside"),
        ("evm_increaseTime", [-1], "is outside"),
        ("evm_mine", [{"time": 1}], "unknown options"),
    ],
)
async def test_times_that_cannot_be_are_refused(
    devnet: RpcClient, method: str, params: list[Any], message: str
) -> None:
    with pytest.raises(RpcFailed, match=message):
        await devnet.rpc(method, *params)
    assert await devnet.rpc("eth_blockNumber") == "0x0"


async def test_block_time_makes_empty_blocks_too() -> None:
    async with running_devnet(genesis_time=GENESIS, block_time=0.05) as client:
        async with asyncio.timeout(20):
            while int(await client.rpc("eth_blockNumber"), 16) < 4:
                await asyncio.sleep(0.01)
        receipt = await Sender(client).mined(to="0x" + "22" * 20)
        assert int(receipt["blockNumber"], 16) >= 5


async def test_the_clock_is_kept_over_a_restart(tmp_path: Path) -> None:
    async with running_devnet(data_dir=tmp_path) as client:
        await client.rpc("evm_setTime", GENESIS + int(time.time()))
        await client.rpc("evm_setNextBlockTimestamp", 2 * GENESIS + int(time.time()))
    async with running_devnet(data_dir=tmp_path) as client:
        began = time.monotonic()
        await client.rpc("evm_mine")
        await client.rpc("evm_mine")
        assert time.monotonic() - began < 1
        assert abs(await _timestamp(client, "0x1") - 2 * GENESIS - time.time()) < 10
        assert (await _timestamp(client)) > 2 * GENESIS + time.time() - 10


def test_the_clock_alone() -> None:
    machine = [1_000 * SECOND + SECOND // 4]
    clock = Clock(ClockState(), lambda: machine[0])
    assert (clock.now(), clock.wait_for_block(999)) == (1_000, 0.0)
    assert clock.wait_for_block(1_000) == 0.75
    assert clock.wait_for_block(5_000) == 0.75, "after the machine's clock went back, still one a second"
    assert clock.block_timestamp(5_000) == 5_001
    clock.state = clock.set_to(7_000)
    machine[0] += SECOND - 1
    assert (clock.now(), clock.wait_for_block(7_000)) == (7_000, 0.0)
    machine[0] += 1
    assert clock.now() == 7_001
    clock.state = clock.fixed_next(9_000)
    assert clock.block_timestamp(8_000) == 9_000
    clock.state = clock.after_block(9_000)
    assert (clock.now(), clock.state.next_timestamp) == (9_000, None)
    assert ClockState.decode(clock.state.encode()) == clock.state


async def test_the_chain_is_driven_under_other_tools_names(devnet: RpcClient) -> None:
    async def head() -> tuple[int, int]:
        block = await devnet.rpc("eth_getBlockByNumber", "latest", False)
        return int(block["number"], 16), int(block["timestamp"], 16)

    snapshot = await devnet.rpc("anvil_snapshot")
    await devnet.rpc("anvil_setTime", GENESIS + 1000)
    await devnet.rpc("anvil_increaseTime", "0x64")
    await devnet.rpc("anvil_setNextBlockTimestamp", GENESIS + 5000)
    await devnet.rpc("hardhat_mine", "0x3", "0x3c")
    assert await head() == (3, GENESIS + 5120)
    await devnet.rpc("anvil_mine")
    assert (await head())[0] == 4
    await devnet.rpc("anvil_mine", "0x2", "0x0")
    assert (await head())[0] == 6
    assert await devnet.rpc("anvil_revert", snapshot) is True
    assert await head() == (0, GENESIS)
    with pytest.raises(RpcFailed, match="blocks"):
        await devnet.rpc("hardhat_mine", "0x2711")
