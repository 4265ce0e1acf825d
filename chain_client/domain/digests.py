"""EIP-712 struct hashes and digests, document hashes, and the record heads' hash chain.

Sources: EIP-712 (typed structured data), RFC 8785 (JSON canonicalization), DeliveryLedger's interfaces.
The same vectors (`tests/vectors`) bind this module, the contract and the pages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import rfc8785

from chain_client.domain.errors import Broken, InvalidInput
from chain_client.domain.hashing import keccak256
from chain_client.domain.ids import Address, DeliveryId, DriverNumber, Hash32, MemberNumber
from chain_client.domain.records import (
    DriverKey,
    DriverMove,
    Feedback,
    Item,
    KeyChange,
    Kind,
    Note,
    Opening,
    Receipt,
    Report,
)

DOMAIN_NAME: Final = "DeliveryLedger"
DOMAIN_VERSION: Final = "1"

TYPE_STRINGS: Final[dict[type, str]] = {
    Opening: "Opening(bytes32 deliveryId,address recipientKey,uint16 carrier,uint32 promisedBy,bytes32 recordHash)",
    Report: "Report(bytes32 deliveryId,uint32 driver,uint8 outcome,uint32 occurredAt,bytes32 evidenceHash)",
    Feedback: (
        "Feedback(bytes32 deliveryId,uint32 driver,uint8 overall,uint8 timeliness,uint8 packaging,"
        "uint8 professionalism,uint8 accuracy,uint32 issues,bytes32 contentHash,uint8 revision)"
    ),
    KeyChange: "KeyChange(bytes32 deliveryId,address newKey)",
    Note: "Note(bytes32 deliveryId,uint32 driver,uint16 carrier,uint16 kind,bytes32 contentHash)",
    DriverKey: "DriverKey(uint32 driver,address key,uint32 nonce)",
    DriverMove: "DriverMove(uint32 driver,uint16 from,uint16 to,uint32 nonce)",
    Receipt: "Receipt(bytes32 feedbackDigest,uint32 recordBy)",
}
TYPE_HASHES: Final = {kind: keccak256(text.encode()) for kind, text in TYPE_STRINGS.items()}
_EIP712_DOMAIN: Final = keccak256(
    b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)

Signable = Item | DriverKey | DriverMove | Receipt


def _word(value: int | bytes) -> bytes:
    if isinstance(value, bytes):
        return value.rjust(32, b"\0")
    return value.to_bytes(32, "big")


def _words(*values: int | bytes) -> bytes:
    return b"".join(map(_word, values))


def encode(item: Signable) -> bytes:
    """Return the item's fields as ABI words, in the order of its type string: also its calldata."""
    match item:
        case Feedback():
            return _words(
                item.delivery_id,
                item.driver,
                item.overall,
                item.timeliness,
                item.packaging,
                item.professionalism,
                item.accuracy,
                item.issues,
                item.content_hash,
                item.revision,
            )
        case Report():
            return _words(item.delivery_id, item.driver, item.outcome, item.occurred_at, item.evidence_hash)
        case Opening():
            return _words(
                item.delivery_id, item.recipient_key, item.carrier, item.promised_by, item.record_hash
            )
        case KeyChange():
            return _words(item.delivery_id, item.new_key)
        case Note():
            return _words(item.delivery_id, item.driver, item.carrier, item.kind, item.content_hash)
        case DriverKey():
            return _words(item.driver, item.key, item.nonce)
        case DriverMove():
            return _words(item.driver, item.from_carrier, item.to_carrier, item.nonce)
        case Receipt():
            return _words(item.feedback_digest, item.record_by)


def decode(kind: Kind, raw: bytes) -> Item | DriverMove:
    """Return the item of `kind` whose ABI words are `raw`: the inverse of `encode`.

    Raises Broken where `raw` has another number of words: it was not written by `encode`.
    """
    take = _FIELDS[kind]
    if len(raw) != take.words * 32:
        raise Broken(f"An item of kind {kind} has {take.words * 32} bytes of words, not {len(raw)}.")
    return take.build(raw)


def _number(raw: bytes, word: int) -> int:
    return int.from_bytes(raw[word * 32 : word * 32 + 32], "big")


def _decode_opening(raw: bytes) -> Opening:
    return Opening(
        delivery_id=DeliveryId(raw[:32]),
        recipient_key=Address(raw[44:64]),
        carrier=MemberNumber(_number(raw, 2)),
        promised_by=_number(raw, 3),
        record_hash=Hash32(raw[128:160]),
    )


