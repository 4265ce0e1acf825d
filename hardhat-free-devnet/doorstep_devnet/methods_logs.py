"""Logs by address and topics."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

import orjson

from .blocks import BlockId, expect_block, read_block_number
from .chain_store import ChainView
from .errors import InvalidParams, LimitExceeded
from .hexes import quantity, read_address, read_hash
from .log_index import LogFilter, find_logs
from .rpc import Method, Runs, methods
from .views import render_logs

MAX_LOGS = 20_000
MAX_VALUES = 1_000


@dataclass(frozen=True, slots=True)
class LogRequest:
    """Which logs of which blocks; `last` None is the head, `block_hash` is one block alone."""

    wanted: LogFilter
    first: object = None
    last: object = None
    block_hash: bytes | None = None


def read_log_request(request: object) -> LogRequest:
    """The filter object of `eth_getLogs`."""
    if not isinstance(request, dict):
        raise InvalidParams(f"filter: expected an object, got {request!r:.80}")
    wanted = LogFilter(_addresses(request.get("address")), _topics(request.get("topics")))
    block_hash = request.get("blockHash")
    if block_hash is None:
        return LogRequest(wanted, request.get("fromBlock"), request.get("toBlock"))
    if request.get("fromBlock") is not None or request.get("toBlock") is not None:
        raise InvalidParams(
            "filter: cannot specify both blockHash and fromBlock/toBlock, choose one or the other"
        )
    return LogRequest(wanted, block_hash=read_hash(block_hash, "blockHash"))


def _addresses(value: object) -> frozenset[bytes]:
    if value is None:
        return frozenset()
    return frozenset(read_address(item, "address") for item in _several(value, "address"))


def _topics(value: object) -> tuple[frozenset[bytes], ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > 4:
        raise InvalidParams("topics: expected a list of at most 4 places")
    places = []
    for place in value:
        several = [] if place is None else _several(place, "topics")
        any_value = not several or any(item is None for item in several)
        places.append(frozenset() if any_value else frozenset(read_hash(item, "topics") for item in several))
    return tuple(places)


def _several(value: object, what: str) -> list[object]:
    items = value if isinstance(value, list) else [value]
    if len(items) > MAX_VALUES:
        raise LimitExceeded(f"{what}: {len(items)} values, at most {MAX_VALUES}")
    return items


def block_range(view: ChainView, request: LogRequest) -> tuple[int, int]:
    """Return the first and the last block asked for.

    Raises `InvalidParams` for a range that is reversed, names the pending block, or reaches beyond the head: an empty
    answer would say that those blocks have no such logs.
    """
    head = view.head_number()
    first = read_block_number(request.first, "fromBlock")
    last = read_block_number(request.last, "toBlock")
    if first.pending or last.pending:
        raise InvalidParams("pending logs are not supported: use eth_getBlockReceipts of the pending block")
    from_number = head if first.number is None else first.number
    to_number = head if last.number is None else last.number
    if max(from_number, to_number) > head:
        name, beyond = ("toBlock", to_number) if to_number > head else ("fromBlock", from_number)
        raise InvalidParams(f"block range extends beyond current head block: {name} {beyond}, head {head}")
    if from_number > to_number:
        raise InvalidParams(
            f"invalid block range params: fromBlock {from_number} is after toBlock {to_number}"
        )
    return from_number, to_number


def get_logs(view: ChainView, request: object) -> list[orjson.Fragment]:
    """The logs that match, in chain order; `LimitExceeded` names a range that fits when there are too many."""
    return find_requested(view, read_log_request(request))


def find_requested(view: ChainView, asked: LogRequest) -> list[orjson.Fragment]:
    """Return the logs asked for, as `get_logs` does."""
    if asked.block_hash is not None:
        block = expect_block(view, BlockId(hash=asked.block_hash))
        first = last = block.number
    else:
        first, last = block_range(view, asked)
    found = list(islice(find_logs(view, asked.wanted, first, last), MAX_LOGS + 1))
    if len(found) > MAX_LOGS:
        fits = max(first, found[-1].block - 1)
        raise LimitExceeded(
            f"query returned more than {MAX_LOGS} results. "
            f"Try with this block range [{quantity(first)}, {quantity(fits)}]."
        )
    return list(render_logs(view, found))


def table() -> dict[str, Method]:
    """The methods by name."""
    return methods(Runs.READER, [("eth_getLogs", get_logs)])
