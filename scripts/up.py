"""`doorstep up`: everything on one machine, in one process tree.

The first run makes the data directory: keys, chain, contract, database, members. A later one goes on from there, and
refuses a chain that is not the one it left.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from rich.text import Text

from chain_client.bindings import admin
from chain_client.bindings.ledger import Ledger
from chain_client.domain.causes import Cause
from chain_client.domain.errors import Broken, InvalidInput, Unavailable
from chain_client.domain.ids import to_hex
from chain_client.rpc.node import Node
from scripts import sample, visitors
from scripts.children import Tree
from scripts.client import Api
from scripts.datadir import ADMIN, DataDirectory, Network
from scripts.network import clock, connect, open_database, open_network
from scripts.olist.clock import hold_clock
from scripts.output import Output

HOST: Final = "127.0.0.1"
_START_SECONDS: Final = 60.0
_PASSING: Final = frozenset(
    {Cause.INDEX_EMPTY, Cause.INDEX_BEHIND, Cause.WORKER_SILENT, Cause.NODE_UNAVAILABLE, Cause.OVERDUE}
)
"""What keeps a service that starts from being ready for a moment. Anything else needs it up, for the commands that cure it."""


class PortTaken(Unavailable):
    """Something else listens on a port that is needed."""

    code = "port-taken"


class ChainGone(Broken):
    """The chain was deleted under the data."""

    code = "chain-gone"


class NotReady(Unavailable):
    """A process of the tree did not become ready in time."""

    code = "not-ready"


@dataclass(frozen=True, slots=True)
class Options:
    """What `up` is asked for. Port 0 takes a free one; None leaves what the directory says, or the default."""

    data: Path
    port: int = 8000
    devnet_port: int = 8545
    genesis_time: int | None = None
    sample: bool = False
    public: bool = False
    shop_origins: tuple[str, ...] = ()


def run(options: Options, output: Output) -> None:
    """Bring everything up and keep it so until SIGTERM or Ctrl-C.

    Raises DirectoryInUse, PortTaken, ChainGone or LedgerGone (the chain was deleted under the data), LedgerMismatch, InvalidInput
    (another genesis time than the chain's), or what a child says when it cannot go on.
    """
    directory = DataDirectory(options.data)
    with directory.hold():
        asyncio.run(_run(directory, options, output))


async def _run(directory: DataDirectory, options: Options, output: Output) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    async with contextlib.AsyncExitStack() as stack:
        work = asyncio.create_task(_work(stack, directory, options, output))
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if stop.is_set():
                output.note("stopping")
        finally:
            for task in (work, stopping):
                task.cancel()
            results = await asyncio.gather(work, stopping, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result


async def _work(
    stack: contextlib.AsyncExitStack, directory: DataDirectory, options: Options, output: Output
) -> None:
    network = _plan(directory, options)
    directory.create(network)
    tree = await stack.enter_async_context(Tree(directory.logs, output.warn))
    await _unless_failed(tree, _bring_up(tree, directory, network, options, output))
    await tree.failed()


async def _unless_failed(tree: Tree, work: Coroutine[None, None, None]) -> None:
    """Wait for `work`; ends at once, with the child's own words, when a child ends for good."""
    working, failing = asyncio.ensure_future(work), asyncio.ensure_future(tree.failed())
    try:
        await asyncio.wait({working, failing}, return_when=asyncio.FIRST_COMPLETED)
        if failing.done():
            await failing
        await working
    finally:
        for task in (working, failing):
            task.cancel()
        await asyncio.gather(working, failing, return_exceptions=True)


async def _bring_up(
    tree: Tree, directory: DataDirectory, network: Network, options: Options, output: Output
) -> None:
    begins = _begins(directory, network, options)
    genesis = [] if begins is None else ["--genesis-time", str(begins)]
    port = network.rpc.rpartition(":")[2]
    with output.status("starting the devnet") as say:
        guarded = ["--token-file", str(directory.devnet_token_file)]
        await tree.start(
            "devnet", ["devnet", "--data", str(directory.chain), "--port", port, *guarded, *genesis]
        )
        node = await connect(network.rpc, wait_seconds=_START_SECONDS, token=directory.devnet_token())
        try:
            say("deploying the ledger" if network.deployment is None else "finding the ledger")
            network = await _ensure_ledger(directory, network, node)
            await hold_clock(directory, node, output.note)
        finally:
            await node.close()
        async with open_database(directory):
            pass  # made, brought to the newest schema, and known to be this ledger's
        say("starting worker and API")
        await tree.start("worker", ["worker", "--data", str(directory.path)])
        await tree.start("api", ["api", "--data", str(directory.path)])
        async with Api(network.api) as api:
            await _until_ready(api, output.warn)
    if options.sample:
        async with open_network(directory, drives=True) as net:
            await sample.run(net, output)
    await _announce(directory, network, output)


def _plan(directory: DataDirectory, options: Options) -> Network:
    """Return what `doorstep.json` shall say; nothing is changed where a port is taken or the chain is missing."""
    before = directory.network() if directory.exists else None
    if before is not None and before.deployment is not None and not _holds_chain(directory):
        raise ChainGone(
            f"{directory.chain} holds no chain any more, but {directory.path} belongs to the ledger "
            f"{to_hex(before.deployment.identity.address)} on it. Put the chain back, or begin anew with another --data."
        )
    if options.port == options.devnet_port != 0:
        raise InvalidInput("--devnet-port", f"must be another than the API's port, {options.port}")
    port, devnet_port = (_free_port(asked) for asked in (options.port, options.devnet_port))
    rpc = f"http://{HOST}:{devnet_port}"
    if before is None:
        return Network(
            port,
            rpc,
            options.public,
            genesis_time=options.genesis_time,
            shop_origins=options.shop_origins,
        )
    return replace(before, api_port=port, rpc=rpc, public=options.public, shop_origins=options.shop_origins)


def _begins(directory: DataDirectory, network: Network, options: Options) -> int | None:
    """Return when the chain begins: as asked; a new one for the sample early enough for all of it; else None, now."""
    asked = options.genesis_time
    if asked is None and network.genesis_time is None and options.sample and not _holds_chain(directory):
        return clock() - sample.SPAN
    return asked


def _holds_chain(directory: DataDirectory) -> bool:
    return directory.chain.is_dir() and any(directory.chain.iterdir())


def _free_port(asked: int) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, asked))
        except OSError as error:
            raise PortTaken(
                f"Port {asked} of {HOST} is taken ({error.strerror}). Stop what listens there, or choose another with "
                "--port or --devnet-port."
            ) from error
        return int(probe.getsockname()[1])


