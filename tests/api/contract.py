"""Holds every answer to what OpenAPI documents: its status, its media type, and the shape of its JSON.

The checker knows the part of JSON Schema that the document uses, and fails on any keyword that it does not know.
"""

from __future__ import annotations

import re
from typing import Any, Final

import httpx

JSON = dict[str, Any]
_TYPES: Final[dict[str, type | tuple[type, ...]]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}
_SAID: Final = {"title", "description", "examples", "example", "default", "format"}


class Mismatch(AssertionError):
    """An answer is not as documented."""


def check(document: JSON, schema: JSON, value: Any, place: str = "$") -> None:
    """Raise Mismatch where `value` is not as `schema` has it."""
    if "$ref" in schema:
        check(document, _resolve(document, schema["$ref"]), value, place)
        return
    unknown = set(schema) - _SAID - set(_CHECKS)
    assert not unknown, f"{place}: the checker does not know {unknown}"
    for keyword, rule in schema.items():
        if keyword in _CHECKS and not _CHECKS[keyword](document, schema, rule, value, place):
            raise Mismatch(f"{place}: {value!r} breaks {keyword} {rule!r}")


def _resolve(document: JSON, reference: str) -> JSON:
    found: Any = document
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found  # type: ignore[no-any-return]


def _type(_: JSON, __: JSON, rule: str, value: Any, ___: str) -> bool:
    if isinstance(value, bool) and rule != "boolean":
        return False
    return isinstance(value, _TYPES[rule])


def _any_of(document: JSON, _: JSON, rule: list[JSON], value: Any, place: str) -> bool:
    for option in rule:
        try:
            check(document, option, value, place)
        except Mismatch:
            continue
        return True
    return False


def _properties(document: JSON, schema: JSON, rule: JSON, value: Any, place: str) -> bool:
    if not isinstance(value, dict):
        return True
    # An answer says nothing that is not documented, unless the schema says that it may.
    if "additionalProperties" not in schema and set(value) - set(rule):
        raise Mismatch(f"{place}: {set(value) - set(rule)} is not documented")
    for name, one in rule.items():
        if name in value:
            check(document, one, value[name], f"{place}.{name}")
    return True


def _additional(document: JSON, schema: JSON, rule: Any, value: Any, place: str) -> bool:
    for name, one in value.items() if isinstance(value, dict) else ():
        if name not in schema.get("properties", {}):
            if rule is False:
                return False
            if isinstance(rule, dict):
                check(document, rule, one, f"{place}.{name}")
    return True


def _items(document: JSON, _: JSON, rule: JSON, value: Any, place: str) -> bool:
    for index, one in enumerate(value if isinstance(value, list) else ()):
        check(document, rule, one, f"{place}[{index}]")
    return True


_CHECKS: Final[dict[str, Any]] = {
    "type": _type,
    "anyOf": _any_of,
    "oneOf": _any_of,
    "properties": _properties,
    "additionalProperties": _additional,
    "items": _items,
    "required": lambda _d, _s, rule, value, _p: not isinstance(value, dict) or set(rule) <= set(value),
    "enum": lambda _d, _s, rule, value, _p: value in rule,
    "const": lambda _d, _s, rule, value, _p: value == rule,
    "pattern": lambda _d, _s, rule, value, _p: not isinstance(value, str) or bool(re.search(rule, value)),
    "minimum": lambda _d, _s, rule, value, _p: value >= rule,
    "maximum": lambda _d, _s, rule, value, _p: value <= rule,
    "minItems": lambda _d, _s, rule, value, _p: len(value) >= rule,
    "maxItems": lambda _d, _s, rule, value, _p: len(value) <= rule,
}


def operation_of(document: JSON, method: str, path: str) -> JSON | None:
    """Return the documented operation of a request; None where there is none."""
    for template, operations in document["paths"].items():
        if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path):
            found: JSON | None = operations.get(method.lower())
            return found
    return None


async def hold_to(document: JSON, response: httpx.Response) -> None:
    """Raise Mismatch where the response is not one that its operation documents."""
    operation = operation_of(document, response.request.method, response.request.url.path)
    if operation is None:
        return
    where = f"{response.request.method} {response.request.url.path} {response.status_code}"
    documented = operation["responses"].get(str(response.status_code))
    if documented is None:
        raise Mismatch(f"{where} is not documented: {operation['responses'].keys()}")
    media_type = response.headers["content-type"].partition(";")[0]
    if media_type not in documented.get("content", {}):
        raise Mismatch(f"{where}: {media_type} is not documented")
    for name, header in documented.get("headers", {}).items():
        if header.get("required") and name not in response.headers:
            raise Mismatch(f"{where}: {name} is missing")
    if media_type.endswith("json") and media_type != "application/x-ndjson":
        await response.aread()
        check(document, documented["content"][media_type]["schema"], response.json(), where)
