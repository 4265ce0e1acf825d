from __future__ import annotations

import string
from typing import Any

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from chain_client.bindings import errors
from chain_client.bindings.artefact import ARTEFACTS, ledger_artefact, manager_artefact
from chain_client.bindings.errors import ContractError, read_revert

ENTRIES = [entry for artefact in ARTEFACTS for entry in artefact().errors.values()]
SAMPLES = {"string": "words", "bool": True, "address": b"\7" * 20, "bytes": b"\1\2"}


def sample(kind: str) -> Any:
    if kind in SAMPLES:
        return SAMPLES[kind]
    if kind.startswith("bytes"):
        return b"\3" * int(kind.removeprefix("bytes"))
    assert kind.startswith("uint"), f"a sample for {kind} is missing"
    return 9


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_every_custom_error_is_read_with_its_arguments(entry: Any) -> None:
    values = [sample(kind) for kind in entry.input_types]
    error = read_revert(entry.key + encode(entry.input_types, values))
    assert error.name == entry.name
    assert list(error.arguments) == [parameter["name"] for parameter in entry.inputs]
    assert str(error).startswith(f"the contract refuses with {entry.name}")
    assert not error.retry


def test_the_words_are_for_errors_there_are_and_use_their_arguments() -> None:
    names = {entry.name: {parameter["name"] for parameter in entry.inputs} for entry in ENTRIES}
    for name, words in errors._WORDS.items():
        used = {field for _, field, _, _ in string.Formatter().parse(words) if field}
        assert used <= names[name], f"{name} has no {used - names[name]}"
    own = {entry.name for entry in ledger_artefact().errors.values() if not entry.name.startswith("Access")}
    assert own - {"InvalidShortString", "StringTooLong"} <= set(errors._WORDS), (
        "the ledger's own errors have words"
    )
    assert manager_artefact().errors


def test_an_error_in_words() -> None:
    entry = ledger_artefact().errors["WriterTaken"]
    error = read_revert(entry.key + encode(entry.input_types, [b"\xab" * 20, 3]))
    assert error.arguments == {"writer": "0x" + "ab" * 20, "member": 3}
    assert str(error) == (
        f"the contract refuses with WriterTaken: 0x{'ab' * 20} serves, or served, member 3: use a fresh address"
    )


def test_strings_panics_and_silence() -> None:
    said = read_revert(bytes.fromhex("08c379a0") + encode(["string"], ["no"]))
    assert (said.name, said.arguments) == ("Error", {"message": "no"})
    panic = read_revert(bytes.fromhex("4e487b71") + encode(["uint256"], [0x11]))
    assert (panic.name, panic.arguments) == ("Panic", {"code": "0x11", "meaning": "arithmetic overflow"})
    assert (read_revert(b"").name, read_revert(b"").arguments) == ("Unknown", {})


@given(
    st.binary(max_size=120), st.sampled_from([entry.key for entry in ENTRIES] + [b"\x08\xc3\x79\xa0", b""])
)
def test_no_data_is_too_odd_to_report(body: bytes, selector: bytes) -> None:
    error = read_revert(selector + body)
    assert isinstance(error, ContractError)
    if error.name == "Unknown" and selector + body:
        assert error.arguments == {"data": "0x" + (selector + body).hex()}
