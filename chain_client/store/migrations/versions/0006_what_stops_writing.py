"""what stops writing: the cause of a lane's halt, and what each part of the worker fails at."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one revision on."""
    op.add_column("lanes", sa.Column("halt_code", sa.String(length=40), nullable=True))
    op.create_table(
        "troubles",
        sa.Column("ledger_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["ledger_id"], ["ledgers.id"], name=op.f("fk_troubles_ledger_id_ledgers")),
        sa.PrimaryKeyConstraint("ledger_id", "part", name=op.f("pk_troubles")),
    )


def downgrade() -> None:
    """Go one revision back."""
    op.drop_table("troubles")
    op.drop_column("lanes", "halt_code")
