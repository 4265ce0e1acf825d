"""changeKey and changeKeyFrom: once, by the present key, on the carrier's head."""

from __future__ import annotations

import dataclasses
from dataclasses import astuple

import pytest
from ledger_harness import DAY, Interface, artifact
from ledger_world import (
    COURIER,
    NEIGHBOUR,
    RECIPIENT,
    RELAY,
    STRANGER,
    World,
    delivery_of,
)

from chain_client.domain.ids import ZERO_ADDRESS
from chain_client.domain.records import Reason


def test_the_key_is_changed_for_good(world: World) -> None:
    world.opened()
    before = world.delivery(delivery_of(1))
    (event,) = world.change_key(world.key_change(), by=STRANGER).events
    assert (event.name, event.args) == (
        "KeyChanged",
        {"deliveryId": delivery_of(1), "newKey": NEIGHBOUR.address, "writer": STRANGER.address},
    )
    after = world.delivery(delivery_of(1))
    assert after == dataclasses.replace(before, recipient_key=NEIGHBOUR.address, state=0x41)


def test_extends_the_carriers_head_even_when_a_driver_is_named(world: World) -> None:
    world.delivered()
    before = world.heads()
    item = world.key_change()
    result = world.change_key(item)
    owner = f"carrier {COURIER}"
    expected = world.extended(before[owner], item, result)
    assert world.heads() == before | {owner: expected}


def test_only_the_new_key_speaks_from_then_on(world: World) -> None:
    world.delivered()
    earlier = world.feedback()
    old_signature = world.signature(earlier)
    world.change_key(world.key_change())
    assert world.rate(earlier, signatures=[old_signature]).reasons == [Reason.BAD_SIGNATURE]
    assert world.rate(earlier, key=NEIGHBOUR).reasons == [0]


def test_rejects_an_unknown_delivery(world: World) -> None:
    assert world.change_key(world.key_change(404)).reasons == [Reason.UNKNOWN_DELIVERY]


def test_closes_with_the_feedback(world: World) -> None:
    world.opened()
    world.chain.time = world.delivery(delivery_of(1)).promised_by + 366 * DAY
    before = world.chain.snapshot()
    assert world.change_key(world.key_change()).reasons == [0]
    world.chain.restore(before)
    world.chain.advance(1)
    assert world.change_key(world.key_change()).reasons == [Reason.CLOSED]


def test_once_only_whoever_signs(world: World) -> None:
    world.opened()
    world.change_key(world.key_change())
    back = world.key_change(new_key=RECIPIENT.address)
    assert world.change_key(back, key=NEIGHBOUR).reasons == [Reason.KEY_ALREADY_CHANGED]
    assert world.change_key(world.key_change()).reasons == [Reason.KEY_ALREADY_CHANGED], "nor replayed"


@pytest.mark.parametrize("key", [ZERO_ADDRESS, RECIPIENT.address])
def test_the_new_key_is_neither_zero_nor_the_same(world: World, key: bytes) -> None:
    world.opened()
    assert world.change_key(world.key_change(new_key=key)).reasons == [Reason.NEW_KEY_ZERO_OR_SAME]


def test_rejects_another_signature(world: World) -> None:
    world.opened(1)
    world.opened(2)
    item = world.key_change()
    bad = Reason.BAD_SIGNATURE
    assert world.change_key(item, key=NEIGHBOUR).reasons == [bad], "the new key cannot take itself"
    other = world.signature(world.key_change(2))
    assert world.change_key(item, signatures=[other]).reasons == [bad]
    assert world.change_key(item, signatures=[world.signature(world.feedback())]).reasons == [bad]


def test_reasons_are_checked_in_order(world: World) -> None:
    world.opened(1)
    world.opened(2)
    world.change_key(world.key_change(1))
    wrong = world.key_change(404, new_key=ZERO_ADDRESS)
    assert world.change_key(wrong, key=STRANGER).reasons == [10]
    taken = dataclasses.replace(wrong, delivery_id=delivery_of(1))
    before = world.chain.snapshot()
    world.chain.advance(500 * DAY)
    assert world.change_key(taken, key=STRANGER).reasons == [31]
    world.chain.restore(before)
    fresh = dataclasses.replace(taken, delivery_id=delivery_of(2))
    last = dataclasses.replace(fresh, new_key=NEIGHBOUR.address)
    assert world.change_key(taken, fresh, last, key=STRANGER).reasons == [40, 41, 11]
    assert world.change_key(last).reasons == [0]


def test_within_one_list_the_second_change_is_refused(world: World) -> None:
    world.opened(1)
    world.opened(2)
    result = world.change_key(world.key_change(1), world.key_change(1), world.key_change(2))
    assert result.reasons == [0, Reason.KEY_ALREADY_CHANGED, 0]


def test_the_digest_view_is_what_is_signed(world: World) -> None:
    item = world.key_change()
    assert world.view("keyChangeDigest", astuple(item)) == world.digest(item)


def test_a_wallet_hands_over_through_erc_1271(world: World) -> None:
    wallet, _ = world.chain.deploy(RELAY, "TestWallet", RECIPIENT.address)
    world.opened(recipient_key=wallet)
    item = world.key_change()
    wrong = world.long_signature(item, STRANGER)
    assert world.send(RELAY, "changeKeyFrom", astuple(item), wrong).reasons == [Reason.BAD_SIGNATURE]
    right = world.long_signature(item, RECIPIENT)
    head = world.carrier_head(COURIER)
    result = world.send(RELAY, "changeKeyFrom", astuple(item), right)
    assert result.names == ["KeyChanged"]
    assert world.delivery(delivery_of(1)).recipient_key == NEIGHBOUR.address
    assert world.carrier_head(COURIER) == world.extended(head, item, result, world.word(delivery_of(1)))
    assert world.send(RELAY, "changeKeyFrom", astuple(item), right).reasons == [Reason.KEY_ALREADY_CHANGED]


def test_a_key_may_hand_over_to_a_wallet(world: World) -> None:
    wallet, _ = world.chain.deploy(RELAY, "TestWallet", NEIGHBOUR.address)
    world.delivered()
    assert world.change_key(world.key_change(new_key=wallet)).reasons == [0]
    item = world.feedback()
    signature = world.long_signature(item, NEIGHBOUR)
    assert world.send(RELAY, "recordFeedbackFrom", astuple(item), signature).reasons == [0]


def test_change_key_from_is_not_for_plain_keys_and_wants_its_gas(world: World) -> None:
    world.opened(1)
    item = world.key_change()
    signature = world.long_signature(item, RECIPIENT)
    assert world.send(RELAY, "changeKeyFrom", astuple(item), signature).reasons == [Reason.BAD_SIGNATURE]
    result = world.send(RELAY, "changeKeyFrom", astuple(item), signature, gas=150_000)
    assert result.error is not None
    assert result.error.name == "TooLittleGas"
    interface = Interface(artifact("TestWallet")["abi"])
    wallet, _ = world.chain.deploy(RELAY, "TestWallet", RECIPIENT.address)
    world.chain.send(RELAY, wallet, interface.encode("setMood", 5))
    world.opened(2, recipient_key=wallet)
    for gas in range(40_000, 340_000, 10_000):
        before = world.chain.snapshot()
        result = world.send(RELAY, "changeKeyFrom", astuple(world.key_change(2)), b"", gas=gas)
        world.chain.restore(before)
        assert result.reasons in ([], [0]), gas
