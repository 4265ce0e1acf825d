"""What the parts of one lane share: its connections, its key, its lease, its settings, and how it logs."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.bindings.ledger import Ledger
from chain_client.bindings.signer import Signer
from chain_client.domain.ids import to_hex
from chain_client.domain.records import MAX_BATCH
from chain_client.outbox import lanes
from chain_client.outbox.lanes import LaneKey, LaneState
from chain_client.rpc.node import Node
from chain_client.store.database import Store

_log = logging.getLogger("chain_client.outbox")


@dataclass(frozen=True, slots=True)
class LaneSettings:
    """How a lane works: sizes, and seconds (of the lane's clock where whole, of the event loop's where not).

    `poll` and `receipt_poll`: how often an idle lane looks into the database, and one in flight at the chain;
    `unable_poll`: how often one that is halted, or another worker's. `lease`: how long a killed worker's lane waits for
    the next worker. `resend_after`: the same bytes again. `replace_after`: higher fees, where the network has fees.
    `nonce_grace`: how long a nonce may look used without a receipt before the lane halts. `nonce_check`: how often an idle
    lane compares its nonce with the chain's, so that what stops it is known before anything waits for it.
    """

    max_batch: int = MAX_BATCH
    max_in_flight: int = 4
    poll: float = 0.05
    receipt_poll: float = 0.025
    unable_poll: float = 0.5
    longest_backoff: float = 5.0
    lease: int = 5
    resend_after: int = 5
    replace_after: int = 30
    nonce_grace: int = 10
    nonce_check: int = 10


@dataclass(frozen=True, slots=True)
class LaneContext:
    """One lane's surroundings. `token` is this worker's: the lease in the lane's row is checked against it."""

    store: Store
    node: Node
    ledger: Ledger
    signer: Signer
    clock: Callable[[], int]
    settings: LaneSettings
    key: LaneKey
    token: bytes

    @asynccontextmanager
    async def holding(self) -> AsyncIterator[tuple[AsyncConnection, LaneState]]:
        """Give a write transaction that holds the lane; raises LeaseLost where another worker has it."""
        async with self.store.write() as connection:
            yield connection, await lanes.hold(connection, self.key, self.token)

    def say(self, level: int, action: str, text: str, *arguments: object, **extra: Any) -> None:
        """Log a line with its action key, writer and member."""
        about = {"action": f"outbox.{action}", "writer": to_hex(self.key.writer), "member": self.key.member}
        _log.log(level, f"lane of member %d: {text}", self.key.member, *arguments, extra=about | extra)
