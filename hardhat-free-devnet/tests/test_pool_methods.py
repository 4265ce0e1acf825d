"""What waits, as txpool_status and txpool_content show it."""

from __future__ import annotations

import pytest
from doorstep_devnet.testing import RpcFailed, running_devnet
from probes import GENESIS, Sender


async def test_what_waits_is_shown_by_sender_and_nonce() -> None:
    async with running_devnet(genesis_time=GENESIS, block_time=3600) as client:
        first, second = Sender(client, "first"), Sender(client, "second")
        sent = {nonce: await first.send(nonce=nonce, to="0x" + "22" * 20) for nonce in (1, 0, 3)}
        queued = await second.send(nonce=5, to="0x" + "22" * 20)
        assert await client.rpc("txpool_status") == {"pending": "0x2", "queued": "0x2"}
        content = await client.rpc("txpool_content")
        assert list(content["pending"]) == [first.address]
        assert {nonce: tx["hash"] for nonce, tx in content["pending"][first.address].items()} == {
            "0": sent[0],
            "1": sent[1],
        }
        assert {sender: list(by_nonce) for sender, by_nonce in content["queued"].items()} == {
            first.address: ["3"],
            second.address: ["5"],
        }
        assert content["queued"][second.address]["5"] == await client.rpc("eth_getTransactionByHash", queued)
        assert await client.rpc("txpool_contentFrom", first.address.lower()) == {
            "pending": content["pending"][first.address],
            "queued": content["queued"][first.address],
        }
        await client.rpc("evm_mine")
        assert await client.rpc("txpool_status") == {"pending": "0x0", "queued": "0x2"}
        assert await client.rpc("txpool_contentFrom", "0x" + "22" * 20) == {"pending": {}, "queued": {}}
        with pytest.raises(RpcFailed, match="address"):
            await client.rpc("txpool_contentFrom", "0x22")
