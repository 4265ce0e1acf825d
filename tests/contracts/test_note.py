"""note: only the NOTER; on the driver's head or the carrier's; the delivery stays as it is."""

from __future__ import annotations

import pytest
from ledger_world import (
    ADMIN,
    COURIER,
    COURIER_OWNER,
    COURIER_WRITER,
    JURY,
    NOTARY,
    RIVAL,
    SHOP,
    STRANGER,
    World,
    delivery_of,
    writer_bits,
)

from chain_client.domain.records import Reason


def test_a_note_is_entered_with_all_it_says(world: World) -> None:
    world.delivered()
    item = world.note_of(kind=65_535)
    word = world.word(delivery_of(1))
    (event,) = world.note(item).events
    assert event.name == "Noted"
    assert event.args == {
        "deliveryId": delivery_of(1),
        "driver": 1,
        "carrier": COURIER,
        "facts": 65_535 | writer_bits(NOTARY) << 16,
        "contentHash": item.content_hash,
    }
    assert world.word(delivery_of(1)) == word, "the delivery is untouched"


@pytest.mark.parametrize(
    ("number", "driver", "carrier", "owner"),
    [
        (1, 1, COURIER, "driver 1"),
        (1, 1, 0, "driver 1"),
        (1, 0, COURIER, f"carrier {COURIER}"),
        (None, 6, 0, "driver 6"),
        (None, 0, RIVAL, f"carrier {RIVAL}"),
        (None, 6, COURIER, "driver 6"),
    ],
)
def test_extends_exactly_one_head_with_the_word_as_it_stands(
    world: World, number: int | None, driver: int, carrier: int, owner: str
) -> None:
    world.delivered()
    before = world.heads()
    item = world.note_of(number, driver=driver, carrier=carrier)
    result = world.note(item)
    assert result.names == ["Noted"]
    word = world.word(delivery_of(1)) if number else 0
    expected = world.extended(before[owner], item, result, word)
    assert world.heads() == before | {owner: expected}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"number": 404}, Reason.UNKNOWN_DELIVERY),
        ({"driver": 16}, Reason.UNKNOWN_DRIVER),
        ({"driver": 2**32 - 1}, Reason.UNKNOWN_DRIVER),
        ({"carrier": 99}, Reason.UNKNOWN_CARRIER),
        ({"carrier": SHOP}, Reason.UNKNOWN_CARRIER),
        ({"carrier": JURY, "driver": 0}, Reason.UNKNOWN_CARRIER),
        ({"carrier": 0, "driver": 0}, Reason.UNKNOWN_CARRIER),
        ({"number": None, "carrier": 0, "driver": 0}, Reason.UNKNOWN_CARRIER),
        ({"carrier": RIVAL}, Reason.UNKNOWN_CARRIER),
        ({"carrier": RIVAL, "driver": 0}, Reason.UNKNOWN_CARRIER),
        ({"driver": 2}, Reason.NOT_ITS_DRIVER),
        ({"driver": 6, "carrier": 0}, Reason.NOT_ITS_DRIVER),
    ],
)
def test_rejects(world: World, change: dict[str, int], reason: Reason) -> None:
    world.delivered()
    heads = world.heads()
    assert world.note(world.note_of(**change)).reasons == [reason]
    assert world.heads() == heads


def test_a_replaced_driver_can_still_be_noted_on_its_delivery(world: World) -> None:
    world.delivered(driver=1)
    world.report(world.outcome(5, driver=2))
    items = [world.note_of(driver=driver) for driver in (1, 2, 3)]
    assert world.note(*items).reasons == [0, 0, Reason.NOT_ITS_DRIVER]


def test_a_member_that_was_a_carrier_can_still_be_noted(world: World) -> None:
    world.delivered()
    world.must(ADMIN, "setRoles", COURIER, 0)
    assert world.note(world.note_of(driver=0)).reasons == [0]


def test_reasons_are_checked_in_order(world: World) -> None:
    world.delivered()
    items = [
        world.note_of(404, driver=99, carrier=99),
        world.note_of(1, driver=99, carrier=99),
        world.note_of(1, driver=6, carrier=99),
        world.note_of(1, driver=6, carrier=RIVAL),
        world.note_of(1, driver=6),
        world.note_of(1),
    ]
    result = world.note(*items)
    assert result.reasons == [10, 50, 51, 51, 52, 0]
    assert result.names == ["ItemRejected"] * 5 + ["Noted"]


@pytest.mark.parametrize("by", [ADMIN, COURIER_OWNER, COURIER_WRITER, STRANGER], ids=lambda by: by.name)
def test_reverts_for_anyone_but_the_noter(world: World, by: object) -> None:
    result = world.note(world.note_of(), by=by)
    assert result.error is not None
    assert result.error.name == "AccessManagedUnauthorized"
    assert result.error.caller == by.address
