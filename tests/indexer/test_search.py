"""Searches against the made-up ledger's own state: filters, pages, the end to their work, and along which index."""

import pytest
from index_world import Index, World, WorldNode
from sqlalchemy import event, select

from chain_client.domain.ids import shipper_of
from chain_client.domain.records import Feedback, Opening, Recorded, Report
from chain_client.indexer import search
from chain_client.indexer.reader import Place
from chain_client.indexer.search import DeliveryFilter
from chain_client.store.tables import entries

MEMBERS = (1, 3, 5)


@pytest.fixture(scope="module")
def world():
    made = World(21)
    made.mine(90, items=14)
    return made


@pytest.fixture
async def index(world, tmp_path):
    async with Index.over(WorldNode(world), tmp_path / "i.db") as made:
        await made.catch_up()
        yield made


def recorded(world, kind):
    """Places and items of a kind, newest first."""
    return [
        (Place(logged.position.block_number, logged.position.log_index), logged.event.item)
        for logged in reversed(world.events)
        if isinstance(logged.event, Recorded) and isinstance(logged.event.item, kind)
    ]


def is_of(world, item, member):
    delivery = item.delivery_id
    return member is None or member in (shipper_of(delivery), world.state.words[delivery].carrier)


async def pages(ask, limit):
    """Every page's entries, none longer than the limit, until there is no more."""
    found, after, calls = [], None, 0
    while True:
        page = await ask(after=after, limit=limit)
        calls += 1
        assert len(page.entries) <= limit
        found += page.entries
        if page.reached is None:
            return found, calls
        assert after is None or page.reached < after, "every call gets on"
        assert not page.entries or page.entries[-1].place >= page.reached
        after = page.reached


