"""Answers agree with the OpenRPC schemas of ethereum/execution-apis; the list of methods agrees with the node."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fastjsonschema
import pytest
from doorstep_devnet.config import DevnetConfig
from doorstep_devnet.node import Node
from doorstep_devnet.server import App
from doorstep_devnet.testing import RpcClient, running_devnet
from probes import GENESIS, REVERT, STORE, Sender, creation, forwarder, logger, word

HERE = Path(__file__).parent
SCHEMAS = json.loads((HERE / "openrpc" / "results.json").read_text())
METHODS = (HERE.parent / "METHODS.md").read_text()
README = (HERE.parent / "README.md").read_text()


def _validator(schema: dict[str, Any]) -> Callable[[object], object]:
    compiled: Callable[[object], object] = fastjsonschema.compile(
        {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "definitions": SCHEMAS["definitions"],
            "allOf": [schema],
        }
    )
    return compiled


VALIDATORS = {name: _validator(schema) for name, schema in SCHEMAS["results"].items()}
SIGNED = _validator({"$ref": "#/definitions/TransactionSigned"})
FRAME = _validator({"$ref": "#/definitions/CallFrame"})


class Checked:
    """A client that holds every answer to its method's schema, and remembers which methods it asked."""

    def __init__(self, client: RpcClient) -> None:
        self._client = client
        self.asked: set[str] = set()

    async def rpc(self, method: str, *params: object) -> Any:
        """The answer, once it agrees."""
        answer = await self._client.rpc(method, *params)
        self.asked.add(method)
        if method in VALIDATORS:
            VALIDATORS[method](_as_specified(method, answer))
        return answer


def _as_specified(method: str, answer: Any) -> Any:
    """The answer without the two things that differ from the schemas on purpose: openrpc/SOURCE.md."""
    if method.startswith("eth_getBlockBy") and answer is not None:
        rest = {**answer}
        assert re.fullmatch("0x[0-9a-f]{64}", rest.pop("requestsHash"))
        return rest
    if method == "eth_getTransactionByHash" and answer is not None and answer["blockHash"] is None:
        SIGNED(answer)
        assert answer["blockNumber"] is answer["blockTimestamp"] is answer["transactionIndex"] is None
        return None
    return answer


async def test_answers_agree_with_the_official_schemas() -> None:
    async with running_devnet(genesis_time=GENESIS, block_time=3600) as client:
        checked, sender = Checked(client), Sender(client)
        await _ask_all(checked, sender)
    assert set(VALIDATORS) - checked.asked == set(), "every schema is used"


async def _ask_all(checked: Checked, sender: Sender) -> None:
    rpc = checked.rpc
    filters = [
        await rpc("eth_newFilter", {}),
        await rpc("eth_newBlockFilter"),
        await rpc("eth_newPendingTransactionFilter"),
    ]
    await _check_blocks(rpc, "latest")
    sent = [
        await sender.send(data=creation(STORE)),
        await sender.send(data=creation(logger(2)), gasPrice=0),
        await sender.send(
            data=creation(REVERT),
            accessList=[{"address": "0x" + "11" * 20, "storageKeys": ["0x" + word(1).hex()]}],
        ),
    ]
    queued = await sender.send(nonce=99, to="0x" + "22" * 20)
    store, log, revert = [
        receipt["contractAddress"] for receipt in await rpc("eth_getBlockReceipts", "pending")
    ]
    sent += [await sender.send(to=log, data=word(1) + word(2) + b"text"), await sender.send(to=revert)]
    sent += [await sender.send(data=creation(forwarder(store)))]
    for tx_hash in [*sent, queued]:
        await rpc("eth_getTransactionByHash", tx_hash)
    await _check_blocks(rpc, "pending")
    await rpc("txpool_status")
    assert await rpc("eth_sendRawTransaction", sender.sign(to=store, data=word(3) + word(4)))
    await rpc("evm_mine")
    for identifier in filters:
        assert await rpc("eth_getFilterChanges", identifier)
    assert await rpc("eth_getFilterLogs", filters[0])
    assert await rpc("eth_uninstallFilter", filters[0])
    assert await rpc("eth_getLogs", {"fromBlock": "0x0"})
    await _check_blocks(rpc, "0x1")
    for tx_hash in sent:
        await rpc("eth_getTransactionByHash", tx_hash)
        await rpc("eth_getTransactionReceipt", tx_hash)
        await _check_traces(rpc, tx_hash)
    await _check_state(rpc, sender.address, store)


