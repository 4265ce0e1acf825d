"""A signed transaction as it arrives: decoding, the checks that need no state, and its recovered sender."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import rlp
from eth.constants import CREATE_CONTRACT_ADDRESS
from eth.exceptions import PyEVMError
from eth.vm.forks.prague.transactions import PragueTransactionBuilder
from eth_keys.exceptions import BadSignature
from eth_utils.exceptions import ValidationError

from .config import USABLE_GAS_LIMIT
from .errors import InvalidParams, ServerError
from .evm import floor_gas
from .hashing import keccak

MAX_INIT_CODE = 49_152
SUPPORTED_TYPES = (0, 1, 2)
HALF_CURVE_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0


@dataclass(frozen=True, slots=True)
class SignedTx:
    """A transaction that passed every check needing no state. `tx` is py-evm's object, its sender already known."""

    tx: Any
    raw: bytes
    hash: bytes
    sender: bytes
    type: int

    @property
    def nonce(self) -> int:
        """The sender's count of earlier transactions."""
        return int(self.tx.nonce)

    @property
    def gas(self) -> int:
        """The most gas it may use."""
        return int(self.tx.gas)


def decode_tx(raw: bytes) -> Any:
    """The transaction in `raw` as py-evm's object, unchecked; `InvalidParams` when it is not one."""
    if raw and raw[0] < 0x80 and raw[0] not in SUPPORTED_TYPES[1:]:
        raise ServerError(f"transaction type not supported: type {raw[0]}, supported 0, 1 and 2")
    try:
        return PragueTransactionBuilder.decode(raw)
    except (rlp.exceptions.RLPException, PyEVMError, ValidationError, IndexError, ValueError) as error:
        raise InvalidParams(f"rlp: not an encoded transaction: {error}") from None


def tx_type(raw: bytes) -> int:
    """The type of an encoded transaction."""
    return raw[0] if raw[0] < 0x80 else 0


def accept_tx(raw: bytes, chain_id: int) -> SignedTx:
    """Check `raw` for this chain and recover its sender.

    Raises `InvalidParams` for bytes that are no transaction and `ServerError` naming the rule otherwise; the same
    bytes never pass later.
    """
    tx = decode_tx(raw)
    kind = tx_type(raw)
    signed_for = _signed_chain_id(tx, kind)
    if signed_for != chain_id:
        raise ServerError(f"invalid chain id for signer: have {signed_for} want {chain_id}")
    if tx.s > HALF_CURVE_ORDER or not tx.s or not tx.r:
        raise ServerError("invalid transaction v, r, s values")
    try:
        sender = bytes(tx.sender)
    except (BadSignature, ValidationError) as error:
        raise ServerError(f"invalid sender: {error}") from None
    _check_gas(tx)
    if tx.nonce >= 2**64 - 1:
        raise ServerError("nonce has max value")
    return SignedTx(tx, raw, keccak(raw), sender, kind)


def _signed_chain_id(tx: Any, kind: int) -> int:
    if kind:
        return int(tx.chain_id)
    if tx.v < 35:
        raise ServerError("only replay-protected (EIP-155) transactions allowed over RPC")
    return int((tx.v - 35) // 2)


def _check_gas(tx: Any) -> None:
    if tx.max_priority_fee_per_gas > tx.max_fee_per_gas:
        raise ServerError(
            "max priority fee per gas higher than max fee per gas: "
            f"maxPriorityFeePerGas: {tx.max_priority_fee_per_gas}, maxFeePerGas: {tx.max_fee_per_gas}"
        )
    if tx.to == CREATE_CONTRACT_ADDRESS and len(tx.data) > MAX_INIT_CODE:
        raise ServerError(f"max initcode size exceeded: code size {len(tx.data)}, limit {MAX_INIT_CODE}")
    if tx.gas > USABLE_GAS_LIMIT:
        raise ServerError(
            f"exceeds block gas limit: gas {tx.gas}, blocks are packed to {USABLE_GAS_LIMIT}; send smaller batches"
        )
    needed = intrinsic_gas(tx)
    if tx.gas < needed:
        raise ServerError(f"intrinsic gas too low: gas {tx.gas}, minimum needed {needed}")
    floor = floor_gas(tx.data)
    if tx.gas < floor:
        raise ServerError(f"insufficient gas for floor data gas cost: gas {tx.gas}, minimum needed {floor}")


def intrinsic_gas(tx: Any) -> int:
    """Gas taken before the first instruction, the words of a creation's code included (EIP-3860)."""
    words = (len(tx.data) + 31) // 32 if tx.to == CREATE_CONTRACT_ADDRESS else 0
    return int(tx.intrinsic_gas) + 2 * words
