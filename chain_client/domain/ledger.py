"""What makes one ledger this one and no other."""

from __future__ import annotations

from dataclasses import dataclass

from chain_client.domain.digests import SigningDomain
from chain_client.domain.ids import Address, Hash32


@dataclass(frozen=True, slots=True)
class LedgerIdentity:
    """Chain, genesis, contract and deployment block together: an address alone may come back on another chain."""

    chain_id: int
    genesis_hash: Hash32
    address: Address
    deploy_block: int
    deploy_block_hash: Hash32

    @property
    def signing_domain(self) -> SigningDomain:
        """The EIP-712 domain of this ledger."""
        return SigningDomain(self.chain_id, self.address)
