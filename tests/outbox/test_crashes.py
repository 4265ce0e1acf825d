"""Killed at every point and started again: each item is recorded once, and no nonce is missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chain_client.outbox import lanes
from chain_client.outbox.packer import Packer
from chain_client.outbox.settler import Settler
from chain_client.outbox.worker import Lane
from chain_client.rpc.errors import NodeUnavailable
from tests.outbox.lane_world import Crash, World

POINTS = [
    (owner, method, when)
    for owner, method in (
        (Lane, "_first_nonce"),
        (Packer, "store"),
        (Lane, "_send"),
        (Settler, "settle"),
        (Settler, "_write"),
    )
    for when in ("before", "after")
]
IDS = [f"{when} {method}" for _, method, when in POINTS]


def kill(owner: type, method: str, when: str, on_call: int = 1) -> None:
    """Kill the worker before or after the nth call of a method from now on; later calls go through."""
    calls = 0
    original = getattr(owner, method)

    async def killed(self: Any, *arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == on_call and when == "before":
            raise Crash
        answer = await original(self, *arguments)
        if calls == on_call:
            raise Crash
        return answer

    PATCHES.setattr(owner, method, killed)


PATCHES = pytest.MonkeyPatch()


@pytest.fixture(autouse=True)
def _undo() -> Iterator[None]:
    yield
    PATCHES.undo()


async def run_until_killed(world: World, **settings: Any) -> None:
    lane = world.shipper_lane(**settings)
    with pytest.raises(Crash):
        await world.drain(lane)
    world.now += 3_600  # its lease runs out


async def drain_and_mine(world: World, lane: Lane) -> None:
    """Go on, block by block, until nothing waits."""
    for _ in range(10):
        await world.drain(lane)
        world.chain.provider.mine()
    await world.drain(lane)


@pytest.mark.parametrize(("owner", "method", "when"), POINTS, ids=IDS)
async def test_killed_once(world: World, owner: type, method: str, when: str) -> None:
    new = world.openings(1, 2, 3)
    await world.submit(*new)
    kill(owner, method, when)
    await run_until_killed(world)
    since = world.openings(4)
    await world.submit(*since)
    await world.drain(world.shipper_lane())
    await world.check_recorded_once([*new, *since])


@pytest.mark.parametrize(("owner", "method", "when"), POINTS[2:], ids=IDS[2:])
async def test_killed_with_several_in_flight(world: World, owner: type, method: str, when: str) -> None:
    world.chain.provider.auto_mine = False
    new = world.openings(*range(8))
    await world.submit(*new)
    kill(owner, method, when, on_call=3)
    lane = world.shipper_lane(max_batch=2)
    with pytest.raises(Crash):
        await drain_and_mine(world, lane)
    world.now += 3_600
    await drain_and_mine(world, world.shipper_lane(max_batch=2))
    await world.check_recorded_once(new)


async def test_killed_over_and_over(world: World) -> None:
    new = world.openings(*range(5))
    await world.submit(*new)
    for owner, method, when in POINTS:
        kill(owner, method, when)
        await run_until_killed(world, max_batch=1)
    await world.drain(world.shipper_lane(max_batch=1))
    await world.check_recorded_once(new)


async def test_bytes_the_node_forgot_are_sent_again(world: World) -> None:
    """Accepted is not durable."""
    world.chain.provider.auto_mine = False
    new = world.openings(1)
    await world.submit(*new)
    lane = world.shipper_lane()
    await world.drain(lane)
    world.chain.provider._waiting.clear()
    world.chain.provider.mine()
    world.now += 4
    assert not await lane.step()
    assert not world.chain.provider._waiting
    world.now += 1
    await world.drain(lane)
    world.chain.provider.mine()
    await world.drain(lane)
    await world.check_recorded_once(new)
    assert len(await world.versions()) == 1


async def test_a_failed_transaction_of_the_database_sends_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.submit(*world.openings(1))
    original = lanes.add_version

    async def fail(*_: Any) -> None:
        raise Crash

    monkeypatch.setattr(lanes, "add_version", fail)
    lane = world.shipper_lane()
    with pytest.raises(Crash):
        await lane.step()
    assert "eth_sendRawTransaction" not in world.chain.provider.asked
    assert (await world.states(), await world.batches()) == (["accepted"], [])
    monkeypatch.setattr(lanes, "add_version", original)
    await world.drain(lane)
    assert await world.states() == ["recorded"]


@pytest.mark.parametrize(
    "method",
    [
        "eth_getTransactionCount",
        "eth_estimateGas",
        "eth_getBlockByNumber",
        "eth_sendRawTransaction",
        "eth_getTransactionReceipt",
    ],
)
async def test_a_node_that_goes_away_costs_nothing_but_time(world: World, method: str) -> None:
    provider = world.chain.provider
    answer = provider.answers[method]

    def away(*_: Any) -> Any:
        raise NodeUnavailable("test", "gone")

    new = world.openings(1, 2)
    await world.submit(*new)
    provider.answers[method] = away
    lane = world.shipper_lane()
    for _ in range(3):
        with pytest.raises(NodeUnavailable):
            await world.drain(lane)
    provider.answers[method] = answer
    await world.drain(lane)
    await world.check_recorded_once(new)


async def test_an_answer_lost_after_the_node_took_the_bytes_is_no_second_item(world: World) -> None:
    provider = world.chain.provider
    answer = provider.answers["eth_sendRawTransaction"]

    def lost(raw: str) -> Any:
        answer(raw)
        raise NodeUnavailable("test", "connection reset")

    new = world.openings(1, 2)
    await world.submit(*new)
    provider.answers["eth_sendRawTransaction"] = lost
    lane = world.shipper_lane()
    with pytest.raises(NodeUnavailable):
        await world.drain(lane)
    provider.answers["eth_sendRawTransaction"] = answer
    await world.drain(lane)
    await world.check_recorded_once(new)
