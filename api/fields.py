"""The types of requests' fields: hex, times and names as JSON spells them, bytes and integers inside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final

from pydantic import PlainValidator, WithJsonSchema

from api.times import parse_time
from chain_client.domain.errors import InvalidInput
from chain_client.domain.ids import parse_hex
from chain_client.domain.records import Issue, Outcome

ISSUE_NAMES: Final = {name.lower(): int(bit) for name, bit in Issue.__members__.items()}
OUTCOME_NAMES: Final = {name.lower(): int(outcome) for name, outcome in Outcome.__members__.items()}
NAME_OF_OUTCOME: Final = {outcome: name for name, outcome in OUTCOME_NAMES.items()}


def issue_names(bits: int) -> list[str]:
    """Return the names of an issue set's bits, in the bits' order."""
    return [name for name, bit in ISSUE_NAMES.items() if bits & bit]


def _hex(*lengths: int) -> Callable[[object], bytes]:
    def parse(value: object) -> bytes:
        if not isinstance(value, str):
            raise ValueError("must be a string of 0x and hex digits")
        length = (len(value) - 2) // 2
        try:
            return parse_hex(value, length if length in lengths else lengths[0], "value")
        except InvalidInput as error:
            raise ValueError(error.message) from error

    return parse


def _pattern(digits: int, description: str) -> WithJsonSchema:
    return WithJsonSchema(
        {"type": "string", "pattern": f"^0x[0-9a-fA-F]{{{digits}}}$", "description": description}
    )


def _time(value: object) -> int:
    if not isinstance(value, str):
        raise ValueError('must be an RFC 3339 time with a zone, in a string, e.g. "2026-03-01T12:00:00Z"')
    try:
        return parse_time(value, "value")
    except InvalidInput as error:
        raise ValueError(error.message) from error


def _outcome(value: object) -> int:
    if isinstance(value, str) and value in OUTCOME_NAMES:
        return OUTCOME_NAMES[value]
    if isinstance(value, int) and not isinstance(value, bool):
        return value  # which numbers there are is the ledger's rule
    raise ValueError(f"must be one of {', '.join(OUTCOME_NAMES)}, or its number from 1 to 7")


def _issues(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value  # which bits there are is the ledger's rule
    if not isinstance(value, list):
        raise ValueError("must be a list of issue names, or the number their bits make")
    bits = 0
    for name in value:
        bit = ISSUE_NAMES.get(name) if isinstance(name, str) else None
        if bit is None:
            raise ValueError(f"names an unknown issue; known are {', '.join(ISSUE_NAMES)}")
        bits |= bit
    return bits


HexId = Annotated[bytes, PlainValidator(_hex(32)), _pattern(64, "32 bytes, 0x-hex.")]
HexHash = Annotated[bytes, PlainValidator(_hex(32)), _pattern(64, "32 bytes, 0x-hex.")]
HexAddress = Annotated[bytes, PlainValidator(_hex(20)), _pattern(40, "20 bytes, 0x-hex, any case.")]
HexSignature = Annotated[
    bytes,
    PlainValidator(_hex(64, 65)),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": "^0x([0-9a-fA-F]{128}|[0-9a-fA-F]{130})$",
            "description": "64 bytes (EIP-2098 compact) or 65 bytes (r, s, v), low s, 0x-hex.",
        }
    ),
]
Time = Annotated[
    int,
    PlainValidator(_time),
    WithJsonSchema(
        {"type": "string", "format": "date-time", "description": "RFC 3339 with a zone; whole seconds count."}
    ),
]
OutcomeField = Annotated[
    int,
    PlainValidator(_outcome),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "enum": list(OUTCOME_NAMES)},
                {"type": "integer", "minimum": 1, "maximum": 7},
            ],
            "description": "What happened, by name or number.",
        }
    ),
]
IssuesField = Annotated[
    int,
    PlainValidator(_issues),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "array", "items": {"type": "string", "enum": list(ISSUE_NAMES)}},
                {"type": "integer", "minimum": 0, "maximum": 2047},
            ],
            "description": "What was wrong: names, or the number their bits make.",
        }
    ),
]
Document = dict[str, Any]
"""A private JSON object; only its salted hash goes on chain."""