@pytest.mark.parametrize("bounds", [(10_000, 1_000), (50, 1_000), (200, 3)])
async def test_feedback_is_found_whatever_the_page_and_the_bounds(world, index, monkeypatch, bounds):
    for name, value in zip(("SCANNED", "SIFTED"), bounds, strict=True):
        monkeypatch.setattr(search, name, value)
    every = recorded(world, Feedback)
    assert any(search.is_serious(item) for _, item in every)
    assert not all(search.is_serious(item) for _, item in every)
    delivery = every[len(every) // 2][1].delivery_id
    async with index.store.read() as connection:
        for member in (None, *MEMBERS):
            for filters in ({}, {"driver": 2}, {"driver": 0}, {"delivery_id": delivery}):
                for serious in (False, True):

                    async def ask(member=member, filters=filters, serious=serious, **place):
                        return await search.feedback(
                            connection, index.ledger_id, member=member, serious=serious, **filters, **place
                        )

                    wanted = [
                        at
                        for at, item in every
                        if is_of(world, item, member)
                        and all(getattr(item, name) == value for name, value in filters.items())
                        and (not serious or search.is_serious(item))
                    ]
                    for limit in (3, 500):
                        found, _ = await pages(ask, limit)
                        assert [one.place for one in found] == wanted, (member, filters, serious, limit)


async def test_what_is_serious():
    def said(overall, issues):
        return search.is_serious(Feedback(bytes(32), 1, overall, 0, 0, 0, 0, issues, bytes(32), 1))

    assert [overall for overall in range(6) if said(overall, 0)] == [1, 2]
    assert [bit for bit in range(11) if said(5, 1 << bit)] == [2, 3, 5, 6, 8, 9]


async def test_superseded_is_what_a_later_revision_of_the_same_driver_s_part_replaced(world, index):
    every = recorded(world, Feedback)
    async with index.store.read() as connection:
        page = await search.feedback(connection, index.ledger_id, member=None, limit=1000)
        found = await search.superseded(connection, index.ledger_id, page.entries)
    last = {}
    for at, item in reversed(every):
        last[item.delivery_id, item.driver] = at
    assert found == {at for at, item in every if last[item.delivery_id, item.driver] != at}
    assert found
    assert len(found) < len(every)


@pytest.mark.parametrize(("scanned", "candidates"), [(10_000, 1_000), (60, 1_000), (60, 1)])
async def test_deliveries_are_found_whatever_the_page_and_the_bounds(
    world, index, monkeypatch, scanned, candidates
):
    monkeypatch.setattr(search, "SCANNED", scanned)
    monkeypatch.setattr(search, "CANDIDATES", candidates)
    every, state = recorded(world, Opening), world.state
    some = every[3][1].delivery_id
    shippers = (some[:2] + bytes(30), (int.from_bytes(some[:2]) + 1).to_bytes(2) + bytes(30))
    exact = (some, (int.from_bytes(some) + 1).to_bytes(32))
    was = {}
    for delivery, driver in state.was:
        was.setdefault(delivery, set()).add(driver)
    assert was, "some driver was replaced"
    filters = [
        DeliveryFilter(),
        *(DeliveryFilter(outcome=outcome) for outcome in range(8)),
        *(DeliveryFilter(driver=driver) for driver in (0, 1, 2, 5)),
        *(DeliveryFilter(ids=ids) for ids in (shippers, exact, (b"\xff" * 32, None), (bytes(32), None))),
        *(DeliveryFilter(one=one) for one in (some, bytes(32))),
        DeliveryFilter(one=some, ids=shippers, outcome=3),
        DeliveryFilter(outcome=3, driver=1, ids=shippers),
    ]

    def holds(chosen, delivery):
        word = state.words[delivery]
        least, below = chosen.ids or (bytes(32), None)
        return (
            chosen.outcome in (None, max(word.last_outcome, 0))
            and (chosen.driver in (None, word.driver) or chosen.driver in was.get(delivery, ()))
            and least <= delivery
            and (below is None or delivery < below)
            and chosen.one in (None, delivery)
        )

    hits = 0
    async with index.store.read() as connection:
        for member in MEMBERS:
            for chosen in filters:

                async def ask(member=member, chosen=chosen, **place):
                    return await search.openings(connection, index.ledger_id, member, chosen, **place)

                wanted = [
                    at for at, item in every if is_of(world, item, member) and holds(chosen, item.delivery_id)
                ]
                hits += len(wanted)
                for limit in (9, 500):
                    found, _ = await pages(ask, limit)
                    assert [one.place for one in found] == wanted, (member, chosen, limit)
    assert hits > 100


async def test_one_call_looks_at_so_many_entries_and_no_more(world, index, monkeypatch):
    monkeypatch.setattr(search, "SCANNED", 10)
    async with index.store.read() as connection:
        nothing = DeliveryFilter(outcome=7, driver=1)
        first = await search.openings(connection, index.ledger_id, 1, nothing, limit=100)
        assert (first.entries, first.reached is not None) == ([], True), "a page without anything leads on"

        async def ask(**place):
            return await search.openings(connection, index.ledger_id, 1, nothing, **place)

        _, calls = await pages(ask, 100)
        assert calls > 3


@pytest.mark.parametrize("scanned", [3, 8, 10_000])
async def test_two_sides_of_one_member_come_as_one_list(world, index, monkeypatch, scanned):
    """A member may ship and carry; here two carriers stand for the two, as no made-up member does both."""
    monkeypatch.setattr(search, "SCANNED", scanned)
    sides = [entries.c.carrier == 3, entries.c.carrier == 4]
    wanted = [at for at, item in recorded(world, Report | Opening)]
    assert len(wanted) > 100
    async with index.store.read() as connection:
        for rows in (2, 1000):

            async def ask(after, limit, rows=rows):
                statement = select(entries).where(entries.c.kind.in_(["report", "opening"]))
                return await search._search(
                    connection,
                    index.ledger_id,
                    sides,
                    statement,
                    after,
                    limit,
                    max(limit, rows),
                    lambda _: True,
                )

            for limit in (1, 4, 100):
                found, _ = await pages(ask, limit)
                assert [one.place for one in found] == wanted, (rows, limit)


@pytest.mark.parametrize("candidates", [0, 1_000])
async def test_every_search_goes_along_an_index_in_its_order(index, monkeypatch, candidates):
    monkeypatch.setattr(search, "CANDIDATES", candidates)
    statements = []
    async with index.store.read() as connection:
        event.listen(
            connection.sync_connection,
            "before_cursor_execute",
            lambda _c, _cursor, statement, parameters, *_: statements.append((statement, parameters)),
        )
        for ids in (None, (b"\x00\x01" + bytes(30), b"\x00\x02" + bytes(30))):
            chosen = DeliveryFilter(outcome=3, driver=1, ids=ids)
            await search.openings(connection, index.ledger_id, 1, chosen, limit=5)
        for filters in ({}, {"driver": 1}, {"delivery_id": b"\x01" * 32}):
            for member in (None, 3):
                await search.feedback(connection, index.ledger_id, member=member, **filters, limit=5)
        asked = list(statements)
        for statement, parameters in asked:
            rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            steps = [row.detail for row in rows]
            assert not any(step.startswith("SCAN") for step in steps), (statement, steps)
            if "deliveries.delivery_id >=" in statement:
                assert any("delivery_id>? AND delivery_id<?" in step for step in steps), steps
            if "ORDER BY" in statement and "delivery_id IN" not in statement:
                assert not any("TEMP B-TREE" in step for step in steps), (statement, steps)
