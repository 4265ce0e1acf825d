"""What `Intake` answers, one per item and in the items' order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from chain_client.domain.ids import Address, DeliveryId, Hash32
from chain_client.domain.signatures import CompactSignature

Status = Literal["accepted", "duplicate", "refused"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an item was not taken; nothing of it was stored.

    `code` is kebab-case and stable; `reason` the contract's number where it is one of its reasons; `field` the
    request's field to look at; `message` what is wrong and how to mend it; `curable` whether the very same item may
    be accepted later.
    """

    code: str
    reason: int | None
    field: str
    message: str
    curable: bool


@dataclass(frozen=True, slots=True)
class SignedReceipt:
    """The relay's promise that the feedback of this digest is on chain by `record_by` (chain's clock)."""

    feedback_digest: Hash32
    record_by: int
    relay: Address
    signature: CompactSignature


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one item.

    accepted: stored with this call, under `intent_id`; duplicate: the same was accepted before, and this is that
    intent; refused: `refusal` says why. `link` is the path and fragment of a tracking link made here (openings, for
    24 h); `receipt` the relay's promise (feedback).
    """

    status: Status
    intent_id: bytes | None = None
    delivery_id: DeliveryId | None = None
    link: str | None = None
    receipt: SignedReceipt | None = None
    refusal: Refusal | None = None
