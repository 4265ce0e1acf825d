"""The callTracer: a transaction as the tree of calls, creations and self-destructs that it made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import orjson
from eth.abc import ComputationAPI, MessageAPI, StateAPI, TransactionContextAPI
from eth.exceptions import Revert
from eth.vm import opcode_values as values

from .calls import revert_reason
from .hexes import data, quantity
from .interpreter import INSTRUCTIONS, Instruction
from .trace_common import Observed, Size, address_of, error_text, int_of

_OPENING = {
    values.CALL: "CALL", values.CALLCODE: "CALLCODE", values.DELEGATECALL: "DELEGATECALL",
    values.STATICCALL: "STATICCALL", values.CREATE: "CREATE", values.CREATE2: "CREATE2",
}  # fmt: skip
_WITHOUT_VALUE = frozenset({"DELEGATECALL", "STATICCALL"})


@dataclass(frozen=True, slots=True)
class Refused:
    """A call or creation that ran nothing: its caller had not the value to send, or its address was taken."""

    kind: str
    caller: bytes
    to: bytes
    data: bytes
    value: int
    gas: int
    gas_used: int
    error: str


@dataclass(frozen=True, slots=True)
class Destruction:
    """A contract that destroyed itself, and who got its balance."""

    contract: bytes
    beneficiary: bytes
    value: int


class Framed(Observed):
    """A computation that remembers by what each of its frames was opened, and where its logs stand among them."""

    instructions: ClassVar[tuple[Instruction, ...]]

    def __init__(
        self, state: StateAPI, message: MessageAPI, transaction_context: TransactionContextAPI
    ) -> None:
        super().__init__(state, message, transaction_context)
        self.kind = "CREATE" if message.is_create else "CALL"
        self.parts: list[Framed | Refused | Destruction] = []
        self.log_positions: list[int] = []
        self.opening = ""

    def generate_child_computation(self, child_msg: MessageAPI) -> ComputationAPI:
        """Run a call or creation and remember it."""
        child = super().generate_child_computation(child_msg)
        assert isinstance(child, Framed)
        child.kind = self.opening
        self.parts.append(child)
        return child


def _opening(value: int, kind: str) -> Instruction:
    def run(computation: Any) -> None:
        computation.opening = kind
        operands = [int_of(word) for word in reversed(computation._stack.values[-5:])]
        so_far = len(computation.parts)
        INSTRUCTIONS[value](computation)
        if len(computation.parts) == so_far:
            computation.parts.append(_refused(computation, value, kind, operands))

    return run


def _refused(computation: Any, value: int, kind: str, operands: list[int]) -> Refused:
    message, state = computation.msg, computation.state
    if kind.startswith("CREATE"):
        endowment, begin, size = operands[:3]
        burnt = computation.gas_burnt(value, endowment)
        left = computation.get_gas_remaining()
        given, to = burnt or left - left // 64, b""
    else:
        to = address_of(operands[1])
        endowment, begin, size = operands[2:5] if kind not in _WITHOUT_VALUE else [0, *operands[2:4]]
        burnt, given = 0, computation.last_returned
    error = "max call depth exceeded"
    if burnt:
        error = "contract address collision"
    elif state.get_balance(message.storage_address) < endowment:
        error = "insufficient balance for transfer"
    payload = bytes(computation._memory._bytes[begin : begin + size])
    return Refused(kind, message.storage_address, to, payload, endowment, given, burnt, error)


def _logging(value: int) -> Instruction:
    def run(computation: Any) -> None:
        INSTRUCTIONS[value](computation)
        computation.log_positions.append(len(computation.parts))

    return run


def _selfdestruct(computation: Any) -> None:
    stack = computation._stack.values
    beneficiary = address_of(stack[-1]) if stack else b""
    contract = computation.msg.storage_address
    balance = computation.state.get_balance(contract)
    try:
        INSTRUCTIONS[values.SELFDESTRUCT](computation)
    finally:
        if computation.accounts_to_delete or computation.beneficiaries:
            computation.parts.append(Destruction(contract, beneficiary, balance))


def _framed() -> tuple[Instruction, ...]:
    table = list(INSTRUCTIONS)
    for value, kind in _OPENING.items():
        table[value] = _opening(value, kind)
    for value in range(values.LOG0, values.LOG4 + 1):
        table[value] = _logging(value)
    table[values.SELFDESTRUCT] = _selfdestruct
    return tuple(table)


Framed.instructions = _framed()


@dataclass(frozen=True, slots=True)
class CallOptions:
    """`tracerConfig` of the callTracer: without the calls below the first, and with each frame's logs."""

    only_top: bool = False
    with_log: bool = False


