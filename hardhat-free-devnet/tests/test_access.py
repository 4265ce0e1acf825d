"""A node on a shared machine: the token for driving it, origins of pages, balances of those who may send."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from doorstep_devnet.__main__ import main
from doorstep_devnet.config import INITIAL_BALANCE
from doorstep_devnet.errors import StartError
from doorstep_devnet.testing import RpcClient, RpcFailed, running_devnet, spawn_devnet
from probes import GENESIS, Sender
from test_subscriptions import Session
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

TOKEN = "correct horse battery staple"
PAGE = "http://localhost:5173"
ELSEWHERE = "0x" + "22" * 20


@pytest.fixture
async def guarded() -> AsyncIterator[RpcClient]:
    async with running_devnet(genesis_time=GENESIS, token=TOKEN, origins=(PAGE + "/",)) as client:
        yield client


WITH_TOKEN = [
    {"authorization": f"Bearer {TOKEN}"},
    {"authorization": "Basic OmNvcnJlY3QgaG9yc2UgYmF0dGVyeSBzdGFwbGU="},
]
WITHOUT: list[dict[str, str]] = [
    {},
    {"authorization": TOKEN},
    {"authorization": "Bearer"},
    {"authorization": f"Bearer {TOKEN}r"},
    {"authorization": "Basic !"},
    {"authorization": "Basic OnRva2Vu"},
]


@pytest.mark.parametrize("headers", WITHOUT)
async def test_nobody_drives_the_chain_without_the_token(guarded: RpcClient, headers: dict[str, str]) -> None:
    guarded.http.headers.update(headers)
    names = [
        "evm_setTime", "evm_increaseTime", "evm_mine", "evm_snapshot", "evm_revert", "evm_dropTransaction",
        "anvil_mine", "hardhat_mine", "anvil_dropAllTransactions",
    ]  # fmt: skip
    for name in names:
        with pytest.raises(RpcFailed, match="needs the node's token") as refused:
            await guarded.rpc(name, 1)
        assert refused.value.code == -32001
    assert await guarded.rpc("eth_blockNumber") == "0x0"
    assert (await Sender(guarded).mined(to=ELSEWHERE))["status"] == "0x1"


@pytest.mark.parametrize("headers", WITH_TOKEN)
async def test_the_token_drives_it_over_http_and_websocket(
    guarded: RpcClient, headers: dict[str, str]
) -> None:
    async with connect(guarded.ws_url) as socket:
        assert (await Session(socket).call("evm_mine"))["code"] == -32001
    guarded.http.headers.update(headers)
    await guarded.rpc("evm_mine")
    async with connect(guarded.ws_url, additional_headers=headers) as socket:
        await Session(socket).call("evm_mine")
    assert await guarded.rpc("eth_blockNumber") == "0x2"


@pytest.mark.parametrize("origin", ["https://pages.example", "http://localhost:5174", "null"])
async def test_a_page_of_another_origin_is_refused(guarded: RpcClient, origin: str) -> None:
    request = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}
    assert (await guarded.http.post(guarded.url, json=request, headers={"origin": origin})).status_code == 403
    assert (await guarded.http.options(guarded.url, headers={"origin": origin})).status_code == 403
    with pytest.raises(InvalidStatus) as refused:
        await connect(guarded.ws_url, origin=Origin(origin))
    assert refused.value.response.status_code == 403


async def test_a_page_of_a_listed_origin_is_served(guarded: RpcClient) -> None:
    request = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}
    answer = await guarded.http.post(guarded.url, json=request, headers={"origin": PAGE})
    assert (answer.json()["result"], answer.headers["access-control-allow-origin"]) == ("0x4f24", PAGE)
    asked = await guarded.http.options(guarded.url, headers={"origin": PAGE})
    assert asked.status_code == 204
    assert "content-type" in asked.headers["access-control-allow-headers"]
    async with connect(guarded.ws_url, origin=Origin(PAGE)) as socket:
        assert await Session(socket).call("eth_chainId")


async def test_a_short_token_does_not_start() -> None:
    with pytest.raises(StartError, match="16 or more"):
        async with running_devnet(token="short"):
            pass


def test_a_token_file_guards_a_process_and_one_that_is_missing_ends_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "token").write_text(TOKEN + "\n")
    process, port = spawn_devnet(tmp_path / "chain", 0, "--token-file", str(tmp_path / "token"))
    try:
        request = {"jsonrpc": "2.0", "id": 1, "method": "evm_snapshot"}
        url = f"http://127.0.0.1:{port}"
        assert httpx.post(url, json=request).json()["error"]["code"] == -32001
        assert httpx.post(url, json=request, headers=WITH_TOKEN[0]).json()["result"] == "0x1"
    finally:
        process.terminate()
        process.communicate(timeout=30)
    assert main(["--data", str(tmp_path / "other"), "--token-file", str(tmp_path / "none")]) == 2
    assert "cannot be read" in capsys.readouterr().err
    assert not (tmp_path / "other").exists()


async def test_allowed_and_funded_addresses_can_pay_a_tip() -> None:
    allowed, funded, other = (Sender(None, name) for name in ("allowed", "funded", "other"))  # type: ignore[arg-type]
    tip = {"maxFeePerGas": 1, "maxPriorityFeePerGas": 1, "to": ELSEWHERE}
    async with running_devnet(
        genesis_time=GENESIS, allow=(allowed.address, other.address), fund=(funded.address,)
    ) as client:
        for sender in (allowed, funded, other):
            sender.client = client
            assert int(await client.rpc("eth_getBalance", sender.address), 16) == INITIAL_BALANCE
        assert (await allowed.mined(**tip))["status"] == "0x1"
        assert int(await client.rpc("eth_getBalance", allowed.address), 16) == INITIAL_BALANCE - 21_000
        with pytest.raises(RpcFailed, match="not authorized"):
            await funded.send(**tip)
