"""`doorstep verify`: compares what is stored and served with what the chain's events and proofs come to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import httpx
from rich.progress import Progress
from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.rpc.node import Node
from chain_client.rpc.proofs import ProofFailed
from scripts.client import Api, ApiRefused, ApiUnavailable
from scripts.datadir import RELAY
from scripts.network import OpenNetwork
from scripts.output import Output
from scripts.verification import bodies, documents, nodes, read_model, receipts, served, storage
from scripts.verification.end import PATIENCE, NothingIndexed, read_cursor, record_end, until_index_reaches
from scripts.verification.found import Differs, Findings
from scripts.verification.outbox import Outbox
from scripts.verification.recompute import Recomputed, recomputed
from scripts.verification.rows import check_types

__all__ = ["NothingIndexed", "show", "verify"]


@dataclass(frozen=True, slots=True)
class _Bars:
    """A progress bar for each part."""

    progress: Progress

    def bar(self, name: str, total: int) -> Callable[[int], None]:
        task = self.progress.add_task(name, total=total, detail="")
        return lambda by: self.progress.advance(task, by)


@dataclass(frozen=True, slots=True)
class _Verification:
    """One run: everything is compared in one read transaction, so that the network may go on meanwhile."""

    net: OpenNetwork
    live: AsyncConnection
    findings: Findings
    bars: _Bars
    second: Node | None
    api_transport: httpx.AsyncBaseTransport | None
    patience: float

    async def run(self) -> None:
        net, findings = self.net, self.findings
        cursor = await read_cursor(self.live, net.ledger_id)
        if cursor is None:
            raise Differs("read model", "row of cursors", "a row", None)
        end = await record_end(net.node, cursor, patience=self.patience)
        findings.block = end.top.number
        blocks = end.top.number - net.ledger.deployment.identity.deploy_block + 1
        reading = self.bars.bar("blocks and events from the chain", blocks)
        async with recomputed(net.node, net.ledger, end, reading) as computed:
            await self._with_nodes(computed)
            await self._with_database(computed)
            await self._with_api(computed)

    async def _with_nodes(self, computed: Recomputed) -> None:
        source, findings = computed.source, self.findings
        findings.trusted = nodes.trusted(source, self.second)
        findings.compared["events replayed"] = source.events_read
        findings.compared["entries replayed"] = source.entries_read
        if source.proven.proves:
            findings.compared["block headers chained"] = source.headers_read
        words = sum(1 for _ in storage.expected(computed.replay))
        await storage.compare(computed, findings, self.bars.bar("contract storage", words))
        if self.second is not None:
            await nodes.compare(self.net.node, self.second, source, findings, patience=self.patience)

    async def _with_database(self, computed: Recomputed) -> None:
        net, live, findings = self.net, self.live, self.findings
        await check_types(live, net.ledger_id, findings)
        advance = self.bars.bar("read model", len(read_model.TABLES))
        await read_model.compare(computed, live, net.ledger_id, findings, advance)
        separator = net.ledger.deployment.identity.signing_domain.separator()
        top, head = computed.source.top, await net.node.head()
        later = await net.ledger.events(top.number + 1, head.number) if head.number > top.number else []
        outbox = Outbox(live, net.ledger_id, separator, computed.on_chain, top.number, later)
        held = await outbox.compare(findings)
        relays = {net.directory.signer(RELAY).address, *await outbox.relays()}
        times = receipts.feedback_times(computed.on_chain, separator)
        await receipts.compare(
            live, net.ledger_id, separator, relays, held, times, computed.source.last_final.time, findings
        )
        await documents.compare(live, net.ledger_id, computed.on_chain, held, findings)
        await documents.compare_waybills(live, net.ledger_id, findings)
        await bodies.compare(live, net.ledger_id, net.directory.sealing_key(), findings)

    async def _with_api(self, computed: Recomputed) -> None:
        net, findings = self.net, self.findings
        expected = await served.reputations(computed)
        findings.compared["reputations recomputed"] = len(expected)
        credentials = net.directory.credentials()
        advance = self.bars.bar("API", len(expected))
        async with Api(net.network.api, transport=self.api_transport) as api:
            try:
                await served.compare(
                    computed, expected, api, credentials, net.network.public, findings, advance
                )
            except ApiUnavailable as error:
                findings.not_compared.append(f"what the API serves: {error}")
            except ApiRefused as error:
                raise Differs("API", str(error), "an answer", None) from error


async def verify(
    net: OpenNetwork,
    output: Output,
    *,
    second: Node | None = None,
    api_transport: httpx.AsyncBaseTransport | None = None,
    patience: float = PATIENCE,
) -> Findings:
    """Return what was compared, up to the end of the record, and the first difference.

    The record ends at the node's last final block, or later where the index has read further. Changes nothing. With
    `second` the two nodes are compared too. `patience` is how many seconds an index or a node that is behind may stand
    still. Raises NothingIndexed before the index has read a block, and the nodes' errors (retry).
    """
    findings = Findings()
    try:
        await until_index_reaches(net.store, net.ledger_id, await net.node.final(), patience=patience)
        async with net.store.read() as live:
            with output.progress() as progress:
                await _Verification(
                    net, live, findings, _Bars(progress), second, api_transport, patience
                ).run()
    except Differs as difference:
        findings.difference = difference
    except ProofFailed as failed:
        findings.difference = Differs("node", failed.what, failed.expected, failed.found or None)
    return findings


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
    for text in findings.not_compared:
        output.text(f"not compared: {text}")
    for text in findings.remarks:
        output.text(f"note: {text}")
    for text in findings.trusted:
        output.text(f"taken on trust: {text}")
    if findings.difference is None:
        output.text("No difference.")
    else:
        one = findings.difference
        output.text(
            f"DIFFERENCE in the {one.where}: {one.what}\n  expected {one.expected}\n  found    {one.found}"
        )
