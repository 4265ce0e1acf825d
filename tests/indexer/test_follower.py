import asyncio
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from index_world import Index, World, WorldNode

from chain_client.domain.errors import Unavailable
from chain_client.health import Limits, observation_stop
from chain_client.indexer import follower as follower_module
from chain_client.indexer.follower import IndexHalted
from chain_client.indexer.rebuild import rebuild
from chain_client.rpc.errors import BlockUnknown, NodeError
from chain_client.store import troubles
from chain_client.store.tables import DERIVED, PARTS


async def backfilled(node, path):
    async with Index.over(node, path) as index:
        await index.catch_up()
        return await index.tables()


def assert_same(found, wanted, what):
    for name in wanted:
        assert found[name] == wanted[name], f"{what}: {name}"


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
async def test_live_is_backfill_is_rewound(seed, tmp_path_factory):
    path = tmp_path_factory.mktemp("index")
    rng, world, behind = random.Random(seed), World(seed), 6
    node = WorldNode(world, behind)
    async with Index.over(node, path / "rewound.db") as followed, Index.over(node, path / "live.db") as live:
        final = 0
        for _ in range(rng.randrange(3, 9)):
            world.mine(rng.randrange(1, 6))
            if rng.random() < 0.7:
                await followed.catch_up()
                final = max(final, world.head.number - behind)
                # Some of what was just indexed goes again, and the chain may be shorter for a while.
                world.cut(rng.randrange(min(world.head.number - 1, world.head.number - final) + 1))
                if rng.random() < 0.3:
                    await followed.catch_up()
        await followed.catch_up()
        for limit in range(1, len(world.mined) + 1):
            node.limit = limit
            await live.catch_up()
        node.limit = None
        wanted = await backfilled(node, path / "backfill.db")
        assert_same(await live.tables(), wanted, "live")
        assert_same(await followed.tables(), wanted, "rewound")


async def test_ranges_of_any_size_give_the_same_tables(tmp_path, monkeypatch):
    world = World(11)
    world.mine(120)
    wanted = await backfilled(WorldNode(world), tmp_path / "one.db")
    assert len(wanted["daily_counts"]) > 20
    for span, enough in ((1, 1), (7, 10), (40, 3)):
        monkeypatch.setattr(follower_module, "_FIRST_SPAN", span)
        monkeypatch.setattr(follower_module, "_ENOUGH", enough)
        node = WorldNode(world)
        found = await backfilled(node, tmp_path / f"{span}.db")
        assert node.asked > 5
        assert_same(found, wanted, f"ranges of {span}")


async def test_a_rebuilt_index_is_the_same(tmp_path):
    world = World(12)
    world.mine(60)
    async with Index.over(WorldNode(world), tmp_path / "i.db") as index:
        await index.catch_up()
        before = await index.tables()
        await rebuild(index.store, index.ledger_id)
        assert not any((await index.tables()).values()), "every derived table is empty"
        await index.catch_up()
        assert await index.tables() == before


async def test_every_derived_table_is_filled(tmp_path):
    world = World(14)
    world.mine(400)
    found = await backfilled(WorldNode(world), tmp_path / "i.db")
    assert {name for name, rows in found.items() if not rows} == set()
    assert set(found) == {table.name for table in DERIVED}
    parts = {row[1] for row in found["daily_counts"]}
    assert parts == set(PARTS)


async def test_a_changed_block_at_or_below_the_final_one_halts(tmp_path):
    world = World(14)
    world.mine(20)
    node = WorldNode(world, behind=3)
    async with Index.over(node, tmp_path / "i.db") as index:
        await index.catch_up()
        before = await index.tables()
        kept = list(world.mined)
        world.cut(4)
        world.mine(10)
        with pytest.raises(IndexHalted, match="final"):
            await index.follower.step()
        assert await index.tables() == before, "nothing changed"
        head = await index.head()
        assert "its chain went back" in head.halted
        with pytest.raises(IndexHalted):
            await index.follower.run(asyncio.Event(), 0.01, asyncio.Event())
        # The right node again: it goes on by itself.
        world.mined[:] = kept
        world.mine(2)
        await index.catch_up()
        head = await index.head()
        assert (head.halted, head.block_number) == (None, world.head.number)


async def test_instant_finality_halts_on_any_changed_block(tmp_path):
    world = World(15)
    world.mine(10)
    async with Index.over(WorldNode(world), tmp_path / "i.db") as index:
        await index.catch_up()
        world.cut(1)
        world.mine(1)
        with pytest.raises(IndexHalted):
            await index.follower.step()


async def test_a_node_that_is_behind_is_waited_for(tmp_path):
    world = World(16)
    world.mine(20)
    node = WorldNode(world, behind=2)
    async with Index.over(node, tmp_path / "i.db") as index:
        await index.catch_up()
        before = await index.tables()
        node.limit = 5
        assert not await index.follower.step()
        assert await index.tables() == before
        head = await index.head()
        assert (head.head_number, head.block_number, head.halted) == (4, world.head.number, None)


