"""A restored database, a restored chain, a key used elsewhere: each is told apart, and a command's work cures each."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from chain_client.bindings.signer import TxFields
from chain_client.domain.causes import Cause, remedy
from chain_client.domain.ids import MemberNumber, to_hex
from chain_client.outbox.agreement import NodeBehind
from chain_client.outbox.records import RELAY
from chain_client.outbox.recovery import NoSuchLane, Resumed
from chain_client.outbox.signer import LocalSigner
from chain_client.outbox.worker import Lane
from chain_client.store import Store, open_store
from tests.outbox.lane_world import World
from tests.outbox.test_trouble import use_a_nonce
from tests.support.chain import signer


async def copied(world: World, tmp_path: Path, name: str) -> Store:
    """A store over a copy of the database as it is now: what an operator restores."""
    path = tmp_path / name
    with closing(sqlite3.connect(str(world.store.engine.url.database))) as connection:
        connection.execute(f"VACUUM INTO '{path}'")
    return open_store(f"sqlite+aiosqlite:///{path}")


async def resume(world: World, member: int, key: LocalSigner, lane: Lane) -> Resumed:
    """Resume beside a worker, which then finds that its lease is gone, and reads the lane anew."""
    done = await world.resume(MemberNumber(member), key)
    with suppress(NodeBehind):
        await lane.step()
    return done


async def cause(world: World, key: Any) -> tuple[Any, Any]:
    row = await world.lane_row(key)
    return row.halt_code, row.halted


async def test_a_restored_database_is_told_from_a_key_used_elsewhere(world: World, tmp_path: Path) -> None:
    key, member = world.chain.shipper.writer, world.chain.shipper.number
    await world.submit(*world.openings(1))
    await world.drain(world.shipper_lane())
    new = world.openings(2, 3)
    await world.submit(*new)
    old = await copied(world, tmp_path, "old.db")
    world.now += 10
    await world.drain(world.shipper_lane())  # recorded, which the copy does not know
    world.store = old
    try:
        lane = world.shipper_lane()
        world.now += 10
        await world.drain(lane)
        code, words = await cause(world, key)
        assert code == Cause.DATABASE_RESTORED
        assert "restored from a copy" in words
        assert f"doorstep lane resume --writer {to_hex(key.address)}" in remedy(code, to_hex(key.address))
        resumed = await resume(world, member, key, lane)
        assert (resumed.queued, resumed.found, resumed.lost) == (0, 2, 0)
        later = world.openings(4)
        await world.submit(*later)
        await world.drain(lane)
        assert await world.counts() == {"recorded": 4}
        assert all(len(places) == 1 for places in (await world.recorded()).values())
    finally:
        await old.close()


async def test_a_restored_database_records_no_report_twice(world: World, tmp_path: Path) -> None:
    """The ledger takes a second 'attempted' after the first, so sending it again would be one too many."""
    await world.submit(*world.openings(1))
    await world.drain(world.shipper_lane())
    first = world.report(1, 1)
    await world.submit(first)
    await world.drain(world.carrier_lane())
    again = world.report(1, 2)
    await world.submit(again)
    old = await copied(world, tmp_path, "old.db")
    world.now += 10
    await world.drain(world.carrier_lane())
    world.store = old
    try:
        world.now += 10
        lane = world.carrier_lane()
        await world.drain(lane)
        await resume(world, world.chain.carrier.number, world.chain.carrier.writer, lane)
        await world.drain(lane)
        assert await world.counts() == {"recorded": 3}
        assert all(len(places) == 1 for places in (await world.recorded()).values())
    finally:
        await old.close()


async def test_a_key_used_elsewhere_while_the_lane_runs_is_said_so(world: World) -> None:
    key = world.chain.shipper.writer
    lane = world.shipper_lane()
    await world.submit(*world.openings(1))
    await world.drain(lane)
    await use_a_nonce(world, key)
    await world.submit(*world.openings(2))
    await lane.step()
    assert (await cause(world, key))[0] == Cause.NONCE_TAKEN


async def test_an_idle_lane_finds_a_used_nonce_before_anything_waits_for_it(world: World) -> None:
    key = world.chain.shipper.writer
    lane = world.shipper_lane()
    await world.submit(*world.openings(1))
    await world.drain(lane)
    await use_a_nonce(world, key)
    await world.drain(lane)
    assert await cause(world, key) == (None, None)
    world.now += 10
    await world.drain(lane)
    assert (await cause(world, key))[0] == Cause.NONCE_TAKEN


async def test_a_key_used_for_something_else_while_no_lane_ran_is_no_restored_database(world: World) -> None:
    key = world.chain.shipper.writer
    await world.submit(*world.openings(1))
    await world.drain(world.shipper_lane())
    nonce = await world.chain.node.nonce(key.address)
    other = TxFields(world.chain.node.chain_id, nonce, world.chain.relay.address, b"", 100_000, 0, 0)
    await world.chain.node.send(key.sign_transaction(other))
    world.now += 10
    await world.drain(world.shipper_lane())
    assert (await cause(world, key))[0] == Cause.NONCE_TAKEN


async def test_after_the_chain_went_back_lost_items_are_queued_again(world: World) -> None:
    """The chain loses blocks that items were recorded in; it grows past them again with other blocks."""
    key, member = world.chain.shipper.writer, world.chain.shipper.number
    provider = world.chain.provider
    kept = world.openings(1)
    await world.submit(*kept)
    lane = world.shipper_lane(max_batch=1)
    await world.drain(lane)
    before = provider.snapshot()
    lost = world.openings(2, 3)
    await world.submit(*lost)
    await world.drain(lane)
    assert await world.counts() == {"recorded": 3}
    provider.restore(before)
    more = world.openings(4)
    await world.submit(*more)
    with pytest.raises(NodeBehind, match="or the chain was restored"):
        await lane.step()
    for _ in range(3):
        provider.mine()
    world.now += 10
    await world.drain(lane)
    code, words = await cause(world, key)
    assert code == Cause.CHAIN_RESTORED
    assert "no longer on the chain" in words
    assert "doorstep rebuild" in remedy(code)
    resumed = await resume(world, member, key, lane)
    assert (resumed.queued, resumed.lost, resumed.found) == (2, 2, 0)
    await world.drain(lane)
    await world.check_recorded_once([*kept, *lost, *more])
    again = await resume(world, member, key, lane)
    assert (again.queued, again.lost, again.found) == (0, 0, 0)


async def test_a_lane_that_waits_for_a_shorter_chain_is_resumed_before_it_halts(world: World) -> None:
    key, member = world.chain.shipper.writer, world.chain.shipper.number
    before = world.chain.provider.snapshot()
    new = world.openings(1, 2)
    lane = world.shipper_lane(max_batch=1)
    await world.submit(*new)
    await world.drain(lane)
    world.chain.provider.restore(before)
    resumed = await resume(world, member, key, lane)
    assert (resumed.next_nonce, resumed.queued) == (await world.chain.node.nonce(key.address), 2)
    await world.drain(lane)
    await world.check_recorded_once(new)


async def test_what_was_rejected_on_a_block_that_is_gone_is_judged_again(world: World) -> None:
    await world.submit(*world.openings(1))
    await world.drain(world.shipper_lane())
    before = world.chain.provider.snapshot()
    early = world.feedback(1, driver=0)
    await world.submit(early)
    relay = world.relay_lane()
    await world.drain(relay)
    assert await world.states() == ["recorded", "rejected"]
    world.chain.provider.restore(before)
    world.chain.provider.advance(3 * 86_400)
    resumed = await resume(world, RELAY, world.chain.relay, relay)
    assert (resumed.queued, resumed.lost) == (1, 1)
    await world.drain(relay)
    assert await world.states() == ["recorded", "recorded"]


async def test_a_lane_never_used_is_named(world: World) -> None:
    with pytest.raises(NoSuchLane, match="doorstep lane list"):
        await world.resume(world.chain.shipper.number, signer("nobody"))


async def test_a_lane_that_a_worker_leads_is_read_anew(world: World) -> None:
    """The command takes the lease away: what the worker holds in memory is of before."""
    key, member = world.chain.shipper.writer, world.chain.shipper.number
    lane = world.shipper_lane()
    await world.submit(*world.openings(1))
    await world.drain(lane)
    await world.resume(member, key)
    world.now += 3  # half of the lease is over: the worker renews it
    new = world.openings(2)
    await world.submit(*new)
    await world.drain(lane)
    await world.check_recorded_once(new)
