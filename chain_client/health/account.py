"""What stops reading and writing: of the index, of each lane, and of the service as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.domain.causes import Cause, remedy
from chain_client.domain.ids import Address, MemberNumber, to_hex
from chain_client.indexer.reader import IndexedHead, indexed_head
from chain_client.outbox import reader as outbox
from chain_client.outbox.reader import Backlog, LaneView
from chain_client.outbox.records import RELAY
from chain_client.store import DatabaseCause, DatabaseUnavailable, LedgerId, troubles
from chain_client.store.troubles import INDEX, Trouble, lane_part, signer_part

_NONE: Final = Backlog(0, None)
_AT_ONCE: Final = frozenset(
    {Cause.SIGNER_MISSING, Cause.WRITER_NOT_ALLOWED, Cause.SENDER_NOT_ALLOWED, Cause.INSUFFICIENT_FUNDS}
)
"""Troubles of a lane that do not pass by themselves. Others stop it once they have lasted `Limits.silence_seconds`."""
_DATABASE: Final[Mapping[DatabaseCause, Cause]] = {
    DatabaseCause.FULL: Cause.DATABASE_FULL,
    DatabaseCause.READ_ONLY: Cause.DATABASE_READ_ONLY,
}


@dataclass(frozen=True, slots=True)
class Limits:
    """From when on something is stopped. All but `lag_blocks` in seconds of this machine's clock.

    `lag_blocks`: blocks that the index may be behind. `silence_seconds`: how old an observation of the chain may be, and
    how long a lane's trouble may last. `overdue_seconds`: how long an item of the relay's may wait, as receipts promise.
    """

    lag_blocks: int = 5
    silence_seconds: int = 60
    overdue_seconds: int = 3600


@dataclass(frozen=True, slots=True)
class Stop:
    """Why something stands still. `cause` is a `Cause` or the code of the error; `remedy` names a command.

    `since` is this machine's clock, Unix seconds; None where it is not known.
    """

    cause: str
    words: str
    remedy: str
    since: int | None = None

    @property
    def sentence(self) -> str:
        """What is wrong and what to do."""
        return f"{self.words} {self.remedy}"


@dataclass(frozen=True, slots=True)
class LaneHealth:
    """A lane: what waits for it, and what stops it. `writer` is None where its key cannot be opened."""

    writer: Address | None
    member: MemberNumber
    in_flight: int
    waiting: Backlog
    halted: str | None
    stop: Stop | None


@dataclass(frozen=True, slots=True)
class Account:
    """Everything that stands still. `reading` stops answers from being current, `writing` what recipients sign.

    A member's own lane that stops is in `lanes` alone: others go on.
    """

    head: IndexedHead | None
    reading: Sequence[Stop]
    writing: Sequence[Stop]
    lanes: Sequence[LaneHealth]
    waiting: Backlog

    @property
    def stops(self) -> list[Stop]:
        """All that makes the service not ready, each once."""
        return list(dict.fromkeys((*self.reading, *self.writing)))

    @property
    def ready(self) -> bool:
        """Whether answers are current and what recipients sign is recorded."""
        return not self.reading and not self.writing


def chain_time(head: IndexedHead, now: int) -> int:
    """Return the chain's time now, Unix seconds: as last observed, and what has passed here since."""
    return head.chain_time + max(0, now - head.observed_at)


def observation_stop(head: IndexedHead | None, now: int, limits: Limits) -> Stop | None:
    """Return why nothing can be judged by the chain as it was last observed; None where it can.

    An index that is only some blocks behind is no reason: what it lacks is among the pending items.
    """
    if head is None:
        return _stop(Cause.INDEX_EMPTY, "The ledger has not been read yet.")
    if head.halted is not None:
        return _stop(Cause.INDEX_HALTED, f"Reading the ledger is halted: {head.halted}")
    if head.head_number < head.final_number:
        return _stop(
            Cause.CHAIN_BEHIND,
            f"The node's chain ends at block {head.head_number}, but block {head.final_number} was final: the node is "
            "catching up, or its chain was restored from an older copy.",
        )
    silent = abs(now - head.observed_at)
    if silent > limits.silence_seconds:
        words = f"The worker has not looked at the node for {silent} seconds."
        return _stop(Cause.WORKER_SILENT, words, since=min(now, head.observed_at))
    return None


async def relay_stop(
    connection: AsyncConnection, ledger_id: LedgerId, relay: Address | None, now: int, limits: Limits
) -> Stop | None:
    """Return why what recipients sign cannot be recorded now; None where it can. A few look-ups.

    `relay` is the address that signs receipts: its lane is the one that counts; None: any lane of the relay's.
    """
    lanes = [one for one in await outbox.lane_views(connection, ledger_id) if one.member == RELAY]
    found = _of_parts(await troubles.current(connection, ledger_id), now, limits)
    oldest = await outbox.oldest_waiting(connection, ledger_id, RELAY)
    return _relay_stop(lanes, found, relay, oldest, now, limits)


