"""What every verb of intake works with: which ledger, whose keys, how long a promise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.domain.errors import Forbidden
from chain_client.domain.ids import Address, Hash32, MemberNumber
from chain_client.domain.records import Role
from chain_client.domain.signatures import CompactSignature
from chain_client.health import Limits
from chain_client.indexer import reader
from chain_client.store import LedgerId


class RoleMissing(Forbidden):
    """The member may not call this: the ledger knows it without the role. Do not retry until an admin gave it."""

    code = "role-missing"


class ReceiptSigner(Protocol):
    """The relay's key, as receipts need it."""

    @property
    def address(self) -> Address:
        """The relay's address."""

    def sign_digest(self, digest: Hash32) -> CompactSignature:
        """Return the signature of an EIP-712 digest."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One ledger's intake; made by `Intake`."""

    ledger_id: LedgerId
    separator: Hash32
    relay: ReceiptSigner | None
    sealing_key: bytes
    body_key: bytes
    receipt_seconds: int
    limits: Limits


async def require_role(
    connection: AsyncConnection, ledger_id: LedgerId, member: MemberNumber, roles: Role, words: str
) -> None:
    """Raise RoleMissing unless the index knows `member` with one of `roles`; `words` names them."""
    known = await reader.member(connection, ledger_id, member)
    if known is None or not known.roles & roles:
        raise RoleMissing(f"Member {member} is no {words} on this ledger (as far as it was read).")
