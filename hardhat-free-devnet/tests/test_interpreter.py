"""The written-out instructions do what py-evm's do: random programs on both, compared in everything."""

from __future__ import annotations

from typing import Any

import pytest
from doorstep_devnet.chain_store import ChainStore
from doorstep_devnet.config import DevnetConfig
from doorstep_devnet.engine import next_header
from doorstep_devnet.evm import State, StateDB, decode_header, open_state
from doorstep_devnet.node import Node
from eth.vm.forks.prague.computation import PragueComputation
from eth.vm.forks.prague.opcodes import PRAGUE_OPCODES
from eth.vm.forks.prague.state import PragueState
from eth.vm.message import Message
from hypothesis import example, given, settings
from hypothesis import strategies as st

WRITTEN_OUT = [
    0x01, 0x02, 0x03, 0x10, 0x11, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1B, 0x1C, 0x35, 0x50, 0x51, 0x52, 0x56, 0x57,
    0x5B, 0x5F, *range(0x80, 0x85), *range(0x90, 0x95),
]  # fmt: skip
OTHERS = sorted(set(PRAGUE_OPCODES) - {0x5A})
WORDS = st.one_of(st.integers(0, 70), st.integers(250, 260), st.integers(0, 2**256 - 1), st.just(2**255))


def _pushed(value: int) -> bytes:
    size = max(1, (value.bit_length() + 7) // 8)
    return bytes((0x5F + size,)) + value.to_bytes(size, "big")


PIECES = st.one_of(
    WORDS.map(_pushed),
    st.integers(0, 60).map(_pushed),
    st.sampled_from(WRITTEN_OUT).map(lambda op: bytes((op,))),
    st.sampled_from(WRITTEN_OUT).map(lambda op: bytes((op,))),
    st.sampled_from(OTHERS).map(lambda op: bytes((op,))),
    st.integers(0, 255).map(lambda op: bytes((op,))),
    st.just(b"\x5b"),
    st.tuples(st.integers(0, 5), st.integers(0, 2)).map(
        lambda pair: _pushed(pair[1]) + _pushed(pair[0]) + b"\x55"
    ),
)
# Something on the stack to begin with, then anything, then the top of the stack as output where it gets there.
PROGRAMS = st.tuples(st.lists(WORDS.map(_pushed), max_size=8), st.lists(PIECES, max_size=40)).map(
    lambda parts: b"".join(parts[0] + parts[1]) + bytes.fromhex("60005260206000f3")
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Any:
    node = Node(DevnetConfig(tmp_path_factory.mktemp("chain"), genesis_time=1_500_000_000, sync=False))
    yield node.store
    node.close()


class Stock(PragueState):
    """py-evm's own state, interpreter and tries."""

    computation_class = PragueComputation

    def set_system_contracts(self) -> None:
        """Neither has any."""


def _run(store: ChainStore, kind: type[PragueState], code: bytes, payload: bytes, gas: int) -> dict[str, Any]:
    with store.view() as view:
        parent = decode_header(view.head().header)
        base = open_state(
            StateDB(view), next_header(parent, parent.timestamp + 1), [parent.hash], 20260, parent.state_root
        )
        state = kind(StateDB(view), base.execution_context, parent.state_root)
        target, sender = b"\x11" * 20, b"\x22" * 20
        state.set_code(target, code)
        state.lock_changes()
        message = Message(gas=gas, to=target, sender=sender, value=0, data=payload, code=code)
        context = state.get_transaction_context_class()(gas_price=0, origin=sender)
        done = state.computation_class.apply_message(state, message, context)
        return {
            "error": done.is_error,
            "gas": done.get_gas_remaining(),
            "refund": done.get_gas_refund(),
            "output": done.output,
            "logs": done.get_log_entries(),
            "memory": bytes(done._memory._bytes),
            "root": state.make_state_root(),
        }


@pytest.mark.filterwarnings("ignore:SELFDESTRUCT opcode:DeprecationWarning")
@settings(max_examples=250, deadline=None)
@given(code=PROGRAMS, payload=st.binary(max_size=80), gas=st.sampled_from([30, 200, 3_000, 100_000]))
@example(code=bytes.fromhex("7f") + b"\xff" * 5, payload=b"", gas=100)
@example(code=bytes.fromhex("60056003565b00"), payload=b"", gas=100)
@example(code=bytes.fromhex("6004565b5b00"), payload=b"", gas=100)
@example(code=bytes.fromhex("615b00600156"), payload=b"", gas=100)
@example(code=bytes.fromhex("5b") + b"\x5f" * 1100, payload=b"", gas=100_000)
@example(code=bytes.fromhex("5f") + b"\x80" * 1100, payload=b"", gas=100_000)
@example(code=_pushed(2**255) + bytes.fromhex("51"), payload=b"", gas=100_000)
@example(code=_pushed(2**256 - 1) + bytes.fromhex("3560005260206000f3"), payload=b"\xff" * 40, gas=100_000)
def test_a_program_does_the_same_on_both(store: ChainStore, code: bytes, payload: bytes, gas: int) -> None:
    assert _run(store, State, code, payload, gas) == _run(store, Stock, code, payload, gas)