@dataclass(frozen=True, slots=True)
class Top:
    """What the first frame shows of its transaction; `first_log` is the index of its first log in the block."""

    sender: bytes
    gas: int
    gas_used: int
    first_log: int


def render_calls(computation: Framed, top: Top, options: CallOptions) -> orjson.Fragment:
    """Return the tree as finished JSON, however deep it is. Raises `LimitExceeded` for one that is too large."""
    indices = {counter: top.first_log + place for place, counter in enumerate(_surviving(computation))}
    size = Size("ask with tracerConfig onlyTopCall")
    parts: list[bytes] = []

    def write(piece: bytes) -> None:
        size.add(len(piece))
        parts.append(piece)

    def logs_of(frame: Framed) -> list[dict[str, Any]]:
        return [
            {
                "address": data(address),
                "topics": [data(topic.to_bytes(32, "big")) for topic in topics],
                "data": data(payload),
                "index": quantity(indices[counter]),
                "position": quantity(position),
            }
            for (counter, address, topics, payload), position in zip(
                frame._log_entries, frame.log_positions, strict=True
            )
            if counter in indices
        ]

    fields = _fields(computation, top.sender)
    fields |= {"gas": quantity(top.gas), "gasUsed": quantity(top.gas_used)}
    _write_frame(computation, fields, write, logs_of if options.with_log else None, deep=not options.only_top)
    return orjson.Fragment(b"".join(parts))


def _surviving(frame: Framed) -> list[int]:
    """Return the counters of the logs that the transaction leaves, in order."""

    def walk(frame: Framed) -> Iterator[int]:
        if not frame.is_error:
            yield from (entry[0] for entry in frame._log_entries)
            for part in frame.parts:
                if isinstance(part, Framed):
                    yield from walk(part)

    return sorted(walk(frame))


def _write_frame(
    frame: Framed,
    fields: dict[str, Any],
    write: Callable[[bytes], None],
    logs_of: Callable[[Framed], list[dict[str, Any]]] | None,
    *,
    deep: bool,
) -> None:
    if logs_of is not None and (logs := logs_of(frame)):
        fields["logs"] = logs
    write(orjson.dumps(fields)[:-1])
    if deep and frame.parts:
        for place, part in enumerate(frame.parts):
            write(b"," if place else b',"calls":[')
            if isinstance(part, Destruction):
                write(orjson.dumps(_destruction_fields(part)))
            elif isinstance(part, Refused):
                write(orjson.dumps(_refused_fields(part)))
            else:
                below = _fields(part, frame.msg.storage_address)
                _write_frame(part, below, write, logs_of, deep=True)
        write(b"]")
    write(b"}")


def _fields(frame: Framed, caller: bytes) -> dict[str, Any]:
    message = frame.msg
    fields: dict[str, Any] = {
        "type": frame.kind,
        "from": data(caller),
        "gas": quantity(message.gas),
        "gasUsed": quantity(message.gas - frame.get_gas_remaining()),
        "input": data(bytes(message.code if message.is_create else message.data)),
    }
    if not (message.is_create and frame.is_error):
        fields["to"] = data(message.storage_address if message.is_create else message.code_address)
    if frame.kind not in _WITHOUT_VALUE:
        fields["value"] = quantity(message.value)
    output = bytes(frame.output)
    if frame.is_error:
        fields["error"] = error_text(frame.error)
        if isinstance(frame.error, Revert):
            reason = revert_reason(output)
            fields |= ({"output": data(output)} if output else {}) | (
                {"revertReason": reason} if reason else {}
            )
    elif output:
        fields["output"] = data(output)
    return fields


def _refused_fields(part: Refused) -> dict[str, Any]:
    fields = {
        "type": part.kind,
        "from": data(part.caller),
        "gas": quantity(part.gas),
        "gasUsed": quantity(part.gas_used),
        "input": data(part.data),
        "error": part.error,
    }
    if part.to:
        fields["to"] = data(part.to)
    if part.kind not in _WITHOUT_VALUE:
        fields["value"] = quantity(part.value)
    return fields


def _destruction_fields(part: Destruction) -> dict[str, Any]:
    return {
        "type": "SELFDESTRUCT",
        "from": data(part.contract),
        "to": data(part.beneficiary),
        "value": quantity(part.value),
        "gas": "0x0",
        "gasUsed": "0x0",
        "input": "0x",
    }
