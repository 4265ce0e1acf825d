"""Documents: kept once under their hash, salt beside the text, both gone when erased."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from chain_client.domain.digests import canonical_json, document_hash
from chain_client.domain.errors import InvalidInput
from chain_client.domain.ids import DeliveryId, Hash32
from chain_client.store import LedgerId, Store
from chain_client.store.tables import documents as table
from chain_client.vault import documents

DELIVERY, OTHER = DeliveryId(b"\x00\x01" + b"\x11" * 30), DeliveryId(b"\x00\x01" + b"\x22" * 30)
TEXT = {"comment": "left in the rain — très mouillé", "at": [1, 2.5, None]}


def test_the_hash_is_that_of_salt_and_canonical_json() -> None:
    made = documents.make("content", DELIVERY, TEXT, b"\x07" * 32)
    assert made.hash == document_hash(b"\x07" * 32, TEXT)
    assert made.body == canonical_json(TEXT)


def test_salts_made_here_are_never_the_same() -> None:
    one, two = documents.make("record", DELIVERY, TEXT), documents.make("record", DELIVERY, TEXT)
    assert len(one.salt) == 32
    assert one.salt != two.salt
    assert one.hash != two.hash


def test_a_salt_of_another_length_is_refused() -> None:
    with pytest.raises(InvalidInput, match="salt: must be 32 bytes, not 31"):
        documents.make("content", DELIVERY, TEXT, b"\x07" * 31)


async def test_what_is_put_is_got(store: Store, ledger_id: LedgerId) -> None:
    made = documents.make("evidence", DELIVERY, TEXT)
    async with store.write() as connection:
        await documents.put(connection, ledger_id, [made])
    async with store.read() as connection:
        got = await documents.get(connection, ledger_id, DELIVERY, made.hash)
    assert got is not None
    assert (got.kind, got.salt, got.body, got.content) == ("evidence", made.salt, made.body, TEXT)
    assert not got.erased


async def test_documents_of_many_deliveries_are_each_their_own(store: Store, ledger_id: LedgerId) -> None:
    mine, theirs = (documents.make("content", one, TEXT, b"\x07" * 32) for one in (DELIVERY, OTHER))
    more = [documents.make("content", DELIVERY, {"n": n}, b"\x07" * 32) for n in range(1_201)]
    async with store.write() as connection:
        await documents.put(connection, ledger_id, [mine, theirs, *more])
        await documents.erase(connection, ledger_id, OTHER)
        found = await documents.by_hash(connection, ledger_id, [(DELIVERY, mine.hash), (OTHER, mine.hash)])
        assert {key: one.erased for key, one in found.items()} == {
            (DELIVERY, mine.hash): False,
            (OTHER, mine.hash): True,
        }
        wanted = [(DELIVERY, one.hash) for one in more]
        assert set(await documents.by_hash(connection, ledger_id, wanted)) == set(wanted)
        unknown = [(OTHER, more[0].hash), (DELIVERY, Hash32(bytes(32)))]
        assert await documents.by_hash(connection, ledger_id, unknown) == {}


async def test_nothing_is_found_under_another_hash_delivery_or_ledger(
    store: Store, ledger_id: LedgerId, other_ledger: LedgerId
) -> None:
    made = documents.make("evidence", DELIVERY, TEXT)
    async with store.write() as connection:
        await documents.put(connection, ledger_id, [made])
        assert await documents.get(connection, ledger_id, DELIVERY, Hash32(bytes(32))) is None
        assert await documents.get(connection, ledger_id, OTHER, made.hash) is None
        assert await documents.get(connection, other_ledger, DELIVERY, made.hash) is None
        assert await documents.of_delivery(connection, other_ledger, DELIVERY) == {}


async def test_put_again_changes_nothing(store: Store, ledger_id: LedgerId) -> None:
    made = documents.make("content", DELIVERY, TEXT)
    async with store.write() as connection:
        await documents.put(connection, ledger_id, [made])
        await documents.put(connection, ledger_id, [made, documents.make("record", DELIVERY, {"b": 1})])
        await documents.put(connection, ledger_id, [])
        kept = await documents.of_delivery(connection, ledger_id, DELIVERY)
    assert len(kept) == 2
    assert kept[made.hash].salt == made.salt


async def test_erasure_wipes_salt_and_text_together_and_keeps_the_hash(
    store: Store, ledger_id: LedgerId
) -> None:
    made, other = documents.make("content", DELIVERY, TEXT), documents.make("record", DELIVERY, {"b": 1})
    async with store.write() as connection:
        await documents.put(connection, ledger_id, [made, other])
        assert await documents.erase(connection, ledger_id, DELIVERY, made.hash) == 1
        kept = await documents.of_delivery(connection, ledger_id, DELIVERY)
        raw = (await connection.execute(select(table).where(table.c.hash == made.hash))).one()
    assert kept[made.hash].erased
    assert kept[made.hash].content is None
    assert (raw.salt, raw.body, raw.erased) == (None, None, True)
    assert kept[other.hash].content == {"b": 1}


async def test_an_erased_text_sent_again_stays_erased(store: Store, ledger_id: LedgerId) -> None:
    made = documents.make("content", DELIVERY, TEXT)
    async with store.write() as connection:
        await documents.put(connection, ledger_id, [made])
        await documents.erase(connection, ledger_id, DELIVERY)
        await documents.put(connection, ledger_id, [made])
        got = await documents.get(connection, ledger_id, DELIVERY, made.hash)
        again = await documents.erase(connection, ledger_id, DELIVERY)
    assert got is not None
    assert got.erased
    assert again == 0


async def test_erasing_one_delivery_leaves_the_same_text_of_another(
    store: Store, ledger_id: LedgerId
) -> None:
    salt = b"\x09" * 32
    one, two = (documents.make("content", delivery, TEXT, salt) for delivery in (DELIVERY, OTHER))
    async with store.write() as connection:
        await documents.put(connection, ledger_id, [one, two])
        assert await documents.erase(connection, ledger_id, DELIVERY) == 1
        left = await documents.get(connection, ledger_id, OTHER, two.hash)
    assert left is not None
    assert left.content == TEXT


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"])),
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers(-(2**53) + 1, 2**53 - 1)
            | st.text(st.characters(exclude_categories=["Cs"])),
            lambda inner: st.lists(inner, max_size=3),
            max_leaves=8,
        ),
        max_size=5,
    )
)
def test_content_is_read_as_it_was_written(content: dict[str, object]) -> None:
    made = documents.make("record", DELIVERY, content)
    stored = documents.StoredDocument(made.hash, made.kind, made.delivery_id, made.salt, made.body)
    assert stored.content == content
