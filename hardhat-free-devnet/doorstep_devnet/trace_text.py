"""What the tracers have in common: the size an answer may have, words on the stack, and what errors are called."""

from __future__ import annotations

from typing import Any

from eth.exceptions import (
    ContractCreationCollision,
    FullStack,
    InsufficientStack,
    InvalidInstruction,
    InvalidJumpDestination,
    OutOfBoundsRead,
    OutOfGas,
    Revert,
    StackDepthLimit,
    VMError,
    WriteProtection,
)

from .errors import LimitExceeded

MAX_TRACE_BYTES = 32 * 1024 * 1024

_WORDS: tuple[tuple[type[VMError], str], ...] = (
    (Revert, "execution reverted"),
    (OutOfGas, "out of gas"),
    (InvalidJumpDestination, "invalid jump destination"),
    (InvalidInstruction, "invalid opcode"),
    (InsufficientStack, "stack underflow"),
    (FullStack, "stack limit reached 1024"),
    (WriteProtection, "write protection"),
    (ContractCreationCollision, "contract address collision"),
    (StackDepthLimit, "max call depth exceeded"),
    (OutOfBoundsRead, "return data out of bounds"),
)


def error_text(error: VMError) -> str:
    """Return what the tracers call `error`."""
    return next(
        (words for kind, words in _WORDS if isinstance(error, kind)), str(error) or type(error).__name__
    )


def int_of(word: Any) -> int:
    """Return a word of py-evm's stack, which keeps some as bytes, as a number."""
    return int.from_bytes(word, "big") if isinstance(word, bytes) else int(word)


def address_of(word: Any) -> bytes:
    """Return the address in a word of the stack."""
    return int_of(word).to_bytes(32, "big")[12:]


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
