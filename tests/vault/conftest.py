"""A migrated database with one ledger in it, and one more beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import insert

from chain_client.domain.ids import Address, Hash32
from chain_client.domain.ledger import LedgerIdentity
from chain_client.store import LedgerId, Store, migrate, open_store, register_ledger
from chain_client.store.tables import ledgers


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = open_store(f"sqlite+aiosqlite:///{tmp_path}/doorstep.db")
    await migrate(store)
    yield store
    await store.close()


@pytest.fixture
async def ledger_id(store: Store) -> LedgerId:
    identity = LedgerIdentity(20260, Hash32(b"\x01" * 32), Address(b"\x02" * 20), 3, Hash32(b"\x04" * 32))
    async with store.write() as connection:
        return await register_ledger(connection, identity)


@pytest.fixture
async def other_ledger(store: Store, ledger_id: LedgerId) -> LedgerId:
    """Rows of another ledger: a database holds only one, but every query must say which."""
    async with store.write() as connection:
        row = await connection.execute(
            insert(ledgers)
            .values(
                chain_id=1,
                genesis_hash=bytes(32),
                address=bytes(20),
                deploy_block=0,
                deploy_block_hash=bytes(32),
            )
            .returning(ledgers.c.id)
        )
        return LedgerId(row.scalar_one())
