"""SQLite is told how entries are spread over their indexes.

Without figures it takes the first column of an index to be selective. That is the ledger here, which is nearly always
the same one, so that it would read the whole record in order instead of looking a delivery up. The figures are of a
record of a million entries; the planner asks for their proportions only. PostgreSQL counts by itself.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ROWS = {
    "entries": "1000000 1000000 20 1",
    "ix_entries_ledger_id_delivery_id_block_number_log_index": "1000000 1000000 5 2 1",
    "ix_entries_ledger_id_driver_block_number_log_index": "1000000 1000000 1000 2 1",
    "ix_entries_ledger_id_carrier_block_number_log_index": "1000000 1000000 100000 20 1",
    "ix_entries_ledger_id_shipper_block_number_log_index": "1000000 1000000 50000 20 1",
    "ix_entries_ledger_id_tx_hash": "1000000 1000000 20",
}
"""Rows in all, and for each further column of the index how many share its value and those before it."""


def upgrade() -> None:
    """Go one revision on."""
    if op.get_bind().dialect.name != "sqlite":
        return
    op.execute("ANALYZE entries")  # makes the table of figures
    op.execute("DELETE FROM sqlite_stat1 WHERE tbl = 'entries'")
    for index, figures in _ROWS.items():
        op.execute(f"INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('entries', '{index}', '{figures}')")


def downgrade() -> None:
    """Go one revision back."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DELETE FROM sqlite_stat1 WHERE tbl = 'entries'")
