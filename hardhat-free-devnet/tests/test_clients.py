"""Other people's clients use the node: web3.py here, viem and ethers in Node.js."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from doorstep_devnet.testing import RpcClient, running_devnet
from eth_account import Account
from eth_utils import keccak
from probes import GENESIS, STORE, creation, logger, word
from web3 import AsyncHTTPProvider, AsyncWeb3
from web3.types import RPCEndpoint

CLIENTS = Path(__file__).parent / "clients"


def _node() -> str | None:
    beside_python = str(Path(sys.executable).parent)
    return shutil.which("node", path=os.pathsep.join([beside_python, os.environ.get("PATH", "")]))


@pytest.fixture(params=["driven", "by its own clock"])
async def chain(request: pytest.FixtureRequest) -> AsyncIterator[RpcClient]:
    """A chain that mines at once, and one that waits for the next second."""
    async with running_devnet(genesis_time=GENESIS if request.param == "driven" else None) as client:
        yield client


@pytest.mark.parametrize("script", ["viem.mjs", "ethers.mjs"])
async def test_javascript_clients(chain: RpcClient, script: str) -> None:
    node = _node()
    if node is None or not (CLIENTS / "node_modules").exists():
        pytest.skip(f"needs Node.js and its packages: run `npm ci` in {CLIENTS}, as `make test` does")
    process = await asyncio.create_subprocess_exec(
        node,
        script,
        chain.url,
        chain.ws_url,
        cwd=CLIENTS,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, output.decode()


async def test_web3_deploys_and_uses_at_once(chain: RpcClient) -> None:
    provider = AsyncHTTPProvider(chain.url)
    w3 = AsyncWeb3(provider)
    account = Account.from_key(keccak(text="web3.py"))

    async def send(**fields: object) -> bytes:
        nonce = await w3.eth.get_transaction_count(account.address, "pending")
        values = {
            "from": account.address,
            "value": 0,
            "nonce": nonce,
            "chainId": await w3.eth.chain_id,
            **fields,
        }
        values |= {"maxFeePerGas": 0, "maxPriorityFeePerGas": 0}
        values["gas"] = await w3.eth.estimate_gas(values, "pending")
        del values["from"]
        return await w3.eth.send_raw_transaction(account.sign_transaction(values).raw_transaction)

    try:
        await send(data=creation(STORE))
        store = w3.to_checksum_address(
            keccak(b"\xd6\x94" + bytes.fromhex(account.address[2:]) + b"\x80")[12:]
        )
        used = await w3.eth.wait_for_transaction_receipt(
            await send(to=store, data=word(1) + word(5)), poll_latency=0.01
        )
        assert used.status == 1
        assert await w3.eth.get_storage_at(store, 1) == word(5)
        blocks, logs = await w3.eth.filter("latest"), await w3.eth.filter({"fromBlock": "0x0"})
        deployed = await w3.eth.wait_for_transaction_receipt(
            await send(data=creation(logger(0))), poll_latency=0.01
        )
        logged = await w3.eth.wait_for_transaction_receipt(
            await send(to=deployed.contractAddress, data=b"text"), poll_latency=0.01
        )
        assert logged.blockHash in await blocks.get_new_entries()
        assert [log.data for log in await logs.get_all_entries()] == [b"text"]
        pending = await w3.eth.get_block("pending", full_transactions=True)
        assert pending.number == await w3.eth.block_number + 1
        listed = await w3.eth.create_access_list(
            {"to": store, "data": word(1) + word(5), "from": account.address}
        )
        assert [entry.storageKeys for entry in listed.accessList] == [["0x" + word(1).hex()]]
        override = {store: {"code": "0x60015460005260206000f3"}}
        assert await w3.eth.call({"to": store}, "latest", override) == word(5)
        frame = await provider.make_request(
            RPCEndpoint("debug_traceTransaction"),
            ["0x" + used.transactionHash.hex(), {"tracer": "callTracer"}],
        )
        assert int(frame["result"]["gasUsed"], 16) == used.gasUsed
    finally:
        await provider.disconnect()
