"""Execution that leaves no trace: `eth_call` and `eth_estimateGas`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from math import isqrt
from typing import Any

from eth.abc import BlockHeaderAPI, ComputationAPI
from eth.exceptions import InsufficientFunds, OutOfGas, Revert, VMError
from eth.vm.forks.berlin.constants import (
    ACCESS_LIST_ADDRESS_COST_EIP_2930,
    ACCESS_LIST_STORAGE_KEY_COST_EIP_2930,
)

from .chain_store import ChainView
from .config import USABLE_GAS_LIMIT
from .errors import InvalidParams, Reverted, RpcError, ServerError
from .evm import GAS_TX, StateDB, floor_gas, open_state
from .hexes import data as to_hex
from .hexes import read_address, read_data, read_quantity, read_slot
from .interpreter import Computation
from .measure import CALL_STIPEND, Measured
from .transactions import MAX_INIT_CODE

GAS_CREATE = 32_000
ERROR_SELECTOR = bytes.fromhex("08c379a0")
PANIC_SELECTOR = bytes.fromhex("4e487b71")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a call runs: the block whose number and time it sees, its ancestors, and the state it starts from.

    `prepare` changes that state first, for state overrides.
    """

    header: BlockHeaderAPI
    state_root: bytes
    ancestors: Callable[[], Iterable[bytes]]
    chain_id: int
    prepare: Callable[[Any], None] = lambda state: None


@dataclass(frozen=True, slots=True)
class Call:
    """A call request, in the shape py-evm's executor reads a transaction."""

    sender: bytes
    to: bytes
    gas: int
    max_fee_per_gas: int
    max_priority_fee_per_gas: int
    value: int
    data: bytes
    access_list: tuple[tuple[bytes, tuple[int, ...]], ...]
    chain_id: int | None = None
    type_id: int = 2
    nonce: int = 0

    @property
    def intrinsic_gas(self) -> int:
        """Gas taken before the first instruction, without the creation's words, which the execution takes."""
        zeros = self.data.count(0)
        listed = sum(len(slots) for _, slots in self.access_list)
        return (
            GAS_TX
            + (0 if self.to else GAS_CREATE)
            + 4 * zeros
            + 16 * (len(self.data) - zeros)
            + ACCESS_LIST_ADDRESS_COST_EIP_2930 * len(self.access_list)
            + ACCESS_LIST_STORAGE_KEY_COST_EIP_2930 * listed
        )

    def with_gas(self, gas: int) -> Call:
        """The same call with another gas limit."""
        return replace(self, gas=gas)


def read_call(request: object) -> Call:
    """The call in a JSON-RPC transaction object; everything may be left out."""
    if not isinstance(request, dict):
        raise InvalidParams(f"transaction: expected an object, got {request!r:.80}")
    code, payload = request.get("input"), request.get("data")
    if code is not None and payload is not None and code != payload:
        raise InvalidParams('transaction: both "data" and "input" are set and not equal')
    body = code if code is not None else payload
    price = request.get("gasPrice")
    if price is not None and (request.get("maxFeePerGas") or request.get("maxPriorityFeePerGas")):
        raise InvalidParams("transaction: both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified")
    cap = _number(request, "maxFeePerGas") if price is None else read_quantity(price, "gasPrice")
    tip = _number(request, "maxPriorityFeePerGas") if price is None else cap
    if tip > cap:
        raise InvalidParams(f"transaction: maxPriorityFeePerGas {tip} is higher than maxFeePerGas {cap}")
    target = request.get("to")
    sender = request.get("from")
    return Call(
        sender=b"\0" * 20 if sender is None else read_address(sender, "from"),
        to=b"" if target is None else read_address(target, "to"),
        gas=min(_number(request, "gas") or USABLE_GAS_LIMIT, USABLE_GAS_LIMIT),
        max_fee_per_gas=cap,
        max_priority_fee_per_gas=tip,
        value=_number(request, "value"),
        data=b"" if body is None else read_data(body, "data"),
        access_list=_access_list(request.get("accessList")),
        chain_id=None if request.get("chainId") is None else _number(request, "chainId"),
    )


def _number(request: dict[str, Any], name: str) -> int:
    value = request.get(name)
    return 0 if value is None else read_quantity(value, name)


