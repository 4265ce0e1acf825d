"""How fast the index is filled from a chain, against a plain reader that copies the same logs into SQLite.

    python benchmarks/backfill.py [--deliveries 5000] [--drivers 50] [--rounds 3]

A devnet in a process of its own holds real deliveries: each opened, reported out and delivered, one in two rated. The
plain reader asks for `eth_getLogs` in ranges of 1,000 blocks over one kept-alive connection, and inserts what comes,
undecoded, in one transaction a range (WAL, synchronous FULL). The follower decodes, checks, chains heads, folds stops
and counts days besides. Both read the same node, in turn; the best round of each counts. `ratio` is the follower's
events per second over the plain reader's; goal: at least 0.8.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import sqlite3
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from doorstep_devnet.testing import spawn_devnet

from chain_client.bindings import admin
from chain_client.bindings.calls import encode_batch
from chain_client.bindings.ledger import Ledger
from chain_client.bindings.transactions import transact
from chain_client.domain.digests import digest
from chain_client.domain.hashing import keccak256
from chain_client.domain.ids import ZERO_HASH, DriverNumber, MemberNumber, delivery_id, to_hex
from chain_client.domain.records import DAY, MAX_BATCH, Feedback, Item, Kind, Opening, Report, Role
from chain_client.indexer.follower import Follower
from chain_client.outbox.signer import LocalSigner
from chain_client.rpc.node import Node
from chain_client.store import migrate, open_store, register_ledger

GENESIS = 1_772_323_200
RANGE = 1_000


def signer(name: str) -> LocalSigner:
    """Return the signer of that name."""
    return LocalSigner(keccak256(name.encode()))


@dataclass
class Filler:
    """Puts deliveries on chain, a batch a block, a few batches a day."""

    node: Node
    ledger: Ledger
    shipper: MemberNumber
    carrier: MemberNumber
    drivers: list[DriverNumber]
    now: int = GENESIS + DAY

    async def fill(self, deliveries: int) -> None:
        """Open, report and rate that many."""
        separator = self.ledger.deployment.identity.signing_domain.separator()
        recipient = signer("recipient")
        for first in range(0, deliveries, MAX_BATCH):
            ours = [
                delivery_id(self.shipper, keccak256(n.to_bytes(8, "big")), "w")
                for n in range(first, min(deliveries, first + MAX_BATCH))
            ]
            promised_by = self.now + 3 * DAY
            driver = [self.drivers[(first // 7 + n) % len(self.drivers)] for n in range(len(ours))]
            await self._send(
                "shipper",
                Kind.OPENING,
                [Opening(one, recipient.address, self.carrier, promised_by, ZERO_HASH) for one in ours],
            )
            for outcome in (1, 3):
                at = self.now
                await self._send(
                    "carrier",
                    Kind.REPORT,
                    [Report(one, by, outcome, at, ZERO_HASH) for one, by in zip(ours, driver, strict=True)],
                )
            rated = [
                Feedback(one, by, 1 + n % 5, 5, 4, 0, 5, 256 if n % 29 == 0 else 0, ZERO_HASH, 1)
                for n, (one, by) in enumerate(zip(ours, driver, strict=True))
                if n % 2 == 0
            ]
            await self._send(
                "relay", Kind.FEEDBACK, rated, [recipient.sign_digest(digest(separator, f)) for f in rated]
            )

    async def _send(self, who: str, kind: Kind, items: list[Item], signatures=()) -> None:
        self.now += 3 * 3_600
        await self.node.request("evm_setTime", [self.now])
        await transact(self.node, signer(who), self.ledger.address, encode_batch(kind, items, signatures))


async def filled(node: Node, deliveries: int, drivers: int) -> Ledger:
    """Return a ledger of that many deliveries on the node's chain."""
    await node.request("evm_setTime", [GENESIS + DAY])
    ledger = await Ledger.attach(node, await admin.deploy(node, signer("admin")))
    numbers = []
    for name, role in (("shipper", Role.SHIPPER), ("carrier", Role.CARRIER)):
        owner = signer(f"owner of {name}")
        numbers.append(await admin.register_member(ledger, signer("admin"), name, role, owner.address))
        await admin.allow_writer(ledger, owner, signer(name).address)
        await admin.accept_writer(ledger, signer(name), numbers[-1])
    first = await admin.register_drivers(ledger, signer("carrier"), drivers)
    filler = Filler(node, ledger, numbers[0], numbers[1], [DriverNumber(first + n) for n in range(drivers)])
    await filler.fill(deliveries)
    return ledger


