"""`eth_newFilter` and its kin: changes kept for a client that asks for them, over HTTP as over a WebSocket.

A filter ends when it is uninstalled, when nobody asks for it for `IDLE_SECONDS`, or when it falls `MAX_CHANGES` behind:
so an abandoned filter costs a bounded amount of memory for a bounded time. Filters are not stored.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import orjson

from .blocks import read_block_number
from .chain_store import ChainView
from .errors import InvalidParams, LimitExceeded, ServerError
from .hexes import data
from .methods_logs import LogRequest, find_requested, read_log_request
from .node import Node
from .records import BlockData, BlockRecord, LogRecord
from .rpc import Method, Runs, methods
from .transactions import SignedTx
from .views import raw_tx_json, render_block_logs

MAX_FILTERS = 1_000
MAX_CHANGES = 10_000
IDLE_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class LogChange:
    """One log that came, or was taken back with its block."""

    block: BlockRecord
    log: LogRecord
    removed: bool


Change = bytes | SignedTx | LogChange


@dataclass(slots=True)
class Filter:
    """One filter: what it keeps, since when nobody asked, and what it kept since then.

    `request` is set for logs only; `full` means whole transactions instead of their hashes. `overflowed` filters keep
    nothing more and are forgotten.
    """

    kind: str
    asked_at: float
    request: LogRequest | None = None
    full: bool = False
    changes: list[Change] = field(default_factory=list)
    overflowed: bool = False

    def add(self, change: Change) -> None:
        """Keep one change; too many at once end the filter."""
        if len(self.changes) >= MAX_CHANGES:
            self.overflowed = True
            self.changes = []
        if not self.overflowed:
            self.changes.append(change)

    def wants(self, log: LogRecord) -> bool:
        """Return whether this is a filter for logs and `log` is one of them."""
        request = self.request
        if request is None or not request.wanted.matches(log):
            return False
        first = read_block_number(request.first, "fromBlock").number
        last = read_block_number(request.last, "toBlock").number
        return (first is None or log.block >= first) and (last is None or log.block <= last)


class Filters:
    """The filters of one node, fed by its events on the event loop."""

    def __init__(self, node: Node, now: Callable[[], float] = time.monotonic) -> None:
        self._node = node
        self._now = now
        self._known: dict[str, Filter] = {}
        node.events.add(self)

    def table(self) -> dict[str, Method]:
        """Return the methods by name."""
        return methods(
            Runs.PLAIN,
            [
                ("eth_newFilter", self.new_log_filter),
                ("eth_newBlockFilter", self.new_block_filter),
                ("eth_newPendingTransactionFilter", self.new_pending_filter),
                ("eth_uninstallFilter", self.uninstall),
            ],
        ) | {
            "eth_getFilterChanges": Method.of(self.changes, Runs.ASYNC),
            "eth_getFilterLogs": Method.of(self.logs, Runs.READER),
        }

    def new_log_filter(self, request: object) -> str:
        """Keep the logs that match from now on; answers the filter's id. `LimitExceeded` when there are too many."""
        asked = read_log_request(request)
        if asked.block_hash is not None:
            raise InvalidParams("filter: cannot be for one block, ask eth_getLogs with its blockHash")
        first = read_block_number(asked.first, "fromBlock")
        last = read_block_number(asked.last, "toBlock")
        if first.pending or last.pending:
            raise InvalidParams("pending logs are not supported")
        if first.number is not None and last.number is not None and first.number > last.number:
            raise InvalidParams(
                f"invalid block range params: fromBlock {first.number} is after toBlock {last.number}"
            )
        return self._add(Filter("logs", self._now(), request=asked))

    def new_block_filter(self) -> str:
        """Keep the hashes of blocks from now on; answers the filter's id."""
        return self._add(Filter("blocks", self._now()))

    def new_pending_filter(self, full: object = False) -> str:
        """Keep the hashes of transactions taken from now on, or with `full` the transactions; answers the id."""
        if not isinstance(full, bool):
            raise InvalidParams(f"full transactions: expected true or false, got {full!r:.80}")
        return self._add(Filter("transactions", self._now(), full=full))

    async def changes(self, identifier: object) -> list[object]:
        """Return what the filter kept since the last call, oldest first, and forget it.

        Waits for a block in the making, so that the answer holds every block that the caller can have seen. Raises
        `ServerError` for a filter that is not there (any more): make a new one.
        """
        async with self._node.miner.lock:
            found = self._find(identifier)
            changes, found.changes = found.changes, []
        return [_render(change) for change in changes]

    def logs(self, view: ChainView, identifier: object) -> list[orjson.Fragment]:
        """Return all logs of a log filter's range, as `eth_getLogs` does; the changes stay for `changes`."""
        found = self._find(identifier)
        if found.request is None:
            raise InvalidParams("filter: not a filter for logs")
        return find_requested(view, found.request)

    def uninstall(self, identifier: object) -> bool:
        """End a filter; false when there is none such."""
        self._forget_ended()
        return self._known.pop(str(identifier), None) is not None

    def on_block(self, block: BlockData) -> None:
        """Keep the block's hash and its logs."""
        self._forget_ended()
        for one in self._known.values():
            if one.kind == "blocks":
                one.add(block.block.hash)
            self._add_logs(one, block, removed=False)

    def on_removed(self, blocks: list[BlockData]) -> None:
        """Keep the logs again, as removed."""
        for block in blocks:
            for one in self._known.values():
                self._add_logs(one, block, removed=True)

    def on_pending(self, signed: SignedTx) -> None:
        """Keep the transaction."""
        self._forget_ended()
        for one in self._known.values():
            if one.kind == "transactions":
                one.add(signed if one.full else signed.hash)

    def _add_logs(self, one: Filter, block: BlockData, *, removed: bool) -> None:
        if one.request is not None:
            for log in block.logs:
                if one.wants(log):
                    one.add(LogChange(block.block, log, removed))

    def _add(self, one: Filter) -> str:
        self._forget_ended()
        if len(self._known) >= MAX_FILTERS:
            raise LimitExceeded(f"too many filters: at most {MAX_FILTERS}; uninstall those no longer needed")
        identifier = "0x" + secrets.token_hex(16)
        self._known[identifier] = one
        return identifier

    def _find(self, identifier: object) -> Filter:
        found = self._known.get(str(identifier))
        if found is None or self._ended(found):
            raise ServerError(
                f"filter not found: it was uninstalled, not asked for {IDLE_SECONDS:.0f} seconds, or more than "
                f"{MAX_CHANGES} changes behind; make a new one"
            )
        found.asked_at = self._now()
        return found

    def _ended(self, one: Filter) -> bool:
        return one.overflowed or self._now() - one.asked_at > IDLE_SECONDS

    def _forget_ended(self) -> None:
        for identifier in [identifier for identifier, one in self._known.items() if self._ended(one)]:
            del self._known[identifier]


def _render(change: Change) -> object:
    if isinstance(change, bytes):
        return data(change)
    if isinstance(change, SignedTx):
        return raw_tx_json(change.raw, change.hash, change.sender)
    return next(render_block_logs(change.block, [change.log], removed=change.removed))