def _access_list(value: object) -> tuple[tuple[bytes, tuple[int, ...]], ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise InvalidParams("accessList: expected a list of {address, storageKeys}")
    return tuple(
        (
            read_address(entry.get("address"), "accessList.address"),
            tuple(read_slot(slot, "accessList.storageKeys") for slot in entry.get("storageKeys") or ()),
        )
        for entry in value
    )


def run(
    view: ChainView, place: Place, call: Call, computation_class: type[Computation] = Computation
) -> ComputationAPI:
    """Execute `call` on a temporary state; a revert is in the result, a call that cannot start is an error.

    `computation_class` runs every frame, so that a subclass can observe the execution.
    """
    if call.chain_id not in (None, place.chain_id):
        raise ServerError(f"chainId does not match node's (have={call.chain_id}, want={place.chain_id})")
    state = open_state(StateDB(view), place.header, place.ancestors(), place.chain_id, place.state_root)
    state.computation_class = computation_class
    place.prepare(state)
    balance = state.get_balance(call.sender)
    cost = call.gas * call.max_fee_per_gas + call.value
    if cost > balance:
        raise ServerError(
            f"insufficient funds for gas * price + value: address {to_hex(call.sender)} have {balance} want {cost}"
        )
    if call.gas < call.intrinsic_gas:
        raise ServerError(f"intrinsic gas too low: gas {call.gas}, minimum needed {call.intrinsic_gas}")
    if call.gas < floor_gas(call.data):
        needed = floor_gas(call.data)
        raise ServerError(
            f"insufficient gas for floor data gas cost: gas {call.gas}, minimum needed {needed}"
        )
    if not call.to and len(call.data) > MAX_INIT_CODE:
        raise ServerError(f"max initcode size exceeded: code size {len(call.data)}, limit {MAX_INIT_CODE}")
    executor = state.get_transaction_executor()
    message = executor.build_evm_message(call)
    try:
        computation: ComputationAPI = executor.build_computation(message, call)
        return computation
    except InsufficientFunds as error:
        raise ServerError(f"insufficient funds for transfer: {error}") from None


def call_output(view: ChainView, place: Place, call: Call) -> bytes:
    """What the call returns; `Reverted` or `ServerError` when it fails."""
    computation = run(view, place, call)
    if computation.is_error:
        raise failure(computation)
    return bytes(computation.output)


def failure(computation: ComputationAPI) -> RpcError:
    """The JSON-RPC error for a failed execution."""
    error = computation.error
    if isinstance(error, Revert):
        output = bytes(computation.output)
        reason = revert_reason(output)
        return Reverted("execution reverted" + (f": {reason}" if reason else ""), to_hex(output))
    if isinstance(error, OutOfGas):
        return ServerError("out of gas")
    return ServerError(f"{_words(error)}: {error}")


def _words(error: VMError) -> str:
    name = type(error).__name__
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()


def revert_reason(output: bytes) -> str:
    """Return what a revert says in Solidity's `Error(string)` or `Panic(uint256)`; empty for anything else."""
    if output[:4] == ERROR_SELECTOR and len(output) >= 68:
        length = int.from_bytes(output[36:68], "big")
        return output[68 : 68 + min(length, len(output))].decode("utf-8", "replace")
    if output[:4] == PANIC_SELECTOR and len(output) == 36:
        return f"panic 0x{int.from_bytes(output[4:], 'big'):02x}"
    return ""


def estimate(view: ChainView, place: Place, call: Call) -> int:
    """A gas limit with which the transaction does the same as with all the gas allowed; raises as the call does.

    At most three executions. The first, with all the gas, mostly says exactly how much is needed. Where it does not,
    because the code looks at the gas it has left, 64/63 of what was consumed, plus refund and stipend, is tried, and
    then a limit halfway (by ratio) to all the gas. The answer is a limit that was seen to succeed.
    """
    call = _affordable(view, place, call)
    measured = run(view, place, call, Measured)
    assert isinstance(measured, Measured)
    if measured.is_error:
        if call.gas < USABLE_GAS_LIMIT and isinstance(measured.error, OutOfGas):
            raise ServerError(f"gas required exceeds allowance ({call.gas})")
        raise failure(measured)
    floor = floor_gas(call.data)
    needed = max(call.intrinsic_gas + measured.gas_needed(), floor)
    if measured.is_exact:
        return needed
    guess = (needed + measured.get_gas_refund() + CALL_STIPEND) * 64 // 63
    for limit in (guess, isqrt(guess * call.gas)):
        if limit >= call.gas:
            break
        if not run(view, place, call.with_gas(limit)).is_error:
            return limit
    return call.gas


def _affordable(view: ChainView, place: Place, call: Call) -> Call:
    """The call with no more gas than its sender can pay for at the price it names."""
    if not call.max_fee_per_gas:
        return call
    state = open_state(StateDB(view), place.header, (), place.chain_id, place.state_root)
    place.prepare(state)
    allowance = max(0, state.get_balance(call.sender) - call.value) // call.max_fee_per_gas
    if allowance < GAS_TX:
        return call
    return call.with_gas(min(call.gas, allowance))
