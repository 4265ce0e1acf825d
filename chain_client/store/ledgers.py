"""Which ledger the rows belong to: chain id, genesis and deployment block together, never an address alone."""

from __future__ import annotations

from typing import NewType

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.domain.errors import Broken
from chain_client.domain.ids import Address, Hash32, to_hex
from chain_client.domain.ledger import LedgerIdentity
from chain_client.store.tables import ledgers

LedgerId = NewType("LedgerId", int)


class LedgerMismatch(Broken):
    """The database holds another ledger than the one the node serves."""

    code = "ledger-mismatch"


async def register_ledger(connection: AsyncConnection, identity: LedgerIdentity) -> LedgerId:
    """Return the id of this ledger's rows, made where new.

    Raises LedgerMismatch where the database already holds rows of a different ledger: a chain that was deleted and
    begun again is another ledger, even at the same chain id and addresses. Mend by giving it a database of its own.
    """
    rows = (await connection.execute(select(ledgers))).all()
    for row in rows:
        found = LedgerIdentity(
            chain_id=row.chain_id,
            genesis_hash=Hash32(bytes(row.genesis_hash)),
            address=Address(bytes(row.address)),
            deploy_block=row.deploy_block,
            deploy_block_hash=Hash32(bytes(row.deploy_block_hash)),
        )
        if found == identity:
            return LedgerId(row.id)
    if rows:
        other = rows[-1]
        raise LedgerMismatch(
            f"This database belongs to ledger {to_hex(bytes(other.address))} deployed in block {other.deploy_block} "
            f"({to_hex(bytes(other.deploy_block_hash))}) of chain {other.chain_id}, but the node serves ledger "
            f"{to_hex(identity.address)} in block {identity.deploy_block} ({to_hex(identity.deploy_block_hash)}) of "
            f"chain {identity.chain_id}. Point to the node it belongs to, or use a new database or data directory."
        )
    result = await connection.execute(
        insert(ledgers)
        .values(
            chain_id=identity.chain_id,
            genesis_hash=identity.genesis_hash,
            address=identity.address,
            deploy_block=identity.deploy_block,
            deploy_block_hash=identity.deploy_block_hash,
        )
        .returning(ledgers.c.id)
    )
    return LedgerId(result.scalar_one())
