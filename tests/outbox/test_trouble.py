"""What goes wrong on a chain: reverts, strangers, what is there already, fees, blocks that are not final."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from chain_client.bindings import admin
from chain_client.bindings.calls import encode_batch
from chain_client.bindings.signer import TxFields
from chain_client.domain.errors import InvalidInput
from chain_client.domain.hashing import keccak256
from chain_client.domain.ids import Address
from chain_client.domain.records import Kind, Reason
from chain_client.domain.signatures import sign
from chain_client.outbox import packer, recovery, writer
from chain_client.outbox.transactions import fields_of
from chain_client.outbox.worker import NodeBehind
from chain_client.rpc.node import Node
from tests.outbox.lane_world import POISON, World, recipient
from tests.outbox.things import intent
from tests.support.chain import signer
from tests.support.tester import Refused

GWEI = 10**9


# ── reverts ──


async def test_an_item_that_cannot_be_written_is_set_aside(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = world.openings(*range(3)), world.bad_opening(100)

    def strict(kind: Kind, items: Any, signatures: Any = ()) -> bytes:
        if bad.item in items:
            raise InvalidInput("items[1].promised_by", "does not fit its field")
        return encode_batch(kind, items, signatures)

    monkeypatch.setattr(packer, "encode_batch", strict)
    await world.submit(good[0], bad, *good[1:])
    await world.drain(world.shipper_lane())
    (row,) = [row for row in await world.rows() if row.state == "set_aside"]
    assert "promised_by: does not fit its field" in row.detail
    await world.check_recorded_once(good)


@pytest.mark.usefixtures("poison")
async def test_a_batch_that_would_revert_is_halved_and_the_culprit_set_aside(world: World) -> None:
    good, bad = world.openings(*range(7)), world.bad_opening(100)
    answers = await world.submit(*good[:5], bad, *good[5:])
    await world.drain(world.shipper_lane())
    assert await world.counts() == {"recorded": 7, "set_aside": 1}
    await world.check_recorded_once(good)
    (row,) = [row for row in await world.rows() if row.id == answers[5].intent_id]
    assert "DirtyWord: word 3 of item 0" in row.detail
    assert await world.submit(bad) == [writer.Submitted(row.id, "duplicate")]


async def test_a_released_item_goes_once_its_cause_is_mended(world: World) -> None:
    """A carrier's report lane reverts as a whole while the member holds no role; the operator mends and releases."""
    new = [world.report(1)]
    await world.submit(*world.openings(1))
    await world.drain(world.shipper_lane())
    (answer,) = await world.submit(*new)
    await admin.set_roles(world.chain.ledger, world.chain.admin, world.chain.carrier.number, 0)
    lane = world.carrier_lane()
    await world.drain(lane)
    assert (await world.rows())[1].detail.startswith("the contract refuses with MissingRole")
    await admin.set_roles(world.chain.ledger, world.chain.admin, world.chain.carrier.number, 2)
    async with world.store.write() as connection:
        done = await recovery.retry(connection, world.ledger_id, [answer.intent_id])
    assert done.changed == [answer.intent_id]
    await world.drain(lane)
    await world.check_recorded_once(new)


@pytest.mark.usefixtures("poison")
async def test_what_stands_behind_an_item_set_aside_goes_on(world: World) -> None:
    bad = world.bad_opening(1)
    await world.submit(bad, world.report(1))
    carrier = world.carrier_lane()
    assert not await carrier.step()
    await world.drain(world.shipper_lane())
    await world.drain(carrier)
    assert await world.states() == ["set_aside", "rejected"]
    assert (await world.rows())[1].reason == Reason.UNKNOWN_DELIVERY


async def test_a_batch_too_large_for_a_block_is_halved(world: World) -> None:
    provider = world.chain.provider
    answer = provider.answers["eth_estimateGas"]

    def small_block(call: dict[str, str]) -> str:
        if len(call["data"]) > 2 * (4 + 64 + 3 * 160):
            raise Refused("gas required exceeds allowance (1000000)")
        return str(answer(call))

    provider.answers["eth_estimateGas"] = small_block
    new = world.openings(*range(8))
    await world.submit(*new)
    await world.drain(world.shipper_lane())
    assert [batch.size for batch in await world.batches()] == [2] * 4
    await world.check_recorded_once(new)


