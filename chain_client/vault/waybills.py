"""Waybills and links: which delivery a shipper's waybill is, its salt, and the hash of the recipient's read token.

A link's secret is here only where the service made the link, sealed, for 24 hours, so that a shop whose call was cut
off can ask again; then it is wiped.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Row, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.domain.errors import Unavailable
from chain_client.domain.ids import DeliveryId, Hash32, MemberNumber
from chain_client.domain.links import read_token_hash
from chain_client.store import LedgerId
from chain_client.store.tables import waybills
from chain_client.vault._rows import chunks

_NO_HASH = bytes(32)


class WaybillRace(Unavailable):
    """Another call kept the same waybill at this very moment; nothing of this call was stored. Call again."""

    code = "waybill-race"


@dataclass(frozen=True, slots=True)
class Waybill:
    """A delivery's waybill as kept; `waybill` and `salt` are None once erased, the sealed secret after its time."""

    delivery_id: DeliveryId
    shipper: MemberNumber
    waybill: str | None
    salt: bytes | None
    read_token_hash: Hash32 | None
    sealed_secret: bytes | None = None
    sealed_until: int | None = None


async def keep(connection: AsyncConnection, ledger_id: LedgerId, kept: Sequence[Waybill]) -> None:
    """Keep waybills that the caller has found unknown in this transaction.

    Raises WaybillRace (retry the whole transaction) where one of them was kept in between.
    """
    if not kept:
        return
    rows = [
        {
            "ledger_id": ledger_id,
            "delivery_id": waybill.delivery_id,
            "shipper": waybill.shipper,
            "waybill": waybill.waybill,
            "salt": waybill.salt,
            "read_token_hash": waybill.read_token_hash,
            "sealed_secret": waybill.sealed_secret,
            "sealed_until": waybill.sealed_until,
        }
        for waybill in kept
    ]
    try:
        await connection.execute(insert(waybills), rows)
    except IntegrityError as error:
        raise WaybillRace("One of these waybills was just kept by another call. Call again.") from error


async def by_waybill(
    connection: AsyncConnection, ledger_id: LedgerId, shipper: MemberNumber, names: Iterable[str]
) -> dict[str, Waybill]:
    """Return what is kept of this shipper's waybills, by waybill; erased ones are found no more."""
    found: dict[str, Waybill] = {}
    for chunk in chunks(list(names)):
        mine = (waybills.c.ledger_id == ledger_id, waybills.c.shipper == shipper)
        rows = await connection.execute(select(waybills).where(*mine, waybills.c.waybill.in_(chunk)))
        found.update((row.waybill, _waybill(row)) for row in rows)
    return found


async def by_delivery(
    connection: AsyncConnection, ledger_id: LedgerId, delivery_ids: Iterable[DeliveryId]
) -> dict[DeliveryId, Waybill]:
    """Return what is kept of these deliveries' waybills, by delivery."""
    found: dict[DeliveryId, Waybill] = {}
    for chunk in chunks(list(delivery_ids)):
        rows = await connection.execute(
            select(waybills).where(waybills.c.ledger_id == ledger_id, waybills.c.delivery_id.in_(chunk))
        )
        found.update((DeliveryId(row.delivery_id), _waybill(row)) for row in rows)
    return found


async def check_read_token(
    connection: AsyncConnection, ledger_id: LedgerId, delivery_id: DeliveryId, token: bytes
) -> bool:
    """Say whether `token` reads this delivery; compares in constant time, and all the same for a delivery unknown."""
    known = await connection.scalar(select(waybills.c.read_token_hash).where(*_is(ledger_id, delivery_id)))
    matches = hmac.compare_digest(read_token_hash(token), known or _NO_HASH)
    return matches and known is not None


async def wipe_sealed(connection: AsyncConnection, ledger_id: LedgerId, now: int) -> int:
    """Wipe the sealed secrets whose time is over; return how many. Run it every few minutes."""
    result = await connection.execute(
        update(waybills)
        .where(waybills.c.ledger_id == ledger_id, waybills.c.sealed_until <= now)
        .values(sealed_secret=None, sealed_until=None)
    )
    return result.rowcount


async def erase(connection: AsyncConnection, ledger_id: LedgerId, delivery_id: DeliveryId) -> bool:
    """Wipe the delivery's waybill, salt, read token and sealed secret; say whether it was known.

    The delivery id stays, as on chain; without the salt nobody can tie it to the waybill. Cannot be undone.
    """
    result = await connection.execute(
        update(waybills)
        .where(*_is(ledger_id, delivery_id))
        .values(waybill=None, salt=None, read_token_hash=None, sealed_secret=None, sealed_until=None)
    )
    return result.rowcount > 0


def _is(ledger_id: LedgerId, delivery_id: DeliveryId) -> tuple[ColumnElement[bool], ...]:
    return (waybills.c.ledger_id == ledger_id, waybills.c.delivery_id == delivery_id)


def _waybill(row: Row[tuple[object, ...]]) -> Waybill:
    return Waybill(
        delivery_id=DeliveryId(row.delivery_id),
        shipper=MemberNumber(row.shipper),
        waybill=row.waybill,
        salt=row.salt,
        read_token_hash=row.read_token_hash,
        sealed_secret=row.sealed_secret,
        sealed_until=row.sealed_until,
    )
