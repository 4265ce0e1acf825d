"""`doorstep import olist DIR`."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from chain_client.domain.errors import Broken, InvalidInput
from chain_client.domain.ids import to_hex
from scripts.client import Api
from scripts.datadir import DataDirectory
from scripts.network import OpenNetwork, open_network
from scripts.olist import plan as planning
from scripts.olist.account import Account, Recorded, account, delivery_ids, read_record
from scripts.olist.importer import Importer, check_head, ensure_cast
from scripts.olist.journal import Journal
from scripts.olist.reader import Dataset, read
from scripts.output import Output
from scripts.recipients import Recipients
from scripts.waiting import until_indexed

MADE_UP: Final = (
    "Carriers and drivers are made up: the data has none. The first digit of the customer's zip prefix stands for "
    "the carrier, the first two for the driver."
)
_PATIENCE: Final = 120.0
_NODE_PATIENCE: Final = 10.0
_LEFT_OUT_SHOWN: Final = 20


class RowsLost(Broken):
    """The account does not add up: a row has no end, or two."""

    code = "rows-lost"


@dataclass(frozen=True, slots=True)
class Done:
    """What a run came to: every row's end, what the record holds, and figures of the run itself."""

    account: Account
    recorded: Recorded
    run: dict[str, Any]


def run(source: Path, directory: DataDirectory, limit: int | None, output: Output) -> None:
    """Import what is missing, and account for every row.

    Raises InvalidInput for a directory that is none of Olist's (before anything is changed), TooLate where the head is
    past the first missing row, ApiUnavailable, NodeUnavailable or Stuck (run it again) where something is away for
    too long, RowsLost where the account does not add up.
    """
    dataset = read(source)
    if limit is not None:
        if limit < 1:
            raise InvalidInput("--limit", f"must be at least 1, not {limit}")
        dataset = planning.limited(dataset, limit)
    for row in [row for row in dataset.left_out if row.reason != planning.BEYOND_LIMIT][:_LEFT_OUT_SHOWN]:
        output.warn(f"left out: {row}")
    output.note(MADE_UP)
    directory.require()
    with directory.hold_import():
        asyncio.run(_run(dataset, directory, output))


async def _run(dataset: Dataset, directory: DataDirectory, output: Output) -> None:
    async with open_network(directory, wait_seconds=_NODE_PATIENCE, drives=True) as net:
        async with Api(net.network.api, patience=_PATIENCE, waiting=output.warn) as api:
            done = await replay(dataset, net, api, output)
    _show(done, output)
    if not done.account.complete:
        raise RowsLost("The account does not add up: see the table; a row has no end, or more than one.")


async def replay(dataset: Dataset, net: OpenNetwork, api: Api, output: Output) -> Done:
    """Send what is missing of the data set and return what became of every row; errors as `run`'s."""
    started = time.monotonic()
    steps = planning.steps(planning.events(dataset))
    identity = net.ledger.deployment.identity
    named = {"ledger": to_hex(identity.address), "genesis": to_hex(identity.genesis_hash)}
    with Journal.open(net.directory.journal, named) as journal:
        await check_head(net.node, steps, journal)
        before = await net.node.head()
        cast = await ensure_cast(net)
        recipients = Recipients(
            net.directory.seed(), cast.shipper.member, identity.signing_domain.separator()
        )
        importer = Importer(api, net.node, cast, recipients, journal, output)
        await importer.run(steps)
        after = await net.node.head()
        seconds = time.monotonic() - started
        recorded = await _recorded(dataset, importer)
        counted = await account(dataset, steps, journal.answers, recorded, api, cast)
    run = {
        "items": importer.sent.total(),
        "seconds": round(seconds, 1),
        "items_per_second": round(importer.sent.total() / seconds, 1),
        "blocks": after.number - before.number,
    }
    return Done(counted, recorded, run)


async def _recorded(dataset: Dataset, importer: Importer) -> Recorded:
    await until_indexed(importer.api, importer.node)
    shipper = importer.cast.shipper
    entries = importer.api.lines("/v1/history", key=shipper.api_key, member=shipper.number, format="ndjson")
    return await read_record(entries, delivery_ids(dataset, importer.recipients))


def _show(done: Done, output: Output) -> None:
    record = {"blocks": len(done.recorded.blocks), "transactions": len(done.recorded.transactions)}
    run = done.run
    if output.json:
        output.document({**done.account.to_json(), "made_up": MADE_UP, "record": record, "run": run})
        return
    done.account.show(output)
    output.text(
        f"In the record: {record['transactions']:,} transactions in {record['blocks']:,} blocks. "
        f"This run: {run['items']:,} items in {run['seconds']:,} s ({run['items_per_second']:,} a second), "
        f"{run['blocks']:,} blocks."
    )
