"""The HTTP API as this command calls it: one connection pool, one table from answers to errors, patience in one place."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from types import TracebackType
from typing import Any, Final

import httpx
import orjson

from chain_client.domain.errors import DoorstepError, Forbidden, InvalidInput, Unavailable

_FIRST_DELAY: Final = 0.1
_LONGEST_DELAY: Final = 2.0


class ApiUnavailable(Unavailable):
    """The API did not answer, or said it cannot now; what was sent may or may not have been taken."""

    code = "api-unavailable"


class ApiRefused(DoorstepError):
    """The API answered with an error that asking again cannot mend."""

    code = "api-refused"


class Api:
    """A client of one API. Use it as an async context.

    `patience` is for how many seconds a call is repeated while the API does not answer; every call of this product
    may be repeated as it is. `waiting` is told, once for each outage, why a call has to wait.
    """

    def __init__(
        self,
        url: str,
        *,
        patience: float = 0.0,
        waiting: Callable[[str], None] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.url = url
        self._patience = patience
        self._waiting = waiting
        limits = httpx.Limits(max_connections=32, max_keepalive_connections=32)
        self._http = httpx.AsyncClient(base_url=url, timeout=60.0, limits=limits, transport=transport)

    async def get(self, path: str, *, key: str | None = None, **parameters: Any) -> Any:
        """Return the JSON of a GET."""
        return (await self._call("GET", path, key=key, parameters=parameters)).json()

    async def post(
        self, path: str, items: list[dict[str, Any]], *, key: str | None = None
    ) -> list[dict[str, Any]]:
        """Send a list and return its items' answers, in order, whether they are accepted or refused."""
        response = await self._call("POST", path, key=key, content=orjson.dumps(items))
        answers: list[dict[str, Any]] = orjson.loads(response.content)["items"]
        return answers

    async def lines(
        self, path: str, *, key: str | None = None, **parameters: Any
    ) -> AsyncIterator[dict[str, Any]]:
        """Yield the documents of an NDJSON answer; a stream that is cut short raises ApiUnavailable, not retried."""
        headers = {"authorization": f"Bearer {key}"} if key else {}
        try:
            async with self._http.stream("GET", path, params=parameters, headers=headers) as response:
                if not response.is_success:
                    await response.aread()
                    _answer(response)
                async for line in response.aiter_lines():
                    if line:
                        yield orjson.loads(line)
        except httpx.TransportError as error:
            raise ApiUnavailable(f"The API at {self.url} broke off: {type(error).__name__}.") from error

    async def _call(
        self,
        method: str,
        path: str,
        *,
        key: str | None,
        content: bytes | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> httpx.Response:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        if content is not None:
            headers["content-type"] = "application/json"
        deadline = time.monotonic() + self._patience
        delay, said = _FIRST_DELAY, False
        while True:
            try:
                response = await self._http.request(
                    method, path, content=content, params=parameters, headers=headers
                )
                return _answer(response)
            except httpx.TransportError as error:
                trouble = ApiUnavailable(
                    f"The API at {self.url} does not answer ({type(error).__name__}). Is `doorstep up` running?"
                )
            except ApiUnavailable as error:
                trouble = error
            if time.monotonic() + delay > deadline:
                raise trouble
            if self._waiting is not None and not said:
                self._waiting(f"{trouble} Trying again for {self._patience:.0f} s.")
                said = True
            await asyncio.sleep(delay)
            delay = min(2 * delay, _LONGEST_DELAY)

    async def __aenter__(self) -> Api:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()


def _answer(response: httpx.Response) -> httpx.Response:
    if response.is_success:
        return response
    try:
        problem = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        problem = {}
    if response.status_code == 422 and "items" in problem:
        return response  # every item refused, each with its reason: an answer like any other
    detail = str(problem.get("detail") or problem.get("title") or response.reason_phrase)
    where = f"{response.request.method} {response.request.url.path}"
    if response.status_code >= 500 or response.status_code == 429:
        raise ApiUnavailable(f"{where}: {detail}")
    if response.status_code in (401, 403):
        raise Forbidden(f"{where}: {detail}")
    if response.status_code == 422:
        raise InvalidInput(where, detail)
    raise ApiRefused(f"{where} was answered {response.status_code}: {detail}")