async def _ensure_ledger(directory: DataDirectory, network: Network, node: Node) -> Network:
    if network.deployment is not None:
        await Ledger.attach(node, network.deployment)
        return network
    deployed = replace(network, deployment=await admin.deploy(node, directory.signer(ADMIN)))
    directory.write_network(deployed)
    return deployed


async def _until_ready(api: Api, say: Callable[[str], None]) -> None:
    """Wait until the service is ready, or until what keeps it from it is for the operator to cure, while it runs."""
    deadline = time.monotonic() + _START_SECONDS
    while True:
        why = "it does not answer"
        with contextlib.suppress(Unavailable):
            status = await api.get("/v1/status")
            stops = [*status["reading"], *status["writing"]]
            if not stops:
                return
            why = status["not_ready_because"]
            if all(one["cause"] not in _PASSING for one in stops):
                say(f"up, but not ready: {why}")
                return
        if time.monotonic() > deadline:
            raise NotReady(f"The API is not ready after {_START_SECONDS:.0f} s: {why}")
        await asyncio.sleep(0.05)


async def _announce(directory: DataDirectory, network: Network, output: Output) -> None:
    assert network.deployment is not None, "it was deployed"
    identity = network.deployment.identity
    found = await visitors.trackings(directory, network)
    if output.json:
        output.document(
            {
                "ready": True,
                "api": network.api,
                "rpc": network.rpc,
                "chain_id": identity.chain_id,
                "ledger": to_hex(identity.address),
                "tracking": [one.to_json() for one in found],
                **visitors.pages(network),
            }
        )
        return
    lines = [
        f"API        {network.api}       (described at {network.api}/docs)",
        f"node       {network.rpc}, chain {identity.chain_id}",
        f"ledger     {to_hex(identity.address)}, deployed in block {identity.deploy_block}",
        f"data       {directory.path.resolve()}",
    ]
    members = directory.credentials().members
    lines += [f"member {one.number:3} {one.name} ({', '.join(one.role_names)})" for one in members[:8]]
    if len(members) > 8:
        lines.append(f"           … and {len(members) - 8} more, in credentials.json")
    if network.public:
        lines.append("Record and reputations are public: they can be read without an API key (--public).")
    lines += ["", f"curl {network.api}/v1/status"]
    output.panel("Doorstep is up; Ctrl-C ends it", *(Text(line) for line in lines))
    for line in visitors.suggestions(directory, network, found):
        output.line(line)
