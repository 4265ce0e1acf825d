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


def _add_examples(paths: dict[str, Any]) -> None:
    for path, methods in orjson.loads(_EXAMPLES.read_bytes()).items():
        for method, statuses in methods.items():
            for status, answer in statuses.items():
                content = paths[path][method]["responses"][status]["content"]
                media_type = "application/json" if "application/json" in content else MEDIA_TYPE
                content[media_type]["examples"] = {"answer": {"value": answer}}


def describe(app: FastAPI) -> None:
    """Make `app.openapi()` complete: request bodies and problems refer to the models they are read and written by."""

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
            _add_examples(schema["paths"])
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
