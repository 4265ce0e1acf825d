"""registerDrivers, setDriverKey, moveDriver: numbers, keys that are unique, moves the driver signs."""

from __future__ import annotations

import dataclasses

import pytest
from ledger_harness import Actor, actor
from ledger_world import (
    ADMIN,
    COURIER,
    COURIER_WRITER,
    LATER,
    MERGED,
    MERGED_WRITER,
    RIVAL,
    RIVAL_WRITER,
    SHOP,
    SHOP_WRITER,
    STRANGER,
    World,
)

from chain_client.domain.ids import ZERO_ADDRESS
from chain_client.domain.records import DriverKey, DriverMove
from chain_client.domain.signatures import CURVE_ORDER
from chain_client.domain.words import DriverWord

KEY = actor("driver's phone")
NEXT = actor("driver's next phone")


def keyed(world: World, driver: int = 1, key: Actor = KEY) -> DriverKey:
    message = DriverKey(driver, key.address, world.driver(driver).nonce, LATER)
    result = world.set_key(message, world.signature(message, key))
    assert result.names == ["DriverKeySet"], result.error
    return message


def test_numbers_are_given_out_in_order_without_keys(world: World) -> None:
    result = world.must(RIVAL_WRITER, "registerDrivers", 3)
    first = world.interface.decode_output("registerDrivers", result.output)
    assert first == 16
    (event,) = result.events
    assert (event.name, event.args) == (
        "DriversRegistered",
        {"carrier": RIVAL, "first": 16, "count": 3, "writer": RIVAL_WRITER.address},
    )
    for driver in (16, 17, 18):
        assert world.driver(driver) == DriverWord(ZERO_ADDRESS, RIVAL, 0)
    assert world.driver_word(19) == 0
    assert world.view("driver", 17) == ("0x" + "00" * 20, RIVAL, 0)
    assert world.view("driver", 0) == ("0x" + "00" * 20, 0, 0)


def test_registering_none_reverts(world: World) -> None:
    result = world.send(COURIER_WRITER, "registerDrivers", 0)
    assert result.error is not None
    assert (result.error.name, result.error.args) == ("ZeroDrivers", {"carrier": COURIER})


def test_registering_more_than_there_are_numbers_reverts(world: World) -> None:
    result = world.send(COURIER_WRITER, "registerDrivers", 2**32 - 1)
    assert not result.succeeded
    assert world.driver_word(16) == 0


@pytest.mark.parametrize("function", ["registerDrivers", "setDriverKey", "moveDriver"])
def test_only_carriers_have_drivers(world: World, function: str) -> None:
    args = {
        "registerDrivers": (1,),
        "setDriverKey": ((1, KEY.address, 0, LATER), b"", b""),
        "moveDriver": ((1, COURIER, SHOP, 0, LATER), b""),
    }[function]
    result = world.send(SHOP_WRITER, function, *args)
    assert (result.error.name, result.error.args) == ("MissingRole", {"member": SHOP, "anyOf": 2})
    result = world.send(STRANGER, function, *args)
    assert (result.error.name, result.error.args) == ("NotAWriter", {"caller": STRANGER.address})


# setDriverKey


def test_a_first_key_is_signed_by_itself(world: World) -> None:
    before = world.heads()
    message = DriverKey(1, KEY.address, 0, LATER)
    result = world.set_key(message, world.signature(message, KEY))
    (event,) = result.events
    assert (event.name, event.args) == (
        "DriverKeySet",
        {"driver": 1, "key": KEY.address, "nonce": 0, "deadline": LATER, "writer": COURIER_WRITER.address},
    )
    assert world.driver(1) == DriverWord(KEY.address, COURIER, 1)
    assert world.heads() == before, "driver keys extend no head"


def test_a_later_key_is_signed_by_both(world: World) -> None:
    keyed(world)
    message = DriverKey(1, NEXT.address, 1, LATER)
    new, old = world.signature(message, NEXT), world.signature(message, KEY)
    for signatures, blamed in (
        ((new, b""), KEY),
        ((new, new), KEY),
        ((old, old), NEXT),
        ((b"", old), NEXT),
        ((old, new), NEXT),
    ):
        result = world.set_key(message, *signatures)
        assert result.error is not None
        assert (result.error.name, result.error.args) == (
            "BadDriverSignature",
            {"driver": 1, "key": blamed.address},
        )
    assert world.set_key(message, new, old).names == ["DriverKeySet"]
    assert world.driver(1) == DriverWord(NEXT.address, COURIER, 2)


