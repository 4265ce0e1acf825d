"""How many requests a caller may make in a minute, counted over all processes of the API.

A process admits a portion of each caller's limit by itself. Beyond that it takes further portions from the database
(`store.rate_leases`) until the limit is taken there. So, with every process reaching the database, a caller gets its
limit at least, and at most its limit and one portion for each process. Most callers never cost a write.

Where the database fails, or does not answer within a second, each process counts for itself up to the same limit.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from api.problems import Problem
from chain_client.domain.errors import Unavailable
from chain_client.store import LedgerId, Store
from chain_client.store.rate_leases import Portion, delete_other_windows, others, take
from chain_client.vault import api_keys

WINDOW_SECONDS: Final = 60
PORTIONS: Final = 10
"""A portion is the limit divided by this, and at least one request."""
MAX_CALLERS: Final = 50_000
"""Anonymous callers that a process counts apart in a window; further ones share one count of each kind."""
MAX_CREDENTIALS: Final = 10_000
"""Credentials whose validity a process remembers; the one looked up longest ago is forgotten first."""
_PATIENCE_SECONDS: Final = 1.0

KEY: Final = "key"
ADDRESS: Final = "address"
INVALID: Final = "invalid"
LOOKUP: Final = "lookup"


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Requests a minute. `invalid` are those with an API key that is not valid."""

    key: int
    address: int
    invalid: int


@dataclass(slots=True)
class _Count:
    """One caller in this process and window."""

    bucket: str
    granted: int
    admitted: int = 0
    exhausted: bool = False
    lease: asyncio.Task[None] | None = None
    late: bool = False
    """Whether the database has not answered the running lease in time."""


