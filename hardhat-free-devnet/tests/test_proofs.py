"""eth_getProof, verified with a trie library against the block's state root alone."""

from __future__ import annotations

from typing import Any

import pytest
import rlp
from doorstep_devnet.testing import RpcClient, RpcFailed
from eth_utils import keccak
from probes import STORE, Sender, word
from trie import HexaryTrie
from trie.constants import BLANK_NODE_HASH


def _prove(root: bytes, key: bytes, nodes: list[str]) -> bytes:
    """What the nodes prove to stand at keccak(key) under `root`; raises when they prove nothing."""
    if not nodes:
        assert root == BLANK_NODE_HASH
        return b""
    decoded = [rlp.decode(bytes.fromhex(node[2:])) for node in nodes]
    value: bytes = HexaryTrie.get_from_proof(root, keccak(key), decoded)
    return value


async def _check(client: RpcClient, proof: dict[str, Any], block: str, storage: dict[int, int]) -> None:
    root = bytes.fromhex((await client.rpc("eth_getBlockByNumber", block, False))["stateRoot"][2:])
    address = bytes.fromhex(proof["address"][2:])
    account = _prove(root, address, proof["accountProof"])
    storage_root = bytes.fromhex(proof["storageHash"][2:])
    if account:
        nonce, balance, stored_root, code_hash = rlp.decode(account)
        assert int.from_bytes(nonce, "big") == int(proof["nonce"], 16)
        assert int.from_bytes(balance, "big") == int(proof["balance"], 16)
        assert (stored_root, code_hash.hex()) == (storage_root, proof["codeHash"][2:])
    assert {int(entry["key"], 16): int(entry["value"], 16) for entry in proof["storageProof"]} == storage
    for entry in proof["storageProof"]:
        value = _prove(storage_root, word(int(entry["key"], 16)), entry["proof"])
        proven = int.from_bytes(rlp.decode(value), "big") if value else 0
        assert proven == int(entry["value"], 16)


async def test_account_and_storage_proofs_hold_at_every_block(sender: Sender) -> None:
    client = sender.client
    store = await sender.deploy(STORE)
    values: dict[int, int] = {}
    for slot in range(40):
        await sender.mined(to=store, data=word(slot) + word(slot * slot + 1))
        values[slot] = slot * slot + 1
        if slot in (0, 1, 2, 17, 39):
            asked = {key: values.get(key, 0) for key in (0, slot, 1000, 2**255)}
            proof = await client.rpc("eth_getProof", store, [hex(key) for key in asked], "latest")
            await _check(client, proof, "latest", asked)
    early = await client.rpc("eth_getProof", store, ["0x0", "0x" + "00" * 31 + "01"], "0x2")
    await _check(client, early, "0x2", {0: 1, 1: 0})


async def test_absent_accounts_are_proven_absent(sender: Sender) -> None:
    client = sender.client
    for _ in range(2):
        proof = await client.rpc("eth_getProof", "0x" + "77" * 20, ["0x0"], "latest")
        assert (proof["nonce"], proof["balance"]) == ("0x0", "0x0")
        await _check(client, proof, "latest", {0: 0})
        await sender.mined(to="0x" + "22" * 20)
    own = await client.rpc("eth_getProof", sender.address, [], "latest")
    assert own["nonce"] == "0x2"
    await _check(client, own, "latest", {})


async def test_too_many_keys_are_refused(devnet: RpcClient) -> None:
    with pytest.raises(RpcFailed) as failed:
        await devnet.rpc("eth_getProof", "0x" + "77" * 20, ["0x0"] * 1025, "latest")
    assert failed.value.code == -32005
