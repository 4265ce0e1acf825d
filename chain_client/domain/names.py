"""Names and numbers that people type: what a member may be called, and by what a waybill is recognised. Pure."""

from __future__ import annotations

import unicodedata
from typing import Final

from chain_client.domain.errors import InvalidInput

LONGEST_NAME: Final = 80
"""Characters of a member's name, and bytes of its UTF-8, which is what the contract takes."""

_INVISIBLE: Final = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0"
) | frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0000, 0xE1000))))
"""Characters that show nothing and are not of category Cf (Unicode's Default_Ignorable_Code_Point)."""


def check_member_name(name: str) -> str:
    """Return the name, where a member may be called so; it is for ever, and shown everywhere.

    Raises InvalidInput for a name that is not one line of 1 to 80 printable characters and at most 80 bytes of UTF-8, or
    that begins or ends with a space.
    """
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable() or name != name.strip():
        raise InvalidInput(
            "name",
            f"must be one line of 1 to {LONGEST_NAME} printable characters, without a space at either end",
        )
    length = len(name.encode())
    if length > LONGEST_NAME:
        raise InvalidInput("name", f"must be at most {LONGEST_NAME} bytes of UTF-8, not {length}; shorten it")
    return name


def recognised_waybill(waybill: str) -> str:
    """Return what a waybill is recognised by: NFKC, without invisible characters, trimmed; its case as it is.

    Two waybills of one shipper are the same where this is. Empty for one that shows nothing.
    """
    seen = "".join(
        one
        for one in unicodedata.normalize("NFKC", waybill)
        if one not in _INVISIBLE and unicodedata.category(one) != "Cf"
    )
    return unicodedata.normalize("NFKC", seen).strip()