def block_of(world: World, gas: int) -> list[int]:
    """Make the node's blocks hold `gas`, and refuse what asks for more; return what was asked for, as it comes."""
    provider, asked = world.chain.provider, list[int]()
    blocks, send = provider.answers["eth_getBlockByNumber"], provider.answers["eth_sendRawTransaction"]

    def limited(raw: str) -> Any:
        asked.append(fields_of(bytes.fromhex(raw[2:])).gas)
        if asked[-1] > gas:
            raise Refused("exceeds block gas limit")
        return send(raw)

    provider.answers["eth_getBlockByNumber"] = lambda *about: (blocks(*about) or {}) | {"gasLimit": hex(gas)}
    provider.answers["eth_sendRawTransaction"] = limited
    return asked


async def test_a_margin_that_would_pass_the_block_s_gas_halves_the_batch(world: World) -> None:
    """The estimate fits into a block, the estimate and a quarter does not: it was refused, and sent again without end."""
    asked = block_of(world, 500_000)
    new = world.openings(*range(16))
    await world.submit(*new)
    await world.drain(world.shipper_lane())
    assert asked
    assert max(asked) <= 500_000
    assert len(asked) > 1
    await world.check_recorded_once(new)


async def test_an_item_alone_may_ask_for_all_of_a_block(world: World) -> None:
    world.chain.provider.answers["eth_estimateGas"] = lambda _call: hex(450_000)
    asked = block_of(world, 500_000)
    new = world.openings(1)
    await world.submit(*new)
    await world.drain(world.shipper_lane())
    assert asked == [500_000]
    await world.check_recorded_once(new)


async def test_an_item_that_no_block_holds_is_set_aside(world: World) -> None:
    world.chain.provider.answers["eth_estimateGas"] = lambda _call: hex(600_000)
    asked = block_of(world, 500_000)
    await world.submit(*world.openings(1))
    await world.drain(world.shipper_lane())
    assert asked == []
    (row,) = await world.rows()
    assert (row.state, "a block holds 500000" in row.detail) == ("set_aside", True)


async def test_a_batch_signed_before_the_block_s_gas_went_down_is_signed_for_less(world: World) -> None:
    lane = world.shipper_lane()
    await world.submit(*world.openings(100))
    await world.drain(lane)
    asked = block_of(world, 350_000)
    new = world.openings(*range(8))
    await world.submit(*new)
    for _ in range(3):
        await world.drain(lane)
        world.now += 5
    assert asked[0] > 350_000
    assert asked[1] == 350_000
    versions = [one for one in await world.versions() if one.batch_id == 2]
    assert len({fields_of(one.raw).nonce for one in versions}) == 1
    assert len({fields_of(one.raw).data for one in versions}) == 1
    await world.check_recorded_once(new)


@pytest.mark.usefixtures("poison")
async def test_a_batch_that_reverts_when_mined_is_halved(world: World) -> None:
    """The estimate passes (the node is lied to); the mined transaction reverts because of one item."""
    world.chain.provider.answers["eth_estimateGas"] = lambda _call: hex(3_000_000)
    good, bad = world.openings(*range(7)), world.bad_opening(100)
    await world.submit(*good[:2], bad, *good[2:])
    await world.drain(world.shipper_lane())
    assert await world.counts() == {"recorded": 7, "set_aside": 1}
    assert [(batch.size, batch.state) for batch in await world.batches()] == [
        (8, "reverted"), (4, "reverted"), (2, "settled"), (2, "reverted"), (1, "reverted"), (1, "settled"), (4, "settled"),
    ]  # fmt: skip
    (row,) = [row for row in await world.rows() if row.state == "set_aside"]
    assert "would pass now" in row.detail  # the node still lies
    await world.check_recorded_once(good)


