"""Starting: one process per directory, one chain per directory, and the command line."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from doorstep_devnet.errors import DirectoryInUse, StartError
from doorstep_devnet.testing import RpcClient, running_devnet, spawn_devnet
from probes import GENESIS, Sender


async def test_a_chain_is_found_again(tmp_path: Path) -> None:
    async with running_devnet(data_dir=tmp_path, chain_id=777, genesis_time=GENESIS) as client:
        receipt = await Sender(client, chain_id=777).mined(to="0x" + "22" * 20)
        genesis = await client.rpc("eth_getBlockByNumber", "0x0", False)
    async with running_devnet(data_dir=tmp_path) as client:
        assert await client.rpc("eth_chainId") == hex(777)
        assert await client.rpc("eth_getBlockByNumber", "0x0", False) == genesis
        assert await client.rpc("eth_getTransactionReceipt", receipt["transactionHash"]) == receipt
        assert (await Sender(client, chain_id=777, nonce=1).mined(to="0x" + "22" * 20))[
            "blockNumber"
        ] == "0x2"
    async with running_devnet(data_dir=tmp_path, chain_id=777, genesis_time=GENESIS) as client:
        assert await client.rpc("eth_blockNumber") == "0x2"


async def test_another_chain_id_or_genesis_time_does_not_start(tmp_path: Path) -> None:
    async with running_devnet(data_dir=tmp_path, genesis_time=GENESIS):
        pass
    with pytest.raises(StartError, match="holds chain 20260, not chain 5"):
        async with running_devnet(data_dir=tmp_path, chain_id=5):
            pass
    with pytest.raises(StartError, match=f"began at {GENESIS}, not at 7"):
        async with running_devnet(data_dir=tmp_path, genesis_time=7):
            pass
    async with running_devnet(data_dir=tmp_path) as client:
        assert await client.rpc("eth_chainId") == "0x4f24", "a refused start lets go of the directory"


@pytest.mark.parametrize("arguments", [{"chain_id": 0}, {"chain_id": 2**60}, {"genesis_time": -1}])
async def test_figures_outside_their_range_do_not_start(arguments: dict[str, int]) -> None:
    with pytest.raises(StartError, match="outside"):
        async with running_devnet(**arguments):  # type: ignore[arg-type]
            pass


async def test_a_second_node_on_the_same_directory_does_not_start(tmp_path: Path) -> None:
    async with running_devnet(data_dir=tmp_path):
        with pytest.raises(DirectoryInUse, match="another devnet process is using this directory"):
            async with running_devnet(data_dir=tmp_path):
                pass
        with pytest.raises(RuntimeError, match="another devnet process is using this directory"):
            spawn_devnet(tmp_path)


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(RuntimeError, match=f"ended with code 2: cannot listen on 127.0.0.1:{port}"):
            spawn_devnet(tmp_path, port)


async def test_the_command_serves_and_stops_on_sigterm(tmp_path: Path) -> None:
    process, port = spawn_devnet(tmp_path, 0, "--genesis-time", str(GENESIS), "--chain-id", "99", "--no-sync")
    client = RpcClient(port)
    try:
        assert await client.rpc("eth_chainId") == hex(99)
        assert (await Sender(client, chain_id=99).mined(to="0x" + "22" * 20))["status"] == "0x1"
    finally:
        await client.close()
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=20)
    assert (process.returncode, output, errors) == (0, "", "")


def test_help_tells_every_argument() -> None:
    command = [sys.executable, "-m", "doorstep_devnet", "--help"]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for argument in ("--data", "--port", "--chain-id", "--block-time", "--genesis-time", "--allow"):
        assert argument in output
