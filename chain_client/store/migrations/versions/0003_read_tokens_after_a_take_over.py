"""read tokens after a take-over."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one revision on."""
    op.add_column("waybills", sa.Column("former_token_hash", sa.LargeBinary(length=32), nullable=True))


def downgrade() -> None:
    """Go one revision back."""
    op.drop_column("waybills", "former_token_hash")
