"""Who may see a delivery, and what of it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from api.auth import Caller
from api.problems import Problem, not_found
from api.services import Services
from api.times import format_time
from chain_client.domain.errors import InvalidInput
from chain_client.domain.ids import DeliveryId
from chain_client.domain.links import decode_secret
from chain_client.domain.records import Kind
from chain_client.indexer import reader as index
from chain_client.indexer.reader import HistoryQuery, IndexedDelivery
from chain_client.vault import waybills
from chain_client.vault.waybills import FormerToken, Waybill

TOKEN_HEADER = "Doorstep-Read-Token"


@dataclass(frozen=True, slots=True)
class View:
    """A delivery and what this caller may see of it."""

    delivery: IndexedDelivery
    waybill: Waybill | None
    sees_waybill: bool
    sees_private: bool
    """Record, evidence and comments: the parties'; a reviewer sees what is on chain."""


async def holds_token(
    context: Services, connection: AsyncConnection, delivery_id: DeliveryId, read_token: str | None
) -> bool:
    """Say whether the read token is this delivery's; 401 for one that cannot be any delivery's.

    Raises 403 of type `taken-over` for the link's token, once the recipient's own has taken its place.
    """
    if read_token is None:
        return False
    try:
        token = decode_secret(read_token, TOKEN_HEADER)
    except InvalidInput as error:
        challenge = {"www-authenticate": f'{TOKEN_HEADER} realm="doorstep"'}
        raise Problem(401, "unauthorized", str(error), headers=challenge) from error
    try:
        return await waybills.check_read_token(connection, context.ledger_id, delivery_id, token)
    except FormerToken as error:
        raise await _taken_over(context, connection, delivery_id, error) from error


async def _taken_over(
    context: Services, connection: AsyncConnection, delivery_id: DeliveryId, error: FormerToken
) -> Problem:
    query = HistoryQuery(delivery_id=delivery_id, kind=Kind.KEY_CHANGE)
    changes = await index.history(connection, context.ledger_id, query, limit=1)
    when: dict[str, str | int | None] = {"taken_over_at": None, "block": None}
    if changes:
        when = {"taken_over_at": format_time(changes[0].block_time), "block": changes[0].block_number}
    return Problem(403, error.code, str(error), extra=when)


async def view(
    context: Services,
    connection: AsyncConnection,
    delivery_id: DeliveryId,
    caller: Caller | None,
    read_token: str | None,
) -> View:
    """Return the delivery as the caller may see it; where the record is public, anyone without a token may, its entries.

    Raises the same 404 for a delivery unknown and for one of others; its shipper and recipient are told where it is
    merely not on chain yet. 401 where neither key nor token was sent.
    """
    # A token that is wrong is answered as such: its holder must not take a stranger's view for their own.
    public = context.settings.public_record and read_token is None
    if caller is None and read_token is None and not public:
        raise Problem(
            401,
            "unauthorized",
            f"This needs a member's API key (Authorization: Bearer <key>) or the recipient's {TOKEN_HEADER}.",
            headers={"www-authenticate": 'Bearer realm="doorstep"'},
        )
    recipient = await holds_token(context, connection, delivery_id, read_token)
    found = await index.delivery(connection, context.ledger_id, delivery_id)
    kept = (await waybills.by_delivery(connection, context.ledger_id, [delivery_id])).get(delivery_id)
    if found is None:
        if recipient or (caller is not None and kept is not None and kept.shipper == caller.member):
            raise Problem(
                404,
                "not-on-chain-yet",
                "This delivery is accepted but not on chain yet; ask again in some seconds.",
            )
        raise not_found("There is no such delivery of yours.")
    shipper = caller is not None and caller.member == found.shipper
    carrier = caller is not None and caller.member == found.word.carrier
    if not (shipper or carrier or recipient or public or (caller is not None and caller.reviews)):
        raise not_found("There is no such delivery of yours.")
    return View(found, kept, sees_waybill=shipper, sees_private=shipper or carrier or recipient)
