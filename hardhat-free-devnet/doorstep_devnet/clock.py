"""The chain's clock: the machine's, moved by an offset, and the rule that gives each block its timestamp.

While nobody moves it, the chain makes at most one block a second, each at the machine's time. Once it has been moved
it is `driven`: blocks need not wait, and a block that would not be later than its parent is one second later.
All times are Unix seconds; the offset is kept in nanoseconds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

import orjson

SECOND = 1_000_000_000
CLOCK_KEY = b"clock"


@dataclass(frozen=True, slots=True)
class ClockState:
    """What is stored: the offset, whether it was ever moved, and the next block's timestamp when one was fixed."""

    offset_ns: int = 0
    driven: bool = False
    next_timestamp: int | None = None

    def encode(self) -> bytes:
        """The stored form."""
        return orjson.dumps(asdict(self))

    @classmethod
    def decode(cls, stored: bytes | None) -> ClockState:
        """What was stored, or the machine's clock."""
        return cls() if stored is None else cls(**orjson.loads(stored))


class Clock:
    """Reads and moves the chain's time. Whoever changes `state` stores it."""

    def __init__(self, state: ClockState, machine_ns: Callable[[], int]) -> None:
        self.state = state
        self._machine_ns = machine_ns

    def now(self) -> int:
        """The chain's time."""
        return (self._machine_ns() + self.state.offset_ns) // SECOND

    def wait_for_block(self, head_timestamp: int) -> float:
        """Seconds until a block may follow one at `head_timestamp`; 0 when it may now."""
        if self.state.driven or self.state.next_timestamp is not None or self.now() > head_timestamp:
            return 0.0
        into_second = (self._machine_ns() + self.state.offset_ns) % SECOND
        return (SECOND - into_second) / SECOND

    def block_timestamp(self, head_timestamp: int) -> int:
        """The timestamp of a block made now after one at `head_timestamp`."""
        if self.state.next_timestamp is not None:
            return self.state.next_timestamp
        return max(self.now(), head_timestamp + 1)

    def set_to(self, timestamp: int) -> ClockState:
        """The state in which the time is now `timestamp`, and driven."""
        return ClockState(timestamp * SECOND - self._machine_ns(), True, None)

    def moved_by(self, seconds: int) -> ClockState:
        """The state in which the time is `seconds` later, and driven."""
        return replace(self.state, offset_ns=self.state.offset_ns + seconds * SECOND, driven=True)

    def fixed_next(self, timestamp: int) -> ClockState:
        """The state in which the next block has exactly `timestamp`."""
        return replace(self.state, driven=True, next_timestamp=timestamp)

    def after_block(self, timestamp: int) -> ClockState:
        """The state once a block at `timestamp` is made: a fixed next timestamp becomes the clock's time."""
        return self.set_to(timestamp) if self.state.next_timestamp is not None else self.state
