"""The `doorstep` command: arguments and wiring, nothing else."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import traceback
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

import typer

from api.settings import parse_origin
from chain_client.domain.errors import DoorstepError
from chain_client.domain.ids import DriverNumber, MemberNumber, parse_delivery_id
from chain_client.domain.records import Kind
from scripts import erase, operate, promise_commands, register
from scripts.arguments import Child, Data, Json, Keystore, PasswordFile
from scripts.datadir import DEFAULT_DATA, DataDirectory
from scripts.exit_codes import ExitCode, exit_code_of
from scripts.output import Output, parse_time

app = typer.Typer(
    name="doorstep",
    help="Verifiable delivery feedback on a permissioned EVM network.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
import_app = typer.Typer(help="Replaying data sets of elsewhere.", no_args_is_help=True)
for _name, _register in {**register.APPS, **promise_commands.APPS, **operate.APPS}.items():
    app.add_typer(_register, name=_name)
app.add_typer(import_app, name="import")
app.add_typer(erase.app, name="erase")


def _as_process(child: bool) -> None:
    """Make this a process of its own kind: it logs, and as a child of `up` it ends with its parent."""
    if child:
        from scripts.parent import end_with_parent

        end_with_parent()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")


@app.command()
def up(
    data: Data = DEFAULT_DATA,
    port: Annotated[int, typer.Option(help="The API's port; 0 takes a free one.", min=0, max=65535)] = 8000,
    devnet_port: Annotated[
        int, typer.Option(help="The devnet's port; 0 takes a free one.", min=0, max=65535)
    ] = 8545,
    genesis_time: Annotated[
        str | None,
        typer.Option(
            help="When a new chain's clock starts, e.g. 2016-09-01T00:00:00Z; now by default, or early enough for the sample."
        ),
    ] = None,
    sample: Annotated[Literal["demo", "none"], typer.Option(help="Sample deliveries to add.")] = "none",
    public: Annotated[
        bool, typer.Option("--public/--private", help="Whether record and reputations need no API key.")
    ] = False,
    shop_origin: Annotated[
        list[str] | None,
        typer.Option(
            help="Origin of a shop whose own pages may call the API; again for each.", metavar="URL"
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Run everything on this machine: chain, worker and API, in one process tree, until Ctrl-C."""
    from scripts import up as command

    began = None if genesis_time is None else parse_time(genesis_time, "--genesis-time")
    origins = tuple(parse_origin(one, "--shop-origin") for one in shop_origin or ())
    options = command.Options(data, port, devnet_port, began, sample == "demo", public, origins)
    command.run(options, Output(json=json))


@app.command()
def devnet(
    data: Annotated[Path, typer.Option("--data", help="Directory the chain is kept in.", file_okay=False)],
    port: Annotated[int, typer.Option(help="0 takes a free one.", min=0, max=65535)] = 8545,
    block_time: Annotated[
        float | None, typer.Option(help="Seconds between blocks; as needed by default.")
    ] = None,
    genesis_time: Annotated[str | None, typer.Option(help="When a new chain's clock starts.")] = None,
    chain_id: Annotated[int | None, typer.Option(help="Of a new chain.")] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(metavar="ADDRESS", help="Take transactions from this sender only; once for each."),
    ] = None,
    no_sync: Annotated[
        bool, typer.Option("--no-sync", help="Do not flush each block: faster, no power-loss safety.")
    ] = False,
    fund: Annotated[
        list[str] | None,
        typer.Option(metavar="ADDRESS", help="Give it a balance in a new chain; once for each."),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(
            help="File with the token that evm_, anvil_ and hardhat_ requests must carry.", dir_okay=False
        ),
    ] = None,
    origin: Annotated[
        list[str] | None,
        typer.Option(metavar="URL", help="Origin of pages that may use the node; once for each."),
    ] = None,
    call_timeout: Annotated[
        float, typer.Option(help="Seconds that a call or an estimate may take.", min=0.001)
    ] = 5.0,
    json: Json = False,
    child: Child = False,
) -> None:
    """Run a local chain on 127.0.0.1 until Ctrl-C."""
    _as_process(child)
    from doorstep_devnet.config import DevnetConfig

    from scripts import devnet as command

    output = Output(json=json)

    def ready(found: int) -> None:
        url = f"http://127.0.0.1:{found}"
        if json:
            output.document({"ready": True, "rpc": url, "port": found})
        elif not child:
            output.note(f"the chain answers at {url}")

    began = None if genesis_time is None else parse_time(genesis_time, "--genesis-time")
    config = DevnetConfig(
        data,
        port,
        chain_id=chain_id,
        block_time=block_time,
        genesis_time=began,
        allow=tuple(allow) if allow else None,
        sync=not no_sync,
        fund=tuple(fund or ()),
        token=None if token_file is None else command.token(token_file),
        origins=tuple(origin or ()),
        call_timeout=call_timeout,
    )
    command.run(config, ready)


