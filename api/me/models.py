"""What a member's key says of its holder."""

from __future__ import annotations

from pydantic import BaseModel, Field


class MeModel(BaseModel):
    """The calling member."""

    member: int
    name: str | None = Field(description="As registered; null while the index does not know the member yet.")
    roles: list[str] = Field(description="shipper, carrier, reviewer.")
