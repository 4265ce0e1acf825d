"""Private documents: a delivery's record, a report's evidence, a feedback's content.

On chain stands only `keccak256(salt ‖ canonical JSON)`. Salt and text stand here side by side and go together: what
is left after erasure is a hash that says nothing. Who may read a document is the caller's to decide.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

import orjson
from sqlalchemy import Row, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.domain.digests import canonical_json
from chain_client.domain.errors import InvalidInput
from chain_client.domain.hashing import keccak256
from chain_client.domain.ids import DeliveryId, Hash32
from chain_client.store import LedgerId
from chain_client.store.tables import documents
from chain_client.vault._rows import chunks, insert_missing

DocumentKind = Literal["record", "evidence", "content"]


@dataclass(frozen=True, slots=True)
class Document:
    """A document to keep: `hash` is `keccak256(salt ‖ body)`, `body` its RFC 8785 canonical JSON."""

    hash: Hash32
    kind: DocumentKind
    delivery_id: DeliveryId
    salt: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document as kept; `salt` and `body` are None once it is erased."""

    hash: Hash32
    kind: DocumentKind
    delivery_id: DeliveryId
    salt: bytes | None
    body: bytes | None

    @property
    def erased(self) -> bool:
        """Whether salt and text are gone."""
        return self.body is None

    @property
    def intact(self) -> bool:
        """Whether salt and text are what the hash was made of; also once both are erased."""
        if self.salt is None or self.body is None:
            return self.salt is self.body
        return keccak256(self.salt + self.body) == self.hash

    @property
    def content(self) -> Mapping[str, object] | None:
        """The document itself; None once it is erased."""
        return None if self.body is None else cast(Mapping[str, object], orjson.loads(self.body))


def make(
    kind: DocumentKind, delivery_id: DeliveryId, content: Mapping[str, object], salt: bytes | None = None
) -> Document:
    """Return the document ready to keep, under `salt` or 32 random bytes made here.

    Raises InvalidInput for a salt of another length and for what canonical JSON cannot hold.
    """
    return of_body(kind, delivery_id, canonical_json(content), salt)


def of_body(kind: DocumentKind, delivery_id: DeliveryId, body: bytes, salt: bytes | None = None) -> Document:
    """Return the document whose canonical JSON is `body`: `make` for one that was already written."""
    if salt is None:
        salt = secrets.token_bytes(32)
    elif len(salt) != 32:
        raise InvalidInput("salt", f"must be 32 bytes, not {len(salt)}")
    return Document(Hash32(keccak256(salt + body)), kind, delivery_id, salt, body)


async def put(connection: AsyncConnection, ledger_id: LedgerId, kept: Sequence[Document]) -> None:
    """Keep the documents; one that is there already stays as it is, an erased one erased."""
    await insert_missing(
        connection,
        documents,
        [
            {
                "ledger_id": ledger_id,
                "hash": document.hash,
                "kind": document.kind,
                "delivery_id": document.delivery_id,
                "salt": document.salt,
                "body": document.body,
                "erased": False,
            }
            for document in kept
        ],
    )


async def get(
    connection: AsyncConnection, ledger_id: LedgerId, delivery_id: DeliveryId, document_hash: Hash32
) -> StoredDocument | None:
    """Return the delivery's document of this hash; None where it was never kept here."""
    row = (
        await connection.execute(
            select(documents).where(
                documents.c.ledger_id == ledger_id,
                documents.c.delivery_id == delivery_id,
                documents.c.hash == document_hash,
            )
        )
    ).one_or_none()
    return None if row is None else _stored(row)


async def of_delivery(
    connection: AsyncConnection, ledger_id: LedgerId, delivery_id: DeliveryId
) -> dict[Hash32, StoredDocument]:
    """Return the delivery's documents by hash, erased ones included."""
    rows = await connection.execute(
        select(documents).where(documents.c.ledger_id == ledger_id, documents.c.delivery_id == delivery_id)
    )
    return {Hash32(row.hash): _stored(row) for row in rows}


async def by_hash(
    connection: AsyncConnection, ledger_id: LedgerId, which: Iterable[tuple[DeliveryId, Hash32]]
) -> dict[tuple[DeliveryId, Hash32], StoredDocument]:
    """Return these documents of several deliveries, erased ones included; what was never kept is left out."""
    wanted = set(which)
    found: dict[tuple[DeliveryId, Hash32], StoredDocument] = {}
    for some in chunks(sorted(wanted)):
        rows = await connection.execute(
            select(documents).where(
                documents.c.ledger_id == ledger_id,
                documents.c.delivery_id.in_({delivery for delivery, _ in some}),
                documents.c.hash.in_({document_hash for _, document_hash in some}),
            )
        )
        for row in rows:
            key = DeliveryId(row.delivery_id), Hash32(row.hash)
            if key in wanted:
                found[key] = _stored(row)
    return found


async def each(connection: AsyncConnection, ledger_id: LedgerId) -> AsyncIterator[StoredDocument]:
    """Yield every document of the ledger, by delivery and hash, without holding them all."""
    rows = await connection.stream(
        select(documents)
        .where(documents.c.ledger_id == ledger_id)
        .order_by(documents.c.delivery_id, documents.c.hash)
    )
    async for row in rows:
        yield _stored(row)


async def forget_records(
    connection: AsyncConnection, ledger_id: LedgerId, delivery_ids: Iterable[DeliveryId]
) -> None:
    """Delete these deliveries' records, hash included, for deliveries that never came on chain."""
    for some in chunks(list(delivery_ids)):
        await connection.execute(
            delete(documents).where(
                documents.c.ledger_id == ledger_id,
                documents.c.delivery_id.in_(some),
                documents.c.kind == "record",
            )
        )


async def erase(
    connection: AsyncConnection,
    ledger_id: LedgerId,
    delivery_id: DeliveryId,
    document_hash: Hash32 | None = None,
) -> int:
    """Wipe salt and text of the delivery's document of this hash, or of all of its documents; return how many.

    The hash stays, so that the same text sent again is not kept again. Cannot be undone.
    """
    which = [documents.c.ledger_id == ledger_id, documents.c.delivery_id == delivery_id]
    if document_hash is not None:
        which.append(documents.c.hash == document_hash)
    result = await connection.execute(
        update(documents)
        .where(*which, documents.c.erased.is_(False))
        .values(salt=None, body=None, erased=True)
    )
    return result.rowcount


def _stored(row: Row[tuple[object, ...]]) -> StoredDocument:
    return StoredDocument(
        hash=Hash32(row.hash),
        kind=row.kind,
        delivery_id=DeliveryId(row.delivery_id),
        salt=row.salt,
        body=row.body,
    )
