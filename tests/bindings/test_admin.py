"""Administration: what each call does, and the contract's refusals in words."""

from __future__ import annotations

import pytest

from chain_client.bindings import admin
from chain_client.bindings.administration import Scheduled
from chain_client.bindings.artefact import ledger_artefact
from chain_client.bindings.errors import ContractError, NotMined
from chain_client.bindings.ledger import Ledger
from chain_client.bindings.signer import TxFields
from chain_client.bindings.transactions import transact, wait_for_receipt
from chain_client.bindings.unique_creation import create_at_random_address
from chain_client.domain.errors import InvalidInput
from chain_client.domain.ids import ZERO_HASH, Address, MemberNumber
from chain_client.domain.records import Kind, Note, Role
from chain_client.rpc.node import Node
from tests.support.chain import SmallNetwork, signer
from tests.support.tester import Refused, TesterProvider


async def test_a_deployment_names_the_ledgers_own_block(chain: SmallNetwork) -> None:
    deployment = await admin.deploy(chain.node, signer("other admin"))
    identity = deployment.identity
    block = await chain.node.block(identity.deploy_block)
    assert block is not None
    assert block.hash == identity.deploy_block_hash
    assert await chain.node.code(identity.address, identity.deploy_block)
    assert not await chain.node.code(identity.address, identity.deploy_block - 1)
    assert identity.genesis_hash == chain.node.genesis.hash


async def test_a_network_made_again_with_the_same_keys_has_other_addresses(chain: SmallNetwork) -> None:
    again = TesterProvider()
    node = await Node.over(again)
    first, second = [(await admin.deploy(node, signer("admin"))).identity.address for _ in range(2)]
    assert len({first, second, chain.ledger.address}) == 3


async def test_a_constructor_that_reverts_is_said(chain: SmallNetwork) -> None:
    without_code = ledger_artefact().creation(["address"], signer("nobody").address)
    with pytest.raises(ContractError, match="constructor"):
        await create_at_random_address(chain.node, chain.admin, without_code)


async def test_numbers_follow_one_another(chain: SmallNetwork) -> None:
    roles = Role.SHIPPER | Role.CARRIER
    first = await admin.register_member(
        chain.ledger, chain.admin, "Ümlaut & Söhne", roles, signer("a").address
    )
    second = await admin.register_member(chain.ledger, chain.admin, "b", Role(0), signer("b").address)
    assert second == first + 1
    member = await chain.ledger.member(first)
    assert member is not None
    assert (member.name, member.roles, member.owner) == ("Ümlaut & Söhne", 3, signer("a").address)
    drivers = await admin.register_drivers(chain.ledger, chain.carrier.writer, 3)
    assert drivers == chain.drivers[-1] + 1
    assert await chain.ledger.driver(drivers) is not None


async def test_roles_and_writers_change(chain: SmallNetwork) -> None:
    ledger, number, second = chain.ledger, chain.shipper.number, signer("second")
    assert (await admin.set_roles(ledger, chain.admin, number, 0)).roles == 0
    offered = await admin.allow_writer(ledger, chain.shipper.owner, second.address)
    assert (offered.member, offered.writer, offered.owner) == (
        number,
        second.address,
        chain.shipper.owner.address,
    )
    assert await ledger.member_of(second.address) is None, "it has yet to accept"
    assert await ledger.writer_offered(number, second.address)
    await admin.accept_writer(ledger, second, number)
    assert await ledger.member_of(second.address) == number
    removed = await admin.remove_writer(ledger, chain.shipper.owner, second.address)
    assert (removed.member, removed.writer, removed.by) == (
        number,
        second.address,
        chain.shipper.owner.address,
    )
    assert await ledger.member_of(second.address) is None


async def test_an_administrator_with_a_delay_schedules_first(chain: SmallNetwork) -> None:
    boss, delay = signer("slow admin"), 86_400
    deployment = await admin.deploy(chain.node, boss, admin_delay=delay)
    ledger = await Ledger.attach(chain.node, deployment)
    before = chain.provider.time

    async def register() -> MemberNumber:
        return await admin.register_member(ledger, boss, "m", Role.SHIPPER, signer("o").address)

    for _ in range(2):
        with pytest.raises(Scheduled, match="run the same command again") as caught:
            await register()
        assert before + delay <= caught.value.ready_at <= chain.provider.time + delay
        assert await ledger.member(MemberNumber(1)) is None
    chain.provider.advance(delay)
    assert await register() == 1
    with pytest.raises(Scheduled):
        await admin.grant_role(ledger, boss, admin.NOTER, boss.address)


async def test_nobody_notes_before_the_role_is_granted(chain: SmallNetwork) -> None:
    note = Note(ZERO_HASH, chain.drivers[0], chain.carrier.number, 1, ZERO_HASH)  # type: ignore[arg-type]
    with pytest.raises(ContractError, match="AccessManagedUnauthorized"):
        await chain.send(chain.admin, Kind.NOTE, [note])
    await admin.grant_role(chain.ledger, chain.admin, admin.NOTER, chain.admin.address)
    assert len((await chain.send(chain.admin, Kind.NOTE, [note])).logs) == 1


