"""What the events of a stream hold; an `entry` holds an EntryModel."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, Field


class StreamReadyModel(BaseModel):
    """The first event: from where on the stream gives entries."""

    block: int = Field(description="The last indexed block.")
    chain_time: str = Field(description="The chain's own clock, RFC 3339 UTC.")


class StreamRewoundModel(BaseModel):
    """The chain was rewound below what was given: load again what was built from it."""

    block: int = Field(description="The last indexed block; the stream goes on after it.")


MEDIA_TYPE: Final = "text/event-stream"
EXAMPLE: Final = """\
event: ready
id: AQAAAAAAAAAWAAAAASbrx0EvtBWqB7UDuDYJvQwm0dGq4oHUYDjmY7xVL0OBv3U9Lw
data: {"block":22,"chain_time":"2026-03-01T00:00:23Z"}

event: entry
id: AQAAAAAAAAAXAAAAAOiGnyTEYYmQ2iTmfYaTAfBjQWYY4tF3zmxoJMsPJgqwHrh5zA
data: {"block":23,"log_index":0,"time":"2026-03-01T00:00:24Z","kind":"report"}

:

"""
"""How a stream looks; the entry is cut short."""
