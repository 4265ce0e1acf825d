"""`doorstep erase`: erases private texts of a delivery, by this service's operator. Needs no node; the service may run."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from api.erasures.models import shown_erasures
from chain_client.domain.errors import NotFound, Unavailable
from chain_client.domain.ids import DeliveryId, MemberNumber, parse_delivery_id, to_hex
from chain_client.indexer import reader as index
from chain_client.intake import erasing
from chain_client.store import LedgerId
from chain_client.vault import erasures, waybills
from chain_client.vault.erasures import OPERATOR, Wiped
from chain_client.vault.purge import Purger
from scripts.arguments import Data, Json
from scripts.datadir import DEFAULT_DATA, DataDirectory
from scripts.network import clock, open_database
from scripts.output import Output

app = typer.Typer(help="Erase private texts, out of every file of the database.", no_args_is_help=True)
Erase = Callable[[AsyncConnection, LedgerId, DeliveryId], Awaitable[Wiped]]
Delivery = Annotated[str, typer.Argument(help="The delivery id, 32 bytes, 0x-hex.")]
Wait = Annotated[float, typer.Option(help="Seconds to wait for readers that hold the database's log.", min=0)]


class StillErasing(Unavailable):
    """What was erased is still in a file, as a reader holds the log. A running API goes on; or run it again."""

    code = "still-erasing"


class UnknownDelivery(NotFound):
    """Nothing is kept of this delivery, here or in the index."""

    code = "unknown-delivery"


@app.command("delivery")
def erase_delivery(
    delivery: Delivery, data: Data = DEFAULT_DATA, wait: Wait = 60.0, json: Json = False
) -> None:
    """Erase waybill, record, evidence, comments and a kept link of a delivery. Cannot be undone."""

    async def erase(connection: AsyncConnection, ledger_id: LedgerId, of: DeliveryId) -> Wiped:
        return await erasing.erase_delivery(connection, ledger_id, of, OPERATOR, clock())

    _run(delivery, data, wait, json, erase)


@app.command("evidence")
def erase_evidence(
    delivery: Delivery, data: Data = DEFAULT_DATA, wait: Wait = 60.0, json: Json = False
) -> None:
    """Erase the evidence that the delivery's carrier reported. Cannot be undone."""

    async def erase(connection: AsyncConnection, ledger_id: LedgerId, of: DeliveryId) -> Wiped:
        found = await index.delivery(connection, ledger_id, of)
        carrier = MemberNumber(0) if found is None else found.word.carrier
        return await erasing.erase_evidence(connection, ledger_id, of, carrier, OPERATOR, clock())

    _run(delivery, data, wait, json, erase)


@app.command("comments")
def erase_comments(
    delivery: Delivery, data: Data = DEFAULT_DATA, wait: Wait = 60.0, json: Json = False
) -> None:
    """Erase the recipient's comments on a delivery. Cannot be undone."""

    async def erase(connection: AsyncConnection, ledger_id: LedgerId, of: DeliveryId) -> Wiped:
        return await erasing.erase_comments(connection, ledger_id, of, OPERATOR, clock())

    _run(delivery, data, wait, json, erase)


@app.command("list")
def erase_list(data: Data = DEFAULT_DATA, json: Json = False) -> None:
    """Show what was erased, by whom and when: after a backup was restored, this list says what to erase again."""

    async def found() -> list[erasures.Erasure]:
        async with open_database(DataDirectory(data)) as (store, ledger_id), store.read() as connection:
            return await erasures.find(connection, ledger_id)

    output, all_of_them = Output(json=json), asyncio.run(found())
    shown = shown_erasures(all_of_them, [])["erasures"]
    rows = [
        {"delivery_id": to_hex(one.delivery_id), **row} for one, row in zip(all_of_them, shown, strict=True)
    ]
    if json:
        output.document(rows)
        return
    columns = ("delivery", "what", "by", "erased at", "out of the files")
    output.table(
        "Erasures",
        columns,
        [
            (
                row["delivery_id"][:14],
                row["kind"],
                row["erased_by"] if row["member"] is None else f"member {row['member']}",
                row["erased_at"],
                row["gone_at"] or "not yet",
            )
            for row in rows
        ],
    )


def _run(delivery: str, data: Any, wait: float, json: bool, erase: Erase) -> None:
    output, parsed = Output(json=json), parse_delivery_id(delivery)
    with output.status("erasing") as say:
        wiped, status = asyncio.run(_erase(DataDirectory(data), parsed, wait, erase, say))
    if json:
        output.document({"delivery_id": to_hex(parsed), "erased": wiped, **status})
    else:
        output.text(f"{wiped} texts erased; nothing of them is in the database's files any more")


async def _erase(
    directory: DataDirectory, delivery: DeliveryId, wait: float, erase: Erase, say: Callable[[str], None]
) -> tuple[int, dict[str, Any]]:
    async with open_database(directory) as (store, ledger_id):
        async with store.write("doorstep erase") as connection:
            kept = await waybills.by_delivery(connection, ledger_id, [delivery])
            if not kept and await index.delivery(connection, ledger_id, delivery) is None:
                raise UnknownDelivery(f"Nothing is known of delivery {to_hex(delivery)}.")
            wiped = await erase(connection, ledger_id, delivery)
        purger, deadline = Purger(store, ledger_id, clock), time.monotonic() + wait
        purger.begin(wiped.traces)
        while not await purger.step():
            held = "; ".join(purger.held_by)
            if time.monotonic() >= deadline:
                raise StillErasing(
                    f"{wiped.count} texts are erased for every reader, and still in the database's log, which is held by: "
                    f"{held}. Run the command again once it has ended; a running API finishes by itself."
                )
            say(f"waiting for {held}")
            await asyncio.sleep(0.2)
        async with store.read() as connection:
            return wiped.count, shown_erasures(
                await erasures.of_delivery(connection, ledger_id, delivery), []
            )
