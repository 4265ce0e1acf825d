"""What the tracers have in common: calls that are refused, words on the stack, what errors are called, and a size limit."""

from __future__ import annotations

import re
from typing import Any

from eth.exceptions import (
    ContractCreationCollision,
    FullStack,
    InsufficientStack,
    InvalidInstruction,
    InvalidJumpDestination,
    OutOfBoundsRead,
    OutOfGas,
    ReservedBytesInCode,
    Revert,
    StackDepthLimit,
    VMError,
    WriteProtection,
)
from eth.vm import opcode_values as values

from .errors import LimitExceeded
from .interpreter import Computation

_NAMES = {value: name for name, value in vars(values).items() if isinstance(value, int)} | {
    values.SHA3: "KECCAK256",
    0xFE: "INVALID",
}
_CREATES = frozenset({values.CREATE, values.CREATE2})
MAX_TRACE_BYTES = 32 * 1024 * 1024

_WORDS: tuple[tuple[type[VMError], str], ...] = (
    (Revert, "execution reverted"),
    (OutOfGas, "out of gas"),
    (InvalidJumpDestination, "invalid jump destination"),
    (InsufficientStack, "stack underflow"),
    (FullStack, "stack limit reached 1024"),
    (WriteProtection, "write protection"),
    (ContractCreationCollision, "contract address collision"),
    (StackDepthLimit, "max call depth exceeded"),
    (OutOfBoundsRead, "return data out of bounds"),
    (ReservedBytesInCode, "invalid code: must not begin with 0xef"),
)


def opcode_name(value: int) -> str:
    """Return an instruction's name as go-ethereum has it."""
    return _NAMES.get(value, f"opcode {value:#x} not defined")


def error_text(error: VMError) -> str:
    """Return what the tracers call `error`."""
    if isinstance(error, InvalidInstruction):
        found = re.search(r"0x([0-9a-f]+)", str(error))
        return f"invalid opcode: {opcode_name(int(found[1], 16))}" if found else "invalid opcode"
    if isinstance(error, InsufficientStack) and (found := re.search(r"Wanted (\d+).* had (\d+)", str(error))):
        return f"stack underflow ({found[2]} <=> {found[1]})"
    return next(
        (words for kind, words in _WORDS if isinstance(error, kind)), str(error) or type(error).__name__
    )


def int_of(word: Any) -> int:
    """Return a word of py-evm's stack, which keeps some as bytes, as a number."""
    return int.from_bytes(word, "big") if isinstance(word, bytes) else int(word)


def address_of(word: Any) -> bytes:
    """Return the address in a word of the stack."""
    return int_of(word).to_bytes(32, "big")[12:]


class Observed(Computation):
    """A computation that remembers the gas last moved, which shows what became of a call that ran nothing."""

    last_consumed = 0
    last_returned = 0

    def consume_gas(self, amount: int, reason: str) -> None:
        """Take gas."""
        super().consume_gas(amount, reason)
        self.last_consumed = amount

    def return_gas(self, amount: int) -> None:
        """Give gas back."""
        super().return_gas(amount)
        self.last_returned = amount

    def gas_burnt(self, value: int, endowment: int) -> int:
        """Return the gas that a creation lost because its address is taken; 0 for any other instruction `value`."""
        if value not in _CREATES or self.state.get_balance(self.msg.storage_address) < endowment:
            return 0
        left = self.get_gas_remaining()
        before = left + self.last_consumed
        return self.last_consumed if left == before // 64 else 0


class Size:
    """Counts the bytes of a trace while it is made. Raises `LimitExceeded` once there are too many."""

    def __init__(self, advice: str) -> None:
        self._left = MAX_TRACE_BYTES
        self._advice = advice

    def add(self, size: int) -> None:
        """Count `size` more bytes."""
        self._left -= size
        if self._left < 0:
            raise LimitExceeded(f"trace is larger than {MAX_TRACE_BYTES} bytes; {self._advice}")
