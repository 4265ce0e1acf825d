"""What open streams cost the API while nothing happens, and how soon all their readers have a new entry.

    python benchmarks/stream.py [--streams 900] [--keys 50] [--seconds 45] [--entries 5]

A server process of its own with SQLite as `doorstep up` has it. Half of the streams are members', under `--keys` keys
and without a filter; half are recipients', each with a read token and a delivery of its own. `idle` is the server's
processor seconds per minute of all these streams while nothing is indexed. Beside it stand two floors on the same
server: as many connections that were kept open after an answer, and as many of a bare response that sends a line every
15 s and does nothing else; `idle_ratio` is idle over the latter. Then `--entries` entries are indexed, one after the
other; each concerns every member's stream. `first_ms` and `last_ms` are the medians from its commit to the first and to
the last reader, `wake_cpu_ms` the server's processor time for one entry.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import resource
import secrets
import socket
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import uvicorn
from http_feedback import _answers, _processor  # the benchmark beside this one
from intake import CARRIER, SHIPPER, START, Delivered

from api.app import create_app
from api.server import Server
from api.settings import Settings
from chain_client.domain.hashing import keccak256
from chain_client.domain.ids import ZERO_HASH, Address, DeliveryId, Hash32, to_hex
from chain_client.domain.links import encode_secret, read_token_hash
from chain_client.domain.records import DAY, LoggedEvent, Opening, Position, Recorded
from chain_client.domain.signatures import address_of
from chain_client.indexer.follower import Follower
from chain_client.rpc.records import Block
from chain_client.store import LedgerId, Store, migrate, open_store, register_ledger
from chain_client.vault import api_keys, waybills
from chain_client.vault.waybills import Waybill

HEARTBEAT_SECONDS = 15
_KEY = keccak256(b"recipient")
_AT_ONCE = 50
_SETTLED = 0.2
"""Processor seconds a second, below which what opening left over is done."""


class Growing(Delivered):
    """The deliveries of the other benchmarks, and openings one by one in new blocks."""

    def grow(self) -> None:
        """Add a block with one opening."""
        number, last = self._head.number + 1, self._head
        hashed = Hash32(keccak256(str(number).encode()))
        self._head = Block(number, hashed, last.hash, last.time + 1)
        self._blocks.append(self._head)
        place = Position(number, 0, hashed, self._head.time, hashed, 0)
        opened = DeliveryId(b"\x00\x01" + secrets.token_bytes(30))
        opening = Opening(opened, address_of(_KEY), CARRIER, START + DAY, ZERO_HASH)
        self._events.append(LoggedEvent(place, Recorded(opening, CARRIER, Address(bytes(20)))))

    async def block(self, number: int) -> Block | None:
        """As `rpc.Node` does."""
        return self._blocks[number] if number < len(self._blocks) else None

    async def events(self, first: int, last: int) -> list[LoggedEvent]:
        """As `rpc.Node` does."""
        return [one for one in self._events if first <= one.position.block_number <= last]


async def _bare(scope: Any, receive: Any, send: Any) -> None:
    """The least that any stream with heartbeats does."""
    if scope["type"] == "lifespan":
        while True:
            kind = (await receive())["type"]
            await send({"type": kind + ".complete"})
            if kind == "lifespan.shutdown":
                return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    while True:
        await send({"type": "http.response.body", "body": b":\n\n", "more_body": True})
        await asyncio.sleep(HEARTBEAT_SECONDS)


def _serve(listener: socket.socket, settings: Settings, bare: bool) -> None:
    app = create_app(settings)
    config = uvicorn.Config(
        _bare if bare else app, log_level="critical", access_log=False, timeout_keep_alive=600,
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    Server(config, app).run(sockets=[listener])


async def _credentials(
    store: Store, ledger_id: LedgerId, deliveries: Sequence[DeliveryId], keys: int
) -> tuple[list[str], list[str]]:
    """Return the requests' lines of `keys` members' and of as many recipients as there are deliveries."""
    tokens = [secrets.token_bytes(32) for _ in deliveries]
    kept = [
        Waybill(one, SHIPPER, f"WB-{number}", bytes(32), read_token_hash(token))
        for number, (one, token) in enumerate(zip(deliveries, tokens, strict=True))
    ]
    async with store.write() as connection:
        await waybills.keep(connection, ledger_id, kept)
        made = [await api_keys.create(connection, ledger_id, CARRIER, START) for _ in range(keys)]
    members = [f"GET /v1/stream HTTP/1.1\r\nAuthorization: Bearer {key}\r\n" for key in made]
    recipients = [
        f"GET /v1/stream?delivery={to_hex(one)} HTTP/1.1\r\nDoorstep-Read-Token: {encode_secret(token)}\r\n"
        for one, token in zip(deliveries, tokens, strict=True)
    ]
    return members, recipients


class Readers:
    """Many connections, each with an open answer; `came` holds when each last had an entry."""

    def __init__(self) -> None:
        self.came: dict[int, float] = {}
        self._writers: list[asyncio.StreamWriter] = []
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self, port: int, requests: Sequence[str], until: bytes) -> None:
        """Send a request on each of as many connections, and wait for what it begins with."""
        for at in range(0, len(requests), _AT_ONCE):
            some = enumerate(requests[at : at + _AT_ONCE], at)
            await asyncio.gather(*(self._one(port, number, request, until) for number, request in some))

    async def _one(self, port: int, number: int, request: str, until: bytes) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        self._writers.append(writer)
        writer.write(f"{request}Host: localhost\r\n\r\n".encode())
        async with asyncio.timeout(60):
            await reader.readuntil(until)
        self._tasks.append(asyncio.create_task(self._read(reader, number)))

    async def _read(self, reader: asyncio.StreamReader, number: int) -> None:
        while got := await reader.read(65536):
            if b"event: entry" in got:
                self.came[number] = time.perf_counter()
        raise RuntimeError("the server ended a connection")

    async def all_have(self, count: int) -> None:
        """Wait until so many have had an entry."""
        async with asyncio.timeout(60):
            while len(self.came) < count:
                for task in self._tasks:
                    if task.done():
                        task.result()
                await asyncio.sleep(0.005)

    async def close(self) -> None:
        """Leave."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in self._writers:
            writer.close()


