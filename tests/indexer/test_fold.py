from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from index_world import START, World
from plain_fold import by_delivery, counts_of, first_report_at, stops_of

from chain_client.domain.records import DAY, DriverMove, Feedback, KeyChange, Note, Opening, Report
from chain_client.indexer.counts import add_stops
from chain_client.indexer.fold import DeliveryFold, Promise
from chain_client.indexer.words import ContradictoryRecord
from chain_client.store.tables import FIGURES

DELIVERY = b"\x00\x07" + b"\x01" * 30
PROMISED = START + DAY
OPENING = Opening(DELIVERY, b"\x0a" * 20, 3, PROMISED, bytes(32))


def report(driver, outcome, occurred_at, delivery=DELIVERY):
    return Report(delivery, driver, outcome, occurred_at, bytes(32))


def said(driver, revision, overall=5, issues=0):
    return Feedback(DELIVERY, driver, overall, 0, 0, 0, 0, issues, bytes(32), revision)


def note(driver, kind):
    return Note(DELIVERY, driver, 0 if driver else 3, kind, bytes(32))


def fold(*entries):
    folding = DeliveryFold()
    folding.apply(OPENING, START)
    for time, item in entries:
        folding.apply(item, time)
    return folding.result()


def the_stop(folded, driver=5):
    return next(stop for stop in folded.stops if stop.driver == driver)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_fold_is_what_the_entries_plainly_say(seed):
    world = World(seed)
    world.mine(25, items=10)
    state = world.state
    for delivery, entries in by_delivery(state.entries).items():
        folding = DeliveryFold()
        for time, item in entries:
            folding.apply(item, time)
        folded, plain = folding.result(), stops_of(entries)
        assert folded.word == state.words[delivery].pack()
        assert set(folded.was_drivers) == {driver for d, driver in state.was if d == delivery}
        assert folded.first_report_at == first_report_at(entries)
        assert folded.opened_at == entries[0][0]
        assert [stop.driver for stop in folded.stops] == sorted(plain)
        for stop in folded.stops:
            wanted = plain[stop.driver]
            live = wanted["feedback"]
            assert stop.day == wanted["day"]
            assert Promise(stop.promise).name.lower() == (wanted["promise"] or "neither")
            assert (stop.excluded, stop.after_take_over) == (wanted["excluded"], wanted["after_take_over"])
            assert stop.revision == (live.revision if live else 0)
            counts = {}
            add_stops(counts, folded.carrier, folded.shipper, [stop], 1)
            found = {key.part: +Counter(dict(zip(FIGURES, row, strict=True))) for key, row in counts.items()}
            assert found["all"] == +counts_of(wanted)
            only_said = +counts_of(wanted)
            for name in ("stops", "kept", "broken"):
                del only_said[name]
            assert found.get("excluded", {}) == (only_said if stop.excluded else {})
            assert found.get("after_take_over", {}) == (only_said if stop.after_take_over else {})


@pytest.mark.parametrize(
    ("outcome", "begins"), [(1, False), (2, True), (3, True), (4, True), (5, True), (6, False), (7, True)]
)
def test_which_reports_begin_a_stop(outcome, begins):
    assert bool(fold((START + 10, report(5, outcome, START))).stops) == begins


def test_a_stops_day_is_that_of_its_first_entry_for_ever():
    folded = fold(
        (START + 10, report(5, 2, START)),
        (START + 9 * DAY, report(5, 3, START + 9 * DAY)),
        (START + 30 * DAY, said(5, 1)),
    )
    assert the_stop(folded).day == (START + 10) // DAY


@pytest.mark.parametrize(
    ("occurred_at", "recorded_at", "promise"),
    [
        (PROMISED, PROMISED + 172_800, Promise.KEPT),  # believed up to two days later
        (PROMISED, PROMISED + 172_801, Promise.BROKEN),  # after that, the block's time counts
        (PROMISED + 1, PROMISED + 1, Promise.BROKEN),
        (PROMISED, PROMISED, Promise.KEPT),
        (START, PROMISED, Promise.KEPT),
    ],
)
def test_a_promise_by_occurred_at_unless_reported_two_days_later(occurred_at, recorded_at, promise):
    assert the_stop(fold((recorded_at, report(5, 3, occurred_at)))).promise == promise


