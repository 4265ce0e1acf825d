"""Reading a body: one object or a list of them, each item judged by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import orjson
from fastapi import Request
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from api.problems import Problem, field_path
from chain_client.domain.errors import InvalidInput
from chain_client.intake import MAX_ITEMS, Refusal

Item = TypeVar("Item", bound=BaseModel)

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

    def merge(self, answers: Sequence[Any], refused: Any) -> list[Any]:
        """Return the items' answers in the body's order, with `refused(refusal)` for each malformed one."""
        given = iter(answers)
        return [
            refused(self.malformed[index]) if index in self.malformed else next(given)
            for index in range(len(self.items) + len(self.malformed))
        ]


async def read_body(request: Request, adapter: TypeAdapter[Item]) -> Body[Item]:
    """Return the request's items.

    Raises Problem 415 for another media type, 400 for what is no JSON, 422 for what is neither an object nor a list
    of 1 to 1,000 objects. A malformed item raises nothing: it is refused in its place.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        found = f"not {media_type}" if media_type else "and Content-Type must say so"
        raise Problem(415, "unsupported-media-type", f"The body must be application/json, {found}.")
    content = _parse(await request.body())
    single = isinstance(content, dict)
    if single:
        content = [content]
    if not isinstance(content, list):
        raise InvalidInput("", "the body must be a JSON object, or a list of them")
    if not 1 <= len(content) <= MAX_ITEMS:
        raise InvalidInput(
            "", f"the list must hold 1 to {MAX_ITEMS} items, not {len(content)}; send it in parts"
        )
    items: list[Item] = []
    malformed: dict[int, Refusal] = {}
    for index, raw in enumerate(content):
        try:
            items.append(adapter.validate_python(raw))
        except ValidationError as error:
            malformed[index] = _refusal(error)
    return Body(single, items, malformed)


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


def _parse(body: bytes) -> Any:
    if not body:
        raise Problem(400, "malformed-json", "The body is empty; send a JSON object or a list of them.")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Problem(
            400,
            "malformed-json",
            f"The body is no JSON: {error.msg} at line {error.lineno}, column {error.colno} (byte {error.pos}).",
            extra={"position": error.pos, "line": error.lineno, "column": error.colno},
        ) from error


def _refusal(error: ValidationError) -> Refusal:
    found = error.errors(include_url=False, include_input=False, include_context=False)
    first = found[0]
    messages = [_message(one["type"], str(one["msg"])) for one in found]
    field = field_path([part for part in first["loc"] if part != "function-plain"])
    rest = "".join(
        f"; {field_path(one['loc'])} {message}"
        for one, message in zip(found[1:6], messages[1:6], strict=True)
    )
    return Refusal("malformed", None, field, messages[0] + rest, False)


def _message(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return "is no field of this request; see /openapi.json for those there are"
    return _WORDS.get(kind, message.removeprefix("Value error, "))
