"""Transactions are encoded and signed as eth-account does it."""

from __future__ import annotations

from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from chain_client.bindings.signer import Signer, TxFields
from chain_client.domain.hashing import keccak256
from chain_client.domain.ids import Address, to_hex
from chain_client.domain.signatures import address_of, sign
from chain_client.outbox.signer import LocalSigner
from tests.bindings.strategies import addresses, uint

SECRETS = st.binary(min_size=32, max_size=32).filter(
    lambda raw: raw[:1] < b"\xff" and raw > bytes(31) + b"\0"
)


@given(
    SECRETS, st.none() | addresses, st.binary(max_size=80), uint(48), uint(30), uint(60), uint(60), uint(60)
)
def test_a_transaction_is_signed_as_eth_account_does(
    secret: bytes, to: Address | None, data: bytes, chain_id: int, nonce: int, gas: int, fee: int, tip: int
) -> None:
    fields = TxFields(chain_id + 1, nonce, to, data, gas, fee, tip)
    raw = fields.signed(sign(secret, fields.digest()))
    theirs = Account.sign_transaction(
        {
            "type": 2,
            "chainId": fields.chain_id,
            "nonce": nonce,
            "gas": gas,
            "maxFeePerGas": fee,
            "maxPriorityFeePerGas": tip,
            "data": data,
            "value": 0,
        }
        | ({} if to is None else {"to": to}),
        secret,
    )
    assert to_hex(raw) == to_hex(theirs.raw_transaction)
    assert keccak256(raw) == theirs.hash
    assert Account.recover_transaction(raw) == Account.from_key(secret).address


def test_the_products_signer_is_one() -> None:
    held: Signer = LocalSigner(b"\1" * 32)
    assert held.address == address_of(b"\1" * 32)
    fields = TxFields(1, 0, None, b"", 1, 0, 0)
    assert held.sign_transaction(fields) == fields.signed(sign(b"\1" * 32, fields.digest()))
