"""Rows of the database as they are stored, each value held to its column's type before anything reads it as that type.

SQLite stores any value in any column; read through the tables' own types, a text where bytes belong would end the
verification instead of being found by it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any, Final

from sqlalchemy import Boolean, Column, Integer, LargeBinary, String, Table, select, type_coerce
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import NullType

from chain_client.store import LedgerId
from chain_client.store.tables import metadata
from scripts.verification.found import Differs, Findings

Values = dict[str, Any]
"""A row by column name."""

_RAW: Final = NullType()


async def rows(
    connection: AsyncConnection, table: Table, ledger_id: LedgerId
) -> AsyncGenerator[Values, None]:
    """Yield a table's rows of this ledger in the order of its primary key, without holding them all.

    Raises Differs naming row and column for a value that is not of its column's type, and for a table whose columns
    are not those of this version.
    """
    query = select(*(type_coerce(column, _RAW).label(column.name) for column in table.columns))
    if "ledger_id" in table.columns:
        query = query.where(table.c.ledger_id == ledger_id)
    names = [column.name for column in table.columns]
    try:
        async with connection.stream(query.order_by(*table.primary_key.columns)) as found:
            async for row in found:
                values = dict(zip(names, map(_plain, row), strict=True))
                _check_types(table, values)
                yield values
    except DBAPIError as error:
        raise Differs(
            "database", f"table {table.name}", "a table with the columns of this version", error.orig
        ) from error


def _plain(value: Any) -> Any:
    if isinstance(value, memoryview):
        return bytes(value)
    return int(value) if isinstance(value, bool) else value


def _check_types(table: Table, values: Values) -> None:
    for column in table.columns:
        value = values[column.name]
        expected = _expected(column, value)
        if expected is not None:
            raise Differs(
                "database", f"{column.name} in {table.name} ({named(table, values)})", expected, _told(value)
            )


def _expected(column: Column[Any], value: Any) -> str | None:
    """Return what the column should hold, in words, where `value` is not that."""
    if value is None:
        return None if column.nullable else "a value"
    kind = column.type
    match kind:
        case LargeBinary():
            if isinstance(value, bytes) and (kind.length is None or len(value) == kind.length):
                return None
            return "bytes" if kind.length is None else f"{kind.length} bytes"
        case Boolean():
            return None if value in (0, 1) and isinstance(value, int) else "true or false"
        case Integer():
            return None if isinstance(value, int) else "a whole number"
        case String():
            return None if isinstance(value, str) else "text"
    return None


def _told(value: Any) -> str:
    match value:
        case None:
            return "nothing"
        case bytes():
            return f"{len(value)} bytes 0x{value.hex()}"
        case str():
            return f"text {value!r}"
    return f"{type(value).__name__} {value}"


def key_names(table: Table) -> list[str]:
    """Return the primary key's columns within one ledger."""
    return [column.name for column in table.primary_key.columns if column.name != "ledger_id"]


def named(table: Table, values: Values) -> str:
    """Return a row's name for people: its key's columns and values."""
    names = key_names(table) or list(table.primary_key.columns.keys())
    return ", ".join(
        f"{name} {value if not isinstance(value := values[name], bytes) else '0x' + value.hex()}"
        for name in names
    )


async def check_types(connection: AsyncConnection, ledger_id: LedgerId, findings: Findings) -> None:
    """Hold every value of every table to its column's type; raises Differs."""
    for table in metadata.sorted_tables:
        async for _ in rows(connection, table, ledger_id):
            findings.compared["rows of the right types"] += 1
