"""Driving the chain: time, mining on request, and going back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import orjson

from .chain_store import ChainView
from .clock import CLOCK_KEY, ClockState
from .errors import InvalidParams, ServerError
from .hexes import data, quantity, read_hash, read_quantity
from .node import Node
from .records import BlockData
from .rpc import Method, Runs, methods
from .views import block_timestamp

MAX_TIME = 2**40
MAX_BLOCKS = 10_000
SNAPSHOTS_KEY = b"snapshots"
SNAPSHOT_COUNT_KEY = b"snapshot_count"


class EvmMethods:
    """The `evm_*` methods. Each waits for a block in the making, so that it acts between two blocks."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def table(self) -> dict[str, Method]:
        """Return the methods by name: all that drive the chain, under Ganache's, anvil's and Hardhat's names."""
        return methods(
            Runs.ASYNC,
            [
                ("evm_setTime", self.set_time),
                ("evm_increaseTime", self.increase_time),
                ("evm_setNextBlockTimestamp", self.set_next_timestamp),
                ("evm_mine", self.mine),
                ("evm_snapshot", self.snapshot),
                ("evm_revert", self.revert),
                ("anvil_setTime", self.set_time),
                ("anvil_increaseTime", self.increase_time),
                ("anvil_setNextBlockTimestamp", self.set_next_timestamp),
                ("anvil_mine", self.mine_several),
                ("anvil_snapshot", self.snapshot),
                ("anvil_revert", self.revert),
                ("hardhat_mine", self.mine_several),
                ("evm_dropTransaction", self.drop),
                ("anvil_dropTransaction", self.drop),
                ("hardhat_dropTransaction", self.drop_if_waiting),
                ("anvil_dropAllTransactions", self.drop_all),
            ],
        )

    async def set_time(self, timestamp: object) -> int:
        """Set the clock to `timestamp`, which must be after the head's; answers the clock's offset in seconds."""
        wanted = self._read_time(timestamp)
        async with self._node.miner.lock:
            self._check_after_head(wanted)
            return await self._set_clock(self._node.clock.set_to(wanted))

    async def increase_time(self, seconds: object) -> int:
        """Move the clock forward; answers the clock's offset in seconds."""
        step = read_quantity(seconds, "seconds", maximum=MAX_TIME)
        async with self._node.miner.lock:
            return await self._set_clock(self._node.clock.moved_by(step))

    async def set_next_timestamp(self, timestamp: object) -> int:
        """Fix the next block's timestamp, which must be after the head's; the clock goes on from there."""
        wanted = self._read_time(timestamp)
        async with self._node.miner.lock:
            self._check_after_head(wanted)
            await self._set_clock(self._node.clock.fixed_next(wanted))
        return wanted

    async def mine(self, options: object = None) -> str:
        """Make a block of what waits, or an empty one; with a timestamp, at exactly that time."""
        timestamp, count = _mine_options(options)
        wanted = None if timestamp is None else self._read_time(timestamp)
        async with self._node.miner.lock:
            if wanted is not None:
                self._check_after_head(wanted)
                await self._set_clock(self._node.clock.fixed_next(wanted))
            for _ in range(count):
                await self._node.miner.mine_locked(allow_empty=True)
        return "0x0"

    async def mine_several(self, blocks: object = 1, interval: object = None) -> None:
        """Make `blocks` blocks of what waits, each `interval` seconds after the one before; 0 leaves that to the clock."""
        count = read_quantity(blocks, "blocks", maximum=MAX_BLOCKS)
        step = 0 if interval is None else read_quantity(interval, "interval", maximum=MAX_TIME)
        async with self._node.miner.lock:
            for number in range(count):
                if number and step:
                    await self._set_clock(self._node.clock.fixed_next(self._node.miner.head_timestamp + step))
                await self._node.miner.mine_locked(allow_empty=True)

    async def snapshot(self) -> str:
        """Remember the head and the clock; answers the snapshot's number, which this chain never gives again."""
        async with self._node.miner.lock:
            with self._node.store.view() as view:
                known = _snapshots(view)
                given = _snapshots_given(view)
                head = view.head_number()
            number = 1 + max([given, *map(int, known)])
            known[str(number)] = {"head": head, "clock": asdict(self._node.clock.state)}
            meta = {SNAPSHOTS_KEY: orjson.dumps(known), SNAPSHOT_COUNT_KEY: str(number).encode()}
            await self._node.miner.in_writer(lambda: self._node.store.put_meta(meta))
        return quantity(number)

    async def revert(self, snapshot: object) -> bool:
        """Go back to a snapshot: its head, its clock, nothing waiting. It and later ones are used up by that."""
        number = read_quantity(snapshot, "snapshot")
        miner = self._node.miner
        async with miner.lock:
            with self._node.store.view() as view:
                known = _snapshots(view)
                entry = known.get(str(number))
                if entry is None:
                    return False
                head = entry["head"]
                removed = _blocks_after(view, head)
                head_timestamp = block_timestamp(view.expect_block(head))
            kept = {key: value for key, value in known.items() if int(key) < number}
            clock = ClockState(**entry["clock"])
            meta = {SNAPSHOTS_KEY: orjson.dumps(kept), CLOCK_KEY: clock.encode()}
            await miner.in_writer(lambda: self._node.store.truncate(head, meta))
            self._node.clock.state = clock
            self._node.pool.clear()
            miner.head_timestamp = head_timestamp
            self._node.events.publish_removed(removed)
        return True

    async def drop(self, tx_hash: object) -> str | None:
        """Forget a waiting transaction; answers its hash, or null where none of that hash waits."""
        wanted = read_hash(tx_hash, "hash")
        async with self._node.miner.lock:
            return data(wanted) if self._node.pool.drop(wanted) else None

    async def drop_if_waiting(self, tx_hash: object) -> bool:
        """Forget a waiting transaction; answers whether it was waiting."""
        return await self.drop(tx_hash) is not None

    async def drop_all(self) -> None:
        """Forget everything that waits."""
        async with self._node.miner.lock:
            self._node.pool.clear()

    async def _set_clock(self, state: ClockState) -> int:
        await self._node.miner.in_writer(lambda: self._node.store.put_meta({CLOCK_KEY: state.encode()}))
        self._node.clock.state = state
        self._node.miner.wake()
        return state.offset_ns // 1_000_000_000

    def _read_time(self, value: object) -> int:
        return read_quantity(value, "timestamp (Unix seconds)", maximum=MAX_TIME)

    def _check_after_head(self, timestamp: int) -> None:
        head = self._node.miner.head_timestamp
        if timestamp <= head:
            raise ServerError(f"timestamp {timestamp} must be greater than the head's timestamp {head}")


def _mine_options(options: object) -> tuple[object, int]:
    if not isinstance(options, dict):
        return options, 1
    unknown = set(options) - {"timestamp", "blocks"}
    if unknown:
        raise InvalidParams(f"evm_mine: unknown options {sorted(unknown)}, known are timestamp and blocks")
    return options.get("timestamp"), read_quantity(options.get("blocks", 1), "blocks", maximum=MAX_BLOCKS)


def _snapshots(view: ChainView) -> dict[str, dict[str, Any]]:
    stored = view.meta(SNAPSHOTS_KEY)
    return {} if stored is None else orjson.loads(stored)


def _snapshots_given(view: ChainView) -> int:
    """Return the highest number given to a snapshot; 0 also on a chain stored before that was kept."""
    stored = view.meta(SNAPSHOT_COUNT_KEY)
    return 0 if stored is None else int(stored)


def _blocks_after(view: ChainView, head: int) -> list[BlockData]:
    return [
        BlockData(
            view.expect_block(number), tuple(view.txs(number)), tuple(view.logs_between(number, number)), {}
        )
        for number in range(view.head_number(), head, -1)
    ]
