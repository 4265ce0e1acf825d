"""EIP-712 struct hashes and digests, document hashes, and the record heads' hash chain.

Sources: EIP-712 (typed structured data), RFC 8785 (JSON canonicalization), DeliveryLedger's interfaces.
The same vectors (`tests/vectors`) bind this module, the contract and the pages.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Final

from chain_client.domain.errors import Broken, InvalidInput
from chain_client.domain.hashing import keccak256
from chain_client.domain.ids import Address, Hash32
from chain_client.domain.json_text import canonical_json as canonical_json
from chain_client.domain.records import (
    DriverKey,
    DriverMove,
    Feedback,
    Item,
    KeyChange,
    Kind,
    Note,
    Opening,
    ReadToken,
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
    DriverKey: "DriverKey(uint32 driver,address key,uint32 nonce,uint32 deadline)",
    DriverMove: "DriverMove(uint32 driver,uint16 from,uint16 to,uint32 nonce,uint32 deadline)",
    Receipt: "Receipt(bytes32 feedbackDigest,uint32 recordBy)",
    ReadToken: "ReadToken(bytes32 deliveryId,bytes32 tokenHash)",
}
TYPE_HASHES: Final = {kind: keccak256(text.encode()) for kind, text in TYPE_STRINGS.items()}
_EIP712_DOMAIN: Final = keccak256(
    b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)

Signable = Item | DriverKey | DriverMove | Receipt | ReadToken


_ABI_TYPES: Final = {
    "bytes32": "32s",
    "address": "12x20s",
    "uint8": "31xB",
    "uint16": "30xH",
    "uint32": "28xI",
}


def _layout(kind: type) -> struct.Struct:
    """The ABI words of a type string as one packing: every field is static, so its place is fixed."""
    types = (part.split()[0] for part in TYPE_STRINGS[kind].split("(")[1].rstrip(")").split(","))
    return struct.Struct(">" + "".join(map(_ABI_TYPES.__getitem__, types)))


_LAYOUTS: Final = {kind: _layout(kind) for kind in TYPE_STRINGS}
_KINDS: Final[dict[Kind, type[Item | DriverMove]]] = {
    Kind.OPENING: Opening,
    Kind.REPORT: Report,
    Kind.FEEDBACK: Feedback,
    Kind.KEY_CHANGE: KeyChange,
    Kind.NOTE: Note,
    Kind.DRIVER_MOVE: DriverMove,
}
# Slotted dataclasses list their fields in the type string's order: one C call reads them all.
_FIELDS_OF: Final = {kind: attrgetter(*(field.name for field in fields(kind))) for kind in TYPE_STRINGS}
_HEAD: Final = struct.Struct(">32s32s32s12x20s24xQ24xQ")


def _word(value: int | bytes) -> bytes:
    if isinstance(value, bytes):
        return value.rjust(32, b"\0")
    return value.to_bytes(32, "big")


def _words(*values: int | bytes) -> bytes:
    return b"".join(map(_word, values))


def encode(item: Signable) -> bytes:
    """Return the item's fields as ABI words, in the order of its type string: also its calldata."""
    kind = type(item)
    values = _FIELDS_OF[kind](item)
    try:
        return _LAYOUTS[kind].pack(*values)
    except struct.error:
        # A number beyond its field: no contract takes it, but its words and digest are defined.
        return _words(*values)


def decode(kind: Kind, raw: bytes) -> Item | DriverMove:
    """Return the item of `kind` whose ABI words are `raw`: the inverse of `encode`.

    Raises Broken where `raw` has another number of words, or bits beyond a field: it was not written by `encode`.
    """
    made = _KINDS[kind]
    layout = _LAYOUTS[made]
    if len(raw) != layout.size:
        raise Broken(f"An item of kind {kind} has {layout.size} bytes of words, not {len(raw)}.")
    values = layout.unpack(raw)
    if layout.pack(*values) != raw:
        raise Broken(f"An item of kind {kind} has bits beyond its fields: 0x{raw.hex()}")
    return made(*values)


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


def document_hash(salt: bytes, document: Mapping[str, object]) -> Hash32:
    """Return `keccak256(salt ‖ JCS(document))`; without the 32-byte salt the hash says nothing of the document."""
    if len(salt) != 32:
        raise InvalidInput("salt", f"must be 32 bytes, not {len(salt)}")
    return Hash32(keccak256(salt + canonical_json(document)))


def next_head(
    head: Hash32, entry_digest: Hash32, slot: int, writer: Address, block_number: int, block_time: int
) -> Hash32:
    """Return the record head after an entry.

    It is `keccak256(abi.encode(head, entryDigest, word, writer, block.number, block.timestamp))`, where `slot` is
    the word: the delivery's storage slot after the entry.
    """
    packed = _HEAD.pack(head, entry_digest, slot.to_bytes(32, "big"), writer, block_number, block_time)
    return Hash32(keccak256(packed))
