"""recordFeedback: the recipient's signature, the window, revisions, ratings, issues and drivers."""

from __future__ import annotations

import dataclasses

import pytest
from coincurve import PublicKey
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils import keccak
from ledger_harness import CHAIN_ID, DAY
from ledger_world import (
    ADMIN,
    COURIER,
    COURIER_OWNER,
    COURIER_WRITER,
    NEIGHBOUR,
    RECIPIENT,
    RELAY,
    STRANGER,
    World,
    delivery_of,
    mapping_slot,
    writer_bits,
)

from chain_client.domain import digests
from chain_client.domain.ids import ZERO_HASH, Hash32
from chain_client.domain.records import Reason
from chain_client.domain.signatures import CURVE_ORDER, sign

RATINGS = ("overall", "timeliness", "packaging", "professionalism", "accuracy")


def test_feedback_is_recorded_with_all_its_facts(world: World) -> None:
    world.delivered()
    item = world.feedback(issues=0b111_1111_1111)
    (event,) = world.rate(item).events
    assert event.name == "FeedbackRecorded"
    ratings = 5 | 4 << 8 | 3 << 16 | 2 << 24 | 1 << 32
    assert event.args == {
        "deliveryId": item.delivery_id,
        "driver": 1,
        "facts": ratings | 0b111_1111_1111 << 40 | 1 << 72 | COURIER << 80 | writer_bits(RELAY) << 96,
        "contentHash": item.content_hash,
    }
    assert world.delivery(item.delivery_id).revision == 1


@pytest.mark.parametrize(("driver", "owner"), [(1, "driver 1"), (0, f"carrier {COURIER}")])
def test_extends_the_named_drivers_head_or_with_nobody_named_the_carriers(
    world: World, driver: int, owner: str
) -> None:
    world.delivered()
    before = world.heads()
    item = world.feedback(driver=driver)
    result = world.rate(item)
    expected = world.extended(before[owner], item, result)
    assert world.heads() == before | {owner: expected}


def test_anyone_may_bring_it(world: World) -> None:
    world.delivered()
    assert world.rate(world.feedback(), by=STRANGER).reasons == [0]


def test_the_digest_is_eip_712s(world: World) -> None:
    item = world.feedback()
    typed = {
        "types": {
            "EIP712Domain": [
                {"name": "name", "type": "string"},
                {"name": "version", "type": "string"},
                {"name": "chainId", "type": "uint256"},
                {"name": "verifyingContract", "type": "address"},
            ],
            "Feedback": [
                {"name": "deliveryId", "type": "bytes32"},
                {"name": "driver", "type": "uint32"},
                *({"name": name, "type": "uint8"} for name in RATINGS),
                {"name": "issues", "type": "uint32"},
                {"name": "contentHash", "type": "bytes32"},
                {"name": "revision", "type": "uint8"},
            ],
        },
        "primaryType": "Feedback",
        "domain": {
            "name": "DeliveryLedger",
            "version": "1",
            "chainId": CHAIN_ID,
            "verifyingContract": "0x" + world.ledger.hex(),
        },
        "message": {
            "deliveryId": item.delivery_id,
            "driver": item.driver,
            **{name: getattr(item, name) for name in RATINGS},
            "issues": item.issues,
            "contentHash": item.content_hash,
            "revision": item.revision,
        },
    }
    message = encode_typed_data(full_message=typed)
    signed = Account.sign_message(message, RECIPIENT.secret)
    assert bytes(signed.message_hash) == world.view("feedbackDigest", dataclasses.astuple(item))
    assert bytes(signed.message_hash) == world.digest(item)
    world.delivered()
    compact = signed.r.to_bytes(32, "big") + (signed.s | (signed.v - 27) << 255).to_bytes(32, "big")
    assert world.rate(item, signatures=[compact]).reasons == [0]


def test_rejects_an_unknown_delivery(world: World) -> None:
    assert world.rate(world.feedback(404)).reasons == [Reason.UNKNOWN_DELIVERY]


def test_opens_with_a_report_beyond_out_for_delivery_or_after_the_promise(world: World) -> None:
    promised = world.chain.time + DAY
    for number in (1, 2):
        world.opened(number, promised_by=promised)
        world.report(world.outcome(1, number=number))
    assert world.rate(world.feedback()).reasons == [Reason.TOO_EARLY], "out for delivery does not open it"
    world.report(world.outcome(2, number=2))
    assert world.rate(world.feedback(2)).reasons == [0], "an attempt does"
    world.chain.time = promised
    assert world.rate(world.feedback()).reasons == [Reason.TOO_EARLY], (
        "at the promised second it has not passed"
    )
    world.chain.time = promised + 1
    assert world.rate(world.feedback()).reasons == [0]


def test_after_the_promise_a_delivery_nobody_reported_on_can_be_rated(world: World) -> None:
    world.opened(promised_by=world.chain.time + DAY)
    world.chain.advance(DAY + 1)
    assert world.rate(world.feedback(driver=0)).reasons == [0]


