"""Over real HTTP: silence, slowness, and servers that are no nodes. Nothing is asked twice."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from chain_client.domain.errors import InvalidInput
from chain_client.rpc.errors import NodeError, NodeUnavailable
from chain_client.rpc.node import Node
from chain_client.rpc.transport import Transport

Answer = Callable[[bytes], Awaitable[tuple[int, bytes]]]


class Server:
    """An HTTP server that answers what it is told and counts requests."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self.answer: Answer = self.result(None)
        self.url = ""

    @staticmethod
    def result(value: object) -> Answer:
        async def answer(body: bytes) -> tuple[int, bytes]:
            return 200, json.dumps({"jsonrpc": "2.0", "id": 0, "result": value}).encode()

        return answer

    @staticmethod
    def plain(status: int, body: bytes) -> Answer:
        async def answer(_: bytes) -> tuple[int, bytes]:
            return status, body

        return answer

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(
                    int(line.split(b":")[1])
                    for line in head.lower().split(b"\r\n")
                    if line.startswith(b"content-length")
                )
                body = await reader.readexactly(length)
                self.requests.append(body)
                status, answer = await self.answer(body)
                writer.write(b"HTTP/1.1 %d x\r\ncontent-length: %d\r\n\r\n" % (status, len(answer)) + answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    listening = await asyncio.start_server(made.handle, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    yield made
    listening.close()


@pytest.fixture
async def transport(server: Server) -> AsyncIterator[Transport]:
    made = Transport.http(server.url, timeout=0.2)
    yield made
    await made.close()


async def test_questions_share_a_connection(server: Server, transport: Transport) -> None:
    server.answer = server.result("0x1")
    assert [await transport.ask("eth_chainId") for _ in range(3)] == ["0x1"] * 3
    assert server.connections == 1
    asked = json.loads(server.requests[0])
    assert (asked["method"], asked["params"], asked["jsonrpc"]) == ("eth_chainId", [], "2.0")


async def test_nobody_listening_is_named_with_what_to_do() -> None:
    free = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port = free.sockets[0].getsockname()[1]
    free.close()
    await free.wait_closed()
    with pytest.raises(
        NodeUnavailable, match=rf"http://127\.0\.0\.1:{port} does not answer .*start it"
    ) as caught:
        await Node.connect(f"http://127.0.0.1:{port}")
    assert caught.value.retry


async def test_a_slow_node_is_unavailable_and_a_send_is_not_repeated(
    server: Server, transport: Transport
) -> None:
    async def never(_: bytes) -> tuple[int, bytes]:
        await asyncio.Event().wait()
        raise AssertionError

    server.answer = never
    with pytest.raises(NodeUnavailable, match="no answer in time"):
        await transport.ask("eth_sendRawTransaction", "0x00")
    assert len(server.requests) == 1


async def test_a_node_that_hangs_up_is_unavailable_and_nothing_is_repeated(
    server: Server, transport: Transport
) -> None:
    async def hang_up(_: bytes) -> tuple[int, bytes]:
        raise ConnectionResetError

    server.answer = hang_up
    for method in ("eth_sendRawTransaction", "eth_call"):
        with pytest.raises(NodeUnavailable):
            await transport.ask(method)
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html>hello</html>"),
        (200, b"[]"),
        (200, b"{}"),
        (200, b"\xff"),
        (502, b"bad gateway"),
        (429, b"slow"),
    ],
)
async def test_what_is_no_node_is_unavailable(
    server: Server, transport: Transport, status: int, body: bytes
) -> None:
    server.answer = server.plain(status, body)
    with pytest.raises(NodeUnavailable):
        await transport.ask("eth_chainId")


@pytest.mark.parametrize("status", [400, 401, 404, 413])
async def test_a_request_the_server_rejects_is_not_worth_repeating(
    server: Server, transport: Transport, status: int
) -> None:
    server.answer = server.plain(status, b"no")
    with pytest.raises(NodeError, match=f"HTTP {status}") as caught:
        await transport.ask("eth_chainId")
    assert not caught.value.retry


@pytest.mark.parametrize("url", ["localhost:8545", "ftp://node", "http://", "", "ws://127.0.0.1:1"])
async def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match="rpc_url"):
        await Node.connect(url)