class RateLimiter:
    """Counts the requests of one process. `clock` is this machine's, Unix seconds."""

    def __init__(
        self, store: Store, ledger_id: LedgerId, limits: RateLimits, clock: Callable[[], float]
    ) -> None:
        self._store = store
        self._ledger_id = ledger_id
        self._limits = limits
        self._clock = clock
        self._window: int | None = None
        self._members: dict[str, _Count] = {}
        self._anonymous: dict[str, _Count] = {}
        self._others: dict[str, _Count] = {}
        self._credentials: OrderedDict[bytes, tuple[str | None, int]] = OrderedDict()
        self._verifying: dict[tuple[str, bytes], asyncio.Task[Problem | None]] = {}
        self._swept: int | None = None
        self._one_at_a_time = asyncio.Lock()
        """Leases use one connection of the pool, however many callers wait."""
        self._leases: set[asyncio.Task[None]] = set()

    async def admit(self, address: str, credential: str | None) -> Problem | None:
        """Count a request; return the problem to answer, or None where the request is within its limits.

        `address` is the network of the caller, `credential` the value of its Authorization header. A request with a
        valid API key counts against the key alone, whatever else comes from its address.
        """
        if credential is None:
            return await self._count(ADDRESS, address, self._limits.address)
        digest = hashlib.sha256(credential.encode()).digest()
        if self._credentials.get(digest, (None, None))[1] != self._current():
            problem = await self._verify(address, credential, digest)
            if problem is not None:
                return problem
        if digest not in self._credentials:  # it could not be looked up
            return await self._count(ADDRESS, address, self._limits.address)
        key_id, _ = self._credentials[digest]
        if key_id is not None:
            return await self._count(KEY, key_id, self._limits.key)
        return await self._count(INVALID, address, self._limits.invalid)

    async def close(self) -> None:
        """Wait for what is under way in the database."""
        await asyncio.gather(*self._leases, *self._verifying.values(), return_exceptions=True)

    # Credentials

    async def _verify(self, address: str, credential: str, digest: bytes) -> Problem | None:
        """Look up a credential, once for all requests of an address that bring it meanwhile."""
        running = self._verifying.get((address, digest))
        if running is None:
            running = asyncio.create_task(self._look_up(address, credential, digest))
            self._verifying[address, digest] = running
            running.add_done_callback(lambda _: self._verifying.pop((address, digest)))
        return await asyncio.shield(running)

    async def _look_up(self, address: str, credential: str, digest: bytes) -> Problem | None:
        if self._credentials.get(digest, (None, None))[0] is None:
            # Looking up a key costs a read, so the keys that an address may have looked up are limited as well.
            problem = await self._count(LOOKUP, address, self._limits.address)
            if problem is not None:
                return problem
        with contextlib.suppress(Unavailable):  # what is known of the credential holds on
            self._remember(digest, await self._key_id(credential))
        return None

    async def _key_id(self, credential: str) -> str | None:
        """Return the id of the API key in an Authorization header; None where it is not valid."""
        scheme, _, key = credential.partition(" ")
        key = key.strip()
        if scheme.lower() != "bearer":
            return None
        async with self._store.read() as connection:
            member = await api_keys.authenticate(connection, self._ledger_id, key)
        return None if member is None else key.partition(".")[0]

    def _remember(self, digest: bytes, key_id: str | None) -> None:
        self._credentials[digest] = (key_id, self._current())
        self._credentials.move_to_end(digest)
        while len(self._credentials) > MAX_CREDENTIALS:
            self._credentials.popitem(last=False)

    # Counts

    def _current(self) -> int:
        return int(self._clock() // WINDOW_SECONDS)

    async def _count(self, kind: str, name: str, limit: int) -> Problem | None:
        bucket = f"{kind}:{name}"
        portion = max(1, limit // PORTIONS)
        while True:
            count = self._find(bucket, portion, bounded=kind != KEY)
            alone = count.late and count.admitted < limit
            if count.admitted < count.granted or alone:
                count.admitted += 1
                return None
            if count.exhausted or count.late:
                return self._refusal(kind, limit)
            if count.lease is None:
                wanted = Portion(count.bucket, self._current(), portion, limit, bounded=kind != KEY)
                count.lease = asyncio.create_task(self._lease(count, wanted))
                self._leases.add(count.lease)
                count.lease.add_done_callback(self._leases.discard)
            running = count.lease
            await asyncio.wait({running}, timeout=_PATIENCE_SECONDS)
            if running.done():
                running.result()  # a fault of the lease is the request's, too
            else:
                count.late = True

    def _find(self, bucket: str, portion: int, *, bounded: bool) -> _Count:
        window = self._current()
        if window != self._window:
            self._window = window
            self._members, self._anonymous, self._others = {}, {}, {}
        counts = self._anonymous if bounded else self._members
        found = counts.get(bucket)
        if found is None:
            if bounded and len(counts) >= MAX_CALLERS:
                counts, bucket = self._others, others(bucket)
            found = counts.setdefault(bucket, _Count(bucket, portion))
        return found

    async def _lease(self, count: _Count, wanted: Portion) -> None:
        """Take a portion for a count; where the database fails, grant what the limit still leaves this process."""
        try:
            async with self._one_at_a_time:
                granted = await self._take(wanted)
        except Unavailable:
            granted = max(0, min(wanted.size, wanted.limit - count.granted))
        finally:
            count.lease, count.late = None, False
        count.granted += granted
        count.exhausted = granted == 0

    async def _take(self, wanted: Portion) -> int:
        async with self._store.write() as connection:
            if self._swept != wanted.window:
                await delete_other_windows(connection, self._ledger_id, wanted.window)
            granted = await take(connection, self._ledger_id, wanted)
        self._swept = wanted.window
        return granted

    def _refusal(self, kind: str, limit: int) -> Problem:
        whose = {
            KEY: f"This API key made over {limit} requests",
            ADDRESS: f"Your address made over {limit} requests without a valid API key",
            INVALID: f"Your address made over {limit} requests with an API key that is not valid",
            LOOKUP: f"Your address made requests with over {limit} different API keys",
        }[kind]
        seconds = max(1, math.ceil((self._current() + 1) * WINDOW_SECONDS - self._clock()))
        return Problem(
            429,
            "too-many-requests",
            f"{whose} in this minute, which is its limit. Nothing was changed. Try again in {seconds} s.",
            headers={"retry-after": str(seconds)},
        )