async def account(
    connection: AsyncConnection,
    ledger_id: LedgerId,
    relay: Address | None,
    now: int,
    limits: Limits,
    unwritable: DatabaseUnavailable | None = None,
) -> Account:
    """Return all that stands still. `unwritable` is what `Store.why_unwritable` says, where it was asked."""
    head = await indexed_head(connection, ledger_id)
    lanes = await outbox.lane_views(connection, ledger_id)
    waiting = await outbox.backlogs(connection, ledger_id)
    found = _of_parts(await troubles.current(connection, ledger_id), now, limits)
    reading = _reading(head, found.get(INDEX), now, limits)
    writing = []
    if unwritable is not None:
        cause = _DATABASE.get(unwritable.cause, Cause.DATABASE_UNAVAILABLE)
        writing.append(_stop(cause, f"The database cannot store: {unwritable.cause}."))
    own = [one for one in lanes if one.member == RELAY]
    oldest = waiting.get(RELAY, _NONE).oldest_at
    if (stop := _relay_stop(own, found, relay, oldest, now, limits)) is not None:
        writing.append(stop)
    if (stale := observation_stop(head, now, limits)) is not None:
        writing.append(stale)
    shown = [
        LaneHealth(
            one.writer,
            one.member,
            one.in_flight,
            waiting.get(one.member, _NONE),
            one.halted,
            _lane_stop(one, found, now, limits),
        )
        for one in lanes
    ]
    known = {one.member for one in lanes}
    for trouble in found.values():
        member = _signers_member(trouble)
        if member is not None and member not in known:
            stop = _of_trouble(trouble, "0x…")
            shown.append(LaneHealth(None, member, 0, waiting.get(member, _NONE), None, stop))
    total = Backlog(
        sum(one.waiting for one in waiting.values()),
        min((one.oldest_at for one in waiting.values() if one.oldest_at is not None), default=None),
    )
    return Account(head, reading, writing, shown, total)


def _stop(cause: Cause, words: str, writer: str = "0x…", since: int | None = None) -> Stop:
    return Stop(cause, words, remedy(cause, writer), since)


def _of_trouble(trouble: Trouble, writer: str) -> Stop:
    return Stop(trouble.code, trouble.words, remedy(trouble.code, writer), trouble.since)


def _of_parts(found: Sequence[Trouble], now: int, limits: Limits) -> dict[str, Trouble]:
    """The troubles of a worker that runs: one that ended does not renew its own."""
    return {one.part: one for one in found if abs(now - one.seen_at) <= limits.silence_seconds}


def _reading(head: IndexedHead | None, trouble: Trouble | None, now: int, limits: Limits) -> list[Stop]:
    stops = []
    if (stale := observation_stop(head, now, limits)) is not None:
        # A worker that is there and says what it fails at is not silent.
        of_worker = stale.cause in (Cause.WORKER_SILENT, Cause.INDEX_EMPTY)
        stops.append(_of_trouble(trouble, "0x…") if trouble is not None and of_worker else stale)
    if head is not None and head.lag > limits.lag_blocks:
        stops.append(_stop(Cause.INDEX_BEHIND, f"The index is {head.lag} blocks behind the node."))
    return stops


def _relay_stop(
    lanes: Sequence[LaneView],
    found: Mapping[str, Trouble],
    relay: Address | None,
    oldest: int | None,
    now: int,
    limits: Limits,
) -> Stop | None:
    own = [one for one in lanes if one.writer == relay] if relay is not None else list(lanes)
    stops = [_lane_stop(one, found, now, limits) for one in own]
    if stops and all(stop is not None for stop in stops):
        return stops[0]
    missing = found.get(signer_part(RELAY))
    if missing is not None:
        return _of_trouble(missing, "0x…" if relay is None else to_hex(relay))
    waited = 0 if oldest is None else now - oldest
    if waited > limits.overdue_seconds:
        words = f"What recipients signed has waited {waited} seconds, longer than receipts promise."
        return _stop(Cause.OVERDUE, words, since=oldest)
    return None


def _lane_stop(lane: LaneView, found: Mapping[str, Trouble], now: int, limits: Limits) -> Stop | None:
    writer = to_hex(lane.writer)
    if lane.halted is not None:
        cause = lane.halt_code or Cause.BATCH_MISMATCH
        return Stop(cause, f"The lane is halted: {lane.halted}", remedy(cause, writer))
    trouble = found.get(lane_part(lane.writer)) or found.get(signer_part(lane.member))
    if trouble is None:
        return None
    lasts = now - trouble.since > limits.silence_seconds
    return _of_trouble(trouble, writer) if lasts or trouble.code in _AT_ONCE else None


def _signers_member(trouble: Trouble) -> MemberNumber | None:
    kind, _, number = trouble.part.partition(" ")
    return MemberNumber(int(number)) if kind == signer_part(MemberNumber(0)).split(" ")[0] else None
