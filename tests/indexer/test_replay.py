from dataclasses import asdict, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from index_world import World

from chain_client.domain.records import DriverMove, KeyChange, LoggedEvent, Note, Opening, Recorded
from chain_client.indexer.replay import Replay
from chain_client.indexer.words import ContradictoryRecord


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_words_and_heads_follow_from_events_alone(seed):
    world = World(seed)
    replay = Replay()
    for _ in range(12):
        before = len(world.mined)
        world.mine()
        for mined in world.mined[1 if before == 2 else before :]:
            entries = [e for e in map(replay.apply, mined.events) if e is not None]
            if entries:
                assert entries[-1].word == mined.state.last_word, "the last entry's word"
    state = world.state
    assert replay.deliveries == {d: word.pack() for d, word in state.words.items()}, "delivery words"
    assert replay.drivers == state.drivers, "driver words"
    assert {n: asdict(m) for n, m in replay.members.items()} == state.members, "members"
    assert replay.departures == state.departures, "departures"
    assert {w: tuple(s) for w, s in replay.writers.items()} == state.writers, "writers"
    heads = {("carrier", n): h for n, h in replay.carrier_heads.items()}
    heads |= {("driver", n): h for n, h in replay.driver_heads.items()}
    assert heads == state.heads, "heads"


def test_an_entry_says_whose_head_it_extended():
    world = World(3)
    world.mine(60)
    replay = Replay()
    kinds = set()
    for logged in world.events:
        entry = replay.apply(logged)
        if entry is None:
            assert not isinstance(logged.event, Recorded)
            continue
        item = logged.event.item
        kinds.add(type(item))
        driver = 0 if isinstance(item, Opening | KeyChange) else item.driver
        assert entry.head_driver == entry.driver == driver
        assert bool(entry.head_carrier) == (driver == 0)
        if isinstance(item, DriverMove):
            assert (entry.shipper, entry.carrier, entry.delivery_id) == (0, item.to_carrier, bytes(32))
        elif isinstance(item, Note):
            assert entry.carrier == (item.carrier or entry.carrier)
        else:
            assert entry.carrier == (logged.event.carrier or entry.carrier)
    assert len(kinds) == 6, "every kind of entry was made"


def _replay_all(events):
    replay = Replay()
    for event in events:
        replay.apply(event)


def _first(events, kind):
    return next(e for e in events if isinstance(e.event, Recorded) and isinstance(e.event.item, kind))


def test_events_that_do_not_follow_are_refused():
    world = World(6)
    world.mine(60)
    events = world.events
    with pytest.raises(ContradictoryRecord, match="came after"):
        _replay_all([events[0], events[0]])
    without = [
        e for e in events if not isinstance(e.event, Recorded) or e.event.item.__class__ is not Opening
    ]
    with pytest.raises(ContradictoryRecord, match="never opened"):
        _replay_all(without)
    with pytest.raises(ContradictoryRecord, match="never registered"):
        _replay_all([_first(events, DriverMove)])
    opening = _first(events, Opening)
    again = LoggedEvent(replace(opening.position, log_index=opening.position.log_index + 1), opening.event)
    with pytest.raises(ContradictoryRecord, match="opened twice"):
        _replay_all([opening, again])
