"""A small network that has really been at work: a devnet of its own, and a data directory with texts, intents, receipts.

Built once for a file of tests, then copied: the devnet goes on, and each test gets a database of its own to tamper with.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from subprocess import Popen
from typing import Any

import httpx
from doorstep_devnet.testing import spawn_devnet

from api.app import create_app
from chain_client.bindings import admin
from chain_client.bindings.calls import encode_batch
from chain_client.bindings.transactions import transact
from chain_client.domain.digests import digest
from chain_client.domain.ids import ZERO_HASH, DriverNumber
from chain_client.domain.links import signing_key
from chain_client.domain.records import DAY, Feedback, Kind, Outcome, Role
from chain_client.domain.signatures import sign
from chain_client.rpc.node import Node
from scripts.client import Api
from scripts.datadir import ADMIN, DataDirectory, LocalMember, Network
from scripts.members import ensure_member
from scripts.network import OpenNetwork, open_network
from scripts.recipients import Ratings, Recipients
from scripts.serve import settings_of
from scripts.waiting import chain_time, until_indexed, until_settled
from scripts.worker import work
from tests.support.chain import signer

GENESIS_TIME = 1_772_323_200
PATIENCE = 120.0


@dataclass(frozen=True)
class Stack:
    """The devnet's URL, the data directory, and the receipts that recipients were given, by waybill."""

    url: str
    directory: DataDirectory
    shop: LocalMember
    carrier: LocalMember
    saved: dict[str, dict[str, Any]]
    """By waybill what the recipient's page saves: the signed feedback with its receipt."""

    @property
    def recipients(self) -> Recipients:
        return _recipients(self.directory, self.shop)

    def copy(self, path: Path) -> DataDirectory:
        """Return a copy of the data directory, with a consistent copy of the database."""
        shutil.copytree(
            self.directory.path, path, ignore=shutil.ignore_patterns("doorstep.db*", "chain", "logs")
        )
        source, target = (
            sqlite3.connect(self.directory.path / "doorstep.db"),
            sqlite3.connect(path / "doorstep.db"),
        )
        with source, target:
            source.backup(target)
        source.close()
        target.close()
        return DataDirectory(path)


def _recipients(directory: DataDirectory, shop: LocalMember) -> Recipients:
    separator = directory.deployment().identity.signing_domain.separator()
    return Recipients(directory.seed(), shop.member, separator)


@contextmanager
def small_stack(path: Path) -> Iterator[Stack]:
    """Run a devnet as a process of its own, and give the data directory once all of it is on chain and indexed."""
    chain = path / "chain"
    chain.mkdir(parents=True)
    process, port = spawn_devnet(chain, 0, "--genesis-time", str(GENESIS_TIME))
    try:
        yield asyncio.run(_build(path / "data", f"http://127.0.0.1:{port}"))
    finally:
        _end(process)


def _end(process: Popen[str]) -> None:
    process.terminate()
    process.communicate()


async def _build(path: Path, url: str) -> Stack:
    directory = DataDirectory(path)
    directory.create(Network(8000, url, public=True))
    node = await Node.connect(url)
    deployment = await admin.deploy(node, directory.signer(ADMIN))
    await node.close()
    directory.write_network(replace(directory.network(), deployment=deployment))
    async with open_network(directory) as net:
        shop = await ensure_member(net, "Shop", Role.SHIPPER)
        carrier = await ensure_member(net, "Carrier", Role.CARRIER, drivers=2)
        builder = _Builder(net, shop, carrier, _recipients(directory, shop), {})
        await builder.fill()
    return Stack(url, directory, shop, carrier, builder.saved)


@asynccontextmanager
async def served(net: OpenNetwork) -> AsyncIterator[httpx.AsyncBaseTransport]:
    """Serve the API of a data directory in this process."""
    app = create_app(settings_of(net.directory, 8000, public=True))
    async with app.router.lifespan_context(app):
        yield httpx.ASGITransport(app=app)


