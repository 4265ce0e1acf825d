"""Reputations from the index against plain sums over the entries, now and as of any instant."""

import itertools
import random
from collections import Counter, defaultdict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from index_world import CARRIERS, SHIPPERS, Index, World, WorldNode
from plain_fold import by_delivery, counts_for, first_time, reports, stops_of

from chain_client.domain.errors import InvalidInput, NotFound
from chain_client.domain.ids import shipper_of
from chain_client.domain.records import DAY, Opening
from chain_client.reputation import reader
from chain_client.reputation.policy1 import MEASURES, SILENT, Share, figures, is_insufficient, tally

VARIANTS = ("all", "without_excluded", "after_take_over", "with_unaccepted")


class Plain:
    """The answers at an instant, from the entries up to a block, without the index."""

    def __init__(self, world_entries, block_number, as_of):
        entries = [entry for entry in world_entries if entry[0] <= block_number]
        self.day = as_of // DAY
        self.by_age = defaultdict(lambda: defaultdict(Counter))  # (whose, number, variant) → age → counts
        self.named = defaultdict(Counter)
        self.ratings = defaultdict(Counter)
        self.ends = defaultdict(Counter)
        for delivery, own in by_delivery(entries).items():
            opening, shipper = own[0].item, shipper_of(delivery)
            for driver, stop in stops_of(own).items():
                self._count("driver", driver, stop)
                self._count("carrier", opening.carrier, stop)
                self._count("shipper", shipper, stop)
                if 0 <= self.day - stop["day"] < 180:
                    self.named[opening.carrier][driver] += stop["basis"] == "carrier"
                    rated = sum(n for name, n in counts_for("driver", stop).items() if "overall" in name)
                    self.ratings["driver", driver][shipper] += rated
                    self.ratings["carrier", opening.carrier][shipper] += rated
            self._silence(opening, own, as_of)
            self._ends(opening, own)

    def _count(self, whose, number, stop):
        for variant in VARIANTS:
            counts = counts_for(whose, stop, variant=variant)
            self.by_age[whose, number, variant][self.day - stop["day"]] += counts

    def _ends(self, opening, own):
        if not 0 <= self.day - own[0].time // DAY < 180:
            return
        ends = self.ends[opening.carrier]
        outcomes = [entry.item.outcome for entry in reports(own, *range(1, 8))]
        ends["opened"] += 1
        ends["returned"] += 4 in outcomes
        ends["refused"] += 7 in outcomes
        ends["revived"] += (6, 3) in itertools.pairwise(outcomes)

    def shares(self, whose, number):
        found = {}
        if whose != "shipper":
            ratings = self.ratings[whose, number]
            found["largest_shipper"] = Share(max(ratings.values(), default=0), sum(ratings.values()))
        if whose == "carrier":
            ends = self.ends[number]
            found |= {
                "unnamed": self.unnamed(number),
                "returned": Share(ends["returned"], ends["opened"]),
                "refused": Share(ends["refused"], ends["opened"]),
                "delivered_after_cancellation": Share(ends["revived"], ends["opened"]),
            }
        return found

    def _silence(self, opening: Opening, own, as_of):
        due_at = opening.promised_by + 7 * DAY
        reported_at, released_at = first_time(own, 2, 3, 4, 5), first_time(own, 6, 7)
        if due_at <= as_of and (released_at is None or released_at > due_at):
            silent = reported_at is None or reported_at > due_at
            for variant in VARIANTS:
                age = self.day - opening.promised_by // DAY
                self.by_age["carrier", opening.carrier, variant][age] += Counter(due=1, silent=silent)

    def figures(self, whose, number, variant):
        measures = (*MEASURES, SILENT) if whose == "carrier" else MEASURES
        return figures(tally(self.by_age[whose, number, variant]), measures)

    def unnamed(self, carrier):
        def too_few(driver):
            return driver == 0 or is_insufficient(self.figures("driver", driver, "all")["overall"].count)

        stops = self.named[carrier]
        return Share(sum(n for driver, n in stops.items() if too_few(driver)), sum(stops.values()))


async def ask_all(connection, ledger_id, drivers, as_of):
    found = {("driver", n): await reader.driver(connection, ledger_id, n, as_of=as_of) for n in drivers}
    found |= {("carrier", n): await reader.carrier(connection, ledger_id, n, as_of=as_of) for n in CARRIERS}
    found |= {("shipper", n): await reader.shipper(connection, ledger_id, n, as_of=as_of) for n in SHIPPERS}
    everyone = await reader.all_drivers(connection, ledger_id, as_of=as_of)
    return found, {one.number: one for one in everyone}


