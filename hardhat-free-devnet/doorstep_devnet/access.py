"""Who may use the node: requests to this machine, from no page of another origin, and driving only with the token."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence
from pathlib import Path

from .errors import StartError

LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})

SHORTEST_TOKEN = 16

Headers = Mapping[bytes, bytes]


def is_local(headers: Headers) -> bool:
    """Whether the request names this machine: a web page elsewhere that resolves its name here does not."""
    host = headers.get(b"host", b"").decode("latin-1").lower()
    return host.rsplit(":", 1)[0] in LOCAL_NAMES if host else False


def read_token(path: Path) -> str:
    """Return the token in a file, its line end removed; `StartError` when it cannot be read."""
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StartError(f"the token file {path} cannot be read: {error}") from None


class Access:
    """The token of one node, if it has one, and the origins of the pages that may use it."""

    def __init__(self, token: str | None, origins: Sequence[str]) -> None:
        if token is not None and len(token) < SHORTEST_TOKEN:
            raise StartError(f"the token has {len(token)} characters; give it {SHORTEST_TOKEN} or more")
        self._token = None if token is None else token.encode()
        self._origins = frozenset(origin.lower().rstrip("/").encode() for origin in origins)

    def takes_origin(self, headers: Headers) -> bool:
        """Whether the request is no browser's, or one for a page of a listed origin.

        A browser names the page's origin. Other pages of this machine are somebody else's, too.
        """
        origin = headers.get(b"origin")
        return origin is None or origin.lower() in self._origins

    def may_drive(self, headers: Headers) -> bool:
        """Whether the request carries the token, as `Bearer` or as the password of `Basic`; True without a token."""
        if self._token is None:
            return True
        scheme, _, given = headers.get(b"authorization", b"").partition(b" ")
        if scheme.lower() == b"basic":
            try:
                given = base64.b64decode(given, validate=True).partition(b":")[2]
            except binascii.Error:
                return False
        elif scheme.lower() != b"bearer":
            return False
        return hmac.compare_digest(given.strip(), self._token)

    def allowed(self, headers: Headers) -> list[tuple[bytes, bytes]]:
        """Return what lets a browser give the answer to its page, for a request that `takes_origin`."""
        origin = headers.get(b"origin")
        return [] if origin is None else [(b"access-control-allow-origin", origin), (b"vary", b"origin")]

    def preflight(self, headers: Headers) -> list[tuple[bytes, bytes]]:
        """Return what a browser asks for before it posts."""
        return [
            *self.allowed(headers),
            (b"access-control-allow-methods", b"POST"),
            (b"access-control-allow-headers", b"content-type, authorization"),
        ]
