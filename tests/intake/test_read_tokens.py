"""Read tokens after a take-over: the recipient's own instead of the link's, once and for good."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chain_client.domain.digests import digest
from chain_client.domain.errors import InvalidInput
from chain_client.domain.ids import DeliveryId, Hash32
from chain_client.domain.links import decode_secret, read_token, read_token_hash
from chain_client.domain.records import ReadToken
from chain_client.domain.signatures import sign
from chain_client.intake import IndexNotReady, NothingToRead, NotTakenOver, ReadTokenRequest, TokenFixed
from chain_client.vault import waybills
from tests.intake.paper import House, secret, shippers_id

LINKS, OWN, THIRD = b"\x31" * 32, b"\x32" * 32, b"\x33" * 32


def wish(
    house: House, delivery: DeliveryId, token: bytes = OWN, by: str = "anna's phone"
) -> ReadTokenRequest:
    item = ReadToken(delivery, read_token_hash(token))
    return ReadTokenRequest(delivery, item.token_hash, sign(secret(by), digest(house.paper.separator, item)))


async def put(house: House, request: ReadTokenRequest) -> bool:
    async with house.store.write() as connection:
        return await house.intake.replace_read_token(connection, request)


async def reads(house: House, delivery: DeliveryId, token: bytes) -> bool:
    async with house.store.read() as connection:
        return await waybills.check_read_token(connection, house.ledger_id, delivery, token)


async def taken_over(house: House, *names: str) -> list[DeliveryId]:
    deliveries = await house.opened(*names, read_token_hash=read_token_hash(LINKS))
    await house.change_keys(*(house.taken_over(one) for one in deliveries))
    await house.mine()
    await house.index()
    return deliveries


async def test_the_recipient_s_own_token_replaces_the_link_s(house: House) -> None:
    (delivery,) = await taken_over(house)
    assert await reads(house, delivery, LINKS), "until it is replaced: the page still needs it"
    assert await put(house, wish(house, delivery)) is True
    assert await put(house, wish(house, delivery)) is False
    assert await reads(house, delivery, OWN)
    with pytest.raises(waybills.FormerToken):
        await reads(house, delivery, LINKS)


async def test_only_the_key_of_the_take_over_signs(house: House) -> None:
    (delivery, other) = await taken_over(house, "WB 1", "WB 2")
    good = wish(house, delivery)
    for wrong in (
        wish(house, delivery, by="anna"),
        wish(house, delivery, by="mallory"),
        replace(good, token_hash=read_token_hash(THIRD)),
        replace(good, signature=wish(house, other).signature),
        replace(good, signature=b"\0" * 64),
    ):
        with pytest.raises(InvalidInput) as caught:
            await put(house, wrong)
        assert caught.value.field == "signature"
    assert await reads(house, delivery, LINKS)


async def test_a_signature_for_another_ledger_or_purpose_is_none(house: House) -> None:
    (delivery,) = await taken_over(house)
    item = ReadToken(delivery, read_token_hash(OWN))
    elsewhere = replace(house.paper.identity, chain_id=1).signing_domain.separator()
    change = house.taken_over(delivery, by="anna's phone")
    for signature in (sign(secret("anna's phone"), digest(elsewhere, item)), change.signature):
        with pytest.raises(InvalidInput, match="signature"):
            await put(house, ReadTokenRequest(delivery, item.token_hash, signature))


async def test_not_before_the_take_over_is_on_chain_and_read(house: House) -> None:
    (delivery,) = await house.opened("WB 1", read_token_hash=read_token_hash(LINKS))
    with pytest.raises(NotTakenOver):
        await put(house, wish(house, delivery, by="anna"))
    await house.change_keys(house.taken_over(delivery))
    for step in (house.mine, house.index):
        with pytest.raises(NotTakenOver, match="once that is recorded"):
            await put(house, wish(house, delivery))
        await step()
    assert await put(house, wish(house, delivery)) is True


async def test_not_while_the_take_over_may_still_be_rewound(house: House) -> None:
    (delivery,) = await taken_over(house)
    async with house.store.write() as connection:
        await connection.exec_driver_sql("UPDATE cursors SET final_number = final_number - 1")
    with pytest.raises(NotTakenOver):
        await put(house, wish(house, delivery))


async def test_the_first_token_stands(house: House) -> None:
    """Whoever keeps an older wish of the recipient's, or makes them sign another, brings nothing back."""
    (delivery,) = await taken_over(house)
    with pytest.raises(InvalidInput, match="link's own"):
        await put(house, wish(house, delivery, LINKS))
    assert await put(house, wish(house, delivery)) is True
    for token in (THIRD, LINKS):
        with pytest.raises(TokenFixed):
            await put(house, wish(house, delivery, token))
    assert await put(house, wish(house, delivery)) is False
    assert await reads(house, delivery, OWN)


async def test_what_is_not_here_has_no_token(house: House) -> None:
    with pytest.raises(NothingToRead, match="no such"):
        await put(house, wish(house, shippers_id()))
    (delivery,) = await taken_over(house)
    async with house.store.write() as connection:
        await waybills.erase(connection, house.ledger_id, delivery)
    await put(house, wish(house, delivery))  # a shop's erasure ends no recipient's reading
    async with house.store.write() as connection:
        await connection.exec_driver_sql("DELETE FROM waybills")
    with pytest.raises(NothingToRead, match="kept here"):
        await put(house, wish(house, delivery))


async def test_nothing_is_judged_by_a_halted_index(house: House) -> None:
    (delivery,) = await taken_over(house)
    async with house.store.write() as connection:
        await connection.exec_driver_sql("UPDATE cursors SET halted = 'on purpose'")
    with pytest.raises(IndexNotReady):
        await put(house, wish(house, delivery))


@pytest.mark.parametrize(
    ("field", "value"),
    [("delivery_id", b"\x01" * 31), ("token_hash", Hash32(b"\x01" * 33)), ("signature", b"\x01" * 10)],
)
async def test_a_value_of_no_such_form_is_named(house: House, field: str, value: object) -> None:
    (delivery,) = await taken_over(house)
    with pytest.raises(InvalidInput) as caught:
        await put(house, replace(wish(house, delivery), **{field: value}))  # type: ignore[arg-type]
    assert caught.value.field == field


async def test_a_link_made_here_is_not_given_again_once_it_is_taken_over(house: House) -> None:
    request = house.opening(recipient_key=None, read_token_hash=None)
    (first,) = await house.open(request)
    assert first.link is not None
    assert first.delivery_id is not None
    await house.mine()
    await house.index()
    assert (await house.open(request))[0].link == first.link
    links_secret = decode_secret(first.link.split("#")[1], "link")
    change = house.taken_over_with(first.delivery_id, links_secret)
    assert [one.status for one in await house.change_keys(change)] == ["accepted"]
    for step in (house.mine, house.index):
        (again,) = await house.open(request)
        assert (again.status, again.delivery_id, again.link) == ("duplicate", first.delivery_id, None)
        await step()
    assert await put(house, wish(house, first.delivery_id)) is True
    assert (await house.open(request))[0].link is None
    async with house.store.read() as connection:
        kept = await waybills.by_delivery(connection, house.ledger_id, [first.delivery_id])
    assert kept[first.delivery_id].sealed_secret is None, "wiped, not only withheld"
    with pytest.raises(waybills.FormerToken):
        await reads(house, first.delivery_id, read_token(links_secret, first.delivery_id))
