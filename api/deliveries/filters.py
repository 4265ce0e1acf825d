"""What a list of deliveries is filtered by, as the query spells it."""

from __future__ import annotations

import re
from typing import Final, Literal, get_args

from api.fields import OUTCOME_NAMES
from chain_client.domain.errors import InvalidInput

OutcomeName = Literal[
    "opened",
    "out_for_delivery",
    "attempted",
    "delivered",
    "returned",
    "lost",
    "cancelled",
    "not_received",
]
OUTCOMES: Final[dict[OutcomeName, int]] = {name: OUTCOME_NAMES.get(name, 0) for name in get_args(OutcomeName)}
"""The last outcome of each name; 0 for none."""

_BEGINNING: Final = re.compile(r"(?:0x)?([0-9a-fA-F]{4,64})")


def ids_beginning(text: str) -> tuple[bytes, bytes | None]:
    """Return the least id that begins so and the one that all such are below (None: there is none above).

    Raises InvalidInput naming `id` for fewer than 4 or more than 64 hex digits.
    """
    match = _BEGINNING.fullmatch(text)
    if match is None:
        raise InvalidInput("id", "must be 4 to 64 hex digits, with or without 0x")
    digits = match[1]
    free = 4 * (64 - len(digits))
    least = int(digits, 16)
    below = (least + 1) << free
    return (least << free).to_bytes(32, "big"), below.to_bytes(32, "big") if below < 1 << 256 else None