async def test_an_estimate_made_too_early_still_leaves_enough_gas(world: World) -> None:
    """Nodes estimate at the newest block's time, when every item may still be rejected for a small part of the gas."""
    world.chain.provider.answers["eth_estimateGas"] = lambda _call: hex(40_000)
    new = [
        *world.openings(1, 2),
        world.report(1, 3),
        world.report(2, 3),
        world.feedback(1),
        world.feedback(2),
    ]
    await world.submit(*new)
    await world.drain(world.shipper_lane(), world.carrier_lane(), world.relay_lane())
    assert {batch.state for batch in await world.batches()} == {"settled"}
    await world.check_recorded_once(new)


@pytest.mark.usefixtures("poison")
async def test_order_holds_through_halving(world: World) -> None:
    world.chain.provider.answers["eth_estimateGas"] = lambda _call: hex(3_000_000)
    await world.submit(*world.openings(1, 2))
    await world.drain(world.shipper_lane())
    reports = [world.report(1), world.report(2), world.report(1, 2), world.report(2, 3), world.report(1, 3)]
    bad = world.report(2, 1, evidence_hash=POISON)
    await world.submit(*reports[:3], bad, *reports[3:])
    await world.drain(world.carrier_lane())
    assert Counter((await world.states())[2:]) == {"recorded": 5, "set_aside": 1}
    await world.check_recorded_once(reports)


# ── what is there already ──


async def delivered(world: World, *numbers: int) -> None:
    await world.submit(*world.openings(*numbers), *(world.report(number, 3) for number in numbers))
    await world.drain(world.shipper_lane(), world.carrier_lane())


async def test_feedback_someone_else_put_on_chain_is_recorded(world: World) -> None:
    await delivered(world, 1, 2)
    mine, other = world.feedback(1), world.feedback(2)
    await world.submit(mine, other)
    assert mine.signature is not None
    receipt = await world.chain.send(signer("anyone"), Kind.FEEDBACK, [mine.item], [mine.signature])
    await world.drain(world.relay_lane())
    row = next(row for row in await world.rows() if row.key == mine.key)
    assert (row.state, row.reason, row.tx_hash) == ("recorded", None, receipt.tx_hash)
    assert row.detail == "it was on chain already"
    assert [one.reason for one in await world.rejections()] == [Reason.REVISION]
    await world.check_recorded_once([mine, other])


async def test_other_feedback_of_the_same_revision_stays_rejected(world: World) -> None:
    await delivered(world, 1)
    mine, theirs = world.feedback(1, overall=5), world.feedback(1, overall=1)
    assert theirs.signature is not None
    await world.chain.send(signer("anyone"), Kind.FEEDBACK, [theirs.item], [theirs.signature])
    await world.submit(mine)
    await world.drain(world.relay_lane())
    row = next(row for row in await world.rows() if row.key == mine.key)
    assert (row.state, row.reason) == ("rejected", Reason.REVISION)


async def test_an_opening_that_is_there_already_is_recorded_if_it_is_the_same(world: World) -> None:
    same, differs = world.opening(1), world.opening(2)
    theirs = replace(differs, promised_by=differs.promised_by + 1)
    await world.chain.send(world.chain.shipper.writer, Kind.OPENING, [same, theirs])
    await world.submit(*(intent(item, world.chain.shipper.number) for item in (same, differs)))
    await world.drain(world.shipper_lane())
    assert [(row.state, row.reason) for row in await world.rows()] == [
        ("recorded", None), ("rejected", Reason.EXISTS),
    ]  # fmt: skip


async def test_a_key_change_that_is_there_already_is_recorded_if_it_is_the_same(world: World) -> None:
    await delivered(world, 1, 2)
    same, differs, theirs = world.key_change(1), world.key_change(2), world.key_change(2, b"\x99" * 20)
    changes = [same, theirs]
    signatures = [one.signature for one in changes if one.signature is not None]
    await world.chain.send(signer("anyone"), Kind.KEY_CHANGE, [one.item for one in changes], signatures)
    await world.submit(same, differs)
    await world.drain(world.relay_lane())
    assert [(row.state, row.reason) for row in (await world.rows())[4:]] == [
        ("recorded", None), ("rejected", Reason.KEY_ALREADY_CHANGED),
    ]  # fmt: skip


