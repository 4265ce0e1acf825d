"""Feedback: signatures, revisions, drivers, contents; and the relay's receipts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chain_client.domain.digests import digest, document_hash
from chain_client.domain.ids import ZERO_HASH, DeliveryId, DriverNumber, Hash32
from chain_client.domain.records import KeyChange, Receipt, Report
from chain_client.domain.signatures import CURVE_ORDER, recover
from chain_client.intake import FeedbackRequest, Intake, SignedReceipt
from chain_client.vault import documents
from tests.intake.paper import (
    CARRIER,
    DAY,
    RECEIPT_SECONDS,
    RELAY,
    SEALING_KEY,
    START,
    House,
    address,
    shippers_id,
)
from tests.intake.test_openings import refused

SALT = b"\x0c" * 32
TEXT: dict[str, object] = {"comment": "Chegou antes do prazo, ótimo!"}


async def test_feedback_is_stored_as_signed(house: House) -> None:
    (delivery,) = await house.delivered()
    request = house.said(delivery, overall=4, issues=5)
    (answer,) = await house.feedback(request)
    assert (answer.status, answer.delivery_id) == ("accepted", delivery)
    (waiting,) = await house.waiting()
    assert waiting.item == request.feedback
    assert waiting.signature == request.signature
    assert waiting.intent_id == answer.intent_id
    assert await house.mine() == [None]


async def test_the_relay_promises_it_by_a_time_of_the_chain_s_clock(house: House) -> None:
    (delivery,) = await house.delivered()
    request = house.said(delivery)
    (answer,) = await house.feedback(request)
    hashed = digest(house.paper.separator, request.feedback)
    receipt = answer.receipt
    assert receipt is not None
    assert (receipt.feedback_digest, receipt.record_by) == (hashed, house.paper.time + RECEIPT_SECONDS)
    promise = digest(house.paper.separator, Receipt(hashed, receipt.record_by))
    assert recover(promise, receipt.signature) == receipt.relay == RELAY.address


async def test_without_a_relay_there_is_no_receipt(house: House) -> None:
    (delivery,) = await house.delivered()
    house.intake = Intake(house.ledger_id, house.paper.identity, None, SEALING_KEY, 60)
    request = house.said(delivery)
    (answer,) = await house.feedback(request)
    assert (answer.status, answer.receipt) == ("accepted", None)
    house.intake = Intake(house.ledger_id, house.paper.identity, RELAY, SEALING_KEY, 60)
    (again,) = await house.feedback(request)
    assert (again.status, again.receipt) == ("duplicate", None), "no promise in hindsight"


async def test_a_signature_of_65_bytes_is_the_same(house: House) -> None:
    (delivery,) = await house.delivered()
    request = house.said(delivery)
    vs = int.from_bytes(request.signature[32:], "big")
    s, parity = vs & ((1 << 255) - 1), vs >> 255
    long = request.signature[:32] + s.to_bytes(32, "big") + bytes([27 + parity])
    (first,) = await house.feedback(replace(request, signature=long))
    (again,) = await house.feedback(request)
    assert (first.status, again) == ("accepted", replace(first, status="duplicate"))
    (waiting,) = await house.waiting()
    assert waiting.signature == request.signature


async def test_the_same_again_is_the_same_feedback_and_receipt(house: House) -> None:
    (delivery,) = await house.delivered()
    request = house.said(delivery)
    (first,) = await house.feedback(request)
    for step in (house.mine, house.index):
        house.paper.time += 5
        assert await house.feedback(request, request) == [replace(first, status="duplicate")] * 2
        await step()
    assert await house.waiting() == []


async def one(house: House, request: FeedbackRequest) -> tuple[str, int | None, str]:
    (answer,) = await house.feedback(request)
    return refused(answer)


async def test_wrong_signatures(house: House) -> None:
    (delivery, other) = await house.delivered("WB 1", "WB 2")
    good = house.said(delivery)
    for wrong in (
        house.said(delivery, by="mallory"),
        replace(good, signature=house.said(other).signature),
        replace(good, signature=house.said(delivery, driver=0).signature),
        replace(good, signature=house.said(delivery, overall=4).signature),
        replace(good, signature=b"\0" * 64),
    ):
        assert await one(house, wrong) == ("bad-signature", 11, "signature")
    assert await house.waiting() == []


async def test_a_signature_for_another_ledger(house: House) -> None:
    (delivery,) = await house.delivered()
    elsewhere = replace(house.paper.identity, chain_id=1)
    house.intake = Intake(house.ledger_id, elsewhere, RELAY, SEALING_KEY, 60)
    assert await one(house, house.said(delivery)) == ("bad-signature", 11, "signature")


async def test_a_signature_of_no_such_form(house: House) -> None:
    (delivery,) = await house.delivered()
    good = house.said(delivery)
    high = good.signature[:32] + (CURVE_ORDER - 1).to_bytes(32, "big") + b"\x1b"
    for signature in (b"", good.signature[:63], good.signature + b"\x05", good.signature + b"\0\0", high):
        assert await one(house, replace(good, signature=signature)) == ("invalid", None, "signature")


async def test_unknown_delivery(house: House) -> None:
    assert await one(house, house.said(shippers_id())) == ("unknown-delivery", 10, "delivery_id")


async def test_too_early_until_the_promise_or_a_report(house: House) -> None:
    (delivery, other) = await house.opened("WB 1", "WB 2")
    said = house.said(delivery, driver=0)
    (answer,) = await house.feedback(said)
    assert refused(answer) == ("too-early", 30, "delivery_id")
    assert answer.refusal is not None
    assert answer.refusal.curable
    await house.report(house.reported(delivery, 1, driver=0))
    assert await one(house, said) == ("too-early", 30, "delivery_id")
    await house.report(house.reported(delivery, 2, driver=0))
    (answer,) = await house.feedback(said)
    assert answer.status == "accepted", "a waiting report counts"
    promise = house.paper.state.words[other].promised_by
    for time, status in ((promise, "refused"), (promise + 1, "accepted")):
        house.paper.time = time
        await house.index()
        (answer,) = await house.feedback(house.said(other, driver=0))
        assert answer.status == status
    assert await house.mine() == [None] * 4


async def test_closed_366_days_after_the_promise(house: House) -> None:
    (delivery,) = await house.delivered()
    house.paper.time = house.paper.state.words[delivery].promised_by + 366 * DAY
    await house.index()
    (answer,) = await house.feedback(house.said(delivery))
    assert answer.status == "accepted"
    house.paper.time += 1
    await house.index()
    assert await one(house, house.said(delivery, revision=2)) == ("closed", 31, "delivery_id")


async def test_revisions_follow_each_other(house: House) -> None:
    (delivery,) = await house.delivered()
    for wrong in (0, 2, 255):
        assert await one(house, house.said(delivery, revision=wrong)) == ("revision", 32, "revision")
    answers = await house.feedback(
        house.said(delivery, revision=1),
        house.said(delivery, revision=1, overall=1),
        house.said(delivery, revision=2, overall=1),
    )
    assert [answer.status for answer in answers] == ["accepted", "refused", "accepted"]
    assert refused(answers[1]) == ("revision", 32, "revision")
    assert answers[1].refusal is not None
    assert "must be 2, not 1" in answers[1].refusal.message
    for step in (house.mine, house.index):
        assert await one(house, house.said(delivery, revision=2)) == ("revision", 32, "revision")
        await step()


async def test_above_127_only_after_a_take_over(house: House) -> None:
    (delivery,) = await house.delivered()
    for first in range(1, 128, 50):
        last = min(first + 49, 127)
        answers = await house.feedback(*(house.said(delivery, revision=n) for n in range(first, last + 1)))
        assert {answer.status for answer in answers} == {"accepted"}
    assert await one(house, house.said(delivery, revision=128)) == (
        "above-127-before-take-over",
        33,
        "revision",
    )
    await house.change_keys(house.taken_over(delivery))
    (answer,) = await house.feedback(house.said(delivery, by="anna's phone", revision=128))
    assert answer.status == "accepted"
    assert await house.mine() == [None] * 129


@pytest.mark.parametrize("aspect", ["overall", "timeliness", "packaging", "professionalism", "accuracy"])
async def test_a_rating_of_6(house: House, aspect: str) -> None:
    (delivery,) = await house.delivered()
    assert await one(house, house.said(delivery, **{aspect: 6})) == ("rating", 34, aspect)


async def test_unknown_issue_bits(house: House) -> None:
    (delivery,) = await house.delivered()
    assert await one(house, house.said(delivery, issues=1 << 11)) == ("issue-bits", 35, "issues")


async def test_the_driver_must_have_been_named(house: House) -> None:
    (delivery,) = await house.opened()
    await house.report(house.reported(delivery, 2, driver=1), house.reported(delivery, 3, driver=2))
    assert await one(house, house.said(delivery, driver=3)) == ("driver-never-named", 36, "driver")
    answers = await house.feedback(*(house.said(delivery, driver=n, revision=n + 1) for n in (0, 1, 2)))
    assert {answer.status for answer in answers} == {"accepted"}, "nobody, an earlier one, the present one"
    assert await house.mine() == [None] * 5
    await house.index()
    assert await one(house, house.said(delivery, driver=3, revision=4)) == (
        "driver-never-named",
        36,
        "driver",
    )
    (answer,) = await house.feedback(house.said(delivery, driver=1, revision=4))
    assert answer.status == "accepted", "the index remembers an earlier one too"


async def test_after_a_take_over_the_old_key_says_nothing_more(house: House) -> None:
    (delivery,) = await house.delivered()
    await house.change_keys(house.taken_over(delivery))
    for step in (house.mine, house.index):
        assert await one(house, house.said(delivery)) == ("bad-signature", 11, "signature")
        await step()
    (answer,) = await house.feedback(house.said(delivery, by="anna's phone"))
    assert answer.status == "accepted"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("delivery_id", DeliveryId(b"\x01" * 33)),
        ("driver", -1),
        ("driver", 1 << 32),
        ("overall", 256),
        ("timeliness", -1),
        ("packaging", 1 << 64),
        ("professionalism", True),
        ("accuracy", 4.5),
        ("issues", 1 << 32),
        ("issues", -1),
        ("content_hash", Hash32(b"\x01" * 20)),
        ("revision", 256),
        ("revision", -1),
    ],
)
async def test_a_value_of_no_such_form_is_named(house: House, field: str, value: object) -> None:
    (delivery,) = await house.delivered()
    good = house.said(delivery)
    bad = replace(good, feedback=replace(good.feedback, **{field: value}))  # type: ignore[arg-type]
    first, second = await house.feedback(bad, good)
    assert refused(first) == ("invalid", None, field)
    assert second.status == "accepted"


async def test_content_is_kept_under_its_hash(house: House) -> None:
    (delivery,) = await house.delivered()
    hashed = document_hash(SALT, TEXT)
    (answer,) = await house.feedback(house.said(delivery, content=TEXT, salt=SALT, content_hash=hashed))
    assert answer.status == "accepted"
    async with house.store.read() as connection:
        kept = await documents.get(connection, house.ledger_id, delivery, hashed)
    assert kept is not None
    assert (kept.kind, kept.salt, kept.content) == ("content", SALT, TEXT)


async def test_content_that_is_not_what_was_signed_is_refused(house: House) -> None:
    (delivery,) = await house.delivered()
    hashed = document_hash(SALT, TEXT)
    said = house.said(delivery, content=TEXT, salt=SALT, content_hash=hashed)
    for wrong, field in (
        (replace(said, content={"comment": "bad"}), "content_hash"),
        (replace(said, salt=b"\x01" * 32), "content_hash"),
        (house.said(delivery, content=TEXT, salt=SALT), "content_hash"),
        (replace(said, salt=None), "salt"),
        (replace(said, salt=b"\x01" * 31), "salt"),
        (replace(said, content=None), "salt"),
        (replace(said, content={"comment": "x" * 40_000}), "content"),
        (replace(said, content={"comment": {"toString": 1}}), "content.comment"),
        (replace(said, content={"comment": None}), "content.comment"),
    ):
        assert await one(house, wrong) == ("invalid", None, field)
    assert await house.waiting() == []


async def test_a_content_hash_without_content_is_fine_and_the_content_may_follow(house: House) -> None:
    (delivery,) = await house.delivered()
    hashed = document_hash(SALT, TEXT)
    full = house.said(delivery, content=TEXT, salt=SALT, content_hash=hashed)
    (first,) = await house.feedback(replace(full, content=None, salt=None))
    assert first.status == "accepted"
    async with house.store.read() as connection:
        assert await documents.get(connection, house.ledger_id, delivery, hashed) is None
    await house.mine()
    assert await house.feedback(full) == [replace(first, status="duplicate")]
    async with house.store.write() as connection:
        kept = await documents.get(connection, house.ledger_id, delivery, hashed)
        assert kept is not None
        assert kept.content == TEXT
        await documents.erase(connection, house.ledger_id, delivery)
    await house.feedback(full)
    async with house.store.read() as connection:
        kept = await documents.get(connection, house.ledger_id, delivery, hashed)
    assert kept is not None
    assert kept.erased, "what was erased is not kept again"


async def test_prepared_feedback_is_the_same(house: House) -> None:
    (delivery,) = await house.delivered()
    requests = [
        house.said(delivery),
        house.said(delivery, revision=256),
        house.said(delivery, by="mallory", revision=2),
    ]
    prepared = house.intake.prepare_feedback(requests)
    async with house.store.write() as connection:
        answers = await house.intake.feedback(connection, prepared, house.now)
    assert [answer.status for answer in answers] == ["accepted", "refused", "refused"]
    again = await house.feedback(*requests)
    assert again == [replace(answers[0], status="duplicate"), *answers[1:]]


async def test_who_guesses_what_was_said_learns_nothing(house: House) -> None:
    """Right or wrong, a guess that the recipient did not sign is answered alike, and gets no intent or receipt."""
    (delivery,) = await house.delivered()
    request = house.said(delivery)
    right = replace(request, signature=house.said(delivery, overall=1).signature)
    wrong = replace(right, feedback=replace(request.feedback, overall=2))
    first, *guesses = await house.feedback(request, right, wrong)
    assert (first.status, guesses[0]) == ("accepted", guesses[1])
    for step in (house.mine, house.index):
        answers = await house.feedback(right, wrong)
        assert [(one.status, one.intent_id, one.receipt) for one in answers] == [("refused", None, None)] * 2
        assert answers[0].refusal == answers[1].refusal
        await step()


async def test_a_revision_is_promised_once_even_when_the_first_came_to_nothing(house: House) -> None:
    """The first is voided by a take-over that somebody else brought on chain: the new key's say needs no promise."""
    (delivery,) = await house.delivered()
    old = house.said(delivery)
    (first,) = await house.feedback(old)
    change = house.taken_over(delivery)
    house.paper.put([(KeyChange(delivery, change.new_key), CARRIER, address("anna"))])
    assert await house.mine() == [11]
    await house.index()
    new = house.said(delivery, by="anna's phone", overall=1)
    (second,) = await house.feedback(new)
    assert (second.status, second.receipt) == ("accepted", None)
    assert await house.mine() == [None]
    assert await house.feedback(old) == [replace(first, status="duplicate")]
    assert isinstance(first.receipt, SignedReceipt)


