"""What `doorstep erase` does: wipes, and waits until it has left the database's files. Needs no node."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from api.erasures.models import shown_erasures
from chain_client.domain.errors import NotFound, Unavailable
from chain_client.domain.ids import DeliveryId, MemberNumber, to_hex
from chain_client.indexer import reader as index
from chain_client.intake import erasing
from chain_client.store import LedgerId
from chain_client.vault import erasures, waybills
from chain_client.vault.erasures import OPERATOR, Wiped
from chain_client.vault.purge import Purger
from scripts.datadir import DataDirectory
from scripts.network import clock, open_database

What = Literal["delivery", "evidence", "comments"]


class StillErasing(Unavailable):
    """What was erased is still in a file, as a reader holds the log. A running API goes on; or run it again."""

    code = "still-erasing"


class UnknownDelivery(NotFound):
    """Nothing is kept of this delivery, here or in the index."""

    code = "unknown-delivery"


async def erase(
    directory: DataDirectory, delivery: DeliveryId, what: What, wait: float, say: Callable[[str], None]
) -> dict[str, Any]:
    """Erase as the operator, and return the API's answer to an erasure.

    Raises UnknownDelivery; StillErasing (run it again) where readers hold the log for longer than `wait` seconds.
    """
    async with open_database(directory) as (store, ledger_id):
        async with store.write("doorstep erase") as connection:
            wiped = await _wipe(connection, ledger_id, delivery, what)
        purger, deadline = Purger(store, ledger_id, clock), time.monotonic() + wait
        purger.begin(wiped.traces)
        while not await purger.step():
            held = "; ".join(purger.held_by)
            if time.monotonic() >= deadline:
                raise StillErasing(
                    f"{wiped.count} texts are erased for every reader, and still in the database's log, which is held by: "
                    f"{held}. Run the command again once that has ended; a running API finishes by itself."
                )
            say(f"waiting for {held}")
            await asyncio.sleep(0.2)
        async with store.read() as connection:
            found = await erasures.of_delivery(connection, ledger_id, delivery)
    return {"delivery_id": to_hex(delivery), "erased": wiped.count, **shown_erasures(found, [])}


async def _wipe(connection: AsyncConnection, ledger_id: LedgerId, delivery: DeliveryId, what: What) -> Wiped:
    kept = await waybills.by_delivery(connection, ledger_id, [delivery])
    found = await index.delivery(connection, ledger_id, delivery)
    if not kept and found is None:
        raise UnknownDelivery(f"Nothing is known of delivery {to_hex(delivery)}.")
    match what:
        case "delivery":
            return await erasing.erase_delivery(connection, ledger_id, delivery, OPERATOR, clock())
        case "evidence":
            carrier = MemberNumber(0) if found is None else found.word.carrier
            return await erasing.erase_evidence(connection, ledger_id, delivery, carrier, OPERATOR, clock())
        case "comments":
            return await erasing.erase_comments(connection, ledger_id, delivery, OPERATOR, clock())


async def listed(directory: DataDirectory) -> list[dict[str, Any]]:
    """Return every erasure of the directory's ledger, oldest first."""
    async with open_database(directory) as (store, ledger_id), store.read() as connection:
        found = await erasures.find(connection, ledger_id)
    shown = shown_erasures(found, [])["erasures"]
    return [{"delivery_id": to_hex(one.delivery_id), **row} for one, row in zip(found, shown, strict=True)]
