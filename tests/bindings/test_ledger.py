"""Attaching to a ledger and reading it: slots against views, refusals of what is no ledger."""

from __future__ import annotations

from dataclasses import replace

import pytest
from eth_abi.abi import decode

from chain_client.bindings import admin
from chain_client.bindings.artefact import ledger_artefact
from chain_client.bindings.calls import encode_batch
from chain_client.bindings.deployment import Deployment
from chain_client.bindings.errors import ContractError, LedgerGone, NoCode, WrongCode
from chain_client.bindings.ledger import Ledger
from chain_client.domain.digests import next_head, struct_hash
from chain_client.domain.errors import InvalidInput
from chain_client.domain.ids import (
    ZERO_HASH,
    Address,
    DeliveryId,
    DriverNumber,
    Hash32,
    MemberNumber,
    delivery_id,
)
from chain_client.domain.records import Kind, Opening, Report, Role
from chain_client.rpc.errors import WrongChain
from chain_client.rpc.node import Node
from tests.support.chain import DRIVER_COUNT, SmallNetwork, signer
from tests.support.tester import TesterProvider


async def view(chain: SmallNetwork, function: str, *values: object) -> tuple[object, ...]:
    artefact = ledger_artefact()
    answer = await chain.node.call(chain.ledger.address, artefact.calldata(function, *values))
    return tuple(decode(artefact.functions[function].output_types, answer))


async def delivered_twice(chain: SmallNetwork) -> tuple[Opening, list[Report], list[int], list[int]]:
    """Open one delivery, name one driver, then another; return what was sent and the blocks' numbers and times."""
    ours = delivery_id(chain.shipper.number, bytes(32), "waybill")
    opening = Opening(
        ours, signer("r").address, chain.carrier.number, chain.provider.time + 9_000, Hash32(b"\1" * 32)
    )
    receipts = [await chain.send(chain.shipper.writer, Kind.OPENING, [opening])]
    reports = []
    for driver in chain.drivers[:2]:
        reports.append(Report(ours, driver, 1, chain.provider.time - 60, ZERO_HASH))
        receipts.append(await chain.send(chain.carrier.writer, Kind.REPORT, reports[-1:]))
    return opening, reports, [r.block_number for r in receipts], [r.block_time for r in receipts]


async def test_words_and_heads_stand_where_the_slots_say(chain: SmallNetwork) -> None:
    opening, reports, numbers, times = await delivered_twice(chain)
    ours, first, second = opening.delivery_id, chain.drivers[0], chain.drivers[1]
    word = await chain.ledger.delivery(ours)
    assert word is not None
    ((key, driver, promised_by, carrier, state, revision),) = await view(chain, "delivery", ours)  # type: ignore[misc]
    assert (bytes.fromhex(key[2:]), driver, promised_by) == (
        word.recipient_key,
        word.driver,
        word.promised_by,
    )
    assert (carrier, state, revision) == (word.carrier, word.state, word.revision)

    at_opening = await chain.ledger.delivery(ours, numbers[0])
    assert at_opening is not None
    assert at_opening.driver == 0, "the word as it was"
    carrier_head = next_head(
        ZERO_HASH, struct_hash(opening), at_opening.pack(), chain.shipper.writer.address, numbers[0], times[0]
    )
    assert await chain.ledger.carrier_head(chain.carrier.number) == carrier_head
    assert await view(chain, "carrierHead", chain.carrier.number) == (carrier_head,)
    driver_head = next_head(
        ZERO_HASH, struct_hash(reports[1]), word.pack(), chain.carrier.writer.address, numbers[2], times[2]
    )
    assert await chain.ledger.driver_head(second) == driver_head
    assert await view(chain, "driverHead", second) == (driver_head,)

    assert await chain.ledger.was_driver(ours, first)
    assert not await chain.ledger.was_driver(ours, second)
    assert await view(chain, "wasDriver", ours, first) == (True,)


