"""Reputations over time against asking for each instant alone, and weeks against plain sums over the entries."""

import random
from collections import Counter

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from index_world import Index, World, WorldNode
from plain_fold import by_delivery, counts_for, stops_of
from sqlalchemy import event

from chain_client.domain.errors import InvalidInput, NotFound
from chain_client.domain.records import DAY
from chain_client.reputation import over_time, reader


def weeks_of(world_entries, block_number, as_of, driver, weeks):
    """The answer from the entries alone."""
    day = as_of // DAY
    monday = max(d for d in range(day - 6, day + 1) if d % 7 == 4)  # day 4 was Monday, 5 January 1970
    counts = Counter()
    entries = [entry for entry in world_entries if entry[0] <= block_number]
    for own in by_delivery(entries).values():
        stop = stops_of(own).get(driver)
        if stop is not None and stop["day"] <= day:
            week = (stop["day"] - monday) // 7
            counts.update({(week, name): n for name, n in counts_for("driver", stop).items()})
    answer = []
    for week in range(1 - weeks, 1):
        values = [counts[week, f"overall_{value}"] for value in range(1, 6)]
        n, total = sum(values), sum(value * n for value, n in enumerate(values, 1))
        answer.append((monday + 7 * week, n, 1_000_000 * total // n if n else None))
    return answer


BUSY = 19
"""A seed of which many made-up feedbacks name a driver."""


@example(seed=BUSY)
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
async def test_every_point_and_week_is_what_asking_for_its_instant_gives(seed, tmp_path_factory):
    rng, world, behind = random.Random(seed), World(seed), 3
    world.mine(60, items=14)
    final = world.mined[-1 - behind]
    async with Index.over(WorldNode(world, behind), tmp_path_factory.mktemp("r") / "i.db") as index:
        await index.catch_up()
        ends = [None, world.head.time + 30 * DAY, rng.randrange(world.mined[1].block.time, world.head.time)]
        span = (world.head.time - world.mined[0].block.time) // DAY + 2
        seen = set()
        async with index.store.read() as connection:
            for end in ends:
                for driver in world.state.drivers:
                    points, days = rng.randrange(1, 30), rng.choice([1, 7, max(1, min(span, 720)), 720])
                    series = await over_time.driver_series(
                        connection, index.ledger_id, driver, points=points, days=days, as_of=end
                    )
                    assert len(series) == points
                    at = final.block.time if end is None else end
                    assert series[-1].as_of == at
                    if points > 1:
                        assert series[0].as_of == max(at - days * DAY, 0)
                    assert [one.as_of for one in series] == sorted(one.as_of for one in series)
                    for one in series:
                        alone = await reader.driver(connection, index.ledger_id, driver, as_of=one.as_of)
                        assert (one.standing, one.overall) == (alone.standing, alone.figures["overall"]), one
                        seen.add(one.overall)
                last = [m for m in world.mined[: final.block.number + 1] if m.block.time <= at][-1]
                drivers = list(world.state.drivers)
                for weeks in (1, 26):
                    found = await over_time.drivers_weeks(
                        connection, index.ledger_id, drivers, weeks=weeks, as_of=end
                    )
                    for driver in drivers:
                        wanted = weeks_of(world.state.entries, last.block.number, at, driver, weeks)
                        said = [(week.first, week.n, week.mean) for week in found[driver]]
                        assert said == wanted, (driver, end)
        assert seed != BUSY or len(seen) > 20, "the made-up drivers change"


async def test_before_the_first_entry_there_is_nothing(tmp_path):
    world = World(5)
    world.mine(30, items=9)
    async with Index.over(WorldNode(world), tmp_path / "i.db") as index:
        with pytest.raises(reader.IndexEmpty):
            async with index.store.read() as connection:
                await over_time.driver_series(connection, index.ledger_id, 1, points=3, days=3)
        await index.catch_up()
        early = world.mined[1].block.time - 1
        async with index.store.read() as connection:
            series = await over_time.driver_series(
                connection, index.ledger_id, 1, points=3, days=3, as_of=early
            )
            assert {(one.standing.value, one.overall.n) for one in series} == {("insufficient", 0)}
            weeks = await over_time.drivers_weeks(connection, index.ledger_id, [1], weeks=2, as_of=early)
            assert [(one.n, one.mean) for one in weeks[1]] == [(0, None)] * 2
            assert await over_time.drivers_weeks(connection, index.ledger_id, [], weeks=2) == {}


async def test_what_is_asked_for_wrongly_is_named(tmp_path):
    world = World(6)
    world.mine(5)
    async with Index.over(WorldNode(world), tmp_path / "i.db") as index:
        await index.catch_up()
        async with index.store.read() as connection:
            for field, values in (("points", (0, 61)), ("days", (0, 721))):
                for value in values:
                    with pytest.raises(InvalidInput, match=field):
                        await over_time.driver_series(
                            connection, index.ledger_id, 1, **{"points": 2, "days": 2, field: value}
                        )
            for weeks in (0, 27):
                with pytest.raises(InvalidInput, match="weeks"):
                    await over_time.drivers_weeks(connection, index.ledger_id, [1], weeks=weeks)
            with pytest.raises(NotFound, match="Driver 999"):
                await over_time.driver_series(connection, index.ledger_id, 999, points=2, days=2)
            with pytest.raises(InvalidInput, match="policy"):
                await over_time.driver_series(connection, index.ledger_id, 1, points=2, days=2, policy=2)


async def test_weeks_are_one_query_however_many_drivers(tmp_path):
    world = World(8)
    world.mine(30, items=9)
    async with Index.over(WorldNode(world), tmp_path / "i.db") as index:
        await index.catch_up()
        statements = []
        async with index.store.read() as connection:
            event.listen(
                connection.sync_connection,
                "before_cursor_execute",
                lambda _c, _cursor, statement, *_: statements.append(statement),
            )
            await over_time.drivers_weeks(connection, index.ledger_id, list(range(1, 400)), weeks=26)
        assert sum("daily_counts" in statement for statement in statements) == 1
        assert len(statements) <= 4
