"""Measures, while a call runs, the least gas limit with which it would have run in the same way.

Gas consumed is not enough to know: a callee is given at most 63/64 of what is left, SSTORE refuses to run on the last
2,300 units, and a call's stipend comes back when it is not used. Each frame therefore keeps the most that it must be
given so that everything up to now happens again. That is exact, unless the code looks at the gas it has left: GAS is
followed by something other than a call, or a frame that was given all there was ran out of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from eth.abc import ComputationAPI, MessageAPI
from eth.vm import opcode_values as values

from .interpreter import INSTRUCTIONS, Computation, Instruction

CALL_STIPEND = 2_300
_CALLS = frozenset({values.CALL, values.CALLCODE, values.DELEGATECALL, values.STATICCALL})


class Measured(Computation):
    """A computation that knows how much gas it needs."""

    instructions: ClassVar[tuple[Instruction, ...]]
    is_exact = True
    """Whether `gas_needed` is the least with which the same happens, and not only what was consumed."""
    _peak = 0
    _has_run_child = False

    def gas_needed(self) -> int:
        """Gas that this frame must be given, the transaction's intrinsic gas not included."""
        return max(self._peak, self._consumed())

    def need_more(self, gas: int) -> None:
        """Note that `gas` must be left at this point."""
        self._peak = max(self._peak, self._consumed() + gas)

    def _consumed(self) -> int:
        return int(self.msg.gas - self._gas_meter.gas_remaining)

    def generate_child_computation(self, child_msg: MessageAPI) -> ComputationAPI:
        """Run a call or creation and note what had to be left for it."""
        child = super().generate_child_computation(child_msg)
        assert isinstance(child, Measured)
        self._has_run_child = True
        transfers = child_msg.should_transfer_value and not child_msg.is_create
        stipend = CALL_STIPEND if transfers and child_msg.value else 0
        given = child_msg.gas - stipend
        left = self._gas_meter.gas_remaining + given
        needed = child.gas_needed()
        if child.is_error and child.should_burn_gas:
            needed = child_msg.gas
            if given == left - left // 64:
                self.is_exact = False
        self.is_exact = self.is_exact and child.is_exact
        self._peak = max(self._peak, self.msg.gas - left + _least_left(needed - stipend))
        return child


def _least_left(given: int) -> int:
    """The least gas of which 63/64, rounded as EIP-150 does, is `given`."""
    return given + (given - 1) // 63 if given > 0 else 0


def _gas(computation: Any) -> None:
    INSTRUCTIONS[values.GAS](computation)
    code = computation.code
    following = code._raw_code_bytes[code.program_counter : code.program_counter + 1]
    if not following or following[0] not in _CALLS:
        computation.is_exact = False


def _sstore(computation: Any) -> None:
    computation.need_more(CALL_STIPEND + 1)
    INSTRUCTIONS[values.SSTORE](computation)


def _creating(create: Callable[[Any], None]) -> Instruction:
    def run(computation: Any) -> None:
        computation._has_run_child = False
        left = computation._gas_meter.gas_remaining
        create(computation)
        # An address that is taken already burns 63/64 of all the gas, without running anything.
        if not computation._has_run_child and computation._gas_meter.gas_remaining < left // 32:
            computation.is_exact = False

    return run


def _measured() -> tuple[Instruction, ...]:
    table = list(INSTRUCTIONS)
    table[values.GAS] = _gas
    table[values.SSTORE] = _sstore
    for creation in (values.CREATE, values.CREATE2):
        table[creation] = _creating(INSTRUCTIONS[creation])
    return tuple(table)


Measured.instructions = _measured()