async def overtaken(house: House, delivery: DeliveryId, to: str = "anna's phone") -> None:
    """Somebody brings a take-over on chain past this service."""
    change = house.taken_over(delivery, to=to)
    house.paper.put([(KeyChange(delivery, change.new_key), CARRIER, address("anna"))])


async def test_the_same_words_signed_by_the_new_key_go_on_chain_after_the_old_key_s_were_rejected(
    house: House,
) -> None:
    (delivery,) = await house.delivered()
    first, second = await house.feedback(house.said(delivery), house.said(delivery, revision=2))
    await overtaken(house, delivery)
    assert await house.mine() == [11, 32], "the second lacks the first"
    await house.index()
    assert await one(house, house.said(delivery, by="mallory")) == ("bad-signature", 11, "signature")
    assert await one(house, house.said(delivery, revision=2, by="anna's phone")) == (
        "revision",
        32,
        "revision",
    )
    anew = [house.said(delivery, by="anna's phone", revision=n) for n in (1, 2)]
    answers = await house.feedback(*anew)
    assert answers == [first, second], "the same intents and the promises that were given"
    assert await house.feedback(*anew) == [replace(one, status="duplicate") for one in answers]
    assert await house.mine() == [None, None]
    await house.index()
    assert house.paper.state.words[delivery].revision == 2
    assert await one(house, house.said(delivery)) == ("bad-signature", 11, "signature"), (
        "the old key hears nothing"
    )


