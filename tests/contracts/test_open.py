"""open: only shippers, only their own ids; the key, carrier and promise are bound once."""

from __future__ import annotations

import dataclasses

import pytest
from ledger_harness import DAY
from ledger_world import (
    COURIER,
    COURIER_WRITER,
    JUROR,
    JURY,
    MARKET,
    MERGED,
    MERGED_WRITER,
    RECIPIENT,
    RIVAL,
    SHOP,
    SHOP_WRITER,
    STRANGER,
    World,
    delivery_of,
    writer_bits,
)

from chain_client.domain.ids import ZERO_ADDRESS, ZERO_HASH
from chain_client.domain.records import Reason


def test_opens_a_delivery_and_binds_key_carrier_and_promise(world: World) -> None:
    item = world.opening()
    result = world.open(item)
    (event,) = result.events
    assert event.name == "Opened"
    assert event.args == {
        "deliveryId": item.delivery_id,
        "carrier": COURIER,
        "recipientKey": RECIPIENT.address,
        "facts": item.promised_by | writer_bits(SHOP_WRITER) << 32,
        "recordHash": item.record_hash,
    }
    word = world.delivery(item.delivery_id)
    assert (word.recipient_key, word.driver, word.promised_by) == (RECIPIENT.address, 0, item.promised_by)
    assert (word.carrier, word.state, word.revision) == (COURIER, 1, 0)
    assert world.view("delivery", item.delivery_id) == (
        "0x" + RECIPIENT.address.hex(),
        0,
        item.promised_by,
        COURIER,
        1,
        0,
    )


def test_extends_the_carriers_head_alone(world: World) -> None:
    before = world.heads()
    item = world.opening()
    result = world.open(item)
    expected = world.extended(ZERO_HASH, item, result)
    assert world.heads() == before | {f"carrier {COURIER}": expected}


def test_one_company_in_both_roles_may_open_for_itself(world: World) -> None:
    result = world.open(world.opening(shipper=MERGED, carrier=MERGED), by=MERGED_WRITER)
    assert result.names == ["Opened"], "shown as such by the id and the carrier"


def test_an_empty_list_does_nothing(world: World) -> None:
    before = world.heads()
    result = world.open()
    assert result.succeeded
    assert result.events == ()
    assert world.heads() == before


def test_a_bad_item_does_not_stop_the_others(world: World) -> None:
    good, bad = world.opening(1), world.opening(2, recipient_key=ZERO_ADDRESS)
    result = world.open(good, bad, world.opening(3), good)
    assert result.reasons == [0, Reason.ZERO_KEY, 0, Reason.EXISTS]
    rejected = [event for event in result.events if event.name == "ItemRejected"]
    assert [(event.deliveryId, event.index) for event in rejected] == [
        (bad.delivery_id, 1),
        (good.delivery_id, 3),
    ]
    assert world.word(bad.delivery_id) == 0, "nothing written"


def test_the_heads_of_interleaved_carriers_are_each_complete(world: World) -> None:
    items = [
        world.opening(n, carrier=carrier)
        for n, carrier in enumerate((COURIER, RIVAL, COURIER, COURIER, RIVAL))
    ]
    result = world.open(*items)
    heads = {COURIER: ZERO_HASH, RIVAL: ZERO_HASH}
    for item in items:
        word = world.word(item.delivery_id)
        heads[item.carrier] = world.extended(heads[item.carrier], item, result, word)
    assert {carrier: world.carrier_head(carrier) for carrier in heads} == heads


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"shipper": MARKET}, Reason.OTHER_SHIPPERS_ID),
        ({"number": 9}, Reason.EXISTS),
        ({"recipient_key": ZERO_ADDRESS}, Reason.ZERO_KEY),
        ({"carrier": 0}, Reason.NOT_A_CARRIER),
        ({"carrier": SHOP}, Reason.NOT_A_CARRIER),
        ({"carrier": JURY}, Reason.NOT_A_CARRIER),
        ({"carrier": 99}, Reason.NOT_A_CARRIER),
    ],
)
def test_rejects(world: World, change: dict[str, int], reason: Reason) -> None:
    world.opened(9)
    before, heads = world.word(delivery_of(9)), world.heads()
    result = world.open(world.opening(**change))
    assert result.reasons == [reason]
    assert world.word(delivery_of(9)) == before
    assert world.heads() == heads, "a rejected item extends no head"


@pytest.mark.parametrize(
    ("ahead", "reason"),
    [
        (-1, Reason.PROMISE_NOT_IN_FUTURE),
        (0, Reason.PROMISE_NOT_IN_FUTURE),
        (1, 0),
        (366 * DAY, 0),
        (366 * DAY + 1, Reason.PROMISE_BEYOND_366_DAYS),
    ],
)
def test_the_promise_is_in_the_future_and_at_most_366_days_off(world: World, ahead: int, reason: int) -> None:
    assert world.open(world.opening(promised_by=world.chain.time + ahead)).reasons == [reason]


def test_reasons_are_checked_in_order(world: World) -> None:
    world.opened(1)
    now = world.chain.time
    wrong = world.opening(1, MARKET, recipient_key=ZERO_ADDRESS, carrier=SHOP, promised_by=now - 5)
    steps = [
        wrong,
        (wrong := dataclasses.replace(wrong, delivery_id=delivery_of(1))),
        (wrong := dataclasses.replace(wrong, delivery_id=delivery_of(2))),
        (wrong := dataclasses.replace(wrong, recipient_key=RECIPIENT.address)),
        (wrong := dataclasses.replace(wrong, carrier=COURIER)),
        (wrong := dataclasses.replace(wrong, promised_by=now + 400 * DAY)),
        dataclasses.replace(wrong, promised_by=now + DAY),
    ]
    assert world.open(*steps).reasons == [1, 2, 3, 4, 5, 6, 0]


def test_the_carrier_must_be_one_even_after_another_was_found_to_be(world: World) -> None:
    items = [world.opening(1), world.opening(2, carrier=SHOP), world.opening(3, carrier=0), world.opening(4)]
    assert world.open(*items).reasons == [0, Reason.NOT_A_CARRIER, Reason.NOT_A_CARRIER, 0]


@pytest.mark.parametrize("by", [COURIER_WRITER, JUROR], ids=lambda by: by.name)
def test_reverts_for_a_writer_whose_member_is_no_shipper(world: World, by: object) -> None:
    result = world.open(world.opening(), by=by)
    assert not result.succeeded
    assert result.error is not None
    assert result.error.name == "MissingRole"
    assert result.error.args == {"member": COURIER if by is COURIER_WRITER else JURY, "anyOf": 1}


def test_reverts_for_a_stranger(world: World) -> None:
    result = world.open(world.opening(), by=STRANGER)
    assert result.error is not None
    assert (result.error.name, result.error.args) == ("NotAWriter", {"caller": STRANGER.address})
