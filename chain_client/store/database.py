"""Connections: one engine a process, short transactions, the same behaviour on SQLite and PostgreSQL.

SQLite runs in WAL mode with `synchronous=FULL`, so a commit survives a killed process and a power cut; write
transactions begin IMMEDIATE, so two writers wait for each other instead of failing half-way.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from chain_client.domain.errors import InvalidInput
from chain_client.store import holders
from chain_client.store.failures import FAILURES, DatabaseCause, DatabaseUnavailable, as_unavailable

_BUSY_SECONDS = 30
_PROBE_MILLISECONDS = 2000
"""How long the question whether the database can store waits for another writer."""
_TRUNCATE_MILLISECONDS: Final = 200
"""How long the truncation of the log waits for readers; it keeps writers waiting meanwhile."""


class Store:
    """A pool of connections to one database. Make it with `open_store`; `close` it before the loop ends.

    `file` is the path of an SQLite database in a file; with `create` false it must exist already.
    """

    def __init__(self, engine: AsyncEngine, file: str | None = None, *, create: bool = True) -> None:
        self._engine = engine
        self._file = file
        self._create = create
        self._identity: tuple[int, int] | None = None  # of the file that the pool's connections have open
        self._transactions = holders.Transactions()

    @property
    def engine(self) -> AsyncEngine:
        """The SQLAlchemy engine, for migrations."""
        return self._engine

    @asynccontextmanager
    async def write(self, purpose: str = "a write") -> AsyncIterator[AsyncConnection]:
        """Give a connection in one write transaction: committed at the end, rolled back on any error.

        `purpose` is what `log_holders` calls it. Raises DatabaseUnavailable (retry) for every failure of the database itself: full, read-only, locked for 30 s,
        unreachable, moved away, damaged. Nothing is stored then. A statement at fault keeps its own error.
        """
        async with self._connection(purpose) as connection:
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
    async def read(self, purpose: str = "a read") -> AsyncIterator[AsyncConnection]:
        """Give a connection that sees one consistent state and changes nothing; `purpose` and errors as `write`."""
        async with self._connection(purpose) as connection:
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
    async def _connection(self, purpose: str = "a check") -> AsyncIterator[AsyncConnection]:
        await self._follow_file()
        connected = False
        try:
            async with self._engine.connect() as connection:
                connected = True
                if self._file is not None and self._identity is None:
                    self._identity = _identity(self._file)
                pool = self._engine.pool
                try:
                    with self._transactions.holding(purpose):
                        yield connection
                finally:
                    if self._engine.pool is not pool:
                        # The file was changed under it: its pool is gone, and nobody else would close it.
                        await connection.invalidate()
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

    @property
    def file(self) -> Path | None:
        """The SQLite database's file; None for one in memory or of a server."""
        return None if self._file is None else Path(self._file)

    async def truncate_log(self) -> bool:
        """Bring SQLite's write-ahead log into the database and cut the log's file to nothing; return whether that was done.

        Not while a transaction reads an older state, here or in another process: `log_holders` names them; call again.
        Keeps writers waiting for at most 0.2 s. True at once for a database of another kind. Errors as `write`.
        """
        if self.file is None:
            return True
        async with self._connection("a truncation of the log") as connection:
            await connection.exec_driver_sql(f"PRAGMA busy_timeout={_TRUNCATE_MILLISECONDS}")
            try:
                row = (await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")).one()
            finally:
                await connection.exec_driver_sql(f"PRAGMA busy_timeout={_BUSY_SECONDS * 1000}")
        return bool(row[0] == 0)

    async def vacuum(self) -> None:
        """Write SQLite's database anew, so that no page keeps what was deleted; nothing for one of another kind.

        Takes as long as copying the file, keeps writers waiting meanwhile, and needs as much room again. Errors as
        `write`.
        """
        if self.file is None:
            return
        async with self._connection("a vacuum") as connection:
            await connection.exec_driver_sql("VACUUM")

    def log_holders(self) -> list[str]:
        """Return in words who keeps SQLite's log from being truncated, as far as this system tells."""
        if self.file is None:
            return []
        own = os.getpid()
        others = [holders.name_of(one) for one in holders.processes(self.file) if one != own]
        return [f"this process: {one}" for one in self._transactions.shown()] + others

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
        return Store(create_async_engine(parsed, pool_pre_ping=True, hide_parameters=True))
    # As many as a worker has lanes: what goes beyond the pool is opened and closed, thread and all, at every look.
    # What a statement was given may be private text: no error, and so no log, repeats it.
    engine = create_async_engine(
        parsed, connect_args={"timeout": _BUSY_SECONDS}, pool_size=32, hide_parameters=True
    )

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