def _decode_report(raw: bytes) -> Report:
    return Report(
        delivery_id=DeliveryId(raw[:32]),
        driver=DriverNumber(_number(raw, 1)),
        outcome=_number(raw, 2),
        occurred_at=_number(raw, 3),
        evidence_hash=Hash32(raw[128:160]),
    )


def _decode_feedback(raw: bytes) -> Feedback:
    return Feedback(
        delivery_id=DeliveryId(raw[:32]),
        driver=DriverNumber(_number(raw, 1)),
        overall=raw[95],
        timeliness=raw[127],
        packaging=raw[159],
        professionalism=raw[191],
        accuracy=raw[223],
        issues=_number(raw, 7),
        content_hash=Hash32(raw[256:288]),
        revision=raw[319],
    )


def _decode_key_change(raw: bytes) -> KeyChange:
    return KeyChange(delivery_id=DeliveryId(raw[:32]), new_key=Address(raw[44:64]))


def _decode_note(raw: bytes) -> Note:
    return Note(
        delivery_id=DeliveryId(raw[:32]),
        driver=DriverNumber(_number(raw, 1)),
        carrier=MemberNumber(_number(raw, 2)),
        kind=_number(raw, 3),
        content_hash=Hash32(raw[128:160]),
    )


def _decode_driver_move(raw: bytes) -> DriverMove:
    return DriverMove(
        driver=DriverNumber(_number(raw, 0)),
        from_carrier=MemberNumber(_number(raw, 1)),
        to_carrier=MemberNumber(_number(raw, 2)),
        nonce=_number(raw, 3),
    )


class _Layout(NamedTuple):
    words: int
    build: Callable[[bytes], Item | DriverMove]


_FIELDS: Final[dict[Kind, _Layout]] = {
    Kind.OPENING: _Layout(5, _decode_opening),
    Kind.REPORT: _Layout(5, _decode_report),
    Kind.FEEDBACK: _Layout(10, _decode_feedback),
    Kind.KEY_CHANGE: _Layout(2, _decode_key_change),
    Kind.NOTE: _Layout(5, _decode_note),
    Kind.DRIVER_MOVE: _Layout(4, _decode_driver_move),
}


def struct_hash(item: Signable) -> Hash32:
    """Return the EIP-712 struct hash: the entry digest that heads are chained from."""
    return Hash32(keccak256(TYPE_HASHES[type(item)] + encode(item)))


@dataclass(frozen=True, slots=True)
class SigningDomain:
    """The EIP-712 domain of one deployed ledger."""

    chain_id: int
    contract: Address

    def separator(self) -> Hash32:
        """Return the domain separator: name `DeliveryLedger`, version `1`, this chain and contract."""
        return Hash32(
            keccak256(
                _EIP712_DOMAIN
                + keccak256(DOMAIN_NAME.encode())
                + keccak256(DOMAIN_VERSION.encode())
                + _words(self.chain_id, self.contract)
            )
        )


def digest(separator: bytes, item: Signable) -> Hash32:
    """Return what is signed: `keccak256(0x1901 ‖ separator ‖ structHash)`; take `separator` from SigningDomain."""
    return Hash32(keccak256(b"\x19\x01" + separator + struct_hash(item)))


def canonical_json(document: Mapping[str, object]) -> bytes:
    """Return the document as RFC 8785 canonical JSON.

    Raises InvalidInput for what that format cannot hold: a non-finite number, an integer beyond 2^53 − 1,
    a lone surrogate, or a value that is no JSON.
    """
    try:
        return rfc8785.dumps(document)  # type: ignore[arg-type]  # the library checks the shape itself
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, RecursionError) as error:
        raise InvalidInput("document", f"cannot be written as canonical JSON (RFC 8785): {error}") from error


def document_hash(salt: bytes, document: Mapping[str, object]) -> Hash32:
    """Return `keccak256(salt ‖ JCS(document))`; without the 32-byte salt the hash says nothing of the document."""
    if len(salt) != 32:
        raise InvalidInput("salt", f"must be 32 bytes, not {len(salt)}")
    return Hash32(keccak256(salt + canonical_json(document)))


def next_head(head: Hash32, entry_digest: Hash32, word: int, block_number: int, block_time: int) -> Hash32:
    """Return the record head after an entry: `keccak256(abi.encode(head, entryDigest, word, number, timestamp))`."""
    return Hash32(keccak256(head + entry_digest + _words(word, block_number, block_time)))
