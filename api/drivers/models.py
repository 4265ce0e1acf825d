"""How drivers show."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from api.reputations import FigureModel, ReputationModel


class WeekModel(BaseModel):
    """Live overall ratings of one week's stops, each counting whole."""

    model_config = ConfigDict(populate_by_name=True)

    from_: str = Field(alias="from", description="The week's Monday, UTC.")
    n: int = Field(description="How many ratings.")
    mean: int | None = Field(description="Millionths; null where there is none.")


class DriverModel(BaseModel):
    """A driver: a number; who it is, only the carrier knows."""

    driver: int
    carrier: int = Field(description="Member number of the carrier that the driver works for now.")
    has_key: bool = Field(description="Whether a key is set, without which the driver cannot move.")
    reputation: ReputationModel | None = Field(default=None, description="Where it was asked for.")
    weeks: list[WeekModel] | None = Field(default=None, description="Where asked for: oldest first.")


class DriversModel(BaseModel):
    """A page of drivers by rising number."""

    drivers: list[DriverModel]
    next_cursor: str | None


class PointModel(BaseModel):
    """What the policy says of a driver at an instant."""

    as_of: str
    standing: str = Field(description="recognised, good, watch, investigate or insufficient.")
    overall: FigureModel


class SeriesModel(BaseModel):
    """A driver's standing over time, oldest first."""

    driver: int
    policy: int
    points: list[PointModel]
