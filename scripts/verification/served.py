"""Reputations computed from the chain's events against those that the API serves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from chain_client.domain.records import Role
from chain_client.reputation import reader as reputation
from chain_client.reputation.records import Reputation
from scripts.client import Api
from scripts.datadir import Credentials
from scripts.output import iso
from scripts.verification.found import Findings
from scripts.verification.recompute import Recomputed

Advance = Callable[[int], None]


async def reputations(recomputed: Recomputed) -> list[Reputation]:
    """Return every driver's, carrier's and shipper's reputation from the events, as of the last final block."""
    as_of = recomputed.source.last_final.time
    async with recomputed.store.read() as connection:
        found = await reputation.all_drivers(connection, recomputed.ledger_id, as_of=as_of)
        for member in recomputed.replay.members.values():
            if member.roles & Role.CARRIER:
                found.append(
                    await reputation.carrier(connection, recomputed.ledger_id, member.member, as_of=as_of)
                )
            if member.roles & Role.SHIPPER:
                found.append(
                    await reputation.shipper(connection, recomputed.ledger_id, member.member, as_of=as_of)
                )
    return found


async def compare(
    recomputed: Recomputed,
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
        key = _key_for(recomputed, one, credentials)
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


def _key_for(recomputed: Recomputed, one: Reputation, credentials: Credentials) -> str | None:
    owner = one.number
    if one.subject == "driver":
        owner = int(
            next(word.carrier for driver, word in recomputed.replay.drivers.items() if driver == one.number)
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
