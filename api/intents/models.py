"""How an intent shows."""

from __future__ import annotations

from pydantic import BaseModel, Field


class OnChainModel(BaseModel):
    """Where the ledger's event stands."""

    block: int
    tx_hash: str
    log_index: int


class IntentModel(BaseModel):
    """What became of something that was accepted."""

    intent: str = Field(description="16 bytes, 0x-hex.")
    kind: str
    delivery_id: str
    state: str = Field(
        description="accepted: waits; sent: in a transaction; recorded: on chain; rejected: the ledger said no; "
        "set_aside: its transaction reverts; the operator sees why with `doorstep intent show`, and sends it again with "
        "`doorstep intent retry`."
    )
    reason: int | None = Field(description="The contract's number, when rejected.")
    detail: str | None = Field(description="In words why it was rejected or set aside.")
    accepted_at: str = Field(description="RFC 3339 UTC, this machine's clock.")
    settled_at: str | None
    on_chain: OnChainModel | None = Field(
        description="The event: the item's own when recorded, the rejection's when rejected."
    )
