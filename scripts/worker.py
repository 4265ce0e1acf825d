"""The worker process: the follower and every lane whose key is in the data directory, in one event loop.

Members registered while it runs get their lanes within a second: credentials.json is looked at again and again.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from typing import Final

from chain_client.domain.ids import MemberNumber
from chain_client.indexer.follower import Follower
from chain_client.outbox.doorbell import Doorbell
from chain_client.outbox.records import RELAY as RELAY_MEMBER
from chain_client.outbox.worker import Lane
from chain_client.vault import waybills
from scripts.datadir import RELAY, DataDirectory
from scripts.network import OpenNetwork, clock, open_network

_log = logging.getLogger(__name__)
_LOOK_AGAIN: Final = 0.5
_WIPE_EVERY: Final = 60.0
_FOLLOW_POLL: Final = 0.05
_LOOK_FOR_WORK: Final = 0.02
_NODE_PATIENCE: Final = 60.0


async def run(directory: DataDirectory) -> None:
    """Work until SIGTERM or SIGINT.

    Raises what opening the network raises; IndexHalted where the chain changed below finality. Whatever was under way
    is in the database: the next worker goes on from there.
    """
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    opening = asyncio.create_task(_work(directory, stop))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({opening, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if not opening.done():
        # What is under way ends by itself, soon; a node that never answered is not waited for.
        await asyncio.wait({opening}, timeout=5.0)
        opening.cancel()
    stopping.cancel()
    await asyncio.gather(stopping, return_exceptions=True)
    if not opening.cancelled():
        await opening


async def _work(directory: DataDirectory, stop: asyncio.Event) -> None:
    async with open_network(directory, wait_seconds=_NODE_PATIENCE) as net:
        await work(net, stop)


async def work(net: OpenNetwork, stop: asyncio.Event) -> None:
    """Run follower and lanes until `stop` is set; one task's failure ends all, and is raised."""
    wake = asyncio.Event()
    bell = Doorbell(net.store, net.ledger_id, _LOOK_FOR_WORK)
    follower = Follower(net.store, net.node, net.ledger, net.ledger_id, clock)
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(follower.run(stop, _FOLLOW_POLL, wake))
            tasks.create_task(bell.run(stop))
            tasks.create_task(_keep_lanes(net, stop, wake, bell, tasks))
            tasks.create_task(_wipe(net, stop))
    except* Exception as group:
        raise group.exceptions[0] from None


async def _keep_lanes(
    net: OpenNetwork, stop: asyncio.Event, wake: asyncio.Event, bell: Doorbell, tasks: asyncio.TaskGroup
) -> None:
    running: set[int] = set()
    doorbell = Doorbell(net.store, net.ledger_id)
    tasks.create_task(doorbell.run(stop))

    def mined() -> None:
        wake.set()
        doorbell.look_now()

    def start(member: MemberNumber, key: str) -> None:
        lane = Lane(net.store, net.node, net.ledger, net.ledger_id, net.directory.signer(key), member, clock)
        tasks.create_task(lane.run(stop, mined, doorbell.of(member)), name=f"lane of member {member}")
        running.add(member)

    start(RELAY_MEMBER, RELAY)
    seen: tuple[int, int] | None = None
    while not stop.is_set():
        version = net.directory.credentials_version()
        if version != seen:
            seen = version
            for member in net.directory.credentials().members:
                if member.key is not None and member.number not in running:
                    start(member.member, member.key)
                    _log.info("lane of member %d (%s) is up", member.number, member.name)
        await _until(stop, _LOOK_AGAIN)


async def _wipe(net: OpenNetwork, stop: asyncio.Event) -> None:
    while not stop.is_set():
        async with net.store.write() as connection:
            await waybills.wipe_sealed(connection, net.ledger_id, clock())
        await _until(stop, _WIPE_EVERY)


async def _until(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