def plain(url: str, address: str, first: int, last: int, path: Path) -> tuple[int, float]:
    """Copy the logs; return how many and the seconds it took."""
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute(
        "CREATE TABLE logs (block INTEGER, log INTEGER, tx BLOB, hash BLOB, topics BLOB, data BLOB, PRIMARY KEY (block, log))"
    )
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    began, count = time.perf_counter(), 0
    for start in range(first, last + 1, RANGE):
        wanted = {"address": address, "fromBlock": hex(start), "toBlock": hex(min(last, start + RANGE - 1))}
        request = {"jsonrpc": "2.0", "id": 1, "method": "eth_getLogs", "params": [wanted]}
        connection.request("POST", "/", json.dumps(request), {"Content-Type": "application/json"})
        logs = json.loads(connection.getresponse().read())["result"]
        rows = [
            (
                int(log["blockNumber"], 16),
                int(log["logIndex"], 16),
                bytes.fromhex(log["transactionHash"][2:]),
                bytes.fromhex(log["blockHash"][2:]),
                b"".join(bytes.fromhex(topic[2:]) for topic in log["topics"]),
                bytes.fromhex(log["data"][2:]),
            )
            for log in logs
        ]
        with database:
            database.executemany("INSERT INTO logs VALUES (?, ?, ?, ?, ?, ?)", rows)
        count += len(rows)
    took = time.perf_counter() - began
    connection.close()
    database.close()
    return count, took


async def followed(node: Node, ledger: Ledger, path: Path) -> float:
    """Fill an index; return the seconds it took."""
    store = open_store(f"sqlite+aiosqlite:///{path}")
    await migrate(store)
    async with store.write() as connection:
        ledger_id = await register_ledger(connection, ledger.deployment.identity)
    follower = Follower(store, node, ledger, ledger_id, time.time)
    began = time.perf_counter()
    while await follower.step():
        pass
    took = time.perf_counter() - began
    await store.close()
    return took


async def measure(url: str, deliveries: int, drivers: int, rounds: int, scratch: Path) -> dict[str, float]:
    """Return the result, best of the rounds."""
    node = await Node.connect(url, timeout=120.0)
    try:
        ledger = await filled(node, deliveries, drivers)
        head = await node.head()
        identity = ledger.deployment.identity
        best = {"plain": float("inf"), "follower": float("inf")}
        events = 0
        for number in range(rounds):
            events, took = await asyncio.to_thread(
                plain,
                url,
                to_hex(identity.address),
                identity.deploy_block,
                head.number,
                scratch / f"p{number}.db",
            )
            best["plain"] = min(best["plain"], took)
            best["follower"] = min(best["follower"], await followed(node, ledger, scratch / f"f{number}.db"))
        return {
            "events": events,
            "plain_per_second": round(events / best["plain"]),
            "follower_per_second": round(events / best["follower"]),
            "ratio": round(best["plain"] / best["follower"], 3),
        }
    finally:
        await node.close()


def main() -> None:
    """Measure, and print the result as JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--deliveries", type=int, default=5_000)
    parser.add_argument("--drivers", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with TemporaryDirectory() as scratch:
        process, port = spawn_devnet(Path(scratch, "chain"), 0, "--no-sync", "--genesis-time", str(GENESIS))
        try:
            url = f"http://127.0.0.1:{port}"
            found = asyncio.run(measure(url, asked.deliveries, asked.drivers, asked.rounds, Path(scratch)))
        finally:
            process.terminate()
            process.wait(30)
    sys.stdout.write(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
