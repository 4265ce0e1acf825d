"""What calldata may look like: every word of every item within its type, none missing, lists of equal length."""

from __future__ import annotations

from dataclasses import astuple
from typing import Any

import pytest
from ledger_harness import Actor, CallFailed
from ledger_world import COURIER_WRITER, NOTARY, RELAY, SHOP_WRITER, World, delivery_of

from chain_client.domain.records import Reason

WIDTHS = {
    "open": (256, 160, 16, 32, 256),
    "report": (256, 32, 8, 32, 256),
    "recordFeedback": (256, 32, 8, 8, 8, 8, 8, 32, 256, 8),
    "changeKey": (256, 160),
    "note": (256, 32, 16, 16, 256),
    "recordFeedbackFrom": (256, 32, 8, 8, 8, 8, 8, 32, 256, 8),
    "changeKeyFrom": (256, 160),
    "feedbackDigest": (256, 32, 8, 8, 8, 8, 8, 32, 256, 8),
    "keyChangeDigest": (256, 160),
}
LISTS = ("open", "report", "recordFeedback", "changeKey", "note")
PLACES = [
    (function, place, width)
    for function, widths in WIDTHS.items()
    for place, width in enumerate(widths)
    if width < 256
]


def call_of(world: World, function: str) -> tuple[Actor, tuple[Any, ...], int]:
    """Return who calls, with what, and how many items there are."""
    signatures = [(bytes(32), bytes(32))] * 2
    match function:
        case "open":
            return SHOP_WRITER, ([astuple(world.opening(n)) for n in (1, 2)],), 2
        case "report":
            return COURIER_WRITER, ([astuple(world.outcome(number=n)) for n in (1, 2)],), 2
        case "recordFeedback":
            return RELAY, ([astuple(world.feedback(n)) for n in (1, 2)], signatures), 2
        case "changeKey":
            return RELAY, ([astuple(world.key_change(n)) for n in (1, 2)], signatures), 2
        case "note":
            return NOTARY, ([astuple(world.note_of(n)) for n in (1, 2)],), 2
        case "recordFeedbackFrom":
            return RELAY, (astuple(world.feedback()), b"signature"), 1
        case "changeKeyFrom":
            return RELAY, (astuple(world.key_change()), b"signature"), 1
        case "feedbackDigest":
            return RELAY, (astuple(world.feedback()),), 1
        case _:
            return RELAY, (astuple(world.key_change()),), 1


def start_of_items(world: World, function: str, data: bytes) -> int:
    if function in LISTS:
        return 4 + int.from_bytes(data[4:36], "big") + 32
    return 4


@pytest.mark.parametrize("bit", ["next", "top"])
@pytest.mark.parametrize(("function", "place", "width"), PLACES)
def test_a_dirty_word_reverts_the_call_and_is_named(
    world: World, function: str, place: int, width: int, bit: str
) -> None:
    by, args, count = call_of(world, function)
    data = bytearray(world.interface.encode(function, *args))
    at = start_of_items(world, function, data) + ((count - 1) * len(WIDTHS[function]) + place) * 32
    word = int.from_bytes(data[at : at + 32], "big") | 1 << (width if bit == "next" else 255)
    data[at : at + 32] = word.to_bytes(32, "big")
    if function.endswith("Digest"):
        with pytest.raises(CallFailed) as failed:
            world.chain.call(world.ledger, bytes(data))
        error = world.interface.decode_error(failed.value.output)
    else:
        result = world.chain.send(by, world.ledger, bytes(data))
        assert not result.succeeded
        error = result.error
    assert error is not None
    assert error.name == "DirtyWord"
    assert error.args == {"index": count - 1, "word": place, "value": word}


@pytest.mark.parametrize("missing", [1, 32, 64])
@pytest.mark.parametrize("function", LISTS)
def test_missing_words_revert_the_call(world: World, function: str, missing: int) -> None:
    by, args, _ = call_of(world, function)
    data = world.interface.encode(function, *args)
    heads = world.heads()
    result = world.chain.send(by, world.ledger, data[:-missing])
    assert not result.succeeded
    assert result.output == b"", "the decoder's refusal"
    assert world.word(delivery_of(1)) == 0
    assert world.heads() == heads


@pytest.mark.parametrize(
    "function", ["recordFeedbackFrom", "changeKeyFrom", "feedbackDigest", "keyChangeDigest"]
)
def test_missing_words_revert_a_call_of_one_item(world: World, function: str) -> None:
    _, args, _ = call_of(world, function)
    whole = world.interface.encode(function, *args)
    for length in (4, 4 + 31, 4 + 32 * len(WIDTHS[function]) - 1):
        with pytest.raises(CallFailed):
            world.chain.call(world.ledger, whole[:length])


@pytest.mark.parametrize("function", LISTS)
def test_a_list_said_to_be_longer_than_it_is_reverts_the_call(world: World, function: str) -> None:
    by, args, _ = call_of(world, function)
    data = bytearray(world.interface.encode(function, *args))
    at = start_of_items(world, function, data) - 1
    data[at] = 200
    assert not world.chain.send(by, world.ledger, bytes(data)).succeeded


@pytest.mark.parametrize(("items", "signatures"), [(0, 1), (1, 0), (2, 1), (1, 2)])
@pytest.mark.parametrize("function", ["recordFeedback", "changeKey"])
def test_lists_of_unequal_length_revert_the_call(
    world: World, function: str, items: int, signatures: int
) -> None:
    make = world.feedback if function == "recordFeedback" else world.key_change
    result = world.send(RELAY, function, [astuple(make())] * items, [(bytes(32), bytes(32))] * signatures)
    assert result.error is not None
    assert result.error.name == "UnequalLengths"
    assert result.error.args == {"items": items, "signatures": signatures}


@pytest.mark.parametrize("function", LISTS)
def test_an_empty_list_does_nothing(world: World, function: str) -> None:
    by, args, _ = call_of(world, function)
    heads = world.heads()
    result = world.send(by, function, *([] for _ in args))
    assert result.succeeded
    assert result.events == ()
    assert world.heads() == heads


def test_a_dirty_word_reverts_even_in_an_item_that_would_be_rejected(world: World) -> None:
    data = bytearray(world.interface.encode("report", [astuple(world.outcome(number=77))]))
    assert world.chain.send(COURIER_WRITER, world.ledger, bytes(data)).reasons == [Reason.UNKNOWN_DELIVERY]
    data[4 + 64 + 32] = 1
    assert not world.chain.send(COURIER_WRITER, world.ledger, bytes(data)).succeeded


def test_plain_value_is_refused(world: World) -> None:
    result = world.chain.send(RELAY, world.ledger, b"")
    assert not result.succeeded, "no receive, no fallback"
