"""The read model anew from the chain alone."""

from __future__ import annotations

from chain_client.indexer import queries
from chain_client.store import LedgerId, Store
from chain_client.store.tables import DERIVED


async def rebuild(store: Store, ledger_id: LedgerId) -> None:
    """Empty every derived table of this ledger, its cursor and any halt with them; the follower then fills them.

    No follower may run meanwhile in another process: stop the worker first. Answers are empty until it has caught up.
    """
    async with store.write() as connection:
        await queries.empty(connection, ledger_id, DERIVED)
