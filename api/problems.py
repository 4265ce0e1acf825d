"""Every error's form on the wire: RFC 9457 `application/problem+json`, and which status an error has.

`errors` names each field at fault with a message that says the rule and how to mend it. A problem's `type` is a URN
that stays the same from version to version; programs may decide by it, people read `detail`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from chain_client.domain.errors import (
    Broken,
    Conflict,
    DoorstepError,
    Forbidden,
    InvalidInput,
    NotFound,
    Unavailable,
)
from chain_client.intake import RelayStopped
from chain_client.store import DatabaseCause, DatabaseUnavailable

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER_SECONDS: Final = 2
OPERATOR_SECONDS: Final = 60
"""`Retry-After` of what only an operator can cure: a 500, and a full or read-only disk."""
_URN: Final = "urn:doorstep:problem:"
_log = logging.getLogger("doorstep.api")

_STATUS: Final[tuple[tuple[type[DoorstepError], int], ...]] = (
    (InvalidInput, 422),
    (NotFound, 404),
    (Conflict, 409),
    (Forbidden, 403),
    (Unavailable, 503),
    (Broken, 500),
)


class FieldError(BaseModel):
    """One value at fault."""

    field: str = Field(description="Path of the value, e.g. `[3].promised_by`; empty for the whole body.")
    message: str = Field(description="The rule broken and how to mend it.")


class ProblemModel(BaseModel):
    """A problem of RFC 9457."""

    model_config = ConfigDict(extra="allow", title="Problem")

    type: str = Field(description="A URN that stays the same from version to version.")
    title: str = Field(description="The kind of problem.")
    status: int = Field(description="The HTTP status, again.")
    detail: str = Field(description="What went wrong this time, and what to do.")
    instance: str = Field(description="The path that was asked for.")
    errors: list[FieldError] = Field(default=[], description="The values at fault, where there are such.")


class Problem(DoorstepError):
    """An error of HTTP itself or one with its own status; raised by endpoints, answered as it says."""

    code = "problem"

    def __init__(
        self,
        status: int,
        slug: str,
        detail: str,
        *,
        errors: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        self.status = status
        self.slug = slug
        self.detail = detail
        self.errors = errors
        self.headers = dict(headers or {})
        if status >= 500:
            # Whatever fails here is no refusal: whoever asked keeps what they have, and comes again.
            seconds = RETRY_AFTER_SECONDS if status == 503 else OPERATOR_SECONDS
            self.headers.setdefault("retry-after", str(seconds))
        self.extra = extra or {}
        super().__init__(detail)


def problem_bytes(problem: Problem, instance: str) -> bytes:
    """Return the problem's JSON; `instance` is the path that was asked for."""
    content: dict[str, Any] = {
        "type": _URN + problem.slug,
        "title": problem.slug.replace("-", " ").capitalize(),
        "status": problem.status,
        "detail": problem.detail,
        "instance": instance,
    }
    if problem.errors:
        content["errors"] = [{"field": field, "message": message} for field, message in problem.errors]
    content.update(problem.extra)
    return orjson.dumps(content)


def answer(problem: Problem, instance: str) -> Response:
    """Return the problem as a response."""
    headers = {"cache-control": "no-store", "x-content-type-options": "nosniff", **problem.headers}
    return Response(problem_bytes(problem, instance), problem.status, headers, MEDIA_TYPE)


def as_problem(error: DoorstepError) -> Problem:
    """Return how an error of the rooms shows on the wire: its class says the status, its `code` the type."""
    if isinstance(error, Problem):
        return error
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    if status == 500:
        return Problem(
            500,
            error.code,
            "What is stored here contradicts itself; the operator finds where with `doorstep verify`. Nothing was "
            "refused: keep what you sent, and send it again once this is cured.",
        )
    if isinstance(error, InvalidInput):
        return Problem(422, error.code, str(error), errors=[(error.field, error.message)])
    if isinstance(error, DatabaseUnavailable):
        # Its own words are the database's, and not for outsiders.
        detail = f"{_DATABASE[error.cause]} Nothing was changed. Try again later."
        return Problem(503, error.code, detail, extra={"cause": error.cause.value})
    extra = {"cause": error.cause} if isinstance(error, RelayStopped) else None
    return Problem(status, error.code, str(error), extra=extra)


_DATABASE: Final[Mapping[DatabaseCause, str]] = {
    DatabaseCause.FULL: "The service's disk is full.",
    DatabaseCause.READ_ONLY: "The service's database is read-only.",
    DatabaseCause.IO: "The service's disk does not read or write.",
    DatabaseCause.LOCKED: "The service's database is busy.",
    DatabaseCause.GONE: "The service's database does not answer.",
    DatabaseCause.DAMAGED: "The service's database is damaged.",
}


def not_found(what: str) -> Problem:
    """Return the 404 that unknown and forbidden things share, so that outsiders cannot tell them apart."""
    return Problem(404, "not-found", what)


