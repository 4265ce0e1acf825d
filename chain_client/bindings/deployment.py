"""Where a ledger stands: what a deployment returns and what others are given to find it again."""

from __future__ import annotations

from dataclasses import dataclass

from chain_client.domain.ids import Address
from chain_client.domain.ledger import LedgerIdentity


@dataclass(frozen=True, slots=True)
class Deployment:
    """A ledger's identity and the access manager that administers it."""

    identity: LedgerIdentity
    authority: Address