def busy_world(seed, blocks=60):
    world = World(seed)
    world.mine(blocks, items=14)
    return world


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
async def test_reputations_are_plain_sums_at_any_instant(seed, tmp_path_factory):
    rng, world, behind = random.Random(seed), busy_world(seed), 3
    node = WorldNode(world, behind)
    final = world.mined[-1 - behind]
    async with Index.over(node, tmp_path_factory.mktemp("r") / "i.db") as index:
        await index.catch_up()
        instants = [None, final.block.time, world.head.time + 30 * DAY]
        instants += [rng.randrange(world.mined[1].block.time, world.head.time) for _ in range(3)]
        async with index.store.read() as connection:
            for as_of in instants:
                at = final.block.time if as_of is None else as_of
                last = [m for m in world.mined[: final.block.number + 1] if m.block.time <= at][-1]
                plain = Plain(world.state.entries, last.block.number, at)
                found, everyone = await ask_all(connection, index.ledger_id, last.state.drivers, as_of)
                for (whose, number), one in found.items():
                    what = f"{whose} {number} at {as_of}"
                    assert one.figures == plain.figures(whose, number, "all"), what
                    for variant, figure in one.variants.items():
                        assert figure == plain.figures(whose, number, variant), f"{what}, {variant}"
                    assert one.block.number <= last.block.number
                    assert (one.as_of, one.day, one.policy) == (at, at // DAY, 1)
                    assert one.shares == plain.shares(whose, number), what
                    assert ("with_unaccepted" in one.variants) == (whose == "carrier")
                assert list(everyone) == sorted(last.state.drivers)
                for number, one in everyone.items():
                    assert one == found["driver", number]


async def test_a_past_instant_is_answered_as_if_the_index_had_stopped_there(tmp_path):
    world = busy_world(77, blocks=90)
    for number in (30, 55, 80):
        stopped, going = WorldNode(world), WorldNode(world)
        stopped.limit = number + 1
        as_of = world.mined[number].block.time
        async with Index.over(stopped, tmp_path / f"s{number}.db") as one:
            await one.catch_up()
            async with one.store.read() as connection:
                then = await ask_all(connection, one.ledger_id, world.mined[number].state.drivers, None)
        async with Index.over(going, tmp_path / f"g{number}.db") as two:
            await two.catch_up()
            async with two.store.read() as connection:
                now = await ask_all(connection, two.ledger_id, world.mined[number].state.drivers, as_of)
        for past, present in zip(then, now, strict=True):
            for key, wanted in past.items():
                found = present[key].to_json()
                assert {**found, "block": None} == {**wanted.to_json(), "block": None}, key


async def test_before_the_first_entry_there_is_no_block_and_no_count(tmp_path):
    world = busy_world(5)
    async with Index.over(WorldNode(world), tmp_path / "i.db") as index:
        with pytest.raises(reader.IndexEmpty):
            async with index.store.read() as connection:
                await reader.driver(connection, index.ledger_id, 1)
        await index.catch_up()
        async with index.store.read() as connection:
            early = world.mined[1].block.time - 1
            for one in (
                await reader.driver(connection, index.ledger_id, 1, as_of=early),
                await reader.carrier(connection, index.ledger_id, 3, as_of=early),
                await reader.shipper(connection, index.ledger_id, 1, as_of=early),
            ):
                assert (one.block, one.standing, one.counts["stops"]) == (None, "insufficient", 0)
                assert one.to_json()["block"] is None
            assert await reader.all_drivers(connection, index.ledger_id, as_of=early) == []


async def test_what_is_asked_for_wrongly_is_named(tmp_path):
    world = busy_world(6, blocks=5)
    async with Index.over(WorldNode(world), tmp_path / "i.db") as index:
        await index.catch_up()
        async with index.store.read() as connection:
            with pytest.raises(NotFound, match="Driver 999"):
                await reader.driver(connection, index.ledger_id, 999)
            with pytest.raises(NotFound, match="Member 999"):
                await reader.carrier(connection, index.ledger_id, 999)
            with pytest.raises(NotFound, match="Member 999"):
                await reader.shipper(connection, index.ledger_id, 999)
            with pytest.raises(InvalidInput, match="policy"):
                await reader.driver(connection, index.ledger_id, 1, policy=2)
            for instant in (-1, 1 << 40):
                with pytest.raises(InvalidInput, match="as_of"):
                    await reader.driver(connection, index.ledger_id, 1, as_of=instant)


async def test_a_reputation_as_json_carries_what_it_rests_on(tmp_path):
    world = busy_world(8)
    async with Index.over(WorldNode(world), tmp_path / "i.db") as index:
        await index.catch_up()
        async with index.store.read() as connection:
            found = (await reader.carrier(connection, index.ledger_id, 3)).to_json()
    assert found["carrier"] == 3
    assert found["block"]["number"] == world.head.number
    assert found["block"]["hash"] == "0x" + world.head.hash.hex()
    assert found["as_of"].endswith("Z")
    assert found["as_of"].startswith(found["day"])
    assert set(found["figures"]["overall"]) == {"low", "mean", "high", "count", "n"}
    assert set(found["variants"]) == {"without_excluded", "after_take_over", "with_unaccepted"}
    assert set(found["shares"]["unnamed"]) == {"part", "whole", "share"}
    assert found["largest_shipper"] in SHIPPERS
    assert found["counts"]["stops"] > 0
    assert found["reasons"]