async def test_drivers_and_members(chain: SmallNetwork) -> None:
    word = await chain.ledger.driver(chain.drivers[0])
    assert word is not None
    assert (word.carrier, word.nonce, word.key) == (chain.carrier.number, 0, bytes(20))
    assert await view(chain, "driver", chain.drivers[0]) == ("0x" + "00" * 20, chain.carrier.number, 0)
    assert await chain.ledger.driver(DriverNumber(DRIVER_COUNT + 1)) is None
    member = await chain.ledger.member(chain.shipper.number)
    assert member is not None
    assert (member.name, member.roles) == ("the shipper", Role.SHIPPER)
    assert member.owner == chain.shipper.owner.address
    assert await chain.ledger.member_of_owner(chain.shipper.owner.address) == chain.shipper.number
    assert await chain.ledger.member_of_owner(chain.relay.address) is None
    assert await chain.ledger.member(MemberNumber(99)) is None
    assert await chain.ledger.member_of(chain.shipper.writer.address) == chain.shipper.number
    assert await chain.ledger.member_of(chain.relay.address) is None


async def test_what_was_never_written_is_none_or_zero(chain: SmallNetwork) -> None:
    assert await chain.ledger.delivery(DeliveryId(bytes(32))) is None
    assert await chain.ledger.carrier_head(MemberNumber(9)) == ZERO_HASH
    assert await chain.ledger.driver_head(DriverNumber(9)) == ZERO_HASH


async def test_a_batch_is_estimated_or_refused_in_words(chain: SmallNetwork) -> None:
    opening = Opening(
        delivery_id(chain.shipper.number, bytes(32), "w"),
        signer("r").address,
        chain.carrier.number,
        chain.provider.time + 9_000,
        ZERO_HASH,
    )
    calldata = encode_batch(Kind.OPENING, [opening])
    gas = await chain.ledger.estimate_batch(chain.shipper.writer.address, calldata)
    receipt = await chain.send(chain.shipper.writer, Kind.OPENING, [opening])
    assert receipt.gas_used <= gas
    with pytest.raises(ContractError) as caught:
        await chain.ledger.estimate_batch(chain.relay.address, calldata)
    assert (caught.value.name, caught.value.arguments) == (
        "NotAWriter",
        {"caller": "0x" + chain.relay.address.hex()},
    )
    with pytest.raises(ContractError) as caught:
        await chain.ledger.estimate_batch(chain.carrier.writer.address, calldata)
    assert caught.value.name == "MissingRole"


async def test_attaching_to_another_chain_is_refused(chain: SmallNetwork) -> None:
    deployment = chain.ledger.deployment
    identity = deployment.identity
    elsewhere = replace(deployment, identity=replace(identity, chain_id=5))
    with pytest.raises(WrongChain, match="chain 5"):
        await Ledger.attach(chain.node, elsewhere)
    other_genesis = replace(deployment, identity=replace(identity, genesis_hash=Hash32(b"\1" * 32)))
    with pytest.raises(LedgerGone, match="the genesis block is 0x"):
        await Ledger.attach(chain.node, other_genesis)
    other_block = replace(deployment, identity=replace(identity, deploy_block_hash=Hash32(b"\1" * 32)))
    with pytest.raises(LedgerGone, match=f"block {identity.deploy_block} is 0x"):
        await Ledger.attach(chain.node, other_block)


async def test_a_chain_deleted_and_started_again_is_refused(chain: SmallNetwork) -> None:
    same_genesis = await Node.over(TesterProvider())
    assert same_genesis.genesis == chain.node.genesis, "only the deployment's block tells them apart"
    with pytest.raises(LedgerGone, match=r"does not exist.*fresh data directory"):
        await Ledger.attach(same_genesis, chain.ledger.deployment)


async def test_an_address_with_no_code_or_other_code_is_refused(chain: SmallNetwork) -> None:
    deployment = chain.ledger.deployment
    for place, expected in ((Address(b"\3" * 20), NoCode), (deployment.authority, WrongCode)):
        with pytest.raises(expected, match="give the address"):
            await Ledger.attach(
                chain.node, replace(deployment, identity=replace(deployment.identity, address=place))
            )


async def test_two_deployments_share_the_code_and_not_the_identity(chain: SmallNetwork) -> None:
    other = await admin.deploy(chain.node, signer("someone"))
    attached = await Ledger.attach(chain.node, other)
    assert attached.address != chain.ledger.address
    assert await chain.node.code(attached.address) != await chain.node.code(chain.ledger.address), (
        "immutables differ"
    )


async def test_a_deployment_is_written_and_read_again(chain: SmallNetwork) -> None:
    deployment = chain.ledger.deployment
    document = deployment.to_json()
    assert Deployment.from_json(document) == deployment
    for field in document:
        for wrong in (None, "0x12", -1, True):
            with pytest.raises(InvalidInput, match=field):
                Deployment.from_json(document | {field: wrong})
