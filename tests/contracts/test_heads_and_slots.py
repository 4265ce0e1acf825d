"""Record heads and pinned slots: whoever holds the entries can recompute both, slot by slot."""

from __future__ import annotations

import json
from dataclasses import astuple

import pytest
from eth_abi import encode
from eth_utils import keccak
from ledger_harness import DAY, ROOT, Actor, Result, artifact
from ledger_world import (
    ADMIN,
    COURIER,
    COURIER_OWNER,
    COURIER_WRITER,
    FIRST_DRIVERS,
    NEIGHBOUR,
    NEWCOMER,
    NOTARY,
    RECIPIENT,
    RELAY,
    RIVAL,
    SHOP,
    SHOP_OWNER,
    SHOP_WRITER,
    STRANGER,
    World,
    delivery_of,
    mapping_slot,
)

from chain_client.domain import digests
from chain_client.domain.ids import ZERO_HASH
from chain_client.domain.records import Item
from chain_client.domain.words import DeliveryWord, DriverWord

# Clients prove words and heads by these numbers: they never change.
PINNED = {
    "_deliveries": (0, 0),
    "_drivers": (1, 0),
    "_driverHeads": (2, 0),
    "_carrierHeads": (3, 0),
    "_wasDriver": (4, 0),
    "_members": (5, 0),
    "_writers": (6, 0),
    "_driverOfKey": (7, 0),
    "_memberOfOwner": (8, 0),
    "_successions": (9, 0),
    "_writerOffers": (10, 0),
    "_memberCount": (11, 0),
    "_driverCount": (11, 2),
}


def test_the_slots_are_pinned(world: World) -> None:
    layout = {each["label"]: (each["slot"], each["offset"]) for each in artifact("DeliveryLedger")["storage"]}
    assert {label: layout[label] for label in PINNED} == PINNED
    others = [layout[label] for label in layout if label not in PINNED]
    assert min(others) == (11, 6), "OpenZeppelin's begin where the counts end"


def test_a_deliverys_slot(world: World) -> None:
    world.delivered(driver=2)
    world.rate(world.feedback(driver=2))
    world.change_key(world.key_change())
    slot = int.from_bytes(keccak(encode(["bytes32", "uint256"], [delivery_of(1), 0])), "big")
    promised = world.view("delivery", delivery_of(1))[2]
    expected = (
        int.from_bytes(NEIGHBOUR.address, "big")
        | 2 << 160
        | promised << 192
        | COURIER << 224
        | (0x80 | 0x40 | 4) << 240
        | 1 << 248
    )
    assert world.slot(slot) == expected
    assert DeliveryWord.unpack(expected).pack() == expected
    view = world.view("delivery", delivery_of(1))
    assert view == ("0x" + NEIGHBOUR.address.hex(), 2, promised, COURIER, 0xC4, 1)


def test_a_drivers_slot(world: World) -> None:
    slot = int.from_bytes(keccak(encode(["uint32", "uint256"], [FIRST_DRIVERS[RIVAL], 1])), "big")
    assert world.slot(slot) == RIVAL << 160
    key, nonce = RECIPIENT.address, 5
    world.chain.set_storage(world.ledger, slot, DriverWord(key, COURIER, nonce).pack())
    assert world.view("driver", FIRST_DRIVERS[RIVAL]) == ("0x" + key.hex(), COURIER, nonce)


def test_heads_have_slots_and_views_that_agree(world: World) -> None:
    world.opened()
    world.report(world.outcome(driver=3))
    driver_slot = keccak(encode(["uint32", "uint256"], [3, 2]))
    carrier_slot = keccak(encode(["uint16", "uint256"], [COURIER, 3]))
    for function, number, slot in (("driverHead", 3, driver_slot), ("carrierHead", COURIER, carrier_slot)):
        held = world.slot(int.from_bytes(slot, "big")).to_bytes(32, "big")
        assert held == world.view(function, number)
        assert held != ZERO_HASH
    assert world.view("driverHead", 4) == ZERO_HASH
    assert world.view("carrierHead", RIVAL) == ZERO_HASH


def test_the_other_slots(world: World) -> None:
    world.opened()
    world.report(world.outcome(1, driver=1), world.outcome(1, driver=2))
    inner = mapping_slot(delivery_of(1), 4)
    assert world.slot(mapping_slot(1, inner)) == 1
    assert world.slot(mapping_slot(COURIER, 5)) == 2 | 1 << 8 | number_of(COURIER_OWNER) << 16
    assert world.slot(mapping_slot(SHOP, 5)) == 1 | number_of(SHOP_OWNER) << 16
    assert world.slot(mapping_slot(SHOP_OWNER.address, 8)) == SHOP
    assert world.slot(mapping_slot(SHOP_WRITER.address, 6)) == SHOP
    world.must(SHOP_WRITER, "removeWriter", SHOP_WRITER.address)
    assert world.slot(mapping_slot(SHOP_WRITER.address, 6)) == SHOP | 1 << 16
    counts = world.slot(11)
    assert counts & (1 << 48) - 1 == 6 | 15 << 16
    assert counts >> 48 == int.from_bytes(world.manager, "big"), "AccessManaged's authority"


