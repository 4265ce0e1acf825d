"""What is compared of a trace with go-ethereum's: all but the words of errors, and the cost of what failed."""

from __future__ import annotations

import hashlib
import json
from typing import Any

_MAY_FAIL_UNNAMED = ("INVALID", "JUMP", "JUMPI")
"""Where go-ethereum names no error in the step, and this node does."""


def comparable_calls(frame: dict[str, Any]) -> dict[str, Any]:
    """A call frame without the texts of errors, without the places of its logs in the block (the traces were made
    outside a chain), and without the value that go-ethereum shows of a DELEGATECALL and the specification does not."""
    kept = {name: value for name, value in frame.items() if name not in ("calls", "logs", "error")}
    if frame["type"] == "DELEGATECALL":
        kept.pop("value", None)
    kept["failed"] = "error" in frame
    kept["calls"] = [comparable_calls(below) for below in frame.get("calls", [])]
    kept["logs"] = [
        {name: value for name, value in log.items() if name != "index"} for log in frame.get("logs", [])
    ]
    return kept


def steps_digest(trace: dict[str, Any]) -> str:
    """SHA-256 over every step: place, instruction, gas, depth, refund, stack, memory, storage, cost."""
    rows = [
        [
            step["pc"], step["op"], step["gas"], step["depth"], step.get("refund", 0), step["stack"],
            step.get("memory", []), sorted(step.get("storage", {}).items()),
            0 if "error" in step or step["op"] in _MAY_FAIL_UNNAMED or step["op"].startswith("opcode") else step["gasCost"],
        ]
        for step in trace["structLogs"]
    ]  # fmt: skip
    everything = [trace["gas"], trace["failed"], trace["returnValue"], rows]
    return hashlib.sha256(json.dumps(everything).encode()).hexdigest()
