"""A node over eth-tester: reading, sending, finality, and what happens when answers are not as they should be."""

from __future__ import annotations

from typing import Any

import pytest

from chain_client.bindings.artefact import ledger_artefact
from chain_client.bindings.signer import TxFields
from chain_client.bindings.transactions import transact
from chain_client.domain.ids import Address, Hash32
from chain_client.rpc.errors import (
    BlockUnknown,
    CallReverted,
    LogsTooMany,
    NodeError,
    NonceTooLow,
    ReplacementUnderpriced,
    TransactionDeferred,
    WrongChain,
)
from chain_client.rpc.node import Node
from chain_client.rpc.records import Fees
from tests.support.chain import SmallNetwork, signer
from tests.support.tester import CHAIN_ID, GENESIS_TIME, Refused, TesterProvider


def emitter() -> bytes:
    """Return creation code of a contract that logs a word with itself as topic, or reverts with 0xdeadbeef for 0."""
    runtime = bytes.fromhex(
        "5f358060125763deadbeef5f526004601cfd"  # load the word; jump to 18 unless 0; revert
        "5b805f5260205fa100"  # store it, log it
    )
    return bytes.fromhex(f"60{len(runtime):02x}8060095f395ff3") + runtime


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


@pytest.fixture
async def provider() -> TesterProvider:
    return TesterProvider()


@pytest.fixture
async def node(provider: TesterProvider) -> Node:
    return await Node.over(provider)


@pytest.fixture
async def contract(node: Node) -> Address:
    receipt = await transact(node, signer("deployer"), None, emitter())
    assert receipt.contract is not None
    return receipt.contract


def signed(node: Node, nonce: int, fee: int = 0, to: Address | None = None, data: bytes = b"") -> bytes:
    target = to or Address(bytes(19) + b"\7")
    return signer("a").sign_transaction(TxFields(node.chain_id, nonce, target, data, 100_000, fee, fee))


async def test_what_is_found_on_connecting(node: Node) -> None:
    assert node.chain_id == CHAIN_ID
    assert node.engine.name == "eth-tester"
    assert (node.genesis.number, node.genesis.time) == (0, GENESIS_TIME)


async def test_another_chain_id_is_named_with_the_expected_one(provider: TesterProvider) -> None:
    with pytest.raises(WrongChain, match=rf"chain {CHAIN_ID}, the ledger is on chain 5") as caught:
        await Node.over(provider, expect_chain_id=5)
    assert (caught.value.expected, caught.value.found, caught.value.retry) == (5, CHAIN_ID, False)


async def test_blocks_by_number_and_none_beyond_the_head(node: Node, provider: TesterProvider) -> None:
    provider.advance(100)
    provider.mine()
    head = await node.head()
    assert (head.number, head.time, head.parent_hash) == (1, GENESIS_TIME + 101, node.genesis.hash)
    assert await node.block(1) == head
    assert await node.block(2) is None


async def test_the_next_time_is_the_pending_blocks_and_at_least_the_heads(
    node: Node, provider: TesterProvider
) -> None:
    provider.advance(50)
    assert await node.next_time() == GENESIS_TIME + 51
    by_number = provider.answers["eth_getBlockByNumber"]

    def without_pending(tag: str, full: bool) -> Any:
        return None if tag == "pending" else by_number(tag, full)

    provider.answers["eth_getBlockByNumber"] = without_pending
    assert await node.next_time() == GENESIS_TIME, "no pending block: the head's time"
    provider.answers["eth_getBlockByNumber"] = lambda tag, full: (
        by_number(tag, full) | ({"timestamp": "0x1"} if tag == "pending" else {})
    )
    assert await node.next_time() == GENESIS_TIME, "a pending block before the head"


async def test_final_is_the_head_where_finality_is_instant(node: Node, provider: TesterProvider) -> None:
    provider.mine()
    assert await node.final() == await node.head()


