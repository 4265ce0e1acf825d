"""HTTP connections with limits: on heads, trailers and half-sent bodies, on their time, and on each address's share.

uvicorn's own protocol has no limit on header values, URLs and trailers, and waits indefinitely for a head or a body. This
one refuses before anything of that size is kept, and closes what makes no progress. `Limits` has the numbers.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from api.problems import MEDIA_TYPE, Problem, problem_bytes


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, times in seconds."""

    url: int = 8 * 1024
    head: int = 16 * 1024
    """Request line and header fields together; trailers are counted with them."""
    fields: int = 64
    """Header fields of a request, its trailers among them."""
    pipelined: int = 8
    """Requests that may wait on a connection for the answer to the one before."""
    framing: int = 64 * 1024
    """Bytes of a chunked body between two parts of its content."""
    head_seconds: float = 10.0
    """From the connection's start, or the first byte of a further request, to the end of the head."""
    body_seconds: float = 30.0
    """For a body, and a second more for each `body_rate` bytes that have come."""
    body_rate: int = 16 * 1024
    stalled_seconds: float = 60.0
    """How long an answer may wait for its client to read on."""
    connections: int = 2000
    """Open at a time; when all are in use, one that waits for a request is closed for a new one."""
    connections_per_address: int = 500
    """Of those, for one IPv4 address or one IPv6 network of 64 bits; trusted proxies have no share."""
    unfinished: int = 128 * 1024 * 1024
    """Bytes of all bodies whose end has not come."""
    unfinished_per_address: int = 32 * 1024 * 1024
    trusted: tuple[str, ...] = ()
    """Addresses and networks of proxies that hold connections for others."""


def network_of(host: str) -> str:
    """Return who counts as one caller: the IPv4 address, or the first 64 bits of an IPv6 address."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.IPv6Network((int(address) >> 64 << 64, 64)))
    return str(address)


class Connections:
    """The open connections of one server, and the bodies on them whose end has not come, by who holds them."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._trusted = [ipaddress.ip_network(one, strict=False) for one in limits.trusted]
        self._open: dict[LimitedHttp, str | None] = {}
        self._shares: Counter[str] = Counter()
        self._unfinished = 0
        self._unfinished_of: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._open)

    def add(self, connection: LimitedHttp, host: str) -> Problem | None:
        """Count a new connection; the problem to refuse it with, where its address or the server has no room."""
        network = None if self._is_trusted(host) else network_of(host)
        share = self.limits.connections_per_address
        if network is not None and self._shares[network] >= share:
            return _too_many(
                429, f"Your address holds {share} connections here, which is its share. Close some."
            )
        if len(self._open) >= self.limits.connections and not self._make_room():
            return _too_many(503, "Every connection is in use. Try again later.")
        self._open[connection] = network
        if network is not None:
            self._shares[network] += 1
        return None

    def remove(self, connection: LimitedHttp) -> None:
        """Forget a connection; one that is not counted changes nothing."""
        network = self._open.pop(connection, None)
        if network is not None:
            self._shares[network] -= 1
            if not self._shares[network]:
                del self._shares[network]

    def hold(self, connection: LimitedHttp, size: int) -> Problem | None:
        """Count `size` bytes more (or less) of an unfinished body; the problem to refuse them with, if any."""
        network = self._open.get(connection)
        self._unfinished += size
        if network is not None:
            self._unfinished_of[network] += size
            if not self._unfinished_of[network]:
                del self._unfinished_of[network]
        if size <= 0:
            return None
        if network is not None and self._unfinished_of[network] > self.limits.unfinished_per_address:
            return _too_many(429, "Your address sends too many large bodies at once. Send one after another.")
        if self._unfinished > self.limits.unfinished:
            return _too_many(503, "Too many large bodies are being sent. Try again later.")
        return None

    def _is_trusted(self, host: str) -> bool:
        if not self._trusted:
            return False
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        return any(address in network for network in self._trusted)

    def _make_room(self) -> bool:
        """Close the idle connection that was opened first, of the address that holds the most."""
        idle = [(one, self._shares.get(network or "", 0)) for one, network in self._open.items() if one.idle]
        if not idle:
            return False
        chosen = max(idle, key=lambda one: one[1])[0]
        self.remove(chosen)
        chosen.transport.close()
        return True


def _too_many(status: int, detail: str) -> Problem:
    return Problem(status, "too-many-connections", detail, headers={"retry-after": "5"})


