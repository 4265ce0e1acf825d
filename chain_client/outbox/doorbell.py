"""One look into the database for all the lanes of a process: rings for those whose intents wait."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from chain_client.domain.errors import Unavailable
from chain_client.domain.ids import MemberNumber
from chain_client.outbox import lanes
from chain_client.store.database import Store
from chain_client.store.ledgers import LedgerId
from chain_client.waiting import until_either

_log = logging.getLogger("chain_client.outbox")
_LONGEST_BACKOFF: Final = 5.0
_QUIET_AFTER: Final = 40
"""Looks in vain after which it looks four times less often: an idle service costs next to nothing."""


class Doorbell:
    """Lanes that have nothing under way wait for it, instead of each asking the database over and over.

    It rings again every `poll` seconds while intents wait, so a ring that came too early (an intent may go only after
    another lane's) is not lost.
    """

    def __init__(self, store: Store, ledger_id: LedgerId, poll: float = 0.05) -> None:
        self._store = store
        self._ledger_id = ledger_id
        self._poll = poll
        self._bells: dict[MemberNumber, asyncio.Event] = {}
        self._now = asyncio.Event()

    def of(self, member: MemberNumber) -> asyncio.Event:
        """Return the member's bell: set when intents of theirs may wait. Whoever waits for it clears it."""
        return self._bells.setdefault(member, asyncio.Event())

    def look_now(self) -> None:
        """Look at once: something was settled, and what stood behind it may go."""
        self._now.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Look every `poll` seconds (four times that after a while of nothing) until `stop` is set.

        A database that does not answer is waited for.
        """
        failures = in_vain = 0
        while not stop.is_set():
            try:
                async with self._store.read() as connection:
                    waiting = await lanes.members_waiting(connection, self._ledger_id)
                failures = 0
                in_vain = 0 if waiting else in_vain + 1
            except Unavailable as error:
                failures += 1
                waiting = []
                _log.warning("doorbell: %s", error, extra={"action": "outbox.doorbell_waits"})
            for member in waiting:
                self.of(member).set()
            quiet = 4 if in_vain > _QUIET_AFTER else 1
            seconds = min(self._poll * quiet * 2 ** min(failures, 10), _LONGEST_BACKOFF)
            # Cleared after waiting, not before: what asks during a look is looked for again.
            await until_either(stop, self._now, seconds)
            self._now.clear()
