"""Portions of a caller's allowance of requests, taken by the API's processes from one count for each time window.

A row is one caller in one window: `taken` requests of its allowance are with the processes. Rows of other windows are
deleted as new windows begin, and the number of rows that anonymous callers can make in a window is bounded.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import delete, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.store.ledgers import LedgerId
from chain_client.store.tables import rate_leases

MAX_ROWS: Final = 10_000
"""Rows of a window. Once there are as many, further anonymous callers share one row of each kind."""


@dataclass(frozen=True, slots=True)
class Portion:
    """A request for a portion. `bucket` is `kind:name`; one that is `bounded` makes no row beyond `MAX_ROWS`."""

    bucket: str
    window: int
    size: int
    limit: int
    bounded: bool


def bucket_hash(bucket: str) -> bytes:
    """Return what is stored of a caller: a hash, so that the table has no column of addresses to read."""
    return hashlib.sha256(bucket.encode()).digest()


def others(bucket: str) -> str:
    """Return the bucket that further callers of the same kind share once there are too many."""
    return bucket.partition(":")[0] + ":others"


async def take(connection: AsyncConnection, ledger_id: LedgerId, portion: Portion) -> int:
    """Take a portion in a write transaction; return its size, less where the limit is near, 0 where all is taken."""
    bucket = bucket_hash(portion.bucket)
    if portion.bounded and not await _has_room(connection, ledger_id, portion.window, bucket):
        bucket = bucket_hash(others(portion.bucket))
    dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    taken = (
        await connection.execute(
            dialect.insert(rate_leases)
            .values(ledger_id=ledger_id, window=portion.window, bucket=bucket, taken=portion.size)
            .on_conflict_do_update(
                index_elements=["ledger_id", "window", "bucket"],
                set_={"taken": rate_leases.c.taken + portion.size},
                where=rate_leases.c.taken < portion.limit,
            )
            .returning(rate_leases.c.taken)
        )
    ).scalar_one_or_none()
    return 0 if taken is None else portion.size - max(0, taken - portion.limit)


async def delete_other_windows(connection: AsyncConnection, ledger_id: LedgerId, window: int) -> None:
    """Delete the rows of all windows but this one and its neighbours, which processes whose clocks differ may use."""
    column = rate_leases.c.window
    await connection.execute(
        delete(rate_leases).where(
            rate_leases.c.ledger_id == ledger_id, or_(column < window - 1, column > window + 1)
        )
    )


async def _has_room(connection: AsyncConnection, ledger_id: LedgerId, window: int, bucket: bytes) -> bool:
    of_window = (rate_leases.c.ledger_id == ledger_id, rate_leases.c.window == window)
    own = select(rate_leases.c.taken).where(*of_window, rate_leases.c.bucket == bucket)
    if (await connection.execute(own)).first() is not None:
        return True
    rows = await connection.execute(select(func.count()).select_from(rate_leases).where(*of_window))
    return rows.scalar_one() < MAX_ROWS
