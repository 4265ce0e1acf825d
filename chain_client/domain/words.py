"""The contract's packed storage words: one slot for a delivery, one for a driver.

Layout (least significant bit first) is the contract's:
delivery `recipientKey 160 | driver 32 | promisedBy 32 | carrier 16 | state 8 | revision 8`,
driver `key 160 | carrier 16 | nonce 32`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chain_client.domain.ids import Address, DriverNumber, MemberNumber

REPLACED: Final = 0x30
"""The two bits that count how often the named driver was replaced."""
REPLACED_ONCE: Final = 0x10
TAKEN: Final = 0x40
RATEABLE: Final = 0x80
OUTCOME_MASK: Final = 0x0F


@dataclass(frozen=True, slots=True)
class DeliveryWord:
    """A delivery's slot, unpacked. `state` is last outcome + 1 in its low 4 bits, then REPLACED, TAKEN, RATEABLE."""

    recipient_key: Address
    driver: DriverNumber
    promised_by: int
    carrier: MemberNumber
    state: int
    revision: int

    @property
    def last_outcome(self) -> int:
        """The last report's outcome; 0 while only opened."""
        return (self.state & OUTCOME_MASK) - 1

    @property
    def replaced_drivers(self) -> int:
        """How often a report replaced the named driver, 0 to 3."""
        return (self.state & REPLACED) // REPLACED_ONCE

    @property
    def taken(self) -> bool:
        """Whether the recipient's key was changed."""
        return bool(self.state & TAKEN)

    @property
    def rateable(self) -> bool:
        """Whether a report beyond 'out for delivery' was made."""
        return bool(self.state & RATEABLE)

    def pack(self) -> int:
        """Return the 256-bit word as the contract stores it."""
        return (
            int.from_bytes(self.recipient_key, "big")
            | self.driver << 160
            | self.promised_by << 192
            | self.carrier << 224
            | self.state << 240
            | self.revision << 248
        )

    @classmethod
    def unpack(cls, word: int) -> DeliveryWord | None:
        """Return the delivery of a stored word; None for 0, which is a delivery never opened."""
        if word == 0:
            return None
        return cls(
            recipient_key=Address((word & (1 << 160) - 1).to_bytes(20, "big")),
            driver=DriverNumber(word >> 160 & 0xFFFFFFFF),
            promised_by=word >> 192 & 0xFFFFFFFF,
            carrier=MemberNumber(word >> 224 & 0xFFFF),
            state=word >> 240 & 0xFF,
            revision=word >> 248 & 0xFF,
        )


@dataclass(frozen=True, slots=True)
class DriverWord:
    """A driver's slot, unpacked; key is zero until one is set, nonce counts signed key settings and moves."""

    key: Address
    carrier: MemberNumber
    nonce: int

    def pack(self) -> int:
        """Return the 256-bit word as the contract stores it."""
        return int.from_bytes(self.key, "big") | self.carrier << 160 | self.nonce << 176

    @classmethod
    def unpack(cls, word: int) -> DriverWord | None:
        """Return the driver of a stored word; None for 0, which is a number never registered."""
        if word == 0:
            return None
        return cls(
            key=Address((word & (1 << 160) - 1).to_bytes(20, "big")),
            carrier=MemberNumber(word >> 160 & 0xFFFF),
            nonce=word >> 176 & 0xFFFFFFFF,
        )
