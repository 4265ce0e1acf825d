"""When a writer that is being replaced has nothing left to do."""

from __future__ import annotations

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.domain.ids import Address
from chain_client.store import LedgerId
from chain_client.store.tables import batches, lanes


async def is_retired(connection: AsyncConnection, ledger_id: LedgerId, writer: Address, now: int) -> bool:
    """Return whether no worker leads the writer's lane, and all its transactions are settled.

    `now` is this machine's clock, Unix seconds: a lease that ran out is nobody's.
    """
    led = (
        select(lanes.c.writer)
        .where(
            lanes.c.ledger_id == ledger_id,
            lanes.c.writer == writer,
            and_(lanes.c.lease_token.is_not(None), lanes.c.lease_until > now),
        )
        .exists()
    )
    in_flight = (
        select(batches.c.id)
        .where(batches.c.ledger_id == ledger_id, batches.c.writer == writer, batches.c.state == "sent")
        .exists()
    )
    return not await connection.scalar(select(or_(led, in_flight)))
