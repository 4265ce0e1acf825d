"""JSON as it is hashed: the one reader of foreign JSON, and the one writer of canonical JSON.

A document's hash is taken over its canonical form, so what is read must be exactly what its sender meant. `read_json`
refuses what JSON readers silently change: a name twice in an object, half of a surrogate pair, and a number that a
64-bit float cannot hold as written. `canonical_json` writes RFC 8785, and refuses numbers beyond 2^53 − 1: most
readers would round them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any, Final

import jiter
import msgspec
import rfc8785

from chain_client.domain.errors import InvalidInput

MAX_NUMBER: Final = (1 << 53) - 1
"""Largest absolute value of a number in a document; larger ones are sent as text."""
_AS_TEXT: Final = "send it as text, in quotes"
_PLACE: Final = re.compile(r"(?s)(.*) at line (\d+) column (\d+)\Z")
_TWICE: Final = re.compile(r'(?s)Detected duplicate key "(.*)"\Z')
_BYTE: Final = re.compile(r"(?s)(.*) \(byte (\d+)\)\Z")
_HALF_PAIR: Final = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
_LONGEST_NUMBER: Final = 64
_SHOWN: Final = 64
_split = msgspec.json.Decoder(list[msgspec.Raw]).decode
_CONTAINERS: Final = (dict, list)


class MalformedJson(InvalidInput):
    """The text is no JSON, or JSON that cannot be kept as it was sent. Correct it; do not retry as is.

    `at` is the offset in bytes, None where it is not known; `name` the object's name at fault, if it is one.
    """

    code = "malformed-json"

    def __init__(self, message: str, at: int | None = None, name: str = "") -> None:
        self.at = at
        self.name = name
        super().__init__(name, message)


def split_list(raw: bytes) -> list[bytes]:
    """Return the texts of a JSON list's items, without reading them.

    Takes time in proportion to the text and makes one object for each item, whatever the items hold. Raises
    MalformedJson for what is no list, or where the text breaks off; the items themselves are checked by `read_json`.
    """
    try:
        return [bytes(item) for item in _split(raw)]
    except RecursionError as error:
        raise MalformedJson("is nested too deeply") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        half = _HALF_PAIR.search(raw)
        if half is not None:
            raise _half_a_pair(half) from error
        placed = _BYTE.match(str(error))
        message, at = (placed[1], int(placed[2])) if placed else (str(error), len(raw))
        raise MalformedJson(f"is no JSON: {message}", at) from error


def read_json(raw: bytes) -> Any:
    """Return the one JSON value of `raw`, UTF-8; integers are exact, whatever their size.

    Raises MalformedJson, naming the place, for anything but JSON of at most 200 levels, a name that an object has
    twice, half of a surrogate pair, and a number with a fraction or exponent that changes as a 64-bit float.
    """
    try:
        value = jiter.from_json(
            raw,
            allow_inf_nan=False,
            catch_duplicate_keys=True,
            float_mode="lossless-float",
            cache_mode="none",
        )
    except ValueError as error:
        raise _malformed(raw, str(error)) from error
    if isinstance(value, jiter.LosslessFloat):
        return _float(value, raw)
    _replace_floats(value, raw)
    return value


def _malformed(raw: bytes, message: str) -> MalformedJson:
    placed = _PLACE.match(message)
    at = None
    if placed is not None:
        message, line, column = placed[1], int(placed[2]), int(placed[3])
        start = 0
        for _ in range(line - 1):
            start = raw.index(b"\n", start) + 1
        at = min(start + max(column - 1, 0), len(raw))
    twice = _TWICE.match(message)
    if twice is not None:
        name = shortened(twice[1])
        return MalformedJson(f"has the name {name!r} twice in one object; send it once", at, name)
    half = _HALF_PAIR.search(raw)
    if half is not None and at is not None and at - 12 <= half.start() <= at:
        return _half_a_pair(half)
    if message == "number out of range":
        return MalformedJson(f"has a number of thousands of digits; {_AS_TEXT}", at)
    return MalformedJson(f"is no JSON: {message}", at)


def _half_a_pair(found: re.Match[bytes]) -> MalformedJson:
    text = found[0].decode("ascii")
    return MalformedJson(f"has half of a surrogate pair, {text}, which is no character", found.start())


def shortened(text: str) -> str:
    """Return a foreign name for an error message: at most 64 characters of it."""
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _replace_floats(value: Any, raw: bytes) -> None:
    """Replace each number that has a fraction or exponent by its float, in place."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        entries: Iterator[tuple[Any, Any]]
        if type(one) is dict:
            entries = iter(one.items())
        elif type(one) is list:
            entries = iter(enumerate(one))
        else:
            continue
        for key, inner in entries:
            kind = type(inner)
            if kind in _CONTAINERS:
                waiting.append(inner)
            elif kind is jiter.LosslessFloat:
                one[key] = _float(inner, raw)  # no new name: the object may be walked on


def _float(number: jiter.LosslessFloat, raw: bytes) -> float:
    text = bytes(number).decode("ascii")
    held = float(number) if len(text) <= _LONGEST_NUMBER else float("inf")
    try:
        same = isfinite(held) and Decimal(text) == Decimal(repr(held))
    except InvalidOperation:
        same = False
    if not same:
        at = raw.find(text.encode("ascii"))
        nearest = f" (the nearest is {held!r})" if isfinite(held) else ""
        raise MalformedJson(
            f"has the number {shortened(text)}, which a 64-bit float cannot hold as written{nearest}; {_AS_TEXT}",
            at,
        )
    return held


def canonical_json(document: Mapping[str, object]) -> bytes:
    """Return the document as RFC 8785 canonical JSON.

    Raises InvalidInput, naming the place, for what that format cannot hold: a non-finite number, a number beyond
    2^53 − 1 that would be written as an integer, half of a surrogate pair, or a value that is no JSON.
    """
    try:
        written = rfc8785.dumps(document)  # type: ignore[arg-type]  # the library checks the shape itself
    except rfc8785.IntegerDomainError as error:
        raise _too_large(document) from error
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, RecursionError) as error:
        raise InvalidInput("document", f"cannot be written as canonical JSON (RFC 8785): {error}") from error
    if _LONG_INTEGER.search(written) and next(_large(document), None) is not None:
        raise _too_large(document)
    return written


_LONG_INTEGER: Final = re.compile(rb"[0-9]{16}")


def _too_large(document: Mapping[str, object]) -> InvalidInput:
    path = next(_large(document), "")
    where = f" at {shortened(path)}" if path else ""
    return InvalidInput(
        "document", f"has a number beyond 2^53 − 1{where}, which many JSON readers round; {_AS_TEXT}"
    )


def _large(document: Mapping[str, object]) -> Iterator[str]:
    """Paths of the numbers that canonical JSON writes as integers beyond MAX_NUMBER."""
    waiting: list[tuple[str, object]] = [("", document)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, Mapping):
            waiting.extend((f"{path}.{name}" if path else str(name), inner) for name, inner in value.items())
        elif isinstance(value, list | tuple):
            waiting.extend((f"{path}[{index}]", inner) for index, inner in enumerate(value))
        elif isinstance(value, int | float) and MAX_NUMBER < abs(value) < 1e21:
            yield path
        elif isinstance(value, int) and abs(value) > MAX_NUMBER:
            yield path
