"""Whether values have the form that the ABI, the tables and the digests can hold: pure, one error per culprit.

Every error is InvalidInput naming the request's field; never retry as is.
"""

from __future__ import annotations

from collections.abc import Mapping

from chain_client.domain.digests import canonical_json
from chain_client.domain.errors import InvalidInput
from chain_client.domain.records import Feedback
from chain_client.intake.refusals import ASPECTS
from chain_client.intake.requests import MAX_DEPTH, MAX_DOCUMENT

_CONTAINERS = (Mapping, list, tuple)
U8, U16, U32 = (1 << 8) - 1, (1 << 16) - 1, (1 << 32) - 1


def integer(value: object, most: int, field: str, least: int = 0) -> None:
    """Check a whole number from `least` to `most`; a bool is none."""
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise InvalidInput(field, f"must be a whole number from {least} to {most}")


def exact(value: object, length: int, field: str) -> None:
    """Check a string of `length` bytes."""
    if not isinstance(value, bytes) or len(value) != length:
        raise InvalidInput(field, f"must be {length} bytes")


def text(value: object, longest: int, field: str) -> bytes:
    """Return the UTF-8 of a text of 1 to `longest` characters without control characters or lone surrogates."""
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise InvalidInput(field, f"must be a text of 1 to {longest} characters")
    if any(character < " " or "\x7f" <= character < "\xa0" for character in value):
        raise InvalidInput(field, "must not have control characters (line breaks, tabs, NUL)")
    try:
        return value.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(field, "must be Unicode text; it has half of a surrogate pair") from error


def document(value: object, field: str) -> bytes:
    """Return the canonical JSON of an object, at most MAX_DOCUMENT bytes of it and MAX_DEPTH deep."""
    if not isinstance(value, Mapping):
        raise InvalidInput(field, "must be a JSON object")
    _check_tree(value, field)
    try:
        body = canonical_json(value)
    except InvalidInput as error:
        raise InvalidInput(field, error.message) from error
    if len(body) > MAX_DOCUMENT:
        raise _too_large(field)
    return body


def _too_large(field: str) -> InvalidInput:
    return InvalidInput(field, f"must be at most {MAX_DOCUMENT} bytes of canonical JSON; shorten it")


def _check_tree(value: Mapping[object, object], field: str) -> None:
    """Check depth and size before the encoder, which recurses and takes time, sees the document.

    Stops once what was seen needs more than MAX_DOCUMENT bytes: a character and a comma for each value, the names in
    quotes with a colon, the texts in quotes. It is never more than the document needs.
    """
    level: list[object] = [value]
    least = 0
    for _ in range(MAX_DEPTH):
        deeper: list[object] = []
        for one in level:
            assert isinstance(one, _CONTAINERS)
            least += 2 * len(one) or 1
            if least > MAX_DOCUMENT:
                raise _too_large(field)
            if isinstance(one, Mapping):
                least += sum(len(name) + 3 for name in one if isinstance(name, str))
            for inner in one.values() if isinstance(one, Mapping) else one:
                if isinstance(inner, str):
                    least += len(inner) + 1
                elif isinstance(inner, _CONTAINERS):
                    deeper.append(inner)
            if least > MAX_DOCUMENT:
                raise _too_large(field)
        level = deeper
        if not level:
            return
    raise InvalidInput(field, f"must not be nested deeper than {MAX_DEPTH} levels")


def feedback(item: Feedback) -> None:
    """Check that every field of a feedback fits its ABI type."""
    exact(item.delivery_id, 32, "delivery_id")
    exact(item.content_hash, 32, "content_hash")
    small = (
        item.overall,
        item.timeliness,
        item.packaging,
        item.professionalism,
        item.accuracy,
        item.revision,
    )
    large = (item.driver, item.issues)
    # Nearly always all is well: three comparisons instead of eight, bools being told apart by their type.
    if {*map(type, small), *map(type, large)} == {int}:
        whole = *small, *large
        if min(whole) >= 0 and max(small) <= U8 and max(large) <= U32:
            return
    for name, value in zip((*ASPECTS, "revision"), small, strict=True):
        integer(value, U8, name)
    for name, value in zip(("driver", "issues"), large, strict=True):
        integer(value, U32, name)
