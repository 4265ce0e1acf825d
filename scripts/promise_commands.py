"""`doorstep receipt` and `doorstep feedback`: arguments and wiring, nothing else."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

import typer

from scripts.arguments import Data, Json, Keystore, PasswordFile
from scripts.datadir import DEFAULT_DATA
from scripts.exit_codes import ExitCode
from scripts.output import Output, iso

if TYPE_CHECKING:
    from chain_client.rpc.node import Node
    from scripts.datadir import DataDirectory
    from scripts.saved_feedback import SavedFeedback

receipt_app = typer.Typer(help="Receipts that the relay gave for feedback.", no_args_is_help=True)
feedback_app = typer.Typer(help="Signed feedback.", no_args_is_help=True)
APPS: Final = {"receipt": receipt_app, "feedback": feedback_app}

_T = TypeVar("_T")
File = Annotated[
    Path,
    typer.Argument(
        help="What the recipient's page saved (doorstep-receipt.json).", metavar="FILE", dir_okay=False
    ),
]
Rpc = Annotated[
    str | None,
    typer.Option(help="Any node of the ledger's chain; the data directory's by default.", metavar="URL"),
]


def _with_node(
    file: Path,
    rpc: str | None,
    data: Path,
    run: Callable[[Node, SavedFeedback, DataDirectory | None], Awaitable[_T]],
) -> _T:
    from scripts import promises, saved_feedback

    saved = saved_feedback.read(file)

    async def call() -> _T:
        node, directory = await promises.node_of(rpc, data)
        try:
            return await run(node, saved, directory)
        finally:
            await node.close()

    return asyncio.run(call())


@receipt_app.command("check")
def receipt_check(file: File, rpc: Rpc = None, data: Data = DEFAULT_DATA, json: Json = False) -> None:
    """Say whether the relay kept its promise: kept, broken, or not yet. Asks a node only; needs no database.

    Exit code 0 where it was kept, 1 where it was broken, 3 where its time has not come (run it again).
    """
    from scripts import promises

    checked, output = _with_node(file, rpc, data, promises.check), Output(json=json)
    if json:
        output.document(checked.to_json())
    else:
        at, by = checked.recorded, iso(checked.receipt.record_by)
        where = (
            "it is not on chain"
            if at is None
            else f"it is on chain since {iso(at.block_time)}, block {at.block_number}"
        )
        output.text(
            f"{checked.verdict.value}: promised by {by}, {where}; the chain's time is {iso(checked.chain_time)}"
        )
    codes = {
        promises.Verdict.KEPT: ExitCode.OK,
        promises.Verdict.BROKEN: ExitCode.DIFFERENCE,
        promises.Verdict.NOT_YET: ExitCode.UNAVAILABLE,
    }
    if codes[checked.verdict] is not ExitCode.OK:
        raise SystemExit(int(codes[checked.verdict]))


@feedback_app.command("send")
def feedback_send(
    file: File,
    rpc: Rpc = None,
    data: Data = DEFAULT_DATA,
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    json: Json = False,
) -> None:
    """Bring signed feedback on chain that the relay has dropped. For anyone; the key comes from --keystore or DOORSTEP_KEY."""
    from scripts import promises
    from scripts.deploy import signer_of

    signer, output = signer_of(keystore, password_file, dict(os.environ)), Output(json=json)
    sent = _with_node(
        file, rpc, data, lambda node, saved, directory: promises.send(node, saved, directory, signer)
    )
    if json:
        output.document(sent.to_json())
    else:
        words = "is on chain" if sent.by_now else "was on chain already; nothing was sent"
        output.text(f"the feedback {words}: block {sent.at.block_number}, {iso(sent.at.block_time)}")
