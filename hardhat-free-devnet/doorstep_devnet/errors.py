"""Everything this package raises on purpose.

DevnetError
├── StartError            the node cannot start on this directory: change the arguments, do not retry
│   └── DirectoryInUse    another process holds it: stop that one first
└── RpcError              what a JSON-RPC caller is told; carries code, message and data
    ├── InvalidRequest    -32600
    ├── MethodNotFound    -32601
    ├── InvalidParams     -32602
    ├── Reverted          3, data is what the contract gave
    ├── ServerError       -32000: refused as asked; the same request may succeed later
    ├── TokenNeeded       -32001: the method drives the chain, and the request does not carry the node's token
    ├── NotAuthorized     -32007: the sender is not on the allow-list
    └── LimitExceeded     -32005: ask for less
"""

from __future__ import annotations


class DevnetError(Exception):
    """Root of this package's errors."""


class StartError(DevnetError):
    """The node cannot start with these arguments on this directory."""


class DirectoryInUse(StartError):
    """Another process serves this directory."""


class RpcError(DevnetError):
    """An answer that is an error: `code`, `message` and optional `data`, as JSON-RPC 2.0 has them."""

    code = -32603

    def __init__(self, message: str, data: object = None) -> None:
        super().__init__(message)
        self.message = message
        self.data = data


class InvalidRequest(RpcError):
    """The request is not a JSON-RPC 2.0 request."""

    code = -32600


class MethodNotFound(RpcError):
    """No such method."""

    code = -32601


class InvalidParams(RpcError):
    """A parameter is missing, too many, or not of the shape the method takes."""

    code = -32602


class ServerError(RpcError):
    """The node understood and refuses."""

    code = -32000


class LimitExceeded(RpcError):
    """The answer or the request would be larger than the node allows."""

    code = -32005


class TokenNeeded(RpcError):
    """The method drives the chain, which only whoever holds the node's token may do."""

    code = -32001


class NotAuthorized(RpcError):
    """The sender is not on the allow-list."""

    code = -32007


class Reverted(RpcError):
    """The contract reverted; `data` is the hex of what it returned."""

    code = 3
