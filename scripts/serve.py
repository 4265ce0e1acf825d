"""The API process: the app over a data directory, or as the environment says."""

from __future__ import annotations

from pathlib import Path

import uvicorn

from api.app import create_app, from_environment
from api.settings import Settings
from scripts.datadir import RELAY, DataDirectory

HOST = "127.0.0.1"


def settings_of(directory: DataDirectory, port: int, *, public: bool) -> Settings:
    """Return the API's settings for a data directory."""
    return Settings(
        database=directory.database,
        identity=directory.deployment().identity,
        sealing_key=directory.sealing_key(),
        relay_keystore=directory.keystore(RELAY),
        relay_password_file=directory.password_file,
        public_reputations=public,
        public_url=f"http://{HOST}:{port}",
    )


def serve(directory: Path | None, port: int | None, *, public: bool | None) -> None:
    """Serve until SIGTERM or SIGINT; without a directory, as the DOORSTEP_* variables say."""
    if directory is None:
        app = from_environment()
        port = 8000 if port is None else port
    else:
        data = DataDirectory(directory)
        network = data.network()
        port = network.api_port if port is None else port
        app = create_app(settings_of(data, port, public=network.public if public is None else public))
    uvicorn.run(
        app, host=HOST, port=port, log_level="warning", access_log=False, server_header=False,
        timeout_graceful_shutdown=5,
    )  # fmt: skip
