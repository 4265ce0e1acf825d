"""The chain as `verify` reads it: every block from the deployment to one end, held to its hash, its logs to its root."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Final

from chain_client.bindings.deployment import Deployment
from chain_client.bindings.events import decode_log
from chain_client.bindings.ledger import Ledger
from chain_client.domain.records import LoggedEvent
from chain_client.indexer.replay import Replay
from chain_client.rpc.node import Node
from chain_client.rpc.proofs import Header
from chain_client.rpc.proven import ProvenNode
from chain_client.rpc.records import Block, Engine, Log
from scripts.verification.found import Differs
from scripts.verification.on_chain import OnChain

_AT_ONCE: Final = 32


@dataclass(slots=True)
class BoundedNode:
    """A node and its ledger as if the chain ended at `top`: what a follower is shown. Replays what it reads.

    Where the node's engine allows, every header from the deployment on must hash to its hash and name the one before
    it, and the logs are those of the blocks' receipts, which must give the header's receipts root.
    """

    node: Node
    ledger: Ledger
    top: Block
    last_final: Block
    advance: Callable[[int], None]
    replay: Replay = field(default_factory=Replay)
    on_chain: OnChain = field(default_factory=OnChain)
    events_read: int = 0
    entries_read: int = 0
    headers_read: int = 0
    proven: ProvenNode = field(init=False)
    end: Header | None = None
    """The header of `top`, once it is read."""
    code_proven: bool = False
    """Whether the contract's code, which was checked on connecting, is the one that the state root commits to."""
    _before: Block | None = None

    def __post_init__(self) -> None:
        self.proven = ProvenNode(self.node)

    @property
    def engine(self) -> Engine:
        """The node's engine."""
        return self.node.engine

    @property
    def deployment(self) -> Deployment:
        """The ledger's deployment."""
        return self.ledger.deployment

    async def head(self) -> Block:
        """The block that the chain is taken to end at."""
        return self.top

    async def final(self) -> Block:
        """The last final block of then."""
        return self.last_final

    async def next_time(self) -> int:
        """The time of the last block: nothing is judged here."""
        return self.top.time

    async def block(self, number: int) -> Block | None:
        """A block up to the end."""
        return None if number > self.top.number else await self.node.block(number)

    async def events(self, first: int, last: int) -> Sequence[LoggedEvent]:
        """The ledger's events, each replayed once.

        Raises Differs or ProofFailed where headers or logs do not hold; what `Ledger.events` raises.
        """
        stated = await self.node.logs(self.ledger.address, first, last)
        logs = await self._proven_logs(first, last) if self.proven.proves else stated
        _same_logs(logs, stated)
        found = [event for event in map(decode_log, logs) if event is not None]
        for event in found:
            entry = self.replay.apply(event)
            self.on_chain.add(event, entry)
            self.entries_read += entry is not None
        self.events_read += len(found)
        self.advance(last - first + 1)
        return found

    async def _proven_logs(self, first: int, last: int) -> list[Log]:
        logs: list[Log] = []
        for begin in range(first, last + 1, _AT_ONCE):
            numbers = range(begin, min(begin + _AT_ONCE, last + 1))
            headers = [
                self._chained(number, header)
                for number, header in zip(
                    numbers, await asyncio.gather(*map(self.proven.header, numbers)), strict=True
                )
            ]
            for some in await asyncio.gather(
                *(self.proven.logs(self.ledger.address, one) for one in headers)
            ):
                logs += some
        return logs

    def _chained(self, number: int, header: Header | None) -> Header:
        """Return the header, which must follow the one before it; raises Differs."""
        if header is None or header.block.number != number:
            raise Differs("node", f"block {number}", "a block", header and f"block {header.block.number}")
        block, before = header.block, self._before
        if before is None:
            identity = self.deployment.identity
            if number == identity.deploy_block and block.hash != identity.deploy_block_hash:
                raise Differs("node", f"hash of block {number}", identity.deploy_block_hash, block.hash)
        else:
            if block.parent_hash != before.hash:
                raise Differs("node", f"parent hash of block {number}", before.hash, block.parent_hash)
            if block.time < before.time:
                raise Differs("node", f"time of block {number}", f"at least {before.time}", block.time)
        if number == self.top.number:
            if block.hash != self.top.hash:
                raise Differs("node", f"hash of block {number}", self.top.hash, block.hash)
            self.end = header
        self._before = block
        self.headers_read += 1
        return header


def _same_logs(proven: Sequence[Log], stated: Sequence[Log]) -> None:
    """Compare the blocks' own logs with what the node answers to `eth_getLogs`, which the index is made from."""
    for one, other in zip_longest(proven, stated):
        if one == other:
            continue
        at = min(
            (log.position for log in (one, other) if log is not None),
            key=lambda p: (p.block_number, p.log_index),
        )
        where = f"log {at.log_index} of block {at.block_number} in the node's answer to eth_getLogs"
        places = [
            log is not None
            and (log.position.block_number, log.position.log_index) == (at.block_number, at.log_index)
            for log in (one, other)
        ]
        if all(places):
            raise Differs("node", where, one and _log_text(one), other and _log_text(other))
        raise Differs("node", where, *("a log" if there else None for there in places))


def _log_text(log: Log) -> str:
    topics = ", ".join(f"0x{topic.hex()}" for topic in log.topics)
    return f"topics {topics}; data 0x{log.data.hex()}; transaction 0x{log.position.tx_hash.hex()}; time {log.position.block_time}"