def not_served() -> httpx.AsyncBaseTransport:
    """Return where no API answers."""

    def refuse(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("not served")

    return httpx.MockTransport(refuse)


@dataclass
class _Builder:
    net: OpenNetwork
    shop: LocalMember
    carrier: LocalMember
    recipients: Recipients
    saved: dict[str, dict[str, Any]]

    async def fill(self) -> None:
        async with (
            served(self.net) as transport,
            Api("http://api", patience=PATIENCE, transport=transport) as api,
        ):
            async with self._working():
                await until_indexed(api, self.net.node, patience=PATIENCE)
                await self._deliver(api, ["A", "B", "C", "D", "E", "F"])
                for waybill in "ABC":
                    await self._rate(api, waybill, {"comment": f"about {waybill}"})
                await self._post(api, "/v1/key-changes", [self.recipients.take_over("D")])
                await self._rate(api, "D", None, taken_over=True)
                await self._settle(api)
            # Without a worker: one that somebody else gets ahead of, and at the end one that waits.
            await self._rate(api, "E", {"comment": "too late"})
            await self._rate_directly("E")
            async with self._working():
                await self._settle(api)
            await self._rate(api, "F", {"comment": "still waiting"})

    @asynccontextmanager
    async def _working(self) -> AsyncIterator[None]:
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(work(self.net, stop))
            yield
            stop.set()

    async def _settle(self, api: Api) -> None:
        await until_settled(api, patience=PATIENCE)
        await until_indexed(api, self.net.node, patience=PATIENCE)

    async def _deliver(self, api: Api, waybills: list[str]) -> None:
        now = chain_time(await api.get("/v1/status"))
        assert now is not None
        openings = [
            self.recipients.opening(waybill, self.carrier.number, now + 3 * DAY)
            | {"record": {"contents": f"a parcel, {waybill}"}}
            for waybill in waybills
        ]
        # One whose link the service makes.
        made_here = {
            "waybill": "G",
            "carrier": self.carrier.number,
            "promised_by": openings[0]["promised_by"],
        }
        await self._post(api, "/v1/deliveries", [*openings, made_here], self.shop)
        drivers = self.carrier.driver_numbers()
        reports = [
            self.recipients.report(waybill, Outcome.DELIVERED, drivers[n % 2], now, f"{waybill}/0")
            | {"evidence": {"note": f"left with the neighbour, {waybill}"}}
            for n, waybill in enumerate(waybills)
        ]
        await self._post(api, "/v1/reports", reports, self.carrier)
        await self._settle(api)

    def driver_of(self, waybill: str) -> int:
        return self.carrier.driver_numbers()["ABCDEF".index(waybill) % 2]

    async def _rate(
        self, api: Api, waybill: str, content: dict[str, object] | None, *, taken_over: bool = False
    ) -> None:
        item = self.recipients.feedback(
            waybill, self.driver_of(waybill), Ratings(4, 5), 1, content, waybill, taken_over=taken_over
        )
        (answer,) = await self._post(api, "/v1/feedback", [item])
        ledger = await api.get("/v1/ledger")
        self.saved[waybill] = {
            "domain": ledger["domain"],
            "genesis_hash": ledger["genesis_hash"],
            "feedback": {name: value for name, value in item.items() if name not in ("content", "salt")},
            "feedback_digest": answer["receipt"]["feedback_digest"],
            "receipt": answer["receipt"],
        }

    async def _rate_directly(self, waybill: str) -> None:
        """Record other feedback of the same revision, past the service."""
        delivery = self.recipients.delivery(waybill)
        said = Feedback(delivery, DriverNumber(self.driver_of(waybill)), 1, 1, 1, 1, 1, 0, ZERO_HASH, 1)
        signature = sign(
            signing_key(self.recipients.secret(waybill), delivery), digest(self.recipients.separator, said)
        )
        calldata = encode_batch(Kind.FEEDBACK, [said], [signature])
        await transact(self.net.node, signer("anyone"), self.net.ledger.address, calldata)

    async def _post(
        self, api: Api, path: str, items: list[dict[str, Any]], member: LocalMember | None = None
    ) -> list[dict[str, Any]]:
        answers = await api.post(path, items, key=member.api_key if member else None)
        assert [answer["status"] for answer in answers] == ["accepted"] * len(items), answers
        return answers
