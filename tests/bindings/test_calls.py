"""Calldata against web3's own encoder."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st
from web3 import Web3

from chain_client.bindings.artefact import ledger_artefact
from chain_client.bindings.calls import FUNCTION_OF, SIGNED, encode_batch, encode_from
from chain_client.domain.errors import InvalidInput
from chain_client.domain.ids import ZERO_HASH, Address, DeliveryId, MemberNumber
from chain_client.domain.records import Feedback, Item, KeyChange, Kind, Opening
from chain_client.domain.signatures import CompactSignature
from tests.bindings.strategies import ITEMS, feedbacks, key_changes, openings, signatures

CONTRACT = Web3().eth.contract(abi=ledger_artefact().abi)
SIGNATURE = CompactSignature(bytes(64))
OPENING = Opening(DeliveryId(bytes(32)), Address(bytes(20)), MemberNumber(1), 1, ZERO_HASH)


def plain(item: Item) -> tuple[object, ...]:
    """Return the item's fields as web3 takes them; the fields stand in the order of the type string."""
    values = (getattr(item, field.name) for field in dataclasses.fields(item))
    return tuple(Web3.to_checksum_address(v) if isinstance(v, bytes) and len(v) == 20 else v for v in values)


@given(data=st.data(), kind=st.sampled_from(sorted(ITEMS)))
def test_a_batch_is_encoded_as_web3_does(data: st.DataObject, kind: Kind) -> None:
    items = data.draw(st.lists(ITEMS[kind], max_size=5))
    signed = [data.draw(signatures) for _ in items] if kind in SIGNED else []
    lists: list[object] = [list(map(plain, items))]
    if kind in SIGNED:
        lists.append([(signature[:32], signature[32:]) for signature in signed])
    assert Web3.to_hex(encode_batch(kind, items, signed)) == CONTRACT.encode_abi(FUNCTION_OF[kind], lists)


@given(item=feedbacks | key_changes, signature=st.binary(max_size=100))
def test_one_item_of_a_wallet_is_encoded_as_web3_does(item: Feedback | KeyChange, signature: bytes) -> None:
    function = "recordFeedbackFrom" if isinstance(item, Feedback) else "changeKeyFrom"
    expected = CONTRACT.encode_abi(function, [plain(item), signature])
    assert Web3.to_hex(encode_from(item, signature)) == expected


def test_a_batch_that_the_contract_would_revert_is_not_encoded() -> None:
    change = KeyChange(DeliveryId(bytes(32)), Address(bytes(20)))
    for kind, items, signed, culprit in (
        (Kind.OPENING, [OPENING], [SIGNATURE], "signatures"),
        (Kind.KEY_CHANGE, [change], [], "signatures"),
        (Kind.KEY_CHANGE, [change], [CompactSignature(bytes(65))], r"signatures\[0\]"),
        (Kind.OPENING, [OPENING, change], [], r"items\[1\]"),
        (Kind.DRIVER_MOVE, [], [], "kind"),
    ):
        with pytest.raises(InvalidInput, match=culprit):
            encode_batch(kind, items, signed)


@given(item=openings)
def test_a_value_beyond_its_field_is_not_encoded(item: Opening) -> None:
    for field, width in (("promised_by", 32), ("carrier", 16)):
        with pytest.raises(InvalidInput, match=rf"items\[0\]\.{field}"):
            encode_batch(Kind.OPENING, [dataclasses.replace(item, **{field: 1 << width})])
