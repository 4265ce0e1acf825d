"""One look at the index for everybody who listens, and one at all their keys and tokens.

New entries are read once, written once for each filter, and handed to the streams that have had everything before
them and wait for more, where their key or token is good in that very transaction. Any other stream that they concern
is woken and reads for itself. A stream registers before it reads: whatever is appended after its read is seen by a
later look. So nothing is missed, and most streams sleep through most blocks.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Set
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from api.stream.credentials import Credential, still_good
from api.stream.tail import Mark, Page, Tail, present_end
from api.stream.wire import entry_event
from chain_client.domain.ids import DeliveryId, Hash32
from chain_client.indexer import reader as index
from chain_client.indexer.reader import EntryRow, HistoryQuery
from chain_client.store import LedgerId, Store

HEARTBEAT_SECONDS: Final = 15.0
"""How long a stream is silent at most, and how long a key or token goes without being looked up again."""
_LOOK_AT_MOST: Final = 1000
"""Entries that are held against everyone's filters; where there are more at once, all read for themselves."""
_HAND_AT_MOST: Final = 200
"""Entries that are sent in one piece: what one transaction records."""

_AT_ONCE: Final = 20
"""Streams that are seen to before others have a turn."""


def matches(query: HistoryQuery, entry: EntryRow) -> bool:
    """Say whether the index would give `entry` for `query`, as far as streams filter."""
    return (
        (query.delivery_id is None or query.delivery_id == entry.delivery_id)
        and (query.driver is None or query.driver == entry.driver)
        and (query.kind is None or query.kind is entry.kind)
        and (query.member is None or query.member in (entry.shipper, entry.carrier))
    )


@dataclass(frozen=True, slots=True)
class Share:
    """What of a page concerns one filter."""

    given: Mark | None
    """The last entry's place; None where nothing concerns it."""
    chunk: bytes | None
    """The events; None where they are too many for one piece."""


NOTHING: Final = Share(None, b"")


class Fresh:
    """A page of the whole record, divided: each filter's share is found and written once, for however many streams."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._shares: dict[HistoryQuery, Share] = {}
        self._events: dict[Mark, bytes] = {}
        self._by_delivery: dict[DeliveryId, list[tuple[Mark, EntryRow]]] = defaultdict(list)
        for one in page.entries:
            self._by_delivery[one[1].delivery_id].append(one)

    def share(self, query: HistoryQuery) -> Share:
        """Return what concerns `query`."""
        found = self._shares.get(query)
        if found is None:
            found = self._shares[query] = self._share(query)
        return found

    def _share(self, query: HistoryQuery) -> Share:
        only = query.delivery_id
        candidates = self.page.entries if only is None else self._by_delivery.get(only, ())
        mine = [one for one in candidates if matches(query, one[1])]
        if not mine:
            return NOTHING
        few = len(mine) <= _HAND_AT_MOST
        return Share(mine[-1][0], b"".join(map(self._event, mine)) if few else None)

    def _event(self, one: tuple[Mark, EntryRow]) -> bytes:
        written = self._events.get(one[0])
        if written is None:
            written = self._events[one[0]] = entry_event(*one)
        return written


class Bell:
    """One stream's: rung when there may be something to read, when its client is gone, and when it must end."""

    def __init__(self, tail: Tail, credential: Credential | None) -> None:
        self.tail = tail
        self.credential = credential
        """What the stream was opened with; None for a stranger."""
        self.any_change = False
        """Whether every change is worth a look, whatever the query."""
        self.over = False
        self._look = True  # what was appended between the request and now
        self._chunk = b""
        self._rung = asyncio.Event()
        self._rung.set()
        self._resting = False

    def ring(self) -> None:
        """Make the stream read for itself, under its key or token as it is then."""
        self._look = True
        self._rung.set()

    def end(self) -> None:
        """Make the stream end."""
        self.over = True
        self._rung.set()

    def hand(self, page: Page, share: Share) -> None:
        """Give the stream its share of a page, or make it read for itself where it does not wait at the page's start.

        What it is given it sends at once: a stream that is still sending would keep it while its key is revoked.
        """
        if share.chunk is not None and self._resting and not self._rung.is_set():
            if self.tail.follow(page, share.given):
                if share.chunk:
                    self._chunk = share.chunk
                    self._rung.set()
                return
        if share.given is not None:
            self.ring()

    async def wait(self, seconds: float) -> tuple[bool, bytes]:
        """Wait until rung, `seconds` at most, and return whether to read, and what to send before that."""
        self._resting = True
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, seconds)):
                    await self._rung.wait()
        finally:
            self._resting = False
        called = self._look, self._chunk
        self._look, self._chunk = False, b""
        self._rung.clear()
        return called


class Watcher:
    """Reads for the streams of `bells`, a set that changes under it as they come and go."""

    def __init__(self, store: Store, ledger_id: LedgerId, bells: Set[Bell]) -> None:
        self._store = store
        self._ledger_id = ledger_id
        self._bells = bells
        self._stand: Mark | None = None
        self._seen: tuple[int, Hash32] | None = None
        self._checked = float("-inf")
        """When everyone's keys and tokens were looked up, by the loop's clock."""

    async def look(self) -> None:
        """Read what is new, look keys and tokens up where it is their time, and ring who has to know.

        Raises DatabaseUnavailable: nobody was told anything; call again, and nothing is missed.
        """
        clock = asyncio.get_running_loop().time
        due = clock() >= self._checked + HEARTBEAT_SECONDS
        async with self._store.read() as connection:
            head = await index.indexed_head(connection, self._ledger_id)
            now = None if head is None else (head.block_number, head.block_hash)
            changed = self._stand is None or now != self._seen
            page = await self._read(connection) if changed else None
            unsure = changed and page is None
            stand = await present_end(connection, self._ledger_id) if unsure else self._stand
            fresh = None if page is None else Fresh(page)
            asked = await self._credentials(fresh, everyones=due)
            good = await still_good(connection, self._ledger_id, asked)
        if due:
            self._checked = clock()
        self._stand, self._seen = stand if page is None else page.end, now
        if not changed and good == asked:
            return
        async for bell in _in_turns(self._bells):
            share = NOTHING if fresh is None else fresh.share(bell.tail.query)
            known = bell.credential is None or bell.credential in good
            doubtful = not known and (share.given is not None or bell.credential in asked)
            if unsure or doubtful or (changed and bell.any_change):
                bell.ring()
            elif page is not None:
                bell.hand(page, share)

    async def _read(self, connection: AsyncConnection) -> Page | None:
        """Return what came since the last look; None where only each stream by itself can know."""
        if self._stand is None:
            return None
        page = await Tail(HistoryQuery(), self._stand).look(connection, self._ledger_id, _LOOK_AT_MOST)
        return None if page.more or page.rewound or page.waiting else page

    async def _credentials(self, fresh: Fresh | None, *, everyones: bool) -> set[Credential]:
        """Return what is to be looked up: that of everyone, or of those whom new entries concern."""
        if fresh is None and not everyones:
            return set()
        return {
            bell.credential
            async for bell in _in_turns(self._bells)
            if bell.credential is not None
            and (everyones or (fresh is not None and fresh.share(bell.tail.query).given is not None))
        }


async def _in_turns(bells: Set[Bell]) -> AsyncIterator[Bell]:
    """Yield those of now, and let others run in between: the streams that were woken, and other requests."""
    for number, bell in enumerate(tuple(bells), 1):
        yield bell
        if number % _AT_ONCE == 0:
            await asyncio.sleep(0)