class LimitedHttp(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *arguments: Any, connections: Connections, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._connections = connections
        self._limits = connections.limits
        self._refusal: Problem | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self._begun = False
        """Whether a request has begun whose end has not come."""
        self._in_body = False
        self._received = self._counted = self._fields = 0
        self._content = self._held = self._silent = 0
        self._body_since = 0.0

    @property
    def idle(self) -> bool:
        """Whether this waits for a request: nothing of one has come, and none is being answered."""
        return not self._begun and (self.cycle is None or self.cycle.response_complete)

    # The connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection, unless there is no room for it."""
        super().connection_made(transport)
        problem = self._connections.add(self, self.client[0] if self.client else "")
        if problem is not None:
            self._refuse(problem)
        else:
            self._start(self._limits.head_seconds, self._head_is_late)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of everything that was counted."""
        self._let_go()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser; what is over a limit ends the connection."""
        self._unset_keepalive_if_required()
        if self.transport.is_closing():
            return
        was_in_body, content = self._in_body, self._content
        self._received += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # no other protocol is spoken here: the request is answered as it is
        except httptools.HttpParserError:
            self._refuse(self._refusal or Problem(400, "bad-request", "This is not a request of HTTP/1.1."))
            return
        if self._in_body:
            nothing_came = self._content == (content if was_in_body else 0)
            self._silent = self._silent + len(data) if nothing_came else 0
            if self._silent > self._limits.framing:
                self._refuse(_too_large(400, "bad-request", "chunked framing", self._limits.framing))
        elif self._begun:
            if self._received > self._limits.head:
                self._refuse(self._head_too_large())
        elif self.idle and self._timer is None and self.timeout_keep_alive_task is None:
            self._start(self._limits.head_seconds, self._head_is_late)  # empty lines are no request

    # The parser's calls

    def on_message_begin(self) -> None:
        """Begin counting a request's head."""
        super().on_message_begin()
        self._begun = True
        self._counted = self._fields = 0
        if self._timer is None:
            self._start(self._limits.head_seconds, self._head_is_late)

    def on_url(self, url: bytes) -> None:
        """Keep the URL, or refuse it by its length."""
        super().on_url(url)
        if len(self.url) > self._limits.url:
            self._fail(_too_large(414, "uri-too-long", "URL", self._limits.url))
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header field; trailers are counted and dropped."""
        self._fields += 1
        if self._fields > self._limits.fields:
            words = f"The request has over {self._limits.fields} header fields, which is this server's limit."
            self._fail(Problem(431, "request-header-fields-too-large", words))
        self._count(len(name) + len(value) + 4)
        if not self._in_body:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Start the request, unless too many wait on this connection already."""
        if len(self.pipeline) >= self._limits.pipelined:
            self._fail(Problem(400, "bad-request", "Too many requests wait on this connection."))
        self._stop()
        super().on_headers_complete()
        self._in_body = True
        self._received = self._content = self._silent = 0
        self._body_since = self.loop.time()
        self._start(self._limits.body_seconds, self._body_is_late)

    def on_body(self, body: bytes) -> None:
        """Keep a part of the body, or refuse it where too many bodies are unfinished."""
        self._content += len(body)
        if not self.cycle.response_started:  # else it is discarded as it comes
            self._held += len(body)
            problem = self._connections.hold(self, len(body))
            if problem is not None:
                self._fail(problem)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End the request; from here on only its answer takes time."""
        self._begun = self._in_body = False
        self._received = 0
        self._stop()
        self._release()
        super().on_message_complete()

    def _count(self, size: int) -> None:
        self._counted += size
        if self._counted > self._limits.head:
            self._fail(self._head_too_large())

    def _head_too_large(self) -> Problem:
        return _too_large(431, "request-header-fields-too-large", "request's head", self._limits.head)

    def _fail(self, problem: Problem) -> None:
        self._refusal = problem
        raise httptools.HttpParserError(problem.detail)

    # Ends

    def _refuse(self, problem: Problem) -> None:
        """Answer with the problem, unless another answer is under way, and close the connection."""
        cycle = self.cycle
        free = cycle is None or cycle.response_complete
        if free or (self._in_body and not cycle.response_started and not self.pipeline):
            body = problem_bytes(problem, "")
            headers = {
                "content-type": MEDIA_TYPE,
                "content-length": str(len(body)),
                "cache-control": "no-store",
                "connection": "close",
                **problem.headers,
            }
            head = b"".join(f"{name}: {value}\r\n".encode() for name, value in headers.items())
            self.transport.write(STATUS_LINE[problem.status] + head + b"\r\n" + body)
        if not free:
            cycle.disconnected = True  # whatever else it answers goes nowhere
            cycle.message_event.set()
        self._let_go()
        self.transport.close()

    def _let_go(self) -> None:
        self._stop()
        self._writes_again()
        self._release()
        self._connections.remove(self)

    def _release(self) -> None:
        if self._held:
            self._connections.hold(self, -self._held)
            self._held = 0

    def _head_is_late(self) -> None:
        self._timer = None
        if self._begun:
            self._refuse(_late("head", self._limits.head_seconds))
        elif self.idle:
            self.transport.close()  # nothing was asked, so nothing is answered

    def _body_is_late(self) -> None:
        self._timer = None
        allowed = self._limits.body_seconds + self._content / self._limits.body_rate
        left = self._body_since + allowed - self.loop.time()
        if self.flow.read_paused:
            left = max(left, 1.0)  # it is this service that does not read
        if left > 0:
            self._start(left, self._body_is_late)
        else:
            self._refuse(_late("body", self._limits.body_seconds))

    def pause_writing(self) -> None:
        """Wait for the client to read, but not indefinitely."""
        super().pause_writing()
        if self._stalled is None:
            self._stalled = self.loop.call_later(self._limits.stalled_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on: the client has read."""
        self._writes_again()
        super().resume_writing()

    def _writes_again(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def _start(self, seconds: float, late: Callable[[], None]) -> None:
        self._timer = self.loop.call_later(seconds, late)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _too_large(status: int, slug: str, what: str, limit: int) -> Problem:
    return Problem(status, slug, f"The {what} is over {limit} bytes, which is this server's limit.")


def _late(what: str, seconds: float) -> Problem:
    words = f"The request's {what} did not come in time; this server waits {seconds:g} s for it."
    return Problem(408, "request-timeout", words)


def limited(limits: Limits) -> Callable[..., LimitedHttp]:
    """Return what uvicorn makes its connections with (`Config.http`), for one server."""
    return partial(LimitedHttp, connections=Connections(limits))
