"""A reader's place in the record, and the pages after it.

A place is kept with the hash of its block, which commits to everything below: while that block is on the chain, what
was read up to there still stands, and what comes after it comes once. Each page is read in one transaction, so that
what is appended meanwhile is wholly in it or wholly after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from api.paging import decode_cursor, encode_cursor
from chain_client.domain.ids import ZERO_HASH, Hash32
from chain_client.indexer import reader as index
from chain_client.indexer.reader import EntryRow, HistoryQuery, Place
from chain_client.store import LedgerId


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the record and its block's hash: what a cursor holds."""

    place: Place
    block_hash: Hash32

    @property
    def cursor(self) -> str:
        """The same as `/v1/history` gives for this place."""
        return encode_cursor(self.place.block_number, self.place.log_index, self.block_hash)

    @classmethod
    def of(cls, cursor: str, field: str) -> Mark:
        """Return what a cursor holds; raises InvalidInput naming `field`."""
        return cls(*decode_cursor(cursor, field))


BEGINNING: Final = Mark(Place(0, 0), ZERO_HASH)
"""Before the first entry."""


async def present_end(connection: AsyncConnection, ledger_id: LedgerId) -> Mark:
    """Return where the record ends for now."""
    place = await index.last_place(connection, ledger_id)
    if place is None:
        return BEGINNING
    block_hash = await index.block_hash(connection, ledger_id, place.block_number)
    assert block_hash is not None, "an entry's block is stored with it"
    return Mark(place, block_hash)


async def stands(connection: AsyncConnection, ledger_id: LedgerId, mark: Mark) -> bool:
    """Say whether the mark's block is (still) on the chain as indexed."""
    if mark == BEGINNING:
        return True
    return await index.block_hash(connection, ledger_id, mark.place.block_number) == mark.block_hash


@dataclass(frozen=True, slots=True)
class Page:
    """What one look found."""

    entries: tuple[tuple[Mark, EntryRow], ...] = ()
    more: bool = False
    """Whether there may be more already."""
    rewound: bool = False
    """Whether what was given before is no longer on the chain; the tail goes on after the present end."""
    waiting: bool = False
    """Whether the index has to come back to the tail's place first, as while it is built anew."""
    start: Mark = BEGINNING
    end: Mark = BEGINNING
    """Between these places of one chain the query names nothing but the entries."""


class Tail:
    """Gives the entries that `query` names after `mark`, in chain order, each once. Holds nothing between looks."""

    def __init__(self, query: HistoryQuery, mark: Mark) -> None:
        self.query = query
        self.given = mark
        """Up to here a reader knows everything."""
        self._looked = mark
        """Up to here there is nothing that has not been given; a rewind may undo it without touching what was."""

    async def look(self, connection: AsyncConnection, ledger_id: LedgerId, limit: int) -> Page:
        """Return what comes next, at most `limit` entries, and move beyond it. `connection` is a read transaction."""
        if not await stands(connection, ledger_id, self._looked):
            self._looked = self.given
            if not await stands(connection, ledger_id, self.given):
                return await self._lost(connection, ledger_id)
        start = self._looked
        rows = await index.history(connection, ledger_id, self.query, after=start.place, limit=limit)
        hashes = await index.block_hashes(connection, ledger_id, {row.block_number for row in rows})
        entries = tuple((Mark(row.place, hashes[row.block_number]), row) for row in rows)
        more = len(rows) == limit
        if entries:
            self.given = entries[-1][0]
        self._looked = self.given if more else await present_end(connection, ledger_id)
        return Page(entries, more=more, start=start, end=self._looked)

    def follow(self, page: Page, given: Mark | None) -> bool:
        """Move over a page of the whole record, of which the reader was given what `query` names, up to `given`.

        False, and nothing moved, where this tail does not stand where the page starts.
        """
        if self._looked != page.start:
            return False
        self.given = given or self.given
        self._looked = page.end
        return True

    async def _lost(self, connection: AsyncConnection, ledger_id: LedgerId) -> Page:
        head = await index.indexed_head(connection, ledger_id)
        if head is None or (head.block_number < self.given.place.block_number and head.lag > 0):
            return Page(waiting=True)
        self.given = self._looked = await present_end(connection, ledger_id)
        return Page(rewound=True, end=self.given)
