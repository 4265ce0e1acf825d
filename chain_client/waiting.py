"""Waiting for whichever comes first."""

from __future__ import annotations

import asyncio


async def until_either(stop: asyncio.Event, event: asyncio.Event, seconds: float) -> None:
    """Return once `stop` or `event` is set, or after `seconds`."""
    waits = [asyncio.ensure_future(stop.wait()), asyncio.ensure_future(event.wait())]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waits:
            one.cancel()
