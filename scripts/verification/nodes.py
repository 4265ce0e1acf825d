"""A second node against the first, and what one node that lies could still forge."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from chain_client.domain.ids import to_hex
from chain_client.rpc.node import Node
from scripts.verification.end import PATIENCE
from scripts.verification.found import Differs, Findings
from scripts.verification.source import BoundedNode

_POLL: Final = 0.05


async def compare(
    first: Node, second: Node, source: BoundedNode, findings: Findings, *, patience: float = PATIENCE
) -> None:
    """Compare chain, genesis and heads of two nodes, and the block that was verified.

    Headers name the ones before them, so that one equal hash makes all before it equal. A node that does not get to
    the other's last final block is a difference: it hides blocks, or is behind. Raises Differs.
    """
    findings.same("second node", "chain id", first.chain_id, second.chain_id, "second node's chain")
    findings.same(
        "second node", "genesis block", first.genesis.hash, second.genesis.hash, "second node's chain"
    )
    top = source.top
    for number in sorted({top.number, (await first.final()).number, (await second.final()).number}):
        ours, theirs = await asyncio.gather(_block(first, number, patience), _block(second, number, patience))
        if number == top.number and ours != to_hex(top.hash):
            raise Differs("node", f"hash of block {number}", top.hash, ours)
        findings.same(
            "second node",
            f"block {number}, by this node and by {second.url}",
            ours,
            theirs,
            "blocks compared with the second node",
        )


async def _block(node: Node, number: int, patience: float) -> str | None:
    """Return a block's hash once the node has it; None where it does not within `patience` seconds."""
    deadline = time.monotonic() + patience
    while True:
        block = await node.block(number)
        if block is not None:
            return to_hex(block.hash)
        if time.monotonic() >= deadline:
            return None
        await asyncio.sleep(_POLL)


def trusted(source: BoundedNode, second: Node | None) -> list[str]:
    """Return, in words, what the answers of the one node (or of the two together) could still be forged in."""
    who = "The node" if second is None else "The two nodes together"
    proven = source.proven
    found = []
    if not proven.proves:
        found.append(
            f"{who} could forge everything: the engine {source.engine.name} gives no proofs that are known here, so "
            "that blocks, logs and storage are as stated."
        )
    elif not proven.hashes_headers:
        found.append(
            f"{who} could forge any header: the block hash of the engine {source.engine.name} is not computed here, "
            "so that state and receipts roots are as stated."
        )
    found.append(
        f"{who} could serve an invented continuation after the ledger's deployment, consistent in itself: validators' "
        "seals are not checked and transactions are not executed here."
    )
    found.append(
        f"{who} could end the record at an earlier block, as long as the index has not read further."
    )
    found.append(f"{who} could name another transaction for an entry: the transactions root is not checked.")
    if second is None:
        found.append("Compare with a node of another member: `doorstep verify --second-node URL`.")
    return found
