"""Answers as of a past instant: one at a time for each caller, and computed for what is asked alone."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest
from sqlalchemy import event, text

from api.problems import Problem
from api.turns import AT_ONCE, MAY_WAIT, MAY_WAIT_IN_ALL, Turns
from chain_client.reputation import reader as reputation
from tests.api.test_submissions import problem
from tests.api.world import World


async def test_one_caller_has_one_turn_and_others_theirs() -> None:
    turns = Turns()
    order: list[str] = []
    go = asyncio.Event()

    async def one(caller: str, name: str) -> None:
        async with turns.turn(caller):
            order.append(name)
            await go.wait()

    tasks = [asyncio.create_task(one("a", f"a{n}")) for n in range(MAY_WAIT + 1)]
    tasks.append(asyncio.create_task(one("b", "b0")))
    while len(order) < AT_ONCE:
        await asyncio.sleep(0)
    assert order == ["a0", "b0"]
    with pytest.raises(Problem) as caught:
        await one("a", "too many")
    assert (caught.value.status, caught.value.headers["retry-after"]) == (429, "2")
    go.set()
    await asyncio.gather(*tasks)
    assert order[2:] == [f"a{n}" for n in range(1, MAY_WAIT + 1)]
    await one("a", "again")


async def test_few_wait_in_all() -> None:
    turns = Turns()
    async with AsyncExitStack() as stack:
        for n in range(AT_ONCE):
            await stack.enter_async_context(turns.turn(f"running {n}"))
        waiting = [
            asyncio.create_task(stack.enter_async_context(turns.turn(f"waiting {n}")))
            for n in range(MAY_WAIT_IN_ALL - AT_ONCE)
        ]
        await asyncio.sleep(0)
        with pytest.raises(Problem) as caught:
            async with turns.turn("one more"):
                pass
        assert caught.value.status == 503
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    async with turns.turn("later"):
        pass


async def test_the_past_waits_for_its_turn_and_the_present_does_not(world: World) -> None:
    await world.delivered()
    path = f"/v1/carriers/{world.chain.carrier.number}/reputation"
    turns: Turns = world.app.state.services.past
    async with AsyncExitStack() as stack:
        for n in range(AT_ONCE):
            await stack.enter_async_context(turns.turn(f"running {n}"))
        past = [
            asyncio.create_task(world.http.get(path, params={"as_of": world.later(-3600)}, headers=world.van))
            for _ in range(MAY_WAIT + 3)
        ]
        async with asyncio.timeout(20):
            while sum(task.done() for task in past) < 2:
                await asyncio.sleep(0.01)
        for task in past:
            if task.done():
                problem(task.result(), 429, "one-at-a-time")
        assert (await world.http.get(path, headers=world.van)).status_code == 200
    assert sorted([(await task).status_code for task in past]) == [200] * (MAY_WAIT + 1) + [429] * 2


async def test_a_page_of_drivers_computes_its_drivers_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.delivered()
    computed: list[int] = []

    def counted(
        by: str, number: int, *rest: object, real: object = reputation._reputation, **more: object
    ) -> object:
        computed.append(number)
        return real(by, number, *rest, **more)  # type: ignore[operator]

    whole = (await world.http.get("/v1/drivers?with_reputation=true", headers=world.judge)).json()["drivers"]
    monkeypatch.setattr(reputation, "_reputation", counted)
    params = {"with_reputation": "true", "limit": "1"}
    (first,) = (await world.http.get("/v1/drivers", params=params, headers=world.judge)).json()["drivers"]
    assert first == whole[0]
    assert computed == [first["driver"]]


async def test_a_time_is_found_by_its_index(world: World) -> None:
    await world.delivered()
    plans: list[str] = []

    def note(connection: object, cursor: object, statement: str, parameters: object, *_: object) -> None:
        if "FROM blocks" in statement and "EXPLAIN" not in statement:
            plans.append(statement)

    engine = world.app.state.services.store.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    for params in ({"from": world.later(-3600)}, {"to": world.later(3600)}):
        assert (await world.http.get("/v1/history", params=params, headers=world.van)).status_code == 200
    event.remove(engine, "before_cursor_execute", note)
    asked = [one for one in plans if "blocks.time" in one]
    assert len(asked) == 2
    # An aggregate would walk through every block on its side of the time, also along the index.
    assert not [one for one in asked if "min(" in one or "max(" in one]
    async with world.store.read() as connection:
        for statement in asked:
            values = {f"p{n}": 1 for n in range(statement.count("?"))}
            sql = statement
            for name in values:
                sql = sql.replace("?", f":{name}", 1)
            plan = (await connection.execute(text("EXPLAIN QUERY PLAN " + sql), values)).all()
            assert any("ix_blocks_ledger_id_time" in row[3] for row in plan), plan
