"""`doorstep verify`: is what is stored and served what the chain's events come to?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import httpx
from rich.progress import Progress
from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.domain.errors import Unavailable
from chain_client.indexer.reader import indexed_head
from scripts.client import Api, ApiRefused, ApiUnavailable
from scripts.network import OpenNetwork
from scripts.output import Output
from scripts.verification import compare
from scripts.verification.found import Differs, Findings
from scripts.verification.recompute import Recomputed, recomputed

_LAG: Final = 5
"""Blocks that a network which goes on may be ahead of its index; more is worth a remark."""


class NothingIndexed(Unavailable):
    """There is no read model yet to compare with."""

    code = "nothing-indexed"


@dataclass(frozen=True, slots=True)
class _Bars:
    """A progress bar for each part."""

    progress: Progress

    def bar(self, name: str, total: int) -> Callable[[int], None]:
        task = self.progress.add_task(name, total=total, detail="")
        return lambda by: self.progress.advance(task, by)


async def verify(
    net: OpenNetwork, output: Output, *, api_transport: httpx.AsyncBaseTransport | None = None
) -> Findings:
    """Return what was compared, up to the last indexed block, and the first difference.

    Reads the chain from the deployment on; changes nothing. The read model is compared as it stands in one read
    transaction, so that the network may go on meanwhile. Raises NothingIndexed before the index has read a block, and
    the node's errors (retry).
    """
    findings = Findings()
    async with net.store.read() as live:
        head = await indexed_head(live, net.ledger_id)
        if head is None:
            raise NothingIndexed(
                "The index has read no block yet. Start the worker (`doorstep up`) and try again."
            )
        findings.block = head.block_number
        with output.progress() as progress:
            bars = _Bars(progress)
            blocks = head.block_number - net.ledger.deployment.identity.deploy_block + 1
            try:
                reading = bars.bar("events from the chain", blocks)
                async with recomputed(net.node, net.ledger, head, reading) as anew:
                    await _compare(net, live, anew, findings, bars, api_transport)
            except Differs as difference:
                findings.difference = difference
    return findings


async def _compare(
    net: OpenNetwork,
    live: AsyncConnection,
    anew: Recomputed,
    findings: Findings,
    bars: _Bars,
    api_transport: httpx.AsyncBaseTransport | None,
) -> None:
    behind = (await net.node.head()).number - findings.block
    if behind > _LAG:
        findings.not_compared.append(f"{behind} blocks after {findings.block}: the index has not read them")
    findings.compared["events replayed"] = anew.source.events_read
    findings.compared["entries replayed"] = anew.source.entries_read
    words = sum(1 for _ in compare.storage_expected(anew))
    await compare.with_storage(anew, findings, bars.bar("contract storage", words))
    await compare.with_read_model(
        anew, live, net.ledger_id, findings, bars.bar("read model", len(compare.TABLES))
    )
    await compare.with_documents(live, net.ledger_id, findings)
    expected = await compare.reputations(anew)
    findings.compared["reputations recomputed"] = len(expected)
    credentials = net.directory.credentials()
    advance = bars.bar("API", len(expected))
    async with Api(net.network.api, transport=api_transport) as api:
        try:
            await compare.with_api(anew, expected, api, credentials, net.network.public, findings, advance)
        except ApiUnavailable as error:
            findings.not_compared.append(f"what the API serves: {error}")
        except ApiRefused as error:
            raise Differs("API", str(error), "an answer", None) from error


def show(findings: Findings, output: Output) -> None:
    """Show the findings."""
    if output.json:
        output.document(findings.to_json())
        return
    output.table(
        f"Recomputed from the chain's events up to block {findings.block}, and compared",
        ("", "compared"),
        list(findings.compared.items()),
    )
    for remark in findings.not_compared:
        output.text(f"not compared: {remark}")
    if findings.difference is None:
        output.text("No difference.")
    else:
        one = findings.difference
        output.text(
            f"DIFFERENCE in the {one.where}: {one.what}\n  expected {one.expected}\n  found    {one.found}"
        )
