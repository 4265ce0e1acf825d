"""How drivers show."""

from __future__ import annotations

from pydantic import BaseModel, Field

from api.reputations import ReputationModel


class DriverModel(BaseModel):
    """A driver: a number; who it is, only the carrier knows."""

    driver: int
    carrier: int = Field(description="Member number of the carrier that the driver works for now.")
    has_key: bool = Field(description="Whether a key is set, without which the driver cannot move.")
    reputation: ReputationModel | None = Field(default=None, description="Where it was asked for.")


class DriversModel(BaseModel):
    """A page of drivers by rising number."""

    drivers: list[DriverModel]
    next_cursor: str | None
