"""A permissioned node: only listed senders are taken."""

from __future__ import annotations

import pytest
from doorstep_devnet.errors import StartError
from doorstep_devnet.testing import RpcFailed, running_devnet
from probes import GENESIS, Sender


async def test_only_listed_senders_are_taken() -> None:
    member = Sender(None, "member")  # type: ignore[arg-type]
    async with running_devnet(genesis_time=GENESIS, allow=(member.address.lower(),)) as client:
        stranger = Sender(client, "stranger")
        member.client = client
        with pytest.raises(RpcFailed) as refused:
            await stranger.send(to="0x" + "22" * 20)
        assert refused.value.code == -32007
        assert stranger.address.lower() in refused.value.message
        assert "not authorized" in refused.value.message
        assert (await member.mined(to="0x" + "22" * 20))["status"] == "0x1"
        assert await client.rpc("eth_call", {"from": stranger.address, "to": "0x" + "22" * 20}) == "0x"


async def test_an_empty_list_takes_nobody() -> None:
    async with running_devnet(genesis_time=GENESIS, allow=()) as client:
        with pytest.raises(RpcFailed, match="not authorized"):
            await Sender(client).send(to="0x" + "22" * 20)


async def test_a_list_with_something_else_in_it_does_not_start() -> None:
    with pytest.raises(StartError, match="allow: expected 20 bytes"):
        async with running_devnet(allow=("0x12",)):
            pass
