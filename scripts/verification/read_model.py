"""The read model that the events come to against the one that is stored and served, row by row."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any, Final

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.store import LedgerId
from chain_client.store.tables import DERIVED, cursors
from scripts.verification.found import Differs, Findings
from scripts.verification.recompute import Recomputed
from scripts.verification.rows import Values, key_names, named, rows

TABLES: Final = [table for table in DERIVED if table is not cursors]
Advance = Callable[[int], None]


async def compare(
    recomputed: Recomputed, live: AsyncConnection, ledger_id: LedgerId, findings: Findings, advance: Advance
) -> None:
    """Compare every row of every derived table; raises Differs naming table, row and column."""
    async with recomputed.store.read() as connection:
        for table in TABLES:
            ours = rows(connection, table, recomputed.ledger_id)
            theirs = rows(live, table, ledger_id)
            async with aclosing(ours), aclosing(theirs):
                await _same_rows(table, ours, theirs, findings)
            advance(1)


async def _same_rows(
    table: Table, ours: AsyncIterator[Values], theirs: AsyncIterator[Values], findings: Findings
) -> None:
    columns = [column.name for column in table.columns if column.name != "ledger_id"]
    keys = key_names(table)

    def key(values: Values) -> tuple[Any, ...]:
        return tuple(values[name] for name in keys)

    while True:
        one, other = await anext(ours, None), await anext(theirs, None)
        if one is None and other is None:
            return
        if one is None or (other is not None and key(other) < key(one)):
            assert other is not None
            raise Differs("read model", f"row of {table.name} ({named(table, other)})", None, "a row")
        if other is None or key(other) != key(one):
            raise Differs("read model", f"row of {table.name} ({named(table, one)})", "a row", None)
        for name in columns:
            if one[name] != other[name]:
                what = f"{name} in {table.name} ({named(table, one)})"
                raise Differs("read model", what, one[name], other[name])
        findings.compared[f"rows of {table.name}"] += 1
