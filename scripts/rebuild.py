"""`doorstep rebuild`: the read model anew from the chain alone."""

from __future__ import annotations

from chain_client.indexer.follower import Follower
from chain_client.indexer.reader import indexed_head
from chain_client.indexer.rebuild import rebuild
from scripts.network import OpenNetwork, clock
from scripts.output import Output


async def run(net: OpenNetwork, output: Output) -> int:
    """Empty the read model and fill it from the chain's events; return the block it then stands at.

    A worker that runs meanwhile fills it as well: each range is written once, by whoever was quicker, as both hold
    the cursor to what they saw. Answers are incomplete until this returns. Errors of the node as they are (retry).
    """
    top = (await net.node.head()).number
    await rebuild(net.store, net.ledger_id)
    follower = Follower(net.store, net.node, net.ledger, net.ledger_id, clock)
    first = net.ledger.deployment.identity.deploy_block
    with output.progress() as progress:
        bar = progress.add_task("reading the chain", total=top - first + 1, detail="")
        while True:
            await follower.step()
            async with net.store.read() as connection:
                head = await indexed_head(connection, net.ledger_id)
            if head is None:
                continue
            progress.update(bar, completed=min(head.block_number, top) - first + 1)
            if head.block_number >= top:
                return head.block_number
