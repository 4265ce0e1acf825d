"""What a verification found: how much was compared, what was not, what is taken on trust, and the first difference."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


class Differs(Exception):
    """Two sides disagree: ends the verification."""

    def __init__(self, where: str, what: str, expected: object, found: object) -> None:
        super().__init__(where, what, expected, found)
        self.where = where
        self.what = what
        self.expected = shown(expected)
        self.found = shown(found)

    def to_json(self) -> dict[str, str]:
        """Return the difference as the command's JSON has it."""
        return {"where": self.where, "what": self.what, "expected": self.expected, "found": self.found}


@dataclass(slots=True)
class Findings:
    """Counts of what was compared, by what it is; remarks on what was not.

    `trusted` states what one node that lies could still forge unnoticed; `remarks` what is no difference and yet
    should be known.
    """

    block: int = 0
    compared: Counter[str] = field(default_factory=Counter)
    not_compared: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    trusted: list[str] = field(default_factory=list)
    difference: Differs | None = None

    def same(self, where: str, what: str, expected: object, found: object, counted: str) -> None:
        """Count one comparison under `counted`; raises Differs where the two are not the same."""
        if expected != found:
            raise Differs(where, what, expected, found)
        self.compared[counted] += 1

    def to_json(self) -> dict[str, Any]:
        """Return the findings as the command's JSON has them."""
        return {
            "ok": self.difference is None,
            "block": self.block,
            "compared": dict(self.compared),
            "not_compared": self.not_compared,
            "remarks": self.remarks,
            "trusted": self.trusted,
            "difference": None if self.difference is None else self.difference.to_json(),
        }


def shown(value: object) -> str:
    """Return a value for people: bytes as hex, nothing as such."""
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    return "nothing" if value is None else str(value)
