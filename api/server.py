"""The HTTP server of the API's process: uvicorn, which ends open streams as it shuts down."""

from __future__ import annotations

import socket

import uvicorn
from fastapi import FastAPI


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
