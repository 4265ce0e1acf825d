"""GET /t/…, /dashboard, /explorer, /shop-example, /docs, and what these pages load."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from api.pages import headers
from api.pages.files import BuiltFiles
from api.problems import Problem

_PAGES: Final = (
    ("/t/{rest:path}", "track.html"),
    ("/dashboard", "dashboard.html"),
    ("/dashboard/{rest:path}", "dashboard.html"),
    ("/explorer", "explorer.html"),
    ("/explorer/{rest:path}", "explorer.html"),
    ("/shop-example", "shop-example.html"),
    ("/docs", "docs.html"),
)
"""A page's own script reads the rest of its path."""
_OTHERS: Final = (".svg", ".png", ".ico", ".webmanifest", ".txt")
"""Icons and the like, which browsers look for at the root."""
START: Final = "/explorer"

Endpoint = Callable[[Request], Awaitable[Response]]


def built(directory: Path) -> bool:
    """Say whether the pages are there."""
    return all((directory / name).is_file() for _, name in _PAGES)


def install(app: FastAPI, directory: Path) -> None:
    """Add the pages' paths to the app, after its own; they are no part of its document."""
    files = BuiltFiles(directory)
    app.add_route("/", _to_start, include_in_schema=False)
    for path, name in _PAGES:
        app.add_route(path, _page(files, name), include_in_schema=False)
    app.add_route("/sw.js", _file(files, "sw.js", headers.WORKER), include_in_schema=False)
    app.add_route(
        "/assets/{name:path}", _file(files, "assets/{name}", headers.ASSET), include_in_schema=False
    )
    app.add_route("/embed/{name:path}", _file(files, "embed/{name}", headers.EMBED), include_in_schema=False)
    for suffix in _OTHERS:
        other = _file(files, "{name}" + suffix, headers.OTHER)
        app.add_route("/{name}" + suffix, other, include_in_schema=False)


async def _to_start(request: Request) -> Response:
    return RedirectResponse(START)


def _page(files: BuiltFiles, name: str) -> Endpoint:
    async def page(request: Request) -> Response:
        try:
            return await files.serve(name, request.scope, headers.PAGE)
        except HTTPException as error:
            if error.status_code != 404:
                raise
            raise Problem(503, "pages-not-built", "The pages are not built: run `make pages`.") from error

    return page


def _file(files: BuiltFiles, pattern: str, sent: Mapping[str, str]) -> Endpoint:
    async def file(request: Request) -> Response:
        name = pattern.format(name=request.path_params.get("name", ""))
        if name.endswith(".html"):
            raise HTTPException(404)  # pages have their own paths, and headers
        return await files.serve(name, request.scope, sent)

    return file
