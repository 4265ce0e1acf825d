"""Reads blocks from the node, in order, into the index: block, rewind, final; halts loudly below finality.

Every step looks at the node's head and last final block, checks that the last indexed block is still the node's, and
then reads one range of blocks, or goes back to where the chains part. One range is one transaction, its cursor with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from chain_client.domain.causes import Cause
from chain_client.domain.errors import Broken, DoorstepError
from chain_client.domain.ids import Hash32, to_hex
from chain_client.domain.ledger import LedgerIdentity
from chain_client.domain.records import LoggedEvent
from chain_client.indexer import queries
from chain_client.indexer.chunk import plan
from chain_client.indexer.collecting import collector_held
from chain_client.indexer.reader import indexed_head
from chain_client.indexer.records import BlockRef, IndexedHead
from chain_client.indexer.rewind import rewind
from chain_client.rpc.errors import BlockUnknown
from chain_client.store import LedgerId, Store
from chain_client.store.troubles import INDEX, PartTroubles
from chain_client.waiting import until_either

_FIRST_SPAN: Final = 32
_MAX_SPAN: Final = 1 << 20
_ENOUGH: Final = 4_000
"""Events that one range should hold: large enough for bulk statements, small enough not to hold up others."""
_QUIET_AFTER: Final = 40
"""Looks in vain after which a follower looks less often: an idle service costs next to nothing."""
_OBSERVE_EVERY: Final = 1
"""Seconds after which an idle index notes that the node was seen, though nothing changed."""


class IndexHalted(Broken):
    """The node's chain differs from the indexed one at or below a final block. A person must look.

    Either the node serves another chain, or the network broke its promise of finality. Point the index to the right
    node; where that is this one, rebuild the index.
    """

    code = Cause.INDEX_HALTED


class Header(Protocol):
    """A block, as `rpc.Block` is one."""

    @property
    def number(self) -> int: ...  # noqa: D102
    @property
    def hash(self) -> Hash32: ...  # noqa: D102
    @property
    def time(self) -> int: ...  # noqa: D102


class EngineName(Protocol):
    """What `rpc.Engine` says of itself."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def version(self) -> str: ...  # noqa: D102


class Chain(Protocol):
    """What the follower asks of a node: `rpc.Node` answers it."""

    @property
    def engine(self) -> EngineName: ...  # noqa: D102
    async def head(self) -> Header: ...  # noqa: D102
    async def final(self) -> Header: ...  # noqa: D102
    async def next_time(self) -> int: ...  # noqa: D102
    async def block(self, number: int) -> Header | None: ...  # noqa: D102


class Deployed(Protocol):
    """What `bindings.Deployment` says of the ledger."""

    @property
    def identity(self) -> LedgerIdentity: ...  # noqa: D102


