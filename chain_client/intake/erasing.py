"""Erasing what members and recipients sent: texts with their salts, waybills, and the keyed hashes of both.

Each function wipes in the caller's write transaction and records who had it done. What it wiped is out of the
database's files only after `vault.purge`: give the traces to `Purger.begin` once the transaction is committed. Who may
erase what is the caller's to decide. Ratings, ids and hashes stay, on chain and here. Nothing of it can be undone.
"""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.domain.ids import DeliveryId, MemberNumber
from chain_client.domain.records import Kind
from chain_client.outbox import writer
from chain_client.store import LedgerId
from chain_client.vault import erasures
from chain_client.vault.erasures import Eraser, Wiped


async def erase_comments(
    connection: AsyncConnection, ledger_id: LedgerId, delivery_id: DeliveryId, eraser: Eraser, now: int
) -> Wiped:
    """Wipe every comment given on the delivery, for its recipient."""
    return await erasures.erase_documents(connection, ledger_id, delivery_id, eraser, now, kinds={"content"})


async def erase_evidence(
    connection: AsyncConnection,
    ledger_id: LedgerId,
    delivery_id: DeliveryId,
    carrier: MemberNumber,
    eraser: Eraser,
    now: int,
) -> Wiped:
    """Wipe the evidence of all that this carrier reported on the delivery.

    Such a report sent again, whatever evidence it comes with now, is a `duplicate`.
    """
    hashes = await writer.own_evidence(connection, ledger_id, delivery_id, carrier)
    wiped = await erasures.erase_documents(
        connection, ledger_id, delivery_id, eraser, now, kinds={"evidence"}, hashes=hashes
    )
    if wiped.count:
        await writer.forget_bodies(connection, ledger_id, delivery_id, {Kind.REPORT}, carrier)
    return wiped


async def erase_delivery(
    connection: AsyncConnection, ledger_id: LedgerId, delivery_id: DeliveryId, eraser: Eraser, now: int
) -> Wiped:
    """Wipe everything of the delivery, for its shipper: waybill, record, evidence, comments, a sealed link.

    The waybill is then as if it had never been sent: opened again, it is a new delivery.
    """
    texts = await erasures.erase_documents(
        connection, ledger_id, delivery_id, eraser, now, kinds={"record", "evidence", "content"}
    )
    waybill = await erasures.erase_waybill(connection, ledger_id, delivery_id, eraser, now)
    wiped = erasures.merged([texts, waybill])
    if wiped.count:
        await writer.forget_bodies(connection, ledger_id, delivery_id, {Kind.OPENING, Kind.REPORT})
    return wiped
