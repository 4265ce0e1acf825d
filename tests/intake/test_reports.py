"""Reports: who may, what may follow what, against what is pending; keys and evidence."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import update

from chain_client.domain.digests import document_hash
from chain_client.domain.ids import ZERO_HASH, DeliveryId, DriverNumber, MemberNumber
from chain_client.domain.records import Outcome, Report
from chain_client.intake import Answer, ReportRequest, RoleMissing, erasing
from chain_client.store.tables import cursors
from chain_client.vault import documents
from chain_client.vault.erasures import OPERATOR
from tests.intake.paper import (
    BOTH,
    CARRIER,
    DAY,
    HOUR,
    REVIEWER,
    RIVAL,
    SHIPPER,
    START,
    House,
    shippers_id,
)
from tests.intake.test_openings import refused


async def test_a_report_is_stored_as_asked(house: House) -> None:
    (delivery,) = await house.opened()
    evidence = {"photo": "sha256:…", "at": [52.1, 21.0]}
    (answer,) = await house.report(house.reported(delivery, Outcome.DELIVERED, 2, evidence=evidence))
    assert (answer.status, answer.delivery_id) == ("accepted", delivery)
    (waiting,) = await house.waiting()
    assert isinstance(waiting.item, Report)
    async with house.store.read() as connection:
        document = await documents.get(connection, house.ledger_id, delivery, waiting.item.evidence_hash)
    assert document is not None
    assert document.salt is not None
    assert (document.kind, document.content) == ("evidence", evidence)
    assert waiting.item == Report(delivery, DriverNumber(2), 3, START, document_hash(document.salt, evidence))
    assert await house.mine() == [None]


async def test_without_evidence_its_hash_is_zero(house: House) -> None:
    (delivery,) = await house.opened()
    await house.report(house.reported(delivery))
    (waiting,) = await house.waiting()
    assert isinstance(waiting.item, Report)
    assert waiting.item.evidence_hash == ZERO_HASH


async def one(
    house: House, *requests: ReportRequest, member: MemberNumber = CARRIER
) -> tuple[str, int | None, str]:
    answers = await house.report(*requests, member=member)
    assert all(answer.status == "accepted" for answer in answers[:-1])
    return refused(answers[-1])


async def test_unknown_delivery(house: House) -> None:
    (answer,) = await house.report(house.reported(shippers_id()))
    assert refused(answer) == ("unknown-delivery", 10, "delivery_id")
    assert answer.refusal is not None
    assert answer.refusal.curable


@pytest.mark.parametrize("outcome", [0, 8, 255])
async def test_an_outcome_there_is_not(house: House, outcome: int) -> None:
    (delivery,) = await house.opened()
    assert await one(house, house.reported(delivery, outcome)) == ("outcome", 20, "outcome")


async def test_who_may_report(house: House) -> None:
    (delivery,) = await house.opened()
    cancel = house.reported(delivery, Outcome.CANCELLED, 0)
    for member, request in (
        (RIVAL, house.reported(delivery, driver=0)),
        (SHIPPER, house.reported(delivery)),
        (CARRIER, cancel),
        (BOTH, cancel),
    ):
        assert await one(house, request, member=member) == ("not-yours", 21, "delivery_id")
    (answer,) = await house.report(cancel, member=SHIPPER)
    assert answer.status == "accepted"
    assert await house.mine() == [None]


@pytest.mark.parametrize("member", [REVIEWER, MemberNumber(99)])
async def test_a_member_of_neither_role_may_not_call(house: House, member: MemberNumber) -> None:
    with pytest.raises(RoleMissing, match="no carrier or shipper"):
        await house.report(house.reported(shippers_id()), member=member)


async def test_a_report_out_of_order(house: House) -> None:
    (delivery,) = await house.delivered()
    assert await one(house, house.reported(delivery, Outcome.OUT_FOR_DELIVERY)) == (
        "transition",
        22,
        "outcome",
    )
    (answer,) = await house.report(house.reported(delivery, Outcome.RETURNED))
    assert answer.status == "accepted"


async def test_times_are_measured_by_the_chain_s_time(house: House) -> None:
    (delivery,) = await house.opened()
    house.paper.time += 8 * DAY
    await house.index()
    time = house.paper.time
    future = house.reported(delivery, occurred_at=time + 1)
    assert await one(house, future) == ("future", 23, "occurred_at")
    assert await one(house, house.reported(delivery, occurred_at=time - 7 * DAY - 1)) == (
        "older-than-7-days",
        24,
        "occurred_at",
    )
    for occurred_at in (time, time - 7 * DAY):
        (answer,) = await house.report(house.reported(delivery, occurred_at=occurred_at))
        assert answer.status == "accepted"
    house.paper.time += 1
    await house.index()
    (answer,) = await house.report(future)
    assert answer.status == "accepted", "time cures it"


async def test_drivers(house: House) -> None:
    (delivery,) = await house.opened()
    assert await one(house, house.reported(delivery, driver=4)) == ("not-your-driver", 26, "driver")
    assert await one(house, house.reported(delivery, driver=99)) == ("not-your-driver", 26, "driver")
    first, second = house.reported(delivery, driver=1), house.reported(delivery, 2, driver=0)
    assert await one(house, first, second) == ("driver-required", 25, "driver")
    (answer,) = await house.report(house.reported(delivery, 2, driver=2))
    assert answer.status == "accepted"


async def test_a_cancellation_names_no_driver(house: House) -> None:
    (delivery,) = await house.opened()
    await house.report(house.reported(delivery, driver=1))
    cancel = house.reported(delivery, Outcome.CANCELLED, driver=1)
    assert await one(house, cancel, member=SHIPPER) == ("cancellation-names-driver", 27, "driver")
    (answer,) = await house.report(replace(cancel, driver=DriverNumber(0)), member=SHIPPER)
    assert answer.status == "accepted"
    await house.index()
    (refused,) = await house.report(house.reported(delivery, Outcome.NOT_RECEIVED, driver=1))
    assert refused.status == "accepted", "a carrier refuses what was cancelled"


async def test_a_driver_is_replaced_three_times_at_most(house: House) -> None:
    (delivery,) = await house.opened()
    for outcome, driver in ((1, 1), (2, 2), (2, 3), (2, 1)):
        (answer,) = await house.report(house.reported(delivery, outcome, driver=driver))
        assert answer.status == "accepted"
    assert await one(house, house.reported(delivery, 1, driver=2)) == ("too-many-drivers", 28, "driver")
    (answer,) = await house.report(house.reported(delivery, 2, driver=0))
    assert answer.status == "accepted", "it may name nobody now"


async def test_no_report_is_taken_180_days_after_the_promise(house: House) -> None:
    (delivery,) = await house.opened()
    promised = house.paper.state.words[delivery].promised_by
    house.paper.time = promised + 180 * DAY
    await house.index()
    (answer,) = await house.report(house.reported(delivery, 2, occurred_at=house.paper.time))
    assert answer.status == "accepted"
    house.paper.time += 1
    await house.index()
    late = house.reported(delivery, 3, occurred_at=house.paper.time)
    assert await one(house, late) == ("too-long-after-promise", 29, "delivery_id")


async def test_the_opening_may_still_be_waiting_or_unread(house: House) -> None:
    (opened,) = await house.open(house.opening())
    assert opened.delivery_id is not None
    (waiting,) = await house.report(house.reported(opened.delivery_id, 1))
    assert waiting.status == "accepted"
    assert await house.mine() == [None, None]
    (unread,) = await house.report(house.reported(opened.delivery_id, 3))
    assert unread.status == "accepted"
    (late,) = await house.report(house.reported(opened.delivery_id, 1, occurred_at=START + 1))
    assert refused(late) == ("transition", 22, "outcome")
    assert await house.mine() == [None]


async def test_what_is_recorded_but_unread_counts_though_its_time_has_passed(house: House) -> None:
    """The promise of an opening that the index has not read may be over by the chain's time: it is opened all the same."""
    (opened,) = await house.open(house.opening(promised_by=house.paper.time + HOUR))
    assert opened.delivery_id is not None
    await house.mine()
    async with house.store.write() as connection:
        await connection.execute(update(cursors).values(head_time=house.paper.time + 2 * HOUR))
    (answer,) = await house.report(house.reported(opened.delivery_id))
    assert answer.status == "accepted"


