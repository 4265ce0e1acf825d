"""How a reputation shows, and the parameters that ask for one."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field

from api.times import parse_time

AsOf = Annotated[
    str | None,
    Query(description="An instant, RFC 3339 with a zone; by default the time of the last final block."),
]
PolicyNumber = Annotated[int, Query(description="Which policy; there is 1.")]


class FigureModel(BaseModel):
    """One figure of the policy."""

    low: int = Field(description="Lower bound, millionths.")
    mean: int = Field(description="Millionths.")
    high: int = Field(description="Upper bound, millionths.")
    count: int = Field(description="Effective count, thousandths: what is left of `n` after ageing.")
    n: int = Field(description="Plain count.")


class BlockModel(BaseModel):
    """The block that an answer rests on."""

    number: int
    hash: str
    time: str


class ShareModel(BaseModel):
    """A plain share."""

    part: int
    whole: int
    share: int | None = Field(description="Millionths; null where the whole is nothing.")


class ReputationModel(BaseModel):
    """What a policy says of a driver, a carrier or a shipper; the one it is about is named by its field."""

    policy: int
    driver: int | None = None
    carrier: int | None = None
    shipper: int | None = None
    as_of: str
    day: str = Field(description="The UTC day of `as_of`; ages count back from it.")
    block: BlockModel | None = Field(description="The last final block at or before `as_of`.")
    standing: str = Field(description="recognised, good, watch, investigate or insufficient.")
    reasons: list[str] = Field(description="Why, in words and numbers.")
    figures: dict[str, FigureModel]
    variants: dict[str, dict[str, FigureModel]] = Field(
        description="The same figures without the feedback of excluded stops (`without_excluded`), from feedback after "
        "a take-over alone (`after_take_over`), and for a carrier with the feedback on deliveries that it had not "
        "accepted (`with_unaccepted`)."
    )
    counts: dict[str, int] = Field(description="Plain counts over the policy's window.")
    shares: dict[str, ShareModel] = Field(
        description="Plain shares over the policy's window. Drivers and carriers: `largest_shipper`, of overall ratings. "
        "Carriers: `unnamed`, of stops, those with nobody named or a driver of insufficient standing; and of the "
        "deliveries opened, those `returned`, `refused` and `delivered_after_cancellation`."
    )
    largest_shipper: int | None = Field(
        description="Member number of the shipper that `shares.largest_shipper` is about; null without ratings."
    )


def parse_as_of(text: str | None) -> int | None:
    """Return the instant of `as_of`; raises InvalidInput naming it."""
    return None if text is None else parse_time(text, "as_of")
