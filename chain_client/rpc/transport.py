"""One JSON-RPC question at a time: over HTTP, or through any web3 provider that speaks plain JSON-RPC."""

from __future__ import annotations

import json
from typing import Any, cast
from urllib.parse import urlsplit

import aiohttp
import orjson
from web3 import AsyncHTTPProvider
from web3.providers.async_base import AsyncBaseProvider
from web3.types import RPCEndpoint, RPCRequest, RPCResponse

from chain_client.domain.errors import InvalidInput
from chain_client.rpc.error_table import translate
from chain_client.rpc.errors import NodeError, NodeUnavailable

_KEEP_ALIVE = 3.0
"""Seconds; below every server's own, so that a connection is not reused just as the node closes it."""


class HttpProvider(AsyncHTTPProvider):
    """web3's provider with kept-alive connections and without its retries, which would send a transaction twice."""

    def __init__(self, url: str, timeout: float, token: str | None = None) -> None:
        super().__init__(url, exception_retry_configuration=None)
        self._headers = {"Content-Type": "application/json"}
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token}"
        self._url = url
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._session: aiohttp.ClientSession | None = None

    @staticmethod
    def encode_rpc_dict(rpc_dict: RPCRequest) -> bytes:
        """Return the request as JSON."""
        return orjson.dumps(rpc_dict)

    @staticmethod
    def decode_rpc_response(raw_response: bytes) -> RPCResponse:
        """Return the answer's JSON."""
        return cast(RPCResponse, orjson.loads(raw_response))

    async def _make_request(self, method: RPCEndpoint, request_data: bytes) -> bytes:
        if self._session is None:
            connector = aiohttp.TCPConnector(keepalive_timeout=_KEEP_ALIVE)
            self._session = aiohttp.ClientSession(connector=connector, timeout=self._timeout)
        async with self._session.post(self._url, data=request_data, headers=self._headers) as response:
            response.raise_for_status()
            return await response.read()

    async def disconnect(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None


class Transport:
    """A provider, with its foreign errors translated; `engine` is the name that chooses rows of the table."""

    def __init__(self, provider: AsyncBaseProvider, url: str) -> None:
        self.url = url
        self.engine = ""
        self._provider = provider

    @classmethod
    def http(cls, url: str, timeout: float, token: str | None = None) -> Transport:
        """Return a transport to an http or https URL, with a bearer token; raises InvalidInput for any other."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InvalidInput("rpc_url", f"must be an http:// or https:// URL of a node, not {url!r}")
        return cls(HttpProvider(url, timeout, token), url)

    async def ask(self, method: str, *params: Any) -> Any:
        """Return the node's answer to one request; raises what `rpc.errors` lists. Never retried here."""
        try:
            answer = await self._provider.make_request(RPCEndpoint(method), list(params))
        except aiohttp.ClientResponseError as error:
            if 400 <= error.status < 500 and error.status not in (408, 429):
                raise NodeError(method, None, f"HTTP {error.status} {error.message}") from error
            raise NodeUnavailable(self.url, f"HTTP {error.status} {error.message}") from error
        except TimeoutError as error:
            raise NodeUnavailable(self.url, "no answer in time") from error
        except (aiohttp.ClientError, OSError) as error:
            raise NodeUnavailable(self.url, str(error) or type(error).__name__) from error
        except (orjson.JSONDecodeError, json.JSONDecodeError, UnicodeDecodeError) as error:
            raise NodeUnavailable(self.url, "what answers there does not speak JSON-RPC") from error
        if not isinstance(answer, dict) or ("result" not in answer and "error" not in answer):
            raise NodeUnavailable(self.url, "what answers there does not speak JSON-RPC")
        if answer.get("error") is not None:
            raise translate(self.url, self.engine, method, answer["error"])
        return answer.get("result")

    async def close(self) -> None:
        """Close what the provider keeps open."""
        if isinstance(self._provider, HttpProvider):
            await self._provider.disconnect()
