"""API keys: shown once, only a hash stored, useless once revoked."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from chain_client.domain.errors import InvalidInput
from chain_client.domain.ids import MemberNumber
from chain_client.store import LedgerId, Store
from chain_client.store.tables import api_keys as table
from chain_client.vault import api_keys

MEMBER = MemberNumber(7)


async def test_a_key_is_its_member_s(store: Store, ledger_id: LedgerId, other_ledger: LedgerId) -> None:
    async with store.write() as connection:
        one = await api_keys.create(connection, ledger_id, MEMBER, 5)
        two = await api_keys.create(connection, ledger_id, MemberNumber(8), 6)
        assert await api_keys.authenticate(connection, ledger_id, one) == MEMBER
        assert await api_keys.authenticate(connection, ledger_id, two) == MemberNumber(8)
        assert await api_keys.authenticate(connection, other_ledger, one) is None


async def test_the_secret_is_not_stored(store: Store, ledger_id: LedgerId) -> None:
    async with store.write() as connection:
        secret = (await api_keys.create(connection, ledger_id, MEMBER, 5)).partition(".")[2]
        row = (await connection.execute(select(table))).one()
    assert len(secret) == 43
    assert all(secret not in str(value) and secret.encode() not in bytes(str(value), "utf8") for value in row)
    assert row.key_hash != secret.encode()


async def test_nothing_else_authenticates(store: Store, ledger_id: LedgerId) -> None:
    async with store.write() as connection:
        key = await api_keys.create(connection, ledger_id, MEMBER, 5)
        other = await api_keys.create(connection, ledger_id, MemberNumber(8), 5)
        key_id, _, secret = key.partition(".")
        wrong = secret[:-1] + ("A" if secret[-1] != "A" else "B")
        for presented in (
            "",
            ".",
            key_id,
            f"{key_id}.",
            f"{key_id}.{wrong}",
            f".{secret}",
            secret,
            f"{other.partition('.')[0]}.{secret}",
            f"{key} ",
            f"{key}é",
            f"{key_id}.{secret}\0",
            "\ud800.x",
            "x" * 100_000,
        ):
            assert await api_keys.authenticate(connection, ledger_id, presented) is None, presented[:50]


async def test_a_key_of_an_unknown_id_is_no_key_even_for_the_stand_in_hash(
    store: Store, ledger_id: LedgerId
) -> None:
    async with store.write() as connection:
        assert await api_keys.authenticate(connection, ledger_id, "00" * 8 + ".secret") is None


async def test_many_keys_are_looked_up_at_once_as_each_by_itself(
    store: Store, ledger_id: LedgerId, other_ledger: LedgerId
) -> None:
    async with store.write() as connection:
        keys = [
            await api_keys.create(connection, ledger_id, MemberNumber(number), 5) for number in range(1, 602)
        ]
        foreign = await api_keys.create(connection, other_ledger, MEMBER, 5)
        await api_keys.revoke(connection, ledger_id, keys[0].partition(".")[0], 9)
        swapped = keys[1].partition(".")[0] + "." + keys[2].partition(".")[2]
        nonsense = ["", ".", "nothing", "é.secret", keys[3] + "x", "x" * 200 + ".x", foreign, swapped]
        found = await api_keys.authenticate_all(connection, ledger_id, [*keys, *keys, *nonsense])
        assert found == {key: number for number, key in enumerate(keys[1:], 2)}
        for one in [keys[0], keys[1], *nonsense]:
            assert await api_keys.authenticate(connection, ledger_id, one) == found.get(one)


async def test_a_revoked_key_is_useless_for_ever(store: Store, ledger_id: LedgerId) -> None:
    async with store.write() as connection:
        key = await api_keys.create(connection, ledger_id, MEMBER, 5)
        other = await api_keys.create(connection, ledger_id, MEMBER, 6)
        key_id = key.partition(".")[0]
        assert await api_keys.revoke(connection, ledger_id, key_id, 9)
        assert not await api_keys.revoke(connection, ledger_id, key_id, 10)
        assert not await api_keys.revoke(connection, ledger_id, "nothing", 10)
        assert await api_keys.authenticate(connection, ledger_id, key) is None
        assert await api_keys.authenticate(connection, ledger_id, other) == MEMBER
        kept = await api_keys.of_member(connection, ledger_id, MEMBER)
    assert [(one.key_id, one.created_at, one.revoked_at) for one in kept] == [
        (key_id, 5, 9),
        (other.partition(".")[0], 6, None),
    ]


@pytest.mark.parametrize("member", [0, -1, 65_536])
async def test_a_key_needs_a_member_number(store: Store, ledger_id: LedgerId, member: int) -> None:
    async with store.write() as connection:
        with pytest.raises(InvalidInput, match="member"):
            await api_keys.create(connection, ledger_id, MemberNumber(member), 5)
