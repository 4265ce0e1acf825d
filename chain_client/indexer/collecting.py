"""Holding off the cyclic garbage collector while a range of events is read and planned."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_holding = 0
_was_on = False


@contextmanager
def collector_held() -> Iterator[None]:
    """Keep the collector from running until left, by every holder; it goes on then if it was on before.

    Ten thousand events are a hundred thousand objects without a cycle among them, which the collector would walk
    through again and again: a third of all the time. Counting references frees them as ever.
    """
    global _holding, _was_on  # the collector itself is one for the process
    if not _holding:
        _was_on = gc.isenabled()
        gc.disable()
    _holding += 1
    try:
        yield
    finally:
        _holding -= 1
        if _was_on and not _holding:
            gc.enable()