def test_the_slots_of_what_is_offered(world: World) -> None:
    offer = mapping_slot(NEIGHBOUR.address, mapping_slot(SHOP, 10))
    world.must(SHOP_OWNER, "allowWriter", NEIGHBOUR.address)
    assert world.slot(offer) == number_of(SHOP_OWNER)
    world.must(NEIGHBOUR, "acceptWriter", SHOP)
    assert world.slot(offer) == 0
    place = mapping_slot(SHOP, 9)
    world.must(SHOP_OWNER, "offerOwner", NEIGHBOUR.address)
    assert (world.slot(place), world.slot(place + 1)) == (number_of(NEIGHBOUR), 0)
    started = world.must(ADMIN, "startRecovery", SHOP, RECIPIENT.address)
    expected = number_of(RECIPIENT) | started.time + 14 * DAY << 160
    assert (world.slot(place), world.slot(place + 1)) == (number_of(NEIGHBOUR), expected)
    vetoed = world.must(SHOP_OWNER, "vetoRecovery", SHOP)
    assert (world.slot(place), world.slot(place + 1)) == (0, vetoed.time << 208)


def number_of(who: Actor) -> int:
    return int.from_bytes(who.address, "big")


def test_a_head_is_the_chain_of_its_entries_alone(world: World) -> None:
    """Every kind of entry, recomputed with nothing but eth_abi and keccak."""
    head = {"carrier": ZERO_HASH, "driver": ZERO_HASH}

    def follow(owner: str, item: Item, result: Result, by: Actor) -> None:
        assert result.reasons == [0]
        values = [
            head[owner],
            digests.struct_hash(item),
            world.word(item.delivery_id),
            by.address,
            result.number,
            result.time,
        ]
        types = ["bytes32", "bytes32", "uint256", "address", "uint256", "uint256"]
        head[owner] = keccak(encode(types, values))

    opening = world.opening()
    follow("carrier", opening, world.open(opening), SHOP_WRITER)
    out = world.outcome(1, driver=0)
    follow("carrier", out, world.report(out), COURIER_WRITER)
    world.chain.advance(12_345)
    done = world.outcome(3, driver=1)
    follow("driver", done, world.report(done), COURIER_WRITER)
    first = world.feedback()
    follow("driver", first, world.rate(first, by=STRANGER), STRANGER)
    change = world.key_change()
    follow("carrier", change, world.change_key(change, by=NEIGHBOUR), NEIGHBOUR)
    whole = world.feedback(driver=0, revision=2)
    follow("carrier", whole, world.rate(whole, key=NEIGHBOUR), RELAY)
    exclusion = world.note_of()
    follow("driver", exclusion, world.note(exclusion), NOTARY)
    assert world.driver_head(1) == head["driver"]
    assert world.carrier_head(COURIER) == head["carrier"]


@pytest.mark.parametrize("order", [(1, 1, 2, 2, 1, 1, 0, 0, 1, 2), (0, 1, 0, 1, 0), (3, 3, 3), (2, 1, 2, 1)])
def test_runs_of_owners_within_a_list_leave_the_heads_of_one_by_one(
    world: World, order: tuple[int, ...]
) -> None:
    for number in range(len(order)):
        world.opened(number)
    heads = {0: world.carrier_head(COURIER), 1: ZERO_HASH, 2: ZERO_HASH, 3: ZERO_HASH}
    items = [world.outcome(number=number, driver=driver) for number, driver in enumerate(order)]
    result = world.report(*items)
    assert result.reasons == [0] * len(order)
    for item in items:
        heads[item.driver] = world.extended(heads[item.driver], item, result)
    found = {0: world.carrier_head(COURIER)} | {driver: world.driver_head(driver) for driver in (1, 2, 3)}
    assert found == heads


def test_driver_numbers_and_carrier_numbers_do_not_share_heads(world: World) -> None:
    """Driver 2 and carrier 2 in one list: two chains."""
    world.opened(1)
    world.opened(2)
    before = world.carrier_head(2)
    world.report(world.outcome(number=1, driver=2), world.outcome(number=2, driver=0))
    assert world.driver_head(2) not in (ZERO_HASH, world.carrier_head(2))
    assert world.carrier_head(2) != before


def test_rejections_registrations_and_keys_extend_no_head(world: World) -> None:
    world.delivered()
    before = world.heads()
    world.open(world.opening(1))
    world.report(world.outcome(3))
    world.rate(world.feedback(revision=9))
    world.change_key(world.key_change(new_key=RECIPIENT.address))
    world.note(world.note_of(404))
    world.must(ADMIN, "registerMember", "X", 2, NEWCOMER.address)
    world.add_writer(SHOP, NEIGHBOUR)
    world.must(COURIER_WRITER, "registerDrivers", 2)
    assert world.heads() == before


@pytest.mark.parametrize(
    ("struct", "view"), [("Feedback", "feedbackDigest"), ("KeyChange", "keyChangeDigest")]
)
def test_the_published_vectors_bind_the_contract(world: World, struct: str, view: str) -> None:
    vectors = json.loads((ROOT / "tests" / "vectors" / "eip712.json").read_text())
    (case,) = [each for each in vectors["cases"] if each["struct"] == struct]
    words = [
        bytes.fromhex(value[2:]) if isinstance(value, str) else value for value in case["fields"].values()
    ]
    expected = keccak(b"\x19\x01" + world.separator + bytes.fromhex(case["structHash"][2:]))
    assert world.view(view, tuple(words)) == expected


def test_the_domain_view(world: World) -> None:
    fields, name, version, chain, contract, salt, extensions = world.view("eip712Domain")
    assert (fields, name, version, salt, extensions) == (b"\x0f", "DeliveryLedger", "1", bytes(32), ())
    assert (chain, contract) == (20_260, "0x" + world.ledger.hex())
    assert world.view("feedbackDigest", astuple(world.feedback())) == world.digest(world.feedback())
