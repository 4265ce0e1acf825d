"""`doorstep reputation`: what the policy says of drivers, from the index, without node or API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from chain_client.domain.ids import DriverNumber
from chain_client.reputation import reader
from chain_client.reputation.records import Reputation
from scripts.datadir import DataDirectory
from scripts.network import open_database
from scripts.output import Output, iso

_COLUMNS: Final = ("driver", "standing", "overall", "low", "high", "effective", "conduct", "kept", "stops")
_WIDE: Final = 120
"""From this many characters on, a line has room for the reasons."""


async def find(directory: DataDirectory, driver: int | None, as_of: int | None) -> list[Reputation]:
    """Return one driver's reputation, or every driver's; errors as `chain_client.reputation.reader`."""
    async with open_database(directory.require()) as (store, ledger_id), store.read() as connection:
        if driver is not None:
            return [await reader.driver(connection, ledger_id, DriverNumber(driver), as_of=as_of)]
        return await reader.all_drivers(connection, ledger_id, as_of=as_of)


def show(found: Sequence[Reputation], output: Output, *, title: str = "Driver reputations") -> None:
    """Show reputations, the best lower bound first; with JSON as they are, in order of number."""
    if output.json:
        output.document([one.to_json() for one in found])
        return
    if not found:
        output.text("There are no drivers yet.")
        return
    ranked = sorted(found, key=lambda one: (one.standing == "insufficient", -one.figures["overall"].low))
    wide = output.width >= _WIDE
    rows = []
    for one in ranked:
        overall, conduct, kept = (one.figures[name] for name in ("overall", "conduct", "promise_kept"))
        rows.append(
            (
                one.number,
                one.standing.value,
                f"{overall.mean / 1e6:.2f}",
                f"{overall.low / 1e6:.2f}",
                f"{overall.high / 1e6:.2f}",
                f"{overall.count / 1000:.1f}",
                f"{conduct.mean / 1e4:.1f} %",
                f"{kept.mean / 1e4:.0f} %",
                one.counts["stops"],
                *([one.reasons[0] if one.reasons else ""] if wide else []),
            )
        )
    first = found[0]
    block = "" if first.block is None else f", from entries up to block {first.block.number}"
    output.table(
        f"{title} as of {iso(first.as_of)} (policy {first.policy}{block})",
        [*_COLUMNS, *(["why"] if wide else [])],
        rows,
    )
    if len(found) == 1 and not wide:
        for reason in found[0].reasons:
            output.text(f"  {reason}")