async def test_in_one_call_each_item_stands_on_those_before(house: House) -> None:
    (delivery, other) = await house.opened("WB 1", "WB 2")
    answers = await house.report(
        house.reported(delivery, 3),
        house.reported(delivery, 1),
        house.reported(other, 1),
        house.reported(delivery, 5),
        house.reported(delivery, 3, occurred_at=START + 1),
        house.reported(delivery, 4),
        house.reported(delivery, 4, occurred_at=START + 1),
    )
    assert [one.status for one in answers] == ["accepted", "refused", *["accepted"] * 4, "refused"]
    assert await house.mine() == [None] * 5


async def test_the_same_again_is_the_same_report(house: House) -> None:
    (delivery,) = await house.opened()
    request = house.reported(delivery, 3, evidence={"a": 1})
    (first,) = await house.report(request)
    for step in (house.mine, house.index):
        assert await house.report(request, request) == [replace(first, status="duplicate")] * 2
        await step()
    (other,) = await house.report(replace(request, evidence={"a": 2}))
    assert refused(other) == ("conflict", None, "key")


async def test_a_key_of_the_caller_s_makes_a_report_its_own(house: House) -> None:
    (delivery,) = await house.opened()
    request = house.reported(delivery, 1, key="scan 1")
    first, second = await house.report(request, replace(request, key="scan 2"))
    assert first.status == second.status == "accepted", "out for delivery may be said twice"
    (same,) = await house.report(request)
    assert same == replace(first, status="duplicate")
    (conflict,) = await house.report(replace(request, outcome=2))
    assert refused(conflict) == ("conflict", None, "key")
    assert len(await house.waiting()) == 2