def test_both_lengths_of_signature_count_and_no_other(world: World) -> None:
    message = DriverKey(1, KEY.address, 0, LATER)
    compact, long = world.signature(message, KEY), world.long_signature(message, KEY)
    zero_one = long[:64] + bytes([long[64] - 27])
    parity_left_in = compact + long[64:]
    s = CURVE_ORDER - int.from_bytes(long[32:64], "big")
    twin = long[:32] + s.to_bytes(32, "big") + bytes([55 - long[64]])
    assert world.set_key(message, twin).error.name == "BadDriverSignature", "the same signature with a high s"
    for wrong in (compact[:-1], long + b"\0", zero_one, long[:64] + b"\x1d", b""):
        assert world.set_key(message, wrong).error.name == "BadDriverSignature"
    if compact[32] & 0x80:
        assert world.set_key(message, parity_left_in).error.name == "BadDriverSignature"
    for right in (compact, long):
        before = world.chain.snapshot()
        assert world.set_key(message, right).succeeded
        world.chain.restore(before)


@pytest.mark.parametrize("driver", [6, 99, 0])
def test_only_for_ones_own_drivers(world: World, driver: int) -> None:
    message = DriverKey(driver, KEY.address, 0, LATER)
    result = world.set_key(message, world.signature(message, KEY))
    carrier = RIVAL if driver == 6 else 0
    assert (result.error.name, result.error.args) == ("NotYourDriver", {"driver": driver, "carrier": carrier})


def test_the_nonce_is_the_drivers(world: World) -> None:
    keyed(world)
    message = DriverKey(1, NEXT.address, 0, LATER)
    result = world.set_key(message, world.signature(message, NEXT), world.signature(message, KEY))
    assert (result.error.name, result.error.args) == ("WrongNonce", {"driver": 1, "given": 0, "expected": 1})


@pytest.mark.parametrize(("left", "expired"), [(1, False), (0, False), (-1, True)])
def test_a_message_counts_until_its_deadline(world: World, left: int, expired: bool) -> None:
    keyed(world)
    deadline = world.chain.time + left
    key, move = DriverKey(1, NEXT.address, 1, deadline), DriverMove(1, COURIER, RIVAL, 1, deadline)
    before = world.chain.snapshot()
    for send in (
        lambda: world.set_key(key, world.signature(key, NEXT), world.signature(key, KEY)),
        lambda: world.move(move, world.signature(move, KEY)),
    ):
        result = send()
        assert result.succeeded != expired
        if expired:
            assert result.error is not None
            assert (result.error.name, result.error.args) == (
                "DeadlinePassed",
                {"driver": 1, "deadline": deadline},
            )
        world.chain.restore(before)


def test_a_deadline_is_part_of_what_is_signed(world: World) -> None:
    keyed(world)
    signed = DriverMove(1, COURIER, RIVAL, 1, world.chain.time + 60)
    longer = dataclasses.replace(signed, deadline=LATER)
    assert world.move(longer, world.signature(signed, KEY)).error.name == "BadDriverSignature"
    first = DriverKey(2, NEXT.address, 0, world.chain.time + 60)
    longer = dataclasses.replace(first, deadline=LATER)
    assert world.set_key(longer, world.signature(first, NEXT)).error.name == "BadDriverSignature"


def test_no_two_drivers_share_a_key_ever(world: World) -> None:
    keyed(world)
    message = DriverKey(1, NEXT.address, 1, LATER)
    world.set_key(message, world.signature(message, NEXT), world.signature(message, KEY))
    for driver, key, nonce in ((2, KEY, 0), (2, NEXT, 0), (1, KEY, 2), (1, NEXT, 2)):
        message = DriverKey(driver, key.address, nonce, LATER)
        result = world.set_key(message, world.signature(message, key), world.signature(message, NEXT))
        assert (result.error.name, result.error.args) == ("KeyTaken", {"key": key.address, "driver": 1})


def test_a_key_cannot_be_cleared(world: World) -> None:
    keyed(world)
    message = DriverKey(1, ZERO_ADDRESS, 1, LATER)
    result = world.set_key(message, bytes(64), world.signature(message, KEY))
    assert (result.error.name, result.error.args) == (
        "BadDriverSignature",
        {"driver": 1, "key": ZERO_ADDRESS},
    )


# moveDriver


def test_a_driver_moves_with_its_record(world: World) -> None:
    keyed(world)
    world.delivered()
    head = world.driver_head(1)
    before = world.heads()
    message = DriverMove(1, COURIER, RIVAL, 1, LATER)
    result = world.move(message, world.signature(message, KEY))
    (event,) = result.events
    assert (event.name, event.args) == (
        "DriverMoved",
        {
            "driver": 1,
            "from": COURIER,
            "to": RIVAL,
            "nonce": 1,
            "deadline": LATER,
            "writer": RIVAL_WRITER.address,
        },
    )
    assert world.driver(1) == DriverWord(KEY.address, RIVAL, 2)
    expected = world.extended(head, message, result, world.driver_word(1))
    assert world.heads() == before | {"driver 1": expected}, "the driver's head, with the driver's slot after"


