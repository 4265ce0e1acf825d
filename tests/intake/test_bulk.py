"""A thousand items in one call: a handful of statements; and what stops a whole call, changing nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import delete, event, select, update

from chain_client.domain.errors import InvalidInput
from chain_client.domain.records import Kind, Reason
from chain_client.domain.signatures import CompactSignature
from chain_client.intake import DeliveryRequest, IndexNotReady, Intake, SentTwiceAtOnce, code_of
from chain_client.intake.walk import accepted_ids
from chain_client.outbox import writer
from chain_client.outbox.writer import Submitted
from chain_client.store.tables import cursors, intents, receipts
from tests.intake.paper import CARRIER, DAY, RELAY, SEALING_KEY, House


@contextmanager
def statements(house: House) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    engine = house.store.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def test_a_thousand_items_cost_a_handful_of_statements(house: House) -> None:
    many = [DeliveryRequest(f"WB {n}", CARRIER, house.paper.time + DAY, {"n": n}) for n in range(1_000)]
    with statements(house) as seen:
        opened = await house.open(*many)
    assert {one.status for one in opened} == {"accepted"}
    assert len({one.delivery_id for one in opened}) == 1_000
    assert len(seen) <= 16, seen
    with statements(house) as seen:
        again = await house.open(*many)
    assert [one.link for one in again] == [one.link for one in opened]
    assert len(seen) <= 16
    deliveries = [one.delivery_id for one in opened if one.delivery_id is not None]
    with statements(house) as seen:
        answers = await house.report(*(house.reported(one, 3) for one in deliveries))
    assert {one.status for one in answers} == {"accepted"}
    assert len(seen) <= 16
    with statements(house) as seen:
        answers = await house.feedback(*(house.said(one) for one in deliveries))
    assert {one.refusal.code for one in answers if one.refusal} == {"bad-signature"}
    assert len(seen) <= 16


async def test_a_thousand_feedbacks_at_once(house: House) -> None:
    deliveries = await house.delivered(*(f"WB {n}" for n in range(1_000)))
    requests = [house.said(one) for one in deliveries]
    with statements(house) as seen:
        first = await house.feedback(*requests)
    assert len(seen) <= 16, seen
    assert {one.status for one in first} == {"accepted"}
    assert len({one.receipt.feedback_digest for one in first if one.receipt}) == 1_000
    again = await house.feedback(*reversed(requests))
    assert [one.receipt for one in reversed(again)] == [one.receipt for one in first]
    assert {one.status for one in again} == {"duplicate"}


async def test_an_empty_call_is_answered_with_nothing(house: House) -> None:
    assert (
        await house.open()
        == await house.report()
        == await house.feedback()
        == await house.change_keys()
        == []
    )


async def test_before_the_index_has_begun_nothing_is_judged(house: House) -> None:
    (delivery,) = await house.delivered()
    async with house.store.write() as connection:
        await connection.execute(delete(cursors))
    with pytest.raises(IndexNotReady, match="not been read yet") as caught:
        await house.feedback(house.said(delivery))
    assert caught.value.retry


async def test_while_the_index_is_halted_nothing_is_judged(house: House) -> None:
    (delivery,) = await house.delivered()
    async with house.store.write() as connection:
        await connection.execute(update(cursors).values(halted="another chain"))
    for call in (
        lambda: house.open(house.opening("WB 2")),
        lambda: house.report(house.reported(delivery)),
        lambda: house.feedback(house.said(delivery)),
        lambda: house.change_keys(house.taken_over(delivery)),
    ):
        with pytest.raises(IndexNotReady, match="is halted: another chain"):
            await call()
    assert await house.waiting() == []


def test_what_another_call_stored_meanwhile_is_to_be_retried() -> None:
    assert accepted_ids([Submitted(b"1", "accepted")]) == [b"1"]
    for status in ("duplicate", "conflict"):
        with pytest.raises(SentTwiceAtOnce, match="Call again") as caught:
            accepted_ids([Submitted(b"1", "accepted"), Submitted(b"2", status)])  # type: ignore[arg-type]
        assert caught.value.retry


async def test_a_promise_that_another_call_made_meanwhile_is_to_be_retried(house: House) -> None:
    """As seen where two processes take two feedbacks of one revision at once: the other one's waits, unseen here."""
    mine, elsewhere = await house.delivered("WB 1", "WB 2")
    (other,) = await house.feedback(house.said(elsewhere))
    assert other.receipt is not None
    async with house.store.write() as connection:
        await writer.keep_receipt(
            connection,
            house.ledger_id,
            mine,
            1,
            other.receipt.feedback_digest,
            1,
            RELAY.address,
            CompactSignature(bytes(64)),
        )
    with pytest.raises(SentTwiceAtOnce, match="same revision"):
        await house.feedback(house.said(mine))
    async with house.store.read() as connection:
        kinds = await connection.scalars(select(intents.c.delivery_id).where(intents.c.kind == Kind.FEEDBACK))
        assert list(kinds) == [elsewhere]
        assert len((await connection.execute(select(receipts))).all()) == 2


@pytest.mark.parametrize(("key", "seconds"), [(b"short", 60), (SEALING_KEY, 0)])
async def test_an_intake_needs_a_key_and_a_time(house: House, key: bytes, seconds: int) -> None:
    with pytest.raises(InvalidInput):
        Intake(house.ledger_id, house.paper.identity, RELAY, key, seconds)


def test_codes_are_the_reasons_names_in_kebab_case() -> None:
    assert code_of(Reason.PROMISE_BEYOND_366_DAYS) == "promise-beyond-366-days"
    assert len({code_of(reason) for reason in Reason}) == len(Reason)
