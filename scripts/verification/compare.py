"""The chain's own account against storage, against the read model, and against what the API serves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from itertools import islice, zip_longest
from typing import Any, Final

from sqlalchemy import Row, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.bindings import slots
from chain_client.domain.ids import ZERO_HASH, to_hex
from chain_client.domain.records import Role
from chain_client.reputation import reader as reputation
from chain_client.reputation.records import Reputation
from chain_client.store import LedgerId
from chain_client.store.tables import DERIVED, cursors
from chain_client.vault import documents
from scripts.client import Api
from scripts.datadir import Credentials
from scripts.output import iso
from scripts.verification.found import Differs, Findings
from scripts.verification.recompute import Recomputed

_AT_ONCE: Final = 32
Advance = Callable[[int], None]
TABLES: Final = [table for table in DERIVED if table is not cursors]


def storage_expected(anew: Recomputed) -> Iterator[tuple[str, str, int, int]]:
    """Yield what each word and head in the contract's storage must be: kind, name, slot, value."""
    replay = anew.replay
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


async def with_storage(anew: Recomputed, findings: Findings, advance: Advance) -> None:
    """Compare every word and head with the contract's storage at the block; raises Differs."""
    source = anew.source
    address, block = source.ledger.address, source.top.number
    for some in _slices(storage_expected(anew)):
        found = await asyncio.gather(*(source.node.storage(address, slot, block) for _, _, slot, _ in some))
        for (kind, name, _, expected), value in zip(some, found, strict=True):
            findings.same("storage", name, f"0x{expected:064x}", f"0x{value:064x}", f"{kind} in storage")
        advance(len(some))


def _slices(items: Iterable[Any]) -> Iterator[list[Any]]:
    rest = iter(items)
    while some := list(islice(rest, _AT_ONCE)):
        yield some


async def with_read_model(
    anew: Recomputed, live: AsyncConnection, ledger_id: LedgerId, findings: Findings, advance: Advance
) -> None:
    """Compare every row of every derived table; raises Differs naming table, row and column."""
    async with anew.store.read() as connection:
        for table in TABLES:
            ours = await _rows(connection, table, anew.ledger_id)
            theirs = await _rows(live, table, ledger_id)
            _same_rows(table, ours, theirs, findings)
            advance(1)


async def _rows(connection: AsyncConnection, table: Table, ledger_id: LedgerId) -> list[Row[Any]]:
    query = select(table).where(table.c.ledger_id == ledger_id).order_by(*table.primary_key.columns)
    return list(await connection.execute(query))


def _same_rows(table: Table, ours: list[Row[Any]], theirs: list[Row[Any]], findings: Findings) -> None:
    columns = [column.name for column in table.columns if column.name != "ledger_id"]
    keys = [column.name for column in table.primary_key.columns if column.name != "ledger_id"]

    def key(row: Row[Any]) -> tuple[Any, ...]:
        return tuple(getattr(row, name) for name in keys)

    def named(row: Row[Any]) -> str:
        values = (getattr(row, name) for name in keys)
        return ", ".join(
            f"{name} {to_hex(value) if isinstance(value, bytes) else value}"
            for name, value in zip(keys, values, strict=True)
        )

    for one, other in zip_longest(ours, theirs):
        if one is None or (other is not None and key(other) < key(one)):
            raise Differs("read model", f"row of {table.name} ({named(other)})", None, "a row")
        if other is None or key(other) != key(one):
            raise Differs("read model", f"row of {table.name} ({named(one)})", "a row", None)
        for name in columns:
            if getattr(one, name) != getattr(other, name):
                what = f"{name} in {table.name} ({named(one)})"
                raise Differs("read model", what, getattr(one, name), getattr(other, name))
        findings.compared[f"rows of {table.name}"] += 1


async def with_documents(live: AsyncConnection, ledger_id: LedgerId, findings: Findings) -> None:
    """Compare every private text that is kept with its hash, which is what stands on chain; raises Differs."""
    async for one in documents.each(live, ledger_id):
        if not one.intact:
            what = f"{one.kind} of delivery {to_hex(one.delivery_id)} with the hash {to_hex(one.hash)}"
            raise Differs("private text", what, "what was hashed", "something else")
        findings.compared["private texts erased" if one.erased else "private texts"] += 1


async def reputations(anew: Recomputed) -> list[Reputation]:
    """Return every driver's, carrier's and shipper's reputation by the chain's own account, as of the last final block."""
    as_of = anew.source.last_final.time
    async with anew.store.read() as connection:
        found = await reputation.all_drivers(connection, anew.ledger_id, as_of=as_of)
        for member in anew.replay.members.values():
            if member.roles & Role.CARRIER:
                found.append(await reputation.carrier(connection, anew.ledger_id, member.member, as_of=as_of))
            if member.roles & Role.SHIPPER:
                found.append(await reputation.shipper(connection, anew.ledger_id, member.member, as_of=as_of))
    return found


async def with_api(
    anew: Recomputed,
    expected: Iterable[Reputation],
    api: Api,
    credentials: Credentials,
    public: bool,
    findings: Findings,
    advance: Advance,
) -> None:
    """Compare every reputation with what the API serves for the same instant; raises Differs."""
    unseen: dict[str, int] = {}
    for one in expected:
        key = _key_for(anew, one, credentials)
        if key is None and not public:
            unseen[one.subject] = unseen.get(one.subject, 0) + 1
        else:
            path = f"/v1/{one.subject}s/{one.number}/reputation"
            served = await api.get(path, key=key, as_of=iso(one.as_of), policy=one.policy)
            _same_document(f"reputation of {one.subject} {one.number}", one.to_json(), served, findings)
        advance(1)
    for subject, count in unseen.items():
        findings.not_compared.append(
            f"{count} {subject} reputations: no API key here may see them, and they are not public"
        )


def _key_for(anew: Recomputed, one: Reputation, credentials: Credentials) -> str | None:
    owner = one.number
    if one.subject == "driver":
        owner = int(
            next(word.carrier for driver, word in anew.replay.drivers.items() if driver == one.number)
        )
    if (member := credentials.numbered(owner)) is not None:
        return member.api_key
    reviewers = credentials.with_role(Role.REVIEWER)
    return reviewers[0].api_key if reviewers else None


def _same_document(what: str, expected: dict[str, Any], served: dict[str, Any], findings: Findings) -> None:
    for name, value in _leaves(expected):
        # The block is the last one with entries or the last one at all, as the index stood when it was asked.
        if not name.startswith("block"):
            findings.same(
                "API", f"{name} in the {what}", value, _at(served, name), "figures served by the API"
            )
    findings.compared["reputations served by the API"] += 1


def _leaves(document: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(document, dict):
        for name, value in document.items():
            yield from _leaves(value, f"{path}/{name}" if path else name)
    else:
        yield path, document


def _at(document: Any, path: str) -> Any:
    for name in path.split("/"):
        document = document.get(name) if isinstance(document, dict) else None
    return document
