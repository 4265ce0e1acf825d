"""A real server for a real application."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from api.http_protocol import Limits
from api.server import Server, configure


@asynccontextmanager
async def serving(app: FastAPI, limits: Limits = Limits()) -> AsyncIterator[str]:  # noqa: B008
    """Serve the app on a free port of 127.0.0.1 and give its URL; its lifespan begins and ends with the block."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = configure(app, limits, lifespan="on")
        server = Server(config, app)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        async with asyncio.timeout(20):
            while not server.started and not task.done():
                await asyncio.sleep(0.005)
        if task.done():
            await task
            raise RuntimeError("the server did not start")
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task