async def test_what_is_fetched_ahead_beyond_the_final_block_is_never_indexed(tmp_path, monkeypatch):
    """Blocks fetched ahead may be gone when their turn comes, though their numbers are final by then."""
    monkeypatch.setattr(follower_module, "_FIRST_SPAN", 10)
    world = World(18)
    world.mine(20)
    node = WorldNode(world, behind=6)
    async with Index.over(node, tmp_path / "i.db") as index:
        await index.follower.step()
        if index.follower._ahead is not None:
            await asyncio.wait({index.follower._ahead})
        world.cut(4)
        world.mine(12)
        await index.catch_up()
        assert_same(await index.tables(), await backfilled(node, tmp_path / "b.db"), "fetched ahead")


async def test_a_chain_shorter_than_the_final_block_is_said_by_the_head(tmp_path):
    world = World(19)
    world.mine(20)
    node = WorldNode(world)
    async with Index.over(node, tmp_path / "i.db") as index:
        await index.catch_up()
        node.limit = 15
        await index.follower.step()
        head = await index.head()
        stop = observation_stop(head, head.observed_at, Limits())
        assert stop.cause == "chain-behind"
        assert "doorstep rebuild" in stop.remedy


async def test_whatever_a_node_answers_is_waited_for_and_kept_as_trouble(tmp_path):
    """A node that answers nonsense, or a database that fails, ends no worker."""
    world = World(20)
    world.mine(5)
    node = WorldNode(world)
    async with Index.over(node, tmp_path / "i.db") as index:
        good, failing = node.head, [NodeError("eth_getBlockByNumber", -1, "nonsense"), BlockUnknown("gone")]

        async def fails():
            if failing:
                raise failing.pop()
            return await good()

        node.head = fails
        stop, seen = asyncio.Event(), []
        running = asyncio.create_task(index.follower.run(stop, 0.01, asyncio.Event()))
        while (await index.head()) is None:
            async with index.store.read() as connection:
                seen += [one.code for one in await troubles.current(connection, index.ledger_id)]
            await asyncio.sleep(0)
        stop.set()
        await running
        async with index.store.read() as connection:
            assert await troubles.current(connection, index.ledger_id) == []


async def test_a_reorg_while_reading_is_not_indexed(tmp_path):
    world = World(17)
    world.mine(30)
    node = WorldNode(world, behind=10)
    async with Index.over(node, tmp_path / "i.db") as index:
        read = node.events

        async def reorganised(first, last):
            events = await read(first, last)
            node.events = read
            world.cut(5)
            world.mine(6)
            return events

        node.events = reorganised
        assert await index.follower.step()
        assert not (await index.tables())["entries"], "what was read belongs to no chain now"
        await index.catch_up()
        assert_same(await index.tables(), await backfilled(node, tmp_path / "b.db"), "after it")


async def test_the_cursor_shows_the_nodes_head_and_clock_though_nothing_came(tmp_path):
    world = World(18)
    world.mine(3)
    node = WorldNode(world)
    async with Index.over(node, tmp_path / "i.db") as index:
        assert await index.head() is None
        await index.catch_up()
        node.next_time = lambda: asyncio.sleep(0, world.head.time + 500)
        assert not await index.follower.step()
        head = await index.head()
        assert head.chain_time == world.head.time + 500
        assert (head.head_number, head.lag, head.engine) == (world.head.number, 0, "world/1")
        assert (head.final_number, head.final_hash) == (world.head.number, world.head.hash)


async def test_two_followers_do_not_write_the_same_range_twice(tmp_path):
    world = World(19)
    world.mine(40)
    node = WorldNode(world)
    async with Index.over(node, tmp_path / "i.db") as one:
        two = Index(one.store, node, one.ledger_id)
        while any(await asyncio.gather(one.follower.step(), two.follower.step())):
            pass
        assert_same(await one.tables(), await backfilled(node, tmp_path / "b.db"), "two followers")


async def test_run_waits_for_a_node_that_does_not_answer_and_wakes_when_told(tmp_path):
    world = World(20)
    node = WorldNode(world)
    async with Index.over(node, tmp_path / "i.db") as index:
        answers, failures = node.head, 0

        async def silent():
            nonlocal failures
            failures += 1
            raise Unavailable("the node does not answer")

        node.head = silent
        stop, wake = asyncio.Event(), asyncio.Event()
        running = asyncio.create_task(index.follower.run(stop, 3600, wake))

        async def until(condition):
            async with asyncio.timeout(20):
                while not await condition():
                    wake.set()
                    await asyncio.sleep(0.01)

        async def failed():
            return failures > 1

        async def caught_up():
            head = await index.head()
            return head is not None and head.block_number == world.head.number

        await until(failed)
        node.head = answers
        await until(caught_up)
        world.mine(3)
        await until(caught_up)
        stop.set()
        await asyncio.wait_for(running, 10)
