"""Verification names what a node lies about, as far as hashes can show it; the rest a second node shows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import rlp
from web3.providers.async_base import AsyncBaseProvider

from chain_client.bindings.ledger import Ledger
from chain_client.domain.hashing import keccak256
from chain_client.rpc import proofs
from chain_client.rpc.node import Node
from scripts import rebuild
from scripts.network import open_network
from scripts.output import Output
from scripts.verification.found import Findings
from scripts.verify import verify
from tests.scripts.small_stack import Stack, not_served

Blocks = list[dict[str, Any]]
Lie = Callable[[str, list[Any], Any], Any]
"""Method, parameters, honest result; returns what is answered."""


async def _ask(http: httpx.AsyncClient, method: str, params: list[Any]) -> Any:
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return (await http.post("/", json=request)).json()


class _LyingNode(AsyncBaseProvider):
    """The devnet, with some of its answers changed."""

    def __init__(self, http: httpx.AsyncClient, lie: Lie) -> None:
        super().__init__()
        self._http = http
        self._lie = lie

    async def make_request(self, method: Any, params: Any) -> Any:
        answer = await _ask(self._http, method, list(params))
        if "result" in answer:
            answer["result"] = self._lie(method, list(params), answer["result"])
        return answer


@pytest.fixture(scope="session")
def blocks(stack: Stack) -> Blocks:
    """The chain's blocks, for those who lie about some of them."""

    async def read() -> Blocks:
        found: Blocks = []
        async with httpx.AsyncClient(base_url=stack.url) as http:
            while (
                block := (await _ask(http, "eth_getBlockByNumber", [hex(len(found)), False]))["result"]
            ) is not None:
                found.append(block)
        return found

    return asyncio.run(read())


async def _verify(stack: Stack, path: Path, lie: Lie, second: str | None = None) -> Findings:
    """Verify with a node that lies, and that the index was made from."""
    async with open_network(stack.copy(path)) as honest, httpx.AsyncClient(base_url=stack.url) as http:
        node = await Node.over(_LyingNode(http, lie))
        net = replace(honest, node=node, ledger=await Ledger.attach(node, honest.ledger.deployment))
        await rebuild.run(net, Output(json=True))
        other = None if second is None else await Node.connect(second)
        try:
            return await verify(net, Output(json=True), second=other, patience=0, api_transport=not_served())
        finally:
            if other is not None:
                await other.close()


def _without_newest_log(blocks: Blocks) -> Lie:
    newest = blocks[-1]["number"]

    def lie(method: str, _params: list[Any], result: Any) -> Any:
        return [log for log in result if log["blockNumber"] != newest] if method == "eth_getLogs" else result

    return lie


def _without_newest_log_in_receipts(blocks: Blocks) -> Lie:
    hidden = _without_newest_log(blocks)

    def lie(method: str, params: list[Any], result: Any) -> Any:
        if method == "eth_getBlockReceipts" and params[0] == blocks[-1]["number"]:
            return [{**receipt, "logs": []} for receipt in result]
        return hidden(method, params, result)

    return lie


def _other_values(_blocks: Blocks) -> Lie:
    def lie(method: str, _params: list[Any], result: Any) -> Any:
        if method != "eth_getProof":
            return result
        return {**result, "storageProof": [{**one, "value": "0x1"} for one in result["storageProof"]]}

    return lie


def _cut_proofs(_blocks: Blocks) -> Lie:
    def lie(method: str, _params: list[Any], result: Any) -> Any:
        if method != "eth_getProof":
            return result
        return {
            **result,
            "storageProof": [{**one, "proof": one["proof"][:1]} for one in result["storageProof"]],
        }

    return lie


def _altered(blocks: Blocks, number: int, **fields: str) -> Lie:
    def lie(method: str, params: list[Any], result: Any) -> Any:
        asked = method == "eth_getBlockByNumber" and result and result["number"] == blocks[number]["number"]
        return {**result, **fields} if asked else result

    return lie


def _other_state_root(blocks: Blocks) -> Lie:
    return _altered(blocks, -1, stateRoot=f"0x{1:064x}")


def _other_block_in_between(blocks: Blocks) -> Lie:
    """A block that is sound by itself, and that the next one does not name."""
    forged = blocks[-3] | {"extraData": "0x01"}
    fields = [proofs._field(forged[name], form) for name, form in proofs._fields(forged)]
    return _altered(blocks, -3, extraData="0x01", hash="0x" + keccak256(rlp.encode(fields)).hex())


def _ends_early(blocks: Blocks) -> Lie:
    newest = int(blocks[-1]["number"], 16)

    def lie(method: str, params: list[Any], result: Any) -> Any:
        if method != "eth_getBlockByNumber" or not result or int(result["number"], 16) < newest:
            return result
        return blocks[-2] if params[0] in ("latest", "pending", "finalized") else None

    return lie


@pytest.mark.parametrize(
    ("made", "what"),
    [
        (_without_newest_log, "log 0 of block {newest} in the node's answer to eth_getLogs"),
        (_without_newest_log_in_receipts, "receipts root of block {newest}"),
        (_other_values, "value of slot 0x"),
        (_cut_proofs, "proof of slot 0x"),
        (_other_state_root, "hash of the header of block {newest}"),
        (_other_block_in_between, "parent hash of block {before}"),
    ],
)
async def test_a_lie_is_named(
    stack: Stack, blocks: Blocks, tmp_path: Path, made: Callable[[Blocks], Lie], what: str
) -> None:
    difference = (await _verify(stack, tmp_path / "copy", made(blocks))).difference
    newest = int(blocks[-1]["number"], 16)
    assert difference is not None
    assert difference.where == "node"
    assert difference.what.startswith(what.format(newest=newest, before=newest - 1))


async def test_a_record_that_ends_early_is_shown_by_a_second_node(
    stack: Stack, blocks: Blocks, tmp_path: Path
) -> None:
    lie, newest = _ends_early(blocks), int(blocks[-1]["number"], 16)
    alone = await _verify(stack, tmp_path / "alone", lie)
    assert any("end the record at an earlier block" in text for text in alone.trusted)
    difference = (await _verify(stack, tmp_path / "two", lie, stack.url)).difference
    assert difference is not None
    assert (difference.where, difference.what) == (
        "second node",
        f"block {newest}, by this node and by {stack.url}",
    )
    assert (difference.expected, difference.found) == ("nothing", blocks[-1]["hash"])


async def test_two_nodes_that_agree_are_compared(stack: Stack, tmp_path: Path) -> None:
    findings = await _verify(stack, tmp_path / "copy", lambda _method, _params, result: result, stack.url)
    assert findings.difference is None
    assert findings.compared["blocks compared with the second node"] == 1
    assert findings.trusted[0].startswith("The two nodes together could ")