@pytest.mark.parametrize("outcome", [2, 3, 4, 5, 7])
def test_every_outcome_beyond_1_opens_it_for_good(world: World, outcome: int) -> None:
    world.opened()
    world.report(world.outcome(outcome, driver=0))
    assert world.rate(world.feedback(driver=0)).reasons == [0]


def test_closes_366_days_after_the_promise(world: World) -> None:
    world.delivered()
    closes = world.delivery(delivery_of(1)).promised_by + 366 * DAY
    world.chain.time = closes
    assert world.rate(world.feedback()).reasons == [0]
    world.chain.time = closes + 1
    assert world.rate(world.feedback(revision=2)).reasons == [Reason.CLOSED]


def test_revisions_go_up_by_one_and_are_not_replayed(world: World) -> None:
    world.delivered()
    items = [world.feedback(revision=n) for n in (0, 2, 1, 1, 3, 2, 255)]
    wrong = Reason.REVISION
    assert world.rate(*items).reasons == [wrong, wrong, 0, wrong, wrong, 0, wrong]
    assert world.delivery(delivery_of(1)).revision == 2


def test_revisions_above_127_are_for_whoever_took_the_delivery_over(world: World) -> None:
    world.delivered()
    items = [world.feedback(revision=n) for n in range(1, 129)]
    assert world.rate(*items).reasons == [0] * 127 + [Reason.ABOVE_127_BEFORE_TAKE_OVER]
    world.change_key(world.key_change())
    late = [world.feedback(revision=n) for n in range(128, 256)]
    assert world.rate(*late, key=NEIGHBOUR).reasons == [0] * 128
    assert world.delivery(delivery_of(1)).revision == 255
    again = [world.feedback(revision=n) for n in (0, 1, 255)]
    assert world.rate(*again, key=NEIGHBOUR).reasons == [Reason.REVISION] * 3, "255 is the last"


@pytest.mark.parametrize("aspect", RATINGS)
@pytest.mark.parametrize(("rating", "reason"), [(0, 0), (5, 0), (6, Reason.RATING), (255, Reason.RATING)])
def test_ratings_are_0_to_5(world: World, aspect: str, rating: int, reason: int) -> None:
    world.delivered()
    assert world.rate(world.feedback(**{aspect: rating})).reasons == [reason]


@pytest.mark.parametrize(("issues", "reason"), [(0, 0), (2047, 0), (2048, 35), (1 << 31, 35), (2049, 35)])
def test_issues_are_bits_0_to_10(world: World, issues: int, reason: int) -> None:
    world.delivered()
    assert world.rate(world.feedback(issues=issues)).reasons == [reason]


@pytest.mark.parametrize("content", [ZERO_HASH, Hash32(b"c" * 32)], ids=["withdrawal", "comment alone"])
def test_all_ratings_zero_is_an_entry_like_any_other(world: World, content: Hash32) -> None:
    """Without a contentHash it withdraws what was said, with one it is a comment alone: readers tell them apart."""
    world.delivered()
    world.rate(world.feedback())
    nothing = world.feedback(revision=2, issues=0, content_hash=content, **dict.fromkeys(RATINGS, 0))
    head = world.driver_head(1)
    result = world.rate(nothing)
    assert result.reasons == [0]
    assert result.events[0].contentHash == content
    assert world.driver_head(1) == world.extended(head, nothing, result)


def test_names_nobody_the_present_driver_or_an_earlier_one(world: World) -> None:
    world.opened()
    world.report(world.outcome(1, driver=1), world.outcome(2, driver=2), world.outcome(3, driver=3))
    never = Reason.DRIVER_NEVER_NAMED
    drivers = {0: 0, 1: 0, 2: 0, 3: 0, 4: never, 99_999: never}
    revision = 0
    for driver, reason in drivers.items():
        item = world.feedback(driver=driver, revision=revision + 1)
        assert world.rate(item).reasons == [reason], driver
        revision += not reason


def test_a_driver_of_another_delivery_cannot_be_named(world: World) -> None:
    world.delivered(1, driver=1)
    world.delivered(2, driver=2)
    assert world.rate(world.feedback(1, driver=2)).reasons == [Reason.DRIVER_NEVER_NAMED]


@pytest.mark.parametrize(
    "change", [*({name: 0} for name in RATINGS), {"issues": 0}, {"content_hash": bytes(32)}]
)
def test_a_signature_over_anything_else_is_refused(world: World, change: dict[str, object]) -> None:
    world.delivered()
    item = world.feedback()
    result = world.rate(dataclasses.replace(item, **change), signatures=[world.signature(item)])
    assert result.reasons == [Reason.BAD_SIGNATURE]


def test_a_signature_over_another_driver_or_delivery_is_refused(world: World) -> None:
    world.delivered(1)
    world.delivered(2)
    signature = world.signature(world.feedback(1))
    assert world.rate(world.feedback(1, driver=0), signatures=[signature]).reasons == [Reason.BAD_SIGNATURE]
    assert world.rate(world.feedback(2), signatures=[signature]).reasons == [Reason.BAD_SIGNATURE]


