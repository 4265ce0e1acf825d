"""Random programs, and one way to run them on any interpreter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from doorstep_devnet.chain_store import ChainStore
from doorstep_devnet.engine import next_header
from doorstep_devnet.evm import State, StateDB, decode_header, open_state
from eth.abc import ComputationAPI
from eth.vm.forks.prague.computation import PragueComputation
from eth.vm.forks.prague.opcodes import PRAGUE_OPCODES
from eth.vm.forks.prague.state import PragueState
from eth.vm.message import Message
from hypothesis import strategies as st

WRITTEN_OUT = [
    0x01, 0x02, 0x03, 0x10, 0x11, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1B, 0x1C, 0x35, 0x50, 0x51, 0x52, 0x56, 0x57,
    0x5B, 0x5F, *range(0x80, 0x85), *range(0x90, 0x95),
]  # fmt: skip
OTHERS = sorted(set(PRAGUE_OPCODES) - {0x5A})
WORDS = st.one_of(st.integers(0, 70), st.integers(250, 260), st.integers(0, 2**256 - 1), st.just(2**255))


def pushed(value: int) -> bytes:
    size = max(1, (value.bit_length() + 7) // 8)
    return bytes((0x5F + size,)) + value.to_bytes(size, "big")


PIECES = st.one_of(
    WORDS.map(pushed),
    st.integers(0, 60).map(pushed),
    st.sampled_from(WRITTEN_OUT).map(lambda op: bytes((op,))),
    st.sampled_from(WRITTEN_OUT).map(lambda op: bytes((op,))),
    st.sampled_from(OTHERS).map(lambda op: bytes((op,))),
    st.integers(0, 255).map(lambda op: bytes((op,))),
    st.just(b"\x5b"),
    st.tuples(st.integers(0, 5), st.integers(0, 2)).map(
        lambda pair: pushed(pair[1]) + pushed(pair[0]) + b"\x55"
    ),
)
# Something on the stack to begin with, then anything, then the top of the stack as output where it gets there.
PROGRAMS = st.tuples(st.lists(WORDS.map(pushed), max_size=8), st.lists(PIECES, max_size=40)).map(
    lambda parts: b"".join(parts[0] + parts[1]) + bytes.fromhex("60005260206000f3")
)

TARGET, SENDER, CALLEE = b"\x11" * 20, b"\x22" * 20, b"\x33" * 20


def _call(gas: int | None, address: bytes, instruction: int, value: int) -> bytes:
    """A call without calldata; None gives all the gas."""
    values = b"" if instruction in (0xF4, 0xFA) else pushed(value)
    given = b"\x5a" if gas is None else pushed(gas)
    return b"\x5f" * 4 + values + b"\x73" + address + given + bytes((instruction,))


CALLS = st.builds(
    _call,
    st.sampled_from([None, None, 0, 100, 3_000, 60_000]),
    st.sampled_from(
        [CALLEE, CALLEE, TARGET, b"\x44" * 20, *(bytes(19) + bytes((n,)) for n in (1, 2, 4, 5, 9))]
    ),
    st.sampled_from([0xF1, 0xF2, 0xF4, 0xFA]),
    st.sampled_from([0, 0, 1]),
)
CALLING = st.lists(st.one_of(CALLS, PIECES), max_size=12).map(
    lambda pieces: b"".join(pieces) + bytes.fromhex("60005260206000f3")
)
"""Programs of which every other instruction calls something."""


class Stock(PragueState):
    """py-evm's own state, interpreter and tries."""

    computation_class = PragueComputation

    def set_system_contracts(self) -> None:
        """Neither has any."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A finished execution, and everything that can be seen of it except its gas."""

    done: ComputationAPI
    seen: dict[str, Any]


def _seen(done: Any, state: Any) -> dict[str, Any]:
    return {
        "error": done.is_error,
        "refund": done.get_gas_refund(),
        "output": done.output,
        "logs": done.get_log_entries(),
        "memory": bytes(done._memory._bytes),
        "root": state.make_state_root(),
    }


def execute(
    store: ChainStore,
    code: bytes,
    payload: bytes,
    gas: int,
    *,
    state_class: type[PragueState] = State,
    computation_class: type[PragueComputation] | None = None,
    callee: bytes = b"",
) -> Ran:
    """Run `code` as the contract at TARGET, with `callee` at CALLEE."""
    with store.view() as view:
        parent = decode_header(view.head().header)
        base = open_state(
            StateDB(view), next_header(parent, parent.timestamp + 1), [parent.hash], 20260, parent.state_root
        )
        state = state_class(StateDB(view), base.execution_context, parent.state_root)
        if computation_class is not None:
            state.computation_class = computation_class
        state.set_code(TARGET, code)
        state.set_balance(TARGET, 3)
        if callee:
            state.set_code(CALLEE, callee)
        state.lock_changes()
        message = Message(gas=gas, to=TARGET, sender=SENDER, value=0, data=payload, code=code)
        context = state.get_transaction_context_class()(gas_price=0, origin=SENDER)
        done = state.computation_class.apply_message(state, message, context)
        return Ran(done, _seen(done, state))
