"""`doorstep status`: where everything stands, from the database alone; it needs neither node nor API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from rich.text import Text

from api.status.endpoints import status_of
from chain_client.domain.errors import DoorstepError
from chain_client.domain.ids import Address, to_hex
from chain_client.health import Account, Limits, Stop, account
from chain_client.store import DatabaseUnavailable, LedgerId, Store, migrate, open_store, register_ledger
from scripts.datadir import RELAY, DataDirectory
from scripts.network import clock
from scripts.output import Output, iso


@asynccontextmanager
async def open_to_look(
    directory: DataDirectory,
) -> AsyncIterator[tuple[Store, LedgerId, DatabaseUnavailable | None]]:
    """Open a database that may be full or read-only; also say why nothing can be stored, None where it can."""
    identity = directory.deployment().identity
    store = open_store(directory.database, create=False)
    try:
        unwritable = await store.why_unwritable()
        if unwritable is None:
            await migrate(store)
        async with store.read() as connection:
            ledger_id = await register_ledger(connection, identity)
        yield store, ledger_id, unwritable
    finally:
        await store.close()


def relay_of(directory: DataDirectory) -> Address | None:
    """Return the address that signs receipts; None where its key cannot be opened."""
    with suppress(DoorstepError):
        return directory.signer(RELAY).address
    return None


async def find(directory: DataDirectory) -> Account:
    """Return the account of what stands still; raises DatabaseUnavailable where the database cannot even be read."""
    async with (
        open_to_look(directory.require()) as (store, ledger_id, unwritable),
        store.read() as connection,
    ):
        return await account(connection, ledger_id, relay_of(directory), clock(), Limits(), unwritable)


def document(directory: DataDirectory, found: Account) -> dict[str, Any]:
    """Return the account as `/v1/status` has it."""
    return status_of(found, directory.deployment().identity, clock())


def show(directory: DataDirectory, found: Account, output: Output) -> None:
    """Write the account: JSON, or what a person reads first."""
    if output.json:
        output.document(document(directory, found))
        return
    head = found.head
    rows = [
        ("ready", "yes" if found.ready else "no"),
        ("index", "–" if head is None else f"block {head.block_number} of {head.head_number}"),
        ("chain's time", "–" if head is None else iso(head.chain_time)),
        ("node last looked at", "–" if head is None else iso(head.observed_at)),
        ("items waiting", f"{found.waiting.waiting:,}"),
    ]
    output.table("Status", ("", ""), rows)
    for title, stops in (("Not read", found.reading), ("Not recorded", found.writing)):
        for stop in stops:
            output.panel(title, *_words(stop))
    for lane in found.lanes:
        if lane.stop is not None:
            who = "the relay" if lane.member == 0 else f"member {lane.member}"
            writer = "" if lane.writer is None else f", {to_hex(lane.writer)}"
            output.panel(f"Lane of {who}{writer}", *_words(lane.stop))


def _words(stop: Stop) -> list[Text]:
    since = "" if stop.since is None else f" (since {iso(stop.since)})"
    return [Text(f"{stop.cause}{since}: {stop.words}"), Text(stop.remedy)]
