"""The HTTP server of the API's process: uvicorn, with limits on connections, which ends open streams as it shuts down."""

from __future__ import annotations

import socket
from typing import Any

import uvicorn
from fastapi import FastAPI

from api.http_protocol import Limits, limited
from api.settings import Settings


def limits_of(settings: Settings) -> Limits:
    """Return the limits on connections as the settings have them."""
    return Limits(
        connections=settings.max_connections,
        connections_per_address=settings.connections_per_address,
        trusted=settings.trusted_proxies,
    )


def configure(app: FastAPI, limits: Limits, **options: Any) -> uvicorn.Config:
    """Return uvicorn's configuration for an app of `create_app`; `options` are further arguments of `uvicorn.Config`.

    The client's address is the peer's, or, where the peer is a trusted proxy, the last one in X-Forwarded-For that is
    not such a proxy's.
    """
    return uvicorn.Config(
        app,
        **{
            "http": limited(limits),
            "ws": "none",
            "log_level": "warning",
            "access_log": False,
            "server_header": False,
            "proxy_headers": bool(limits.trusted),
            "forwarded_allow_ips": list(limits.trusted),
            **options,
        },
    )


class Server(uvicorn.Server):
    """Serves an app of `create_app`; without this, shutting down would wait for every stream's client to leave."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._api = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more connections, end the streams, let the other answers finish."""
        services = getattr(self._api.state, "services", None)
        if services is not None:
            services.streams.close()
        await super().shutdown(sockets)
