"""Where a ledger stands: what a deployment returns, and what others are given to find it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chain_client.domain.errors import InvalidInput
from chain_client.domain.ids import Address, parse_address, parse_hash, to_hex
from chain_client.domain.ledger import LedgerIdentity


@dataclass(frozen=True, slots=True)
class Deployment:
    """A ledger's identity, and the access manager that administers it."""

    identity: LedgerIdentity
    authority: Address

    def to_json(self) -> dict[str, object]:
        """Return what a file or a message holds: numbers, and bytes as 0x-hex."""
        identity = self.identity
        return {
            "chain_id": identity.chain_id,
            "genesis_hash": to_hex(identity.genesis_hash),
            "address": to_hex(identity.address),
            "deploy_block": identity.deploy_block,
            "deploy_block_hash": to_hex(identity.deploy_block_hash),
            "authority": to_hex(self.authority),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, object]) -> Deployment:
        """Return the deployment written by `to_json`; raises InvalidInput naming the field that is off."""
        identity = LedgerIdentity(
            chain_id=_number(document, "chain_id"),
            genesis_hash=parse_hash(_text(document, "genesis_hash"), "genesis_hash"),
            address=parse_address(_text(document, "address"), "address"),
            deploy_block=_number(document, "deploy_block"),
            deploy_block_hash=parse_hash(_text(document, "deploy_block_hash"), "deploy_block_hash"),
        )
        return cls(identity, parse_address(_text(document, "authority"), "authority"))


def _number(document: Mapping[str, object], field: str) -> int:
    value = document.get(field)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise InvalidInput(field, f"must be a whole number in the deployment, not {value!r}")
    return value


def _text(document: Mapping[str, object], field: str) -> str:
    value = document.get(field)
    if not isinstance(value, str):
        raise InvalidInput(field, f"must be 0x-hex in the deployment, not {value!r}")
    return value
