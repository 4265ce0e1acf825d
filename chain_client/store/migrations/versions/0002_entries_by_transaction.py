"""entries by transaction."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one revision on."""
    op.create_index(op.f("ix_entries_ledger_id_tx_hash"), "entries", ["ledger_id", "tx_hash"], unique=False)


def downgrade() -> None:
    """Go one revision back."""
    op.drop_index(op.f("ix_entries_ledger_id_tx_hash"), "entries")
