"""The application factory: `create_app(settings)` for a program, `from_environment` for `uvicorn --factory`."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from api import problems
from api.carriers.endpoints import router as carriers
from api.deliveries.endpoints import router as deliveries
from api.deliveries.reading import router as deliveries_read
from api.drivers.endpoints import router as drivers
from api.erasures.endpoints import router as erasures
from api.feedback.endpoints import router as feedback
from api.feedback.reading import router as feedback_read
from api.gathering import Gathering
from api.guard import BodyLimit, PrivateAnswers, RequestLimit
from api.history.endpoints import router as history
from api.intents.endpoints import router as intents
from api.key_changes.endpoints import router as key_changes
from api.me.endpoints import router as me
from api.openapi import describe
from api.pages import endpoints as pages
from api.rate_limits import RateLimiter, RateLimits
from api.read_tokens.endpoints import router as read_tokens
from api.reports.endpoints import router as reports
from api.services import Services
from api.settings import Settings
from api.status.endpoints import VERSION
from api.status.endpoints import router as status
from api.stream.endpoints import router as stream
from api.stream.streams import Streams
from api.turns import Turns
from chain_client.domain.errors import InvalidInput
from chain_client.intake import MAX_ITEMS, Answer, Intake, PreparedFeedback, Refusal
from chain_client.outbox.signer import LocalSigner, load_keystore
from chain_client.store import Store, open_store, register_ledger
from chain_client.vault.purge import Purger

_ROUTERS: Final = (
    deliveries,
    reports,
    feedback,
    key_changes,
    intents,
    deliveries_read,
    erasures,
    feedback_read,
    read_tokens,
    drivers,
    carriers,
    history,
    stream,
    me,
    status,
)
_DESCRIPTION: Final = """\
Verifiable delivery feedback. Shippers open deliveries, carriers report on them, recipients sign feedback; the ledger
keeps it, and reputations are computed from it by a published policy.

Members send `Authorization: Bearer <API key>`; a recipient reads their own delivery with `Doorstep-Read-Token`.
Times are RFC 3339, with a zone going in and `Z` coming out. Ids, hashes, keys and signatures are 0x-hex. Every error
is `application/problem+json` (RFC 9457). No 5xx refuses anything: each has `Retry-After`, and the same may be sent again;
any other error only after correcting what `errors` names.
Whatever is sent again unchanged is answered `duplicate`: retrying is always safe.
"""


def _clock() -> int:
    return int(time.time())


def create_app(settings: Settings, *, clock: Callable[[], int] = _clock) -> FastAPI:
    """Return the API over one ledger's database, whose schema must be there; nothing is opened before its lifespan.

    No node is needed: what is accepted waits in the database, what is read comes from the index. `clock` is this
    machine's, in Unix seconds.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        store = open_store(settings.database, create=False)
        try:
            made = await _services(settings, store, clock)
            app.state.services = made
            if settings.own_process:
                # Lists of a thousand items make many objects: each collection would walk through all code again.
                gc.collect()
                gc.freeze()
            purging = asyncio.create_task(made.purger.run(), name="purging")
            try:
                yield
            finally:
                made.purger.close()
                await purging
            made.streams.close()
            await made.feedback.close()
            await made.rates.close()
        finally:
            await store.close()

    app = FastAPI(
        title="Doorstep",
        version=VERSION,
        summary="Verifiable delivery feedback on a permissioned EVM network",
        description=_DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        lifespan=lifespan,
        redirect_slashes=False,
        docs_url=None,  # theirs come from elsewhere; /docs is one of the pages
        redoc_url=None,
    )
    app.add_middleware(BodyLimit, limit=settings.max_body_bytes)
    app.add_middleware(RequestLimit)
    app.add_middleware(PrivateAnswers)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST", "PUT", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Doorstep-Read-Token", "Last-Event-ID"],
            expose_headers=["Doorstep-Next-Cursor", "Retry-After"],
        )
    problems.install(app)
    for router in _ROUTERS:
        app.include_router(router)
    pages.install(app, settings.pages_dir)
    describe(app, settings)
    return app


def from_environment() -> FastAPI:
    """Return the API as the DOORSTEP_* variables say: `uvicorn --factory api.app:from_environment`."""
    return create_app(Settings.from_environment())


async def _services(settings: Settings, store: Store, clock: Callable[[], int]) -> Services:
    async with store.write() as connection:
        ledger_id = await register_ledger(connection, settings.identity)
    relay = await asyncio.to_thread(_relay, settings)
    intake = Intake(
        ledger_id, settings.identity, relay, settings.sealing_key, settings.receipt_seconds, settings.limits
    )

    async def store_feedback(requests: Sequence[PreparedFeedback | Refusal]) -> list[Answer]:
        async with store.write() as connection:
            return await intake.feedback(connection, requests, clock())

    return Services(
        settings=settings,
        store=store,
        ledger_id=ledger_id,
        intake=intake,
        relay=None if relay is None else relay.address,
        clock=clock,
        feedback=Gathering(store_feedback, most=MAX_ITEMS),
        streams=Streams(store, ledger_id, most=settings.max_streams),
        past=Turns(),
        purger=Purger(store, ledger_id, clock),
        rates=RateLimiter(store, ledger_id, _rate_limits(settings), clock),
    )


def _rate_limits(settings: Settings) -> RateLimits:
    return RateLimits(
        key=settings.requests_per_key,
        address=settings.requests_per_address,
        invalid=settings.invalid_keys_per_address,
    )


def _relay(settings: Settings) -> LocalSigner | None:
    if settings.relay_keystore is None or settings.relay_password_file is None:
        return None
    try:
        password = Path(settings.relay_password_file).read_text(encoding="utf-8").removesuffix("\n")
    except OSError as error:
        raise InvalidInput(
            "relay_password_file", f"{settings.relay_password_file} cannot be read: {error.strerror}"
        ) from error
    return load_keystore(settings.relay_keystore, password)