def test_a_signature_for_another_ledger_or_chain_is_refused(world: World) -> None:
    world.delivered()
    item = world.feedback()
    for domain in (
        digests.SigningDomain(CHAIN_ID + 1, world.ledger),
        digests.SigningDomain(CHAIN_ID, RELAY.address),
    ):
        foreign = sign(RECIPIENT.secret, digests.digest(domain.separator(), item))
        assert world.rate(item, signatures=[foreign]).reasons == [Reason.BAD_SIGNATURE]


def test_only_the_one_form_of_a_signature_counts(world: World) -> None:
    world.delivered()
    item = world.feedback()
    good = world.signature(item)
    flipped = good[:32] + bytes([good[32] ^ 0x80]) + good[33:]
    malformed = [
        bytes(64),
        b"\xff" * 64,
        flipped,
        good[:32] + bytes(32),
        bytes(32) + good[32:],
        b"\xff" * 32 + good[32:],
        CURVE_ORDER.to_bytes(32, "big") + good[32:],
    ]
    result = world.rate(*[item] * len(malformed), signatures=malformed)
    assert result.reasons == [Reason.BAD_SIGNATURE] * len(malformed)
    assert world.rate(item, signatures=[good]).reasons == [0]


@pytest.mark.parametrize(
    ("above", "reason"), [(-1, 0), (0, 0), (1, Reason.BAD_SIGNATURE), (2, Reason.BAD_SIGNATURE)]
)
def test_s_is_at_most_half_the_order(world: World, above: int, reason: int) -> None:
    """Any r and s are somebody's signature of a digest: that somebody's key is bound, so that only s can be at fault."""
    item = world.feedback()
    s = CURVE_ORDER // 2 + above
    signature = world.signature(item)[:32] + s.to_bytes(32, "big")
    signer = PublicKey.from_signature_and_message(signature + b"\0", world.digest(item), hasher=None)
    world.opened(recipient_key=keccak(signer.format(compressed=False)[1:])[12:])
    world.report(world.outcome())
    assert world.rate(item, signatures=[signature]).reasons == [reason]


def test_a_key_with_code_still_signs_plainly(world: World) -> None:
    """A key whose account carries code, as EIP-7702 lets it, is recovered like any other."""
    world.delivered()
    world.chain.set_code(RECIPIENT.address, bytes.fromhex("60006000fd"))
    assert world.rate(world.feedback()).reasons == [0]


def test_reasons_are_checked_in_order(world: World) -> None:
    world.opened(1)
    stranger = STRANGER
    wrong = world.feedback(404, driver=77, overall=6, issues=1 << 20, revision=200)
    assert world.rate(wrong, key=stranger).reasons == [10]
    wrong = dataclasses.replace(wrong, delivery_id=delivery_of(1))
    assert world.rate(wrong, key=stranger).reasons == [30]
    before = world.chain.snapshot()
    world.chain.time = world.delivery(delivery_of(1)).promised_by + 366 * DAY + 1
    assert world.rate(wrong, key=stranger).reasons == [31]
    world.chain.restore(before)
    world.report(world.outcome(2))
    assert world.rate(wrong, key=stranger).reasons == [32]
    place = mapping_slot(delivery_of(1), 0)
    world.chain.set_storage(world.ledger, place, world.slot(place) | 199 << 248)
    steps = [wrong]
    assert world.rate(*steps, key=stranger).reasons == [33]
    world.chain.set_storage(world.ledger, place, world.slot(place) | 0x40 << 240)
    steps = [
        wrong,
        (wrong := dataclasses.replace(wrong, overall=5)),
        (wrong := dataclasses.replace(wrong, issues=1)),
        (wrong := dataclasses.replace(wrong, driver=1)),
    ]
    assert world.rate(*steps, key=stranger).reasons == [34, 35, 36, 11]
    assert world.rate(wrong).reasons == [0]


def test_nothing_but_revision_key_change_and_closing_voids_a_signature(world: World) -> None:
    """Reports, moves, other deliveries' feedback, roles and time within the window leave it good."""
    world.delivered(1)
    world.delivered(2)
    item = world.feedback(1)
    signature = world.signature(item)
    world.rate(world.feedback(2))
    world.report(world.outcome(5), world.outcome(3, driver=2))
    world.must(ADMIN, "setRoles", COURIER, 0)
    world.must(COURIER_OWNER, "removeWriter", COURIER_WRITER.address)
    world.chain.advance(300 * DAY)
    assert world.rate(item, signatures=[signature]).reasons == [0]


def test_a_bad_item_does_not_stop_the_others(world: World) -> None:
    world.delivered(1)
    world.delivered(2)
    result = world.rate(world.feedback(1), world.feedback(1), world.feedback(404), world.feedback(2))
    assert result.reasons == [0, Reason.REVISION, Reason.UNKNOWN_DELIVERY, 0]
    assert [event.index for event in result.events if event.name == "ItemRejected"] == [1, 2]
