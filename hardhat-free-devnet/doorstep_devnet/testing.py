"""For tests: a node in this event loop, or in a process of its own that can be killed."""

from __future__ import annotations

import asyncio
import itertools
import json
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from .config import HOST, DevnetConfig
from .server import serve


class RpcFailed(Exception):
    """The node answered with an error; `code`, `message` and `data` are its."""

    def __init__(self, code: int, message: str, data: object) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.data = data


class RpcClient:
    """Speaks JSON-RPC to a node."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://{HOST}:{port}"
        self.ws_url = f"ws://{HOST}:{port}"
        self.http = httpx.AsyncClient(timeout=60)
        self._ids = itertools.count(1)

    async def rpc(self, method: str, *params: object) -> Any:
        """The result of one call; `RpcFailed` when it is an error."""
        request = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": list(params)}
        answer = (await self.http.post(self.url, json=request)).json()
        if "error" in answer:
            error = answer["error"]
            raise RpcFailed(error["code"], error["message"], error.get("data"))
        return answer["result"]

    async def receipt(self, tx_hash: str, *, seconds: float = 30.0) -> dict[str, Any]:
        """The receipt of a transaction once it is mined; `TimeoutError` when that takes longer."""
        async with asyncio.timeout(seconds):
            while True:
                found = await self.rpc("eth_getTransactionReceipt", tx_hash)
                if found is not None:
                    receipt: dict[str, Any] = found
                    return receipt
                await asyncio.sleep(0.005)

    async def close(self) -> None:
        """Close the connections."""
        await self.http.aclose()


@asynccontextmanager
async def running_devnet(
    *,
    data_dir: Path | None = None,
    chain_id: int | None = None,
    block_time: float | None = None,
    genesis_time: int | None = None,
    allow: tuple[str, ...] | None = None,
    sync: bool = False,
    **settings: Any,
) -> AsyncIterator[RpcClient]:
    """A node in the running event loop, on a free port; without `data_dir` in a directory that goes away with it.

    `settings` are further fields of `DevnetConfig`. With `genesis_time` the clock is driven, so that transactions are mined at once.
    """
    with tempfile.TemporaryDirectory(prefix="devnet-") as scratch:
        config = DevnetConfig(
            data_dir=data_dir or Path(scratch),
            port=0,
            chain_id=chain_id,
            block_time=block_time,
            genesis_time=genesis_time,
            allow=allow,
            sync=sync,
            **settings,
        )
        ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(serve(config, on_ready=ready.set_result, handle_signals=False))
        waited: set[asyncio.Future[Any]] = {task, ready}
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
        client = RpcClient(ready.result())
        try:
            yield client
        finally:
            await client.close()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def spawn_devnet(data_dir: Path, port: int = 0, *extra: str) -> tuple[subprocess.Popen[str], int]:
    """Start a node as a process of its own; its handle and port once it is ready. The caller ends it.

    `extra` are further arguments of `python -m doorstep_devnet`. Raises `RuntimeError` with what it printed when it
    ends before it is ready.
    """
    command = [sys.executable, "-m", "doorstep_devnet", "--data", str(data_dir), "--port", str(port), *extra]
    package_parent = Path(__file__).resolve().parent.parent
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=package_parent
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        _, errors = process.communicate()
        raise RuntimeError(f"devnet ended with code {process.returncode}: {errors.strip()}")
    return process, int(json.loads(line)["port"])


__all__ = ["RpcClient", "RpcFailed", "running_devnet", "spawn_devnet"]
