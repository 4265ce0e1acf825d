"""Reading a body: one object or a list of them, each item judged by itself.

What is refused is refused before work is spent on it: the media type and encoding before the body is read, an item's
size before it is parsed, its number of fields before they are looked at. Larger bodies are read in a thread, an item at
a time, so that no request holds up the others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from fastapi import Request
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from api.problems import Problem, field_path
from chain_client.domain.errors import InvalidInput
from chain_client.domain.json_text import MalformedJson, read_json, shortened, split_list
from chain_client.intake import MAX_DOCUMENT, MAX_ITEMS, Refusal

Item = TypeVar("Item", bound=BaseModel)
Result = TypeVar("Result")

SMALL_BODY: Final = 16 * 1024
"""Bodies up to so many bytes are read where they arrive; a thread would cost more than it spares."""
MAX_COMMAS: Final = 1 << 17
"""Most commas of a body, texts included: they bound how many values it can hold, and counting them takes no time."""
ITEM_BYTES: Final = 4 * 1024
"""Largest item as it is sent, for items without a document."""
ITEM_BYTES_WITH_DOCUMENT: Final = 6 * MAX_DOCUMENT + ITEM_BYTES
"""The same with one: each character of a document may be sent as an escape of six."""
MAX_FIELDS: Final = 32
"""Most fields of an item; no kind of item has so many."""

_APART: Final = ThreadPoolExecutor(2, "bodies")
_WORDS: Final = {
    "missing": "is required",
    "int_type": "must be a whole number",
    "string_type": "must be a string",
    "dict_type": "must be a JSON object",
    "model_type": "must be a JSON object",
    "model_attributes_type": "must be a JSON object",
}


class Incoming(BaseModel):
    """Base of every request item: unknown fields and values of another type are refused, nothing is converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


@dataclass(frozen=True, slots=True)
class Body(Generic[Item]):
    """A parsed body: the items that are well formed and, by index, why the others are not."""

    single: bool
    items: list[Item]
    malformed: dict[int, Refusal]
    small: bool = True

    def merge(self, answers: Sequence[Any], refused: Any) -> list[Any]:
        """Return the items' answers in the body's order, with `refused(refusal)` for each malformed one."""
        given = iter(answers)
        return [
            refused(self.malformed[index]) if index in self.malformed else next(given)
            for index in range(len(self.items) + len(self.malformed))
        ]

    async def work(self, do: Callable[[list[Item]], Result]) -> Result:
        """Return `do(items)`; for a larger body it runs in a thread, so that other requests need not wait for it."""
        return do(self.items) if self.small else await apart(do, self.items)


async def apart(do: Callable[..., Result], *arguments: Any) -> Result:
    """Return `do(*arguments)`, run in one of the few threads that work on larger bodies."""
    return await asyncio.get_running_loop().run_in_executor(_APART, do, *arguments)


async def read_body(
    request: Request, adapter: TypeAdapter[Item], *, max_bytes: int = ITEM_BYTES
) -> Body[Item]:
    """Return the request's items, each of at most `max_bytes` as it was sent.

    Raises Problem 415 for another media type or encoding, 400 for what is no JSON or would not be kept as it was sent,
    413 for too many values, 422 for what is neither an object nor a list of 1 to 1,000 objects. A malformed item raises
    nothing: it is refused in its place.
    """
    _check_headers(request)
    raw = await request.body()
    _check_start(raw)
    if len(raw) <= SMALL_BODY:
        return _read(raw, adapter, max_bytes)
    return await apart(_read, raw, adapter, max_bytes)


async def read_object(request: Request, adapter: TypeAdapter[Item]) -> Item:
    """Return the request's one item, where a list makes no sense.

    Raises as `read_body` does, and Problem 422 for a list or a malformed item.
    """
    body = await read_body(request, adapter)
    if not body.single:
        raise InvalidInput("", "the body must be one JSON object")
    for refusal in body.malformed.values():
        raise InvalidInput(refusal.field, refusal.message)
    return body.items[0]


def _check_headers(request: Request) -> None:
    media_type, *parameters = (part.strip() for part in request.headers.get("content-type", "").split(";"))
    media_type = media_type.lower()
    if media_type != "application/json":
        found = f"not {shortened(media_type)}" if media_type else "and Content-Type must say so"
        raise _unsupported(f"The body must be application/json, {found}.")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip(" \"'").lower() not in ("utf-8", "utf8"):
            raise _unsupported("The body must be UTF-8: that is the one character encoding of JSON.")
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if coding != "identity":
        raise _unsupported(f"The body must be sent as it is, without Content-Encoding {shortened(coding)}.")


