"""Items, intents and a database to put them in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import select

from chain_client.domain.hashing import keccak256
from chain_client.domain.ids import ZERO_HASH, Address, DeliveryId, DriverNumber, Hash32, MemberNumber
from chain_client.domain.ledger import LedgerIdentity
from chain_client.domain.records import KIND_OF, Feedback, Item, Opening, Report
from chain_client.domain.signatures import CompactSignature
from chain_client.outbox.records import SIGNED, NewIntent
from chain_client.store import LedgerId, Store, migrate, open_store, register_ledger
from chain_client.store.tables import intents

IDENTITY = LedgerIdentity(20260, Hash32(b"\x01" * 32), Address(b"\x02" * 20), 3, Hash32(b"\x04" * 32))
SHIPPER = MemberNumber(1)
CARRIER = MemberNumber(2)
NOW = 1_800_000_000


def delivery(number: int, shipper: int = SHIPPER) -> DeliveryId:
    return DeliveryId(shipper.to_bytes(2, "big") + keccak256(b"delivery %d" % number)[:30])


def opening(of: DeliveryId, **changes: Any) -> Opening:
    fields: dict[str, Any] = {
        "delivery_id": of,
        "recipient_key": Address(b"\x11" * 20),
        "carrier": CARRIER,
        "promised_by": NOW + 86_400,
        "record_hash": ZERO_HASH,
    }
    return Opening(**fields | changes)


def report(of: DeliveryId, outcome: int = 1, **changes: Any) -> Report:
    fields: dict[str, Any] = {
        "delivery_id": of,
        "driver": DriverNumber(1),
        "outcome": outcome,
        "occurred_at": NOW,
        "evidence_hash": ZERO_HASH,
    }
    return Report(**fields | changes)


def feedback(of: DeliveryId, revision: int = 1, **changes: Any) -> Feedback:
    fields: dict[str, Any] = {
        "delivery_id": of,
        "driver": DriverNumber(1),
        "overall": 5,
        "timeliness": 0,
        "packaging": 0,
        "professionalism": 0,
        "accuracy": 0,
        "issues": 0,
        "content_hash": ZERO_HASH,
        "revision": revision,
    }
    return Feedback(**fields | changes)


def intent(
    item: Item,
    member: int = SHIPPER,
    *,
    key: bytes | None = None,
    body: bytes = b"body",
    signature: CompactSignature | None = None,
) -> NewIntent:
    kind = KIND_OF[type(item)]
    if kind in SIGNED and signature is None:
        signature = CompactSignature(b"\x07" * 64)
    return NewIntent(
        member=MemberNumber(member),
        kind=kind,
        delivery_id=item.delivery_id,
        key=key if key is not None else keccak256(repr(item).encode()),
        body_hash=Hash32(keccak256(body)),
        item=item,
        signature=signature,
    )


@asynccontextmanager
async def ledger_store(
    path: Path, identity: LedgerIdentity = IDENTITY
) -> AsyncIterator[tuple[Store, LedgerId]]:
    """A migrated database file that holds one ledger."""
    store = open_store(f"sqlite+aiosqlite:///{path}")
    try:
        await migrate(store)
        async with store.write() as connection:
            ledger_id = await register_ledger(connection, identity)
        yield store, ledger_id
    finally:
        await store.close()


async def rows_of(store: Store) -> list[Any]:
    """Every intent's row, in order of acceptance."""
    async with store.read() as connection:
        return list((await connection.execute(select(intents).order_by(intents.c.seq))).all())
