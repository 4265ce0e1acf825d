"""The API process: the app over a data directory, or as the environment says."""

from __future__ import annotations

import contextlib
import resource
import socket
from pathlib import Path
from typing import Final

import uvicorn

from api.app import create_app
from api.server import Server, configure, limits_of
from api.settings import Settings
from scripts.datadir import RELAY, DataDirectory

HOST = "127.0.0.1"
_NOT_STARTED: Final = 3
_GONE_MILLISECONDS: Final = 60_000
_OTHER_FILES: Final = 256
"""Descriptors beside the connections': database, logs, listening."""


def settings_of(
    directory: DataDirectory, port: int, *, public: bool, shop_origins: tuple[str, ...] = ()
) -> Settings:
    """Return the API's settings for a data directory; `public` is for reputations and the record alike."""
    return Settings(
        database=directory.database,
        identity=directory.deployment().identity,
        sealing_key=directory.sealing_key(),
        relay_keystore=directory.keystore(RELAY),
        relay_password_file=directory.password_file,
        public_reputations=public,
        public_record=public,
        public_url=f"http://{HOST}:{port}",
        cors_origins=shop_origins,
    )


def serve(directory: Path | None, port: int | None, *, public: bool | None) -> None:
    """Serve until SIGTERM or SIGINT; without a directory, as the DOORSTEP_* variables say."""
    if directory is None:
        settings = Settings.from_environment()
        port = 8000 if port is None else port
    else:
        data = DataDirectory(directory)
        network = data.network()
        port = network.api_port if port is None else port
        settings = settings_of(
            data,
            port,
            public=network.public if public is None else public,
            shop_origins=network.shop_origins,
        )
    _allow_files(settings.max_connections + _OTHER_FILES)
    app = create_app(settings)
    config = configure(app, limits_of(settings), host=HOST, port=port, timeout_graceful_shutdown=5)
    server = Server(config, app)
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[_listener(config)])
    if not server.started:
        raise SystemExit(_NOT_STARTED)


def _listener(config: uvicorn.Config) -> socket.socket:
    listener = config.bind_socket()
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # Accepted connections inherit it: a client that leaves what was sent unread, or is gone without a word, is
        # dropped by the kernel, buffers and all.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _GONE_MILLISECONDS)
    return listener


def _allow_files(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        least = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, least), hard))