async def _check_blocks(rpc: Callable[..., Any], block: str) -> None:
    for full in (False, True):
        found = await rpc("eth_getBlockByNumber", block, full)
        if block != "pending":
            await rpc("eth_getBlockByHash", found["hash"], full)
    for method in ("eth_getBlockTransactionCountByNumber", "eth_getUncleCountByBlockNumber"):
        assert await rpc(method, block)
    for method in ("eth_getBlockTransactionCountByHash", "eth_getUncleCountByBlockHash"):
        await rpc(method, found["hash"])
    await rpc("eth_getTransactionByBlockNumberAndIndex", block, "0x0")
    await rpc("eth_getTransactionByBlockHashAndIndex", found["hash"], "0x0")
    await rpc("eth_getBlockReceipts", block)
    await rpc("eth_feeHistory", "0x5", block, [10, 50])


async def _check_traces(rpc: Callable[..., Any], tx_hash: str) -> None:
    everything = {"enableMemory": True, "enableReturnData": True}
    assert "structLogs" in await rpc("debug_traceTransaction", tx_hash, everything)
    frames = [
        await rpc(
            "debug_traceTransaction", tx_hash, {"tracer": "callTracer", "tracerConfig": {"withLog": True}}
        )
    ]
    while frames:
        frame = frames.pop()
        FRAME(frame)
        frames += frame.get("calls", [])


async def _check_state(rpc: Callable[..., Any], account: str, store: str) -> None:
    for method in (
        "eth_accounts", "eth_blobBaseFee", "eth_blockNumber", "eth_chainId", "eth_gasPrice", "eth_maxPriorityFeePerGas",
        "eth_syncing",
    ):  # fmt: skip
        await rpc(method)
    for method in ("eth_getBalance", "eth_getCode", "eth_getTransactionCount"):
        await rpc(method, account, "latest")
        await rpc(method, store, "latest")
    await rpc("eth_getStorageAt", store, "0x3", "latest")
    await rpc("eth_getProof", store, ["0x" + word(3).hex(), "0x" + word(9).hex()], "latest")
    await rpc("eth_getProof", "0x" + "11" * 20, [], "latest")
    call = {"from": account, "to": store, "data": "0x" + (word(3) + word(4)).hex()}
    for method in ("eth_call", "eth_estimateGas", "eth_createAccessList"):
        await rpc(method, call, "latest")


def _listed(heading: str) -> list[str]:
    section = METHODS.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)


def test_the_list_of_methods_is_the_nodes(tmp_path: Path) -> None:
    node = Node(DevnetConfig(tmp_path, genesis_time=GENESIS, sync=False))
    try:
        served = App(node).methods
    finally:
        node.close()
    listed, missing = _listed("Served"), _listed("Not served")
    assert len(listed) == len(set(listed))
    assert set(listed) == served
    assert not set(missing) & served
    assert set(SCHEMAS["results"]) <= served
    mentioned = set(re.findall(r"\b(?:eth|net|web3|evm|txpool|debug|anvil|hardhat)_[a-zA-Z]\w*", README))
    assert mentioned <= served, "the README names no method that is not there"


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("eth_blockNumber", "0x01"),
        ("eth_getBlockByNumber", {"hash": "0x" + "11" * 32}),
        ("eth_getLogs", [{"transactionHash": "0x" + "11" * 32, "data": None}]),
    ],
)
def test_the_schemas_refuse(method: str, answer: object) -> None:
    with pytest.raises(fastjsonschema.JsonSchemaException):
        VALIDATORS[method](answer)
