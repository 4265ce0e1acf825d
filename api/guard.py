"""What stands before every endpoint: the limits on requests and bodies, and headers that keep answers private."""

from __future__ import annotations

import asyncio
from ipaddress import ip_address
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http_protocol import network_of
from api.problems import Problem, answer
from api.services import Services

_DRAIN_SECONDS: Final = 5.0
_PROBES: Final = frozenset({"/healthz", "/readyz"})


def _too_large(limit: int) -> Problem:
    return Problem(
        413,
        "content-too-large",
        f"The body is over {limit} bytes, which is this server's limit. Send fewer items at a time.",
        headers={"connection": "close"},
    )


class RequestLimit:
    """Refuses requests beyond their caller's limit with 429, before any of the body is read (`rate_limits`).

    Probes from this machine are not counted. The limiter is the one of the app's services: there is none, and nothing
    but pages is answered, before the lifespan has begun.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection of ASGI."""
        if scope["type"] == "http":
            host = scope["client"][0] if scope.get("client") else ""
            if not (scope["path"] in _PROBES and _is_loopback(host)):
                credential = Headers(scope=scope).get("authorization")
                services: Services | None = getattr(scope["app"].state, "services", None)
                address = network_of(host)
                problem = None if services is None else await services.rates.admit(address, credential)
                if problem is not None:
                    await answer(problem, scope["path"])(scope, receive, send)
                    return
        await self.app(scope, receive, send)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class BodyLimit:
    """Refuses a body over `limit` bytes with 413: by its Content-Length before any of it is read, else as it comes."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection of ASGI."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isascii() and declared.isdigit() and len(declared) < 20 and int(declared) <= self.limit:
            await self.app(scope, receive, send)  # the server holds a body to what it declared
            return
        if declared:
            await answer(_too_large(self.limit), scope["path"])(scope, receive, _draining(receive, send))
            return
        read = 0
        over = False

        async def counted() -> Message:
            nonlocal read, over
            message = await receive()
            if message["type"] == "http.request":
                read += len(message.get("body", b""))
                if read > self.limit:
                    over = True
                    raise _too_large(self.limit)
            return message

        draining = _draining(receive, send)

        async def sending(message: Message) -> None:
            await (draining if over else send)(message)

        await self.app(scope, counted, sending)


def _draining(receive: Receive, send: Send) -> Send:
    """Return a `send` that discards what is left of the body before it ends the response.

    A socket closed over unread bytes is reset, and many clients, busy sending, would never see the answer.
    """

    async def draining(message: Message) -> None:
        if message["type"] != "http.response.body" or message.get("more_body", False):
            await send(message)
            return
        await send({**message, "more_body": True})
        try:
            async with asyncio.timeout(_DRAIN_SECONDS):
                while True:
                    part = await receive()
                    if part["type"] != "http.request" or not part.get("more_body", False):
                        break
        except TimeoutError:
            pass  # a client this slow loses the connection, which was announced
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    return draining


class PrivateAnswers:
    """Adds the headers that keep answers out of caches and from being taken for something else; pages bring their own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection of ASGI."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("cache-control", "no-store")
                headers.setdefault("x-content-type-options", "nosniff")
                headers.setdefault("referrer-policy", "no-referrer")
                headers.setdefault("content-security-policy", "default-src 'none'; frame-ancestors 'none'")
            await send(message)

        await self.app(scope, receive, sending)