class Served:
    """A server process over the block."""

    def __init__(self, settings: Settings, *, bare: bool = False) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port: int = self._listener.getsockname()[1]
        fork = multiprocessing.get_context("fork")
        self._process = fork.Process(target=_serve, args=(self._listener, settings, bare))

    async def __aenter__(self) -> Served:
        self._process.start()
        self._listener.close()
        assert self._process.pid is not None
        self.pid = self._process.pid
        return self

    async def __aexit__(self, *_: object) -> None:
        self._process.terminate()
        await asyncio.to_thread(self._process.join)


async def _per_minute(pid: int, seconds: float) -> float:
    async with asyncio.timeout(120):
        busy = True
        while busy:
            used = _processor(pid)
            await asyncio.sleep(3)
            busy = _processor(pid) - used > 3 * _SETTLED
    begin, used = time.perf_counter(), _processor(pid)
    await asyncio.sleep(seconds)
    return (_processor(pid) - used) * 60 / (time.perf_counter() - begin)


async def _woken(
    pid: int, readers: Readers, concerned: int, entries: int, index: Callable[[], Awaitable[None]]
) -> dict[str, float]:
    first, last, cost = [], [], []
    for _ in range(entries):
        readers.came.clear()
        used = _processor(pid)
        await index()
        begin = time.perf_counter()
        await readers.all_have(concerned)
        first.append(min(readers.came.values()) - begin)
        last.append(max(readers.came.values()) - begin)
        await asyncio.sleep(0.5)
        cost.append(_processor(pid) - used)
    return {
        "first_ms": round(1000 * statistics.median(first)),
        "last_ms": round(1000 * statistics.median(last)),
        "wake_cpu_ms": round(1000 * statistics.median(cost)),
    }


async def measure(streams: int, keys: int, seconds: float, entries: int) -> dict[str, float]:
    """Return the figures of one run."""
    recipients = streams // 2
    chain = Growing(
        [DeliveryId(b"\x00\x01" + secrets.token_bytes(30)) for _ in range(recipients)], address_of(_KEY)
    )
    deliveries = [one.event.item.delivery_id for one in chain._events[3::2]]
    with TemporaryDirectory() as directory:
        database = f"sqlite+aiosqlite:///{Path(directory, 'benchmark.db')}"
        settings = Settings(
            database, chain.identity, keccak256(b"sealing"), max_streams=streams, max_connections=2 * streams
        )
        store = open_store(database)
        await migrate(store)
        async with store.write() as connection:
            ledger_id = await register_ledger(connection, chain.identity)
        follower = Follower(store, chain, chain, ledger_id, lambda: START)

        async def follow() -> None:
            while await follower.step():
                pass

        async def index() -> None:
            chain.grow()
            await follow()

        await follow()
        of_members, of_recipients = await _credentials(store, ledger_id, deliveries, keys)
        members = [of_members[number % keys] for number in range(streams - recipients)]
        idle_requests = ["GET /healthz HTTP/1.1\r\n"] * streams
        readers = Readers()
        async with Served(settings) as served:
            await _answers(served.port)
            await readers.open(served.port, [*members, *of_recipients], b"event: ready")
            idle = await _per_minute(served.pid, seconds)
            woken = await _woken(served.pid, readers, len(members), entries, index)
            peak = _peak_mebibytes(served.pid)
            await readers.close()
        floors = []
        for bare, until in ((False, b"ok"), (True, b":\n\n")):
            readers = Readers()
            async with Served(settings, bare=bare) as served:
                await readers.open(served.port, idle_requests, until)
                floors.append(await _per_minute(served.pid, seconds))
                await readers.close()
        await store.close()
    return {
        "streams": streams,
        "idle_cpu_seconds_per_minute": round(idle, 2),
        "kept_connections_cpu_seconds_per_minute": round(floors[0], 2),
        "bare_heartbeats_cpu_seconds_per_minute": round(floors[1], 2),
        "idle_ratio": round(idle / max(0.01, floors[1]), 1),
        "peak_mebibytes": peak,
        **woken,
    }


def _peak_mebibytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) // 1024
    return 0


def main() -> None:
    """Print the figures as one line of JSON."""
    parser = argparse.ArgumentParser(description="Hold many streams open.")
    parser.add_argument("--streams", type=int, default=900)
    parser.add_argument("--keys", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=45, help="to hold them idle, and each floor")
    parser.add_argument("--entries", type=int, default=5)
    given = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    figures = asyncio.run(measure(given.streams, given.keys, given.seconds, given.entries))
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
