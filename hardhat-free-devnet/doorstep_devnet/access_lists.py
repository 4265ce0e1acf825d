"""`eth_createAccessList`: what a call reads and writes, as the access list (EIP-2930) that names it beforehand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from eth.vm import opcode_values as values

from .calls import Call, Place, run
from .chain_store import ChainView
from .evm import final_gas
from .interpreter import INSTRUCTIONS, Computation, Instruction
from .trace_common import address_of, error_text, int_of

MAX_ROUNDS = 8
"""How often the call runs at most; an access list changes the gas, and so may change what the code does."""

AccessList = tuple[tuple[bytes, tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """An access list, the gas the call uses with it, and what the call failed with, if it did."""

    access_list: AccessList
    gas_used: int
    error: str | None


@dataclass(slots=True)
class _Found:
    """Slots by account, in order of their first use. Accounts in `excluded` are warm anyway: only slots of theirs count."""

    excluded: frozenset[bytes]
    slots: dict[bytes, dict[int, None]] = field(default_factory=dict)

    def add_account(self, address: bytes) -> None:
        if address not in self.excluded:
            self.slots.setdefault(address, {})

    def add_slot(self, address: bytes, slot: int) -> None:
        self.slots.setdefault(address, {})[slot] = None

    def as_list(self) -> AccessList:
        return tuple((address, tuple(slots)) for address, slots in self.slots.items())


class _Watched(Computation):
    """A computation that notes every account and slot it touches."""

    instructions: ClassVar[tuple[Instruction, ...]]
    found: ClassVar[_Found]


def _noting(value: int, note: Callable[[Any, list[Any]], None], needs: int) -> Instruction:
    instruction = INSTRUCTIONS[value]

    def run_noting(computation: Any) -> None:
        stack = computation._stack.values
        if len(stack) >= needs:
            note(computation, stack)
        instruction(computation)

    return run_noting


def _note_slot(computation: Any, stack: list[Any]) -> None:
    computation.found.add_slot(computation.msg.storage_address, int_of(stack[-1]))


def _note_top(computation: Any, stack: list[Any]) -> None:
    computation.found.add_account(address_of(stack[-1]))


def _note_callee(computation: Any, stack: list[Any]) -> None:
    computation.found.add_account(address_of(stack[-2]))


def _watched() -> tuple[Instruction, ...]:
    table = list(INSTRUCTIONS)
    for value in (values.SLOAD, values.SSTORE):
        table[value] = _noting(value, _note_slot, 1)
    for value in (
        values.BALANCE, values.EXTCODESIZE, values.EXTCODECOPY, values.EXTCODEHASH, values.SELFDESTRUCT,
    ):  # fmt: skip
        table[value] = _noting(value, _note_top, 1)
    for value in (values.CALL, values.CALLCODE, values.DELEGATECALL, values.STATICCALL):
        table[value] = _noting(value, _note_callee, 2)
    return tuple(table)


_Watched.instructions = _watched()


def create_access_list(view: ChainView, place: Place, call: Call, target: bytes) -> Listed:
    """Return the access list of `call`, made by running it until the list no longer changes.

    `target` is the account called, or the one to be created. A call that fails has the list of what it touched and
    its error; one that cannot start raises as `run` does.
    """
    always_warm = frozenset({call.sender, target, *map(bytes, Computation.get_precompiles())})
    given = {address: dict.fromkeys(slots) for address, slots in call.access_list}
    for _ in range(MAX_ROUNDS):
        found = _Found(always_warm, {address: dict(slots) for address, slots in given.items()})
        computation = run(view, place, call, type("Watched", (_Watched,), {"found": found}))
        listed = found.as_list()
        if _as_sets(listed) == _as_sets(call.access_list):
            break
        call = replace(call, access_list=listed)
    failed = computation.is_error
    return Listed(
        listed,
        final_gas(call.gas, call.data, computation),
        error_text(computation.error) if failed else None,
    )


def _as_sets(access_list: AccessList) -> dict[bytes, set[int]]:
    return {address: set(slots) for address, slots in access_list}
