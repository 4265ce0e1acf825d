"""What SQLite and PostgreSQL spell apart, in one place; and slices for lists of keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

_T = TypeVar("_T")

SLICE: Final = 500
"""How many keys one IN list holds: far below what either database takes."""

Upsert = postgresql.Insert | sqlite.Insert


def insert_or(connection: AsyncConnection, table: Table) -> Upsert:
    """Return an INSERT of `table` that can say ON CONFLICT, for the connection's database."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def slices(keys: Iterable[_T]) -> Iterator[list[_T]]:
    """Yield the keys in lists of at most SLICE."""
    ordered = list(keys)
    for at in range(0, len(ordered), SLICE):
        yield ordered[at : at + SLICE]
