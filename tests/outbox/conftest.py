"""A database file of its own for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from chain_client.domain.records import Item, Kind
from chain_client.domain.signatures import CompactSignature
from chain_client.outbox import packer
from chain_client.store import LedgerId, Store
from tests.outbox.lane_world import POISON, World
from tests.outbox.things import ledger_store
from tests.support.chain import SmallNetwork


@pytest.fixture
async def stored(tmp_path: Path) -> AsyncIterator[tuple[Store, LedgerId]]:
    async with ledger_store(tmp_path / "doorstep.db") as pair:
        yield pair


@pytest.fixture
async def world(tmp_path: Path, chain: SmallNetwork) -> AsyncIterator[World]:
    identity = chain.ledger.deployment.identity
    async with ledger_store(tmp_path / "doorstep.db", identity) as (store, ledger_id):
        yield World(chain, store, ledger_id)


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spoil a word of each opening or report that has the hash POISON, so that it reverts the whole call."""
    original = packer.encode_batch

    def spoiling(kind: Kind, items: Sequence[Item], signatures: Sequence[CompactSignature] = ()) -> bytes:
        calldata = bytearray(original(kind, items, signatures))
        for index, item in enumerate(items):
            if POISON in (getattr(item, "record_hash", b""), getattr(item, "evidence_hash", b"")):
                calldata[4 + 64 + 160 * index + 32 * 3] = 1
        return bytes(calldata)

    monkeypatch.setattr(packer, "encode_batch", spoiling)
