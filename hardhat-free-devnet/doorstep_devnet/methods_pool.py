"""What waits: counts and contents of the pool, as go-ethereum's `txpool_` methods give them."""

from __future__ import annotations

from typing import Any

from eth_utils.address import to_checksum_address

from .hexes import quantity, read_address
from .node import Node
from .pool import SenderQueue
from .rpc import Method, Runs, methods
from .views import raw_tx_json


class PoolMethods:
    """Reads of the pool. `pending` can be mined now, `queued` waits behind a gap in its sender's nonces."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def table(self) -> dict[str, Method]:
        """Return the methods by name."""
        return methods(Runs.PLAIN, [("txpool_status", self.status)]) | methods(
            Runs.ASYNC, [("txpool_content", self.content), ("txpool_contentFrom", self.content_from)]
        )

    def status(self) -> dict[str, str]:
        """Return how many transactions are pending and queued."""
        waiting = self._node.pool.senders()
        return {
            "pending": quantity(sum(len(one.ready) for one in waiting)),
            "queued": quantity(sum(len(one.queued) for one in waiting)),
        }

    async def content(self) -> dict[str, Any]:
        """Return every waiting transaction by sender and nonce."""
        waiting = self._node.pool.senders()
        return await self._node.in_reader(
            lambda _: {
                "pending": {_name(one): _by_nonce(one.ready) for one in waiting if one.ready},
                "queued": {_name(one): _by_nonce(one.queued) for one in waiting if one.queued},
            }
        )

    async def content_from(self, address: object) -> dict[str, Any]:
        """Return the waiting transactions of one sender by nonce."""
        sender = read_address(address, "address")
        waiting = [one for one in self._node.pool.senders() if one.sender == sender]
        return await self._node.in_reader(
            lambda _: {
                "pending": _by_nonce(waiting[0].ready) if waiting else {},
                "queued": _by_nonce(waiting[0].queued) if waiting else {},
            }
        )


def _name(one: SenderQueue) -> str:
    return to_checksum_address(one.sender)


def _by_nonce(transactions: tuple[Any, ...]) -> dict[str, Any]:
    return {str(tx.nonce): raw_tx_json(tx.raw, tx.hash, tx.sender) for tx in transactions}
