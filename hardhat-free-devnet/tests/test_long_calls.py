"""Calls that take long: a time limit, other reads meanwhile, an end when nobody waits any more."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
import websockets
from doorstep_devnet.interrupt import Interrupted, Interruptible
from doorstep_devnet.node import CALLERS
from doorstep_devnet.testing import RpcClient, RpcFailed, running_devnet
from probes import BURN, GENESIS, STORE, Sender, word

PAIRING = b"".join(
    word(value)
    for value in (
        1,
        2,
        0x198E9393920D483A7260BFB731FB5D25F1AA493335A9E71297E485B7AEF312C2,
        0x1800DEEF121F1E76426A00665E5C4479674322D4F75EDADD46DEBD5CD992F6ED,
        0x090689D0585FF075EC9E99AD690C3395BC4B313370B38EF355ACDADCD122975B,
        0x12C85EA5DB8C6DEB4AAB71808DCB408FE3D1E7690C43D37B4CE6CC0166FA7DAA,
    )
)
"""The generators of both groups. Checking many is one precompiled contract, written in Python, that takes seconds."""


@pytest.fixture
async def patient() -> AsyncIterator[Sender]:
    """A node whose calls may take an hour."""
    async with running_devnet(genesis_time=GENESIS, call_timeout=3600.0) as client:
        yield Sender(client)


@pytest.mark.parametrize("method", ["eth_call", "eth_estimateGas"])
async def test_a_call_ends_at_the_limit(method: str) -> None:
    async with running_devnet(genesis_time=GENESIS, call_timeout=0.2) as client:
        burn = await Sender(client).deploy(BURN)
        with pytest.raises(RpcFailed, match=r"execution aborted \(timeout = 0.2s\)") as failed:
            await client.rpc(method, {"to": burn})
        assert failed.value.code == -32000
        assert await client.rpc("eth_call", {"to": "0x" + "22" * 20}) == "0x"


async def _burning(client: RpcClient, count: int) -> list[asyncio.Task[Any]]:
    """So many calls without end under way."""
    burn = await Sender(client, "burner").deploy(BURN)
    return [asyncio.create_task(client.rpc("eth_call", {"to": burn})) for _ in range(count)]


async def test_other_calls_and_reads_go_on_meanwhile(patient: Sender) -> None:
    client = patient.client
    store = await patient.deploy(STORE)
    burning = await _burning(client, CALLERS - 1)
    assert await client.rpc("eth_call", {"to": store, "data": "0x" + (word(1) + word(2)).hex()}) == "0x"
    assert await client.rpc("eth_getLogs", {"fromBlock": "0x0"}) == []
    assert (await patient.mined(to=store, data=word(1) + word(2)))["status"] == "0x1"
    assert not any(task.done() for task in burning)
    for task in burning:
        task.cancel()


async def test_calls_whose_clients_have_gone_make_room(patient: Sender) -> None:
    client = patient.client
    burn = await patient.deploy(BURN)
    request = {"jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": [{"to": burn}]}
    for _ in range(3 * CALLERS):
        with pytest.raises(httpx.ReadTimeout):
            async with httpx.AsyncClient(timeout=httpx.Timeout(60, read=0.05)) as leaving:
                await leaving.post(client.url, json=request)
    assert await client.rpc("eth_call", {"to": "0x" + "22" * 20}) == "0x"


async def test_a_websocket_answers_out_of_order_and_drops_its_calls_with_itself(patient: Sender) -> None:
    burn = await patient.deploy(BURN)
    asked = {"jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": [{"to": burn}]}
    for _ in range(CALLERS):
        async with websockets.connect(patient.client.ws_url) as socket:
            await socket.send(json.dumps(asked))
            for number in (2, 3):
                await socket.send(json.dumps({"jsonrpc": "2.0", "id": number, "method": "eth_chainId"}))
            assert [json.loads(await socket.recv())["id"] for _ in range(2)] == [2, 3]
    assert await patient.client.rpc("eth_call", {"to": "0x" + "22" * 20}) == "0x"


async def test_a_precompiled_contract_that_takes_long_ends_too() -> None:
    async with running_devnet(genesis_time=GENESIS, call_timeout=0.2) as client:
        check = {"to": "0x" + "00" * 19 + "08", "data": "0x" + (PAIRING * 200).hex()}
        with pytest.raises(RpcFailed, match="execution aborted"):
            await client.rpc("eth_call", check)


async def test_a_client_that_goes_away_leaves_nothing_half_done(patient: Sender) -> None:
    client = patient.client
    request = {"jsonrpc": "2.0", "id": 1, "method": "evm_mine", "params": [{"blocks": 300}]}
    with pytest.raises(httpx.ReadTimeout):
        async with httpx.AsyncClient(timeout=httpx.Timeout(60, read=0.05)) as leaving:
            await leaving.post(client.url, json=request)
    await client.rpc("evm_mine")
    assert await client.rpc("eth_blockNumber") == hex(301)


def _spin() -> None:
    while True:
        threading.get_ident()


@pytest.mark.parametrize("work", [_spin, lambda: 7])
def test_an_interrupt_stays_inside_the_work(work: Callable[[], object]) -> None:
    for pause in range(60):
        job = Interruptible()
        ended: list[object] = []

        def run(job: Interruptible = job, ended: list[object] = ended) -> None:
            try:
                ended.append(job.run(work))
            except Interrupted:
                ended.append("interrupted")
            for _ in range(2000):  # an exception that came late would end this
                threading.get_ident()
            ended.append("after")

        thread = threading.Thread(target=run)
        thread.start()
        time.sleep(pause / 100_000)
        job.interrupt()
        job.interrupt()
        thread.join(30)
        assert ended in (["interrupted", "after"], [7, "after"])


def test_work_that_was_ended_before_it_began_does_not_run() -> None:
    job = Interruptible()
    job.interrupt()
    with pytest.raises(Interrupted):
        job.run(lambda: pytest.fail("it ran"))


def test_an_error_of_the_work_is_the_works() -> None:
    def fail() -> None:
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        Interruptible().run(fail)
