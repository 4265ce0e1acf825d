"""One writer, several workers: only one of them ever stores bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from chain_client.domain.ids import MemberNumber
from chain_client.outbox.worker import Lane
from tests.outbox.lane_world import World
from tests.support.chain import add_writer, signer


def before(owner: Any, method: str, act: Callable[[], Awaitable[None]]) -> None:
    """Let something happen before each call of a lane's method."""
    original = getattr(owner, method)

    async def slowly(*arguments: Any) -> Any:
        await act()
        return await original(*arguments)

    setattr(owner, method, slowly)


async def test_a_second_worker_waits_until_the_lease_runs_out(world: World) -> None:
    first, second = world.shipper_lane(lease=10), world.shipper_lane(lease=10)
    await first.step()
    await world.submit(*world.openings(1))
    world.now += 10 - 1
    assert not await second.step()
    assert await world.states() == ["accepted"]
    world.now += 1
    assert await second.step()
    assert await world.states() == ["sent"]


async def test_a_lease_is_renewed_while_its_worker_lives(world: World) -> None:
    first, second = world.shipper_lane(lease=10), world.shipper_lane(lease=10)
    for _ in range(20):
        await first.step()
        world.now += 4
        await first.step()
        assert not await second.step()
    await world.submit(*world.openings(1))
    assert not await second.step()
    assert await first.step()


async def test_a_worker_that_stops_gives_the_lease_back(world: World) -> None:
    stop = asyncio.Event()
    stop.set()
    first = world.shipper_lane()
    await first.step()
    await first.run(stop, lambda: None)
    await world.submit(*world.openings(1))
    assert await world.shipper_lane().step()


async def test_a_worker_taken_over_between_claim_and_store_stores_nothing(world: World) -> None:
    second = world.shipper_lane()
    new = world.openings(1, 2)

    async def hang() -> None:
        world.now += 3_600
        assert await second.step()

    await world.submit(*new)
    slow = world.shipper_lane()
    before(slow._packer, "store", hang)
    assert not await slow.step()
    assert len(await world.batches()) == 1
    await world.drain(second)
    assert not await slow.step()
    await world.check_recorded_once(new)


async def test_a_worker_taken_over_while_settling_leaves_it_to_the_other(world: World) -> None:
    second = world.shipper_lane()

    async def hang() -> None:
        world.now += 3_600
        await world.drain(second)

    new = world.openings(1)
    await world.submit(*new)
    slow = world.shipper_lane()
    before(slow._settler, "_write", hang)
    assert await slow.step()
    assert not await slow.step()
    await world.check_recorded_once(new)


async def test_two_workers_contending_send_every_item_once(world: World) -> None:
    """Both take the lease whenever they can, and it runs out all the time."""
    new = world.openings(*range(60))
    await world.submit(*new)

    async def age() -> None:
        world.now += 3
        await asyncio.sleep(0)

    first, second = world.shipper_lane(max_batch=3, lease=4), world.shipper_lane(max_batch=3, lease=4)
    before(first._packer, "store", age)
    before(second._packer, "store", age)

    async def work(lane: Lane) -> int:
        moved = 0
        async with asyncio.timeout(30):
            while (await world.counts())["recorded"] < 60:
                moved += await lane.step()
                world.now += 1
        return moved

    counts = await asyncio.gather(work(first), work(second))
    assert min(counts) > 0, "only one of them ever had the lane"
    await world.check_recorded_once(new)


async def test_two_writers_of_one_member_never_take_the_same_item(world: World) -> None:
    other = signer("the shipper's second writer")
    shipper = world.chain.shipper
    await add_writer(world.chain.ledger, shipper.owner, shipper.number, other)
    second = world.lane(world.chain.shipper.number, other)
    new = world.openings(1, 2, 3)

    await world.submit(*new)
    slow = world.shipper_lane()
    before(slow._packer, "store", lambda: world.drain(second))
    assert await slow.step()
    assert await world.states() == ["recorded"] * 3
    assert not await slow.step()
    await world.check_recorded_once(new)


async def test_a_writer_serves_one_member(world: World) -> None:
    await world.shipper_lane().step()
    world.now += 3_600
    wrong = world.lane(MemberNumber(77), world.chain.shipper.writer)
    assert not await wrong.step()
    row = await world.lane_row(world.chain.shipper.writer)
    assert (row.member, row.halted) == (world.chain.shipper.number, None)


@pytest.mark.parametrize("lease", [1, 2, 3])
async def test_short_leases_work(world: World, lease: int) -> None:
    new = world.openings(1)
    await world.submit(*new)
    await world.drain(world.shipper_lane(lease=lease))
    await world.check_recorded_once(new)
