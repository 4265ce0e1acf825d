"""The record is looked up by its indexes, and not read from end to end."""

from __future__ import annotations

from pathlib import Path

import pytest

from chain_client.store import migrate, open_store

PAGE = "SELECT * FROM entries WHERE ledger_id = 1 AND {} ORDER BY block_number, log_index LIMIT 100"


@pytest.mark.parametrize(
    ("where", "index"),
    [
        ("delivery_id = x'01'", "delivery_id_block_number_log_index"),
        ("delivery_id = x'01' AND kind = 'report'", "delivery_id_block_number_log_index"),
        ("delivery_id = x'01' AND driver = 7", "delivery_id_block_number_log_index"),
        ("driver = 7", "driver_block_number_log_index"),
        ("driver = 7 AND (block_number, log_index) > (3, 4)", "driver_block_number_log_index"),
        ("driver = 7 AND (block_number, log_index) < (3, 4)", "driver_block_number_log_index"),
        ("carrier = 7", "carrier_block_number_log_index"),
        ("shipper = 7", "shipper_block_number_log_index"),
        ("tx_hash = x'01'", "tx_hash"),
        ("tx_hash = x'01' AND (block_number, log_index) > (3, 4)", "tx_hash"),
        ("(block_number, log_index) > (3, 4)", None),
        ("kind = 'report'", None),
    ],
)
async def test_a_filter_uses_its_index(tmp_path: Path, where: str, index: str | None) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/doorstep.db"
    made = open_store(url)
    await migrate(made)
    await made.close()
    store = open_store(url)  # figures are read by new connections
    try:
        async with store.read() as connection:
            plan = (await connection.exec_driver_sql("EXPLAIN QUERY PLAN " + PAGE.format(where))).all()
    finally:
        await store.close()
    assert len(plan) == 1, "nothing is sorted"
    found = plan[0][3]
    wanted = "PRIMARY KEY" if index is None else f"ix_entries_ledger_id_{index} "
    assert wanted in found, found
