"""who had which text erased, and when."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one revision on."""
    op.create_table(
        "erasures",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("ledger_id", sa.Integer(), nullable=False),
        sa.Column("delivery_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("erased_by", sa.String(length=16), nullable=False),
        sa.Column("member", sa.Integer(), nullable=True),
        sa.Column("erased_at", sa.BigInteger(), nullable=False),
        sa.Column("gone_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "erased_by IN ('recipient', 'member', 'operator')", name=op.f("ck_erasures_erased_by")
        ),
        sa.ForeignKeyConstraint(["ledger_id"], ["ledgers.id"], name=op.f("fk_erasures_ledger_id_ledgers")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    op.create_index(op.f("ix_erasures_ledger_id_delivery_id"), "erasures", ["ledger_id", "delivery_id"])
    op.create_index(op.f("ix_erasures_ledger_id_gone_at"), "erasures", ["ledger_id", "gone_at"])


def downgrade() -> None:
    """Go one revision back."""
    op.drop_table("erasures")
