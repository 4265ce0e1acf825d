"""What history answers in JSON."""

from __future__ import annotations

from pydantic import BaseModel, Field

from api.entries import EntryModel


class HistoryModel(BaseModel):
    """A page of the record."""

    entries: list[EntryModel] = Field(description="In chain order, or against it with `order=newest`.")
    next_cursor: str | None = Field(
        description="Give it as `cursor` for the next page; null at the end so far."
    )
    indexed_block: int | None = Field(description="The last block that this answer knows of.")
