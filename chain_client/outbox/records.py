"""What goes through the outbox's door: intents in, their states out, and how an item is written in a row."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from chain_client.domain.digests import decode, encode
from chain_client.domain.errors import Broken, Conflict, InvalidInput
from chain_client.domain.ids import Address, DeliveryId, Hash32, MemberNumber
from chain_client.domain.records import KIND_OF, DriverMove, Item, Kind, Reason
from chain_client.domain.signatures import CompactSignature

RELAY: Final = MemberNumber(0)
"""The member number of recipients' intents: signed feedback and key changes, which the relay's lane sends."""

SIGNED: Final = frozenset({Kind.FEEDBACK, Kind.KEY_CHANGE})
"""Kinds whose items carry a recipient's signature."""


class IntentState(StrEnum):
    """Where an intent stands.

    accepted → sent → recorded | rejected; sent → accepted when its batch reverted; accepted → set_aside when it
    reverts a batch of its own. A rejection that may be cured (`Found.may_wait_again`) goes back to accepted when
    submitted again.
    """

    ACCEPTED = "accepted"
    SENT = "sent"
    RECORDED = "recorded"
    REJECTED = "rejected"
    SET_ASIDE = "set_aside"


WAITING: Final = (IntentState.ACCEPTED.value, IntentState.SENT.value)
"""States of intents that are not settled."""


@dataclass(frozen=True, slots=True)
class NewIntent:
    """One item to be put on chain for `member`, under an idempotency key.

    `body_hash` says what the caller asked for: the same key with another body is a conflict. `signature` is the
    recipient's, present exactly for the kinds in `SIGNED`; `document_given` says that a feedback came with its text.
    """

    member: MemberNumber
    kind: Kind
    delivery_id: DeliveryId
    key: bytes
    body_hash: Hash32
    item: Item
    signature: CompactSignature | None
    document_given: bool = False


@dataclass(frozen=True, slots=True)
class Submitted:
    """What became of one submitted intent; `intent_id` is the first one's under that key, also for a conflict."""

    intent_id: bytes
    status: Literal["accepted", "duplicate", "conflict"]


@dataclass(frozen=True, slots=True)
class PendingItem:
    """An intent that the index does not show yet."""

    intent_id: bytes
    member: MemberNumber
    kind: Kind
    state: IntentState
    item: Item


ERASED_BODY: Final = Hash32(bytes(32))
"""The `body_hash` of an intent whose text was erased: the keyed hash of a text could be guessed into."""

IntentKey = tuple[MemberNumber, Kind, bytes]
"""Member, kind and idempotency key: unique within a ledger."""


@dataclass(frozen=True, slots=True)
class Found:
    """The intent that a key stands for; `reason` is the contract's, when rejected; `signature` of a signed kind."""

    intent_id: bytes
    body_hash: Hash32
    state: IntentState
    reason: int | None
    signature: CompactSignature | None

    def is_of_body(self, body_hash: Hash32) -> bool:
        """Return whether the intent was asked for by this body; always, once its own was erased."""
        return self.body_hash in (body_hash, ERASED_BODY)

    def may_wait_again(self, signature: CompactSignature | None) -> bool:
        """Say whether the same item, brought with `signature`, may be queued again under this key.

        It may where it was rejected, and either time can cure that, or an earlier revision that was missing may have
        come, or it is signed otherwise: by the key that a take-over gave the delivery meanwhile.
        """
        if self.state is not IntentState.REJECTED or self.reason is None:
            return False
        if self.signature is None:
            return Reason(self.reason).curable
        return Reason(self.reason).curable or self.reason == Reason.REVISION or signature != self.signature


@dataclass(frozen=True, slots=True)
class NewReceipt:
    """The relay's signed promise, to be kept before it is given: feedback `digest` is on chain by `record_by`."""

    delivery_id: DeliveryId
    revision: int
    digest: Hash32
    record_by: int
    relay: Address
    signature: CompactSignature


@dataclass(frozen=True, slots=True)
class KeptReceipt:
    """The promise that stands for a revision: the first one kept."""

    digest: Hash32
    record_by: int
    relay: Address
    signature: CompactSignature


class ReceiptConflict(Conflict):
    """The relay has promised another feedback for this revision of the delivery; never sign a second."""

    code = "receipt-conflict"


def encode_payload(item: Item, signature: CompactSignature | None) -> bytes:
    """Return how a row holds an item: its ABI words, then its signature where its kind is signed.

    The words of a kind are of fixed length, so whatever follows is the signature: 64 bytes today; a contract's
    signature (ERC-1271, any length) fits as a kind of its own. Raises InvalidInput for an item with a value beyond its
    field: it would not come back as it went in, and no contract takes it.
    """
    words = encode(item)
    try:
        decode(KIND_OF[type(item)], words)
    except Broken as error:
        raise InvalidInput("item", f"has a value beyond its field: {item}") from error
    return words + (signature or b"")


def decode_payload(kind: Kind, payload: bytes) -> tuple[Item, CompactSignature | None]:
    """Return the item and signature of a row; raises Broken where the bytes are no such item."""
    words, signature = payload, None
    if kind in SIGNED:
        words, signature = payload[:-64], CompactSignature(payload[-64:])
    item = decode(kind, words)
    if isinstance(item, DriverMove):
        raise Broken(f"A stored intent is of kind {kind}, which no lane sends.")
    return item, signature
