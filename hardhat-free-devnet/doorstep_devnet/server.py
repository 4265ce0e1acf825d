"""The HTTP and WebSocket server, and `serve`, which runs a whole node."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator, MutableMapping, Sequence
from typing import Any

import orjson
import uvicorn

from . import methods_logs
from .access import Access, is_local
from .config import HOST, DevnetConfig
from .errors import StartError
from .filters import Filters
from .methods_chain import ChainMethods
from .methods_debug import DebugMethods
from .methods_evm import EvmMethods
from .methods_pool import PoolMethods
from .methods_send import SendMethods
from .methods_state import StateMethods
from .node import Node
from .rpc import Dispatcher
from .subscriptions import SUBSCRIPTION_METHODS, Subscriptions

log = logging.getLogger(__name__)

MAX_BODY = 16 * 1024 * 1024
TRY_AGAIN_LATER = 1013
MAX_AT_ONCE = 100
"""Messages of one WebSocket that are answered at once; the next is read when one is done."""

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class App:
    """The ASGI application of one node: JSON-RPC by POST on any path, and over a WebSocket on the same port."""

    def __init__(self, node: Node, access: Access | None = None) -> None:
        self._node = node
        self._access = access or Access(None, ())
        self._dispatcher = Dispatcher(
            node,
            SendMethods(node).table()
            | ChainMethods(node).table()
            | StateMethods(node).table()
            | EvmMethods(node).table()
            | Filters(node).table()
            | DebugMethods(node).table()
            | PoolMethods(node).table()
            | methods_logs.table(),
        )

    @property
    def methods(self) -> frozenset[str]:
        """Every method served, those of a WebSocket included."""
        return self._dispatcher.names | SUBSCRIPTION_METHODS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request or serve one connection."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        if not is_local(headers):
            await _reply(send, 403, _error("this node answers on 127.0.0.1 and localhost only"))
        elif not self._access.takes_origin(headers):
            await _reply(
                send, 403, _error("this node does not serve pages of this origin; start it with --origin")
            )
        elif scope["method"] == "OPTIONS" and b"origin" in headers:
            await _reply(send, 204, b"", self._access.preflight(headers))
        elif scope["method"] in ("GET", "HEAD"):
            await _reply(send, 200, b"")
        elif scope["method"] != "POST":
            await _reply(send, 405, _error("use POST"))
        elif not headers.get(b"content-type", b"").lower().startswith(b"application/json"):
            await _reply(send, 415, _error("invalid content type, only application/json is supported"))
        else:
            body = await _body(headers, receive)
            if body is None:
                await _reply(send, 413, _error(f"request body is larger than {MAX_BODY} bytes"))
            else:
                may_drive = self._access.may_drive(headers)
                answer = await _unless_gone(self._dispatcher.answer(body, may_drive=may_drive), receive)
                if answer is not _GONE:
                    await _reply(send, 200, answer or b"", self._access.allowed(headers))

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        headers = dict(scope["headers"])
        if not (is_local(headers) and self._access.takes_origin(headers)):
            await send({"type": "websocket.close", "code": 1008})
            return
        await send({"type": "websocket.accept"})
        subscriptions = Subscriptions(self._node)
        pump = asyncio.create_task(_pump(subscriptions, send))
        try:
            await self._converse(subscriptions, receive, may_drive=self._access.may_drive(headers))
        finally:
            subscriptions.close()
            pump.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await pump

    async def _converse(self, subscriptions: Subscriptions, receive: Receive, *, may_drive: bool) -> None:
        """Answer each message as soon as its answer is there; all that is under way ends with the connection."""
        extra = subscriptions.table()
        room = asyncio.Semaphore(MAX_AT_ONCE)
        working: set[asyncio.Task[None]] = set()

        async def answer(message: bytes | str) -> None:
            try:
                reply = await self._dispatcher.answer(message, extra, may_drive=may_drive)
                if reply is not None:
                    await subscriptions.queue.put(reply)
            finally:
                room.release()

        try:
            while True:
                await room.acquire()
                message = await receive()
                if message["type"] == "websocket.disconnect":
                    return
                task = asyncio.create_task(answer(message.get("text") or message.get("bytes") or b""))
                working.add(task)
                task.add_done_callback(working.discard)
        finally:
            for task in working:
                task.cancel()
            await asyncio.gather(*working, return_exceptions=True)


_GONE: Any = object()


async def _unless_gone(work: Coroutine[Any, Any, bytes | None], receive: Receive) -> Any:
    """Return what `work` answers, or `_GONE` where the client went away first, which ends it."""
    working = asyncio.create_task(work)
    leaving = asyncio.create_task(_disconnected(receive))
    try:
        waited: set[asyncio.Task[Any]] = {working, leaving}
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else _GONE
    finally:
        working.cancel()
        leaving.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _pump(subscriptions: Subscriptions, send: Send) -> None:
    """Send what is queued, answers and messages in one order; close a connection that fell behind."""
    while not subscriptions.overflow.is_set():
        message = await subscriptions.queue.get()
        await send({"type": "websocket.send", "text": message.decode()})
    await send({"type": "websocket.close", "code": TRY_AGAIN_LATER, "reason": "too slow: messages were lost"})


async def _body(headers: dict[bytes, bytes], receive: Receive) -> bytes | None:
    length = headers.get(b"content-length")
    if length is not None and int(length) > MAX_BODY:
        return None
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        part = message.get("body", b"")
        size += len(part)
        if size > MAX_BODY:
            return None
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


async def _reply(send: Send, status: int, body: bytes, more: Sequence[tuple[bytes, bytes]] = ()) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _error(message: str) -> bytes:
    return orjson.dumps({"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": message}})


class _Server(uvicorn.Server):
    """uvicorn that leaves the process's signals alone and says when it listens."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Stop serving: no new connections, those there are finish."""
        self.should_exit = True
        self._stopping.set()

    async def main_loop(self) -> None:
        """Wait to be stopped, without looking every tenth of a second."""
        await self._stopping.wait()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to `serve`."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell."""
        await super().startup(sockets)
        if self.started:
            self._ready()


