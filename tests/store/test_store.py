"""The database: migrations give the tables, transactions are whole, and one database serves one ledger."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, insert, select
from sqlalchemy.ext.asyncio import create_async_engine

from chain_client.domain.errors import InvalidInput
from chain_client.domain.ids import Address, Hash32
from chain_client.store import (
    DatabaseUnavailable,
    LedgerIdentity,
    LedgerMismatch,
    Store,
    migrate,
    open_store,
    register_ledger,
)
from chain_client.store.tables import ledgers, metadata

LEDGER = LedgerIdentity(20260, Hash32(b"\x01" * 32), Address(b"\x02" * 20), 3, Hash32(b"\x04" * 32))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = open_store(f"sqlite+aiosqlite:///{tmp_path}/doorstep.db")
    await migrate(store)
    yield store
    await store.close()


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, metadata))


async def test_migrations_give_exactly_the_tables(store: Store) -> None:
    async with store.engine.connect() as connection:
        assert await connection.run_sync(_differences) == []


async def test_migrating_twice_changes_nothing(store: Store) -> None:
    async with store.write() as connection:
        await register_ledger(connection, LEDGER)
    await migrate(store)
    async with store.read() as connection:
        assert len((await connection.execute(select(ledgers))).all()) == 1


async def test_a_write_that_fails_leaves_nothing(store: Store) -> None:
    async def fail() -> None:
        async with store.write() as connection:
            await register_ledger(connection, LEDGER)
            raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        await fail()
    async with store.read() as connection:
        assert (await connection.execute(select(ledgers))).all() == []


async def test_writers_wait_for_each_other_instead_of_failing(store: Store) -> None:
    async with store.write() as connection:
        await register_ledger(connection, LEDGER)

    async def bump() -> None:
        async with store.write() as connection:
            found = (await connection.execute(select(ledgers.c.deploy_block))).scalar_one()
            await asyncio.sleep(0)
            await connection.execute(ledgers.update().values(deploy_block=found + 1))

    await asyncio.gather(*(bump() for _ in range(20)))
    async with store.read() as connection:
        assert (await connection.execute(select(ledgers.c.deploy_block))).scalar_one() == 23


async def test_a_read_sees_one_state_while_others_write(store: Store) -> None:
    async with store.write() as connection:
        await register_ledger(connection, LEDGER)
    async with store.read() as reader:
        before = (await reader.execute(select(ledgers.c.deploy_block))).scalar_one()
        async with store.write() as connection:
            await connection.execute(ledgers.update().values(deploy_block=99))
        assert (await reader.execute(select(ledgers.c.deploy_block))).scalar_one() == before


async def test_the_same_ledger_keeps_its_id(store: Store) -> None:
    async with store.write() as connection:
        first = await register_ledger(connection, LEDGER)
        assert await register_ledger(connection, LEDGER) == first


@pytest.mark.parametrize("field", ["chain_id", "genesis_hash", "address", "deploy_block_hash"])
async def test_another_ledger_is_refused_whatever_differs(store: Store, field: str) -> None:
    async with store.write() as connection:
        await register_ledger(connection, LEDGER)
    values: dict[str, object] = {
        "chain_id": 1,
        "genesis_hash": Hash32(b"\x09" * 32),
        "address": Address(b"\x09" * 20),
        "deploy_block_hash": Hash32(b"\x09" * 32),
    }
    other = LedgerIdentity(
        **{name: getattr(LEDGER, name) for name in LedgerIdentity.__slots__} | {field: values[field]}
    )
    with pytest.raises(LedgerMismatch, match="use a new database or data directory"):
        async with store.write() as connection:
            await register_ledger(connection, other)


async def test_rows_need_a_ledger(store: Store) -> None:
    from sqlalchemy.exc import IntegrityError

    from chain_client.store.tables import api_keys

    row = {"ledger_id": 7, "key_id": "k", "key_hash": b"h", "member": 1, "created_at": 0}
    with pytest.raises(IntegrityError):
        async with store.write() as connection:
            await connection.execute(insert(api_keys).values(row))


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://x/y", "sqlite:///x.db"])
def test_open_store_names_what_urls_it_takes(url: str) -> None:
    with pytest.raises(InvalidInput, match="database"):
        open_store(url)


async def test_a_pool_that_is_used_up_is_a_database_that_does_not_answer(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'small.db'}"
    store = Store(create_async_engine(url, pool_size=1, max_overflow=0, pool_timeout=0.01))
    async with store.read():
        with pytest.raises(DatabaseUnavailable, match="stayed in use"):
            async with store.read():
                pass
    async with store.read():
        """It is free again."""
    await store.close()
