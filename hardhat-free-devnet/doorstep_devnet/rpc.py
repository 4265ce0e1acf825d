"""JSON-RPC 2.0: requests in, answers out; batches, notifications, and every error's code."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

import orjson

from .errors import InvalidParams, InvalidRequest, MethodNotFound, RpcError, TokenNeeded
from .node import Node

log = logging.getLogger(__name__)

DRIVING = ("evm_", "anvil_", "hardhat_")
"""How the names of methods begin that drive the chain: its clock, its blocks, what waits."""
MAX_BATCH = 1000
YIELD_EVERY = 20
"""Requests of a batch after which others have their turn."""
PARSE_ERROR = -32700
INTERNAL_ERROR = -32603


class Runs(Enum):
    """Where a method runs and what it is given before its parameters."""

    PLAIN = "on the event loop"
    VIEW = "on the event loop, with a view of the chain: for what takes microseconds"
    BLOCK = (
        "as VIEW, but in a reader thread where a parameter names the pending block, which must be executed"
    )
    READER = "in a reader thread, with a view of the chain"
    CALL = "in a thread for executions, with a view of the chain and a time limit"
    LONG = "as CALL, without the limit"
    ASYNC = "on the event loop, awaited"


@dataclass(frozen=True, slots=True)
class Method:
    """One method: what to call, where, and how many parameters it takes."""

    call: Callable[..., Any]
    runs: Runs
    least: int
    most: int

    @classmethod
    def of(cls, call: Callable[..., Any], runs: Runs) -> Method:
        """Count the parameters from the signature."""
        parameters = list(inspect.signature(call).parameters.values())
        if runs not in (Runs.PLAIN, Runs.ASYNC):
            parameters = parameters[1:]
        least = sum(parameter.default is parameter.empty for parameter in parameters)
        return cls(call, runs, least, len(parameters))


T = TypeVar("T")
Methods = Mapping[str, Method]
Calls = list[tuple[str, Callable[..., Any]]]


def _refuse(*_: object) -> None:
    raise TokenNeeded(
        "this method drives the chain and needs the node's token: send it as `Authorization: Bearer <token>`"
    )


REFUSED = Method(_refuse, Runs.PLAIN, 0, 100)


def methods(runs: Runs, calls: Calls) -> dict[str, Method]:
    """A table of methods that all run at the same place."""
    return {name: Method.of(call, runs) for name, call in calls}


class Dispatcher:
    """Answers requests with the methods it is given."""

    def __init__(self, node: Node, table: Methods) -> None:
        self._node = node
        self._table = table
        self._changing: set[asyncio.Future[Any]] = set()

    @property
    def names(self) -> frozenset[str]:
        """The methods that it answers, without those added to single requests."""
        return frozenset(self._table)

    async def answer(
        self, body: bytes | str, extra: Methods | None = None, *, may_drive: bool = True
    ) -> bytes | None:
        """The answer to one request or a batch; None when nothing is to be answered.

        `extra` adds methods. Without `may_drive` the methods that drive the chain are refused.
        """
        try:
            request = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            return _dump(_failure(None, PARSE_ERROR, f"parse error: {error}"))
        table = self._table if extra is None else {**self._table, **extra}
        if not may_drive:
            table = {**table, **{name: REFUSED for name in table if name.startswith(DRIVING)}}
        if not isinstance(request, list):
            exact = _exact_id(request, body)
            reply = await self._answer_one(exact, table)
            return None if reply is None else _dump(reply)
        if not request:
            return _dump(_failure(None, InvalidRequest.code, "empty batch"))
        if len(request) > MAX_BATCH:
            message = f"batch too large: {len(request)} requests, at most {MAX_BATCH}"
            return _dump([_failure(_readable_id(request[0]), InvalidRequest.code, message)])
        replies = []
        for place, one in enumerate(_exact_ids(request, body)):
            if place % YIELD_EVERY == YIELD_EVERY - 1:
                await asyncio.sleep(0)
            reply = await self._answer_one(one, table)
            if reply is not None:
                replies.append(reply)
        return _dump(replies) if replies else None

    async def _answer_one(self, request: object, table: Methods) -> dict[str, Any] | None:
        identifier = _readable_id(request)
        try:
            name, params = _read_request(request)
            notification = isinstance(request, dict) and "id" not in request
            result = await self._run(name, params, table)
        except RpcError as error:
            if isinstance(request, dict) and "id" not in request and not isinstance(error, InvalidRequest):
                return None
            return _failure(identifier, error.code, error.message, error.data)
        except Exception as error:
            log.exception(
                "internal error answering %r", request if len(repr(request)) < 500 else type(request)
            )
            return _failure(identifier, INTERNAL_ERROR, f"internal error: {type(error).__name__}: {error}")
        return None if notification else {"jsonrpc": "2.0", "id": identifier, "result": result}

    async def _run(self, name: str, params: list[Any], table: Methods) -> Any:
        method = table.get(name)
        if method is None:
            raise MethodNotFound(f"the method {name} does not exist/is not available")
        if len(params) > method.most:
            raise InvalidParams(f"{name}: too many arguments, want at most {method.most}")
        if len(params) < method.least:
            raise InvalidParams(f"{name}: missing value for required argument {len(params)}")
        if method.runs is Runs.READER:
            return await self._node.in_reader(lambda view: method.call(view, *params))
        if method.runs in (Runs.CALL, Runs.LONG) or (method.runs is Runs.BLOCK and _names_pending(params)):
            limited = method.runs is Runs.CALL
            return await self._node.in_caller(lambda view: method.call(view, *params), limited=limited)
        if method.runs in (Runs.VIEW, Runs.BLOCK):
            with self._node.store.view() as view:
                return method.call(view, *params)
        if method.runs is Runs.ASYNC:
            return await self._to_its_end(method.call(*params))
        return method.call(*params)

    async def _to_its_end(self, work: Coroutine[Any, Any, T]) -> T:
        """Await what changes the chain: a client that goes away does not leave it half done."""
        task = asyncio.ensure_future(work)
        self._changing.add(task)
        task.add_done_callback(self._changing.discard)
        return await asyncio.shield(task)


def _readable_id(request: object) -> object:
    """The id to answer with; None where there is none that an answer may have."""
    identifier = request.get("id") if isinstance(request, dict) else None
    return None if isinstance(identifier, dict | list | bool) else identifier


def _exact_id(request: object, body: bytes | str) -> object:
    """The request with its id as it was written: orjson makes a float of integers beyond 64 bits."""
    return _exact_ids([request], body)[0]


def _exact_ids(requests: list[Any], body: bytes | str) -> list[Any]:
    if not any(isinstance(one, dict) and isinstance(one.get("id"), float) for one in requests):
        return requests
    written = json.loads(body, parse_int=_Number, parse_float=_Number)
    written = written if isinstance(written, list) else [written]
    return [
        {**one, "id": orjson.Fragment(str(again["id"]))} if isinstance(again.get("id"), _Number) else one
        for one, again in zip(requests, (x if isinstance(x, dict) else {} for x in written), strict=True)
    ]


class _Number(str):
    """A number as it was written."""


def _read_request(request: object) -> tuple[str, list[Any]]:
    if not isinstance(request, dict):
        raise InvalidRequest("invalid request: expected an object")
    if isinstance(request.get("id"), dict | list | bool):
        raise InvalidRequest("invalid request: id must be a string or a number")
    name = request.get("method")
    if request.get("jsonrpc") != "2.0" or not isinstance(name, str):
        raise InvalidRequest('invalid request: expected "jsonrpc": "2.0" and a "method"')
    params = request.get("params", [])
    if params is None:
        params = []
    if not isinstance(params, list):
        raise InvalidParams(f"{name}: parameters must be a list")
    while params and params[-1] is None:
        params.pop()
    return name, params


def _names_pending(params: list[Any]) -> bool:
    return any(
        param == "pending" or (isinstance(param, dict) and param.get("blockNumber") == "pending")
        for param in params
    )


def _failure(identifier: object, code: int, message: str, data: object = None) -> dict[str, Any]:
    error: dict[str, Any] = {"code": code, "message": message}
    if data is not None:
        error["data"] = data
    return {"jsonrpc": "2.0", "id": identifier, "error": error}


def _dump(value: object) -> bytes:
    return orjson.dumps(value)
