"""Connections: one engine a process, short transactions, the same behaviour on SQLite and PostgreSQL.

SQLite runs in WAL mode with `synchronous=FULL`, so a commit survives a killed process and a power cut; write
transactions begin IMMEDIATE, so two writers wait for each other instead of failing half-way.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from chain_client.domain.errors import InvalidInput
from chain_client.store.failures import FAILURES, DatabaseCause, DatabaseUnavailable, as_unavailable

_BUSY_SECONDS = 30
_PROBE_MILLISECONDS = 2000
"""How long the question whether the database can store waits for another writer."""


class Store:
    """A pool of connections to one database. Make it with `open_store`; `close` it before the loop ends.

    `file` is the path of an SQLite database in a file; with `create` false it must exist already.
    """

    def __init__(self, engine: AsyncEngine, file: str | None = None, *, create: bool = True) -> None:
        self._engine = engine
        self._file = file
        self._create = create
        self._identity: tuple[int, int] | None = None  # of the file that the pool's connections have open

    @property
    def engine(self) -> AsyncEngine:
        """The SQLAlchemy engine, for migrations."""
        return self._engine

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection in one write transaction: committed at the end, rolled back on any error.

        Raises DatabaseUnavailable (retry) for every failure of the database itself: full, read-only, locked for 30 s,
        unreachable, moved away, damaged. Nothing is stored then. A statement at fault keeps its own error.
        """
        async with self._connection() as connection:
            if self._engine.dialect.name == "sqlite":
                await connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield connection
                self._check_file()
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

    async def why_unwritable(self) -> DatabaseUnavailable | None:
        """Return why nothing can be stored now; None where a write transaction that changes nothing succeeds.

        It costs a commit, so call it where something points to a failure, not on every request.
        """
        try:
            async with self._connection() as connection:
                if self._engine.dialect.name == "sqlite":
                    await _rewrite_version(connection)
                else:
                    await connection.exec_driver_sql("SELECT pg_current_xact_id()")
                    await connection.commit()
        except DatabaseUnavailable as error:
            return error
        return None

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncConnection]:
        await self._follow_file()
        connected = False
        try:
            async with self._engine.connect() as connection:
                connected = True
                if self._file is not None and self._identity is None:
                    self._identity = _identity(self._file)
                yield connection
        except FAILURES as error:
            # Once there is a connection, an OSError is the caller's own (a timeout of theirs is one, too).
            own = connected and isinstance(error, OSError)
            unavailable = None if own else as_unavailable(error)
            if unavailable is None:
                raise
            raise unavailable from error

    async def _follow_file(self) -> None:
        """Close connections to a file that is not the database's any more; never make a new one in its place.

        SQLite goes on writing into a file that was deleted or moved, and everything stored then is lost.
        """
        if self._file is None:
            return
        found = _identity(self._file)
        if self._identity is not None and found != self._identity:
            await self._engine.dispose()
            self._identity, self._create = None, False
        if found is None and not self._create:
            raise self._gone()

    def _check_file(self) -> None:
        if self._file is not None and _identity(self._file) != self._identity:
            raise self._gone()

    def _gone(self) -> DatabaseUnavailable:
        return DatabaseUnavailable(
            f"The database file {self._file} is gone. Put it back, or restore it from a copy.",
            DatabaseCause.GONE,
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


async def _rewrite_version(connection: AsyncConnection) -> None:
    """Write the database's version back as it is: its page goes to the disk all the same, which a row would not."""
    await connection.exec_driver_sql(f"PRAGMA busy_timeout = {_PROBE_MILLISECONDS}")
    try:
        await connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            version = (await connection.exec_driver_sql("PRAGMA user_version")).scalar_one()
            await connection.exec_driver_sql(f"PRAGMA user_version = {version}")
            await connection.exec_driver_sql("COMMIT")
        except BaseException:
            await connection.rollback()  # which SQLite may have done by itself
            raise
    finally:
        await connection.exec_driver_sql(f"PRAGMA busy_timeout = {_BUSY_SECONDS * 1000}")


def _identity(file: str) -> tuple[int, int] | None:
    try:
        found = os.stat(file)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def open_store(url: str, *, create: bool = True) -> Store:
    """Return a Store for a SQLAlchemy URL (`sqlite+aiosqlite:///path` or `postgresql+asyncpg://…`).

    Nothing is opened until first use; with `create` false an SQLite file that does not exist is then
    DatabaseUnavailable instead of a new, empty database. Raises InvalidInput for a URL that is none or of another
    database.
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

    file = parsed.database if parsed.database and parsed.database != ":memory:" else None
    return Store(engine, file, create=create)
