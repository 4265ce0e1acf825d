"""A lane on an undisturbed chain: claimed, sent, settled."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace

import pytest

from chain_client.domain.records import Reason
from chain_client.outbox import reader
from chain_client.outbox.worker import WriterNotAllowed
from tests.outbox.lane_world import World
from tests.support.chain import add_writer, signer


async def test_a_whole_delivery_is_recorded(world: World) -> None:
    new = [*world.openings(1), world.report(1), world.report(1, 3), world.feedback(1), world.key_change(1)]
    await world.submit(*new)
    await world.drain(world.shipper_lane(), world.carrier_lane(), world.relay_lane())
    await world.check_recorded_once(new)
    async with world.store.read() as connection:
        views = await reader.lane_views(connection, world.ledger_id)
        assert (await reader.backlog(connection, world.ledger_id)).waiting == 0
    assert [(view.in_flight, view.halted) for view in views] == [(0, None)] * 3


async def test_a_batch_is_of_one_kind_the_oldest_first(world: World) -> None:
    shipper = world.shipper_lane()
    await world.submit(*world.openings(1, 2))
    await world.drain(shipper)
    cancel = replace(world.report(1, 6, driver=0), member=world.chain.shipper.number)
    await world.submit(*world.openings(3), cancel, *world.openings(4))
    await world.drain(shipper)
    assert [(batch.kind, batch.size) for batch in await world.batches()] == [
        ("opening", 2), ("opening", 2), ("report", 1),
    ]  # fmt: skip


async def test_several_of_one_delivery_go_in_one_batch_in_order(world: World) -> None:
    new = [world.report(1), world.report(1, 2), world.report(1, 3)]
    await world.submit(*world.openings(1), *new)
    await world.drain(world.shipper_lane())
    await world.drain(world.carrier_lane())
    assert [batch.size for batch in await world.batches()] == [1, 3]
    await world.check_recorded_once(new)


async def test_what_stands_behind_another_members_item_waits(world: World) -> None:
    await world.submit(*world.openings(1), world.report(1))
    carrier = world.carrier_lane()
    assert not await carrier.step()
    assert await world.states() == ["accepted", "accepted"]
    await world.drain(world.shipper_lane())
    await world.drain(carrier)
    assert await world.states() == ["recorded", "recorded"]


async def test_rejected_items_say_why_and_stop_nothing_else(world: World) -> None:
    late = world.opening(2, promised_by=world.chain.provider.time - 5)
    new = [*world.openings(1), *world.openings(2, promised_by=late.promised_by), *world.openings(3)]
    answers = await world.submit(*new)
    await world.drain(world.shipper_lane())
    assert await world.states() == ["recorded", "rejected", "recorded"]
    async with world.store.read() as connection:
        view = await reader.intent(connection, world.ledger_id, answers[1].intent_id)
    assert view is not None
    assert view.on_chain is not None
    assert (view.reason, view.detail) == (
        Reason.PROMISE_NOT_IN_FUTURE,
        "the ledger rejected it: promise not in future (reason 5)",
    )
    rejected = [one for one in await world.events() if one.position.tx_hash == view.on_chain.tx_hash][1]
    assert view.on_chain.log_index == rejected.position.log_index


async def test_an_idle_lane_sends_at_once_a_busy_one_gathers(world: World) -> None:
    world.chain.provider.auto_mine = False
    lane = world.shipper_lane(max_batch=3)
    await world.submit(*world.openings(1))
    assert await lane.step()
    await world.submit(*world.openings(2, 3))
    assert not await lane.step()
    assert Counter(await world.states()) == {"sent": 1, "accepted": 2}
    await world.submit(*world.openings(4))
    assert await lane.step()
    assert [batch.size for batch in await world.batches()] == [1, 3]
    world.chain.provider.mine()
    await world.submit(*world.openings(5))
    await lane.step()
    world.chain.provider.mine()
    await world.drain(lane)
    assert await world.states() == ["recorded"] * 5


async def test_at_most_four_are_in_flight(world: World) -> None:
    world.chain.provider.auto_mine = False
    lane = world.shipper_lane(max_batch=2)
    await world.submit(*world.openings(*range(12)))
    for _ in range(8):
        await lane.step()
    assert [batch.state for batch in await world.batches()] == ["sent"] * 4
    assert Counter(await world.states()) == {"sent": 8, "accepted": 4}
    world.chain.provider.mine()
    await world.drain(lane)
    assert [batch.state for batch in await world.batches()] == ["settled"] * 4 + ["sent"] * 2
    world.chain.provider.mine()
    await world.drain(lane)
    assert await world.states() == ["recorded"] * 12


async def test_an_item_waits_for_the_one_in_flight_before_it(world: World) -> None:
    await world.submit(*world.openings(1, 2))
    await world.drain(world.shipper_lane())
    world.chain.provider.auto_mine = False
    carrier = world.carrier_lane(max_batch=1)
    await world.submit(world.report(1), world.report(1, 3), world.report(2))
    await world.drain(carrier)
    assert (await world.states())[2:] == ["sent", "accepted", "sent"]
    world.chain.provider.mine()
    await world.drain(carrier)
    world.chain.provider.mine()
    await world.drain(carrier)
    assert await world.states() == ["recorded"] * 5


async def test_a_thousand_are_recorded_once_each(world: World) -> None:
    new = world.openings(*range(1_000))
    await world.submit(*new)
    await world.drain(world.shipper_lane())
    assert [batch.size for batch in await world.batches()] == [200] * 5
    await world.check_recorded_once(new)


async def test_running_wakes_whoever_follows_and_stops_when_told(world: World) -> None:
    new = world.openings(1, 2, 3)
    stop, woken = asyncio.Event(), asyncio.Event()
    lane = world.shipper_lane(poll=0.01)
    task = asyncio.create_task(lane.run(stop, woken.set))
    try:
        await world.submit(*new)
        async with asyncio.timeout(10):
            await woken.wait()
        await world.check_recorded_once(new)
    finally:
        stop.set()
        async with asyncio.timeout(10):
            await task
    row = await world.lane_row(world.chain.shipper.writer)
    assert (row.lease_token, row.lease_until) == (None, 0)


async def test_two_lanes_share_an_event_loop(world: World) -> None:
    stop = asyncio.Event()
    new = [*world.openings(*range(20)), *(world.report(number, 3) for number in range(20))]
    new += [world.feedback(number) for number in range(20)]
    await world.submit(*new)
    lanes = [world.shipper_lane(poll=0.01), world.carrier_lane(poll=0.01), world.relay_lane(poll=0.01)]
    tasks = [asyncio.create_task(lane.run(stop, lambda: None)) for lane in lanes]
    async with asyncio.timeout(20):
        while (await world.counts())["recorded"] < 60:
            await asyncio.sleep(0.01)
    stop.set()
    await asyncio.gather(*tasks)
    await world.check_recorded_once(new)


async def test_a_writer_not_allowed_yet_keeps_its_intents_waiting(world: World) -> None:
    stranger = signer("not yet allowed")
    lane = world.lane(world.chain.shipper.number, stranger)
    new = world.openings(1)
    await world.submit(*new)
    with pytest.raises(WriterNotAllowed, match="Allow it"):
        await lane.step()
    assert await world.states() == ["accepted"]
    shipper = world.chain.shipper
    await add_writer(world.chain.ledger, shipper.owner, shipper.number, stranger)
    await world.drain(lane)
    await world.check_recorded_once(new)


@pytest.mark.usefixtures("poison")
async def test_every_log_line_carries_an_action(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "chain_client.outbox")
    await world.submit(*world.openings(1), world.bad_opening(2))
    await world.drain(world.shipper_lane())
    actions = [record.action for record in caplog.records if record.name.startswith("chain_client.outbox")]
    assert actions == [
        "outbox.leading", "outbox.batch_halved", "outbox.batch_sent", "outbox.batch_settled", "outbox.item_set_aside",
    ]  # fmt: skip
