"""How fast signed feedback is accepted over HTTP, in bulk and one by one.

    python benchmarks/http_feedback.py [--items 5000] [--connections 32]

A server process of its own, over a real socket, with SQLite as `doorstep up` has it (WAL, synchronous FULL). In bulk,
lists of 1,000 are held against `coincurve` recovering the same signatures on one core: goal 0.35. One by one, on
`--connections` connections at once, they are held against the same server answering `/healthz`: goal 0.4. Each ratio
is given by the clock and by processor time of the server, which a busy machine hardly hurts.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import secrets
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
import uvicorn
from coincurve import PublicKey
from intake import DRIVER, Delivered  # the benchmark beside this one

from api.app import create_app
from api.settings import Settings
from chain_client.domain.digests import digest
from chain_client.domain.hashing import keccak256
from chain_client.domain.ids import ZERO_HASH, DeliveryId, to_hex
from chain_client.domain.records import Feedback
from chain_client.domain.signatures import address_of, sign
from chain_client.indexer.follower import Follower
from chain_client.outbox.signer import LIGHT, create_keystore
from chain_client.store import migrate, open_store, register_ledger

CALL = 1000
_TICKS = os.sysconf("SC_CLK_TCK")


def _serve(listener: socket.socket, settings: Settings) -> None:
    app = create_app(settings)
    uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False)).run(sockets=[listener])


async def _prepare(chain: Delivered, settings: Settings) -> None:
    store = open_store(settings.database)
    await migrate(store)
    async with store.write() as connection:
        ledger_id = await register_ledger(connection, chain.identity)
    follower = Follower(store, chain, chain, ledger_id, time.time)
    while await follower.step():
        pass
    await store.close()


def _signed(chain: Delivered, deliveries: Sequence[DeliveryId], key: bytes) -> tuple[list[bytes], float]:
    """Return the feedback as JSON, and the seconds of the processor that recovering all of it takes."""
    separator = chain.identity.signing_domain.separator()
    bodies, ready = [], []
    for one in deliveries:
        item = Feedback(one, DRIVER, 5, 4, 5, 3, 5, 0, ZERO_HASH, 1)
        hashed = digest(separator, item)
        signature = sign(key, hashed)
        vs = int.from_bytes(signature[32:], "big")
        ready.append(
            (signature[:32] + (vs & ((1 << 255) - 1)).to_bytes(32, "big") + bytes([vs >> 255]), hashed)
        )
        body = {"delivery_id": to_hex(one), "driver": DRIVER, "overall": 5, "timeliness": 4, "packaging": 5}
        body |= {"professionalism": 3, "accuracy": 5, "revision": 1, "signature": to_hex(signature)}
        bodies.append(orjson.dumps(body))
    begin = time.process_time()
    for raw, hashed in ready:
        PublicKey.from_signature_and_message(raw, hashed, hasher=None)
    return bodies, time.process_time() - begin


def _request(method: str, path: str, body: bytes) -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
    return (head + "Content-Type: application/json\r\n\r\n").encode() + body


async def _on_connections(port: int, requests: Sequence[bytes], connections: int) -> None:
    """Send the requests over kept connections; a client this plain leaves the processor to the server."""
    waiting = list(reversed(requests))

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while waiting:
            writer.write(waiting.pop())
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.split(b"content-length: ", 1)[1].split(b"\r\n", 1)[0])
            body = await reader.readexactly(length)
            if head.split(b" ", 2)[1] not in (b"200", b"202") or b'"status":"refused"' in body:
                raise RuntimeError(f"not accepted: {body[:500]!r}")
        writer.close()

    await asyncio.gather(*(one() for _ in range(connections)))


def _processor(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


async def _measured(pid: int, run: Callable[[], Awaitable[None]]) -> tuple[float, float]:
    """Return seconds of the clock, and of the server's processor."""
    begin, used = time.perf_counter(), _processor(pid)
    await run()
    return time.perf_counter() - begin, _processor(pid) - used


async def _answers(port: int) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            await _on_connections(port, [_request("GET", "/healthz", b"")], 1)
        except OSError:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.05)
        else:
            return


async def measure(items: int, connections: int) -> dict[str, float]:
    """Return the figures of one run."""
    key = keccak256(b"recipient")
    deliveries = [DeliveryId(b"\x00\x01" + secrets.token_bytes(30)) for _ in range(2 * items + CALL)]
    chain = Delivered(deliveries, address_of(key))
    with TemporaryDirectory() as directory:
        keystore, password = Path(directory, "relay.json"), Path(directory, "password")
        create_keystore(keystore, "benchmark", work=LIGHT)
        password.write_text("benchmark")
        database = f"sqlite+aiosqlite:///{Path(directory, 'benchmark.db')}"
        settings = Settings(
            database,
            chain.identity,
            keccak256(b"sealing"),
            keystore,
            password,
            ready_silence_seconds=3600,
            requests_per_address=1_000_000_000,  # all come from this machine
        )
        await _prepare(chain, settings)
        bodies, recovering = _signed(chain, deliveries, key)
        with socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
            port = listener.getsockname()[1]
            server = multiprocessing.get_context("fork").Process(target=_serve, args=(listener, settings))
            server.start()
            assert server.pid is not None
            pid = server.pid
            try:
                await _answers(port)
                lists = [
                    b"[" + b",".join(bodies[at : at + CALL]) + b"]" for at in range(0, items + CALL, CALL)
                ]
                warm_up, *bulk = [_request("POST", "/v1/feedback", one) for one in lists]
                single = [_request("POST", "/v1/feedback", one) for one in bodies[items + CALL :]]
                constant = [_request("GET", "/healthz", b"")] * items
                await _on_connections(port, [warm_up], 1)
                in_bulk = await _measured(pid, lambda: _on_connections(port, bulk, 2))
                constantly = await _measured(pid, lambda: _on_connections(port, constant, connections))
                one_by_one = await _measured(pid, lambda: _on_connections(port, single, connections))
            finally:
                server.terminate()
                server.join()
    recovered = recovering * items / len(bodies)
    return {
        "items": items,
        "recovered_per_second": round(items / recovered),
        "bulk_per_second": round(items / in_bulk[0]),
        "bulk_ratio": round(recovered / in_bulk[0], 3),
        "bulk_ratio_of_processor_time": round(recovered / in_bulk[1], 3),
        "constant_per_second": round(items / constantly[0]),
        "single_per_second": round(items / one_by_one[0]),
        "single_ratio": round(constantly[0] / one_by_one[0], 3),
        "single_ratio_of_processor_time": round(constantly[1] / one_by_one[1], 3),
    }


def main() -> None:
    """Print the figures as one line of JSON."""
    parser = argparse.ArgumentParser(description="Accept signed feedback over HTTP.")
    parser.add_argument("--items", type=int, default=5_000)
    parser.add_argument("--connections", type=int, default=32)
    given = parser.parse_args()
    if given.items % CALL:
        parser.error(f"--items must be a multiple of {CALL}")
    figures = asyncio.run(measure(given.items, given.connections))
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
