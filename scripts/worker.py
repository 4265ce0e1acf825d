"""The worker process: the follower and every lane whose key is in the data directory, in one event loop.

Members registered while it runs get their lanes within a second: credentials.json is looked at again and again.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from typing import Final

from chain_client.domain.causes import Cause, remedy
from chain_client.domain.errors import DoorstepError, Unavailable
from chain_client.domain.ids import MemberNumber
from chain_client.indexer.follower import Follower, IndexHalted
from chain_client.outbox.doorbell import Doorbell
from chain_client.outbox.records import RELAY as RELAY_MEMBER
from chain_client.outbox.worker import Lane
from chain_client.store.troubles import PartTroubles, signer_part
from chain_client.vault import waybills
from scripts.datadir import RELAY, DataDirectory
from scripts.network import OpenNetwork, clock, open_network

_log = logging.getLogger(__name__)
_LOOK_AGAIN: Final = 0.5
_WIPE_EVERY: Final = 60.0
_LOOK_AT_HALTED: Final = 2.0
_FOLLOW_POLL: Final = 0.05
_LOOK_FOR_WORK: Final = 0.02
_NODE_PATIENCE: Final = 60.0


class SignerMissing(DoorstepError):
    """A lane's key cannot be opened. The worker tries again by itself."""

    code = Cause.SIGNER_MISSING


async def run(directory: DataDirectory) -> None:
    """Work until SIGTERM or SIGINT.

    Raises what opening the network raises. Whatever was under way is in the database: the next worker goes on from there.
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
    """Run follower and lanes until `stop` is set.

    A node, a database or a key that fails is waited for, and ends nothing else; an error that nobody foresaw ends all,
    and is raised.
    """
    wake = asyncio.Event()
    bell = Doorbell(net.store, net.ledger_id, _LOOK_FOR_WORK)
    follower = Follower(net.store, net.node, net.ledger, net.ledger_id, clock)
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_follow(follower, stop, wake))
            tasks.create_task(bell.run(stop))
            tasks.create_task(_keep_lanes(net, stop, wake, bell, tasks))
            tasks.create_task(_wipe(net, stop))
    except* Exception as group:
        raise group.exceptions[0] from None


async def _keep_lanes(
    net: OpenNetwork, stop: asyncio.Event, wake: asyncio.Event, bell: Doorbell, tasks: asyncio.TaskGroup
) -> None:
    running: dict[str, Lane] = {}
    doorbell = Doorbell(net.store, net.ledger_id)
    tasks.create_task(doorbell.run(stop))

    def mined() -> None:
        wake.set()
        doorbell.look_now()

    async def start(member: MemberNumber, key: str) -> bool:
        trouble = missing.setdefault(
            member, PartTroubles(net.store, net.ledger_id, signer_part(member), clock)
        )
        try:
            signer = net.directory.signer(key)
        except DoorstepError as error:
            await trouble.failed(
                SignerMissing(f"The key of member {member}'s lane cannot be opened: {error}")
            )
            return False
        await trouble.well()
        lane = Lane(net.store, net.node, net.ledger, net.ledger_id, signer, member, clock)
        tasks.create_task(lane.run(stop, mined, doorbell.of(member)), name=f"lane of member {member}")
        running[key] = lane
        return True

    missing: dict[MemberNumber, PartTroubles] = {}
    wanted: list[tuple[MemberNumber, str]] = [(RELAY_MEMBER, RELAY)]
    seen: tuple[int, int] | None = None
    retiring: dict[str, MemberNumber] = {}
    while not stop.is_set():
        version = net.directory.credentials_version()
        if version != seen:
            try:
                members = net.directory.credentials().members
            except DoorstepError as error:
                _log.warning("%s", error)
            else:
                seen = version
                wanted = [(RELAY_MEMBER, RELAY)]
                wanted += [(one.member, key) for one in members for key in (one.key, one.retiring) if key]
                retiring = {one.retiring: one.member for one in members if one.retiring}
        for member, key in wanted:
            if key not in running and await start(member, key):
                _log.info("lane of member %d (%s) is up", member, key)
        for key in retiring.keys() & running.keys():
            running[key].retire()
            doorbell.of(retiring.pop(key)).set()
        await _until(stop, _LOOK_AGAIN)


async def _follow(follower: Follower, stop: asyncio.Event, wake: asyncio.Event) -> None:
    """Follow the chain; an index that halts is looked at again, as its cause may be cured while this runs."""
    halted = ""
    while not stop.is_set():
        try:
            await follower.run(stop, _FOLLOW_POLL, wake)
        except IndexHalted as error:
            if str(error) != halted:
                halted = str(error)
                _log.error("%s %s", error, remedy(error.code))
            await _until(stop, _LOOK_AT_HALTED)


async def _wipe(net: OpenNetwork, stop: asyncio.Event) -> None:
    while not stop.is_set():
        try:
            async with net.store.write() as connection:
                await waybills.wipe_sealed(connection, net.ledger_id, clock())
        except Unavailable as error:
            _log.warning("secrets that ran out are not wiped yet: %s", error)
            await _until(stop, _LOOK_AGAIN)
            continue
        await _until(stop, _WIPE_EVERY)


async def _until(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