@pytest.mark.parametrize(
    ("attempt", "name"),
    [
        (lambda c: admin.register_member(c.ledger, c.admin, "x", 5, signer("x").address), "BadRoles"),
        (lambda c: admin.register_member(c.ledger, c.admin, "x", 1, Address(bytes(20))), "ZeroOwner"),
        (lambda c: admin.register_member(c.ledger, c.admin, "x", 1, c.carrier.owner.address), "OwnerTaken"),
        (lambda c: admin.allow_writer(c.ledger, c.admin, signer("x").address), "NotAnOwner"),
        (lambda c: admin.accept_writer(c.ledger, signer("x"), c.carrier.number), "NotOfferedToWrite"),
        (lambda c: admin.accept_owner(c.ledger, signer("x"), c.carrier.number), "NotOffered"),
        (lambda c: admin.veto_recovery(c.ledger, c.admin, c.carrier.number), "NotTheOwner"),
        (lambda c: admin.veto_recovery(c.ledger, c.carrier.owner, c.carrier.number), "NoRecovery"),
        (lambda c: admin.remove_writer(c.ledger, c.admin, c.carrier.writer.address), "NotYourWriter"),
        (lambda c: admin.set_roles(c.ledger, c.admin, MemberNumber(99), 1), "UnknownMember"),
        (
            lambda c: admin.allow_writer(c.ledger, c.shipper.owner, c.carrier.writer.address),
            "WriterTaken",
        ),
        (lambda c: admin.remove_writer(c.ledger, c.admin, c.relay.address), "UnknownWriter"),
        (lambda c: admin.register_drivers(c.ledger, c.carrier.writer, 0), "ZeroDrivers"),
        (lambda c: admin.register_drivers(c.ledger, c.relay, 1), "NotAWriter"),
        (lambda c: admin.register_drivers(c.ledger, c.shipper.writer, 1), "MissingRole"),
        (
            lambda c: admin.register_member(c.ledger, c.relay, "x", 1, c.relay.address),
            "AccessManagedUnauthorized",
        ),
        (
            lambda c: admin.grant_role(c.ledger, c.relay, admin.NOTER, c.relay.address),
            "AccessManagerUnauthorizedAccount",
        ),
    ],
)
async def test_refusals_come_in_the_contracts_words_and_change_nothing(
    chain: SmallNetwork, attempt: object, name: str
) -> None:
    before = await chain.node.head()
    with pytest.raises(ContractError) as caught:
        await attempt(chain)  # type: ignore[operator]
    assert caught.value.name == name
    assert await chain.node.head() == before, "nothing was sent"


async def test_what_is_not_mined_in_time_is_said_and_may_still_be(chain: SmallNetwork) -> None:
    chain.provider.auto_mine = False
    with pytest.raises(NotMined) as caught:
        await transact(chain.node, chain.relay, chain.relay.address, b"", deadline=0.05)
    chain.provider.mine()
    assert await chain.node.receipt(caught.value.tx_hash) is not None


async def test_a_failure_after_the_estimate_is_explained(chain: SmallNetwork) -> None:
    chain.provider.answers["eth_estimateGas"] = lambda call: hex(200_000)
    with pytest.raises(ContractError) as caught:
        await admin.register_drivers(chain.ledger, chain.shipper.writer, 1)
    assert caught.value.name == "MissingRole"


async def test_a_failure_that_cannot_be_explained_names_the_transaction(chain: SmallNetwork) -> None:
    chain.provider.answers["eth_estimateGas"] = lambda call: hex(22_000)
    with pytest.raises(ContractError, match=r"Unknown: transaction 0x.*gas_used 27500"):
        await admin.register_drivers(chain.ledger, chain.carrier.writer, 1)


async def test_a_node_that_is_away_meanwhile_is_waited_for(chain: SmallNetwork) -> None:
    answer, silence = chain.provider.answers["eth_getTransactionReceipt"], iter(range(3))

    def sometimes(tx_hash: str) -> object:
        if next(silence, None) is not None:
            raise Refused("request timed out")
        return answer(tx_hash)

    raw = chain.relay.sign_transaction(
        TxFields(chain.node.chain_id, 0, chain.relay.address, b"", 30_000, 0, 0)
    )
    tx_hash = await chain.node.send(raw)
    chain.provider.answers["eth_getTransactionReceipt"] = sometimes
    assert (await wait_for_receipt(chain.node, tx_hash, raw)).status == 1
    assert next(silence, None) is None


async def test_fees_are_offered_where_the_network_asks_for_them() -> None:
    rich = signer("rich")
    node = await Node.over(TesterProvider(balances={rich.address: 10**20}, base_fee=10**9))
    receipt = await transact(node, rich, rich.address, b"")
    assert receipt.status == 1


@pytest.mark.parametrize("name", ["", "a\nb", "\x1b[31ma", "x" * 5_000, "é" * 41], ids=ascii)
async def test_a_name_that_cannot_be_shown_is_refused_before_anything_is_sent(
    chain: SmallNetwork, name: str
) -> None:
    before = await chain.node.nonce(chain.admin.address)
    with pytest.raises(InvalidInput, match="name"):
        await admin.register_member(chain.ledger, chain.admin, name, Role.SHIPPER, signer("b").address)
    assert await chain.node.nonce(chain.admin.address) == before
