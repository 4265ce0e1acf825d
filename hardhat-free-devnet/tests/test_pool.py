"""The pool: its limits, who gives way, and that nobody who waits stops the chain."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import pytest
from doorstep_devnet import pool as pools
from doorstep_devnet.errors import ServerError
from doorstep_devnet.pool import Pool
from doorstep_devnet.testing import RpcClient, RpcFailed, running_devnet
from doorstep_devnet.transactions import SignedTx
from hypothesis import given, settings
from hypothesis import strategies as st
from probes import GENESIS, Sender

ELSEWHERE = "0x" + "22" * 20


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that a test reaches: 12 in all, 6 a sender, 3 behind a gap."""
    monkeypatch.setattr(pools, "MAX_TRANSACTIONS", 12)
    monkeypatch.setattr(pools, "MAX_PER_SENDER", 6)
    monkeypatch.setattr(pools, "MAX_QUEUED_PER_SENDER", 3)


async def _status(client: RpcClient) -> tuple[int, int]:
    status = await client.rpc("txpool_status")
    return int(status["pending"], 16), int(status["queued"], 16)


async def test_a_gap_that_nobody_closes_stops_nobody(small: None, devnet: RpcClient) -> None:
    for name in ("a", "b", "c", "d"):
        for nonce in (3, 4, 5):
            await Sender(devnet, name).send(nonce=nonce, to=ELSEWHERE)
    assert await _status(devnet) == (0, 12)
    await Sender(devnet, "late").send(nonce=1, to=ELSEWHERE)
    assert await _status(devnet) == (0, 12), "one of those who had three waiting gave way"
    honest = Sender(devnet, "honest")
    for _ in range(3):
        assert (await honest.mined(to=ELSEWHERE))["status"] == "0x1"


async def test_the_one_that_closes_a_gap_is_taken_and_all_behind_it_is_mined(
    small: None, devnet: RpcClient
) -> None:
    sender = Sender(devnet, "gapped")
    for nonce in (2, 3, 4):
        await sender.send(nonce=nonce, to=ELSEWHERE)
    with pytest.raises(
        RpcFailed, match=r"account limit exceeded: 3 .* behind a nonce gap; send nonce 0 first"
    ):
        await sender.send(nonce=5, to=ELSEWHERE)
    await sender.send(nonce=1, to=ELSEWHERE)
    assert await _status(devnet) == (0, 3), "a lower nonce is worth more than the highest"
    await sender.mined(nonce=0, to=ELSEWHERE)
    last = await sender.mined(nonce=4, to=ELSEWHERE)
    assert last["status"] == "0x1"
    assert await devnet.rpc("eth_getTransactionCount", sender.address) == "0x5"


async def test_what_waits_behind_a_gap_is_replaced_at_the_same_price(devnet: RpcClient) -> None:
    sender = Sender(devnet, "again")
    first = await sender.send(nonce=1, to=ELSEWHERE)
    second = await sender.send(nonce=1, to="0x" + "33" * 20)
    assert await devnet.rpc("eth_getTransactionByHash", first) is None
    await sender.send(nonce=0, to=ELSEWHERE)
    assert (await devnet.receipt(second))["to"] == "0x" + "33" * 20


async def test_what_can_be_mined_is_replaced_at_a_higher_price_only() -> None:
    async with running_devnet(genesis_time=GENESIS, block_time=3600) as client:
        sender = Sender(client)
        await sender.send(nonce=0, to=ELSEWHERE)
        with pytest.raises(
            RpcFailed, match="replacement transaction underpriced: max_fee_per_gas 0, at least 1"
        ):
            await sender.send(nonce=0, to="0x" + "33" * 20)


async def test_what_waits_is_dropped_on_request() -> None:
    async with running_devnet(genesis_time=GENESIS, block_time=3600) as client:
        sender = Sender(client)
        sent = [await sender.send(to=ELSEWHERE) for _ in range(4)]
        assert await client.rpc("evm_dropTransaction", sent[1]) == sent[1]
        assert await _status(client) == (1, 2)
        assert await client.rpc("anvil_dropTransaction", sent[1]) is None
        assert await client.rpc("hardhat_dropTransaction", sent[0]) is True
        assert await client.rpc("hardhat_dropTransaction", sent[0]) is False
        assert await client.rpc("anvil_dropAllTransactions") is None
        assert await _status(client) == (0, 0)
        await sender.send(nonce=0, to=ELSEWHERE)
        await client.rpc("evm_mine")
        assert await client.rpc("eth_getTransactionCount", sender.address) == "0x1"