def test_a_promise_once_broken_stays_broken():
    late_then_returned = fold(
        (PROMISED + 5, report(5, 3, PROMISED + 5)), (PROMISED + 6, report(5, 4, PROMISED + 6))
    )
    assert the_stop(late_then_returned).promise == Promise.BROKEN
    lost_then_found = fold((START + 5, report(5, 5, START)), (START + 6, report(5, 3, START + 6)))
    assert the_stop(lost_then_found).promise == Promise.BROKEN
    kept_then_returned = fold((START + 5, report(5, 3, START)), (START + 6, report(5, 4, START + 6)))
    assert the_stop(kept_then_returned).promise == Promise.KEPT
    assert the_stop(fold((START + 5, report(5, 2, START)))).promise == Promise.NEITHER


def test_live_feedback_is_the_highest_revision_of_the_stop():
    folded = fold(
        (START + 1, report(5, 2, START)),
        (START + 2, report(6, 2, START)),
        (START + 3, said(5, 1, overall=1)),
        (START + 4, said(6, 2, overall=2)),
        (START + 5, said(5, 3, overall=3)),
    )
    assert (the_stop(folded, 5).revision, the_stop(folded, 5).overall) == (3, 3)
    assert (the_stop(folded, 6).revision, the_stop(folded, 6).overall) == (2, 2)
    assert folded.was_drivers == (5,)
    withdrawn = fold(
        (START + 1, report(5, 2, START)), (START + 3, said(5, 1)), (START + 4, said(5, 2, overall=0))
    )
    assert the_stop(withdrawn)[4:] == (False, 0, 0, 0, 0, 0, 0, 0)


def test_feedback_before_a_take_over_is_not_after_it():
    change = (START + 4, KeyChange(DELIVERY, b"\x0b" * 20))
    before = fold((START + 1, report(5, 2, START)), (START + 3, said(5, 1)), change)
    assert not the_stop(before).after_take_over
    after = fold((START + 1, report(5, 2, START)), change, (START + 5, said(5, 1)))
    assert the_stop(after).after_take_over
    again = fold((START + 1, report(5, 2, START)), (START + 3, said(5, 1)), change, (START + 5, said(5, 2)))
    assert the_stop(again).after_take_over


def test_a_note_excludes_a_stop_until_one_lifts_it():
    first = ((START + 1, report(5, 2, START)), (START + 3, said(5, 1)))
    assert the_stop(fold(*first, (START + 4, note(5, 1)))).excluded
    assert not the_stop(fold(*first, (START + 4, note(5, 1)), (START + 5, note(5, 2)))).excluded
    assert not the_stop(fold(*first, (START + 4, note(6, 1)))).excluded, "another driver's"
    assert not the_stop(fold(*first, (START + 4, note(5, 3)))).excluded, "another kind"
    assert the_stop(fold((START + 1, note(5, 1)), (START + 2, report(5, 2, START)))).excluded, (
        "before it began"
    )
    assert not fold((START + 1, note(5, 1))).stops, "a note begins no stop"


def test_driver_0_has_stops_too():
    assert the_stop(fold((START + 1, report(0, 7, START))), 0).promise == Promise.NEITHER
    assert the_stop(fold((PROMISED + 1, said(0, 1))), 0).day == (PROMISED + 1) // DAY


def test_entries_that_are_not_one_deliverys_are_refused():
    with pytest.raises(ContradictoryRecord, match="never opened"):
        DeliveryFold().apply(report(5, 2, START), START)
    with pytest.raises(ContradictoryRecord, match="opening"):
        DeliveryFold().result()
    with pytest.raises(ContradictoryRecord, match="no entry of a delivery"):
        DeliveryFold().apply(DriverMove(1, 3, 4, 0), START)
