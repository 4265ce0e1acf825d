"""The relay's promises: the first one for a revision stands, and there is never a second digest."""

from __future__ import annotations

import pytest

from chain_client.domain.ids import Address, Hash32
from chain_client.domain.signatures import CompactSignature
from chain_client.outbox import writer
from chain_client.outbox.records import NewReceipt, ReceiptConflict
from chain_client.store import LedgerId, Store
from tests.outbox.things import NOW, delivery

Stored = tuple[Store, LedgerId]


def receipt(number: int, digest: int, record_by: int = NOW, revision: int = 1) -> NewReceipt:
    return NewReceipt(
        delivery(number), revision, Hash32(bytes([digest]) * 32), record_by, Address(b"\x05" * 20),
        CompactSignature(bytes([digest]) * 64),
    )  # fmt: skip


async def keep(stored: Stored, new: NewReceipt) -> writer.KeptReceipt:
    async with stored[0].write() as connection:
        return await writer.keep_receipt(
            connection, stored[1], new.delivery_id, new.revision, new.digest, new.record_by, new.relay,
            new.signature,
        )  # fmt: skip


async def test_the_first_promise_stands(stored: Stored) -> None:
    first = await keep(stored, receipt(1, 7, NOW))
    assert first.record_by == NOW
    assert await keep(stored, receipt(1, 7, NOW + 100)) == first


async def test_another_digest_for_the_same_revision_is_a_conflict(stored: Stored) -> None:
    await keep(stored, receipt(1, 7))
    with pytest.raises(ReceiptConflict, match="send the next revision"):
        await keep(stored, receipt(1, 8))
    assert (await keep(stored, receipt(1, 8, revision=2))).digest == b"\x08" * 32


async def test_many_are_kept_like_one(stored: Stored) -> None:
    await keep(stored, receipt(1, 7))
    async with stored[0].write() as connection:
        answers = await writer.keep_receipts(
            connection, stored[1],
            [receipt(0, 1), receipt(1, 8), receipt(2, 2), receipt(2, 2, NOW + 5), receipt(2, 3), receipt(1, 7, NOW + 5)],
        )  # fmt: skip
    digests = [None if isinstance(answer, ReceiptConflict) else answer.digest[0] for answer in answers]
    assert digests == [1, None, 2, 2, None, 7]
    assert {answer.record_by for answer in answers if not isinstance(answer, ReceiptConflict)} == {NOW}
