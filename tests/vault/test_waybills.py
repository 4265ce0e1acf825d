"""Waybills and links: found by shipper and delivery, tokens compared, sealed secrets wiped in time."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from chain_client.domain.ids import DeliveryId, MemberNumber, delivery_id
from chain_client.domain.links import read_token, read_token_hash
from chain_client.store import LedgerId, Store
from chain_client.store.tables import waybills as table
from chain_client.vault import waybills
from chain_client.vault.waybills import FormerToken, Replacement, Waybill, WaybillRace

SHIPPER, RIVAL = MemberNumber(1), MemberNumber(2)
SALT, SECRET = b"\x05" * 32, b"\x06" * 32
DELIVERY = delivery_id(SHIPPER, SALT, "WB 1")
TOKEN = read_token(SECRET, DELIVERY)
KEPT = Waybill(DELIVERY, SHIPPER, "WB 1", SALT, read_token_hash(TOKEN), b"sealed", 1_000)


async def test_a_waybill_is_found_by_its_shipper_alone(
    store: Store, ledger_id: LedgerId, other_ledger: LedgerId
) -> None:
    async with store.write() as connection:
        await waybills.keep(connection, ledger_id, [KEPT])
        assert await waybills.by_waybill(connection, ledger_id, SHIPPER, ["WB 1", "WB 2"]) == {"WB 1": KEPT}
        assert await waybills.by_waybill(connection, ledger_id, RIVAL, ["WB 1"]) == {}
        assert await waybills.by_waybill(connection, other_ledger, SHIPPER, ["WB 1"]) == {}
        assert await waybills.by_delivery(connection, ledger_id, [DELIVERY]) == {DELIVERY: KEPT}
        assert await waybills.by_delivery(connection, other_ledger, [DELIVERY]) == {}


async def test_more_than_a_statement_can_ask_for(store: Store, ledger_id: LedgerId) -> None:
    many = [Waybill(delivery_id(SHIPPER, SALT, f"W{n}"), SHIPPER, f"W{n}", SALT, None) for n in range(1_203)]
    async with store.write() as connection:
        await waybills.keep(connection, ledger_id, many)
        found = await waybills.by_waybill(connection, ledger_id, SHIPPER, [f"W{n}" for n in range(1_300)])
        by_id = await waybills.by_delivery(connection, ledger_id, [one.delivery_id for one in many])
    assert found == {one.waybill: one for one in many}
    assert len(by_id) == 1_203


@pytest.mark.parametrize(
    "second",
    [replace(KEPT, delivery_id=DeliveryId(b"\x00\x01" + b"\x44" * 30)), replace(KEPT, waybill="WB 9")],
    ids=["same waybill", "same delivery"],
)
async def test_keeping_what_is_there_is_a_race_to_retry(
    store: Store, ledger_id: LedgerId, second: Waybill
) -> None:
    async with store.write() as connection:
        await waybills.keep(connection, ledger_id, [KEPT])
    with pytest.raises(WaybillRace, match="Call again") as caught:
        async with store.write() as connection:
            await waybills.keep(connection, ledger_id, [second])
    assert caught.value.retry


async def test_only_the_delivery_s_own_token_reads_it(
    store: Store, ledger_id: LedgerId, other_ledger: LedgerId
) -> None:
    other = delivery_id(SHIPPER, SALT, "WB 2")
    async with store.write() as connection:
        await waybills.keep(connection, ledger_id, [KEPT, Waybill(other, SHIPPER, "WB 2", SALT, None)])
        assert await waybills.check_read_token(connection, ledger_id, DELIVERY, TOKEN)
        for delivery, token in (
            (DELIVERY, read_token(SECRET, other)),
            (DELIVERY, b""),
            (DELIVERY, read_token_hash(TOKEN)),
            (other, TOKEN),
            (DeliveryId(b"\x01" * 32), TOKEN),
        ):
            assert not await waybills.check_read_token(connection, ledger_id, delivery, token)
        assert not await waybills.check_read_token(connection, other_ledger, DELIVERY, TOKEN)


OWN = read_token(b"\x07" * 32, DELIVERY)


async def test_many_tokens_are_looked_up_at_once_as_each_by_itself(
    store: Store, ledger_id: LedgerId, other_ledger: LedgerId
) -> None:
    other = [DeliveryId(bytes([1, number // 256, number % 256]) + bytes(29)) for number in range(600)]
    tokens = [read_token(SECRET, one) for one in other]
    more = [
        Waybill(one, SHIPPER, f"WB-{number}", SALT, read_token_hash(token))
        for number, (one, token) in enumerate(zip(other, tokens, strict=True))
    ]
    good = {(DELIVERY, OWN), *zip(other, tokens, strict=True)}
    async with store.write() as connection:
        await waybills.keep(connection, ledger_id, [KEPT, *more])
        await waybills.replace_read_token(connection, ledger_id, DELIVERY, read_token_hash(OWN))
        await waybills.erase(connection, ledger_id, other[7])
        bad = {
            (DELIVERY, TOKEN),
            (DELIVERY, b""),
            (DELIVERY, read_token_hash(OWN)),
            (other[0], tokens[1]),
            (other[7], tokens[8]),
            (DeliveryId(b"\x09" * 32), TOKEN),
        }
        assert await waybills.present_tokens(connection, ledger_id, good | bad) == good
        assert await waybills.present_tokens(connection, other_ledger, good | bad) == set()


async def test_the_recipient_s_own_token_takes_the_place_of_the_link_s_for_good(
    store: Store, ledger_id: LedgerId, other_ledger: LedgerId
) -> None:
    links, own = read_token_hash(TOKEN), read_token_hash(OWN)
    later = read_token_hash(read_token(b"\x08" * 32, DELIVERY))
    unkept = DeliveryId(b"\x01" * 32)
    async with store.write() as connection:
        await waybills.keep(connection, ledger_id, [KEPT])
        for delivery, token_hash, said in (
            (unkept, own, Replacement.UNKNOWN),
            (DELIVERY, links, Replacement.THE_LINKS),
            (DELIVERY, own, Replacement.REPLACED),
            (DELIVERY, own, Replacement.SAME),
            (DELIVERY, later, Replacement.ANOTHER),
            (DELIVERY, links, Replacement.ANOTHER),
        ):
            found = await waybills.replace_read_token(connection, ledger_id, delivery, token_hash)
            assert found is said, (delivery, token_hash)
        assert (
            await waybills.replace_read_token(connection, other_ledger, DELIVERY, own) is Replacement.UNKNOWN
        )
        assert await waybills.check_read_token(connection, ledger_id, DELIVERY, OWN)
        for nobodys in (b"", links, own, read_token(b"\x08" * 32, DELIVERY)):
            assert not await waybills.check_read_token(connection, ledger_id, DELIVERY, nobodys)
        with pytest.raises(FormerToken, match="took this delivery over"):
            await waybills.check_read_token(connection, ledger_id, DELIVERY, TOKEN)
        assert not await waybills.check_read_token(connection, other_ledger, DELIVERY, TOKEN)
        kept = await waybills.by_delivery(connection, ledger_id, [DELIVERY])
    assert kept[DELIVERY] == replace(KEPT, read_token_hash=own, sealed_secret=None, sealed_until=None)


async def test_an_erasure_does_not_shut_the_recipient_out(store: Store, ledger_id: LedgerId) -> None:
    own = read_token_hash(OWN)
    async with store.write() as connection:
        await waybills.keep(connection, ledger_id, [KEPT])
        await waybills.erase(connection, ledger_id, DELIVERY)
        assert await waybills.check_read_token(connection, ledger_id, DELIVERY, TOKEN)
        found = await waybills.replace_read_token(connection, ledger_id, DELIVERY, own)
        assert found is Replacement.REPLACED
        await waybills.erase(connection, ledger_id, DELIVERY)
        assert await waybills.check_read_token(connection, ledger_id, DELIVERY, OWN)
        with pytest.raises(FormerToken):
            await waybills.check_read_token(connection, ledger_id, DELIVERY, TOKEN)


async def test_sealed_secrets_are_wiped_when_their_time_is_over(store: Store, ledger_id: LedgerId) -> None:
    later = Waybill(delivery_id(SHIPPER, SALT, "WB 2"), SHIPPER, "WB 2", SALT, None, b"sealed", 1_001)
    async with store.write() as connection:
        await waybills.keep(connection, ledger_id, [KEPT, later])
        assert await waybills.wipe_sealed(connection, ledger_id, 999) == 0
        assert await waybills.wipe_sealed(connection, ledger_id, 1_000) == 1
        assert await waybills.wipe_sealed(connection, ledger_id, 1_000) == 0
        kept = await waybills.by_waybill(connection, ledger_id, SHIPPER, ["WB 1", "WB 2"])
    assert kept["WB 1"] == replace(KEPT, sealed_secret=None, sealed_until=None)
    assert kept["WB 2"] == later


async def test_erasure_leaves_the_delivery_id_and_the_hashes_of_its_tokens(
    store: Store, ledger_id: LedgerId
) -> None:
    async with store.write() as connection:
        await waybills.keep(connection, ledger_id, [KEPT])
        assert await waybills.erase(connection, ledger_id, DELIVERY)
        assert not await waybills.erase(connection, ledger_id, DeliveryId(b"\x01" * 32))
        row = (await connection.execute(select(table))).one()
        assert await waybills.by_waybill(connection, ledger_id, SHIPPER, ["WB 1"]) == {}
    assert (row.delivery_id, row.read_token_hash) == (DELIVERY, KEPT.read_token_hash)
    assert (row.waybill, row.salt, row.sealed_secret, row.sealed_until) == (None,) * 4