async def test_final_is_what_the_tag_says_elsewhere(provider: TesterProvider) -> None:
    provider.answers["web3_clientVersion"] = lambda: "anvil/v1.7.1"
    by_number = provider.answers["eth_getBlockByNumber"]
    finalized: list[Any] = [None]
    provider.answers["eth_getBlockByNumber"] = lambda tag, full: (
        finalized[0] if tag == "finalized" else by_number(tag, full)
    )
    node = await Node.over(provider)
    provider.mine()
    provider.mine()
    assert await node.final() == node.genesis, "nothing is final yet"
    finalized[0] = by_number("0x1", False)
    assert (await node.final()).number == 1


async def test_a_log_carries_its_place_and_its_blocks_time(node: Node, contract: Address) -> None:
    provider_time = await node.next_time()
    receipt = await transact(node, signer("a"), contract, word(9))
    (log,) = await node.logs(contract, 0, receipt.block_number)
    assert (log.address, log.topics, log.data) == (contract, (word(9),), word(9))
    place = log.position
    assert (place.block_number, place.block_hash) == (receipt.block_number, receipt.block_hash)
    assert (place.tx_hash, place.tx_index, place.log_index) == (receipt.tx_hash, 0, 0)
    assert place.block_time == provider_time == receipt.block_time
    assert receipt.logs == (log,)


async def test_logs_by_topic(node: Node, contract: Address) -> None:
    for number in (5, 6, 5):
        await transact(node, signer("a"), contract, word(number))
    last = (await node.head()).number
    assert len(await node.logs(contract, 0, last, [[word(5)]])) == 2
    assert len(await node.logs(contract, 0, last, [[word(5), word(6)]])) == 3
    assert await node.logs(contract, 0, last, [[word(7)]]) == []


async def test_a_blocks_time_is_asked_once(node: Node, provider: TesterProvider, contract: Address) -> None:
    await transact(node, signer("a"), contract, word(1))
    last = (await node.head()).number
    first = await node.logs(contract, 0, last)
    provider.asked.clear()
    assert await node.logs(contract, 0, last) == first
    assert provider.asked == ["eth_getLogs"]


@pytest.mark.parametrize("hint", [True, False])
async def test_a_range_beyond_the_nodes_limit_is_split(
    node: Node, provider: TesterProvider, contract: Address, hint: bool
) -> None:
    for number in range(1, 8):
        await transact(node, signer("a"), contract, word(number))
    last = (await node.head()).number
    whole = provider.answers["eth_getLogs"]

    def limited(wanted: dict[str, Any]) -> Any:
        first, final = int(wanted["fromBlock"], 16), int(wanted["toBlock"], 16)
        if final - first >= 2:
            fits = f" Try with this block range [{hex(first)}, {hex(first + 1)}]." if hint else ""
            raise Refused(f"query returned more than 3 results.{fits}")
        return whole(wanted)

    provider.answers["eth_getLogs"] = limited
    assert [log.data for log in await node.logs(contract, 0, last)] == [word(n) for n in range(1, 8)]

    def never(wanted: dict[str, Any]) -> Any:
        raise Refused("query returned more than 3 results")

    provider.answers["eth_getLogs"] = never
    with pytest.raises(LogsTooMany):
        await node.logs(contract, 0, last)


async def test_removed_logs_are_left_out(node: Node, provider: TesterProvider, contract: Address) -> None:
    await transact(node, signer("a"), contract, word(1))
    whole = provider.answers["eth_getLogs"]
    provider.answers["eth_getLogs"] = lambda wanted: [log | {"removed": True} for log in whole(wanted)]
    assert await node.logs(contract, 0, (await node.head()).number) == []


async def test_no_receipt_before_it_is_mined(node: Node, provider: TesterProvider) -> None:
    provider.auto_mine = False
    tx_hash = await node.send(signed(node, 0))
    assert await node.receipt(tx_hash) is None
    provider.mine()
    receipt = await node.receipt(tx_hash)
    assert receipt is not None
    assert (receipt.status, receipt.logs, receipt.contract) == (1, (), None)
    assert receipt.block_time == (await node.head()).time, "without logs the header is asked"
    assert receipt.gas_used >= 21_000


