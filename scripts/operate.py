"""The operator's commands: `doorstep lane` and `doorstep intent`. Arguments and wiring, nothing else."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final

import typer

from chain_client.domain.errors import DoorstepError
from chain_client.domain.ids import MemberNumber, parse_address
from chain_client.outbox.records import IntentState
from scripts.arguments import Data, Json
from scripts.datadir import DEFAULT_DATA, DataDirectory
from scripts.output import Output

lane_app = typer.Typer(help="Writers' lanes to the chain.", no_args_is_help=True)
intent_app = typer.Typer(help="Items that were accepted for the chain.", no_args_is_help=True)
APPS: Final = {"lane": lane_app, "intent": intent_app}
Ids = Annotated[list[str], typer.Argument(help="Intents' ids, 0x-hex.", metavar="INTENT...")]


@lane_app.command("list")
def lane_list(data: Data = DEFAULT_DATA, json: Json = False) -> None:
    """Show every lane: what waits, what stops it, and what to do. Needs no node."""
    from scripts import lanes, status

    lanes.show(asyncio.run(status.find(DataDirectory(data))), Output(json=json))


@lane_app.command("resume")
def lane_resume(
    writer: Annotated[str | None, typer.Option(help="The lane's writer, 0x-hex.")] = None,
    member: Annotated[int | None, typer.Option(help="Every lane of a member; 0 is the relay.", min=0)] = None,
    every: Annotated[bool, typer.Option("--all", help="Every lane.")] = False,
    data: Data = DEFAULT_DATA,
    json: Json = False,
) -> None:
    """Let a halted lane go on from the chain's nonce. Find out first why it halted: `doorstep lane list`.

    Items whose block is no longer on the chain are queued again; what waits and is on the chain already is noted as
    recorded. A running worker goes on by itself.
    """
    from scripts import lanes
    from scripts.network import open_network

    address = None if writer is None else parse_address(writer, "--writer")
    number = None if member is None else MemberNumber(member)

    async def run() -> tuple[list[Any], list[tuple[Any, DoorstepError]]]:
        async with open_network(DataDirectory(data).require()) as net:
            return await lanes.resume(net, address, number, every=every)

    done, failed = asyncio.run(run())
    lanes.show_resumed(done, failed, Output(json=json))
    if failed:
        from scripts.exit_codes import exit_code_of

        raise SystemExit(int(exit_code_of(failed[0][1])))


@intent_app.command("list")
def intent_list(
    state: Annotated[
        list[IntentState] | None,
        typer.Option(help="Only of this state, again for each; all that are not settled by default."),
    ] = None,
    member: Annotated[int | None, typer.Option(help="Only of this member; 0 is the relay.", min=0)] = None,
    limit: Annotated[int, typer.Option(help="At most so many.", min=1)] = 100,
    data: Data = DEFAULT_DATA,
    json: Json = False,
) -> None:
    """Show what waits, is sent or was set aside, the oldest first. Needs no node."""
    from scripts import intents

    number = None if member is None else MemberNumber(member)
    found = asyncio.run(intents.find(DataDirectory(data), state or intents.NOT_SETTLED, number, limit))
    intents.show(found, Output(json=json))


@intent_app.command("show")
def intent_show(
    intent: Annotated[str, typer.Argument(help="0x-hex.")], data: Data = DEFAULT_DATA, json: Json = False
) -> None:
    """Show one item: its state, why, and where it stands on chain. Needs no node."""
    from scripts import intents

    (wanted,) = intents.parse_ids([intent])
    intents.show_one(asyncio.run(intents.one(DataDirectory(data), wanted)), Output(json=json))


@intent_app.command("retry")
def intent_retry(
    intent: Annotated[list[str] | None, typer.Argument(help="0x-hex; again for each.")] = None,
    set_aside: Annotated[bool, typer.Option("--set-aside", help="All that were set aside.")] = False,
    data: Data = DEFAULT_DATA,
    json: Json = False,
) -> None:
    """Queue items again that were set aside or rejected, once their cause is cured. A running worker sends them."""
    from scripts import intents

    wanted = intents.parse_ids(intent or [])
    done = asyncio.run(intents.retry(DataDirectory(data), wanted, set_aside=set_aside))
    intents.show_changed(done, "queued_again", Output(json=json))


@intent_app.command("discard")
def intent_discard(
    intent: Ids,
    why: Annotated[str, typer.Option(help="What the item's owner reads.")],
    data: Data = DEFAULT_DATA,
    json: Json = False,
) -> None:
    """Give items up that wait or were set aside: they are never sent. It cannot be undone."""
    from scripts import intents

    done, promised = asyncio.run(intents.discard(DataDirectory(data), intents.parse_ids(intent), why))
    intents.show_changed(done, "discarded", Output(json=json), promised)