def _check_start(raw: bytes) -> None:
    if not raw:
        raise Problem(400, "malformed-json", "The body is empty; send a JSON object or a list of them.")
    if raw.startswith(b"\x1f\x8b"):
        raise _unsupported("The body is compressed; send it as it is.")
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")) or (len(raw) > 1 and 0 in raw[:2]):
        raise _unsupported(
            "The body is in UTF-16 or UTF-32; send it in UTF-8, the one character encoding of JSON."
        )


def _unsupported(detail: str) -> Problem:
    return Problem(415, "unsupported-media-type", detail, headers={"accept-encoding": "identity"})


def _read(raw: bytes, adapter: TypeAdapter[Item], max_bytes: int) -> Body[Item]:
    """Return the items of a body; what is refused here has cost a few passes over its bytes at most."""
    first = raw.lstrip(b" \t\r\n")[:1]
    single = first == b"{"
    if not single and first != b"[":
        _parse(raw[:SMALL_BODY], 0)
        raise InvalidInput("", "the body must be a JSON object, or a list of them")
    texts = [raw] if single else _split(raw)
    if not 1 <= len(texts) <= MAX_ITEMS:
        raise InvalidInput(
            "", f"the list must hold 1 to {MAX_ITEMS} items, not {len(texts)}; send it in parts"
        )
    items: list[Item] = []
    malformed: dict[int, Refusal] = {}
    end = 0
    for index, text in enumerate(texts):
        if len(text) > max_bytes:
            malformed[index] = _malformed(f"is over {max_bytes} bytes as it was sent; shorten it")
            continue
        start = end if single else raw.index(text, end)
        end = start + len(text)
        value = _parse(text, start, raw)
        if isinstance(value, dict) and len(value) > MAX_FIELDS:
            malformed[index] = _malformed(
                f"has {len(value)} fields, which no item has; see /openapi.json for those there are"
            )
            continue
        try:
            items.append(adapter.validate_python(value))
        except ValidationError as error:
            malformed[index] = _refusal(error)
    return Body(single, items, malformed, small=len(raw) <= SMALL_BODY)


def _split(raw: bytes) -> list[bytes]:
    if raw.count(b",") > MAX_COMMAS:
        raise Problem(
            413, "content-too-large", f"The body has over {MAX_COMMAS} commas. Send fewer items at a time."
        )
    try:
        return split_list(raw)
    except MalformedJson as error:
        raise _problem(error, 0, raw) from error


def _parse(text: bytes, start: int, raw: bytes | None = None) -> Any:
    try:
        return read_json(text)
    except MalformedJson as error:
        raise _problem(error, start, raw or text) from error


def _problem(error: MalformedJson, start: int, raw: bytes) -> Problem:
    extra: dict[str, Any] = {}
    where = ""
    if error.at is not None:
        at = start + error.at
        line, column = raw.count(b"\n", 0, at) + 1, at - raw.rfind(b"\n", 0, at)
        extra = {"position": at, "line": line, "column": column}
        where = f" at line {line}, column {column} (byte {at})"
    errors = [(error.name, error.message)] if error.name else ()
    return Problem(400, error.code, f"The body {error.message}{where}.", errors=errors, extra=extra)


def _malformed(message: str) -> Refusal:
    return Refusal("malformed", None, "", message, False)


def _refusal(error: ValidationError) -> Refusal:
    found = error.errors(include_url=False, include_input=False, include_context=False)
    first = found[0]
    messages = [_message(one["type"], str(one["msg"])) for one in found]
    field = _field([part for part in first["loc"] if part != "function-plain"])
    rest = "".join(
        f"; {_field(one['loc'])} {message}" for one, message in zip(found[1:6], messages[1:6], strict=True)
    )
    return Refusal("malformed", None, field, messages[0] + rest, False)


def _field(location: Sequence[str | int]) -> str:
    return field_path([part if isinstance(part, int) else shortened(part) for part in location])


def _message(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return "is no field of this request; see /openapi.json for those there are"
    return _WORDS.get(kind, message.removeprefix("Value error, "))
