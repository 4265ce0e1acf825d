"""Times at the border: RFC 3339 with a zone in, `Z` out; Unix seconds UTC inside."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from chain_client.domain.errors import InvalidInput

_SHAPE: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)
_LAST: Final = (1 << 32) - 1


def parse_time(text: str, field: str) -> int:
    """Return the Unix second of an RFC 3339 time; parts of a second are dropped.

    Raises InvalidInput naming `field` for another shape, a missing zone, a day or hour that does not exist, or a
    time outside 1970-01-01 to 2106-02-07, which is what the ledger's 32 bits hold.
    """
    found = _SHAPE.fullmatch(text)
    if found is None:
        raise InvalidInput(field, "must be an RFC 3339 time with a zone, e.g. 2026-03-01T12:00:00Z")
    day, clock, zone = found.groups()
    if clock.endswith(":60"):
        raise InvalidInput(field, "must not name a leap second; Unix time has none")
    try:
        seconds = int(
            datetime.fromisoformat(f"{day}T{clock}{'+00:00' if zone in 'Zz' else zone}").timestamp()
        )
    except (ValueError, OverflowError) as error:
        raise InvalidInput(field, f"names a time that does not exist: {error}") from error
    if not 0 <= seconds <= _LAST:
        raise InvalidInput(field, "must be from 1970-01-01 to 2106-02-07 (32 bits of Unix seconds)")
    return seconds


def format_time(seconds: int) -> str:
    """Return Unix seconds as RFC 3339 UTC, `2026-03-01T12:00:00Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