@app.command()
def deploy(
    rpc: Annotated[str, typer.Option(help="The node's URL.")],
    out: Annotated[Path, typer.Option(help="Where to write the deployment.", dir_okay=False)],
    admin_delay: Annotated[
        int,
        typer.Option(
            help="Seconds between what the administrator announces and does, set last; 0 for none.",
            min=0,
            max=30 * 86_400,
        ),
    ] = 2 * 86_400,
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    json: Json = False,
) -> None:
    """Deploy a ledger; who signs becomes its administrator. The key comes from --keystore or DOORSTEP_KEY."""
    from scripts import deploy as command
    from scripts.files import write_new

    signer = command.signer_of(keystore, password_file, dict(os.environ))
    output = Output(json=json)
    with output.status("deploying"):
        deployment = asyncio.run(command.deploy(rpc, signer, out, admin_delay=admin_delay))
    document = deployment.to_json()
    write_new(out, document)
    if json:
        output.document(document)
    else:
        output.table("Deployed", ("", ""), [*document.items(), ("written to", out)])
        output.note(
            f"the administrator acts {admin_delay} s after announcing it, from now on; role grants and the ledger's "
            "administration too, from 5 days from now on"
            if admin_delay
            else "the administrator acts at once (--admin-delay 0): for development alone"
        )


@app.command()
def api(
    data: Annotated[
        Path | None,
        typer.Option("--data", help="The data directory; without it the DOORSTEP_* variables say all."),
    ] = None,
    port: Annotated[int | None, typer.Option(help="By default the data directory's, or 8000.")] = None,
    public: Annotated[
        bool | None,
        typer.Option("--public/--private", help="Whether record and reputations need no API key."),
    ] = None,
    child: Child = False,
) -> None:
    """Serve the HTTP API on 127.0.0.1 until Ctrl-C."""
    _as_process(child)
    from scripts.serve import serve

    serve(data, port, public=public)


@app.command()
def worker(data: Data = DEFAULT_DATA, child: Child = False) -> None:
    """Run the index and the lanes of every member in the data directory until Ctrl-C."""
    _as_process(child)
    from scripts import worker as command

    asyncio.run(command.run(DataDirectory(data).require()))


@import_app.command("olist")
def import_olist(
    source: Annotated[Path, typer.Argument(help="Directory in the original Olist layout.", metavar="DIR")],
    data: Data = DEFAULT_DATA,
    limit: Annotated[int | None, typer.Option(help="Only the first orders, by purchase time.")] = None,
    json: Json = False,
) -> None:
    """Replay real orders through the HTTP API, in time order. Run again, it adds what is missing."""
    from scripts.olist import command

    command.run(source, DataDirectory(data), limit, Output(json=json))