async def test_one_member_s_key_is_not_another_s(house: House) -> None:
    deliveries = await house.opened("WB 1"), await house.opened("WB 2", carrier=RIVAL)
    (one,) = await house.report(house.reported(deliveries[0][0], key="scan"))
    (two,) = await house.report(house.reported(deliveries[1][0], driver=4, key="scan"), member=RIVAL)
    assert one.status == two.status == "accepted"


async def test_a_rejection_that_time_cures_is_judged_again(house: House) -> None:
    """The delivery is not opened when the report is mined: rejected as unknown, and good once it is opened."""
    (delivery,) = await house.opened()
    request = house.reported(delivery, 1, evidence={"a": 1})
    (first,) = await house.report(request)
    word = house.paper.state.words.pop(delivery)
    assert await house.mine() == [10]
    house.paper.state.words[delivery] = word
    (again, same) = await house.report(request, request)
    assert again == first
    assert same == replace(first, status="duplicate")
    assert await house.mine() == [None]
    assert await house.report(request) == [replace(first, status="duplicate")]


async def test_a_rejection_that_time_does_not_cure_stands(house: House) -> None:
    (delivery,) = await house.opened()
    request = house.reported(delivery, 1)
    (first,) = await house.report(request)
    house.paper.put([(Report(delivery, DriverNumber(1), 3, START, ZERO_HASH), CARRIER, None)])
    assert await house.mine() == [22]
    await house.index()
    assert await house.report(request) == [replace(first, status="duplicate")]
    assert await house.waiting() == []


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"delivery_id": DeliveryId(b"\x01" * 31)}, "delivery_id"),
        ({"outcome": -1}, "outcome"),
        ({"outcome": 256}, "outcome"),
        ({"driver": -1}, "driver"),
        ({"driver": 1 << 32}, "driver"),
        ({"occurred_at": -1}, "occurred_at"),
        ({"occurred_at": 1 << 32}, "occurred_at"),
        ({"occurred_at": "now"}, "occurred_at"),
        ({"evidence": 5}, "evidence"),
        ({"key": ""}, "key"),
        ({"key": "x" * 201}, "key"),
        ({"key": "a\tb"}, "key"),
    ],
    ids=str,
)
async def test_a_value_of_no_such_form_is_named(house: House, changed: dict[str, object], field: str) -> None:
    (delivery,) = await house.opened()
    bad, good = await house.report(
        replace(house.reported(delivery), **changed),  # type: ignore[arg-type]
        house.reported(delivery),
    )
    assert refused(bad) == ("invalid", None, field)
    assert good.status == "accepted"


async def test_a_refusal_says_what_to_do(house: House) -> None:
    (delivery,) = await house.delivered()
    answer: Answer
    (answer,) = await house.report(house.reported(delivery, Outcome.OUT_FOR_DELIVERY))
    assert answer.refusal is not None
    assert answer.refusal.message.startswith("1 (out_for_delivery) may not follow outcome 3 (delivered)")


async def test_a_report_whose_evidence_was_erased_is_a_duplicate_that_keeps_none(house: House) -> None:
    (delivery,) = await house.opened()
    request = house.reported(delivery, Outcome.DELIVERED, evidence={"note": "left with Rex"}, key="scan 1")
    (first,) = await house.report(request)
    await house.mine()
    async with house.store.write() as connection:
        other = await erasing.erase_evidence(
            connection, house.ledger_id, delivery, RIVAL, OPERATOR, house.now
        )
        wiped = await erasing.erase_evidence(
            connection, house.ledger_id, delivery, CARRIER, OPERATOR, house.now
        )
    assert (other.count, wiped.count) == (0, 1)
    for again in (request, replace(request, evidence={"note": "another guess"})):
        assert await house.report(again) == [replace(first, status="duplicate")]
    async with house.store.read() as connection:
        (kept,) = (await documents.of_delivery(connection, house.ledger_id, delivery)).values()
    assert kept.erased


async def test_a_shipper_s_own_evidence_is_not_its_carrier_s_to_erase(house: House) -> None:
    (delivery,) = await house.opened()
    cancels = house.reported(delivery, Outcome.CANCELLED, 0, evidence={"note": "out of stock"})
    assert (await house.report(cancels, member=SHIPPER))[0].status == "accepted"
    async with house.store.write() as connection:
        by_carrier = await erasing.erase_evidence(
            connection, house.ledger_id, delivery, CARRIER, OPERATOR, house.now
        )
        all_of_it = await erasing.erase_delivery(connection, house.ledger_id, delivery, OPERATOR, house.now)
    assert by_carrier.count == 0
    assert all_of_it.count == 2
