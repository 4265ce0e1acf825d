"""Which errors are the database's own failures, and what each means.

Sources: SQLite's result codes (https://sqlite.org/rescode.html) and PostgreSQL's SQLSTATE classes (appendix A of its
manual). An error that no row names is a statement at fault, which trying again cannot cure.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from chain_client.domain.errors import Unavailable


class DatabaseCause(StrEnum):
    """Why a database did not do what was asked."""

    FULL = "full"
    READ_ONLY = "read-only"
    IO = "io"
    LOCKED = "locked"
    GONE = "gone"
    DAMAGED = "damaged"


class DatabaseUnavailable(Unavailable):
    """The database failed or stayed locked; nothing was changed. `cause` says how; retry once it is cured."""

    code = "database-unavailable"

    def __init__(self, message: str, cause: DatabaseCause = DatabaseCause.GONE) -> None:
        self.cause = cause
        super().__init__(message)


_SQLITE: Final[Mapping[int, DatabaseCause]] = {
    sqlite3.SQLITE_PERM: DatabaseCause.READ_ONLY,
    sqlite3.SQLITE_BUSY: DatabaseCause.LOCKED,
    sqlite3.SQLITE_LOCKED: DatabaseCause.LOCKED,
    sqlite3.SQLITE_NOMEM: DatabaseCause.IO,
    sqlite3.SQLITE_READONLY: DatabaseCause.READ_ONLY,
    sqlite3.SQLITE_IOERR: DatabaseCause.IO,
    sqlite3.SQLITE_CORRUPT: DatabaseCause.DAMAGED,
    sqlite3.SQLITE_FULL: DatabaseCause.FULL,
    sqlite3.SQLITE_CANTOPEN: DatabaseCause.GONE,
    sqlite3.SQLITE_PROTOCOL: DatabaseCause.LOCKED,
    sqlite3.SQLITE_AUTH: DatabaseCause.READ_ONLY,
    sqlite3.SQLITE_NOTADB: DatabaseCause.DAMAGED,
}
"""By primary result code: the low byte of the extended one."""

_SQLSTATES: Final[tuple[tuple[str, DatabaseCause], ...]] = (
    ("53100", DatabaseCause.FULL),
    ("25006", DatabaseCause.READ_ONLY),
    ("55P03", DatabaseCause.LOCKED),
    ("40", DatabaseCause.LOCKED),  # serialization failure, deadlock
    ("08", DatabaseCause.GONE),  # connection
    ("57", DatabaseCause.GONE),  # shut down, or not started yet
    ("53", DatabaseCause.IO),  # out of memory, connections, resources
    ("58", DatabaseCause.IO),
    ("XX001", DatabaseCause.DAMAGED),
    ("XX002", DatabaseCause.DAMAGED),
)

FAILURES: Final = (PoolTimeout, DBAPIError, sqlite3.Error, OSError)
"""What a failing database raises, among other things: `as_unavailable` tells them apart."""


def as_unavailable(error: BaseException) -> DatabaseUnavailable | None:
    """Return the failure that an error of `FAILURES` means; None where the statement or the caller is at fault."""
    if isinstance(error, PoolTimeout):
        return DatabaseUnavailable(
            "Every connection to the database stayed in use. Try again later.", DatabaseCause.LOCKED
        )
    original = error.orig if isinstance(error, DBAPIError) else error
    cause = _cause(original)
    if cause is None and isinstance(error, DBAPIError) and error.connection_invalidated:
        cause = DatabaseCause.GONE
    if cause is None:
        return None
    return DatabaseUnavailable(f"The database did not do it: {original}. Try again later.", cause)


def _cause(original: BaseException | None) -> DatabaseCause | None:
    number = getattr(original, "sqlite_errorcode", None)
    if isinstance(number, int):
        return _SQLITE.get(number & 0xFF)
    state = getattr(original, "sqlstate", None)
    if isinstance(state, str):
        return next((cause for prefix, cause in _SQLSTATES if state.startswith(prefix)), None)
    chained = original.__cause__ if original is not None else None
    return DatabaseCause.GONE if isinstance(original, OSError) or isinstance(chained, OSError) else None
