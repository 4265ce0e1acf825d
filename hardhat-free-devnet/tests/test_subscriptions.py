"""eth_subscribe over a WebSocket on the same port."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from doorstep_devnet import subscriptions
from doorstep_devnet.testing import RpcClient
from probes import Sender, logger, word
from web3 import AsyncWeb3, WebSocketProvider
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed


class Session:
    """One connection: calls, and the messages pushed meanwhile."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self._ids = itertools.count(1)
        self._pushed: list[dict[str, Any]] = []

    async def call(self, method: str, *params: object) -> Any:
        identifier = next(self._ids)
        await self.socket.send(
            json.dumps({"jsonrpc": "2.0", "id": identifier, "method": method, "params": params})
        )
        async with asyncio.timeout(10):
            while True:
                message = json.loads(await self.socket.recv())
                if message.get("id") == identifier:
                    return message.get("result", message.get("error"))
                self._pushed.append(message["params"])

    async def pushed(self) -> dict[str, Any]:
        async with asyncio.timeout(10):
            message = self._pushed.pop(0) if self._pushed else json.loads(await self.socket.recv())["params"]
        return dict(message)


@pytest.fixture
async def session(devnet: RpcClient) -> AsyncIterator[Session]:
    async with connect(devnet.ws_url) as socket:
        yield Session(socket)


async def test_new_heads_are_pushed_once_each(devnet: RpcClient, session: Session) -> None:
    identifier = await session.call("eth_subscribe", "newHeads")
    for number in (1, 2):
        await devnet.rpc("evm_mine")
        pushed = await session.pushed()
        assert pushed["subscription"] == identifier
        block = await devnet.rpc("eth_getBlockByNumber", hex(number), False)
        assert pushed["result"] == {key: block[key] for key in pushed["result"]}
        assert pushed["result"]["hash"] == block["hash"]
    assert await session.call("eth_unsubscribe", identifier) is True
    assert await session.call("eth_unsubscribe", identifier) is False
    await devnet.rpc("evm_mine")
    assert await session.call("eth_blockNumber") == "0x3"
    assert session._pushed == []


async def test_logs_are_pushed_that_match_and_again_when_removed(sender: Sender, session: Session) -> None:
    log = await sender.deploy(logger(1))
    await session.call("eth_subscribe", "logs", {"address": log, "topics": ["0x" + word(2).hex()]})
    snapshot = await session.call("evm_snapshot")
    await sender.mined(to=log, data=word(1))
    receipt = await sender.mined(to=log, data=word(2) + b"data")
    assert (await session.pushed())["result"] == receipt["logs"][0]
    await session.call("evm_revert", snapshot)
    assert (await session.pushed())["result"] == {**receipt["logs"][0], "removed": True}


async def test_waiting_transactions_are_pushed(sender: Sender, session: Session) -> None:
    await session.call("eth_subscribe", "newPendingTransactions")
    sent = await sender.send(to="0x" + "22" * 20)
    assert (await session.pushed())["result"] == sent


async def test_waiting_transactions_are_pushed_whole_on_request(devnet: RpcClient, session: Session) -> None:
    sender = Sender(devnet)
    await session.call("eth_subscribe", "newPendingTransactions", True)
    sent = await sender.send(nonce=1, to="0x" + "22" * 20)
    whole = (await session.pushed())["result"]
    assert whole == await devnet.rpc("eth_getTransactionByHash", sent)
    assert (whole["hash"], whole["blockHash"], whole["blockTimestamp"]) == (sent, None, None)
    assert (await session.call("eth_subscribe", "newPendingTransactions", "yes"))["code"] == -32602


async def test_what_cannot_be_subscribed_is_refused(session: Session) -> None:
    assert (await session.call("eth_subscribe", "gossip"))["code"] == -32602
    assert (await session.call("eth_subscribe", "logs", {"blockHash": "0x" + "11" * 32}))["code"] == -32602
    for _ in range(subscriptions.MAX_SUBSCRIPTIONS):
        await session.call("eth_subscribe", "newHeads")
    assert (await session.call("eth_subscribe", "newHeads"))["code"] == -32005


async def test_web3_follows_the_chain(sender: Sender) -> None:
    async with AsyncWeb3(WebSocketProvider(sender.client.ws_url)) as w3:
        await w3.eth.subscribe("newHeads")
        receipt = await sender.mined(to="0x" + "22" * 20)
        async with asyncio.timeout(10):
            async for message in w3.socket.process_subscriptions():
                assert message["result"]["number"] == int(receipt["blockNumber"], 16)
                break


async def _read_until_closed(socket: ClientConnection) -> None:
    async with asyncio.timeout(10):
        while True:
            await socket.recv()


async def test_a_reader_that_falls_behind_is_disconnected(
    devnet: RpcClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriptions, "MAX_QUEUED", 2)
    async with connect(devnet.ws_url) as socket:
        slow = Session(socket)
        for _ in range(10):
            await slow.call("eth_subscribe", "newHeads")
        await devnet.rpc("evm_mine")
        with pytest.raises(ConnectionClosed):
            await _read_until_closed(socket)
        assert socket.close_code == 1013
    assert await session.call("eth_blockNumber") == "0x1"