async def test_a_long_queue_of_one_sender_is_mined_whole(devnet: RpcClient) -> None:
    sender = Sender(devnet, "many")
    raws = [sender.sign(nonce=nonce, to=ELSEWHERE, gas=21_000) for nonce in range(400)]
    batch = [
        {"jsonrpc": "2.0", "id": n, "method": "eth_sendRawTransaction", "params": [raw]}
        for n, raw in enumerate(raws)
    ]
    sent = (await devnet.http.post(devnet.url, json=batch)).json()
    await devnet.receipt(sent[-1]["result"])
    assert await devnet.rpc("eth_getTransactionCount", sender.address) == hex(len(raws))


@dataclass
class _World:
    """A pool, and what its senders have mined."""

    pool: Pool
    mined: dict[int, int]


def _signed(sender: int, nonce: int, size: int, fee: int) -> SignedTx:
    tx = SimpleNamespace(nonce=nonce, max_fee_per_gas=fee, max_priority_fee_per_gas=fee, gas=21_000)
    raw = bytes((sender, nonce, fee)) + bytes(size)
    return SignedTx(tx, raw, raw[:3] + bytes((size,)), bytes((sender,)) * 20, 2)


ADDS = st.tuples(
    st.just("add"),
    st.integers(0, 5),
    st.sampled_from([0, 0, 0, 1, 2, 3, -1]),
    st.integers(0, 40),
    st.integers(0, 3),
)
MINES = st.tuples(st.just("mine"), st.integers(1, 4))
STEPS = st.lists(st.one_of(ADDS, ADDS, ADDS, MINES), min_size=20, max_size=60)


@settings(max_examples=200, deadline=None)
@given(steps=STEPS)
def test_the_limits_hold_and_what_is_ready_is_taken_before_what_is_not(steps: list[Any]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (
            ("TRANSACTIONS", 12),
            ("BYTES", 250),
            ("PER_SENDER", 6),
            ("QUEUED_PER_SENDER", 3),
        ):
            patch.setattr(pools, f"MAX_{name}", value)
        world = _World(Pool(), {})
        for step in steps:
            if step[0] == "mine":
                _mine(world, step[1])
            else:
                _add(world, *step[1:])
            _check(world)


def _mine(world: _World, most: int) -> None:
    block = world.pool.ready()[:most]
    for one in block:
        sender = one.sender[0]
        assert one.nonce == world.mined.get(sender, 0), "nonces are mined in order, without a gap"
        world.mined[sender] = one.nonce + 1
    world.pool.mined((one.sender, one.nonce) for one in block)


def _add(world: _World, sender: int, beyond: int, size: int, fee: int) -> None:
    """Add a transaction `beyond` the next nonce that can be mined."""
    before = {one.hash for one in world.pool.ready()}
    queued = len(world.pool) - len(before)
    waiting = {one.sender: len(one.queued) for one in world.pool.senders()}
    next_nonce = world.mined.get(sender, 0)
    address = bytes((sender,)) * 20
    nonce = max(0, world.pool.pending_nonce(address, next_nonce) + beyond)
    is_ready = nonce <= world.pool.pending_nonce(address, next_nonce)
    error = None
    try:
        world.pool.add(_signed(sender, nonce, size, fee), next_nonce)
    except ServerError as refused:
        error = refused.message
    lost = before - {one.hash for one in world.pool.ready()}
    if error is not None:
        assert not lost, "a refusal changes nothing"
        assert not (is_ready and queued and "full" in error), "the one that closes a gap is taken"
    elif not is_ready:
        assert not lost, "what waits behind a gap costs nobody who is ready a place"
        after = {one.sender: len(one.queued) for one in world.pool.senders()}
        own = waiting.get(address, 0)
        for other in waiting.keys() - {address}:
            assert after.get(other, 0) == waiting[other] or waiting[other] > own + 1, (
                "the fuller one gives way"
            )


def _check(world: _World) -> None:
    pool = world.pool
    everything = [tx for one in pool.senders() for tx in (*one.ready, *one.queued)]
    assert len(everything) == len(pool) <= 12
    assert sum(len(tx.raw) for tx in everything) == cast(Any, pool)._bytes <= 250
    for one in pool.senders():
        assert len(one.ready) + len(one.queued) <= 6
        mined = world.mined.get(one.sender[0], 0)
        assert all(tx.nonce >= mined for tx in (*one.ready, *one.queued))
