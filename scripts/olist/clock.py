"""The chain's clock while an import drives it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

from chain_client.rpc.errors import NodeUnavailable
from chain_client.rpc.node import Node
from scripts.datadir import DataDirectory
from scripts.olist.journal import unfinished_step
from scripts.output import iso

_PAUSE: Final = 0.2
"""Seconds between looks for a node that is away."""


async def set_clock(node: Node, moment: int, *, patience: float = 0.0) -> int:
    """Set the devnet's clock to `moment`, or just after its head where that is later; return what was set.

    Tries again for `patience` seconds while the node is away. Raises NodeError where the node is no devnet, or where
    a block was made in between (call again).
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            wanted = max(moment, (await node.head()).time + 1)
            await node.request("evm_setTime", [wanted])
            return wanted
        except NodeUnavailable:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(_PAUSE)


async def hold_clock(directory: DataDirectory, node: Node, say: Callable[[str], None]) -> None:
    """Put the clock back to where an unfinished import left it.

    A devnet's clock goes on while nobody runs it. What the import had sent and what it had not would otherwise be
    judged and recorded a night too late.
    """
    step = unfinished_step(directory.journal)
    if step is not None:
        moment = await set_clock(node, step)
        say(f"an import is unfinished: the chain's clock is back at {iso(moment)}")