def field_path(location: Sequence[str | int]) -> str:
    """Return a pydantic location as a path: `('issues', 2)` as `issues[2]`."""
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path


async def _on_doorstep_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, DoorstepError)
    problem = as_problem(error)
    if problem.status >= 500 and not isinstance(error, Problem):
        _log.error("%s %s: %s: %s", request.method, request.url.path, type(error).__name__, error)
    return answer(problem, request.url.path)


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    details = {
        404: "There is nothing at this path; /openapi.json lists what there is.",
        405: f"This path does not take {request.method}; see the Allow header.",
    }
    phrase = HTTPStatus(error.status_code).phrase
    slug = phrase.lower().replace(" ", "-")
    detail = details.get(error.status_code, f"{phrase}.")
    return answer(Problem(error.status_code, slug, detail, headers=error.headers), request.url.path)


async def _on_invalid_parameters(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = [(field_path(found["loc"][1:]), _sentence(str(found["msg"]))) for found in error.errors()]
    detail = "; ".join(f"{field}: {message}" for field, message in errors)
    return answer(Problem(422, InvalidInput.code, detail, errors=errors), request.url.path)


async def _on_client_gone(request: Request, error: Exception) -> Response:
    # Nobody reads this answer; without it every client that leaves half a body would be logged as a fault of the service.
    return answer(Problem(400, "bad-request", "The connection ended before the body did."), request.url.path)


async def _on_anything_else(request: Request, error: Exception) -> Response:
    return answer(
        Problem(
            500, "internal-error", "Something failed here that should not have; the operator can see what."
        ),
        request.url.path,
    )


def _sentence(message: str) -> str:
    return message.removeprefix("Value error, ")


def install(app: FastAPI) -> None:
    """Make every error of the app answer as a problem."""
    app.add_exception_handler(DoorstepError, _on_doorstep_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_parameters)
    app.add_exception_handler(ClientDisconnect, _on_client_gone)
    app.add_exception_handler(Exception, _on_anything_else)


_MEANING: Final = {
    400: "The body is not JSON, or JSON that cannot be kept as it was sent: a name twice in an object, half of a "
    "surrogate pair, a number that changes as a 64-bit float. `detail` names it and its position. Correct it; do not retry "
    "as is.",
    401: "No API key (or read token, where that is what counts), or none that is valid; `detail` says what to send.",
    403: "The key is valid, but this member may not do or see this. Of type `taken-over`: the read token is the link's, "
    "and the recipient took the delivery over at `taken_over_at`, in `block` (null while the index is read anew).",
    404: "No such thing here, or not for this caller: the two answer alike.",
    406: "None of the accepted media types can be made.",
    409: "The same idempotency key stands for something else. Do not retry as is.",
    410: "The chain was rewound below this cursor: start again without one.",
    413: "The body is larger than this server takes, in bytes or in values; `detail` names the limit. Send fewer items "
    "at a time.",
    415: "The body must be sent as application/json, in UTF-8, and not compressed.",
    422: "A value breaks a rule; `errors` names each. Mend it; do not retry as is.",
    429: "More than one caller may ask for; nothing was changed. Retry after `Retry-After` seconds. Types: "
    "`too-many-requests` (in this minute, by this key or from this address), `one-at-a-time` (answers with a past `as_of`), "
    "`too-many-connections`.",
    500: "Something failed here. It is no refusal: retry after `Retry-After` seconds. The operator finds why in the log and with "
    "`doorstep status`.",
    503: "Something this needs does not answer, or does not record; nothing was changed. Retry after `Retry-After` "
    "seconds. Types: `database-unavailable` (`cause` is full, read-only, io, locked, gone or damaged), "
    "`index-not-ready` (the ledger is not read, or has not been lately), `relay-stopped` (what recipients sign cannot "
    "be recorded now, so no receipt is given; `cause` says why), `not-ready` (of /readyz alone).",
}


_RETRY_AFTER: Final[dict[str, Any]] = {
    "Retry-After": {
        "description": "After how many seconds to try again.",
        "required": True,
        "schema": {"type": "integer"},
    }
}
_HEADERS: Final[dict[int, dict[str, Any]]] = {
    401: {
        "WWW-Authenticate": {
            "description": "By which scheme to say who calls.",
            "required": True,
            "schema": {"type": "string"},
        }
    },
    429: _RETRY_AFTER,
    500: _RETRY_AFTER,
    503: _RETRY_AFTER,
}


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI responses of these problem statuses, with 429, 500 and 503, which any endpoint may give."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {
            "description": _MEANING[status],
            "content": {MEDIA_TYPE: {"schema": schema}},
            **({"headers": _HEADERS[status]} if status in _HEADERS else {}),
        }
        for status in sorted({*statuses, 429, 500, 503})
    }
