"""Connections: sizes of heads and trailers, times of halves, shares of addresses. Over real sockets."""

from __future__ import annotations

import asyncio
import socket
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI, Request
from starlette.responses import StreamingResponse

from api import problems
from api.guard import BodyLimit
from api.http_protocol import Limits, network_of
from tests.api.support import serving

WAIT = 20


@dataclass
class Service:
    """A running server, and what its endpoints were called with."""

    host: str
    port: int
    seen: list[str]
    ended: asyncio.Event
    clients: list[Client] = field(default_factory=list)

    async def connect(self, source: str = "127.0.0.1") -> Client:
        reader, writer = await asyncio.open_connection(self.host, self.port, local_addr=(source, 0))
        self.clients.append(Client(reader, writer))
        return self.clients[-1]

    async def close(self) -> None:
        self.ended.set()
        for client in self.clients:
            client.writer.close()
            with suppress(ConnectionError):
                await client.writer.wait_closed()


@dataclass
class Client:
    """One connection, byte by byte."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self) -> bytes:
        """Everything until the server closes."""
        async with asyncio.timeout(WAIT):
            try:
                return await self.reader.read(-1)
            except ConnectionResetError:
                return b""
            finally:
                self.writer.close()

    async def one_answer(self) -> bytes:
        async with asyncio.timeout(WAIT):
            head = await self.reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            return head + await self.reader.readexactly(length)


@asynccontextmanager
async def service(limits: Limits, body_limit: int = 1 << 22) -> AsyncIterator[Service]:
    app = FastAPI()
    app.add_middleware(BodyLimit, limit=body_limit)
    problems.install(app)
    seen: list[str] = []
    ended = asyncio.Event()

    @app.api_route("/", methods=["GET", "POST"])
    async def home(request: Request) -> str:
        seen.append(str(request.headers.get("x-trailer")))
        await request.body()
        return request.client.host if request.client else ""

    @app.get("/slow")
    async def slow() -> int:
        await ended.wait()
        return 1

    @app.get("/endless")
    async def endless() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            try:
                while True:
                    yield b"x" * 65536
                    await asyncio.sleep(0)  # like an answer that is read page by page
            finally:
                ended.set()

        return StreamingResponse(parts())

    async with serving(app, limits) as url:
        parts = urlsplit(url)
        assert parts.hostname is not None
        assert parts.port is not None
        made = Service(parts.hostname, parts.port, seen, ended)
        try:
            yield made
        finally:
            await made.close()


GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
TOO_LARGE = [
    (b"GET / HTTP/1.1\r\nHost: x\r\nX: %b", 431),
    (b"GET /%b", 414),
    (b"GET /?%b", 414),
    (b"GET / HTTP/1.1\r\nHost: x\r\n%b: x", 431),
    (POST + b"1;%b", 400),
    (POST + b"1\r\nx\r\n0\r\nTrailer: %b", 400),
]


@pytest.mark.parametrize(("request_", "status"), TOO_LARGE)
async def test_what_has_no_end_is_cut_off_and_never_kept(request_: bytes, status: int) -> None:
    async with service(Limits()) as made:
        client = await made.connect()
        tracemalloc.start()
        try:
            before = request_.split(b"%b")[0]
            await client.send(before)
            sent = 0
            try:
                while sent < 41 << 20:
                    await client.send(b"y" * (1 << 16))
                    sent += 1 << 16
            except ConnectionError:
                pass
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        answer = await client.answer()
        # A reset may take the answer with it: the client did not stop to listen.
        assert not answer or answer.startswith(b"HTTP/1.1 %d " % status)
        assert peak < 8 << 20
        client = await made.connect()
        await client.send(GET)
        assert (await client.one_answer()).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(("request_", "status"), TOO_LARGE[:-1])
async def test_what_is_a_little_too_large_is_told_so(request_: bytes, status: int) -> None:
    async with service(Limits(framing=20_000)) as made:
        client = await made.connect()
        await client.send(request_.replace(b"%b", b"y" * 24_000))
        answer = await client.answer()
        assert answer.startswith(b"HTTP/1.1 %d " % status)
        assert b"application/problem+json" in answer


async def test_many_fields_are_refused_and_many_lines_never_kept() -> None:
    async with service(Limits()) as made:
        client = await made.connect()
        await client.send(b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"a%d: b\r\n" % n for n in range(65)))
        assert (await client.answer()).startswith(b"HTTP/1.1 431 ")


async def test_trailers_are_no_headers() -> None:
    async with service(Limits()) as made:
        client = await made.connect()
        await client.send(POST + b"1\r\nx\r\n0\r\nX-Trailer: secret\r\n\r\n" + GET)
        assert (await client.one_answer()).startswith(b"HTTP/1.1 200")
        assert (await client.one_answer()).startswith(b"HTTP/1.1 200")
        assert made.seen == ["None", "None"]
        client.writer.close()


async def test_what_is_no_http_is_400() -> None:
    async with service(Limits()) as made:
        client = await made.connect()
        await client.send(b"\x16\x03\x01 hello\r\n\r\n")
        assert (await client.answer()).startswith(b"HTTP/1.1 400 ")


LATE = [
    (b"", b""),
    (b"\r\n\r\n", b""),
    (b"GET / HTTP/1.1\r\nHost", b"HTTP/1.1 408 "),
    (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx", b"HTTP/1.1 408 "),
    (POST + b"5\r\nxx", b"HTTP/1.1 408 "),
    (GET + b"\r\n", b"HTTP/1.1 200 "),
    (GET + b"GET /", b"HTTP/1.1 200 "),
]


@pytest.mark.parametrize(("half", "begins"), LATE)
async def test_a_half_that_does_not_go_on_is_closed(half: bytes, begins: bytes) -> None:
    async with service(Limits(head_seconds=0.2, body_seconds=0.2)) as made:
        client = await made.connect()
        await client.send(half)
        answer = await client.answer()
        assert answer.startswith(begins)
        assert answer or not begins


async def test_drops_do_not_keep_a_body_alive() -> None:
    async with service(Limits(body_seconds=0.3)) as made:
        client = await made.connect()
        await client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\n")
        answer = asyncio.create_task(client.answer())
        while not answer.done():
            client.writer.write(b"x")
            await asyncio.sleep(0.02)
        assert (await answer).startswith(b"HTTP/1.1 408 ")


async def test_a_long_answer_is_not_cut_off_by_these_times() -> None:
    async with service(Limits(head_seconds=0.05, body_seconds=0.05)) as made:
        client = await made.connect()
        await client.send(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.sleep(0.3)
        made.ended.set()
        assert (await client.one_answer()).startswith(b"HTTP/1.1 200 ")
        client.writer.close()


async def test_an_answer_that_nobody_reads_ends() -> None:
    async with service(Limits(stalled_seconds=0.2)) as made:
        client = await made.connect()
        await client.send(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
        async with asyncio.timeout(WAIT):
            await made.ended.wait()
        client.writer.close()


async def test_an_address_has_its_share_and_another_one_its_own() -> None:
    async with service(Limits(connections_per_address=3)) as made:
        held = [await made.connect() for _ in range(3)]
        for client in held:
            await client.send(GET)
            await client.one_answer()
        answer = await (await made.connect()).answer()
        assert answer.startswith(b"HTTP/1.1 429 ")
        assert b"retry-after" in answer
        other = await made.connect("127.0.0.2")
        await other.send(GET)
        assert b'"127.0.0.2"' in await other.one_answer()
        held[0].writer.close()
        await held[0].writer.wait_closed()
        async with asyncio.timeout(WAIT):
            while True:
                client = await made.connect()
                await client.send(GET)
                if (await client.reader.readline()).startswith(b"HTTP/1.1 200"):
                    break
        for client in [*held, other]:
            client.writer.close()


async def test_connections_without_a_request_make_room() -> None:
    async with service(Limits(connections=4)) as made:
        idle = [await made.connect() for _ in range(4)]
        for _ in range(3):
            member = await made.connect("127.0.0.2")
            await member.send(GET)
            assert (await member.one_answer()).startswith(b"HTTP/1.1 200")
        assert await idle[0].answer() == b""


async def test_without_room_the_answer_is_503() -> None:
    async with service(Limits(connections=2)) as made:
        busy = [await made.connect() for _ in range(2)]
        for client in busy:
            await client.send(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
            await client.send(b"GET / HTTP")  # the server has read what came before once it answers
        async with asyncio.timeout(WAIT):
            while not (await (await made.connect()).answer()).startswith(b"HTTP/1.1 503 "):
                pass
        made.ended.set()
        for client in busy:
            client.writer.close()


async def test_unfinished_bodies_have_a_share_too() -> None:
    async with service(Limits(unfinished_per_address=1 << 20)) as made:
        head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n"
        clients = [await made.connect() for _ in range(3)]
        for client in clients:
            with suppress(ConnectionError):
                await client.send(head + b"x" * 800_000)
        answers = [asyncio.create_task(client.answer()) for client in clients]
        done, _ = await asyncio.wait(answers, timeout=WAIT, return_when=asyncio.FIRST_COMPLETED)
        # A reset may take the answer with it: the client did not stop to listen.
        assert done
        assert all(not one.result() or one.result().startswith(b"HTTP/1.1 429 ") for one in done)
        other = await made.connect("127.0.0.2")
        await other.send(head + b"x" * 900_000)
        assert (await other.one_answer()).startswith(b"HTTP/1.1 200")
        for client in [*clients, other]:
            client.writer.close()
        await asyncio.gather(*answers)


async def test_requests_that_wait_on_one_connection_are_few() -> None:
    async with service(Limits(pipelined=4)) as made:
        client = await made.connect()
        await client.send(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n" + GET * 1000)
        assert await client.answer() == b""
        client = await made.connect()
        await client.send(GET * 4)
        for _ in range(4):
            assert (await client.one_answer()).startswith(b"HTTP/1.1 200")
        client.writer.close()


async def test_only_a_trusted_proxy_names_the_caller() -> None:
    request = b"GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n"
    for trusted, named in ((), b'"127.0.0.1"'), (("127.0.0.0/8",), b'"203.0.113.9"'):
        async with service(Limits(trusted=trusted, connections_per_address=1)) as made:
            clients = [await made.connect() for _ in range(2 if trusted else 1)]
            for client in clients:
                await client.send(request)
                assert named in await client.one_answer()
                client.writer.close()


def test_networks() -> None:
    assert network_of("192.0.2.7") == network_of("::ffff:192.0.2.7") == "192.0.2.7"
    assert network_of("2001:db8:1:2:3::4") == network_of("2001:db8:1:2::ffff") == "2001:db8:1:2::/64"
    assert network_of("2001:db8:1:3::4") != network_of("2001:db8:1:2::4")
    assert network_of("fe80::1%eth0") == "fe80::/64"
    assert network_of("") == ""


def test_this_machine_has_a_second_address() -> None:
    with socket.socket() as made:
        made.bind(("127.0.0.2", 0))
