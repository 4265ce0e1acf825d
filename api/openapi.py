"""What FastAPI cannot know of the endpoints: the models of bodies they read themselves, and of problems."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from api.deliveries.models import NewDelivery
from api.feedback.models import NewFeedback
from api.key_changes.models import NewKeyChange
from api.problems import MEDIA_TYPE, ProblemModel
from api.read_tokens.models import NewReadToken
from api.reports.models import NewReport
from api.settings import Settings

_MODELS: tuple[type[BaseModel], ...] = (
    NewDelivery,
    NewReport,
    NewFeedback,
    NewKeyChange,
    NewReadToken,
    ProblemModel,
)

_EXAMPLES: Final = Path(__file__).parent / "examples.json"
"""Answers of a real run: path, method, status, answer. `python -m tests.api.record_examples` records them anew."""


_INTENT: Final = "/v1/intents/{intent}"
_REPUTATIONS: Final = frozenset(
    {
        "/v1/drivers",
        "/v1/drivers/{number}/reputation",
        "/v1/drivers/{number}/reputation/series",
        "/v1/drivers/{number}/history",
        "/v1/carriers/{number}/reputation",
        "/v1/shippers/{number}/reputation",
    }
)
_RECORD: Final = frozenset(
    {"/v1/history", "/v1/stream", "/v1/deliveries/{delivery_id}", "/v1/deliveries/{delivery_id}/history"}
)


def _free(settings: Settings) -> frozenset[str]:
    """Return the paths where a key or token shows more, but nobody needs one here."""
    return (
        frozenset({_INTENT})
        | (_REPUTATIONS if settings.shows_reputations else frozenset())
        | (_RECORD if settings.public_record else frozenset())
    )


def _add_examples(paths: dict[str, Any], answers: dict[str, Any]) -> None:
    for path, methods in answers.items():
        for method, statuses in methods.items():
            for status, answer in statuses.items():
                content = paths[path][method]["responses"][status]["content"]
                media_type = "application/json" if "application/json" in content else MEDIA_TYPE
                content[media_type]["examples"] = {"answer": {"value": answer}}


def _add_path_examples(path: str, operation: dict[str, Any], answers: dict[str, Any]) -> None:
    """Give what a path must name the values of the recorded run."""
    for parameter in operation.get("parameters", ()):
        if parameter["in"] != "path":
            continue
        answer = answers[_INTENT]["get"]["200"]
        name = parameter["name"]
        if name == "number":  # of a driver, carrier or shipper, as the path begins
            who = path.split("/")[2]
            name, answer = who.removesuffix("s"), answers[f"/v1/{who}/{{number}}/reputation"]["get"]["200"]
        parameter["schema"]["examples"] = [answer[name]]


def _say_what_comes(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Put the model's words where FastAPI has its own."""
    for answer in operation["responses"].values():
        if answer["description"] == "Successful Response":
            reference = answer["content"]["application/json"]["schema"]["$ref"]
            answer["description"] = schemas[reference.rpartition("/")[2]]["description"]


def describe(app: FastAPI, settings: Settings) -> None:
    """Make `app.openapi()` complete, and true of this service.

    Request bodies and problems refer to the models they are read and written by; who may call is as `settings` say.
    """
    free = _free(settings)

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title=app.title,
                version=app.version,
                summary=app.summary,
                description=app.description,
                license_info=app.license_info,
                routes=app.routes,
            )
            _, extra = models_json_schema(
                [(model, "validation") for model in _MODELS], ref_template="#/components/schemas/{model}"
            )
            schemas = schema.setdefault("components", {}).setdefault("schemas", {})
            schemas.update(extra["$defs"])
            schemas["Problem"] = schemas.pop("ProblemModel")
            for unused in ("HTTPValidationError", "ValidationError"):
                schemas.pop(unused, None)
            answers = orjson.loads(_EXAMPLES.read_bytes())
            _add_examples(schema["paths"], answers)
            for path, methods in schema["paths"].items():
                for operation in methods.values():
                    _add_path_examples(path, operation, answers)
                    _say_what_comes(operation, schemas)
                    if path in free and "security" in operation:
                        operation["security"].insert(0, {})
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
