"""The devnet process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from doorstep_devnet.access import read_token
from doorstep_devnet.config import DevnetConfig
from doorstep_devnet.errors import DirectoryInUse, StartError
from doorstep_devnet.server import serve

from chain_client.domain.errors import Conflict, InvalidInput


class ChainInUse(Conflict):
    """Another devnet serves this chain."""

    code = "chain-in-use"


def token(path: Path) -> str:
    """Return the token in a file; InvalidInput where it cannot be read."""
    try:
        return read_token(path)
    except StartError as error:
        raise InvalidInput("--token-file", str(error)) from error


def run(config: DevnetConfig, on_ready: Callable[[int], None]) -> None:
    """Run a node until SIGTERM or SIGINT; InvalidInput or ChainInUse where it cannot start."""
    try:
        asyncio.run(serve(config, on_ready=on_ready))
    except DirectoryInUse as error:
        raise ChainInUse(str(error)) from error
    except StartError as error:
        raise InvalidInput("devnet", str(error)) from error
