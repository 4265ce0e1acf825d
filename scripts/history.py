"""`doorstep history`: the record, from the index, without node or API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

from api.entries import shown
from chain_client.indexer import reader
from chain_client.indexer.reader import EntryRow, HistoryQuery, Place
from scripts.datadir import DataDirectory
from scripts.network import open_database
from scripts.output import Output

_PAGE: Final = 1_000


async def entries(
    directory: DataDirectory, query: HistoryQuery, limit: int | None
) -> AsyncIterator[EntryRow]:
    """Yield the entries that `query` names, in chain order, at most `limit`; one state throughout."""
    async with open_database(directory.require()) as (store, ledger_id), store.read() as connection:
        after: Place | None = None
        left = limit
        while left is None or left > 0:
            size = _PAGE if left is None else min(_PAGE, left)
            page = await reader.history(connection, ledger_id, query, after=after, limit=size)
            for entry in page:
                yield entry
            if len(page) < size:
                return
            after = page[-1].place
            left = None if left is None else left - len(page)


async def run(directory: DataDirectory, query: HistoryQuery, limit: int | None, output: Output) -> None:
    """Write the entries: a table, or with JSON one entry a line as the API has it."""
    if output.json:
        async for entry in entries(directory, query, limit):
            output.lines([shown(entry)])
        return
    rows = []
    async for entry in entries(directory, query, limit):
        document = shown(entry)
        rows.append(
            (
                document["block"],
                document["log_index"],
                document["time"],
                document["kind"],
                (document["delivery_id"] or "")[:14],
                entry.carrier or None,
                entry.driver or None,
                _said(document["item"]),
            )
        )
    columns = ("block", "log", "time", "kind", "delivery", "carrier", "driver", "")
    output.table(f"{len(rows)} entries", columns, rows)


def _said(item: dict[str, Any]) -> str:
    words = []
    for name in (
        "outcome",
        "occurred_at",
        "promised_by",
        "overall",
        "issues",
        "revision",
        "new_key",
        "note_kind",
    ):
        value = item.get(name)
        if value or value == 0:
            words.append(f"{name} {', '.join(value) if isinstance(value, list) else value}")
    return "; ".join(words)
