"""Verification finds what was tampered with, wherever that was, and names it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy import Executable, delete, select, update

from api.app import create_app
from chain_client.bindings import slots
from chain_client.bindings.ledger import Ledger
from chain_client.domain.digests import digest
from chain_client.domain.ids import ZERO_HASH, DriverNumber, delivery_id
from chain_client.domain.records import DAY, Feedback, Kind, Opening, Outcome, Report
from chain_client.indexer.follower import Follower
from chain_client.rpc.node import Node
from chain_client.store import open_store, register_ledger
from chain_client.store.migrate import migrate
from chain_client.store.tables import cursors, daily_counts, deliveries, entries, stops
from scripts.datadir import DataDirectory, Network
from scripts.network import OpenNetwork
from scripts.output import Output
from scripts.serve import settings_of
from scripts.verification.found import Findings
from scripts.verify import NothingIndexed, verify
from tests.support.chain import SmallNetwork, signer

SECRETS = [bytes([n]) * 32 for n in range(1, 7)]


async def _fill(chain: SmallNetwork) -> None:
    """Six deliveries by two drivers, each rated."""
    ids = [delivery_id(chain.shipper.number, secret, "waybill") for secret in SECRETS]
    promised, drivers = chain.provider.time + 3 * DAY, [chain.drivers[n % 2] for n in range(6)]
    openings = [
        Opening(one, signer(f"recipient {n}").address, chain.carrier.number, promised, ZERO_HASH)
        for n, one in enumerate(ids)
    ]
    await chain.send(chain.shipper.writer, Kind.OPENING, openings)
    reports = [
        Report(one, driver, Outcome.DELIVERED, chain.provider.time - 60, ZERO_HASH)
        for one, driver in zip(ids, drivers, strict=True)
    ]
    await chain.send(chain.carrier.writer, Kind.REPORT, reports)
    said = [
        Feedback(one, DriverNumber(driver), 1 + n % 5, 5, 0, 0, 0, 0, ZERO_HASH, 1)
        for n, (one, driver) in enumerate(zip(ids, drivers, strict=True))
    ]
    separator = chain.ledger.deployment.identity.signing_domain.separator()
    signatures = [
        signer(f"recipient {n}").sign_digest(digest(separator, item)) for n, item in enumerate(said)
    ]
    await chain.send(chain.relay, Kind.FEEDBACK, said, signatures)


@pytest.fixture
async def net(chain: SmallNetwork, tmp_path: Path) -> AsyncIterator[OpenNetwork]:
    await _fill(chain)
    directory = DataDirectory(tmp_path / "data")
    network = Network(8000, "http://127.0.0.1:8545", public=True, deployment=chain.ledger.deployment)
    directory.create(network)
    store = open_store(directory.database)
    await migrate(store)
    async with store.write() as connection:
        ledger_id = await register_ledger(connection, chain.ledger.deployment.identity)
    yield OpenNetwork(directory, network, chain.node, chain.ledger, store, ledger_id)
    await store.close()


async def _index(net: OpenNetwork) -> None:
    follower = Follower(net.store, net.node, net.ledger, net.ledger_id, lambda: 0)
    while await follower.step():
        pass


async def _tamper(net: OpenNetwork, statement: Executable) -> None:
    async with net.store.write() as connection:
        assert (await connection.execute(statement)).rowcount == 1  # type: ignore[attr-defined]


@asynccontextmanager
async def _served(net: OpenNetwork) -> AsyncIterator[httpx.AsyncBaseTransport]:
    app = create_app(settings_of(net.directory, 8000, public=True))
    async with app.router.lifespan_context(app):
        yield httpx.ASGITransport(app=app)


async def _verify(net: OpenNetwork) -> Findings:
    async with _served(net) as transport:
        return await verify(net, Output(json=True), api_transport=transport, patience=0)


async def test_verify_compares_everything(net: OpenNetwork) -> None:
    await _index(net)
    findings = await _verify(net)
    assert findings.difference is None
    assert findings.not_compared == []
    compared = findings.compared
    assert compared["entries replayed"] == 18
    assert compared["delivery words in storage"] == 6
    assert compared["driver heads in storage"] == 5
    assert compared["carrier heads in storage"] == 3
    assert compared["rows of entries"] == 18
    assert compared["rows of stops"] == 6
    assert compared["reputations served by the API"] == 5 + 1 + 1


async def test_verify_needs_an_index(net: OpenNetwork) -> None:
    with pytest.raises(NothingIndexed):
        await _verify(net)


async def test_verify_finds_an_altered_rating(net: OpenNetwork) -> None:
    await _index(net)
    async with net.store.read() as connection:
        row = (await connection.execute(select(entries).where(entries.c.kind == "feedback").limit(1))).one()
    item = bytearray(row.item)
    item[3 * 32 - 1] = 5  # overall, the third word
    where = (entries.c.block_number == row.block_number, entries.c.log_index == row.log_index)
    await _tamper(net, update(entries).where(*where).values(item=bytes(item)))
    difference = (await _verify(net)).difference
    assert difference is not None
    assert difference.where == "read model"
    assert difference.what == f"item in entries (block_number {row.block_number}, log_index {row.log_index})"
    assert difference.expected == f"0x{row.item.hex()}"
    assert difference.found == f"0x{bytes(item).hex()}"


async def test_verify_finds_a_dropped_row(net: OpenNetwork) -> None:
    await _index(net)
    await _tamper(net, delete(entries).where(entries.c.kind == "feedback", entries.c.log_index == 2))
    difference = (await _verify(net)).difference
    assert difference is not None
    assert difference.what.startswith("row of entries (block_number ")
    assert "log_index 2" in difference.what
    assert (difference.expected, difference.found) == ("a row", "nothing")


async def test_verify_finds_altered_counts(net: OpenNetwork) -> None:
    await _index(net)
    await _tamper(net, update(daily_counts).where(daily_counts.c.driver == 1).values(overall_5=40))
    difference = (await _verify(net)).difference
    assert difference is not None
    assert difference.what.startswith("overall_5 in daily_counts (part all, driver 1")
    assert difference.found == "40"


async def test_verify_finds_a_final_block_of_another_time(net: OpenNetwork) -> None:
    await _index(net)
    await _tamper(net, update(cursors).values(block_time=cursors.c.block_time - DAY))
    difference = (await _verify(net)).difference
    assert difference is not None
    assert difference.what.startswith("time of block ")


async def test_verify_finds_an_index_that_ends_early(net: OpenNetwork, chain: SmallNetwork) -> None:
    await _index(net)
    chain.provider.mine()
    difference = (await _verify(net)).difference
    assert difference is not None
    head = (await chain.node.head()).number
    assert (difference.where, difference.what) == ("read model", "last block of the index")
    assert difference.expected == f"{head}, the node's last final block, or later"
    assert difference.found == str(head - 1)


async def test_verify_waits_for_an_index_that_catches_up(net: OpenNetwork, chain: SmallNetwork) -> None:
    await _index(net)
    chain.provider.mine()
    async with _served(net) as transport, asyncio.TaskGroup() as tasks:
        found = tasks.create_task(verify(net, Output(json=True), api_transport=transport, patience=60))
        tasks.create_task(_index(net))
    assert found.result().difference is None
    assert found.result().block == (await chain.node.head()).number


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        (update(deliveries).where(deliveries.c.delivery_id == delivery_id(1, SECRETS[0], "waybill")).values(opened_at=1),
         "opened_at in deliveries"),  # type: ignore[arg-type]
        (update(stops).where(stops.c.delivery_id == delivery_id(1, SECRETS[1], "waybill")).values(promise=2),
         "promise in stops"),  # type: ignore[arg-type]
    ],
)  # fmt: skip
async def test_verify_finds_other_altered_rows(net: OpenNetwork, statement: Executable, what: str) -> None:
    await _index(net)
    await _tamper(net, statement)
    difference = (await _verify(net)).difference
    assert difference is not None
    assert difference.what.startswith(what)


async def test_verify_finds_storage_that_events_do_not_explain(net: OpenNetwork, chain: SmallNetwork) -> None:
    slot = slots.driver_head_slot(chain.drivers[1])
    chain.provider.set_storage(chain.ledger.address, slot, 7)
    await _index(net)
    difference = (await _verify(net)).difference
    assert difference is not None
    assert (difference.where, difference.what) == ("storage", f"head of driver {chain.drivers[1]}")
    assert int(difference.found, 16) == 7


async def test_verify_takes_the_word_of_an_engine_without_proofs(
    net: OpenNetwork, chain: SmallNetwork
) -> None:
    chain.provider.answers["web3_clientVersion"] = lambda: "evmd/1.0.0"
    node = await Node.over(chain.provider)
    net = replace(net, node=node, ledger=await Ledger.attach(node, chain.ledger.deployment))
    await _index(net)
    findings = await _verify(net)
    assert findings.difference is None
    assert findings.compared["driver heads in storage"] == 5
    assert "block headers chained" not in findings.compared
    assert findings.trusted[0].startswith(
        "The node could forge everything: the engine cosmos gives no proofs"
    )
    honest, slot = chain.provider.answers["eth_getStorageAt"], slots.driver_head_slot(chain.drivers[1])

    def altered(account: str, asked: str, tag: str) -> str:
        answer: str = honest(account, asked, tag)
        return f"0x{int(answer, 16) ^ 1:064x}" if int(asked, 16) == slot else answer

    chain.provider.answers["eth_getStorageAt"] = altered
    difference = (await _verify(net)).difference
    assert difference is not None
    assert (difference.where, difference.what) == ("storage", f"head of driver {chain.drivers[1]}")
    assert int(difference.expected, 16) ^ int(difference.found, 16) == 1


class _Lying(httpx.AsyncBaseTransport):
    """The API, with one driver's mean a millionth too high."""

    def __init__(self, honest: httpx.AsyncBaseTransport, path: str) -> None:
        self._honest = honest
        self._path = path

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._honest.handle_async_request(request)
        body: dict[str, Any] = orjson.loads(await response.aread())
        if request.url.path == self._path:
            body["figures"]["overall"]["mean"] += 1
        return httpx.Response(response.status_code, json=body)