async def test_bytes_the_node_has_are_success(node: Node, provider: TesterProvider) -> None:
    provider.auto_mine = False
    raw = signed(node, 0)
    assert await node.send(raw) == await node.send(raw)


async def test_nonces_used_ahead_and_taken(node: Node, provider: TesterProvider) -> None:
    await node.send(signed(node, 0))
    assert await node.nonce(signer("a").address) == 1
    with pytest.raises(NonceTooLow) as caught:
        await node.send(signed(node, 0, data=b"other"))
    assert caught.value.next_nonce == 1
    with pytest.raises(TransactionDeferred):
        await node.send(signed(node, 2))
    provider.auto_mine = False
    await node.send(signed(node, 1))
    with pytest.raises(ReplacementUnderpriced):
        await node.send(signed(node, 1, data=b"other"))


async def test_another_hash_than_was_sent_is_an_error(node: Node, provider: TesterProvider) -> None:
    provider.answers["eth_sendRawTransaction"] = lambda raw: "0x" + "11" * 32
    with pytest.raises(NodeError, match="another hash"):
        await node.send(signed(node, 0))


async def test_a_failed_transaction_has_status_0(node: Node, contract: Address) -> None:
    tx_hash = await node.send(signed(node, 0, to=contract, data=word(0)))
    receipt = await node.receipt(tx_hash)
    assert receipt is not None
    assert (receipt.status, receipt.logs) == (0, ())


async def test_a_call_that_reverts_carries_the_contracts_data(node: Node, contract: Address) -> None:
    assert await node.call(contract, word(1)) == b""
    with pytest.raises(CallReverted) as called:
        await node.call(contract, word(0))
    with pytest.raises(CallReverted) as estimated:
        await node.estimate(signer("a").address, contract, word(0))
    assert called.value.data == estimated.value.data == bytes.fromhex("deadbeef")


async def test_state_at_a_block_and_beyond_the_head(chain: SmallNetwork) -> None:
    node, place = chain.node, chain.ledger.address
    before = chain.ledger.deployment.identity.deploy_block - 1
    assert len(await node.code(place)) > 10_000
    assert await node.code(place, before) == b""
    counts = ledger_artefact().slots["_memberCount"]
    assert await node.storage(place, counts, before) == 0
    assert await node.storage(place, counts) & 0xFFFF == 3, "three members"
    with pytest.raises(BlockUnknown):
        await node.storage(place, counts, 10_000)


async def test_fees_are_zero_where_the_base_fee_is(node: Node) -> None:
    assert await node.fees() == Fees(0, 0)
    costly = await Node.over(TesterProvider(base_fee=7 * 10**8))
    assert await costly.fees() == Fees(2 * 7 * 10**8 + 10**9, 10**9)


async def test_a_malformed_answer_is_the_nodes_error(node: Node, provider: TesterProvider) -> None:
    provider.answers["eth_getLogs"] = lambda wanted: [{"blockHash": "0x1"}]
    with pytest.raises((NodeError, BlockUnknown)):
        await node.logs(Address(bytes(20)), 0, 0)
    provider.answers["eth_getTransactionCount"] = lambda account, tag: 7
    with pytest.raises(NodeError, match="eth_getTransactionCount"):
        await node.nonce(Address(bytes(20)))
    provider.answers["eth_getTransactionReceipt"] = lambda tx_hash: {
        "blockHash": "0x" + "00" * 32,
        "logs": [],
    }
    assert await node.receipt(Hash32(bytes(32))) is None, "its block is gone meanwhile"


async def test_a_method_the_node_has_not_is_said(node: Node) -> None:
    with pytest.raises(NodeError, match="evm_nonsense"):
        await node.request("evm_nonsense", [])
