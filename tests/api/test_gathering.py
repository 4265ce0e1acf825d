"""Requests that arrive together share a transaction, and no more than that."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from api.gathering import Gathering
from chain_client.intake import Answer


class Store:
    """Holds each transaction until released, and refuses a poisoned one whole."""

    def __init__(self) -> None:
        self.transactions: list[list[str]] = []
        self.open = asyncio.Semaphore(0)

    async def __call__(self, items: Sequence[str]) -> list[Answer]:
        self.transactions.append(list(items))
        await self.open.acquire()
        if "poison" in items:
            raise ValueError("poison")
        return [Answer("accepted", intent_id=item.encode()) for item in items]


async def until(condition: object) -> None:
    async with asyncio.timeout(5):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0)


def ids(answers: list[Answer]) -> list[bytes | None]:
    return [answer.intent_id for answer in answers]


async def test_what_arrives_while_one_runs_goes_together_next() -> None:
    store = Store()
    gathering = Gathering(store, most=4)
    tasks = [asyncio.create_task(gathering.submit(["a"]))]
    await until(lambda: store.transactions)
    tasks += [
        asyncio.create_task(gathering.submit(items)) for items in (["b"], ["c", "d"], ["e", "f"], ["g"])
    ]
    await until(lambda: len(gathering._waiting) == 4)
    for _ in range(4):
        store.open.release()
    answers = await asyncio.gather(*tasks)
    assert store.transactions == [["a"], ["b", "c", "d"], ["e", "f", "g"]]
    assert [ids(one) for one in answers] == [[b"a"], [b"b"], [b"c", b"d"], [b"e", b"f"], [b"g"]]


async def test_one_requests_fault_is_not_the_others() -> None:
    store = Store()
    gathering = Gathering(store, most=10)
    first = asyncio.create_task(gathering.submit(["a"]))
    await until(lambda: store.transactions)
    good, bad = (asyncio.create_task(gathering.submit([item])) for item in ("good", "poison"))
    await until(lambda: len(gathering._waiting) == 2)
    for _ in range(9):
        store.open.release()
    assert ids(await first) == [b"a"]
    assert ids(await good) == [b"good"]
    with pytest.raises(ValueError, match="poison"):
        await bad
    assert ids(await gathering.submit(["after"])) == [b"after"]


async def test_a_caller_that_goes_away_stops_nobody() -> None:
    store = Store()
    gathering = Gathering(store, most=10)
    gone = asyncio.create_task(gathering.submit(["a"]))
    await until(lambda: store.transactions)
    stays = asyncio.create_task(gathering.submit(["b"]))
    await until(lambda: len(gathering._waiting) == 1)
    gone.cancel()
    store.open.release()
    store.open.release()
    assert ids(await stays) == [b"b"]
    await gathering.close()
    assert gone.cancelled()
