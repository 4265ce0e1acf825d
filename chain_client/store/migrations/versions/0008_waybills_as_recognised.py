"""by what a waybill is recognised, beside the waybill as it was sent."""

import sqlalchemy as sa
from alembic import op

from chain_client.domain.names import recognised_waybill

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_INDEX = "ix_waybills_ledger_id_shipper_recognised"


def upgrade() -> None:
    """Add the column; of waybills that would now be the same one, the first keeps the form and the others their own."""
    op.add_column("waybills", sa.Column("recognised", sa.Text(), nullable=True))
    connection = op.get_bind()
    taken = set()
    kept = connection.execute(
        sa.text("SELECT ledger_id, shipper, delivery_id, waybill FROM waybills WHERE waybill IS NOT NULL")
    ).all()
    update = sa.text(
        "UPDATE waybills SET recognised = :form WHERE ledger_id = :ledger AND delivery_id = :delivery"
    )
    for row in kept:
        form = recognised_waybill(row.waybill)
        if (row.ledger_id, row.shipper, form) in taken:
            form = f"{row.waybill}\n{row.delivery_id.hex()}"  # no waybill has a line feed
        taken.add((row.ledger_id, row.shipper, form))
        connection.execute(update, {"form": form, "ledger": row.ledger_id, "delivery": row.delivery_id})
    op.create_index(_INDEX, "waybills", ["ledger_id", "shipper", "recognised"], unique=True)


def downgrade() -> None:
    """Go one revision back."""
    op.drop_index(_INDEX, "waybills")
    op.drop_column("waybills", "recognised")
