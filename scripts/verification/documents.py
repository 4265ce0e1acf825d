"""Private texts as they are kept, against the hashes that the ledger's entries commit to: both ways."""

from __future__ import annotations

from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.domain.hashing import keccak256
from chain_client.domain.ids import DeliveryId, Hash32, delivery_id, to_hex
from chain_client.store import LedgerId
from chain_client.store.tables import documents, waybills
from chain_client.vault import erasures
from scripts.verification.found import Differs, Findings
from scripts.verification.on_chain import OnChain
from scripts.verification.outbox import Held
from scripts.verification.rows import Values, named, rows

_WHERE: Final = "private text"


async def compare(
    connection: AsyncConnection, ledger_id: LedgerId, on_chain: OnChain, held: Held, findings: Findings
) -> None:
    """Compare every text with the chain, and every hash whose text was accepted here with the texts.

    A text must hash to its hash, and an entry of its delivery and kind must commit to that hash (or an item that was
    accepted here and is not on chain). Raises Differs naming the row.
    """
    kept: set[tuple[DeliveryId, Hash32]] = set()
    recorded = {
        (one.delivery_id, one.hash)
        for one in await erasures.find(connection, ledger_id)
        if one.hash is not None
    }
    async for values in rows(connection, documents, ledger_id):
        name = f"documents ({named(documents, values)})"
        _check_text(values, name)
        key = (DeliveryId(values["delivery_id"]), Hash32(values["hash"]))
        if values["erased"] and key not in recorded:
            raise Differs(
                _WHERE,
                f"salt and body in {name}",
                "the text, or a record of who had it erased and when",
                None,
            )
        kinds = on_chain.committed.get(key) or held.commitments.get(key)
        if kinds is None:
            raise Differs(
                _WHERE, f"row of {name}", None, "a row, though no entry of its delivery commits to it"
            )
        if values["kind"] not in kinds:
            raise Differs(_WHERE, f"kind in {name}", " or ".join(sorted(kinds)), values["kind"])
        kept.add(key)
        findings.compared["private texts erased" if values["erased"] else "private texts"] += 1
    for (delivery, document_hash), intent in held.due.items():
        if (delivery, document_hash) not in kept:
            what = f"row of documents (delivery_id {to_hex(delivery)}, hash {to_hex(document_hash)})"
            raise Differs(_WHERE, what, f"the text that was accepted with {intent}", None)
    elsewhere = sum(1 for key in on_chain.committed if key not in kept)
    if elsewhere:
        findings.compared["hashes on chain whose text was never given here"] += elsewhere


def _check_text(values: Values, name: str) -> None:
    salt, body = values["salt"], values["body"]
    for column, value in (("salt", salt), ("body", body)):
        if values["erased"] and value is not None:
            raise Differs(_WHERE, f"{column} in {name}, which is erased", None, value)
        if not values["erased"] and value is None:
            raise Differs(_WHERE, f"{column} in {name}, which is not erased", "what was hashed", None)
    if not values["erased"]:
        found = keccak256(salt + body)
        if found != values["hash"]:
            raise Differs(_WHERE, f"hash of salt and body in {name}", values["hash"], found)


async def compare_waybills(connection: AsyncConnection, ledger_id: LedgerId, findings: Findings) -> None:
    """Hold every waybill that is not erased to its delivery's id, which is made of it; raises Differs."""
    async for values in rows(connection, waybills, ledger_id):
        if values["waybill"] is None or values["salt"] is None:
            continue
        found = delivery_id(values["shipper"], values["salt"], values["waybill"])
        if found != values["delivery_id"]:
            name = f"waybills ({named(waybills, values)})"
            raise Differs(_WHERE, f"delivery id of the waybill in {name}", values["delivery_id"], found)
        findings.compared["waybills"] += 1