async def test_a_later_revision_is_judged_again_once_the_missing_one_is_there(house: House) -> None:
    (delivery,) = await house.delivered()
    old = house.said(delivery)
    await house.feedback(old)
    later = house.said(delivery, by="anna's phone", revision=2)
    await overtaken(house, delivery)
    await house.index()
    assert (await house.feedback(later))[0].status == "accepted", "the first still waits"
    assert await house.mine() == [11, 32]
    await house.index()
    assert await one(house, later) == ("revision", 32, "revision")
    await house.feedback(house.said(delivery, by="anna's phone", overall=1))
    assert (await house.feedback(later))[0].status == "accepted"
    assert await house.mine() == [None, None]


async def test_a_guess_at_a_rejected_feedback_tells_nothing(house: House) -> None:
    (delivery, other) = await house.delivered("WB 1", "WB 2")
    await house.feedback(house.said(delivery))
    await overtaken(house, delivery)
    assert await house.mine() == [11]
    await house.index()
    right = replace(house.said(delivery), signature=house.said(other).signature)
    wrong = replace(right, feedback=replace(right.feedback, overall=2))
    answers = await house.feedback(right, wrong)
    assert [refused(one) for one in answers] == [("bad-signature", 11, "signature")] * 2


async def test_feedback_of_a_key_that_is_to_be_the_delivery_s_is_taken_and_promised(house: House) -> None:
    (delivery,) = await house.delivered()
    await house.change_keys(house.taken_over(delivery))
    (answer,) = await house.feedback(house.said(delivery, by="anna's phone"))
    assert answer.status == "accepted"
    assert answer.receipt is not None
    assert await house.mine() == [None, None]


