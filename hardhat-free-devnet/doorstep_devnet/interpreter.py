"""py-evm's interpreter with its commonest instructions written out.

Most of what a contract runs moves words on the stack and in memory. py-evm takes some eight Python calls for each of
those; here each is one function. Everything that touches the state, the gas of calls, logs or hashes is py-evm's own.
Words are kept as ints, as py-evm's own arithmetic leaves them. A test runs random programs on both and compares.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, ClassVar

from eth.abc import ComputationAPI, MessageAPI, StateAPI, TransactionContextAPI
from eth.exceptions import FullStack, Halt, InsufficientStack, InvalidJumpDestination, OutOfGas
from eth.vm import opcode_values as values
from eth.vm.forks.prague.computation import PragueComputation
from eth.vm.logic.invalid import InvalidOpcode
from eth_typing import Address

Instruction = Callable[[Any], None]

WORD = 2**256 - 1
STACK_LIMIT = 1024


def _start(computation: Any, cost: int, needs: int) -> list[Any]:
    """Take the gas, and give the stack once it is known to hold `needs` words."""
    meter = computation._gas_meter
    left = meter.gas_remaining - cost
    if left < 0:
        raise OutOfGas(f"Out of gas: Needed {cost} - Remaining {meter.gas_remaining}")
    meter.gas_remaining = left
    stack: list[Any] = computation._stack.values
    if len(stack) < needs:
        raise InsufficientStack(f"Wanted {needs} stack items, only had {len(stack)}")
    return stack


def _int(word: Any) -> int:
    return int.from_bytes(word, "big") if word.__class__ is bytes else word


def _push(size: int, cost: int) -> Instruction:
    def push(computation: Any) -> None:
        stack = _start(computation, cost, 0)
        if len(stack) >= STACK_LIMIT:
            raise FullStack("Stack limit reached")
        code = computation.code
        begin = code.program_counter
        end = begin + size
        code.program_counter = end
        word = int.from_bytes(code._raw_code_bytes[begin:end], "big")
        missing = end - code._length_cache
        if missing > 0:
            word <<= 8 * min(missing, size)
        stack.append(word)

    return push


def _dup(depth: int) -> Instruction:
    def dup(computation: Any) -> None:
        stack = _start(computation, 3, depth)
        if len(stack) >= STACK_LIMIT:
            raise FullStack("Stack limit reached")
        stack.append(stack[-depth])

    return dup


def _swap(depth: int) -> Instruction:
    place = -1 - depth

    def swap(computation: Any) -> None:
        stack = _start(computation, 3, depth + 1)
        stack[-1], stack[place] = stack[place], stack[-1]

    return swap


def _binary(result: Callable[[int, int], int], cost: int = 3) -> Instruction:
    def binary(computation: Any) -> None:
        stack = _start(computation, cost, 2)
        top = stack.pop()
        under = stack[-1]
        if top.__class__ is bytes:
            top = int.from_bytes(top, "big")
        if under.__class__ is bytes:
            under = int.from_bytes(under, "big")
        stack[-1] = result(top, under)

    return binary


def _unary(result: Callable[[int], int]) -> Instruction:
    def unary(computation: Any) -> None:
        stack = _start(computation, 3, 1)
        stack[-1] = result(_int(stack[-1]))

    return unary


def _pop(computation: Any) -> None:
    _start(computation, 2, 1).pop()


def _jumpdest(computation: Any) -> None:
    _start(computation, 1, 0)


def _jump(computation: Any) -> None:
    _go(computation.code, _int(_start(computation, 8, 1).pop()))


def _jumpi(computation: Any) -> None:
    stack = _start(computation, 10, 2)
    target = _int(stack.pop())
    if _int(stack.pop()):
        _go(computation.code, target)


def _go(code: Any, target: int) -> None:
    if target not in _destinations(code._raw_code_bytes):
        raise InvalidJumpDestination("Invalid Jump Destination")
    code.program_counter = target


@lru_cache(64)
def _destinations(code: bytes) -> frozenset[int]:
    """Where a jump may go: every JUMPDEST that is not inside a PUSH's bytes."""
    found = []
    place = 0
    while place < len(code):
        instruction = code[place]
        if instruction == values.JUMPDEST:
            found.append(place)
        elif values.PUSH1 <= instruction <= values.PUSH32:
            place += instruction - values.PUSH1 + 1
        place += 1
    return frozenset(found)


def _calldataload(computation: Any) -> None:
    stack = _start(computation, 3, 1)
    begin = _int(stack[-1])
    word = bytes(computation.msg.data[begin : begin + 32])
    stack[-1] = int.from_bytes(word, "big") << 8 * (32 - len(word))


def _mload(computation: Any) -> None:
    stack = _start(computation, 3, 1)
    begin = _int(stack[-1])
    end = begin + 32
    if end > len(computation._memory._bytes):
        computation.extend_memory(begin, 32)
    stack[-1] = int.from_bytes(computation._memory._bytes[begin:end], "big")


