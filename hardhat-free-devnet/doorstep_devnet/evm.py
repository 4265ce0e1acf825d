"""py-evm's Prague state, trimmed to what a fee-free chain with one block maker needs.

What is left out, and why nothing is lost by it: the system contracts of Prague are not part of this chain's genesis,
so there is nothing to look for at each block; a transaction's signature and shape are checked once, when it is
accepted, and not again when it is executed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import rlp
from eth.abc import AtomicDatabaseAPI, BlockHeaderAPI, ComputationAPI, SignedTransactionAPI
from eth.db.backends.base import BaseAtomicDB
from eth.vm.execution_context import ExecutionContext
from eth.vm.forks.prague.blocks import PragueBlockHeader
from eth.vm.forks.prague.constants import STANDARD_TOKEN_COST, TOTAL_COST_FLOOR_PER_TOKEN
from eth.vm.forks.prague.state import PragueState, PragueTransactionExecutor
from eth_typing import Hash32

from .chain_store import ChainView
from .interpreter import Computation
from .world import WorldDB

GAS_TX = 21_000
MAX_REFUND_QUOTIENT = 5


class StateDB(BaseAtomicDB):
    """py-evm's database over one consistent view; what is written stays in `written` until someone stores it."""

    def __init__(self, view: ChainView) -> None:
        self._state = view.state
        self.written: dict[bytes, bytes] = {}

    def __getitem__(self, key: bytes) -> bytes:
        value = self.written.get(key)
        if value is None:
            value = self._state(key)
            if value is None:
                raise KeyError(key)
        return value

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self.written[key] = value

    def __delitem__(self, key: bytes) -> None:
        self.written.pop(key, None)

    def _exists(self, key: bytes) -> bool:
        return key in self.written or self._state(key) is not None

    @contextmanager
    def atomic_batch(self) -> Iterator[StateDB]:  # type: ignore[override]
        """The database itself: a whole block is one batch, stored or forgotten together."""
        yield self


class Executor(PragueTransactionExecutor):
    """Executes transactions whose signature and shape were checked before."""

    def validate_transaction(self, transaction: SignedTransactionAPI) -> None:
        """Check only what depends on the state: nonce and balance."""
        self.vm_state.validate_transaction(transaction)


class State(PragueState):
    """Prague's state without a search for system contracts that are not there."""

    computation_class = Computation
    account_db_class = WorldDB
    transaction_executor_class = Executor

    def set_system_contracts(self) -> None:
        """Nothing to set."""


def open_state(
    db: AtomicDatabaseAPI, header: BlockHeaderAPI, ancestors: Iterable[bytes], chain_id: int, root: bytes
) -> Any:
    """The state at `root`, executing in the context of the block `header` whose parents are `ancestors`."""
    context = ExecutionContext(
        coinbase=header.coinbase,
        timestamp=header.timestamp,
        block_number=header.block_number,
        difficulty=0,
        mix_hash=header.mix_hash,
        gas_limit=header.gas_limit,
        prev_hashes=cast(Iterable[Hash32], ancestors),
        chain_id=chain_id,
        base_fee_per_gas=header.base_fee_per_gas,
        excess_blob_gas=header.excess_blob_gas,
    )
    return State(db, context, Hash32(root))


def floor_gas(data: bytes) -> int:
    """The least a transaction with this calldata pays (EIP-7623)."""
    zeros = data.count(0)
    tokens = zeros + (len(data) - zeros) * STANDARD_TOKEN_COST
    return GAS_TX + TOTAL_COST_FLOOR_PER_TOKEN * tokens


def consumed_gas(gas: int, computation: ComputationAPI) -> int:
    """Gas the execution took before any refund: what the sender must have provided."""
    return int(gas - computation.get_gas_remaining())


def final_gas(gas: int, data: bytes, computation: ComputationAPI) -> int:
    """Gas the receipt shows: after refunds (EIP-3529), not below the floor (EIP-7623)."""
    consumed = consumed_gas(gas, computation)
    refund = min(computation.get_gas_refund(), consumed // MAX_REFUND_QUOTIENT)
    return max(consumed - refund, floor_gas(data))


def decode_header(encoded: bytes) -> PragueBlockHeader:
    """A stored header as py-evm's object."""
    header: PragueBlockHeader = rlp.decode(encoded, sedes=PragueBlockHeader)
    return header
