"""What fails in one part of the worker ends no other, is said, and is tried again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from chain_client.domain.causes import Cause
from chain_client.health import Account, Limits, account
from chain_client.indexer.rebuild import rebuild
from scripts import worker
from scripts.datadir import LocalMember
from scripts.network import clock
from tests.end_to_end.in_process import Everything, everything
from tests.end_to_end.processes import PATIENCE

GHOST = LocalMember("Ghost", 7, 1, "ghost", "no key")


async def until(condition: Callable[[], Awaitable[bool]], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not await condition():
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.02)


async def looked(every: Everything) -> Account:
    async with every.net.store.read() as connection:
        return await account(connection, every.net.ledger_id, None, clock(), Limits())


async def test_a_key_that_cannot_be_opened_stops_its_lane_alone_until_it_can(tmp_path: Path) -> None:
    async with everything(tmp_path / "data", int(time.time())) as every:
        directory = every.net.directory
        with directory.administering():
            directory.keep_member(GHOST)

        async def missing() -> bool:
            lanes = (await looked(every)).lanes
            return any(
                one.member == 7 and one.stop and one.stop.cause == Cause.SIGNER_MISSING for one in lanes
            )

        await until(missing, "the missing key is not said")
        assert (await looked(every)).ready, "it is one member's own"
        writer = directory.ensure_key("ghost").address

        async def leads() -> bool:
            lanes = (await looked(every)).lanes
            return any(one.writer == writer and one.stop is None for one in lanes)

        await until(leads, "the lane does not start by itself")
        assert not await missing()


async def test_an_index_that_halts_ends_no_worker_and_goes_on_after_a_rebuild(tmp_path: Path) -> None:
    async with everything(tmp_path / "data", int(time.time())) as every:
        provider, net = every.provider, every.net

        async def caught_up() -> bool:
            head = (await looked(every)).head
            return (
                head is not None and head.halted is None and head.block_hash == (await net.node.head()).hash
            )

        await until(caught_up, "the index does not catch up")
        before = provider.snapshot()
        provider.mine()
        await until(caught_up, "the index does not catch up")
        provider.restore(before)
        provider.time += 100
        for _ in range(3):
            provider.mine()

        async def halted() -> bool:
            return any(one.cause == Cause.INDEX_HALTED for one in (await looked(every)).reading)

        await until(halted, "another chain below the final block is not said")
        (stop,) = [one for one in (await looked(every)).reading if one.cause == Cause.INDEX_HALTED]
        assert "doorstep rebuild" in stop.remedy
        await rebuild(net.store, net.ledger_id)
        await until(caught_up, "the index does not go on after a rebuild")
        assert (await looked(every)).ready


async def test_a_file_of_members_that_cannot_be_read_ends_nothing(tmp_path: Path) -> None:
    async with everything(tmp_path / "data", int(time.time())) as every:
        directory = every.net.directory
        path = directory.path / "credentials.json"
        path.write_text("{ half a fi")
        looks = 0
        find = directory.credentials_version

        def counted() -> tuple[int, int]:
            nonlocal looks
            looks += 1
            return find()

        directory.credentials_version = counted  # type: ignore[method-assign]

        async def again() -> bool:
            return looks > 2

        await until(again, "it is not looked at again")
        path.unlink()
        with directory.administering():
            directory.ensure_key("ghost")
            directory.keep_member(GHOST)

        async def leads() -> bool:
            return any(one.member == 7 for one in (await looked(every)).lanes)

        await until(leads, "the lane does not start once the file is whole")
    assert worker.SignerMissing.code == Cause.SIGNER_MISSING
