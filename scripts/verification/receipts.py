"""The relay's receipts as stored, against their signatures, the feedback they promise, and the chain."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.domain.digests import TYPE_HASHES, digest
from chain_client.domain.hashing import keccak256
from chain_client.domain.ids import Address, DeliveryId, Hash32, to_hex
from chain_client.domain.records import Feedback, Kind, Receipt
from chain_client.domain.signatures import CompactSignature, recover
from chain_client.store import LedgerId
from chain_client.store.tables import receipts
from scripts.output import iso
from scripts.verification.found import Differs, Findings
from scripts.verification.on_chain import OnChain
from scripts.verification.outbox import Held
from scripts.verification.rows import Values, named, rows

_WHERE: Final = "receipts"
_U32: Final = (1 << 32) - 1


async def compare(
    connection: AsyncConnection,
    ledger_id: LedgerId,
    separator: Hash32,
    relays: Collection[Address],
    held: Held,
    times: dict[Hash32, int],
    chain_time: int,
    findings: Findings,
) -> None:
    """Hold every receipt to its signature and its feedback, and every feedback accepted here to its receipt.

    `times` are the block times of feedback on chain, by digest. A promise that was not kept is no difference: it is
    counted, and the first one is named in a remark. Raises Differs naming the row.
    """
    given: set[tuple[DeliveryId, int]] = set()
    broken: list[str] = []
    async for values in rows(connection, receipts, ledger_id):
        name = f"receipts ({named(receipts, values)})"
        _check_signature(values, name, separator, relays)
        promised = Hash32(values["digest"])
        key = (DeliveryId(values["delivery_id"]), values["revision"])
        if held.feedback.get(promised) != key:
            raise Differs(_WHERE, f"feedback promised by {name}", "an intent of that digest, delivery and revision",
                          held.feedback.get(promised) and "one of another delivery or revision")  # fmt: skip
        given.add(key)
        state = _state(times.get(promised), values["record_by"], chain_time)
        findings.compared[f"receipts {state}"] += 1
        if state == "broken":
            broken.append(f"{name} promised {to_hex(promised)} on chain by {iso(values['record_by'])}")
    for delivery, revision in held.feedback.values():
        if (delivery, revision) not in given:
            what = f"row of receipts (delivery_id {to_hex(delivery)}, revision {revision})"
            raise Differs(_WHERE, what, "a row: its feedback was accepted here", None)
    if broken:
        findings.remarks.append(f"{len(broken)} receipts are broken promises; the first: {broken[0]}")


def _check_signature(values: Values, name: str, separator: Hash32, relays: Collection[Address]) -> None:
    if not 0 <= values["record_by"] <= _U32:
        raise Differs(_WHERE, f"record_by in {name}", "Unix seconds in 32 bits", values["record_by"])
    promise = Receipt(Hash32(values["digest"]), values["record_by"])
    signer = recover(digest(separator, promise), CompactSignature(values["signature"]))
    if signer != values["relay"]:
        raise Differs(_WHERE, f"signer of {name}", values["relay"], signer)
    if signer not in relays:
        raise Differs(
            _WHERE, f"relay in {name}", "an address that this service has recorded feedback with", signer
        )


def _state(recorded_at: int | None, record_by: int, chain_time: int) -> str:
    if recorded_at is not None:
        return "kept" if recorded_at <= record_by else "broken"
    return "broken" if chain_time > record_by else "not due yet"


def feedback_times(on_chain: OnChain, separator: Hash32) -> dict[Hash32, int]:
    """Return the block time of every feedback on chain, by its digest."""
    prefix = b"\x19\x01" + separator
    kind = TYPE_HASHES[Feedback]
    return {
        Hash32(keccak256(prefix + keccak256(kind + one.raw))): one.time
        for one in on_chain.recorded.values()
        if one.kind is Kind.FEEDBACK
    }
