"""How events look on the wire."""

from __future__ import annotations

import orjson

from api.entries import shown
from api.stream.tail import Mark
from chain_client.indexer.reader import EntryRow

HEARTBEAT = b":\n\n"


def event(name: str, data: bytes, cursor: str | None = None) -> bytes:
    """Return one event; `data` is JSON in one line."""
    place = "" if cursor is None else f"id: {cursor}\n"
    return f"event: {name}\n{place}data: ".encode() + data + b"\n\n"


def entry_event(mark: Mark, row: EntryRow) -> bytes:
    """Return the event of an entry."""
    return event("entry", orjson.dumps(shown(row)), mark.cursor)
