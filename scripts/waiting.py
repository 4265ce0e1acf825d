"""Waiting, through the API, until what was accepted is on chain and what is on chain is in the index."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from typing import Any, Final

from chain_client.domain.errors import Unavailable
from chain_client.rpc.node import Node
from scripts.client import Api
from scripts.output import iso

PATIENCE: Final = 180.0
"""Seconds without any progress after which something is taken to be stuck."""
_POLL: Final = 0.015


class Stuck(Unavailable):
    """What was accepted does not get on chain, or into the index; run the command again once that is mended."""

    code = "stuck"


async def until_settled(api: Api, *, patience: float = PATIENCE) -> None:
    """Wait until nothing that was accepted still waits for the chain; Stuck where nothing moves for `patience`."""
    least: int | None = None
    since = time.monotonic()
    while True:
        status = await api.get("/v1/status")
        waiting = status["waiting"]["intents"]
        if not waiting:
            return
        if least is None or waiting < least:
            least, since = waiting, time.monotonic()
        if time.monotonic() - since > patience:
            raise Stuck(
                f"{waiting} accepted items have not got on chain for {patience:.0f} s. {_why(status)}"
            )
        await asyncio.sleep(_POLL)


def _why(status: dict[str, Any]) -> str:
    stopped = [
        f"Lane of member {one['member']}: {one['stopped']['detail']} {one['stopped']['remedy']}"
        for one in status["lanes"]
        if one["stopped"]
    ]
    said = " ".join([status["not_ready_because"] or "", *stopped]).strip()
    return said or "Is the worker running? See logs/worker.log in the data directory, and `doorstep status`."


async def until_indexed(api: Api, node: Node, *, patience: float = PATIENCE) -> None:
    """Wait until the index shows the chain's head as it is now; Stuck after `patience`."""
    head = (await node.head()).number
    deadline = time.monotonic() + patience
    while True:
        status = await api.get("/v1/status")
        if status["indexed_block"] is not None and status["indexed_block"] >= head:
            return
        if time.monotonic() > deadline:
            raise Stuck(f"The index does not reach block {head}. {status['not_ready_because'] or ''}")
        await asyncio.sleep(_POLL)


async def until_time(api: Api, moment: int, slack: int, *, patience: float = PATIENCE) -> None:
    """Wait until the API judges by a chain time from `moment` to `slack` seconds later; Stuck after `patience`."""
    deadline = time.monotonic() + patience
    while not at_time(await api.get("/v1/status"), moment, slack):
        if time.monotonic() > deadline:
            raise Stuck(
                f"The API does not see the chain's clock at {iso(moment)}. Is the worker running? `doorstep status` says."
            )
        await asyncio.sleep(_POLL)


def at_time(status: dict[str, Any], moment: int, slack: int) -> bool:
    """Return whether the status shows a chain time from `moment` to `slack` seconds later."""
    shown = chain_time(status)
    return shown is not None and moment <= shown <= moment + slack


def chain_time(status: dict[str, Any]) -> int | None:
    """Return the chain's time that a status shows, Unix seconds; None before the worker first looked."""
    shown = status["chain_time"]
    return None if shown is None else int(datetime.fromisoformat(shown).timestamp())
