"""What each part of the worker is failing at, so that whoever reads the database knows why nothing moves.

A part (the index, a lane) writes a row when it fails and removes it when it goes on. A row that is not renewed is of a
worker that ended.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.domain.errors import DoorstepError, Unavailable
from chain_client.domain.ids import Address, MemberNumber, to_hex
from chain_client.store.database import Store
from chain_client.store.ledgers import LedgerId
from chain_client.store.tables import troubles

INDEX: Final = "index"
_RENEW_SECONDS: Final = 10
_log = logging.getLogger("chain_client.store")


def lane_part(writer: Address) -> str:
    """Return the name of a writer's lane as a part."""
    return f"lane {to_hex(writer)}"


def signer_part(member: MemberNumber) -> str:
    """Return the name of a member's key as a part: its lane has no writer while it cannot be opened."""
    return f"signer {member}"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What a part fails at. `code` is the error's; `since` and `seen_at` are this machine's clock, Unix seconds."""

    part: str
    code: str
    words: str
    since: int
    seen_at: int


async def current(connection: AsyncConnection, ledger_id: LedgerId) -> list[Trouble]:
    """Return every part's trouble."""
    rows = await connection.execute(
        select(troubles).where(troubles.c.ledger_id == ledger_id).order_by(troubles.c.part)
    )
    return [Trouble(row.part, row.code, row.words, row.since, row.seen_at) for row in rows]


class PartTroubles:
    """One part's row. Say `failed` or `well` as often as you like: it writes only what is news."""

    def __init__(self, store: Store, ledger_id: LedgerId, part: str, clock: Callable[[], float]) -> None:
        self._store = store
        self._ledger_id = ledger_id
        self._part = part
        self._clock = clock
        self._kept: Trouble | None = None
        self._clean = False  # whether the row is known not to be there

    async def failed(self, error: DoorstepError) -> None:
        """Write what the part fails at; a database that cannot store it is left alone."""
        now, kept = int(self._clock()), self._kept
        same = kept is not None and kept.code == error.code
        if kept is not None and same and 0 <= now - kept.seen_at < _RENEW_SECONDS:
            return
        since = kept.since if kept is not None and same else now
        row = Trouble(self._part, error.code, str(error), since, now)
        try:
            async with self._store.write() as connection:
                await _put(connection, self._ledger_id, row)
        except Unavailable as unavailable:
            _log.warning("cannot store what %s fails at: %s", self._part, unavailable)
            return
        self._kept, self._clean = row, False

    async def well(self) -> None:
        """Remove the row, where there may be one."""
        if self._clean:
            return
        try:
            async with self._store.write() as connection:
                await connection.execute(
                    delete(troubles).where(
                        troubles.c.ledger_id == self._ledger_id, troubles.c.part == self._part
                    )
                )
        except Unavailable:
            return
        self._kept, self._clean = None, True


async def _put(connection: AsyncConnection, ledger_id: LedgerId, row: Trouble) -> None:
    dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    values = {"code": row.code, "words": row.words, "since": row.since, "seen_at": row.seen_at}
    await connection.execute(
        dialect.insert(troubles)
        .values(ledger_id=ledger_id, part=row.part, **values)
        .on_conflict_do_update(index_elements=["ledger_id", "part"], set_=values)
    )
