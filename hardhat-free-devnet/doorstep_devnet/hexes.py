"""JSON-RPC's hexadecimal values: canonical quantities, byte strings of a length, and their strict readers.

Readers raise `InvalidParams` naming what they were given; `what` names the parameter in that message.
"""

from __future__ import annotations

from .errors import InvalidParams

MAX_UINT256 = 2**256 - 1


def quantity(value: int) -> str:
    """`value` as a JSON-RPC quantity: 0x, no leading zeros, zero is 0x0."""
    return hex(value)


def data(value: bytes) -> str:
    """`value` as JSON-RPC data: 0x and two lower-case digits a byte."""
    return "0x" + value.hex()


def read_quantity(value: object, what: str, *, maximum: int = MAX_UINT256) -> int:
    """The number in a JSON-RPC quantity; a plain JSON number is accepted too, as the common clients send both."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise InvalidParams(f"{what}: expected a hex quantity such as 0x1, got {value!r}")
    if isinstance(value, str):
        if not value.startswith(("0x", "0X")) or len(value) < 3:
            raise InvalidParams(f"{what}: expected a hex quantity such as 0x1, got {value!r}")
        try:
            number = int(value[2:], 16)
        except ValueError:
            raise InvalidParams(f"{what}: not a hex quantity: {value!r}") from None
        if "_" in value or number < 0:
            raise InvalidParams(f"{what}: not a hex quantity: {value!r}")
    else:
        number = value
    if not 0 <= number <= maximum:
        # Python refuses to write numbers of thousands of digits in decimal; nobody would read them either.
        given = str(number) if number.bit_length() <= 512 else f"a number of {number.bit_length()} bits"
        raise InvalidParams(f"{what}: {given} is outside 0..{maximum}")
    return number


def read_data(value: object, what: str, *, length: int | None = None) -> bytes:
    """The bytes of JSON-RPC data, of exactly `length` bytes when given."""
    if not isinstance(value, str) or not value.startswith(("0x", "0X")):
        raise InvalidParams(f"{what}: expected hex data starting with 0x, got {value!r:.80}")
    digits = value[2:]
    if len(digits) % 2 or (not digits.isalnum() and digits):
        raise InvalidParams(f"{what}: not an even number of hex digits: {value!r:.80}")
    try:
        raw = bytes.fromhex(digits)
    except ValueError:
        raise InvalidParams(f"{what}: not hex data: {value!r:.80}") from None
    if length is not None and len(raw) != length:
        raise InvalidParams(f"{what}: expected {length} bytes, got {len(raw)}")
    return raw


def read_address(value: object, what: str) -> bytes:
    """The 20 bytes of an address."""
    return read_data(value, what, length=20)


def read_hash(value: object, what: str) -> bytes:
    """The 32 bytes of a hash."""
    return read_data(value, what, length=32)


def read_slot(value: object, what: str) -> int:
    """A storage slot: a quantity, or data of up to 32 bytes, as clients send either."""
    if isinstance(value, str) and len(value) > 66:
        raise InvalidParams(f"{what}: a slot has at most 32 bytes, got {value!r:.80}")
    if isinstance(value, str) and len(value) == 66:
        return int.from_bytes(read_data(value, what, length=32), "big")
    return read_quantity(value, what)
