"""recordFeedbackFrom: ERC-1271 alone, with 200,000 gas, whatever the wallet does and however little the relay gives."""

from __future__ import annotations

from dataclasses import astuple

import pytest
from ledger_harness import Interface, artifact
from ledger_world import RECIPIENT, RELAY, STRANGER, World, delivery_of

from chain_client.domain.ids import Address
from chain_client.domain.records import Feedback, Reason

HONEST, YES, NO, REVERTS, BURNS, SPENDS, SHORT, DIRTY, BOMB, WRITES = range(10)


@pytest.fixture
def wallet(world: World) -> Address:
    address, _ = world.chain.deploy(RELAY, "TestWallet", RECIPIENT.address)
    world.opened(recipient_key=address)
    world.report(world.outcome())
    return address


def set_mood(world: World, wallet: Address, mood: int) -> None:
    interface = Interface(artifact("TestWallet")["abi"])
    assert world.chain.send(RELAY, wallet, interface.encode("setMood", mood)).succeeded


def rate_from(world: World, item: Feedback, signature: bytes = b"", **options: int):
    return world.send(RELAY, "recordFeedbackFrom", astuple(item), signature, **options)


def test_a_wallets_feedback_is_recorded_as_any_other(world: World, wallet: Address) -> None:
    item = world.feedback()
    head = world.driver_head(1)
    result = rate_from(world, item, world.long_signature(item, RECIPIENT))
    assert result.names == ["FeedbackRecorded"]
    assert world.delivery(item.delivery_id).revision == 1
    assert world.driver_head(1) == world.extended(head, item, result)


def test_the_wallet_decides_about_the_signature(world: World, wallet: Address) -> None:
    item = world.feedback()
    for wrong in (
        world.long_signature(item, STRANGER),
        world.long_signature(world.feedback(issues=1), RECIPIENT),
    ):
        assert rate_from(world, item, wrong).reasons == [Reason.BAD_SIGNATURE]


@pytest.mark.parametrize("mood", [NO, REVERTS, BURNS, SHORT, DIRTY, WRITES])
def test_anything_but_the_magic_value_is_no(world: World, wallet: Address, mood: int) -> None:
    set_mood(world, wallet, mood)
    result = rate_from(world, world.feedback())
    assert result.reasons == [Reason.BAD_SIGNATURE]
    assert result.events[0].args == {"deliveryId": delivery_of(1), "index": 0, "reason": 11}
    assert world.delivery(delivery_of(1)).revision == 0


@pytest.mark.parametrize("mood", [YES, SPENDS, BOMB])
def test_the_magic_value_is_yes(world: World, wallet: Address, mood: int) -> None:
    set_mood(world, wallet, mood)
    result = rate_from(world, world.feedback())
    assert result.reasons == [0]
    assert result.gas_used < 300_000, "a long answer is not paid for beyond what the wallet itself spent"


def test_a_wallet_that_burns_costs_200_000_gas_and_no_more(world: World, wallet: Address) -> None:
    set_mood(world, wallet, NO)
    cheap = rate_from(world, world.feedback()).gas_used
    set_mood(world, wallet, BURNS)
    dear = rate_from(world, world.feedback()).gas_used
    assert 190_000 < dear - cheap < 200_000


def test_a_relay_cannot_force_a_rejection_with_too_little_gas(world: World, wallet: Address) -> None:
    """At any gas limit the outcome is the wallet's answer or a revert."""
    set_mood(world, wallet, SPENDS)
    item = world.feedback()
    enough = rate_from_undone(world, item, 1_000_000).gas_used
    seen = set()
    for gas in range(40_000, enough + 60_000, 5_000):
        result = rate_from_undone(world, item, gas)
        if result.succeeded:
            assert result.reasons == [0], gas
            seen.add("recorded")
        else:
            assert result.events == ()
            seen.add(result.error.name if result.error else "out of gas")
            if result.error:
                assert result.error.left < result.error.needed
    assert seen >= {"recorded", "TooLittleGas"}


def rate_from_undone(world: World, item: Feedback, gas: int):
    before = world.chain.snapshot()
    result = rate_from(world, item, gas=gas)
    world.chain.restore(before)
    return result


def test_every_wallet_gets_the_whole_allowance_where_it_is_asked_at_all(
    world: World, wallet: Address
) -> None:
    """Just above the floor a wallet that needs almost 200,000 still says yes."""
    set_mood(world, wallet, SPENDS)
    item = world.feedback()
    too_little, enough = 230_000, 290_000
    while enough - too_little > 20:
        gas = (too_little + enough) // 2
        result = rate_from_undone(world, item, gas)
        if result.error and result.error.name == "TooLittleGas":
            too_little = gas
        else:
            enough = gas
    assert rate_from_undone(world, item, enough).reasons == [0]


def test_a_plain_key_is_not_a_wallet(world: World) -> None:
    world.delivered()
    item = world.feedback()
    result = rate_from(world, item, world.long_signature(item, RECIPIENT))
    assert result.reasons == [Reason.BAD_SIGNATURE], "no code: nobody to ask"


def test_a_wallets_owner_cannot_sign_plainly_for_it(world: World, wallet: Address) -> None:
    assert world.rate(world.feedback(), key=RECIPIENT).reasons == [Reason.BAD_SIGNATURE]


def test_the_wallet_is_asked_last(world: World, wallet: Address) -> None:
    set_mood(world, wallet, BURNS)
    for item, reason in (
        (world.feedback(404), Reason.UNKNOWN_DELIVERY),
        (world.feedback(revision=2), Reason.REVISION),
        (world.feedback(overall=6), Reason.RATING),
        (world.feedback(issues=2048), Reason.ISSUE_BITS),
        (world.feedback(driver=2), Reason.DRIVER_NEVER_NAMED),
    ):
        result = rate_from(world, item)
        assert result.reasons == [reason]
        assert result.gas_used < 100_000, "and what is rejected before costs nothing of that"


def test_a_precompile_is_no_wallet(world: World) -> None:
    """The identity precompile echoes the question, which begins with the magic value."""
    for number in range(1, 18):
        key = Address(number.to_bytes(20, "big"))
        world.opened(number, recipient_key=key)
        world.report(world.outcome(number=number))
        assert rate_from(world, world.feedback(number)).reasons == [Reason.BAD_SIGNATURE], number