@pytest.mark.parametrize("subject", ["driver", "carrier", "shipper"])
async def test_verify_finds_a_wrong_figure_in_the_api(
    net: OpenNetwork, chain: SmallNetwork, subject: str
) -> None:
    await _index(net)
    number = {"driver": chain.drivers[1], "carrier": chain.carrier.number, "shipper": chain.shipper.number}[
        subject
    ]
    async with _served(net) as honest:
        lying = _Lying(honest, f"/v1/{subject}s/{number}/reputation")
        difference = (await verify(net, Output(json=True), api_transport=lying)).difference
    assert difference is not None
    assert difference.where == "API"
    assert difference.what == f"figures/overall/mean in the reputation of {subject} {number}"
    assert int(difference.found) == int(difference.expected) + 1


async def test_verify_without_the_api_says_what_was_not_compared(net: OpenNetwork) -> None:
    await _index(net)

    def refuse(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    findings = await verify(net, Output(json=True), api_transport=httpx.MockTransport(refuse))
    assert findings.difference is None
    assert findings.compared["rows of entries"] == 18
    assert len(findings.not_compared) == 1
    assert findings.not_compared[0].startswith("what the API serves: The API at")


async def test_verify_finds_another_chain_behind_the_index(net: OpenNetwork, chain: SmallNetwork) -> None:
    before = chain.provider.snapshot()
    chain.provider.mine()
    await _index(net)
    chain.provider.restore(before)
    chain.provider.advance(5)
    chain.provider.mine()
    difference = (await _verify(net)).difference
    assert difference is not None
    assert difference.what.startswith("hash of block")
