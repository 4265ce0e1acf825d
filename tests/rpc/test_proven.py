"""A node's headers, logs and storage are held to hashes: what is honest passes on every engine here, lies do not."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
import rlp
from doorstep_devnet.testing import running_devnet

from chain_client.bindings import admin, slots
from chain_client.bindings.ledger import Ledger
from chain_client.domain.hashing import keccak256
from chain_client.domain.ids import Address, DriverNumber
from chain_client.rpc import proofs
from chain_client.rpc.errors import NodeError
from chain_client.rpc.node import Node
from chain_client.rpc.proofs import ProofFailed
from chain_client.rpc.proven import ProvenNode
from tests.support.chain import SmallNetwork, signer
from tests.support.tester import Refused


async def _hold_everything(node: Node, address: Address, wanted: list[int]) -> None:
    """Hold every block's logs to what `eth_getLogs` says, and the slots to what `eth_getStorageAt` says."""
    proven, head = ProvenNode(node), await node.head()
    for number in range(head.number + 1):
        header = await proven.header(number)
        assert header is not None
        assert header.block == await node.block(number)
        assert await proven.logs(address, header) == await node.logs(address, number, number)
    assert await proven.header(head.number + 1) is None
    account, values = await proven.storage(address, wanted, header)
    assert values == [await node.storage(address, slot) for slot in wanted]
    assert account.code_hash == keccak256(await node.code(address))


async def test_what_is_honest_passes(chain: SmallNetwork) -> None:
    wanted = [slots.driver_slot(chain.drivers[0]), slots.driver_slot(DriverNumber(999)), 0]
    await _hold_everything(chain.node, chain.ledger.address, wanted)


async def test_the_devnet_passes() -> None:
    async with running_devnet(genesis_time=1_772_323_200) as devnet:
        node = await Node.connect(devnet.url)
        deployment = await admin.deploy(node, signer("admin"))
        ledger = await Ledger.attach(node, deployment)
        await _hold_everything(node, ledger.address, [slots.driver_slot(DriverNumber(1)), 0])
        await node.close()


async def test_a_node_without_block_receipts_is_asked_for_each(chain: SmallNetwork) -> None:
    def unknown(_: str) -> Any:
        raise Refused("the method eth_getBlockReceipts does not exist", -32601)

    chain.provider.answers["eth_getBlockReceipts"] = unknown
    await _hold_everything(chain.node, chain.ledger.address, [0])
    assert "eth_getTransactionReceipt" in chain.provider.asked


async def test_no_receipts_are_asked_for_where_the_bloom_has_none(chain: SmallNetwork) -> None:
    header = await ProvenNode(chain.node).header(0)
    assert header is not None
    assert not header.may_hold_logs_of(chain.ledger.address)
    assert await ProvenNode(chain.node).logs(chain.ledger.address, header) == []
    assert "eth_getBlockReceipts" not in chain.provider.asked


@pytest.mark.parametrize(
    "field", ["stateRoot", "receiptsRoot", "logsBloom", "timestamp", "gasUsed", "withdrawalsRoot"]
)
async def test_no_field_of_a_header_can_be_altered(chain: SmallNetwork, field: str) -> None:
    raw = await chain.node.request("eth_getBlockByNumber", ["0x2", False])
    digit = "1" if raw[field][-1] == "0" else "0"
    with pytest.raises(ProofFailed, match="hash of the header of block 2"):
        proofs.parse_header({**raw, field: raw[field][:-1] + digit}, hashed=True)
    with pytest.raises(ProofFailed, match="hash of the header of block 2"):
        proofs.parse_header(
            {name: value for name, value in raw.items() if name != "requestsHash"}, hashed=True
        )


@pytest.mark.parametrize("part", ["data", "topics", "address", "dropped", "status"])
async def test_no_log_can_be_altered(chain: SmallNetwork, part: str) -> None:
    head = await chain.node.head()
    honest = chain.provider.answers["eth_getBlockReceipts"]

    def altered(tag: str) -> Any:
        (receipt,) = deepcopy(honest(tag))
        log = receipt["logs"][0]
        if part == "data":
            log["data"] = log["data"][:-2] + ("00" if log["data"][-2:] != "00" else "01")
        elif part == "topics":
            log["topics"].pop()
        elif part == "address":
            log["address"] = "0x" + "11" * 20
        elif part == "dropped":
            receipt["logs"] = []
        else:
            receipt["status"] = "0x0"
        return [receipt]

    chain.provider.answers["eth_getBlockReceipts"] = altered
    proven = ProvenNode(chain.node)
    header = await proven.header(head.number)
    assert header is not None
    with pytest.raises(ProofFailed, match=f"receipts root of block {head.number}"):
        await proven.logs(chain.ledger.address, header)


async def _storage(chain: SmallNetwork, alter: Any) -> None:
    honest = chain.provider.answers["eth_getProof"]

    def altered(*parameters: Any) -> Any:
        answer = deepcopy(honest(*parameters))
        alter(answer)
        return answer

    chain.provider.answers["eth_getProof"] = altered
    proven = ProvenNode(chain.node)
    header = await proven.header((await chain.node.head()).number)
    assert header is not None
    await proven.storage(chain.ledger.address, [slots.driver_slot(chain.drivers[0])], header)


def _other_value(answer: Any) -> None:
    answer["storageProof"][0]["value"] = "0x1"


def _absent_by_an_empty_proof(answer: Any) -> None:
    answer["storageProof"][0] |= {"value": "0x0", "proof": []}


def _another_leaf(answer: Any) -> None:
    """A leaf of another value, which its parent does not name."""
    proof = answer["storageProof"][0]["proof"]
    path, _ = rlp.decode(bytes.fromhex(proof[-1][2:]))
    proof[-1] = "0x" + rlp.encode([path, rlp.encode(b"\x01")]).hex()


def _no_account(answer: Any) -> None:
    answer["accountProof"] = []


@pytest.mark.parametrize("alter", [_other_value, _absent_by_an_empty_proof, _another_leaf, _no_account])
async def test_no_slot_can_be_altered(chain: SmallNetwork, alter: Any) -> None:
    with pytest.raises(ProofFailed):
        await _storage(chain, alter)


@pytest.mark.parametrize(
    "nonsense", [None, {}, {"accountProof": "0x"}, {"accountProof": [], "storageProof": 1}]
)
async def test_nonsense_is_the_nodes_error(chain: SmallNetwork, nonsense: Any) -> None:
    chain.provider.answers["eth_getProof"] = lambda *_: nonsense
    proven = ProvenNode(chain.node)
    header = await proven.header((await chain.node.head()).number)
    assert header is not None
    with pytest.raises((NodeError, ProofFailed)):
        await proven.storage(chain.ledger.address, [0], header)


async def test_a_root_that_is_made_up_proves_nothing() -> None:
    """A root may be the hash of anything: of a node that is none, too."""
    for node in (b"", b"\x80", b"\xc1\x80", rlp.encode([b"\x01", b"\x02", b"\x03"]), b"\xff" * 40):
        with pytest.raises(ProofFailed):
            proofs._value(keccak256(node), keccak256(b"key"), {keccak256(node): node}, "it") or _fail()


def _fail() -> None:
    raise ProofFailed("nothing", b"", b"")
