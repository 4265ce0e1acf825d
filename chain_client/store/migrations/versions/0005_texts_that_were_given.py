"""Whether a feedback came with its text: `verify` then expects the text to be kept."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; for rows that are there, a text that is kept was given."""
    op.add_column(
        "intents", sa.Column("document_given", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.execute(
        "UPDATE intents SET document_given = TRUE WHERE kind = 'feedback' AND EXISTS (SELECT 1 FROM documents WHERE "
        "documents.ledger_id = intents.ledger_id AND documents.delivery_id = intents.delivery_id "
        "AND documents.kind = 'content')"
    )


def downgrade() -> None:
    """Go one revision back."""
    op.drop_column("intents", "document_given")
