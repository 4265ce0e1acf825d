"""Pages and cursors.

A cursor holds the place of the page's last entry and the hash of its block: where the chain was rewound below it,
the next page cannot be told any more, and the answer is 410. It is opaque to callers and carries a checksum.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from typing import Annotated, Final

from fastapi import Query
from sqlalchemy.ext.asyncio import AsyncConnection

from api.problems import Problem
from chain_client.domain.errors import InvalidInput
from chain_client.domain.ids import ZERO_HASH, Hash32
from chain_client.indexer import reader as index
from chain_client.indexer.reader import EntryRow, Place
from chain_client.store import LedgerId

DEFAULT_LIMIT: Final = 100
MAX_LIMIT: Final = 1000
_LAYOUT: Final = struct.Struct(">BQI32s")
_VERSION: Final = 1
_CHECKSUM: Final = 4
_LARGEST: Final = (1 << 63) - 1

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Most items of this page.")]
MaybeLimit = Annotated[
    int | None, Query(ge=1, le=MAX_LIMIT, description="Most items of this page; without it, see above.")
]
Cursor = Annotated[
    str | None,
    Query(max_length=128, description="`next_cursor` of the page before; the first page has none."),
]


def encode_cursor(number: int, index: int = 0, block_hash: Hash32 = ZERO_HASH) -> str:
    """Return the cursor of a place; a list that no rewind moves has no block hash."""
    raw = _LAYOUT.pack(_VERSION, number, index, block_hash)
    return base64.urlsafe_b64encode(raw + _checksum(raw)).rstrip(b"=").decode()


def decode_cursor(text: str, field: str = "cursor") -> tuple[Place, Hash32]:
    """Return a cursor's place and block hash; raises InvalidInput naming `field` for what is no cursor."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    body, checksum = raw[:-_CHECKSUM], raw[-_CHECKSUM:]
    if len(body) == _LAYOUT.size and checksum == _checksum(body):
        version, number, log_index, block_hash = _LAYOUT.unpack(body)
        # The checksum is no signature: a number that the database cannot hold was never given, but may be sent.
        if version == _VERSION and number <= _LARGEST:
            return Place(number, log_index), Hash32(block_hash)
    raise InvalidInput(
        field, "is no cursor that this server gave; take one unchanged from where it was given"
    )


def _checksum(raw: bytes) -> bytes:
    return hashlib.sha256(raw).digest()[:_CHECKSUM]


async def place_of(connection: AsyncConnection, ledger_id: LedgerId, cursor: str | None) -> Place | None:
    """Return the place that an entries' cursor stands for; 410 where its block is no longer on the chain."""
    if cursor is None:
        return None
    place, block_hash = decode_cursor(cursor)
    if await index.block_hash(connection, ledger_id, place.block_number) != block_hash:
        raise Problem(
            410, "cursor-rewound", "The chain was rewound below this cursor: start again without a cursor."
        )
    return place


async def next_cursor(
    connection: AsyncConnection, ledger_id: LedgerId, page: list[EntryRow], limit: int
) -> str | None:
    """Return the cursor after a page of entries; None where the page was not full, so that it is the last so far."""
    return await cursor_at(connection, ledger_id, page[-1].place if len(page) == limit else None)


async def cursor_at(connection: AsyncConnection, ledger_id: LedgerId, place: Place | None) -> str | None:
    """Return the cursor of an entry's place; None for none."""
    if place is None:
        return None
    block_hash = await index.block_hash(connection, ledger_id, place.block_number)
    return encode_cursor(place.block_number, place.log_index, block_hash or ZERO_HASH)