def test_a_driver_may_come_back_and_each_move_needs_its_own_signature(world: World) -> None:
    keyed(world)
    there = DriverMove(1, COURIER, RIVAL, 1, LATER)
    signature = world.signature(there, KEY)
    assert world.move(there, signature).succeeded
    back = DriverMove(1, RIVAL, COURIER, 2, LATER)
    assert world.move(back, world.signature(back, KEY), by=COURIER_WRITER).succeeded
    result = world.move(there, signature)
    assert (result.error.name, result.error.args) == ("WrongNonce", {"driver": 1, "given": 1, "expected": 3})


def test_only_the_new_carrier_brings_a_move(world: World) -> None:
    keyed(world)
    message = DriverMove(1, COURIER, RIVAL, 1, LATER)
    signature = world.signature(message, KEY)
    for by, caller in ((COURIER_WRITER, COURIER), (MERGED_WRITER, MERGED)):
        result = world.move(message, signature, by=by)
        assert (result.error.name, result.error.args) == ("NotTheNewCarrier", {"to": RIVAL, "caller": caller})


def test_to_stay_is_no_move(world: World) -> None:
    keyed(world)
    message = DriverMove(1, COURIER, COURIER, 1, LATER)
    result = world.move(message, world.signature(message, KEY), by=COURIER_WRITER)
    assert (result.error.name, result.error.args) == ("NotTheNewCarrier", {"to": COURIER, "caller": COURIER})


@pytest.mark.parametrize(("driver", "carrier"), [(1, COURIER), (99, 0), (0, 0)])
def test_a_move_starts_where_the_driver_is(world: World, driver: int, carrier: int) -> None:
    for start in (MERGED, 0):
        message = DriverMove(driver, start, RIVAL, 0, LATER)
        result = world.move(message, world.signature(message, KEY))
        assert (result.error.name, result.error.args) == (
            "WrongCarrier",
            {"driver": driver, "from": start, "carrier": carrier},
        )


def test_without_a_key_a_driver_cannot_move(world: World) -> None:
    message = DriverMove(1, COURIER, RIVAL, 0, LATER)
    result = world.move(message, world.signature(message, KEY))
    assert (result.error.name, result.error.args) == ("KeylessDriver", {"driver": 1})


def test_a_move_is_signed_by_the_driver(world: World) -> None:
    keyed(world)
    message = DriverMove(1, COURIER, RIVAL, 1, LATER)
    elsewhere = dataclasses.replace(message, to_carrier=MERGED)
    for signature in (world.signature(message, STRANGER), world.signature(elsewhere, KEY), bytes(64), b""):
        result = world.move(message, signature)
        assert (result.error.name, result.error.args) == (
            "BadDriverSignature",
            {"driver": 1, "key": KEY.address},
        )


def test_the_nonce_counts_keys_and_moves_alike(world: World) -> None:
    keyed(world)
    message = DriverMove(1, COURIER, RIVAL, 1, LATER)
    world.move(message, world.signature(message, KEY))
    again = DriverKey(1, NEXT.address, 2, LATER)
    both = world.signature(again, NEXT), world.signature(again, KEY)
    assert world.set_key(again, *both, by=COURIER_WRITER).error.name == "NotYourDriver"
    assert world.set_key(again, *both, by=RIVAL_WRITER).succeeded
    assert world.driver(1).nonce == 3


def test_a_carrier_that_lost_its_role_moves_and_registers_nobody(world: World) -> None:
    keyed(world)
    world.must(ADMIN, "setRoles", RIVAL, 1)
    message = DriverMove(1, COURIER, RIVAL, 1, LATER)
    assert world.move(message, world.signature(message, KEY)).error.name == "MissingRole"


def test_the_last_driver_number_is_the_last(world: World) -> None:
    counts = world.slot(11)  # members in bits 0 to 15, drivers from bit 16
    world.chain.set_storage(world.ledger, 11, counts & 0xFFFF | (2**32 - 3) << 16)
    assert world.must(COURIER_WRITER, "registerDrivers", 2).events[0].first == 2**32 - 2
    assert world.driver(2**32 - 1).carrier == COURIER
    assert not world.send(COURIER_WRITER, "registerDrivers", 1).succeeded
