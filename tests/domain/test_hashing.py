"""Keccak-256: the EVM's, whoever asks, from however many threads."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain_client.domain import hashing
from chain_client.domain.hashing import keccak256


@pytest.mark.parametrize(
    ("data", "hashed"),
    [
        (b"", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
        (b"testing", "5f16f4c7f149ac4f9510d9cf8cf384038ad348b3bcdc01915f95de12df9d1b02"),
    ],
)
def test_known_hashes(data: bytes, hashed: str) -> None:
    assert keccak256(data).hex() == hashed


@given(st.binary(max_size=700))
def test_both_ways_agree(data: bytes) -> None:
    assert keccak256(data) == hashing._plain(data)


def test_threads_do_not_disturb_each_other() -> None:
    wrong: list[bytes] = []

    def hash_many(thread: int) -> None:
        for number in range(2_000):
            data = bytes([thread]) * (number % 300)
            if keccak256(data) != hashing._plain(data):
                wrong.append(data)

    threads = [threading.Thread(target=hash_many, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
