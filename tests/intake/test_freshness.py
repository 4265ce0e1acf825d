"""What is judged and promised by: a chain that was observed lately, at the time that it has now; a relay that records."""

from __future__ import annotations

import pytest

from chain_client.domain.causes import Cause
from chain_client.domain.digests import digest
from chain_client.domain.errors import Unavailable
from chain_client.domain.ids import Address, Hash32
from chain_client.domain.records import Receipt
from chain_client.domain.signatures import recover
from chain_client.intake import IndexNotReady, RelayStopped
from chain_client.outbox import lanes
from chain_client.store.troubles import PartTroubles, lane_part, signer_part
from tests.intake.paper import RECEIPT_SECONDS, RELAY, House

MINUTE = 60


async def halt(house: House, why: str | None, writer: Address = RELAY.address) -> None:
    key = lanes.LaneKey(house.ledger_id, writer, lanes.MemberNumber(0))
    async with house.store.write() as connection:
        await lanes.take_lease(connection, key, b"t" * 16, house.now, house.now + 5)
        if why is not None:
            await lanes.halt(connection, key, why, Cause.NONCE_TAKEN)


async def test_a_stale_observation_refuses_instead_of_promising(house: House) -> None:
    (delivery,) = await house.delivered()
    house.now += MINUTE + 1
    for call in (
        lambda: house.open(house.opening("WB 2")),
        lambda: house.report(house.reported(delivery)),
        lambda: house.feedback(house.said(delivery)),
        lambda: house.change_keys(house.taken_over(delivery)),
    ):
        with pytest.raises(IndexNotReady, match="has not looked at the node for 61 seconds"):
            await call()
    await house.index()
    (taken,) = await house.feedback(house.said(delivery))
    assert taken.status == "accepted"


async def test_a_deadline_counts_from_the_chain_s_time_now_not_from_the_observation(house: House) -> None:
    (delivery,) = await house.delivered()
    observed = house.paper.time
    house.now += MINUTE
    (taken,) = await house.feedback(house.said(delivery))
    assert taken.receipt is not None
    assert taken.receipt.record_by == observed + MINUTE + RECEIPT_SECONDS
    signed = digest(house.paper.separator, Receipt(taken.receipt.feedback_digest, taken.receipt.record_by))
    assert recover(Hash32(signed), taken.receipt.signature) == RELAY.address


async def test_a_report_of_a_moment_ago_is_not_of_the_future_because_the_worker_paused(house: House) -> None:
    (delivery,) = await house.opened()
    observed = house.paper.time
    house.now += MINUTE
    (taken,) = await house.report(house.reported(delivery, occurred_at=observed + MINUTE - 5))
    assert taken.status == "accepted"
    (refused,) = await house.report(house.reported(delivery, occurred_at=observed + MINUTE + 5))
    assert refused.refusal is not None
    assert refused.refusal.code == "future"


async def test_a_halted_relay_takes_nothing_and_signs_nothing(house: House) -> None:
    (delivery,) = await house.delivered()
    said = house.said(delivery)
    (first,) = await house.feedback(said)
    await halt(house, "Nonce 7 is used by something else.")
    for call in (
        lambda: house.feedback(house.said(delivery, revision=2)),
        lambda: house.change_keys(house.taken_over(delivery)),
    ):
        with pytest.raises(RelayStopped, match="Nonce 7") as raised:
            await call()
        assert raised.value.cause == Cause.NONCE_TAKEN
    # What was promised before stays promised; members' own items do not pass through the relay.
    (again,) = await house.feedback(said)
    assert (again.status, again.receipt) == ("duplicate", first.receipt)
    (opened,) = await house.open(house.opening("WB 2"))
    assert opened.status == "accepted"


async def test_another_writer_s_halted_lane_is_not_the_relay_s(house: House) -> None:
    (delivery,) = await house.delivered()
    await halt(house, "an old key of the relay", Address(b"\x31" * 20))
    await halt(house, None)
    (taken,) = await house.feedback(house.said(delivery))
    assert taken.status == "accepted"


async def test_a_relay_s_trouble_stops_once_it_lasts(house: House) -> None:
    (delivery,) = await house.delivered()
    await halt(house, None)
    troubles = PartTroubles(house.store, house.ledger_id, lane_part(RELAY.address), lambda: house.now)
    await troubles.failed(Unavailable("the node is away"))
    (taken,) = await house.feedback(house.said(delivery))
    assert taken.status == "accepted"
    for _ in range(3):
        house.now += MINUTE // 2
        await house.index()
        await troubles.failed(Unavailable("the node is away"))
    with pytest.raises(RelayStopped, match="the node is away"):
        await house.feedback(house.said(delivery, revision=2))
    await troubles.well()
    (taken,) = await house.feedback(house.said(delivery, revision=2))
    assert taken.status == "accepted"


async def test_a_missing_key_stops_the_relay_at_once(house: House) -> None:
    (delivery,) = await house.delivered()

    class SignerMissing(Unavailable):
        code = Cause.SIGNER_MISSING

    part = PartTroubles(house.store, house.ledger_id, signer_part(lanes.MemberNumber(0)), lambda: house.now)
    await part.failed(SignerMissing("The relay's key is gone."))
    with pytest.raises(RelayStopped, match="key is gone"):
        await house.feedback(house.said(delivery))


async def test_while_promises_are_overdue_no_more_are_made(house: House) -> None:
    (delivery,) = await house.delivered()
    await house.feedback(house.said(delivery))
    house.now += RECEIPT_SECONDS + 1
    await house.index()
    with pytest.raises(RelayStopped, match="longer than receipts promise"):
        await house.feedback(house.said(delivery, revision=2))
    await house.mine()
    (taken,) = await house.feedback(house.said(delivery, revision=2))
    assert taken.status == "accepted"
