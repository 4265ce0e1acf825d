"""`eth_subscribe`: new heads, logs and waiting transactions pushed over one WebSocket connection."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass

import orjson

from .errors import InvalidParams, LimitExceeded
from .hexes import data
from .log_index import LogFilter
from .methods_logs import read_log_request
from .node import Node
from .records import BlockData
from .rpc import Method, Runs, methods
from .transactions import SignedTx
from .views import header_json, raw_tx_json, render_block_logs

MAX_SUBSCRIPTIONS = 100
MAX_QUEUED = 10_000
SUBSCRIPTION_METHODS = frozenset({"eth_subscribe", "eth_unsubscribe"})


@dataclass(frozen=True, slots=True)
class Subscription:
    """What one subscription wants; `logs` only for logs, `full` only for waiting transactions: whole, not hashes."""

    kind: str
    logs: LogFilter | None = None
    full: bool = False


class Subscriptions:
    """The subscriptions of one connection; messages wait in `queue` until the connection sends them.

    A connection that reads too slowly is told to close by `overflow` rather than given a stream with holes.
    """

    def __init__(self, node: Node) -> None:
        self.queue: asyncio.Queue[bytes] = asyncio.Queue(MAX_QUEUED)
        self.overflow = asyncio.Event()
        self._known: dict[str, Subscription] = {}
        self._stop: Callable[[], None] = node.events.add(self)

    def table(self) -> dict[str, Method]:
        """The methods a connection has besides the common ones."""
        return methods(Runs.PLAIN, [("eth_subscribe", self.subscribe), ("eth_unsubscribe", self.unsubscribe)])

    def subscribe(self, kind: object, options: object = None) -> str:
        """Start a subscription; answers its id."""
        if len(self._known) >= MAX_SUBSCRIPTIONS:
            raise LimitExceeded(f"too many subscriptions on this connection, at most {MAX_SUBSCRIPTIONS}")
        if kind == "logs":
            request = read_log_request(options or {})
            if request.block_hash is not None:
                raise InvalidParams("logs: a subscription cannot be for one block")
            subscription = Subscription("logs", request.wanted)
        elif kind == "newPendingTransactions":
            if not isinstance(options, bool | None):
                raise InvalidParams(f"newPendingTransactions: expected true or false, got {options!r:.80}")
            subscription = Subscription(kind, full=bool(options))
        elif kind == "newHeads":
            subscription = Subscription(kind)
        else:
            raise InvalidParams(
                f"no {kind!r} subscription: newHeads, logs and newPendingTransactions are known"
            )
        identifier = "0x" + secrets.token_hex(16)
        self._known[identifier] = subscription
        return identifier

    def unsubscribe(self, identifier: object) -> bool:
        """End a subscription; false when there is none such."""
        return self._known.pop(str(identifier), None) is not None

    def close(self) -> None:
        """End them all."""
        self._known.clear()
        self._stop()

    def on_block(self, block: BlockData) -> None:
        """Push the head and the logs that match."""
        for identifier, subscription in self._known.items():
            if subscription.kind == "newHeads":
                self._send(identifier, [header_json(block.block.hash, block.block.header)])
        self._push_logs(block, removed=False)

    def on_removed(self, blocks: list[BlockData]) -> None:
        """Push the logs again, marked as removed."""
        for block in blocks:
            self._push_logs(block, removed=True)

    def on_pending(self, signed: SignedTx) -> None:
        """Push the transaction, or its hash."""
        for identifier, subscription in self._known.items():
            if subscription.kind == "newPendingTransactions":
                whole = raw_tx_json(signed.raw, signed.hash, signed.sender) if subscription.full else None
                self._send(identifier, [whole or data(signed.hash)])

    def _push_logs(self, block: BlockData, *, removed: bool) -> None:
        for identifier, subscription in self._known.items():
            if subscription.logs is not None:
                matching = [log for log in block.logs if subscription.logs.matches(log)]
                self._send(identifier, list(render_block_logs(block.block, matching, removed=removed)))

    def _send(self, identifier: str, results: list[object]) -> None:
        for result in results:
            message = {"subscription": identifier, "result": result}
            try:
                self.queue.put_nowait(
                    orjson.dumps({"jsonrpc": "2.0", "method": "eth_subscription", "params": message})
                )
            except asyncio.QueueFull:
                self.overflow.set()
                return
