"""Answers as of a past instant, which fold deliveries again: one at a time for each caller, a few in all.

Depend on `PAST_TURN` in an endpoint that takes `as_of`. A caller is whoever sent the same key, or the same network.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from typing import Any, Final

from fastapi import Depends, Request

from api.http_protocol import network_of
from api.reputations import AsOf, parse_as_of
from api.services import Context

_PRESENT_SECONDS: Final = 60


async def _past_turn(request: Request, context: Context, as_of: AsOf = None) -> AsyncIterator[None]:
    # Before any connection to the database is taken: who waits must not hold one.
    instant = parse_as_of(as_of)
    if instant is None or instant >= context.clock() - _PRESENT_SECONDS:
        yield
        return
    key = request.headers.get("authorization")
    host = request.client.host if request.client else ""
    caller = network_of(host) if key is None else hashlib.sha256(key.encode()).hexdigest()
    async with context.past.turn(caller):
        yield


PAST_TURN: Final[Any] = Depends(_past_turn)
