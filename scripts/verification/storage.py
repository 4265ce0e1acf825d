"""What the events come to against the contract's storage, proven by the state root of the record's last block."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Final

from chain_client.bindings import slots
from chain_client.domain.hashing import keccak256
from chain_client.domain.ids import ZERO_HASH, to_hex
from chain_client.indexer.replay import Replay
from scripts.verification.found import Differs, Findings
from scripts.verification.recompute import Recomputed
from scripts.verification.source import BoundedNode

_PROVEN_AT_ONCE: Final = 256
_READ_AT_ONCE: Final = 32
Advance = Callable[[int], None]
Expected = tuple[str, str, int, int]
"""Kind, name, slot, value."""


def expected(replay: Replay) -> Iterator[Expected]:
    """Yield what each word and head in the contract's storage must be."""
    for delivery, word in replay.deliveries.items():
        yield "delivery words", f"word of delivery {to_hex(delivery)}", slots.delivery_slot(delivery), word
    for driver, state in replay.drivers.items():
        yield "driver words", f"word of driver {driver}", slots.driver_slot(driver), state.pack()
        head = replay.driver_heads.get(driver, ZERO_HASH)
        yield "driver heads", f"head of driver {driver}", slots.driver_head_slot(driver), _number(head)
    for member in replay.members:
        head = replay.carrier_heads.get(member, ZERO_HASH)
        yield "carrier heads", f"head of carrier {member}", slots.carrier_head_slot(member), _number(head)


def _number(head: bytes) -> int:
    return int.from_bytes(head, "big")


async def compare(recomputed: Recomputed, findings: Findings, advance: Advance) -> None:
    """Compare every word and head with the contract's storage at the record's end; raises Differs or ProofFailed."""
    source = recomputed.source
    read, at_once = (_proven, _PROVEN_AT_ONCE) if source.proven.proves else (_stated, _READ_AT_ONCE)
    rest = expected(recomputed.replay)
    while some := list(islice(rest, at_once)):
        found = await read(source, [slot for _, _, slot, _ in some])
        for (kind, name, _, value), stored in zip(some, found, strict=True):
            findings.same("storage", name, f"0x{value:064x}", f"0x{stored:064x}", f"{kind} in storage")
        advance(len(some))


async def _proven(source: BoundedNode, wanted: list[int]) -> list[int]:
    assert source.end is not None, "the events were read to the end"
    account, values = await source.proven.storage(source.ledger.address, wanted, source.end)
    if not source.code_proven:
        code = await source.node.code(source.ledger.address, source.top.number)
        if keccak256(code) != account.code_hash:
            raise Differs("node", "hash of the ledger's code", account.code_hash, keccak256(code))
        source.code_proven = True
    return values


async def _stated(source: BoundedNode, wanted: list[int]) -> list[int]:
    reads: list[Any] = [
        source.node.storage(source.ledger.address, slot, source.top.number) for slot in wanted
    ]
    return list(await asyncio.gather(*reads))
