"""The reader against the made-up ledger's own state: filters, pages both ways, lookups."""

import itertools
from dataclasses import asdict

import pytest
from index_world import CARRIERS, Index, World, WorldNode

from chain_client.domain.ids import shipper_of
from chain_client.domain.records import DriverMove, Kind, Note, Recorded
from chain_client.indexer import queries, reader, sql
from chain_client.indexer.fold import fold_delivery
from chain_client.indexer.reader import HistoryQuery, Place


@pytest.fixture(scope="module")
def world():
    made = World(21)
    made.mine(90, items=9)
    return made


@pytest.fixture
async def index(world, tmp_path):
    async with Index.over(WorldNode(world), tmp_path / "i.db") as made:
        await made.catch_up()
        yield made


def recorded(world):
    return [logged for logged in world.events if isinstance(logged.event, Recorded)]


def place(logged):
    return Place(logged.position.block_number, logged.position.log_index)


async def pages(connection, ledger_id, query, limit, newest_first=False):
    found, after = [], None
    while True:
        page = await reader.history(
            connection, ledger_id, query, after=after, limit=limit, newest_first=newest_first
        )
        assert len(page) <= limit
        found += page
        if len(page) < limit:
            return found
        after = page[-1].place


async def test_every_entry_comes_once_and_in_order_whatever_the_page(world, index):
    wanted = [(place(logged), logged.event.item) for logged in recorded(world)]
    async with index.store.read() as connection:
        for limit in (1, 7, 1000):
            found = await pages(connection, index.ledger_id, HistoryQuery(), limit)
            assert [(entry.place, entry.item) for entry in found] == wanted
        back = await pages(connection, index.ledger_id, HistoryQuery(), 10, newest_first=True)
    assert [entry.place for entry in back] == [at for at, _ in reversed(wanted)]
    assert {entry.kind for entry in found} == set(Kind)


def carrier_of(logged, world):
    item = logged.event.item
    if isinstance(item, DriverMove):
        return item.to_carrier
    if isinstance(item, Note):
        return item.carrier or (world.state.words[item.delivery_id].carrier if any(item.delivery_id) else 0)
    return world.state.words[item.delivery_id].carrier


def shipper(logged):
    item = logged.event.item
    return 0 if isinstance(item, DriverMove) else shipper_of(item.delivery_id)


async def test_filters_hold_together(world, index):
    every = recorded(world)
    first, last = world.mined[20].block, world.mined[60].block
    delivery = every[len(every) // 2].event.item.delivery_id
    tests = {
        HistoryQuery(driver=2): lambda e: getattr(e.event.item, "driver", 0) == 2,
        HistoryQuery(kind=Kind.FEEDBACK): lambda e: type(e.event.item).__name__ == "Feedback",
        HistoryQuery(delivery_id=delivery): lambda e: getattr(e.event.item, "delivery_id", 0) == delivery,
        HistoryQuery(first_block=first.number, last_block=last.number): lambda e: (
            first.number <= e.position.block_number <= last.number
        ),
        HistoryQuery(from_time=first.time, to_time=last.time): lambda e: (
            first.time <= e.position.block_time < last.time
        ),
        HistoryQuery(from_time=world.head.time + 1): lambda e: False,
        HistoryQuery(to_time=world.mined[0].block.time): lambda e: False,
        HistoryQuery(from_time=0, to_time=world.head.time + 1): lambda e: True,
        **{
            HistoryQuery(member=member): lambda e, member=member: member in (shipper(e), carrier_of(e, world))
            for member in (1, 2, 3, 4)
        },
        HistoryQuery(member=3, kind=Kind.REPORT, from_time=first.time): lambda e: (
            carrier_of(e, world) == 3
            and type(e.event.item).__name__ == "Report"
            and e.position.block_time >= first.time
        ),
    }
    async with index.store.read() as connection:
        for (query, holds), (limit, newest_first) in itertools.product(
            tests.items(), ((4, False), (4, True), (500, False))
        ):
            found = await pages(connection, index.ledger_id, query, limit, newest_first)
            wanted = [place(logged) for logged in every if holds(logged)]
            assert [entry.place for entry in found] == (wanted[::-1] if newest_first else wanted), query


async def test_a_head_is_rebuilt_from_the_entries_of_its_owner(world, index):
    async with index.store.read() as connection:
        found = await pages(connection, index.ledger_id, HistoryQuery(), 500)
    last = {(entry.head_carrier, entry.head_driver): entry.head for entry in found}
    wanted = {
        (number, 0) if whose == "carrier" else (0, number): head
        for (whose, number), head in world.state.heads.items()
    }
    assert last == wanted
    async with index.store.read() as connection:
        carriers, drivers = await queries.all_heads(connection, index.ledger_id)
    stored = {(n, 0): head for n, head in carriers.items()} | {(0, n): head for n, head in drivers.items()}
    assert {owner: head for owner, head in stored.items() if any(head)} == wanted


async def test_deliveries_are_as_the_rules_left_them(world, index, monkeypatch):
    monkeypatch.setattr(sql, "SLICE", 7)
    state = world.state
    async with index.store.read() as connection:
        found = await reader.states(connection, index.ledger_id, [*state.words, bytes(32)])
        assert {delivery: one.word for delivery, one in found.items()} == state.words
        assert {(d, driver) for d, one in found.items() for driver in one.was_drivers} == state.was
        assert state.was, "some driver was replaced"
        for delivery in list(state.words)[:10]:
            one = await reader.delivery(connection, index.ledger_id, delivery)
            assert one == found[delivery]
            folded = fold_delivery(await reader.delivery_entries(connection, index.ledger_id, delivery))
            assert (folded.word, folded.opened_at) == (one.word.pack(), one.opened_at)
            assert (folded.shipper, folded.milestones.accepted_at) == (one.shipper, one.accepted_at)
        assert await reader.delivery(connection, index.ledger_id, b"\1" * 32) is None


async def test_members_writers_and_drivers(world, index):
    state = world.state
    async with index.store.read() as connection:
        found = await reader.members_by_number(connection, index.ledger_id, [*state.members, 60_000])
        assert {n: asdict(one) for n, one in found.items()} == state.members
        assert await reader.member(connection, index.ledger_id, 60_000) is None
        removed = [writer for writer, (_, gone) in state.writers.items() if gone]
        assert removed, "some writer was removed"
        for writer, (member, gone) in state.writers.items():
            assert await reader.writers_member(connection, index.ledger_id, writer) == (
                None if gone else member
            )
        assert await reader.writers_member(connection, index.ledger_id, b"\0" * 20) is None
        carriers = await reader.drivers_carriers(connection, index.ledger_id, [*state.drivers, 10**6])
        assert carriers == {n: word.carrier for n, word in state.drivers.items()}
        every = await reader.all_drivers(connection, index.ledger_id)
        assert [one.driver for one in every] == sorted(state.drivers)
        paged, after = [], None
        while page := await reader.drivers(connection, index.ledger_id, after=after, limit=2):
            paged += page
            after = page[-1].driver
        assert paged == every
        for carrier in CARRIERS:
            own = await reader.drivers(connection, index.ledger_id, carrier=carrier, limit=1000)
            assert own == [one for one in every if one.carrier == carrier]


async def test_a_block_with_entries_keeps_its_hash_for_cursors(world, index):
    logged = recorded(world)[-1]
    async with index.store.read() as connection:
        found = await reader.block_hash(connection, index.ledger_id, logged.position.block_number)
        assert found == logged.position.block_hash
        assert await reader.block_hash(connection, index.ledger_id, 10**6) is None
