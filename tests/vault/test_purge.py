"""What was wiped leaves the database's files: the log, pages that keep copies, and whoever holds the log is named."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from chain_client.domain.ids import MemberNumber, delivery_id
from chain_client.intake import erasing
from chain_client.store import LedgerId, Store
from chain_client.vault import documents, erasures, waybills
from chain_client.vault.erasures import OPERATOR, RECIPIENT, Eraser, Wiped
from chain_client.vault.purge import Purger
from chain_client.vault.waybills import Waybill

SHIPPER = MemberNumber(1)
SALT, DOCUMENT_SALT = b"\x05" * 31 + b"\x77", b"\x06" * 31 + b"\x78"
WAYBILL = "WB-unheard-of-4711"
COMMENT = "My dog is called Rex and bites"
DELIVERY = delivery_id(SHIPPER, SALT, WAYBILL)
SEALED = b"a sealed secret, or what would be one"
NOW = 1_000


def found_in(directory: Path, *needles: bytes) -> list[str]:
    """The files of the directory that hold one of the needles."""
    return sorted(
        path.name
        for path in directory.rglob("*")
        if path.is_file() and any(needle in path.read_bytes() for needle in needles)
    )


NEEDLES = (SALT, DOCUMENT_SALT, WAYBILL.encode(), COMMENT.encode(), SEALED)


async def keep(store: Store, ledger_id: LedgerId) -> None:
    document = documents.make("content", DELIVERY, {"comment": COMMENT}, DOCUMENT_SALT)
    async with store.write() as connection:
        await documents.put(connection, ledger_id, [document])
        await waybills.keep(
            connection, ledger_id, [Waybill(DELIVERY, SHIPPER, WAYBILL, SALT, None, SEALED, 1 << 40)]
        )


async def wipe(store: Store, ledger_id: LedgerId) -> Wiped:
    async with store.write() as connection:
        return await erasing.erase_delivery(connection, ledger_id, DELIVERY, OPERATOR, NOW)


@pytest.mark.parametrize("checkpointed", [False, True], ids=["in the log", "in the file"])
async def test_what_is_erased_is_in_no_file(
    store: Store, ledger_id: LedgerId, tmp_path: Path, checkpointed: bool
) -> None:
    await keep(store, ledger_id)
    if checkpointed:
        assert await store.truncate_log()
    purger = Purger(store, ledger_id, lambda: NOW + 1)
    assert await purger.step()
    wiped = await wipe(store, ledger_id)
    assert wiped.count == 2
    assert found_in(tmp_path, *NEEDLES), "until the purge it is still there"
    number = purger.begin(wiped.traces)
    assert await purger.step()
    assert await purger.wait(number, 0)
    assert found_in(tmp_path, *NEEDLES) == []
    async with store.read() as connection:
        done = await erasures.of_delivery(connection, ledger_id, DELIVERY)
    assert [(one.kind, one.eraser, one.erased_at, one.gone_at) for one in done] == [
        ("content", OPERATOR, NOW, NOW + 1),
        ("waybill", OPERATOR, NOW, NOW + 1),
    ]


async def test_a_read_of_this_process_is_waited_for_and_named(
    store: Store, ledger_id: LedgerId, tmp_path: Path
) -> None:
    await keep(store, ledger_id)
    purger = Purger(store, ledger_id, lambda: NOW)
    await purger.step()
    async with store.read("GET /v1/history") as reading:
        await reading.execute(text("SELECT count(*) FROM documents"))
        wiped = await wipe(store, ledger_id)
        number = purger.begin(wiped.traces)
        assert not await purger.step()
        assert not await purger.wait(number, 0)
        (held,) = purger.held_by
        assert held.startswith("this process: GET /v1/history, open for ")
        assert found_in(tmp_path, *NEEDLES)
        async with store.read() as connection:
            assert (await erasures.unfinished(connection, ledger_id)).count == 2
    assert await purger.step()
    assert purger.held_by == []
    assert found_in(tmp_path, *NEEDLES) == []


@contextmanager
def reader_of(database: Path) -> Iterator[int]:
    """Another process that reads, until the end of the block."""
    program = (
        "import sqlite3, sys\n"
        "c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "c.execute('BEGIN'); c.execute('SELECT count(*) FROM documents').fetchall()\n"
        "print('reading', flush=True); sys.stdin.read()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "reading\n"
    try:
        yield process.pid
    finally:
        process.communicate()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who holds a file's locks")
async def test_a_read_of_another_process_is_waited_for_and_named(
    store: Store, ledger_id: LedgerId, tmp_path: Path
) -> None:
    await keep(store, ledger_id)
    purger = Purger(store, ledger_id, lambda: NOW)
    await purger.step()
    with reader_of(tmp_path / "doorstep.db") as pid:
        wiped = await wipe(store, ledger_id)
        purger.begin(wiped.traces)
        assert not await purger.step()
        (held,) = purger.held_by
        assert held.startswith(f"process {pid} (python")
    assert await purger.step()
    assert found_in(tmp_path, *NEEDLES) == []
    async with store.write() as connection:
        assert os.getpid() != pid
        await connection.execute(text("SELECT 1"))


async def test_the_background_task_purges_once_the_reader_has_gone(
    store: Store, ledger_id: LedgerId, tmp_path: Path
) -> None:
    await keep(store, ledger_id)
    purger = Purger(store, ledger_id, lambda: NOW)
    task = asyncio.create_task(purger.run())
    try:
        async with store.read("a long read") as reading:
            await reading.execute(text("SELECT count(*) FROM documents"))
            wiped = await wipe(store, ledger_id)
            number = purger.begin(wiped.traces)
            while not purger.held_by:
                await asyncio.sleep(0.01)
        assert await purger.wait(number, 60)
    finally:
        purger.close()
        await task
    assert found_in(tmp_path, *NEEDLES) == []


async def test_a_copy_that_a_page_kept_is_found_and_written_over(
    store: Store, ledger_id: LedgerId, tmp_path: Path
) -> None:
    await keep(store, ledger_id)
    wiped = await wipe(store, ledger_id)
    await store.truncate_log()
    # A row of the same text, deleted without overwriting: what a page split may leave behind.
    raw = sqlite3.connect(tmp_path / "doorstep.db", isolation_level=None)
    raw.execute("PRAGMA secure_delete=OFF")
    raw.execute("CREATE TABLE scratch (one)")
    raw.execute("INSERT INTO scratch VALUES (?)", (DOCUMENT_SALT,))
    raw.execute("DELETE FROM scratch")
    raw.close()
    await store.truncate_log()
    assert found_in(tmp_path, DOCUMENT_SALT) == ["doorstep.db"]
    purger = Purger(store, ledger_id, lambda: NOW)
    purger.begin(wiped.traces)
    assert await purger.step()
    assert found_in(tmp_path, *NEEDLES) == []


async def test_an_erasure_cut_short_is_finished_by_the_next_process(
    store: Store, ledger_id: LedgerId, tmp_path: Path
) -> None:
    await keep(store, ledger_id)
    await wipe(store, ledger_id)
    assert await Purger(store, ledger_id, lambda: NOW + 9).step()
    assert found_in(tmp_path, *NEEDLES) == []
    async with store.read() as connection:
        assert (await erasures.unfinished(connection, ledger_id)).count == 0


async def test_an_erasure_that_another_process_gave_up_is_finished_in_time(
    store: Store, ledger_id: LedgerId
) -> None:
    now = NOW
    purger = Purger(store, ledger_id, lambda: now)
    await purger.step()
    await keep(store, ledger_id)
    await wipe(store, ledger_id)
    assert await purger.step(), "it is the other process's for now"
    async with store.read() as connection:
        assert (await erasures.unfinished(connection, ledger_id)).count == 2
    now += 120
    assert await purger.step()
    async with store.read() as connection:
        assert (await erasures.unfinished(connection, ledger_id)).count == 0


async def test_a_sealed_link_is_wiped_when_its_time_is_over_whether_or_not_anybody_calls(
    store: Store, ledger_id: LedgerId, tmp_path: Path
) -> None:
    async with store.write() as connection:
        await waybills.keep(
            connection, ledger_id, [Waybill(DELIVERY, SHIPPER, WAYBILL, SALT, None, SEALED, NOW)]
        )
    purger = Purger(store, ledger_id, lambda: NOW - 1)
    await purger.step()
    assert found_in(tmp_path, SEALED)
    assert await Purger(store, ledger_id, lambda: NOW).step()
    assert found_in(tmp_path, SEALED) == []
    assert found_in(tmp_path, WAYBILL.encode())


async def test_erasing_again_records_nothing_new_and_keeps_who_was_first(
    store: Store, ledger_id: LedgerId, other_ledger: LedgerId
) -> None:
    await keep(store, ledger_id)
    async with store.write() as connection:
        first = await erasing.erase_comments(connection, ledger_id, DELIVERY, RECIPIENT, NOW)
        assert await erasing.erase_delivery(connection, other_ledger, DELIVERY, OPERATOR, NOW) == Wiped()
        second = await erasing.erase_delivery(
            connection, ledger_id, DELIVERY, Eraser("member", SHIPPER), NOW + 5
        )
        third = await erasing.erase_delivery(connection, ledger_id, DELIVERY, OPERATOR, NOW + 6)
        done = await erasures.of_delivery(connection, ledger_id, DELIVERY)
    assert (first.count, second.count, third.count) == (1, 1, 0)
    assert [(one.kind, one.eraser, one.erased_at) for one in done] == [
        ("content", RECIPIENT, NOW),
        ("waybill", Eraser("member", SHIPPER), NOW + 5),
    ]


async def test_errors_do_not_repeat_what_a_statement_was_given(store: Store) -> None:
    with pytest.raises(Exception, match="no such table") as caught:
        async with store.write() as connection:
            await connection.execute(text("INSERT INTO nowhere VALUES (:body)"), {"body": COMMENT})
    assert COMMENT not in str(caught.value)
