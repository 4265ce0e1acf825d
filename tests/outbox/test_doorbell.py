"""Lanes that wait for one bell: they do all they did, and leave the database alone while nothing waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from chain_client.outbox import lanes
from chain_client.outbox.doorbell import Doorbell
from chain_client.outbox.records import RELAY
from chain_client.outbox.worker import Lane
from tests.outbox.lane_world import World

DEADLINE = 20.0


async def _until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not condition():
            await asyncio.sleep(0.01)


async def test_lanes_behind_a_bell_record_a_whole_delivery(world: World) -> None:
    stop, mined = asyncio.Event(), []
    doorbell = Doorbell(world.store, world.ledger_id, poll=0.01)
    members: list[tuple[Lane, int]] = [
        (world.shipper_lane(), world.chain.shipper.number),
        (world.carrier_lane(), world.chain.carrier.number),
        (world.relay_lane(), RELAY),
    ]
    tasks = [asyncio.create_task(doorbell.run(stop))]
    tasks += [
        asyncio.create_task(lane.run(stop, lambda: mined.append(1), doorbell.of(member)))  # type: ignore[arg-type]
        for lane, member in members
    ]
    try:
        new = [
            *world.openings(1),
            world.report(1),
            world.report(1, 3),
            world.feedback(1),
            world.key_change(1),
        ]
        await world.submit(*new)
        async with asyncio.timeout(DEADLINE):
            while set(await world.states()) != {"recorded"}:
                await asyncio.sleep(0.01)
    finally:
        stop.set()
        await asyncio.gather(*tasks)
    await world.check_recorded_once(new)
    assert mined


async def test_an_idle_lane_leaves_the_database_alone_until_its_bell_rings(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0
    claimable = lanes.claimable

    async def counted(*arguments: object, **more: object) -> object:
        nonlocal looks
        looks += 1
        return await claimable(*arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(lanes, "claimable", counted)
    stop, bell = asyncio.Event(), asyncio.Event()
    lane = world.shipper_lane(poll=0.0, lease=3600)
    task = asyncio.create_task(lane.run(stop, lambda: None, bell))
    try:
        await _until(lambda: looks)
        before = looks
        # Each of these reads takes longer than a lane without a bell (poll 0) needs to look again.
        for _ in range(20):
            await world.states()
        assert looks == before
        bell.set()
        await _until(lambda: looks > before)
        assert not bell.is_set()
    finally:
        stop.set()
        await task


async def test_the_bell_rings_for_those_who_wait_alone(world: World) -> None:
    shipper = world.shipper_lane()
    await world.drain(shipper, world.carrier_lane())  # their lanes are known
    await world.submit(*world.openings(1))
    async with world.store.read() as connection:
        assert await lanes.members_waiting(connection, world.ledger_id) == [world.chain.shipper.number]
    await world.drain(shipper)
    async with world.store.read() as connection:
        assert await lanes.members_waiting(connection, world.ledger_id) == []
