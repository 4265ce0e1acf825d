"""Intents in: new, again, and the same key for something else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import event, select, update

from chain_client.domain.errors import Broken, InvalidInput
from chain_client.domain.records import Item, Kind, Reason
from chain_client.domain.signatures import CompactSignature
from chain_client.outbox import reader, recovery, writer
from chain_client.outbox.records import IntentState, NewIntent, Submitted
from chain_client.store import LedgerId, Store
from chain_client.store.tables import intents
from tests.outbox.things import CARRIER, NOW, SHIPPER, delivery, feedback, intent, opening, report, rows_of

Stored = tuple[Store, LedgerId]


async def submit(stored: Stored, *new: NewIntent, now: int = NOW) -> list[Submitted]:
    store, ledger_id = stored
    async with store.write() as connection:
        return await writer.submit(connection, ledger_id, new, now)


async def settle(stored: Stored, intent_id: bytes, state: IntentState, reason: int | None = None) -> None:
    async with stored[0].write() as connection:
        await connection.execute(
            update(intents).where(intents.c.id == intent_id).values(state=state.value, reason=reason)
        )


async def test_new_intents_wait_in_their_order(stored: Stored) -> None:
    new = [intent(opening(delivery(number))) for number in range(5)]
    answers = await submit(stored, *new)
    rows = await rows_of(stored[0])
    assert [answer.status for answer in answers] == ["accepted"] * 5
    assert [row.id for row in rows] == [answer.intent_id for answer in answers]
    assert [row.delivery_id for row in rows] == [one.delivery_id for one in new]
    assert {(row.state, row.accepted_at) for row in rows} == {("accepted", NOW)}
    assert len({answer.intent_id for answer in answers}) == 5
    assert {len(answer.intent_id) for answer in answers} == {16}


async def test_nothing_submitted_is_nothing_answered(stored: Stored) -> None:
    assert await submit(stored) == []


@pytest.mark.parametrize("state", ["accepted", "sent", "recorded", "set_aside"])
async def test_the_same_key_and_body_is_a_duplicate_whatever_became_of_it(stored: Stored, state: str) -> None:
    one = intent(opening(delivery(1)))
    (first,) = await submit(stored, one)
    await settle(stored, first.intent_id, IntentState(state))
    assert await submit(stored, one) == [Submitted(first.intent_id, "duplicate")]
    assert [row.state for row in await rows_of(stored[0])] == [state]


async def test_the_same_key_with_another_body_is_a_conflict(stored: Stored) -> None:
    (first,) = await submit(stored, intent(opening(delivery(1)), key=b"w1", body=b"one"))
    answers = await submit(
        stored,
        intent(opening(delivery(2)), key=b"w1", body=b"two"),
        intent(opening(delivery(3)), key=b"w3", body=b"three"),
    )
    assert answers[0] == Submitted(first.intent_id, "conflict")
    assert answers[1].status == "accepted"
    assert [row.delivery_id for row in await rows_of(stored[0])] == [delivery(1), delivery(3)]


async def test_a_key_twice_in_one_call_is_judged_like_two_calls(stored: Stored) -> None:
    first, second, third = await submit(
        stored,
        intent(opening(delivery(1)), key=b"w", body=b"one"),
        intent(opening(delivery(1)), key=b"w", body=b"one"),
        intent(opening(delivery(1)), key=b"w", body=b"two"),
    )
    assert first.status == "accepted"
    assert second == Submitted(first.intent_id, "duplicate")
    assert third == Submitted(first.intent_id, "conflict")


async def test_keys_are_each_members_and_kinds_own(stored: Stored) -> None:
    answers = await submit(
        stored,
        intent(opening(delivery(1)), SHIPPER, key=b"k"),
        intent(opening(delivery(2)), CARRIER, key=b"k"),
        intent(report(delivery(1)), SHIPPER, key=b"k"),
    )
    assert [answer.status for answer in answers] == ["accepted"] * 3


@pytest.mark.parametrize("reason", [Reason.UNKNOWN_DELIVERY, Reason.FUTURE, Reason.TOO_EARLY])
async def test_what_time_can_cure_waits_again_behind_what_came_since(stored: Stored, reason: Reason) -> None:
    early, since = intent(feedback(delivery(1)), 0), intent(opening(delivery(1)))
    (first,) = await submit(stored, early)
    (other,) = await submit(stored, since)
    await settle(stored, first.intent_id, IntentState.REJECTED, reason)
    assert await submit(stored, early, early, now=NOW + 9) == [
        Submitted(first.intent_id, "accepted"),
        Submitted(first.intent_id, "duplicate"),
    ]
    rows = await rows_of(stored[0])
    assert [row.id for row in rows] == [other.intent_id, first.intent_id]
    assert (rows[1].state, rows[1].reason, rows[1].accepted_at) == ("accepted", None, NOW + 9)


@pytest.mark.parametrize("reason", sorted(set(Reason) - {10, 23, 30, 32}))
async def test_what_time_cannot_cure_stays_rejected(stored: Stored, reason: Reason) -> None:
    one = intent(feedback(delivery(1)), 0)
    (first,) = await submit(stored, one)
    await settle(stored, first.intent_id, IntentState.REJECTED, reason)
    assert await submit(stored, one) == [Submitted(first.intent_id, "duplicate")]


@pytest.mark.parametrize("reason", [Reason.BAD_SIGNATURE, Reason.REVISION])
async def test_the_same_words_signed_otherwise_wait_again(stored: Stored, reason: Reason) -> None:
    old = intent(feedback(delivery(1)), 0)
    new = replace(old, signature=CompactSignature(b"\x09" * 64))
    (first,) = await submit(stored, old)
    assert await submit(stored, new) == [Submitted(first.intent_id, "duplicate")], "while the first waits"
    await settle(stored, first.intent_id, IntentState.REJECTED, reason)
    assert await submit(stored, new, new, now=NOW + 9) == [
        Submitted(first.intent_id, "accepted"),
        Submitted(first.intent_id, "duplicate"),
    ]
    (row,) = await rows_of(stored[0])
    assert (row.state, row.reason, row.payload[-64:]) == ("accepted", None, b"\x09" * 64)


async def test_a_revision_that_came_too_soon_waits_again(stored: Stored) -> None:
    second = intent(feedback(delivery(1), 2), 0)
    (first,) = await submit(stored, second)
    await settle(stored, first.intent_id, IntentState.REJECTED, Reason.REVISION)
    assert await submit(stored, second) == [Submitted(first.intent_id, "accepted")]
    report_again = intent(report(delivery(1)), CARRIER)
    (other,) = await submit(stored, report_again)
    await settle(stored, other.intent_id, IntentState.REJECTED, Reason.REVISION)
    assert await submit(stored, report_again) == [Submitted(other.intent_id, "duplicate")]


async def test_another_body_does_not_wait_again(stored: Stored) -> None:
    (first,) = await submit(stored, intent(report(delivery(1)), CARRIER, key=b"k", body=b"one"))
    await settle(stored, first.intent_id, IntentState.REJECTED, Reason.FUTURE)
    again = await submit(stored, intent(report(delivery(1)), CARRIER, key=b"k", body=b"two"))
    assert again == [Submitted(first.intent_id, "conflict")]


async def test_a_thousand_take_a_few_statements(stored: Stored) -> None:
    statements: list[str] = []
    event.listen(
        stored[0].engine.sync_engine,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, *_: statements.append(statement),
    )
    new = [intent(opening(delivery(number))) for number in range(1_000)]
    assert {answer.status for answer in await submit(stored, *new)} == {"accepted"}
    assert len(statements) == 2, statements  # begin, insert
    statements.clear()
    assert {answer.status for answer in await submit(stored, *new)} == {"duplicate"}
    assert len(statements) <= 5, statements


@pytest.mark.parametrize(
    "item",
    [
        opening(delivery(1), promised_by=1 << 32),
        report(delivery(1), 256),
        feedback(delivery(1), 256),
        feedback(delivery(1), overall=1 << 8),
    ],
)
async def test_a_value_beyond_its_field_is_refused_and_nothing_stored(stored: Stored, item: Item) -> None:
    with pytest.raises(InvalidInput, match="beyond its field"):
        await submit(stored, intent(opening(delivery(2))), intent(item))
    assert await rows_of(stored[0]) == []


async def test_a_row_that_was_tampered_with_is_broken(stored: Stored) -> None:
    await submit(stored, intent(opening(delivery(1))))
    async with stored[0].write() as connection:
        (row,) = (await connection.execute(select(intents))).all()
        spoilt = row.payload[:96] + b"\x01" + row.payload[97:]
        await connection.execute(update(intents).values(payload=spoilt))
        with pytest.raises(Broken, match="beyond its fields"):
            await writer.pending(connection, stored[1], [delivery(1)], 0)


async def test_a_rolled_back_call_leaves_nothing(stored: Stored) -> None:
    store, ledger_id = stored

    async def fail() -> None:
        async with store.write() as connection:
            await writer.submit(connection, ledger_id, [intent(opening(delivery(1)))], NOW)
            raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        await fail()
    assert await rows_of(store) == []


async def test_released_intents_wait_again_in_their_old_places(stored: Stored) -> None:
    first, second = await submit(stored, *(intent(opening(delivery(number))) for number in (1, 2)))
    await settle(stored, first.intent_id, IntentState.SET_ASIDE)
    await settle(stored, second.intent_id, IntentState.REJECTED, Reason.EXISTS)
    async with stored[0].write() as connection:
        ids = [first.intent_id, second.intent_id, b"\0" * 16]
        done = await recovery.retry(connection, stored[1], ids)
    assert done.changed == ids[:2]
    assert done.refused == {ids[2]: "there is no such intent"}
    assert [(row.seq, row.state, row.reason) for row in await rows_of(stored[0])] == [
        (1, "accepted", None), (2, "accepted", None),
    ]  # fmt: skip


async def test_what_is_sent_or_recorded_is_neither_queued_again_nor_discarded(stored: Stored) -> None:
    items = await submit(stored, *(intent(opening(delivery(number))) for number in (1, 2, 3, 4)))
    await settle(stored, items[1].intent_id, IntentState.RECORDED)
    await settle(stored, items[2].intent_id, IntentState.SENT)
    await settle(stored, items[3].intent_id, IntentState.SET_ASIDE)
    ids = [one.intent_id for one in items]
    async with stored[0].write() as connection:
        retried = await recovery.retry(connection, stored[1], ids[:3])
        done = await recovery.discard(connection, stored[1], ids, NOW, "a test")
    assert retried.changed == []
    assert done.changed == [ids[0], ids[3]]
    assert done.refused[ids[1]] == "it is recorded, not set_aside or accepted"
    assert done.refused[ids[2]] == "it is sent, not set_aside or accepted"
    rows = await rows_of(stored[0])
    assert [row.state for row in rows] == ["rejected", "recorded", "sent", "rejected"]
    assert rows[0].detail == "the operator discarded it: a test"


async def test_pending_is_what_the_index_does_not_show(stored: Stored) -> None:
    store, ledger_id = stored
    one, two, three = delivery(1), delivery(2), delivery(3)
    items = [opening(one), report(one), feedback(one), report(one, 3), report(two), report(three)]
    owners = [SHIPPER, CARRIER, 0, CARRIER, CARRIER, CARRIER]
    answers = await submit(stored, *(intent(item, owner) for item, owner in zip(items, owners, strict=True)))
    ids = [answer.intent_id for answer in answers]
    async with store.write() as connection:
        for at, (state, block) in enumerate(
            [("recorded", 10), ("recorded", 11), ("sent", None), ("accepted", None), ("rejected", 12)]
        ):
            await connection.execute(
                update(intents).where(intents.c.id == ids[at]).values(state=state, block_number=block)
            )
        found = await writer.pending(connection, ledger_id, [one, two, one], 10)
    assert set(found) == {one}
    assert [(waiting.intent_id, waiting.item) for waiting in found[one]] == list(
        zip(ids[1:4], items[1:4], strict=True)
    )
    assert [waiting.state for waiting in found[one]] == ["recorded", "sent", "accepted"]
    assert [waiting.member for waiting in found[one]] == [CARRIER, 0, CARRIER]


async def test_find_knows_what_a_key_stands_for(stored: Stored) -> None:
    store, ledger_id = stored
    new = intent(opening(delivery(1)), key=b"k")
    (first,) = await submit(stored, new)
    await settle(stored, first.intent_id, IntentState.REJECTED, 2)
    async with store.read() as connection:
        found = await writer.find(
            connection, ledger_id, [(SHIPPER, Kind.OPENING, b"k"), (SHIPPER, Kind.REPORT, b"k")]
        )
    assert found == {
        (SHIPPER, Kind.OPENING, b"k"): writer.Found(
            first.intent_id, new.body_hash, IntentState.REJECTED, 2, None
        )
    }


async def test_the_backlog_counts_what_is_not_settled(stored: Stored) -> None:
    store, ledger_id = stored
    (first,) = await submit(stored, intent(opening(delivery(1))), now=NOW)
    (second,) = await submit(stored, intent(opening(delivery(2))), now=NOW + 1)
    await submit(stored, intent(report(delivery(2)), CARRIER), now=NOW + 2)
    await settle(stored, first.intent_id, IntentState.RECORDED)
    await settle(stored, second.intent_id, IntentState.SENT)
    async with store.read() as connection:
        assert await reader.backlog(connection, ledger_id) == reader.Backlog(2, NOW + 1)
        assert await reader.backlog(connection, LedgerId(99)) == reader.Backlog(0, None)


async def test_an_intent_is_seen_as_it_stands(stored: Stored) -> None:
    store, ledger_id = stored
    (first,) = await submit(stored, intent(opening(delivery(1))))
    async with store.read() as connection:
        view = await reader.intent(connection, ledger_id, first.intent_id)
        assert await reader.intent(connection, ledger_id, b"\0" * 16) is None
        assert await reader.intent(connection, LedgerId(99), first.intent_id) is None
    assert view is not None
    assert (view.state, view.member, view.kind, view.delivery_id, view.accepted_at, view.on_chain) == (
        IntentState.ACCEPTED, SHIPPER, Kind.OPENING, delivery(1), NOW, None,
    )  # fmt: skip
