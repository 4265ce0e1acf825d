"""`doorstep erase`: private texts of a delivery, by this service's operator. Arguments and wiring, nothing else."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chain_client.domain.ids import parse_delivery_id
from scripts.arguments import Data, Json
from scripts.datadir import DEFAULT_DATA, DataDirectory
from scripts.output import Output

if TYPE_CHECKING:
    from scripts.erasing import What

app = typer.Typer(
    help="Erase private texts, out of every file of the database; the service may run.", no_args_is_help=True
)
Delivery = Annotated[str, typer.Argument(help="The delivery id, 32 bytes, 0x-hex.")]
Wait = Annotated[float, typer.Option(help="Seconds to wait for readers that hold the database's log.", min=0)]


@app.command("delivery")
def erase_delivery(
    delivery: Delivery, data: Data = DEFAULT_DATA, wait: Wait = 60.0, json: Json = False
) -> None:
    """Erase waybill, record, evidence, comments and a kept link of a delivery. Cannot be undone."""
    _run(delivery, data, "delivery", wait, json=json)


@app.command("evidence")
def erase_evidence(
    delivery: Delivery, data: Data = DEFAULT_DATA, wait: Wait = 60.0, json: Json = False
) -> None:
    """Erase the evidence that the delivery's carrier reported. Cannot be undone."""
    _run(delivery, data, "evidence", wait, json=json)


@app.command("comments")
def erase_comments(
    delivery: Delivery, data: Data = DEFAULT_DATA, wait: Wait = 60.0, json: Json = False
) -> None:
    """Erase the recipient's comments on a delivery. Cannot be undone."""
    _run(delivery, data, "comments", wait, json=json)


@app.command("list")
def erase_list(data: Data = DEFAULT_DATA, json: Json = False) -> None:
    """Show what was erased, by whom and when: after a backup was restored, what to erase again."""
    from scripts.erasing import listed

    output, rows = Output(json=json), asyncio.run(listed(DataDirectory(data)))
    if json:
        output.document(rows)
        return
    output.table(
        "Erasures",
        ("delivery", "what", "by", "erased at", "out of the files"),
        [
            (
                row["delivery_id"],
                row["kind"],
                row["erased_by"] if row["member"] is None else f"member {row['member']}",
                row["erased_at"],
                row["gone_at"] or "not yet",
            )
            for row in rows
        ],
    )


def _run(delivery: str, data: Path, what: What, wait: float, *, json: bool) -> None:
    from scripts.erasing import erase

    output, parsed = Output(json=json), parse_delivery_id(delivery)
    with output.status("erasing") as say:
        answer = asyncio.run(erase(DataDirectory(data), parsed, what, wait, say))
    if json:
        output.document(answer)
    else:
        output.text(f"{answer['erased']} texts erased; nothing of them is in the database's files any more")
