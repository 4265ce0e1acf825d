"""The written-out instructions do what py-evm's do: random programs on both, compared in everything."""

from __future__ import annotations

import pytest
from doorstep_devnet.chain_store import ChainStore
from doorstep_devnet.evm import State
from hypothesis import example, given, settings
from hypothesis import strategies as st
from programs import PROGRAMS, Stock, execute, pushed


@pytest.mark.filterwarnings("ignore:SELFDESTRUCT opcode:DeprecationWarning")
@settings(max_examples=250, deadline=None)
@given(code=PROGRAMS, payload=st.binary(max_size=80), gas=st.sampled_from([30, 200, 3_000, 100_000]))
@example(code=bytes.fromhex("7f") + b"\xff" * 5, payload=b"", gas=100)
@example(code=bytes.fromhex("60056003565b00"), payload=b"", gas=100)
@example(code=bytes.fromhex("6004565b5b00"), payload=b"", gas=100)
@example(code=bytes.fromhex("615b00600156"), payload=b"", gas=100)
@example(code=bytes.fromhex("5b") + b"\x5f" * 1100, payload=b"", gas=100_000)
@example(code=bytes.fromhex("5f") + b"\x80" * 1100, payload=b"", gas=100_000)
@example(code=pushed(2**255) + bytes.fromhex("51"), payload=b"", gas=100_000)
@example(code=pushed(2**256 - 1) + bytes.fromhex("3560005260206000f3"), payload=b"\xff" * 40, gas=100_000)
def test_a_program_does_the_same_on_both(store: ChainStore, code: bytes, payload: bytes, gas: int) -> None:
    ours, theirs = (execute(store, code, payload, gas, state_class=kind) for kind in (State, Stock))
    assert ours.seen == theirs.seen
    assert ours.done.get_gas_remaining() == theirs.done.get_gas_remaining()
