"""Waybills and links: which delivery a shipper's waybill is, its salt, and the hash of the recipient's read token.

A link's secret is here only where the service made the link, sealed, for 24 hours, so that a shop whose call was cut
off can ask again; then it is wiped.

The link's read token is the first; after a take-over the recipient replaces it once, for good. The former one then
reads nothing, and is known only to be told so.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from sqlalchemy import ColumnElement, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.domain.errors import Forbidden, Unavailable
from chain_client.domain.ids import DeliveryId, Hash32, MemberNumber
from chain_client.domain.links import read_token_hash
from chain_client.domain.names import recognised_waybill
from chain_client.store import LedgerId
from chain_client.store.tables import waybills
from chain_client.vault._rows import chunks

_NO_HASH = bytes(32)


class WaybillRace(Unavailable):
    """Another call kept the same waybill at this very moment; nothing of this call was stored. Call again."""

    code = "waybill-race"


class FormerToken(Forbidden):
    """A read token from before the recipient took the delivery over, which reads nothing any more."""

    code = "taken-over"


class Replacement(Enum):
    """What became of a wish to replace a delivery's read token."""

    REPLACED = "replaced"
    """The link's token reads nothing from now on, and a sealed secret of it is wiped."""
    SAME = "same"
    """It was replaced by this very token before."""
    ANOTHER = "another"
    """It was replaced by another token before: that one stays."""
    THE_LINKS = "the link's"
    """This is the link's own token: it would change nothing."""
    UNKNOWN = "unknown"
    """No token of this delivery is kept here (any more)."""


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

    def secret_at(self, now: int) -> bytes | None:
        """Return the sealed secret; None once its time is over, wiped or not."""
        return self.sealed_secret if self.sealed_until is not None and now < self.sealed_until else None


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
            "recognised": None if waybill.waybill is None else recognised_waybill(waybill.waybill),
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


async def forget(
    connection: AsyncConnection, ledger_id: LedgerId, delivery_ids: Iterable[DeliveryId]
) -> None:
    """Delete all that is kept of these deliveries' waybills, for deliveries that never came on chain."""
    for chunk in chunks(list(delivery_ids)):
        await connection.execute(
            delete(waybills).where(waybills.c.ledger_id == ledger_id, waybills.c.delivery_id.in_(chunk))
        )


async def by_waybill(
    connection: AsyncConnection, ledger_id: LedgerId, shipper: MemberNumber, names: Iterable[str]
) -> dict[str, Waybill]:
    """Return what is kept of this shipper's waybills, by the names given; erased ones are found no more.

    A waybill is recognised by `domain.names.recognised_waybill`: several names may be one waybill.
    """
    forms = {name: recognised_waybill(name) for name in names}
    kept: dict[str, Waybill] = {}
    for chunk in chunks(sorted(set(forms.values()))):
        mine = (waybills.c.ledger_id == ledger_id, waybills.c.shipper == shipper)
        rows = await connection.execute(select(waybills).where(*mine, waybills.c.recognised.in_(chunk)))
        kept.update((row.recognised, _waybill(row)) for row in rows)
    found = {name: kept[form] for name, form in forms.items() if form in kept}
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
    """Say whether `token` reads this delivery; compares in constant time, and all the same for a delivery unknown.

    The door of read tokens: ask before every answer, and here or by `present_tokens` again now and then while an answer
    goes on. Raises FormerToken (never retry) for the token that a take-over has replaced.
    """
    columns = waybills.c.read_token_hash, waybills.c.former_token_hash
    row = (await connection.execute(select(*columns).where(*_is(ledger_id, delivery_id)))).one_or_none()
    present, former = (None, None) if row is None else (row.read_token_hash, row.former_token_hash)
    presented = read_token_hash(token)
    is_present = hmac.compare_digest(presented, present or _NO_HASH)
    is_former = hmac.compare_digest(presented, former or _NO_HASH)
    if is_former and former is not None:
        raise FormerToken("The recipient took this delivery over; this link's token reads nothing any more.")
    return is_present and present is not None


async def present_tokens(
    connection: AsyncConnection, ledger_id: LedgerId, presented: Iterable[tuple[DeliveryId, bytes]]
) -> set[tuple[DeliveryId, bytes]]:
    """Return those of the tokens that read their delivery, as `check_read_token` would say of each."""
    asked = set(presented)
    hashes = {
        delivery_id: kept.read_token_hash
        for delivery_id, kept in (await by_delivery(connection, ledger_id, {one for one, _ in asked})).items()
    }
    return {
        (delivery_id, token)
        for delivery_id, token in asked
        if (hashed := hashes.get(delivery_id)) is not None
        and hmac.compare_digest(read_token_hash(token), hashed)
    }


async def replace_read_token(
    connection: AsyncConnection, ledger_id: LedgerId, delivery_id: DeliveryId, token_hash: Hash32
) -> Replacement:
    """Let the token of this SHA-256 read the delivery instead of the link's, once and for good.

    For a caller that has made sure that the recipient took the delivery over and wants this. Later wishes change
    nothing, so that no older wish, sent again by somebody, can bring back a token that leaked.
    """
    result = await connection.execute(
        update(waybills)
        .where(
            *_is(ledger_id, delivery_id),
            waybills.c.former_token_hash.is_(None),
            waybills.c.read_token_hash.is_not(None),
            waybills.c.read_token_hash != token_hash,
        )
        .values(
            former_token_hash=waybills.c.read_token_hash,
            read_token_hash=token_hash,
            sealed_secret=None,
            sealed_until=None,
        )
    )
    if result.rowcount:
        return Replacement.REPLACED
    columns = waybills.c.read_token_hash, waybills.c.former_token_hash
    row = (await connection.execute(select(*columns).where(*_is(ledger_id, delivery_id)))).one_or_none()
    if row is None or row.read_token_hash is None:
        return Replacement.UNKNOWN
    if row.former_token_hash is None:
        return Replacement.THE_LINKS
    return Replacement.SAME if row.read_token_hash == token_hash else Replacement.ANOTHER


async def sealed_secrets(connection: AsyncConnection, ledger_id: LedgerId, now: int) -> list[bytes]:
    """Return the sealed secrets whose time is over: what `wipe_sealed` would wipe."""
    rows = await connection.execute(
        select(waybills.c.sealed_secret).where(
            waybills.c.ledger_id == ledger_id, waybills.c.sealed_until <= now
        )
    )
    return [row.sealed_secret for row in rows if row.sealed_secret is not None]


async def wipe_sealed(connection: AsyncConnection, ledger_id: LedgerId, now: int) -> int:
    """Wipe the sealed secrets whose time is over; return how many. `purge.Purger` runs it every minute."""
    result = await connection.execute(
        update(waybills)
        .where(waybills.c.ledger_id == ledger_id, waybills.c.sealed_until <= now)
        .values(sealed_secret=None, sealed_until=None)
    )
    return result.rowcount


async def erase(connection: AsyncConnection, ledger_id: LedgerId, delivery_id: DeliveryId) -> bool:
    """Wipe the delivery's waybill, salt and sealed secret; return whether it was known. `erasures` records who had it done.

    The delivery id stays, as on chain; without the salt nobody can tie it to the waybill. The hashes of the read tokens
    stay too: they say nothing of anybody, and a shipper's erasure must not shut the recipient out. Cannot be undone.
    """
    result = await connection.execute(
        update(waybills)
        .where(*_is(ledger_id, delivery_id))
        .values(waybill=None, recognised=None, salt=None, sealed_secret=None, sealed_until=None)
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
