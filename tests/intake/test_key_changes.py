"""Key changes: once, by the key it has, against what is pending."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chain_client.domain.digests import digest
from chain_client.domain.ids import ZERO_ADDRESS, Address, DeliveryId
from chain_client.domain.records import KeyChange
from chain_client.domain.signatures import sign
from chain_client.intake import KeyChangeRequest
from tests.intake.paper import DAY, House, address, secret, shippers_id
from tests.intake.test_openings import refused


async def one(house: House, request: KeyChangeRequest) -> tuple[str, int | None, str]:
    (answer,) = await house.change_keys(request)
    return refused(answer)


async def test_a_key_change_is_stored_as_signed(house: House) -> None:
    (delivery,) = await house.opened()
    request = house.taken_over(delivery)
    (answer,) = await house.change_keys(request)
    assert (answer.status, answer.delivery_id, answer.receipt) == ("accepted", delivery, None)
    (waiting,) = await house.waiting()
    assert (waiting.item, waiting.signature) == (
        KeyChange(delivery, address("anna's phone")),
        request.signature,
    )
    for step in (house.mine, house.index):
        assert await house.change_keys(request, request) == [replace(answer, status="duplicate")] * 2
        await step()
    assert house.paper.state.words[delivery].recipient_key == address("anna's phone")


async def test_unknown_delivery(house: House) -> None:
    assert await one(house, house.taken_over(shippers_id())) == ("unknown-delivery", 10, "delivery_id")


async def test_only_the_present_key_signs(house: House) -> None:
    (delivery, other) = await house.opened("WB 1", "WB 2")
    good = house.taken_over(delivery)
    for wrong in (
        house.taken_over(delivery, by="mallory"),
        replace(good, new_key=address("mallory")),
        replace(good, signature=house.taken_over(other).signature),
    ):
        assert await one(house, wrong) == ("bad-signature", 11, "signature")


async def test_who_guesses_the_new_key_learns_nothing(house: House) -> None:
    (delivery, other) = await house.opened("WB 1", "WB 2")
    request = house.taken_over(delivery)
    assert (await house.change_keys(request))[0].status == "accepted"
    right = replace(request, signature=house.taken_over(other).signature)
    wrong = replace(right, new_key=address("mallory"))
    for step in (house.mine, house.index):
        first, second = await house.change_keys(right, wrong)
        assert refused(first) == refused(second) == ("bad-signature", 11, "signature")
        await step()


async def test_only_once(house: House) -> None:
    (delivery,) = await house.opened()
    first, second = await house.change_keys(
        house.taken_over(delivery), house.taken_over(delivery, by="anna's phone", to="third")
    )
    assert first.status == "accepted"
    assert refused(second) == ("key-already-changed", 40, "delivery_id")
    for step in (house.mine, house.index):
        assert await one(house, house.taken_over(delivery, by="anna's phone", to="third")) == (
            "key-already-changed",
            40,
            "delivery_id",
        )
        await step()


async def test_another_key_and_not_zero(house: House) -> None:
    (delivery,) = await house.opened()
    assert await one(house, house.taken_over(delivery, to="anna")) == ("new-key-zero-or-same", 41, "new_key")
    signature = sign(secret("anna"), digest(house.paper.separator, KeyChange(delivery, ZERO_ADDRESS)))
    zero = KeyChangeRequest(delivery, ZERO_ADDRESS, signature)
    assert await one(house, zero) == ("new-key-zero-or-same", 41, "new_key")


async def test_closed_366_days_after_the_promise(house: House) -> None:
    (delivery,) = await house.opened()
    house.paper.time = house.paper.state.words[delivery].promised_by + 366 * DAY + 1
    await house.index()
    assert await one(house, house.taken_over(delivery)) == ("closed", 31, "delivery_id")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("delivery_id", DeliveryId(b"\x01" * 31)),
        ("new_key", Address(b"\x01" * 21)),
        ("signature", b"\x01" * 10),
    ],
)
async def test_a_value_of_no_such_form_is_named(house: House, field: str, value: object) -> None:
    (delivery,) = await house.opened()
    bad = replace(house.taken_over(delivery), **{field: value})  # type: ignore[arg-type]
    first, second = await house.change_keys(bad, house.taken_over(delivery))
    assert refused(first) == ("invalid", None, field)
    assert second.status == "accepted"


async def test_prepared_key_changes_are_the_same(house: House) -> None:
    (delivery, other) = await house.opened("WB 1", "WB 2")
    good = house.taken_over(delivery)
    requests = [good, replace(good, new_key=Address(b"short")), house.taken_over(other, by="mallory")]
    prepared = house.intake.prepare_key_changes(requests)
    async with house.store.write() as connection:
        answers = await house.intake.change_keys(connection, prepared, house.now)
    assert [answer.status for answer in answers] == ["accepted", "refused", "refused"]
    again = await house.change_keys(*requests)
    assert again == [replace(answers[0], status="duplicate"), *answers[1:]]
