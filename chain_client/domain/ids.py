"""Identifiers as types: 32-byte and 20-byte strings stay bytes inside, 0x-hex only at the borders."""

from __future__ import annotations

from typing import Final, NewType

from chain_client.domain.errors import InvalidInput
from chain_client.domain.hashing import keccak256

DeliveryId = NewType("DeliveryId", bytes)
"""32 bytes: the shipper's member number (2 bytes, big endian), then 30 bytes of a salted hash of the waybill."""
Address = NewType("Address", bytes)
"""20 bytes of an account or contract."""
Hash32 = NewType("Hash32", bytes)
"""A Keccak-256 hash, or 32 zero bytes where there is nothing to hash."""
MemberNumber = NewType("MemberNumber", int)
"""uint16 from 1: an organisation on the network."""
DriverNumber = NewType("DriverNumber", int)
"""uint32 from 1; 0 stands for nobody named yet."""

ZERO_HASH: Final = Hash32(bytes(32))
ZERO_ADDRESS: Final = Address(bytes(20))


def delivery_id(shipper: MemberNumber, salt: bytes, waybill: str) -> DeliveryId:
    """Return the id of the shipper's delivery: `bytes2(shipper) ‖ keccak256(salt ‖ utf8(waybill))[:30]`.

    `salt` is 32 random bytes kept beside the waybill, so that the id on chain says nothing about it.
    Raises InvalidInput for a salt of another length, an empty waybill, or a shipper outside 1..65535.
    """
    if len(salt) != 32:
        raise InvalidInput("salt", f"must be 32 bytes, not {len(salt)}")
    if not waybill:
        raise InvalidInput("waybill", "must not be empty")
    if not 0 < shipper < 1 << 16:
        raise InvalidInput("shipper", f"must be a member number from 1 to 65535, not {shipper}")
    return DeliveryId(shipper.to_bytes(2, "big") + keccak256(salt + waybill.encode())[:30])


def shipper_of(delivery: DeliveryId) -> MemberNumber:
    """Return the member number that the delivery id begins with."""
    return MemberNumber(int.from_bytes(delivery[:2], "big"))


def to_hex(value: bytes) -> str:
    """Return lower-case 0x-hex."""
    return "0x" + value.hex()


def parse_hex(text: str, length: int, field: str) -> bytes:
    """Return the `length` bytes written as 0x-hex in `text`; raises InvalidInput naming `field` otherwise."""
    digits = text[2:] if text[:2] in ("0x", "0X") else ""
    if len(digits) != 2 * length:
        raise InvalidInput(field, f"must be 0x followed by {2 * length} hex digits ({length} bytes)")
    try:
        # fromhex tolerates blanks between bytes, but the length was checked with them counted.
        raw = bytes.fromhex(digits)
    except ValueError:
        raw = b""
    if len(raw) != length:
        raise InvalidInput(field, f"must be 0x followed by {2 * length} hex digits ({length} bytes)")
    return raw


def parse_delivery_id(text: str, field: str = "delivery_id") -> DeliveryId:
    """Return the delivery id written as 0x-hex; raises InvalidInput naming `field`."""
    return DeliveryId(parse_hex(text, 32, field))


def parse_address(text: str, field: str) -> Address:
    """Return the address written as 0x-hex in any case; raises InvalidInput naming `field`.

    Mixed case is accepted without its EIP-55 checksum: members' systems write addresses in lower case.
    """
    return Address(parse_hex(text, 20, field))


def parse_hash(text: str, field: str) -> Hash32:
    """Return the 32-byte hash written as 0x-hex; raises InvalidInput naming `field`."""
    return Hash32(parse_hex(text, 32, field))
