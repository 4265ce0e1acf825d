"""Executes a mined transaction again, in its block and after the transactions before it, under observation."""

from __future__ import annotations

from itertools import islice
from typing import Any

from .chain_store import ChainView
from .evm import StateDB, decode_header, open_state
from .interpreter import Computation
from .transactions import decode_tx


def replay(
    view: ChainView, chain_id: int, number: int, index: int, computation_class: type[Computation]
) -> Any:
    """Return the finished computation of transaction `index` of block `number`; nothing is stored.

    `computation_class` runs every frame of that transaction, so that a subclass can observe the execution.
    """
    header = decode_header(view.expect_block(number).header)
    parent = decode_header(view.expect_block(number - 1).header)
    ancestors = view.ancestors(parent.block_number)
    state = open_state(StateDB(view), header, ancestors, chain_id, parent.state_root)
    *before, wanted = islice(view.txs(number), index + 1)
    for record in before:
        state.lock_changes()
        state.apply_transaction(decode_tx(record.raw))
    state.lock_changes()
    state.computation_class = computation_class
    return state.apply_transaction(decode_tx(wanted.raw))