async def test_feedback_of_a_key_that_came_to_nothing_is_rejected_with_its_reason(house: House) -> None:
    (delivery,) = await house.delivered()
    change = house.taken_over(delivery)
    await house.change_keys(change)
    said = house.said(delivery, by="anna's phone")
    (answer,) = await house.feedback(said)
    await overtaken(house, delivery, to="the shop")
    assert await house.mine() == [40, 11]
    await house.index()
    assert await house.feedback(said) == [replace(answer, status="duplicate")], "whose intent says why"
    (again,) = await house.change_keys(change)
    assert again.status == "duplicate"


async def test_a_rejection_that_time_cures_is_judged_again_under_the_same_receipt(house: House) -> None:
    (delivery,) = await house.delivered()
    said = house.said(delivery)
    (first,) = await house.feedback(said)
    word = house.paper.state.words.pop(delivery)
    assert await house.mine() == [10]
    house.paper.state.words[delivery] = word
    house.paper.time += 60
    await house.index()
    (again,) = await house.feedback(said)
    assert again == first
    assert await house.mine() == [None]


async def test_a_feedback_refused_as_too_early_leaves_no_promise(house: House) -> None:
    (delivery,) = await house.opened()
    assert await one(house, house.said(delivery, driver=0)) == ("too-early", 30, "delivery_id")
    house.paper.put([(Report(delivery, DriverNumber(0), 2, START, ZERO_HASH), CARRIER, None)])
    await house.index()
    (answer,) = await house.feedback(house.said(delivery, driver=0, overall=1))
    assert answer.receipt is not None
