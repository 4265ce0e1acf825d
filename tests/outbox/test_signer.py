"""Keys: what they sign, how they are kept, and that they are never shown."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import stat
from pathlib import Path

import pytest
from eth_account import Account

from chain_client.bindings.signer import TxFields
from chain_client.domain.errors import InvalidInput
from chain_client.domain.hashing import keccak256
from chain_client.domain.ids import Address, Hash32
from chain_client.domain.signatures import recover
from chain_client.outbox.signer import (
    LIGHT,
    KeystoreExists,
    LocalSigner,
    NoKeystore,
    WrongPassword,
    create_keystore,
    load_keystore,
)
from chain_client.outbox.transactions import fields_of, version, with_margin, with_raised_fees
from chain_client.rpc.records import Fees

SECRET = bytes.fromhex("4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318")
FIELDS = TxFields(20260, 7, Address(b"\x22" * 20), b"\x01\x02" * 500, 90_000, 30, 2)


def test_the_address_is_the_keys() -> None:
    assert LocalSigner(SECRET).address == bytes.fromhex("2c7536e3605d9c16a7a3d7b1898e529396a65c23")


@pytest.mark.parametrize("secret", [b"", b"\x01" * 31, bytes(32), b"\xff" * 32, b"\x01" * 33])
def test_what_is_no_key_is_refused(secret: bytes) -> None:
    with pytest.raises(InvalidInput, match="private key"):
        LocalSigner(secret)


def test_a_digest_is_signed_by_the_key() -> None:
    digest = Hash32(keccak256(b"anything"))
    signer = LocalSigner(SECRET)
    assert recover(digest, signer.sign_digest(digest)) == signer.address


@pytest.mark.parametrize("to", [Address(b"\x22" * 20), None])
def test_transactions_are_those_of_another_implementation(to: Address | None) -> None:
    fields = TxFields(20260, 7, to, b"\x01\x02" * 500, 90_000, 30, 2)
    other = Account.sign_transaction(
        {
            "type": 2, "chainId": 20260, "nonce": 7, "gas": 90_000, "maxFeePerGas": 30, "maxPriorityFeePerGas": 2,
            "value": 0, "data": fields.data, **({"to": to} if to else {"to": b""}),
        },
        SECRET,
    )  # fmt: skip
    made = version(LocalSigner(SECRET), fields)
    assert made.raw == bytes(other.raw_transaction)
    assert made.tx_hash == bytes(other.hash)
    assert fields_of(made.raw) == fields


def test_a_replacement_raises_fees_and_nothing_else() -> None:
    signer = LocalSigner(SECRET)
    first = version(signer, FIELDS)
    raised = with_raised_fees(signer, first, Fees(20, 1))
    assert raised is not None
    was, now = fields_of(first.raw), fields_of(raised.raw)
    assert (now.max_fee, now.priority_fee) == (34, 3)
    assert (now.nonce, now.data, now.to, now.gas) == (was.nonce, was.data, was.to, was.gas)
    assert raised.fee == 34
    again = with_raised_fees(signer, raised, Fees(100, 50))
    assert again is not None
    assert (fields_of(again.raw).max_fee, fields_of(again.raw).priority_fee) == (100, 50)


def test_nothing_is_replaced_where_nothing_is_paid() -> None:
    signer = LocalSigner(SECRET)
    free = version(signer, TxFields(20260, 7, FIELDS.to, b"", 90_000, 0, 0))
    assert with_raised_fees(signer, free, Fees(0, 0)) is None


@pytest.mark.parametrize(
    ("estimate", "items", "block_gas", "gas"),
    [
        (8_000_000, 100, None, 10_000_000),
        (40_000, 2, None, 180_000),
        (40_000, 200, None, 12_060_000),
        (40_000, 200, 10_000_000, 5_000_000),
        (8_000_000, 200, 10_000_000, 10_000_000),
    ],
)
def test_gas_leaves_room_for_items_accepted_later(
    estimate: int, items: int, block_gas: int | None, gas: int
) -> None:
    assert with_margin(estimate, items, block_gas) == gas


def test_a_secret_is_never_shown(caplog: pytest.LogCaptureFixture) -> None:
    signer = LocalSigner(SECRET)
    caplog.set_level(logging.DEBUG)
    logging.getLogger("test").info("signing with %s %r", signer, [signer])
    shown = caplog.text + repr(signer) + f"{signer}" + repr(vars(type(signer)))
    assert "2c7536e3605d9c16a7a3d7b1898e529396a65c23" in shown
    assert SECRET.hex() not in shown
    assert repr(SECRET) not in shown
    with pytest.raises(TypeError, match="never pickled"):
        pickle.dumps(signer)
    with pytest.raises(TypeError, match="never pickled"):
        copy.copy(signer)


def test_a_keystore_gives_its_key_back(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    address = create_keystore(path, "correct horse", work=LIGHT)
    assert load_keystore(path, "correct horse").address == address
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    content = json.loads(path.read_text())
    assert (content["version"], content["crypto"]["kdf"], content["crypto"]["kdfparams"]["n"]) == (
        3, "scrypt", LIGHT,
    )  # fmt: skip


def test_a_keystore_of_another_tool_is_read(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    path.write_text(json.dumps(Account.encrypt(SECRET, "pw", kdf="pbkdf2", iterations=1000)))
    assert load_keystore(path, "pw").address == LocalSigner(SECRET).address


def test_a_given_secret_is_kept_and_not_readable_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    create_keystore(path, "pw", secret=SECRET, work=LIGHT)
    assert SECRET.hex() not in path.read_text()
    assert load_keystore(path, "pw").address == LocalSigner(SECRET).address


def test_a_wrong_password_is_said_to_be_wrong(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    create_keystore(path, "right", work=LIGHT)
    with pytest.raises(WrongPassword, match=r"does not open the keystore .*key\.json") as caught:
        load_keystore(path, "xyzzy")
    assert "xyzzy" not in str(caught.value)


def test_a_keystore_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    create_keystore(path, "pw", work=LIGHT)
    before = path.read_bytes()
    with pytest.raises(KeystoreExists, match="never written over"):
        create_keystore(path, "pw", work=LIGHT)
    assert path.read_bytes() == before


def test_an_empty_password_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="must not be empty"):
        create_keystore(tmp_path / "key.json", "", work=LIGHT)
    assert list(tmp_path.iterdir()) == []


def test_no_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoKeystore, match=r"none\.json"):
        load_keystore(tmp_path / "none.json", "pw")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"version": 3}', '{"version": 9, "crypto": {}}', '"x"']
)
def test_what_is_no_keystore_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "key.json"
    path.write_text(text)
    with pytest.raises(InvalidInput, match="is no"):
        load_keystore(path, "pw")
