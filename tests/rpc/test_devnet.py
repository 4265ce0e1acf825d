"""The same node, against the project's devnet over HTTP: what the other rooms rely on."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from doorstep_devnet.testing import running_devnet

from chain_client.bindings import admin
from chain_client.bindings.errors import LedgerGone
from chain_client.bindings.ledger import Ledger
from chain_client.bindings.signer import TxFields
from chain_client.bindings.transactions import wait_for_receipt
from chain_client.domain.ids import Address
from chain_client.domain.records import Role
from chain_client.rpc.errors import (
    BlockUnknown,
    CallReverted,
    GasLimitExceeded,
    InsufficientFunds,
    NonceTooLow,
    SenderNotAllowed,
    TransactionRefused,
    WrongChain,
)
from chain_client.rpc.node import Node
from chain_client.rpc.records import Fees
from tests.support.chain import enroll, signer

GENESIS = 1_772_323_200


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    async with running_devnet(genesis_time=GENESIS) as devnet:
        made = await Node.connect(devnet.url, expect_chain_id=20_260)
        yield made
        await made.close()


def signed(
    node: Node, nonce: int, *, gas: int = 50_000, fee: int = 0, chain_id: int = 0, data: bytes = b""
) -> bytes:
    fields = TxFields(chain_id or node.chain_id, nonce, Address(bytes(19) + b"\7"), data, gas, fee, fee)
    return signer("a").sign_transaction(fields)


async def test_a_ledger_is_deployed_read_and_proven_by_its_slots(node: Node) -> None:
    assert (node.engine.name, node.engine.instant_finality) == ("devnet", True)
    assert node.genesis.time == GENESIS
    assert await node.fees() == Fees(0, 0)
    ledger = await Ledger.attach(node, await admin.deploy(node, signer("admin")))
    number = (await enroll(ledger, signer("admin"), "w", Role.SHIPPER | Role.CARRIER)).number
    first = await admin.register_drivers(ledger, signer("w"), 3)
    word = await ledger.driver(first)
    assert word is not None
    assert word.carrier == number
    head = await node.head()
    events = await ledger.events(0, head.number)
    assert [type(event.event).__name__ for event in events] == [
        "MemberRegistered",
        "WriterOffered",
        "WriterAllowed",
        "DriversRegistered",
    ]
    assert events[-1].position.block_time == head.time, "the log says its block's time"
    assert await node.final() == head


async def test_the_clock_is_driven_and_next_time_follows(node: Node) -> None:
    await node.request("evm_setTime", [GENESIS + 5_000])
    assert await node.next_time() == GENESIS + 5_000
    raw = signed(node, 0)
    receipt = await wait_for_receipt(node, await node.send(raw), raw)
    assert receipt.block_time == GENESIS + 5_000


async def test_refusals_are_typed(node: Node) -> None:
    raw = signed(node, 0)
    await wait_for_receipt(node, await node.send(raw), raw)
    assert await node.send(raw), "bytes it has are success"
    with pytest.raises(NonceTooLow) as caught:
        await node.send(signed(node, 0, data=b"other"))
    assert caught.value.next_nonce == 1
    with pytest.raises(GasLimitExceeded):
        await node.send(signed(node, 1, gas=100_000_000))
    with pytest.raises(InsufficientFunds):
        await node.send(signed(node, 1, fee=1))
    with pytest.raises(TransactionRefused, match="chain id"):
        await node.send(signed(node, 1, chain_id=5))
    with pytest.raises(TransactionRefused, match="intrinsic gas"):
        await node.send(signed(node, 1, gas=20_000))
    with pytest.raises(BlockUnknown):
        await node.storage(Address(bytes(20)), 0, 10_000)
    with pytest.raises(CallReverted) as reverted:
        await node.estimate(signer("a").address, None, bytes.fromhex("5f5ffd"))
    assert reverted.value.data == b""


async def test_a_stranger_is_not_allowed_to_send() -> None:
    async with running_devnet(genesis_time=GENESIS, allow=("0x" + signer("admin").address.hex(),)) as devnet:
        node = await Node.connect(devnet.url)
        with pytest.raises(SenderNotAllowed):
            await node.send(signed(node, 0))
        await node.close()


async def test_a_devnet_deleted_and_started_again_is_another_chain(node: Node) -> None:
    deployment = await admin.deploy(node, signer("admin"))
    async with running_devnet(genesis_time=GENESIS + 1) as devnet:
        again = await Node.connect(devnet.url)
        with pytest.raises(LedgerGone, match="genesis"):
            await Ledger.attach(again, deployment)
        await again.close()
        with pytest.raises(WrongChain):
            await Node.connect(devnet.url, expect_chain_id=1)
