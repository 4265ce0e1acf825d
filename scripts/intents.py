"""`doorstep intent list|show|retry|discard`: what was accepted, and what an operator does with what does not get on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chain_client.domain.errors import InvalidInput, NotFound
from chain_client.domain.ids import MemberNumber, parse_hex, to_hex
from chain_client.domain.records import Kind
from chain_client.outbox import reader, recovery, writer
from chain_client.outbox.reader import IntentView
from chain_client.outbox.records import IntentState
from chain_client.outbox.recovery import Stuck
from scripts.datadir import DataDirectory
from scripts.network import clock, open_database
from scripts.output import Output, iso
from scripts.status import open_to_look

NOT_SETTLED = (IntentState.ACCEPTED, IntentState.SENT, IntentState.SET_ASIDE)


class NoSuchIntent(NotFound):
    """No intent of this id is known."""

    code = "no-such-intent"


def parse_ids(texts: Sequence[str]) -> list[bytes]:
    """Return intents' ids from 0x-hex; InvalidInput for anything else."""
    return [parse_hex(text, 16, "intent") for text in texts]


async def find(
    directory: DataDirectory, states: Sequence[IntentState], member: MemberNumber | None, limit: int
) -> list[IntentView]:
    """Return intents in the order of acceptance, at most `limit`."""
    async with open_to_look(directory.require()) as (store, ledger_id, _), store.read() as connection:
        return await reader.intents_in(connection, ledger_id, states, member, limit)


async def one(directory: DataDirectory, intent_id: bytes) -> IntentView:
    """Return an intent; raises NoSuchIntent."""
    async with open_to_look(directory.require()) as (store, ledger_id, _), store.read() as connection:
        found = await reader.intent(connection, ledger_id, intent_id)
    if found is None:
        raise NoSuchIntent(
            f"There is no intent {to_hex(intent_id)}; `doorstep intent list` shows those that wait."
        )
    return found


async def retry(directory: DataDirectory, intent_ids: Sequence[bytes], *, set_aside: bool) -> Stuck:
    """Queue intents again: those named, or all that were set aside. Raises InvalidInput where it is not one of the two."""
    if bool(intent_ids) == set_aside:
        raise InvalidInput("intent", "name the intents, or say --set-aside for all that were set aside")
    async with open_database(directory.require()) as (store, ledger_id), store.write() as connection:
        if set_aside:
            found = await reader.intents_in(connection, ledger_id, [IntentState.SET_ASIDE], None, None)
            intent_ids = [one.intent_id for one in found]
        return await recovery.retry(connection, ledger_id, intent_ids)


async def discard(
    directory: DataDirectory, intent_ids: Sequence[bytes], why: str
) -> tuple[Stuck, list[bytes]]:
    """Give intents up; return what became of each, and those of them that the relay had promised to record."""
    async with open_database(directory.require()) as (store, ledger_id), store.write() as connection:
        done = await recovery.discard(connection, ledger_id, intent_ids, clock(), why)
        views = [await reader.intent(connection, ledger_id, one) for one in done.changed]
        said = [one for one in views if one is not None and one.kind is Kind.FEEDBACK]
        kept = await writer.kept_receipts(connection, ledger_id, [one.delivery_id for one in said])
        promised = {receipt.digest for receipt in kept.values()}
        return done, [one.intent_id for one in said if one.key in promised]


def show(found: Sequence[IntentView], output: Output) -> None:
    """Write intents: JSON lines, or a table."""
    if output.json:
        output.lines(to_json(one) for one in found)
        return
    columns = ("intent", "member", "kind", "delivery", "state", "accepted", "why")
    rows = [
        (
            to_hex(one.intent_id), one.member, one.kind, to_hex(one.delivery_id)[:14], one.state,
            iso(one.accepted_at), one.detail or "",
        )
        for one in found
    ]  # fmt: skip
    output.table(f"{len(rows)} intents", columns, rows)


def to_json(one: IntentView) -> dict[str, Any]:
    """Return an intent as JSON; 0x-hex, RFC 3339."""
    at = one.on_chain
    return {
        "intent": to_hex(one.intent_id),
        "member": one.member,
        "kind": one.kind,
        "delivery_id": to_hex(one.delivery_id),
        "state": one.state,
        "reason": one.reason,
        "detail": one.detail,
        "accepted": iso(one.accepted_at),
        "settled": None if one.settled_at is None else iso(one.settled_at),
        "block": at and at.block_number,
        "tx_hash": at and to_hex(at.tx_hash),
        "log_index": at and at.log_index,
    }


def show_one(found: IntentView, output: Output) -> None:
    """Write one intent."""
    content = to_json(found)
    if output.json:
        output.document(content)
    else:
        rows = [(key, "–" if value is None else str(value)) for key, value in content.items()]
        output.table("Intent", ("", ""), rows)


def show_changed(done: Stuck, verb: str, output: Output, promised: Sequence[bytes] = ()) -> None:
    """Write what became of each intent; receipts whose promise is broken by it are warned of."""
    refused = {to_hex(intent): why for intent, why in done.refused.items()}
    if promised:
        output.warn(
            f"the relay had promised {len(promised)} of them: whoever holds the receipt can prove a broken promise"
        )
    if output.json:
        changed = [to_hex(intent) for intent in done.changed]
        output.document({verb: changed, "refused": refused, "promised": [to_hex(one) for one in promised]})
        return
    output.text(f"{len(done.changed)} {verb.replace('_', ' ')}")
    for intent, why in refused.items():
        output.text(f"{intent} is left as it is: {why}")
