"""Connections: one engine a process, short transactions, the same behaviour on SQLite and PostgreSQL.

SQLite runs in WAL mode with `synchronous=FULL`, so a commit survives a killed process and a power cut; write
transactions begin IMMEDIATE, so two writers wait for each other instead of failing half-way.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from chain_client.domain.errors import InvalidInput, Unavailable

_BUSY_SECONDS = 30


class DatabaseUnavailable(Unavailable):
    """The database did not answer or stayed locked; nothing was changed."""

    code = "database-unavailable"


class Store:
    """A pool of connections to one database. Make it with `open_store`; `close` it before the loop ends."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @property
    def engine(self) -> AsyncEngine:
        """The SQLAlchemy engine, for migrations."""
        return self._engine

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection in one write transaction: committed at the end, rolled back on any error.

        Raises DatabaseUnavailable (retry) where the database does not answer or stays locked for 30 s.
        """
        async with self._connection() as connection:
            if self._engine.dialect.name == "sqlite":
                await connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                await connection.rollback()
                raise
            await connection.commit()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection that sees one consistent state and changes nothing; errors as `write`."""
        async with self._connection() as connection:
            if self._engine.dialect.name == "sqlite":
                await connection.exec_driver_sql("BEGIN")
            else:
                await connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:
                yield connection
            finally:
                await connection.rollback()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncConnection]:
        try:
            async with self._engine.connect() as connection:
                yield connection
        except PoolTimeout as error:
            raise DatabaseUnavailable(
                "Every connection to the database stayed in use. Try again later."
            ) from error
        except DBAPIError as error:
            if error.connection_invalidated or _is_lock_or_loss(error):
                raise DatabaseUnavailable(
                    f"The database did not answer: {error.orig}. Try again later."
                ) from error
            raise

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


def _is_lock_or_loss(error: DBAPIError) -> bool:
    text = str(error.orig)
    return (
        "database is locked" in text or "unable to open database" in text or isinstance(error.orig, OSError)
    )


def open_store(url: str) -> Store:
    """Return a Store for a SQLAlchemy URL (`sqlite+aiosqlite:///path` or `postgresql+asyncpg://…`).

    Nothing is opened until first use. Raises InvalidInput for a URL that is none or of another database.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise InvalidInput("database", f"is no SQLAlchemy URL: {error}") from error
    if parsed.drivername not in ("sqlite+aiosqlite", "postgresql+asyncpg"):
        raise InvalidInput(
            "database",
            f"must begin with sqlite+aiosqlite:// or postgresql+asyncpg://, not {parsed.drivername}://",
        )
    if parsed.get_backend_name() != "sqlite":
        return Store(create_async_engine(parsed, pool_pre_ping=True))
    # As many as a worker has lanes: what goes beyond the pool is opened and closed, thread and all, at every look.
    engine = create_async_engine(parsed, connect_args={"timeout": _BUSY_SECONDS}, pool_size=32)

    @event.listens_for(engine.sync_engine, "connect")
    def _configure(connection: Any, _record: object) -> None:
        # The driver must not begin transactions by itself: `write` and `read` say how they begin.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        # Erased text is overwritten, not only unlinked.
        cursor.execute("PRAGMA secure_delete=ON")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    return Store(engine)
