"""Calldata of the ledger's batch functions, encoded by hand: every item is a static struct, words one after another.

Layout: `selector ‖ offset of each list ‖ (length ‖ items' words) of each list` (Solidity ABI, dynamic arrays).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from chain_client.bindings.artefact import ledger_artefact
from chain_client.domain.digests import encode
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
    selector = ledger_artefact().functions[FUNCTION_OF[kind]].key
    words = b"".join(map(encode, items))
    count = _word(len(items))
    if kind not in SIGNED:
        return b"".join((selector, _word(32), count, words))
    second = 64 + 32 + len(words)
    return b"".join((selector, _word(64), _word(second), count, words, count, *signatures))


def encode_from(item: Feedback | KeyChange, signature: bytes) -> bytes:
    """Return the calldata for one item signed by a contract wallet (ERC-1271): `…From(item, signature)`."""
    function = "recordFeedbackFrom" if isinstance(item, Feedback) else "changeKeyFrom"
    words = encode(item)
    padded = signature + bytes(-len(signature) % 32)
    tail = _word(len(signature)) + padded
    return ledger_artefact().functions[function].key + words + _word(len(words) + 32) + tail