async def test_feedback_too_early_waits_again_when_submitted_again(world: World) -> None:
    await world.submit(*world.openings(1))
    await world.drain(world.shipper_lane())
    early = world.feedback(1, driver=0)
    (first,) = await world.submit(early)
    relay = world.relay_lane()
    await world.drain(relay)
    assert (await world.rows())[1].reason == Reason.TOO_EARLY
    world.chain.provider.advance(2 * 86_400)
    assert await world.submit(early) == [writer.Submitted(first.intent_id, "accepted")]
    await world.drain(relay)
    await world.check_recorded_once([early])


# ── strangers ──


async def use_a_nonce(world: World, key: Any) -> None:
    """Someone who has the writer's key sends something of their own."""
    item = world.opening(900 + len(await world.events()))
    await world.chain.send(key, Kind.OPENING, [item])


async def test_a_nonce_the_lane_did_not_use_halts_it_before_it_sends(world: World) -> None:
    key = world.chain.shipper.writer
    lane = world.shipper_lane()
    await world.submit(*world.openings(1))
    await world.drain(lane)
    await use_a_nonce(world, key)
    new = world.openings(2)
    await world.submit(*new)
    assert not await lane.step()
    row = await world.lane_row(key)
    assert "The chain's next nonce" in row.halted
    assert "something else uses its key" in row.halted
    assert await world.states() == ["recorded", "accepted"]
    assert not await world.shipper_lane().step()
    resumed = await world.resume(world.chain.shipper.number, key)
    assert (resumed.next_nonce, resumed.queued) == (row.next_nonce + 1, 0)
    await world.drain(lane)
    assert await world.states() == ["recorded", "recorded"]


async def test_a_nonce_used_by_a_stranger_while_in_flight_halts(world: World) -> None:
    provider, key = world.chain.provider, world.chain.shipper.writer
    provider.auto_mine = False
    first = await world.chain.node.nonce(key.address)
    lane = world.shipper_lane(nonce_grace=10, max_batch=1)
    new = world.openings(1, 2)
    await world.submit(*new)
    await world.drain(lane)
    provider._waiting.clear()
    stranger = TxFields(
        world.chain.node.chain_id, first, world.chain.ledger.address,
        encode_batch(Kind.OPENING, [world.opening(900)]), 3_000_000, 0, 0,
    )  # fmt: skip
    await world.chain.node.send(key.sign_transaction(stranger))
    provider.mine()
    world.now += 5
    await world.drain(lane)  # sent again: the node says the nonce is used
    world.now += 9
    await world.drain(lane)
    assert (await world.lane_row(key)).halted is None
    world.now += 1
    await world.drain(lane)
    halted = (await world.lane_row(key)).halted
    assert halted is not None
    assert halted.startswith(f"Nonce {first} of writer")
    assert "none of the transactions this lane made under it has a receipt" in halted
    assert await world.states() == ["sent", "sent"]
    with pytest.raises(recovery.StillWaiting, match="not mined yet"):
        await world.resume(world.chain.shipper.number, key)
    provider._waiting.clear()
    provider.auto_mine = True
    resumed = await world.resume(world.chain.shipper.number, key)
    # The first batch was never mined and never will be; the second is sent again under its own.
    assert (resumed.next_nonce, resumed.queued) == (first + 2, 1)
    await world.drain(lane)
    assert await world.states() == ["recorded", "recorded"]
    assert all(len(positions) == 1 for positions in (await world.recorded()).values())


