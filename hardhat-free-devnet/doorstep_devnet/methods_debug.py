"""`debug_traceTransaction`: what a mined transaction did, by the callTracer or instruction by instruction."""

from __future__ import annotations

from typing import Any

import orjson

from .chain_store import ChainView
from .errors import InvalidParams, ServerError
from .hexes import data, read_hash
from .node import Node
from .records import TxRecord
from .replay import replay
from .rpc import Method, Runs, methods
from .trace_calls import CallOptions, Framed, Top, render_calls
from .trace_steps import StepOptions, Steps
from .transactions import decode_tx

MAX_STEPS = 2**63


class DebugMethods:
    """Traces. Each executes its transaction again, with those before it in its block."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def table(self) -> dict[str, Method]:
        """Return the methods by name."""
        return methods(Runs.LONG, [("debug_traceTransaction", self.trace_transaction)])

    def trace_transaction(self, view: ChainView, tx_hash: object, config: object = None) -> Any:
        """Return the trace of a mined transaction.

        `config` is go-ethereum's TraceConfig: `tracer` is absent for the opcode logger or `callTracer`. Raises
        `ServerError` for a transaction that is not mined, `LimitExceeded` for a trace of more than 32 MiB.
        """
        wanted = read_hash(tx_hash, "hash")
        options = _read_config(config)
        place = view.tx_place(wanted)
        record = None if place is None else view.tx(*place)
        if place is None or record is None:
            waits = self._node.pool.get(wanted) is not None
            raise ServerError("transaction not found" + (": it waits and is not mined yet" if waits else ""))
        if isinstance(options, CallOptions):
            framed: Framed = replay(view, self._node.chain_id, *place, Framed)
            gas = int(decode_tx(record.raw).gas)
            return render_calls(framed, Top(record.sender, gas, record.gas_used, record.first_log), options)
        steps = Steps(options)
        computation = replay(view, self._node.chain_id, *place, steps.computation_class())
        return _steps_json(steps, computation, record)


def _steps_json(steps: Steps, computation: Any, record: TxRecord) -> orjson.Fragment:
    answer = {
        "gas": record.gas_used,
        "failed": bool(computation.is_error),
        "returnValue": data(bytes(computation.output)),
        "structLogs": steps.entries,
    }
    return orjson.Fragment(orjson.dumps(answer))


def _read_config(config: object) -> CallOptions | StepOptions:
    if config is None:
        config = {}
    if not isinstance(config, dict):
        raise InvalidParams(f"trace config: expected an object, got {config!r:.80}")
    tracer = config.get("tracer") or ""
    if tracer == "callTracer":
        below = config.get("tracerConfig") or {}
        if not isinstance(below, dict):
            raise InvalidParams(f"tracerConfig: expected an object, got {below!r:.80}")
        return CallOptions(only_top=_flag(below, "onlyTopCall"), with_log=_flag(below, "withLog"))
    if tracer:
        raise InvalidParams(f"tracer: no {tracer!r:.80}; use callTracer, or none for the opcode logger")
    limit = config.get("limit") or 0
    if isinstance(limit, bool) or not isinstance(limit, int) or not 0 <= limit < MAX_STEPS:
        raise InvalidParams(f"limit: expected a number of steps, got {limit!r:.80}")
    return StepOptions(
        memory=_flag(config, "enableMemory"),
        stack=not _flag(config, "disableStack"),
        storage=not _flag(config, "disableStorage"),
        return_data=_flag(config, "enableReturnData"),
        limit=limit,
    )


def _flag(config: dict[str, Any], name: str) -> bool:
    value = config.get(name, False)
    if not isinstance(value, bool):
        raise InvalidParams(f"{name}: expected true or false, got {value!r:.80}")
    return value
