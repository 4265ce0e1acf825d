from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from index_world import START, World
from plain_fold import by_delivery, counts_for, counts_of, first_time, stops_of

from chain_client.domain.records import DAY, DriverMove, Feedback, KeyChange, Note, Opening, Report
from chain_client.indexer.counts import add_stops
from chain_client.indexer.fold import Basis, DeliveryFold, FoldInput, Promise, fold_inputs
from chain_client.indexer.words import ContradictoryRecord
from chain_client.store.tables import FIGURES

DELIVERY = b"\x00\x07" + b"\x01" * 30
PROMISED = START + DAY
OPENING = Opening(DELIVERY, b"\x0a" * 20, 3, PROMISED, bytes(32))


def report(driver, outcome, occurred_at, delivery=DELIVERY):
    return Report(delivery, driver, outcome, occurred_at, bytes(32))


def said(driver, revision, overall=5, issues=0, comment=False):
    content = b"\x05" * 32 if comment else bytes(32)
    return Feedback(DELIVERY, driver, overall, 0, 0, 0, 0, issues, content, revision)


def note(driver, kind):
    return Note(DELIVERY, driver, 0 if driver else 3, kind, bytes(32))


def fold(*entries):
    """Fold (time, item) or (time, item, whether the report's driver had left); the block's number is the entry's."""
    inputs = [FoldInput(OPENING, START, 0, False)]
    for number, (time, item, *former) in enumerate(entries, 1):
        inputs.append(FoldInput(item, time, number, bool(former)))
    return fold_inputs(inputs).result()


def the_stop(folded, driver=5):
    return next(stop for stop in folded.stops if stop.driver == driver)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_fold_is_what_the_entries_plainly_say(seed):
    world = World(seed)
    world.mine(25, items=10)
    state = world.state
    for delivery, entries in by_delivery(state.entries).items():
        inputs = [FoldInput(e.item, e.time, e.block, _had_left(e)) for e in entries]
        folded, plain = fold_inputs(inputs).result(), stops_of(entries)
        assert folded.word == state.words[delivery].pack()
        assert set(folded.was_drivers) == {driver for d, driver in state.was if d == delivery}
        reached = folded.milestones
        assert reached.accepted_at == first_time(entries, 1, 2, 3, 4, 5)
        assert reached.first_report_at == first_time(entries, 2, 3, 4, 5)
        assert reached.released_at == first_time(entries, 6, 7)
        assert folded.opened_at == entries[0].time
        assert [stop.driver for stop in folded.stops] == sorted(plain)
        for stop in folded.stops:
            wanted = plain[stop.driver]
            live = wanted["feedback"]
            assert stop.day == wanted["day"]
            assert Promise(stop.promise).name.lower() == (wanted["promise"] or "neither")
            assert (stop.excluded, stop.after_take_over) == (wanted["excluded"], wanted["after_take_over"])
            assert stop.revision == (live.revision if live else 0)
            assert Basis(stop.basis).name.lower() == wanted["basis"]
            assert (stop.accepted, stop.retracted) == (wanted["accepted"], wanted["retracted"])
            counts = {}
            add_stops(counts, folded.carrier, folded.shipper, [stop], 1)
            found = {key.part: +Counter(dict(zip(FIGURES, row, strict=True))) for key, row in counts.items()}
            shared = found.get("all", Counter())
            shippers = found.get("unaccepted", Counter()) + found.get("refused", Counter())
            assert shared == +counts_for("carrier", wanted)
            assert shared + shippers == +counts_for("shipper", wanted)
            given = +counts_of(wanted, itself=False)
            prefix = "" if stop.accepted else "unaccepted_"
            assert found.get(prefix + "excluded", {}) == (given if stop.excluded else {})
            assert found.get(prefix + "after_take_over", {}) == (given if stop.after_take_over else {})


def _had_left(entry):
    return isinstance(entry.item, Report) and entry.named != entry.item.driver


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
    assert the_stop(withdrawn)[5:] == (False, True, False, True, 0, 0, 0, 0, 0, 0, 0)


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


