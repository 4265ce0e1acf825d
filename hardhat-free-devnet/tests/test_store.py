"""The store: a map that grows under load, all or nothing, and readers that see one commit."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from doorstep_devnet.lmdb_env import LmdbEnv


def test_the_map_grows_when_it_is_full_and_keeps_everything(tmp_path: Path) -> None:
    env = LmdbEnv(tmp_path, sync=False, map_size=1 << 20)
    table = env.table(b"state")
    values = {os.urandom(32): os.urandom(5000) for _ in range(1000)}
    items = list(values.items())
    for start in range(0, 1000, 100):
        chunk = items[start : start + 100]
        env.write(lambda txn, chunk=chunk: [txn.put(key, value, db=table) for key, value in chunk])  # type: ignore[misc]
    assert env.map_size >= 1 << 22
    env.close()
    again = LmdbEnv(tmp_path, sync=False, map_size=1 << 20)
    with again.read() as txn:
        assert all(txn.get(key, db=again.table(b"state")) == value for key, value in items)
    again.close()


def test_growing_waits_for_readers_and_readers_for_growing(tmp_path: Path) -> None:
    env = LmdbEnv(tmp_path, sync=False, map_size=1 << 20)
    table = env.table(b"state")
    env.write(lambda txn: txn.put(b"known", b"value", db=table))
    stop = threading.Event()
    failures: list[BaseException] = []
    reads = 0

    def read() -> None:
        nonlocal reads
        while not stop.is_set():
            try:
                with env.read() as txn:
                    assert txn.get(b"known", db=table) == b"value"
                reads += 1
                stop.wait(0.001)
            except BaseException as error:
                failures.append(error)
                return

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(12):
        env.write(lambda txn, n=number: txn.put(n.to_bytes(4, "big"), os.urandom(400_000), db=table))  # type: ignore[misc]
    stop.set()
    for reader in readers:
        reader.join()
    env.close()
    assert not failures
    assert reads > 0


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    env = LmdbEnv(tmp_path, sync=False)
    table = env.table(b"state")

    def half(txn: object) -> None:
        txn.put(b"one", b"1", db=table)  # type: ignore[attr-defined]
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        env.write(half)
    with env.read() as txn:
        assert txn.get(b"one", db=table) is None
    env.close()


def test_a_reader_sees_one_commit(tmp_path: Path) -> None:
    env = LmdbEnv(tmp_path, sync=False)
    table = env.table(b"meta")
    env.write(lambda txn: txn.put(b"n", b"1", db=table))
    with env.read() as txn:
        assert txn.get(b"n", db=table) == b"1"
        env.write(lambda txn: txn.put(b"n", b"2", db=table))
        assert txn.get(b"n", db=table) == b"1"
    with env.read() as txn:
        assert txn.get(b"n", db=table) == b"2"
    env.close()