def _mstore(computation: Any) -> None:
    stack = _start(computation, 3, 2)
    begin = _int(stack.pop())
    word = stack.pop()
    end = begin + 32
    if end > len(computation._memory._bytes):
        computation.extend_memory(begin, 32)
    computation._memory._bytes[begin:end] = _int(word).to_bytes(32, "big")


def _table() -> tuple[Instruction, ...]:
    table: list[Any] = [PragueComputation.opcodes.get(value) or InvalidOpcode(value) for value in range(256)]
    # py-evm wraps SELFDESTRUCT in a warning to developers, which is not this node's to give at each execution.
    table[values.SELFDESTRUCT] = getattr(
        table[values.SELFDESTRUCT], "__wrapped__", table[values.SELFDESTRUCT]
    )
    table[values.PUSH0] = _push(0, 2)
    for size in range(1, 33):
        table[values.PUSH1 + size - 1] = _push(size, 3)
    for depth in range(1, 17):
        table[values.DUP1 + depth - 1] = _dup(depth)
        table[values.SWAP1 + depth - 1] = _swap(depth)
    plain: dict[int, Instruction] = {
        values.POP: _pop,
        values.JUMPDEST: _jumpdest,
        values.JUMP: _jump,
        values.JUMPI: _jumpi,
        values.CALLDATALOAD: _calldataload,
        values.MLOAD: _mload,
        values.MSTORE: _mstore,
        values.ADD: _binary(lambda top, under: (top + under) & WORD),
        values.SUB: _binary(lambda top, under: (top - under) & WORD),
        values.MUL: _binary(lambda top, under: (top * under) & WORD, 5),
        values.AND: _binary(lambda top, under: top & under),
        values.OR: _binary(lambda top, under: top | under),
        values.XOR: _binary(lambda top, under: top ^ under),
        values.LT: _binary(lambda top, under: 1 if top < under else 0),
        values.GT: _binary(lambda top, under: 1 if top > under else 0),
        values.EQ: _binary(lambda top, under: 1 if top == under else 0),
        values.SHL: _binary(lambda top, under: (under << top) & WORD if top < 256 else 0),
        values.SHR: _binary(lambda top, under: under >> top if top < 256 else 0),
        values.ISZERO: _unary(lambda word: 0 if word else 1),
        values.NOT: _unary(lambda word: word ^ WORD),
    }
    for value, instruction in plain.items():
        table[value] = instruction
    return tuple(table)


INSTRUCTIONS = _table()
"""What each byte of a program does, by its value."""


_MODEXP = Address((5).to_bytes(20, "big"))


def _modexp(computation: Any) -> ComputationAPI:
    """0x05 as EIP-198 has it: py-evm takes anything to the power of 0 as 0 where the base is empty; it is 1."""
    done: ComputationAPI = PragueComputation.get_precompiles()[_MODEXP](computation)
    payload = bytes(computation.msg.data)
    base, exponent, modulus = (
        int.from_bytes(payload[at : at + 32].ljust(32, b"\0"), "big") for at in (0, 32, 64)
    )
    if base == 0 and modulus and not any(payload[96 : 96 + exponent]):
        is_one = (
            int.from_bytes(payload[96 + exponent : 96 + exponent + modulus].ljust(modulus, b"\0"), "big") == 1
        )
        divides = not any(payload[96 + exponent : 96 + exponent + modulus])
        computation.output = (0 if is_one or divides else 1).to_bytes(modulus, "big")
    return done


_PRECOMPILES = {**PragueComputation.get_precompiles(), _MODEXP: _modexp}


class Computation(PragueComputation):
    """A Prague computation that runs on the instructions above; a subclass may replace some of them."""

    _precompiles = _PRECOMPILES
    instructions: ClassVar[tuple[Instruction, ...]] = INSTRUCTIONS

    @classmethod
    def apply_computation(
        cls,
        state: StateAPI,
        message: MessageAPI,
        transaction_context: TransactionContextAPI,
        parent_computation: ComputationAPI | None = None,
    ) -> ComputationAPI:
        """Run a message's code, or the precompiled contract it is for."""
        with cls(state, message, transaction_context) as started:
            computation: Any = started
            if computation.is_origin_computation:
                computation.contracts_created = []
                if message.is_create:
                    cls.consume_initcode_gas_cost(computation)
            if parent_computation is not None:
                computation.contracts_created = parent_computation.contracts_created
            if message.is_create:
                computation.contracts_created.append(message.storage_address)
            precompile = computation.precompiles.get(message.code_address)
            if precompile is None:
                _run(computation)
            elif not message.is_delegation:
                precompile(computation)
        return computation  # type: ignore[no-any-return]


def _run(computation: Any) -> None:
    code = computation.code
    raw = code._raw_code_bytes
    size = len(raw)
    instructions = computation.instructions
    try:
        while True:
            place = code.program_counter
            code.program_counter = place + 1
            instructions[raw[place] if place < size else 0](computation)
    except Halt:
        return