def test_feedback_before_acceptance_is_the_shippers_alone_permanently():
    refused = (START + 1, report(5, 7, START))
    assert the_stop(fold(refused)).basis == Basis.REFUSED
    rated = the_stop(fold(refused, (START + 2, said(5, 1, overall=1))))
    assert (rated.basis, rated.accepted) == (Basis.UNACCEPTED, False)
    late = (PROMISED + 1, said(0, 1, overall=1))
    unasked = the_stop(fold(late), 0)
    assert (unasked.basis, unasked.accepted) == (Basis.UNACCEPTED, False)
    then_accepted = fold(late, (PROMISED + 2, report(0, 3, PROMISED)), (PROMISED + 3, said(0, 2, overall=2)))
    stop = the_stop(then_accepted, 0)
    assert (stop.basis, stop.accepted, stop.overall) == (Basis.CARRIER, False, 2), "its first came before"
    first = the_stop(fold((START + 1, report(5, 1, START)), (PROMISED + 2, said(5, 1))))
    assert (first.basis, first.accepted) == (Basis.CARRIER, True), "out for delivery is acceptance"


def test_a_cancelled_parcel_that_was_accepted_keeps_its_feedback():
    accepted = (START + 1, report(5, 1, START))
    cancelled = (START + 2, report(0, 6, START))
    stop = the_stop(fold(accepted, cancelled, (START + 3, report(5, 7, START)), (START + 4, said(5, 1))))
    assert (stop.basis, stop.accepted) == (Basis.CARRIER, True)


def test_delivered_after_a_cancellation_is_kept_only_if_it_came_before_it():
    cancelled = (START + 100, report(0, 6, START))
    before = fold(cancelled, (START + 200, report(5, 3, START + 99)))
    assert the_stop(before).promise == Promise.KEPT
    assert before.milestones.revived_block == 2
    assert the_stop(fold(cancelled, (START + 200, report(5, 3, START + 100)))).promise == Promise.NEITHER
    late = fold(cancelled, (PROMISED + 200, report(5, 3, PROMISED + 1)))
    assert the_stop(late).promise == Promise.BROKEN
    assert fold((START + 200, report(5, 3, START + 99))).milestones.revived_block is None


def test_a_report_on_a_driver_who_had_left_counts_for_nobody_named():
    folded = fold((START + 1, report(5, 1, START)), (START + 9 * DAY, report(5, 5, START + 8 * DAY), True))
    assert [(stop.driver, stop.promise) for stop in folded.stops] == [(0, Promise.BROKEN)]
    assert folded.was_drivers == ()


def test_a_comment_alone_is_feedback_and_retracts_a_rating():
    reported = (START + 1, report(5, 3, START))
    alone = the_stop(fold(reported, (START + 2, said(5, 1, overall=0, comment=True))))
    assert (alone.comment, alone.retracted, alone.revision, alone.overall) == (True, False, 1, 0)
    instead = the_stop(fold(reported, (START + 2, said(5, 1)), (START + 3, said(5, 2, 0, comment=True))))
    assert (instead.comment, instead.retracted, instead.revision) == (True, True, 2)
    withdrawn = the_stop(fold(reported, (START + 2, said(5, 1, 0, comment=True)), (START + 3, said(5, 2, 0))))
    assert (withdrawn.comment, withdrawn.retracted, withdrawn.revision) == (False, False, 0)


def test_how_a_delivery_ended():
    assert fold((START + 1, report(5, 4, START))).milestones.ended == 4
    refused = fold((START + 1, report(0, 6, START)), (START + 2, report(0, 7, START))).milestones
    assert (refused.ended, refused.ended_block, refused.released_at) == (7, 2, START + 1)
    assert fold((START + 1, report(5, 5, START))).milestones.ended == 0, "a lost parcel may still arrive"


def test_driver_0_has_stops_too():
    assert the_stop(fold((START + 1, report(0, 2, START))), 0).promise == Promise.NEITHER
    assert the_stop(fold((PROMISED + 1, said(0, 1))), 0).day == (PROMISED + 1) // DAY


def test_entries_that_are_not_one_deliverys_are_refused():
    with pytest.raises(ContradictoryRecord, match="never opened"):
        DeliveryFold().apply(FoldInput(report(5, 2, START), START, 1, False))
    with pytest.raises(ContradictoryRecord, match="opening"):
        DeliveryFold().result()
    with pytest.raises(ContradictoryRecord, match="no entry of a delivery"):
        DeliveryFold().apply(FoldInput(DriverMove(1, 3, 4, 0, START), START, 1, False))