@app.command()
def reputation(
    driver: Annotated[
        int | None, typer.Argument(help="The driver's number; every driver by default.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option(help="An instant, e.g. 2018-08-31T00:00:00Z; by default now.")
    ] = None,
    data: Data = DEFAULT_DATA,
    json: Json = False,
) -> None:
    """Show what the policy says of drivers, and why. Needs neither node nor API."""
    from scripts import reputation as command

    instant = None if as_of is None else parse_time(as_of, "--as-of")
    found = asyncio.run(command.find(DataDirectory(data), driver, instant))
    command.show(found, Output(json=json))


@app.command()
def history(
    member: Annotated[int | None, typer.Option(help="Shipper or carrier of the entry.")] = None,
    driver: Annotated[int | None, typer.Option(help="0: nobody named.")] = None,
    kind: Annotated[Kind | None, typer.Option(help="Of the entry.")] = None,
    delivery: Annotated[str | None, typer.Option(help="A delivery id, 0x-hex.")] = None,
    from_: Annotated[str | None, typer.Option("--from", help="Block time, included.")] = None,
    to: Annotated[str | None, typer.Option(help="Block time, not included.")] = None,
    from_block: Annotated[int | None, typer.Option(help="Included.")] = None,
    to_block: Annotated[int | None, typer.Option(help="Included.")] = None,
    limit: Annotated[int | None, typer.Option(help="Most entries; all by default.", min=1)] = None,
    data: Data = DEFAULT_DATA,
    json: Json = False,
) -> None:
    """Show the record in chain order: a table, or with --json one entry a line. Needs neither node nor API."""
    from chain_client.indexer.reader import HistoryQuery
    from scripts import history as command

    query = HistoryQuery(
        member=None if member is None else MemberNumber(member),
        driver=None if driver is None else DriverNumber(driver),
        kind=kind,
        delivery_id=None if delivery is None else parse_delivery_id(delivery, "--delivery"),
        from_time=None if from_ is None else parse_time(from_, "--from"),
        to_time=None if to is None else parse_time(to, "--to"),
        first_block=from_block,
        last_block=to_block,
    )
    asyncio.run(command.run(DataDirectory(data), query, limit, Output(json=json)))


@app.command()
def status(data: Data = DEFAULT_DATA, json: Json = False) -> None:
    """Show whether everything is read and recorded, and if not, what to do. Needs neither node nor API.

    Exit code 0 where the service is ready, 3 where it is not.
    """
    from scripts import status as command

    directory = DataDirectory(data).require()
    found = asyncio.run(command.find(directory))
    command.show(directory, found, Output(json=json))
    if not found.ready:
        raise SystemExit(int(ExitCode.UNAVAILABLE))


@app.command()
def rebuild(data: Data = DEFAULT_DATA, json: Json = False) -> None:
    """Make the read model anew from the chain alone. Answers are incomplete until it is done."""
    from scripts import rebuild as command
    from scripts.network import open_network

    output = Output(json=json)

    async def run() -> int:
        async with open_network(DataDirectory(data).require()) as net:
            return await command.run(net, output)

    block = asyncio.run(run())
    if json:
        output.document({"indexed_block": block})
    else:
        output.text(f"the read model is made anew, up to block {block}")


@app.command()
def verify(
    data: Data = DEFAULT_DATA,
    second_node: Annotated[
        str | None,
        typer.Option(help="A node of somebody else's, to compare the first one with.", metavar="URL"),
    ] = None,
    json: Json = False,
) -> None:
    """Recompute everything from the chain's events and proofs; compare it with what is stored and served.

    Compares the contract's storage, the read model, private texts, intents, receipts and the API, up to the node's
    last final block. Exit code 0 where all agree, 1 at the first difference, which it names.
    """
    from scripts import verify as command
    from scripts.network import connect, open_network

    output = Output(json=json)

    async def run() -> Any:
        async with open_network(DataDirectory(data).require()) as net, AsyncExitStack() as stack:
            second = None
            if second_node is not None:
                second = await connect(second_node)
                stack.push_async_callback(second.close)
            return await command.verify(net, output, second=second)

    findings = asyncio.run(run())
    command.show(findings, output)
    if findings.difference is not None:
        raise SystemExit(int(ExitCode.DIFFERENCE))


def _fail(error: DoorstepError) -> NoReturn:
    code = exit_code_of(error)
    # The option was parsed by a command that is over; what it was is all that is asked here.
    Output(json="--json" in sys.argv[1:]).error(error, code)
    raise SystemExit(int(code))


def main() -> None:
    """Run the command; every error made on purpose ends it in one line and an exit code of `exit_codes`."""
    # Database, chain and logs hold private text, in a directory that may have been made by others and stand open.
    os.umask(0o077)
    try:
        app()
    except DoorstepError as error:
        _fail(error)
    except KeyboardInterrupt:
        raise SystemExit(int(ExitCode.INTERRUPTED)) from None
    except Exception:
        traceback.print_exc()
        raise SystemExit(int(ExitCode.BUG)) from None


if __name__ == "__main__":
    main()
