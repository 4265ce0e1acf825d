"""portions of callers' allowances of requests, shared by the API's processes."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one revision on."""
    op.create_table(
        "rate_leases",
        sa.Column("ledger_id", sa.Integer(), nullable=False),
        sa.Column("window", sa.BigInteger(), nullable=False),
        sa.Column("bucket", sa.LargeBinary(length=32), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["ledger_id"], ["ledgers.id"], name=op.f("fk_rate_leases_ledger_id_ledgers")),
        sa.PrimaryKeyConstraint("ledger_id", "window", "bucket", name=op.f("pk_rate_leases")),
    )


def downgrade() -> None:
    """Go one revision back."""
    op.drop_table("rate_leases")
