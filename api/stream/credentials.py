"""What streams were opened with, looked up for many of them at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.domain.ids import DeliveryId
from chain_client.store import LedgerId
from chain_client.vault import api_keys, waybills


@dataclass(frozen=True, slots=True)
class Key:
    """A member's API key."""

    presented: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Token:
    """A recipient's read token, for its delivery."""

    delivery_id: DeliveryId
    presented: bytes = field(repr=False)


Credential = Key | Token


async def still_good(
    connection: AsyncConnection, ledger_id: LedgerId, credentials: Iterable[Credential]
) -> set[Credential]:
    """Return those of the keys and tokens that are good now: a query for each kind, whatever their number.

    Why another is not is for a look at that one by itself to say.
    """
    asked = set(credentials)
    keys = {one.presented for one in asked if isinstance(one, Key)}
    tokens = {(one.delivery_id, one.presented) for one in asked if isinstance(one, Token)}
    good: set[Credential] = set()
    if keys:
        good.update(Key(key) for key in await api_keys.authenticate_all(connection, ledger_id, keys))
    if tokens:
        good.update(Token(*one) for one in await waybills.present_tokens(connection, ledger_id, tokens))
    return good