class Events(Protocol):
    """Where the follower reads events: `bindings.Ledger` answers it."""

    @property
    def deployment(self) -> Deployed: ...  # noqa: D102
    async def events(self, first: int, last: int) -> Sequence[LoggedEvent]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the node said at the beginning of a step."""

    head: BlockRef
    final: BlockRef
    next_time: int
    at: int


@dataclass(frozen=True, slots=True)
class _Range:
    """Blocks from `first` to `top`, and their events."""

    first: int
    top: BlockRef
    events: Sequence[LoggedEvent]


class Follower:
    """Keeps one ledger's index up with one node. One follower a ledger at a time; a second one only loses races."""

    def __init__(
        self,
        store: Store,
        node: Chain,
        ledger: Events,
        ledger_id: LedgerId,
        clock: Callable[[], float],
    ) -> None:
        """`clock` gives this machine's Unix seconds; reading begins at the ledger's deployment."""
        self._store = store
        self._node = node
        self._ledger = ledger
        self._ledger_id = ledger_id
        self._clock = clock
        self._deploy_block = ledger.deployment.identity.deploy_block
        self._span = _FIRST_SPAN
        self._ahead: asyncio.Task[_Range | None] | None = None
        self._troubles = PartTroubles(store, ledger_id, INDEX, clock)

    async def run(self, stop: asyncio.Event, poll: float, wake: asyncio.Event) -> None:
        """Follow until `stop` is set: at once while there is more to read, else every `poll` seconds or on `wake`.

        After a while of nothing new it looks four times less often.

        Whatever a node or database answers instead of what was asked is waited for, and kept as the index's trouble
        (`store.troubles`). Raises IndexHalted, having noted why in the cursor, and what else is Broken.
        """
        try:
            await self._run(stop, poll, wake)
        finally:
            await self.close()

    async def close(self) -> None:
        """Give up what is being fetched ahead; `run` does so itself. The follower may be used again."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            ahead.cancel()
            await asyncio.gather(ahead, return_exceptions=True)

    async def _run(self, stop: asyncio.Event, poll: float, wake: asyncio.Event) -> None:
        in_vain = 0
        while not stop.is_set():
            # Cleared before looking: what is mined while a step runs wakes the next one.
            wake.clear()
            try:
                more = await self.step()
                await self._troubles.well()
            except Broken:
                raise
            except DoorstepError as error:
                more = False
                await self._troubles.failed(error)
            in_vain = 0 if more or wake.is_set() else in_vain + 1
            if not more:
                await until_either(stop, wake, poll if in_vain <= _QUIET_AFTER else 4 * poll)

    async def step(self) -> bool:
        """Look at the node once, and read one range or rewind; True where the index moved and may move again.

        Raises IndexHalted where a final block changed; Unavailable (retry) where node or database do not answer.
        """
        seen = await self._look()
        async with self._store.read() as connection:
            cursor = await indexed_head(connection, self._ledger_id)
        if cursor is None:
            return await self._read(None, self._deploy_block, seen)
        if seen.head.number < cursor.final_number:
            await self._observe(cursor, seen)  # a node that is catching up itself: nothing it says is news
            return False
        if not await self._still_there(BlockRef(cursor.block_number, cursor.block_hash, 0), seen):
            return await self._go_back(cursor, seen)
        if seen.final.number == cursor.final_number and seen.final.hash != cursor.final_hash:
            await self._halt(cursor, seen)
        if seen.head.number == cursor.block_number:
            await self._observe(cursor, seen)
            return False
        return await self._read(cursor, cursor.block_number + 1, seen)

    async def _look(self) -> _Seen:
        final, head, next_time = await asyncio.gather(
            self._node.final(), self._node.head(), self._node.next_time()
        )
        # A block may have come between the answers.
        top = max(head, final, key=lambda block: block.number)
        return _Seen(_ref(top), _ref(final), max(next_time, top.time), int(self._clock()))

    async def _still_there(self, block: BlockRef, seen: _Seen) -> bool:
        if block.number == seen.head.number:
            return block.hash == seen.head.hash
        found = await self._node.block(block.number)
        return found is not None and found.hash == block.hash

    async def _read(self, cursor: IndexedHead | None, first: int, seen: _Seen) -> bool:
        found = await self._range(first, seen)
        if found is None:
            return False  # the chain became shorter since the head was seen
        if found.top.number > seen.final.number and not await self._unmoved(cursor, found.top):
            return True
        self._adapt(len(found.events), found.top.number - first + 1)
        if found.top.number < seen.final.number:
            # Final blocks do not change, so the next ones may be fetched while these are written; only final ones.
            final = replace(seen, head=seen.final)
            self._ahead = asyncio.create_task(self._fetch(found.top.number + 1, final))
        for top, events in _portions(found):
            async with self._store.read() as connection:
                with collector_held():
                    changes = await plan(connection, self._ledger_id, events)
            now = self._cursor(cursor, seen, top)
            async with self._store.write() as connection:
                if not await self._cursor_is(connection, cursor):
                    return True
                await changes.write(connection)
                await queries.set_cursor(connection, self._ledger_id, now)
            cursor = now
        return True

    async def _range(self, first: int, seen: _Seen) -> _Range | None:
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            found = await ahead
            if found is not None and found.first == first:
                return found
        return await self._fetch(first, seen)

    async def _fetch(self, first: int, seen: _Seen) -> _Range | None:
        """The next range of blocks and its events; None where the node no longer has it."""
        last = min(seen.head.number, first + self._span - 1)
        top = seen.head
        try:
            if last < top.number:
                found = await self._node.block(last)
                if found is None:
                    return None
                top = _ref(found)
            with collector_held():
                return _Range(first, top, await self._ledger.events(first, last))
        except BlockUnknown:
            return None

    async def _unmoved(self, cursor: IndexedHead | None, top: BlockRef) -> bool:
        """Whether the range just read, and the block it stands on, are still the node's."""
        ends = [top] if cursor is None else [top, BlockRef(cursor.block_number, cursor.block_hash, 0)]
        found = await asyncio.gather(*(self._node.block(end.number) for end in ends))
        return all(
            block is not None and block.hash == end.hash for block, end in zip(found, ends, strict=True)
        )

    def _adapt(self, events: int, blocks: int) -> None:
        if events > 2 * _ENOUGH:
            self._span = max(1, blocks * _ENOUGH // events)
        elif events < _ENOUGH // 2 and blocks == self._span:
            self._span = min(_MAX_SPAN, self._span * 4)

    async def _go_back(self, cursor: IndexedHead, seen: _Seen) -> bool:
        final = BlockRef(cursor.final_number, cursor.final_hash, cursor.final_time)
        if cursor.block_number <= final.number or not await self._still_there(final, seen):
            await self._halt(cursor, seen)
        async with self._store.read() as connection:
            upto = min(cursor.block_number, seen.head.number)
            stored = await queries.blocks_between(connection, self._ledger_id, final.number, upto)
        fork = final
        for block in stored:
            if await self._still_there(block, seen):
                fork = block
                break
        async with self._store.write() as connection:
            if not await self._cursor_is(connection, cursor):
                return True
            await rewind(connection, self._ledger_id, fork.number)
            await queries.set_cursor(connection, self._ledger_id, self._cursor(cursor, seen, fork))
        self._span = min(self._span, _FIRST_SPAN)
        return True

    async def _halt(self, cursor: IndexedHead, seen: _Seen) -> None:
        number = min(cursor.block_number, cursor.final_number)
        why = (
            f"The node ({seen.head.number} blocks, head {to_hex(seen.head.hash)}) has another block {number} than was "
            f"indexed, though block {cursor.final_number} ({to_hex(cursor.final_hash)}) was final. It serves another "
            "chain, or its chain went back."
        )
        async with self._store.write() as connection:
            await queries.set_halted(connection, self._ledger_id, why)
        raise IndexHalted(why)

    async def _observe(self, cursor: IndexedHead, seen: _Seen) -> None:
        now = self._cursor(cursor, seen, BlockRef(cursor.block_number, cursor.block_hash, cursor.block_time))
        if _same(now, cursor) and abs(seen.at - cursor.observed_at) < _OBSERVE_EVERY:
            return
        async with self._store.write() as connection:
            if await self._cursor_is(connection, cursor):
                await queries.set_cursor(connection, self._ledger_id, now)

    def _cursor(self, cursor: IndexedHead | None, seen: _Seen, at: BlockRef) -> IndexedHead:
        final = seen.final
        if cursor is not None and cursor.final_number > final.number:
            final = BlockRef(cursor.final_number, cursor.final_hash, cursor.final_time)
        engine = self._node.engine
        return IndexedHead(
            block_number=at.number,
            block_hash=at.hash,
            block_time=at.time,
            final_number=final.number,
            final_hash=final.hash,
            final_time=final.time,
            head_number=seen.head.number,
            chain_time=seen.next_time,
            observed_at=seen.at,
            engine=f"{engine.name}/{engine.version}"[:64],
            halted=None,
        )

    async def _cursor_is(self, connection: Any, expected: IndexedHead | None) -> bool:
        """Whether the index is where this step began: another follower may have moved it."""
        found = await indexed_head(connection, self._ledger_id)
        if found is None or expected is None:
            return found is expected
        return _same(found, expected)


def _same(one: IndexedHead, other: IndexedHead) -> bool:
    return replace(one, observed_at=0) == replace(other, observed_at=0)


def _portions(found: _Range) -> Iterator[tuple[BlockRef, Sequence[LoggedEvent]]]:
    """The range in runs of whole blocks of some thousand events: one transaction each, so as not to hold up others."""
    events, begin = found.events, 0
    while len(events) - begin > 2 * _ENOUGH:
        last = events[begin + _ENOUGH - 1].position
        end = begin + _ENOUGH
        while end < len(events) and events[end].position.block_number == last.block_number:
            end += 1
        if end == len(events):
            break
        yield BlockRef(last.block_number, last.block_hash, last.block_time), events[begin:end]
        begin = end
    yield found.top, events[begin:]


def _ref(block: Header) -> BlockRef:
    return BlockRef(block.number, block.hash, block.time)