async def serve(
    config: DevnetConfig, *, on_ready: Callable[[int], None] | None = None, handle_signals: bool = True
) -> None:
    """Run a node until cancelled or told to stop by SIGTERM or SIGINT.

    `on_ready` is called once with the port, when requests are answered. `handle_signals` False leaves the signals to
    the caller; outside the main thread they always are. Raises `StartError` when it cannot start: change the
    arguments. Any other error means that the chain can no longer be written, and everything answered so far is stored.
    """
    access = Access(config.token, config.origins)
    listening = _bind(config.port)
    try:
        node = Node(config)
    except BaseException:
        listening.close()
        raise
    try:
        await _run(node, access, listening, on_ready, handle_signals=handle_signals)
    finally:
        listening.close()
        node.close()


def _bind(port: int) -> socket.socket:
    # With the protocol named, asyncio turns Nagle's delay off on what it accepts.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError as error:
        listening.close()
        raise StartError(f"cannot listen on {HOST}:{port}: {error.strerror}; choose another port") from None
    return listening


async def _run(
    node: Node,
    access: Access,
    listening: socket.socket,
    on_ready: Callable[[int], None] | None,
    *,
    handle_signals: bool,
) -> None:
    port = listening.getsockname()[1]
    settings = uvicorn.Config(
        App(node, access),
        log_level="warning",
        access_log=False,
        lifespan="off",
        ws="websockets-sansio",
        ws_max_size=MAX_BODY,
        timeout_graceful_shutdown=2,
        server_header=False,
        date_header=False,
    )
    server = _Server(settings, lambda: on_ready(port) if on_ready else None)
    serving = asyncio.create_task(server.serve([listening]))
    mining = asyncio.create_task(node.run())
    with _stop_signals(server, enabled=handle_signals):
        try:
            await asyncio.wait({serving, mining}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            server.stop()
            mining.cancel()
            results = await asyncio.gather(serving, mining, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result


@contextlib.contextmanager
def _stop_signals(server: _Server, *, enabled: bool) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    taken = []
    if enabled and threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(NotImplementedError):
                loop.add_signal_handler(number, server.stop)
                taken.append(number)
    try:
        yield
    finally:
        for number in taken:
            loop.remove_signal_handler(number)