async def test_a_node_that_is_behind_is_waited_for(world: World) -> None:
    provider = world.chain.provider
    lane = world.shipper_lane()
    await world.submit(*world.openings(1))
    await world.drain(lane)
    answer = provider.answers["eth_getTransactionCount"]
    provider.answers["eth_getTransactionCount"] = lambda *_: hex(0)
    new = world.openings(2)
    await world.submit(*new)
    with pytest.raises(NodeBehind, match="it is behind"):
        await lane.step()
    provider.answers["eth_getTransactionCount"] = answer
    await world.drain(lane)
    await world.check_recorded_once(new)


async def test_events_that_are_not_the_items_halt_the_lane(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The transaction in the chain carries another item than the rows say."""
    original = encode_batch

    def other(kind: Kind, items: Any, signatures: Any = ()) -> bytes:
        return original(kind, [replace(item, record_hash=b"\x01" * 32) for item in items], signatures)

    monkeypatch.setattr(packer, "encode_batch", other)
    await world.submit(*world.openings(1))
    lane = world.shipper_lane()
    await world.drain(lane)
    halted = (await world.lane_row(world.chain.shipper.writer)).halted
    assert halted is not None
    assert "answered item 0 (opening of delivery 0x0001" in halted
    assert await world.states() == ["sent"]
    assert not await lane.step()


@pytest.mark.parametrize("count", [0, 2])
async def test_more_or_fewer_events_than_items_halt_the_lane(
    world: World, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    original = encode_batch
    more = [world.opening(number) for number in range(50, 50 + count)]
    monkeypatch.setattr(packer, "encode_batch", lambda kind, _items, _signed: original(kind, more))
    await world.submit(*world.openings(1))
    await world.drain(world.shipper_lane())
    halted = (await world.lane_row(world.chain.shipper.writer)).halted
    assert halted is not None
    assert f"carried 1 items and has {count}" in halted


# ── refusals, fees, finality ──


async def test_a_refused_transaction_is_sent_again_until_it_goes(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    provider = world.chain.provider
    answer = provider.answers["eth_sendRawTransaction"]

    def refuse(_raw: str) -> str:
        raise Refused("sender is not on the allow-list")

    provider.answers["eth_sendRawTransaction"] = refuse
    new = world.openings(1)
    await world.submit(*new)
    lane = world.shipper_lane()
    await world.drain(lane)
    assert await world.states() == ["sent"]
    assert [record.action for record in caplog.records if record.levelname == "ERROR"] == [
        "outbox.send_refused"
    ]
    provider.answers["eth_sendRawTransaction"] = answer
    world.now += 5
    await world.drain(lane)
    await world.check_recorded_once(new)


async def test_what_the_node_defers_is_sent_again_soon(world: World) -> None:
    """A fresh account on some engines may have one transaction in flight until its first is mined."""
    provider = world.chain.provider
    provider.auto_mine = False
    answer = provider.answers["eth_sendRawTransaction"]

    def one_at_a_time(raw: str) -> Any:
        if provider._waiting:
            raise Refused("in-flight transaction limit reached for delegated accounts")
        return answer(raw)

    provider.answers["eth_sendRawTransaction"] = one_at_a_time
    new = world.openings(1, 2, 3)
    await world.submit(*new)
    lane = world.shipper_lane(max_batch=1)
    for _ in range(4):
        await world.drain(lane)
        provider.mine()
        world.now += 1
    await world.drain(lane)
    await world.check_recorded_once(new)


async def test_what_stays_unmined_on_a_network_with_fees_is_replaced(world: World) -> None:
    provider = world.chain.provider
    lane = world.shipper_lane(replace_after=30)
    blocks = provider.answers["eth_getBlockByNumber"]

    def with_fees(tag: str, full: bool) -> Any:
        block = blocks(tag, full)
        return block | {"baseFeePerGas": hex(GWEI)} if block else block

    sent: list[bytes] = []

    def keep(raw: str) -> str:
        sent.append(bytes.fromhex(raw[2:]))
        return "0x" + keccak256(sent[-1]).hex()

    provider.answers |= {"eth_getBlockByNumber": with_fees, "eth_sendRawTransaction": keep}
    await world.submit(*world.openings(1))
    await world.drain(lane)
    for _ in range(2):
        world.now += 30
        await world.drain(lane)
    versions = await world.versions()
    assert [version.raw for version in versions] == list(dict.fromkeys(sent))
    fields = [fields_of(version.raw) for version in versions]
    assert [one.max_fee for one in fields] == [
        3 * GWEI,
        3 * GWEI * 9 // 8 + 1,
        (3 * GWEI * 9 // 8 + 1) * 9 // 8 + 1,
    ]
    assert fields[0].priority_fee < fields[1].priority_fee < fields[2].priority_fee
    assert len({(one.nonce, one.data, one.to, one.gas) for one in fields}) == 1


async def test_whichever_version_is_mined_settles_the_batch(world: World) -> None:
    provider = world.chain.provider
    provider.auto_mine = False
    new = world.openings(1)
    await world.submit(*new)
    lane = world.shipper_lane(replace_after=30)
    await world.drain(lane)
    first = dict(provider._waiting)
    blocks = provider.answers["eth_getBlockByNumber"]
    provider.answers["eth_getBlockByNumber"] = lambda tag, full: blocks(tag, full) | {"baseFeePerGas": "0x1"}
    world.now += 30
    await world.drain(lane)
    assert len(await world.versions()) == 2
    provider._waiting = first
    provider.mine()
    provider.answers["eth_getBlockByNumber"] = blocks
    await world.drain(lane)
    await world.check_recorded_once(new)


async def test_nothing_is_replaced_on_a_network_without_fees(world: World) -> None:
    world.chain.provider.auto_mine = False
    await world.submit(*world.openings(1))
    lane = world.shipper_lane()
    for _ in range(5):
        await world.drain(lane)
        world.now += 30
    assert len(await world.versions()) == 1


async def test_a_batch_is_settled_only_once_it_is_final(world: World) -> None:
    provider = world.chain.provider
    provider.answers["web3_clientVersion"] = lambda: "Geth/v1.16.0/linux"
    world.chain = replace(world.chain, node=await Node.over(provider))
    final = int(provider._head().block_number)
    blocks = provider.answers["eth_getBlockByNumber"]
    provider.answers["eth_getBlockByNumber"] = lambda tag, full: blocks(
        hex(final) if tag == "finalized" else tag, full
    )
    new = world.openings(1)
    await world.submit(*new)
    lane = world.shipper_lane()
    await world.drain(lane)
    assert await world.states() == ["sent"]
    world.now += 100
    await world.drain(lane)
    assert (await world.lane_row(world.chain.shipper.writer)).halted is None
    final += 1
    await world.drain(lane)
    await world.check_recorded_once(new)


async def test_a_mined_batch_that_a_reorganisation_drops_is_sent_again(world: World) -> None:
    provider = world.chain.provider
    provider.answers["web3_clientVersion"] = lambda: "Geth/v1.16.0/linux"
    world.chain = replace(world.chain, node=await Node.over(provider))
    before, final = provider.snapshot(), int(provider._head().block_number)
    blocks = provider.answers["eth_getBlockByNumber"]
    provider.answers["eth_getBlockByNumber"] = lambda tag, full: blocks(
        hex(final) if tag == "finalized" else tag, full
    )
    new = world.openings(1)
    await world.submit(*new)
    lane = world.shipper_lane()
    await world.drain(lane)
    provider.restore(before)
    provider.mine()
    world.now += 5
    await world.drain(lane)
    final += 2
    await world.drain(lane)
    await world.check_recorded_once(new)


async def test_a_signature_by_another_key_is_rejected_not_lost(world: World) -> None:
    await delivered(world, 1)
    forged = replace(world.feedback(1), signature=sign(recipient(world.opening(2).delivery_id), b"\x01" * 32))
    await world.submit(forged)
    await world.drain(world.relay_lane())
    assert (await world.rows())[2].reason == Reason.BAD_SIGNATURE
    assert Address(world.chain.relay.address) == (await world.batches())[2].writer
