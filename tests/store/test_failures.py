"""A database that cannot store: full, read-only, locked, moved away, damaged. Each is one error, and says which."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import event, select

from chain_client.domain.ids import Address, Hash32
from chain_client.store import (
    DatabaseCause,
    DatabaseUnavailable,
    LedgerIdentity,
    Store,
    migrate,
    open_store,
    register_ledger,
)
from chain_client.store.tables import ledgers

LEDGER = LedgerIdentity(20260, Hash32(b"\x01" * 32), Address(b"\x02" * 20), 3, Hash32(b"\x04" * 32))


@pytest.fixture
async def made(tmp_path: Path) -> Path:
    path = tmp_path / "doorstep.db"
    store = open_store(f"sqlite+aiosqlite:///{path}")
    await migrate(store)
    async with store.write() as connection:
        await register_ledger(connection, LEDGER)
    await store.close()
    return path


def opened(path: Path, *pragmas: str) -> Store:
    """A store whose connections begin with the pragmas."""
    store = open_store(f"sqlite+aiosqlite:///{path}")

    @event.listens_for(store.engine.sync_engine, "connect")
    def _prepare(connection: object, _record: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]
        for pragma in pragmas:
            cursor.execute(pragma)
        cursor.close()

    return store


async def write_much(store: Store) -> None:
    async with store.write() as connection:
        for number in range(500):
            values = {
                "chain_id": number, "genesis_hash": bytes(3000), "address": bytes(20), "deploy_block": 0,
                "deploy_block_hash": number.to_bytes(32, "big"),
            }  # fmt: skip
            await connection.execute(ledgers.insert().values(**values))


async def cause_of(store: Store) -> DatabaseCause:
    with pytest.raises(DatabaseUnavailable) as raised:
        await write_much(store)
    return raised.value.cause


async def test_a_full_database_is_unavailable_and_changes_nothing(made: Path) -> None:
    store = opened(made, "PRAGMA max_page_count = 1")
    try:
        assert await cause_of(store) is DatabaseCause.FULL
        async with store.read() as connection:
            assert len((await connection.execute(select(ledgers.c.id))).all()) == 1
    finally:
        await store.close()


async def test_a_read_only_database_is_unavailable_to_writers_alone(made: Path) -> None:
    store = opened(made, "PRAGMA query_only = ON")
    try:
        assert await cause_of(store) is DatabaseCause.READ_ONLY
        async with store.read() as connection:
            assert len((await connection.execute(select(ledgers.c.id))).all()) == 1
    finally:
        await store.close()


async def test_a_locked_database_is_unavailable(made: Path) -> None:
    holder, store = opened(made), opened(made, "PRAGMA busy_timeout = 20")
    try:
        async with holder.write():
            assert await cause_of(store) is DatabaseCause.LOCKED
        await write_much(store)
    finally:
        await holder.close()
        await store.close()


async def test_a_database_file_that_was_taken_away_is_unavailable_and_never_made_anew(made: Path) -> None:
    """An open connection would go on writing into a file that nobody can open again."""
    store = opened(made)
    try:
        async with store.write() as connection:
            await register_ledger(connection, LEDGER)
        kept = made.rename(made.with_suffix(".kept"))
        assert await cause_of(store) is DatabaseCause.GONE
        with pytest.raises(DatabaseUnavailable):
            async with store.read():
                pass
        assert not made.exists()
        # Put back, or replaced by a copy, it is opened again.
        made.write_bytes(kept.read_bytes())
        async with store.read() as connection:
            assert len((await connection.execute(select(ledgers.c.id))).all()) == 1
    finally:
        await store.close()


async def test_a_database_that_must_exist_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "none.db"
    store = open_store(f"sqlite+aiosqlite:///{path}", create=False)
    try:
        assert await cause_of(store) is DatabaseCause.GONE
        assert not path.exists()
    finally:
        await store.close()


async def test_a_damaged_database_is_unavailable(made: Path) -> None:
    size = made.stat().st_size
    made.write_bytes(made.read_bytes()[:100] + b"\xaa" * (size - 100))
    store = opened(made)
    try:
        assert await cause_of(store) is DatabaseCause.DAMAGED
    finally:
        await store.close()


async def test_a_statement_at_fault_is_no_failure_of_the_database(made: Path) -> None:
    """A programmer's error must not be answered with 'try again later'."""
    store = opened(made)
    try:
        with pytest.raises(Exception, match="syntax error") as raised:
            async with store.write() as connection:
                await connection.exec_driver_sql("SELEKT 1")
        assert not isinstance(raised.value, DatabaseUnavailable)
    finally:
        await store.close()


async def test_the_store_can_say_whether_it_can_write(made: Path) -> None:
    good, full = opened(made), opened(made, "PRAGMA query_only = ON")
    try:
        assert await good.why_unwritable() is None
        assert (await full.why_unwritable()).cause is DatabaseCause.READ_ONLY  # type: ignore[union-attr]
    finally:
        await good.close()
        await full.close()
