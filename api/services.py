"""What every endpoint is given: the store, the ledger, the intake and the clock, made once by the app's lifespan."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncConnection

from api.gathering import Gathering
from api.rate_limits import RateLimiter
from api.settings import Settings
from api.stream.streams import Streams
from api.turns import Turns
from chain_client.domain.ids import Address
from chain_client.health import Limits
from chain_client.intake import Intake, PreparedFeedback, Refusal
from chain_client.store import LedgerId, Store
from chain_client.vault.purge import Purger


@dataclass(frozen=True, slots=True)
class Services:
    """One per process; nothing in it changes while the app runs."""

    settings: Settings
    store: Store
    ledger_id: LedgerId
    intake: Intake
    relay: Address | None
    clock: Callable[[], int]
    """This machine's clock, Unix seconds; the ledger's rules go by the chain's, which the index holds."""
    feedback: Gathering[PreparedFeedback | Refusal]
    streams: Streams
    past: Turns
    """For answers as of a past instant."""
    purger: Purger
    """Makes what is erased leave the database's files."""
    rates: RateLimiter

    @property
    def limits(self) -> Limits:
        """From when on the service says that it is not ready."""
        return self.settings.limits


async def services(request: Request) -> Services:
    """Return what the lifespan made (a coroutine, as FastAPI runs plain functions in a thread of their own)."""
    found: Services = request.app.state.services
    return found


Context = Annotated[Services, Depends(services)]


async def _reading(request: Request, context: Context) -> AsyncIterator[AsyncConnection]:
    async with context.store.read(f"{request.method} {request.url.path}") as connection:
        yield connection


Reading = Annotated[AsyncConnection, Depends(_reading, scope="function")]
"""A read transaction over the endpoint's run: everything in one answer is of one state."""
