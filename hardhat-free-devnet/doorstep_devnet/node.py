"""A running chain: the store, the pool, the clock and the miner put together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

import orjson

from .blocks import BlockId
from .chain_store import ChainStore, ChainView
from .clock import CLOCK_KEY, Clock, ClockState
from .config import DEFAULT_CHAIN_ID, INITIAL_BALANCE, DevnetConfig
from .dir_lock import DirLock
from .engine import genesis_data
from .errors import InvalidParams, ServerError, StartError
from .events import Events
from .evm import StateDB, decode_header, open_state
from .hashing import use_fast_keccak
from .hexes import read_address
from .interrupt import Interrupted, Interruptible
from .lmdb_env import LmdbEnv
from .miner import Miner
from .pending import PendingBlocks
from .pool import Pool
from .views import block_timestamp

GENESIS_KEY = b"genesis"
SECOND = 1_000_000_000
READERS = 2
CALLERS = 4

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Genesis:
    """What makes this chain itself; stored once. `genesis_time` is None where none was asked for."""

    chain_id: int
    genesis_time: int | None


class Node:
    """Owns everything of one data directory. Made on the event loop it serves; `close` gives all back."""

    def __init__(self, config: DevnetConfig) -> None:
        """Open or make the chain; `StartError` when these arguments do not fit what is stored."""
        use_fast_keccak()
        self.allow = None if config.allow is None else _addresses(config.allow, "allow")
        config.data_dir.mkdir(parents=True, exist_ok=True)
        self._lock = DirLock(config.data_dir)
        try:
            self._env = LmdbEnv(config.data_dir, sync=config.sync)
        except BaseException:
            self._lock.release()
            raise
        self.store = ChainStore(self._env)
        try:
            genesis = _open_genesis(self.store, config)
        except BaseException:
            self._env.close()
            self._lock.release()
            raise
        self.chain_id = genesis.chain_id
        self.pool = Pool()
        self.events = Events()
        with self.store.view() as view:
            self.clock = Clock(ClockState.decode(view.meta(CLOCK_KEY)), time.time_ns)
            head_timestamp = block_timestamp(view.head())
        self.miner = Miner(
            self.store,
            self.pool,
            self.clock,
            self.chain_id,
            block_time=config.block_time,
            head_timestamp=head_timestamp,
            on_block=self.events.publish_block,
        )
        self.pending = PendingBlocks(self.pool, self.clock, self.chain_id)
        self._readers = ThreadPoolExecutor(READERS, "devnet-reader")
        self._callers = ThreadPoolExecutor(CALLERS, "devnet-caller")
        self._call_timeout = config.call_timeout
        self._jobs: set[Interruptible] = set()

    async def run(self) -> None:
        """Make blocks until cancelled."""
        await self.miner.run()

    async def in_reader(self, work: Callable[[ChainView], T]) -> T:
        """Run a read on one consistent view, off the event loop; it ends when the caller is cancelled."""
        return await self._in_thread(self._readers, work, None)

    async def in_caller(self, work: Callable[[ChainView], T], *, limited: bool) -> T:
        """Run an execution on one consistent view, beside others; `ServerError` where `limited` and it takes too long."""
        return await self._in_thread(self._callers, work, self._call_timeout if limited else None)

    async def _in_thread(
        self, pool: ThreadPoolExecutor, work: Callable[[ChainView], T], limit: float | None
    ) -> T:
        loop = asyncio.get_running_loop()
        job = Interruptible()
        timers: list[asyncio.TimerHandle] = []

        def read() -> T:
            if limit is not None:
                loop.call_soon_threadsafe(lambda: timers.append(loop.call_later(limit, job.interrupt)))
            with self.store.view() as view:
                try:
                    return job.run(lambda: work(view))
                except Interrupted:
                    raise ServerError(f"execution aborted (timeout = {limit or 0:g}s)") from None

        self._jobs.add(job)
        try:
            return await loop.run_in_executor(pool, read)
        except asyncio.CancelledError:
            job.interrupt()
            raise
        finally:
            self._jobs.discard(job)
            # A job that ended before its timer was made made it all the same: it does nothing.
            for timer in timers:
                timer.cancel()

    def at(self, view: ChainView, wanted: BlockId) -> ChainView:
        """Return the view in which `wanted` is found: with the pending block as its head when that is asked for."""
        return self.pending.over(view) if wanted.pending else view

    def account_nonce(self, view: ChainView, address: bytes) -> int:
        """How many transactions of `address` are mined."""
        return int(self.state_at(view, view.head_number()).get_nonce(address))

    def state_at(self, view: ChainView, number: int) -> Any:
        """The state after block `number`, for reading."""
        header = decode_header(view.expect_block(number).header)
        return open_state(StateDB(view), header, (), self.chain_id, header.state_root)

    def close(self) -> None:
        """Finish what is being written and read, then let go of the directory. `run` must have ended."""
        self.miner.close()
        for job in self._jobs:
            job.interrupt()
        for threads in (self._readers, self._callers):
            threads.shutdown(wait=True, cancel_futures=True)
        self._env.close()
        self._lock.release()


def _addresses(addresses: tuple[str, ...], what: str) -> frozenset[bytes]:
    try:
        return frozenset(read_address(address, what) for address in addresses)
    except InvalidParams as error:
        raise StartError(error.message) from None


def _open_genesis(store: ChainStore, config: DevnetConfig) -> Genesis:
    with store.view() as view:
        stored = view.meta(GENESIS_KEY)
    if stored is None:
        return _make_genesis(store, config)
    genesis = Genesis(**orjson.loads(stored))
    if config.chain_id is not None and config.chain_id != genesis.chain_id:
        raise StartError(
            f"{config.data_dir} holds chain {genesis.chain_id}, not chain {config.chain_id}: "
            "leave the chain id out or choose another directory"
        )
    if config.genesis_time is not None and config.genesis_time != genesis.genesis_time:
        began = "at the machine's time" if genesis.genesis_time is None else f"at {genesis.genesis_time}"
        raise StartError(
            f"{config.data_dir} holds a chain that began {began}, not at {config.genesis_time}: "
            "leave the genesis time out or choose another directory"
        )
    return genesis


def _make_genesis(store: ChainStore, config: DevnetConfig) -> Genesis:
    chain_id = DEFAULT_CHAIN_ID if config.chain_id is None else config.chain_id
    if not 0 < chain_id < 2**53:
        raise StartError(f"chain id {chain_id} is outside 1..{2**53 - 1}")
    genesis = Genesis(chain_id, config.genesis_time)
    machine = time.time_ns()
    if genesis.genesis_time is None:
        began, clock = machine // SECOND, ClockState()
    else:
        began = genesis.genesis_time
        if not 0 <= began < 2**40:
            raise StartError(f"genesis time {began} is outside 0..{2**40 - 1} (Unix seconds)")
        clock = ClockState(began * SECOND - machine, driven=True)
    owners = _addresses((*(config.allow or ()), *config.fund), "fund")
    with store.view() as view:
        first = genesis_data(began, view, chain_id, dict.fromkeys(owners, INITIAL_BALANCE))
    store.append(first, {GENESIS_KEY: orjson.dumps(asdict(genesis)), CLOCK_KEY: clock.encode()})
    return genesis
