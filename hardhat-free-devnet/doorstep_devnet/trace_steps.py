"""The opcode logger: every instruction a transaction executed, with gas, stack and storage."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from eth.abc import ComputationAPI, MessageAPI, StateAPI, TransactionContextAPI
from eth.exceptions import Halt, OutOfGas, Revert, VMError
from eth.vm import opcode_values as values

from .hexes import data, quantity
from .interpreter import INSTRUCTIONS, Computation, Instruction
from .trace_common import Observed, Size, error_text, int_of, opcode_name

_NEEDED = re.compile(r"Needed (\d+)")
_CALLS = frozenset({values.CALL, values.CALLCODE, values.DELEGATECALL, values.STATICCALL})
_CREATES = frozenset({values.CREATE, values.CREATE2})


@dataclass(frozen=True, slots=True)
class StepOptions:
    """What is recorded of each step; `limit` is the number of steps recorded, 0 for all."""

    memory: bool = False
    stack: bool = True
    storage: bool = True
    return_data: bool = False
    limit: int = 0


class Steps:
    """The steps of one transaction, while it runs."""

    def __init__(self, options: StepOptions) -> None:
        self.options = options
        self.entries: list[dict[str, Any]] = []
        self.refund_before = 0
        self._storage: dict[bytes, dict[str, str]] = {}
        self._size = Size("ask for fewer steps with limit, or for the callTracer")

    def computation_class(self) -> type[Computation]:
        """Return the class that runs every frame and records into this object."""
        return type("Recorded", (Stepped,), {"steps": self})

    def begin(self, computation: Any, value: int) -> dict[str, Any] | None:
        """Record the state before an instruction; None where there is no code, and once the limit is reached."""
        options = self.options
        if not computation.msg.code or (options.limit and len(self.entries) >= options.limit):
            return None
        entry: dict[str, Any] = {
            "pc": computation.code.program_counter - 1,
            "op": opcode_name(value),
            "gas": computation._gas_meter.gas_remaining,
            "gasCost": 0,
            "depth": computation.msg.depth + 1,
            "refund": computation.refund(),
        }
        size = 120
        if options.stack:
            entry["stack"] = [quantity(int_of(word)) for word in computation._stack.values]
            size += sum(len(word) + 3 for word in entry["stack"])
        if options.memory:
            memory = bytes(computation._memory._bytes)
            entry["memory"] = [data(memory[at : at + 32]) for at in range(0, len(memory), 32)]
            size += 69 * len(entry["memory"])
        if options.return_data:
            entry["returnData"] = data(bytes(computation.return_data))
            size += len(entry["returnData"])
        self._size.add(size)
        self.entries.append(entry)
        return entry

    def end(self, computation: Any, entry: dict[str, Any], value: int, top: int) -> None:
        """Complete a step with what its instruction cost and what it left in storage; `top` was the stack's top."""
        spent = entry["gas"] - computation._gas_meter.gas_remaining
        entry["gasCost"] = spent + _not_the_cost(computation, value, top)
        if value == values.SSTORE:
            entry["refund"] = computation.refund()
        if value not in (values.SLOAD, values.SSTORE) or not self.options.storage:
            return
        owner = computation.msg.storage_address
        known = self._storage.setdefault(owner, {})
        known[_word(top)] = _word(computation.state.get_storage(owner, top))
        self._size.add(140 * len(known))
        entry["storage"] = dict(known)


def _not_the_cost(computation: Any, value: int, top: int) -> int:
    """Return what a finished call or creation changed the gas by, beyond what go-ethereum calls its cost.

    A call costs what it gives to its callee, whatever comes back; a creation costs nothing of what its code uses, or of
    what it loses because its address is taken.
    """
    child = computation.last_child
    if child is None and value in _CALLS:
        return int(computation.last_returned)
    if child is None:
        return -int(computation.gas_burnt(value, top))
    back: int = child.get_gas_remaining()
    if value in _CALLS:
        return back
    return back - int(child.msg.gas) if value in _CREATES else 0


class Stepped(Observed):
    """A computation that records every instruction."""

    instructions: ClassVar[tuple[Instruction, ...]]
    steps: ClassVar[Steps]

    def __init__(
        self, state: StateAPI, message: MessageAPI, transaction_context: TransactionContextAPI
    ) -> None:
        super().__init__(state, message, transaction_context)
        self.last_child: ComputationAPI | None = None
        self._refund_before = self.steps.refund_before
        self._refund_of_children = 0

    def refund(self) -> int:
        """Return the transaction's refund counter."""
        own: int = self._gas_meter.gas_refunded
        return self._refund_before + self._refund_of_children + own

    def generate_child_computation(self, child_msg: MessageAPI) -> ComputationAPI:
        """Run a call or creation and remember its gas."""
        self.steps.refund_before = self.refund()
        child = super().generate_child_computation(child_msg)
        self._refund_of_children += child.get_gas_refund()
        self.last_child = child
        return child


def _stepping(value: int) -> Instruction:
    instruction = INSTRUCTIONS[value]

    def run(computation: Any) -> None:
        steps = computation.steps
        entry = steps.begin(computation, value)
        if entry is None:
            instruction(computation)
            return
        stack = computation._stack.values
        top = int_of(stack[-1]) if stack else 0
        computation.last_child = None
        try:
            instruction(computation)
        except Halt:
            entry["gasCost"] = entry["gas"] - computation._gas_meter.gas_remaining
            raise
        except VMError as error:
            entry["gasCost"] = entry["gas"] - computation._gas_meter.gas_remaining
            if isinstance(error, OutOfGas) and (needed := _NEEDED.search(str(error))):
                # Memory that nothing can pay for needs numbers that JSON does not carry: those are left out.
                entry["gasCost"] += int(needed[1]) if len(needed[1]) < 18 else 0
            if not isinstance(error, Revert):
                entry["error"] = error_text(error)
            raise
        steps.end(computation, entry, value, top)

    return run


def _word(value: int) -> str:
    return data(value.to_bytes(32, "big"))


Stepped.instructions = tuple(_stepping(value) for value in range(256))
