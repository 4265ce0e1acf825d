"""The bytes of a batch: signed once under a nonce, and again only to raise its fees. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import rlp

from chain_client.bindings.signer import Signer, TxFields
from chain_client.domain.hashing import keccak256
from chain_client.domain.ids import Address, Hash32
from chain_client.outbox.lanes import StoredBatch, Version
from chain_client.rpc.records import Fees

_TYPE: Final = b"\x02"
_CALL_GAS: Final = 60_000
_ITEM_GAS: Final = 60_000
"""More than any item takes: an opening that is the first of its carrier, a report that replaces a driver."""


def version(signer: Signer, fields: TxFields) -> Version:
    """Return the signed transaction, with its hash and the most it offers."""
    raw = signer.sign_transaction(fields)
    return Version(Hash32(keccak256(raw)), raw, fields.max_fee)


def with_margin(estimate: int, items: int, block_gas: int | None) -> int:
    """Return the gas to ask for: an item may be accepted when mined that was rejected when estimated.

    Nodes estimate at the newest block's time, which may be long ago: an item that was too early then costs a small
    part of what it costs when it is accepted. So the estimate never counts for less than the dearest items would need,
    within half of what a block holds (`block_gas`, where known). Unused gas is given back; a batch that runs out
    reverts, and goes on in halves.
    """
    dearest = _CALL_GAS + items * _ITEM_GAS
    if block_gas is not None:
        dearest = min(dearest, block_gas // 2)
    return max(estimate + estimate // 4, dearest)


def fields_of(raw: bytes) -> TxFields:
    """Return the fields of a transaction signed here."""
    chain_id, nonce, priority, fee, gas, to, _value, data, *_ = rlp.decode(raw[len(_TYPE) :])

    def number(word: bytes) -> int:
        return int.from_bytes(word, "big")

    return TxFields(
        chain_id=number(chain_id),
        nonce=number(nonce),
        to=Address(to) if to else None,
        data=data,
        gas=number(gas),
        max_fee=number(fee),
        priority_fee=number(priority),
    )


def in_order(batch: StoredBatch) -> StoredBatch:
    """Return the batch with its versions in the order they were signed in: fees only rise, at equal ones gas only falls."""
    if len(batch.versions) < 2:
        return batch
    return replace(
        batch, versions=tuple(sorted(batch.versions, key=lambda one: (one.fee, -fields_of(one.raw).gas)))
    )


def with_raised_fees(signer: Signer, last: Version, fees: Fees) -> Version | None:
    """Return the same nonce and calldata at higher fees; None where the network asks for none.

    Nodes take a replacement that offers at least a tenth more of both fees; an eighth leaves room for rounding.
    """
    fields = fields_of(last.raw)
    if fees.max_fee == 0 and fields.max_fee == 0:
        return None
    max_fee = max(fees.max_fee, _eighth_more(fields.max_fee))
    priority = min(max_fee, max(fees.priority_fee, _eighth_more(fields.priority_fee)))
    return version(signer, replace(fields, max_fee=max_fee, priority_fee=priority))


def _eighth_more(fee: int) -> int:
    return fee + fee // 8 + 1
