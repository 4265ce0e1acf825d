"""API keys of members: `<key id>.<secret>`, of which only the secret's hash is stored.

The secret is 256 random bits, so one SHA-256 is hash enough: there is nothing to guess that salt or stretching slow.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.domain.errors import InvalidInput
from chain_client.domain.ids import MemberNumber
from chain_client.store import LedgerId
from chain_client.store.tables import api_keys
from chain_client.vault._rows import chunks

_KEY_ID_BYTES: Final = 8
_SECRET_BYTES: Final = 32
_LONGEST: Final = 128
_NO_HASH: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is known of a key: never its secret."""

    key_id: str
    member: MemberNumber
    created_at: int
    revoked_at: int | None


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


async def create(connection: AsyncConnection, ledger_id: LedgerId, member: MemberNumber, now: int) -> str:
    """Make a key for `member` and return it, `<key id>.<secret>`: the only time its secret is seen.

    Raises InvalidInput for a member number outside 1..65535; whether that member exists is the caller's to know.
    """
    if not 0 < member < 1 << 16:
        raise InvalidInput("member", f"must be a member number from 1 to 65535, not {member}")
    key_id, secret = secrets.token_hex(_KEY_ID_BYTES), secrets.token_urlsafe(_SECRET_BYTES)
    await connection.execute(
        insert(api_keys).values(
            ledger_id=ledger_id, key_id=key_id, key_hash=_hash(secret), member=member, created_at=now
        )
    )
    return f"{key_id}.{secret}"


async def authenticate(
    connection: AsyncConnection, ledger_id: LedgerId, presented: str
) -> MemberNumber | None:
    """Return whose key this is; None for one unknown, revoked or of no such form. Secrets are compared in constant time."""
    return (await authenticate_all(connection, ledger_id, [presented])).get(presented)


async def authenticate_all(
    connection: AsyncConnection, ledger_id: LedgerId, presented: Iterable[str]
) -> dict[str, MemberNumber]:
    """Return whose keys these are, as `authenticate` would of each, leaving out what is no key (any more)."""
    parts = {one: one.partition(".") for one in presented if len(one) <= _LONGEST and one.isascii()}
    known: dict[str, Row[Any]] = {}
    for some in chunks(sorted({key_id for key_id, dot, _ in parts.values() if dot})):
        rows = await connection.execute(
            select(api_keys).where(api_keys.c.ledger_id == ledger_id, api_keys.c.key_id.in_(some))
        )
        known.update((row.key_id, row) for row in rows)
    found = {}
    for one, (key_id, _, secret) in parts.items():
        row = known.get(key_id)
        matches = hmac.compare_digest(_hash(secret), _NO_HASH if row is None else row.key_hash)
        if row is not None and matches and row.revoked_at is None:
            found[one] = MemberNumber(row.member)
    return found


async def revoke(connection: AsyncConnection, ledger_id: LedgerId, key_id: str, now: int) -> bool:
    """Make the key useless from now on, for ever; say whether there was one to revoke."""
    result = await connection.execute(
        update(api_keys)
        .where(
            api_keys.c.ledger_id == ledger_id, api_keys.c.key_id == key_id, api_keys.c.revoked_at.is_(None)
        )
        .values(revoked_at=now, key_hash=_NO_HASH)  # nothing is left of the key but its id
    )
    return result.rowcount > 0


async def of_member(connection: AsyncConnection, ledger_id: LedgerId, member: MemberNumber) -> list[ApiKey]:
    """Return the member's keys, oldest first, revoked ones included."""
    rows = await connection.execute(
        select(api_keys)
        .where(api_keys.c.ledger_id == ledger_id, api_keys.c.member == member)
        .order_by(api_keys.c.created_at, api_keys.c.key_id)
    )
    return [ApiKey(row.key_id, MemberNumber(row.member), row.created_at, row.revoked_at) for row in rows]
