"""Calldata of the ledger's batch functions, encoded by hand: every item is a static struct, words one after another.

Layout: `selector ‖ offset of each list ‖ (length ‖ items' words) of each list` (Solidity ABI, dynamic arrays).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Final

from chain_client.bindings.artefact import ledger_artefact
from chain_client.domain.digests import TYPE_STRINGS, encode
from chain_client.domain.errors import InvalidInput
from chain_client.domain.records import KIND_OF, Feedback, Item, KeyChange, Kind
from chain_client.domain.signatures import CompactSignature

FUNCTION_OF: Final[dict[Kind, str]] = {
    Kind.OPENING: "open",
    Kind.REPORT: "report",
    Kind.FEEDBACK: "recordFeedback",
    Kind.KEY_CHANGE: "changeKey",
    Kind.NOTE: "note",
}
"""The batch function of a kind."""
SIGNED: Final = frozenset({Kind.FEEDBACK, Kind.KEY_CHANGE})
"""Kinds whose items each come with a signature."""
_SIGNATURE_LENGTH: Final = 64


def _limits(kind: type) -> list[tuple[str, str, int]]:
    """Return each field's name, type and limit: bytes for what is bytes, else bits; in the type string's order."""
    types = [part.split()[0] for part in TYPE_STRINGS[kind].split("(")[1].rstrip(")").split(",")]
    limits = {"bytes32": 32, "address": 20} | {f"uint{bits}": bits for bits in (8, 16, 32)}
    names = [field.name for field in fields(kind)]
    return [(name, text, limits[text]) for name, text in zip(names, types, strict=True)]


_LIMITS: Final = {kind: _limits(kind) for kind, entry in KIND_OF.items() if entry in FUNCTION_OF}


def _word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def encode_batch(kind: Kind, items: Sequence[Item], signatures: Sequence[CompactSignature] = ()) -> bytes:
    """Return the calldata of a batch of one kind; the n-th signature belongs to the n-th item.

    Raises InvalidInput for a kind that has no batch, an item of another kind, a value beyond its field, or signatures
    that are missing, superfluous or not 64 bytes each: the contract would refuse the whole batch.
    """
    if kind not in FUNCTION_OF:
        raise InvalidInput("kind", f"{kind} entries do not come in batches")
    wanted = len(items) if kind in SIGNED else 0
    if len(signatures) != wanted:
        raise InvalidInput(
            "signatures", f"must be {wanted} for {len(items)} of {kind}, not {len(signatures)}"
        )
    stray = next((n for n, item in enumerate(items) if KIND_OF[type(item)] is not kind), None)
    if stray is not None:
        raise InvalidInput(f"items[{stray}]", f"is a {KIND_OF[type(items[stray])]}, the batch is of {kind}")
    odd = next((n for n, signature in enumerate(signatures) if len(signature) != _SIGNATURE_LENGTH), None)
    if odd is not None:
        raise InvalidInput(f"signatures[{odd}]", "must be 64 bytes, r and vs (EIP-2098)")
    for number, item in enumerate(items):
        _check_fields(item, number)
    selector = ledger_artefact().functions[FUNCTION_OF[kind]].key
    words = b"".join(map(encode, items))
    count = _word(len(items))
    if kind not in SIGNED:
        return b"".join((selector, _word(32), count, words))
    second = 64 + 32 + len(words)
    return b"".join((selector, _word(64), _word(second), count, words, count, *signatures))


def _check_fields(item: Item, number: int) -> None:
    """Raise InvalidInput for a value that its field does not hold: one dirty word reverts the whole batch."""
    for name, text, limit in _LIMITS[type(item)]:
        value = getattr(item, name)
        if len(value) != limit if isinstance(value, bytes) else not 0 <= value < 1 << limit:
            raise InvalidInput(f"items[{number}].{name}", f"does not fit its field, {text}: {value!r}")


def encode_from(item: Feedback | KeyChange, signature: bytes) -> bytes:
    """Return the calldata for one item signed by a contract wallet (ERC-1271): `…From(item, signature)`."""
    function = "recordFeedbackFrom" if isinstance(item, Feedback) else "changeKeyFrom"
    words = encode(item)
    padded = signature + bytes(-len(signature) % 32)
    tail = _word(len(signature)) + padded
    return ledger_artefact().functions[function].key + words + _word(len(words) + 32) + tail
