"""What pages and their parts say to browsers."""

from __future__ import annotations

from typing import Final

_POLICY: Final = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "worker-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "lit-html doorstep",
}
_FEATURES: Final = ("camera", "microphone", "geolocation", "payment", "usb", "serial")


def _policy(directives: dict[str, str]) -> str:
    return "; ".join(f"{name} {value}" for name, value in directives.items())


PAGE: Final = {
    "cache-control": "no-cache",
    "content-security-policy": _policy(_POLICY),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "permissions-policy": ", ".join(f"{name}=()" for name in _FEATURES),
    "cross-origin-opener-policy": "same-origin",
}
"""Of every page: nothing but what this origin serves, no markup from strings but by the named policies."""

ASSET: Final = {"cache-control": "public, max-age=31536000, immutable"}
"""Of what has a hash in its name."""

EMBED: Final = {
    "cache-control": "public, max-age=300",
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
}
"""Of the component that shops' own pages load."""

WORKER: Final = {
    "cache-control": "no-cache",
    "content-security-policy": PAGE["content-security-policy"],
    "service-worker-allowed": "/t/",
}
"""Of the service worker, for tracking pages alone."""

OTHER: Final = {"cache-control": "public, max-age=3600"}
"""Of icons and the like."""
