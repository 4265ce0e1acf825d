"""Storage slots of the ledger's words and heads, from the slots that the artefact pins.

A mapping's value stands at `keccak256(key word ‖ mapping's slot word)` (Solidity's storage layout).
"""

from __future__ import annotations

from chain_client.bindings.artefact import ledger_artefact
from chain_client.domain.hashing import keccak256
from chain_client.domain.ids import DeliveryId, DriverNumber, MemberNumber


def _mapped(key: bytes, place: int) -> int:
    return int.from_bytes(keccak256(key + place.to_bytes(32, "big")), "big")


def _pinned(label: str) -> int:
    return ledger_artefact().slots[label]


def delivery_slot(delivery: DeliveryId) -> int:
    """Return the slot of a delivery's word (`domain.words.DeliveryWord`)."""
    return _mapped(delivery, _pinned("_deliveries"))


def driver_slot(driver: DriverNumber) -> int:
    """Return the slot of a driver's word (`domain.words.DriverWord`)."""
    return _mapped(driver.to_bytes(32, "big"), _pinned("_drivers"))


def driver_head_slot(driver: DriverNumber) -> int:
    """Return the slot of a driver's record head."""
    return _mapped(driver.to_bytes(32, "big"), _pinned("_driverHeads"))


def carrier_head_slot(carrier: MemberNumber) -> int:
    """Return the slot of a carrier's record head."""
    return _mapped(carrier.to_bytes(32, "big"), _pinned("_carrierHeads"))


def was_driver_slot(delivery: DeliveryId, driver: DriverNumber) -> int:
    """Return the slot that is 1 where a report replaced this driver on this delivery."""
    return _mapped(driver.to_bytes(32, "big"), _mapped(delivery, _pinned("_wasDriver")))
