"""One directory of built files: compressed where there is a compressed one, revalidated by etag, nothing beyond it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

_ENCODINGS: Final = (("br", ".br"), ("gzip", ".gz"))
_MEDIA_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}
"""What may be served, and as what: the machine's own table differs from one to the next."""


class BuiltFiles(StaticFiles):
    """Serves files of one directory, which may be made, emptied and made anew while this runs."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory=directory, check_dir=False)

    async def serve(self, name: str, scope: Scope, headers: Mapping[str, str]) -> Response:
        """Return the file `name` under these headers, or 304; HTTPException 404 where there is none."""
        response = await self.get_response(name, scope)
        response.headers.update(headers)
        return response

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        """Return where a file lies, and what kind it is; nothing for what is not served."""
        hidden = any(part.startswith(".") for part in path.split("/"))
        if hidden or "\0" in path or os.path.splitext(path)[1] not in _MEDIA_TYPES:
            return "", None
        return super().lookup_path(path)

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """Return the best form of the file that the client takes, or that it has it already."""
        asked = Headers(scope=scope)
        taken = _accepted(asked.get("accept-encoding", ""))
        path, encoding = os.fspath(full_path), None
        for name, suffix in _ENCODINGS:
            if name in taken and os.path.isfile(path + suffix):
                path, encoding, stat_result = path + suffix, name, os.stat(path + suffix)
                break
        headers = {"vary": "accept-encoding"} | ({} if encoding is None else {"content-encoding": encoding})
        media_type = _MEDIA_TYPES[os.path.splitext(full_path)[1]]
        response = FileResponse(path, status_code, headers, media_type, stat_result=stat_result)
        if self.is_not_modified(response.headers, asked):
            return NotModifiedResponse(response.headers)
        return response


def _accepted(header: str) -> set[str]:
    accepted = set()
    for part in header.split(","):
        name, _, parameter = (piece.strip().lower() for piece in part.partition(";"))
        if parameter.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000"):
            accepted.add(name)
    return accepted
