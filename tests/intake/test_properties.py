"""For any sequence of calls: intake answers as the ledger would, in bulk as one by one, and repeats change nothing.

The oracle is the paper ledger itself: what it holds, what waits put on it in order, then the item, by the rules.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from chain_client.domain.digests import digest
from chain_client.domain.ids import ZERO_HASH, DeliveryId, DriverNumber, MemberNumber, delivery_id
from chain_client.domain.records import DAY, Feedback, Item, KeyChange, Opening, Reason, Report
from chain_client.domain.signatures import sign
from chain_client.intake import (
    Answer,
    DeliveryRequest,
    FeedbackRequest,
    KeyChangeRequest,
    ReportRequest,
    code_of,
)
from chain_client.intake.expected import current_head
from chain_client.store import open_store
from chain_client.store.tables import intents
from tests.intake.paper import CARRIER, RIVAL, SALT, SHIPPER, START, House, State, address, secret

Request = DeliveryRequest | ReportRequest | FeedbackRequest | KeyChangeRequest
WAYBILLS = ("WB 1", "WB 2", "WB 3")
IDS = tuple(delivery_id(SHIPPER, SALT, name) for name in WAYBILLS)
KEYS = ("anna", "anna's phone", "mallory")
SOME = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@dataclass(frozen=True)
class Call:
    """Requests of one kind by one caller."""

    member: MemberNumber
    requests: tuple[Request, ...]


@dataclass(frozen=True)
class Pass:
    """What happens between calls."""

    what: str
    seconds: int = 0


def deliveries() -> st.SearchStrategy[DeliveryId]:
    return st.sampled_from((*IDS[:1] * 12, *IDS))


openings = st.builds(
    lambda name, carrier, ahead, key: DeliveryRequest(
        name, MemberNumber(carrier), START + ahead, None, address(key), ZERO_HASH, SALT
    ),
    st.sampled_from((*WAYBILLS, *WAYBILLS[1:])),
    st.sampled_from((CARRIER,) * 6 + (RIVAL, SHIPPER)),
    st.sampled_from((2 * DAY,) * 6 + (0, 400 * DAY)),
    st.just("anna"),
)
reports = st.builds(
    lambda delivery, outcome, driver, at: ReportRequest(delivery, outcome, DriverNumber(driver), START + at),
    deliveries(),
    st.sampled_from((1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 5, 6, 7, 8)),
    st.sampled_from((1, 1, 1, 2, 2, 3, 0, 4)),
    st.sampled_from((*range(12), 60, DAY, 9 * DAY)),
)


@st.composite
def feedbacks(draw: st.DrawFn) -> FeedbackRequest:
    item = Feedback(
        draw(deliveries()),
        DriverNumber(draw(st.sampled_from((0, 0, 0, 1, 1, 1, 2, 3)))),
        draw(st.sampled_from((5, 4, 3, 2, 1, 6))),
        0,
        0,
        0,
        0,
        draw(st.sampled_from((0,) * 7 + (1 << 11,))),
        ZERO_HASH,
        draw(st.sampled_from((1, 1, 1, 2, 2, 2, 3, 3, 4, 0))),
    )
    return FeedbackRequest(item, draw(st.sampled_from(KEYS[:1] * 8 + KEYS)).encode())


key_changes = st.builds(
    lambda delivery, to, by: KeyChangeRequest(delivery, address(to), by.encode()),
    deliveries(),
    st.sampled_from(KEYS + KEYS[1:] * 3),
    st.sampled_from(KEYS[:1] * 3 + KEYS),
)
calls = st.one_of(
    st.builds(Call, st.just(SHIPPER), st.lists(openings, min_size=1, max_size=3).map(tuple)),
    st.builds(
        Call,
        st.sampled_from((CARRIER,) * 8 + (SHIPPER, RIVAL)),
        st.lists(reports, min_size=1, max_size=5).map(tuple),
    ),
    st.builds(Call, st.just(MemberNumber(0)), st.lists(feedbacks(), min_size=1, max_size=5).map(tuple)),
    st.builds(Call, st.just(MemberNumber(0)), st.lists(key_changes, min_size=1, max_size=2).map(tuple)),
)
passes = st.one_of(
    st.builds(Pass, st.sampled_from(("mine", "index", "again"))),
    st.builds(Pass, st.just("wait"), st.sampled_from((60, 60, DAY, 2 * DAY, 8 * DAY))),
)
first_calls = (
    Call(
        SHIPPER,
        (DeliveryRequest("WB 1", CARRIER, START + 2 * DAY, None, address("anna"), ZERO_HASH, SALT),),
    ),
    Call(CARRIER, (ReportRequest(IDS[0], 2, DriverNumber(1), START),)),
    Call(CARRIER, (ReportRequest(IDS[0], 3, DriverNumber(2), START),)),
)
stories = st.builds(
    lambda first, rest: [*first_calls[:first], *rest],
    st.integers(1, 3),
    st.lists(st.one_of(calls, calls, passes), max_size=14),
)


def signed(house: House, request: Request) -> Request:
    """The request as its sender signs it for this house's ledger; the strategies only name who signs."""
    if isinstance(request, FeedbackRequest) and len(request.signature) < 64:
        hashed = digest(house.paper.separator, request.feedback)
        return replace(request, signature=sign(secret(request.signature.decode()), hashed))
    if isinstance(request, KeyChangeRequest) and len(request.signature) < 64:
        hashed = digest(house.paper.separator, KeyChange(request.delivery_id, request.new_key))
        return replace(request, signature=sign(secret(request.signature.decode()), hashed))
    return request


def item_of(request: Request) -> Item:
    match request:
        case DeliveryRequest():
            key = request.recipient_key
            assert key is not None
            made = delivery_id(SHIPPER, SALT, request.waybill)
            return Opening(made, key, request.carrier, request.promised_by, ZERO_HASH)
        case ReportRequest():
            return Report(
                request.delivery_id, request.driver, request.outcome, request.occurred_at, ZERO_HASH
            )
        case FeedbackRequest():
            return request.feedback
        case KeyChangeRequest():
            return KeyChange(request.delivery_id, request.new_key)


async def send(house: House, call: Call) -> list[Answer]:
    requests = tuple(signed(house, request) for request in call.requests)
    first = requests[0]
    verb: Callable[..., Awaitable[list[Answer]]]
    if isinstance(first, FeedbackRequest):
        return await house.feedback(*requests)  # type: ignore[arg-type]
    if isinstance(first, KeyChangeRequest):
        return await house.change_keys(*requests)  # type: ignore[arg-type]
    verb = house.open if isinstance(first, DeliveryRequest) else house.report
    return await verb(*requests, member=call.member)


T = TypeVar("T")


async def in_house(empty: bytes, act: Callable[[House], Awaitable[T]]) -> T:
    with TemporaryDirectory() as directory:
        path = Path(directory, "doorstep.db")
        path.write_bytes(empty)
        store = open_store(f"sqlite+aiosqlite:///{path}")
        try:
            async with store.engine.begin() as connection:
                await connection.exec_driver_sql("PRAGMA synchronous=OFF")
            return await act(await House.of(store))
        finally:
            await store.close()


@dataclass
class Oracle:
    """What the ledger would say, and what was accepted under which key."""

    house: House
    accepted: dict[tuple[object, ...], tuple[Item, bytes]] = field(default_factory=dict)

    def key(self, call: Call, request: Request) -> tuple[object, ...]:
        match request:
            case DeliveryRequest():
                return "opening", call.member, request.waybill
            case ReportRequest():
                return "report", call.member, item_of(request)
            case _:
                return "signed", item_of(request)

    async def say(self, call: Call) -> list[str]:
        """The status or refusal code of each item of the call."""
        house = self.house
        async with house.store.read() as connection:
            rows = {row.id: row for row in await connection.execute(select(intents))}
            now = (await current_head(connection, house.ledger_id)).chain_time
        members = {intent_id: row.member for intent_id, row in rows.items()}
        state = house.ahead(members, await house.waiting(), now)
        said, new = [], dict[tuple[object, ...], Item]()
        signatures = dict[tuple[object, ...], bytes | None]()
        for request in call.requests:
            key, item = self.key(call, request), item_of(request)
            known = self.accepted.get(key)
            if key in new and new[key] == item and self._signature(request) != signatures[key]:
                said.append(self._judge(state, call, request, item, now))
                assert said[-1] != "accepted", "two signers of one item"
            elif key in new:
                said.append("duplicate" if new[key] == item else "conflict")
            elif known is not None and not self._curable(rows[known[1]], request):
                said.append("duplicate" if known[0] == item else "conflict")
            elif known is not None and known[0] != item:
                said.append("conflict")
            else:
                said.append(self._judge(state, call, request, item, now))
                if said[-1] == "accepted":
                    new[key], signatures[key] = item, self._signature(request)
        return said

    def _curable(self, row: Any, request: Request) -> bool:
        signature = self._signature(request)
        if signature is not None and row.payload[-64:] != signature:
            return True  # somebody else's words, or the same person's with another key: judged like any other
        curable = {Reason.REVISION} if signature is not None else set()
        return row.state == "rejected" and (Reason(row.reason).curable or row.reason in curable)

    def _signature(self, request: Request) -> bytes | None:
        made = signed(self.house, request)
        return made.signature if isinstance(made, FeedbackRequest | KeyChangeRequest) else None

    def _judge(self, state: State, call: Call, request: Request, item: Item, now: int) -> str:
        signer = None
        if isinstance(request, FeedbackRequest | KeyChangeRequest):
            made = signed(self.house, request)
            assert isinstance(made, FeedbackRequest | KeyChangeRequest)
            signer = self.house.paper.signer_of(item, made.signature)  # type: ignore[arg-type]
            word = state.words.get(item.delivery_id)
            if word is not None and signer != word.recipient_key:
                return code_of(
                    Reason.BAD_SIGNATURE
                )  # before anything else that could be said of the delivery
        reason = state.put(item, call.member, signer, now)
        return "accepted" if reason is None else code_of(reason)

    def heard(self, call: Call, answers: Sequence[Answer]) -> None:
        for request, answer in zip(call.requests, answers, strict=True):
            key = self.key(call, request)
            if answer.status == "accepted":
                assert answer.intent_id is not None
                before = self.accepted.get(key)
                assert before is None or before[1] == answer.intent_id, "queued again under the same id"
                self.accepted[key] = item_of(request), answer.intent_id
            elif answer.status == "duplicate":
                assert answer.intent_id == self.accepted[key][1], "the same intent"


def shown(answer: Answer) -> str:
    return answer.status if answer.refusal is None else answer.refusal.code


async def between(house: House, step: Pass) -> None:
    match step.what:
        case "mine":
            await house.mine()
        case "index":
            await house.index()
        case "wait":
            house.paper.time += step.seconds
            await house.index()


@SOME
@given(story=stories)
def test_intake_answers_as_the_ledger_would(empty_database: bytes, story: list[Call | Pass]) -> None:
    async def run(house: House) -> None:
        oracle, sent = Oracle(house), list[Call]()
        for step in story:
            if isinstance(step, Pass) and step.what != "again":
                await between(house, step)
                continue
            for call in [step] if isinstance(step, Call) else sent[-3:]:
                expected = await oracle.say(call)
                answers = await send(house, call)
                assert [shown(one) for one in answers] == expected, call
                oracle.heard(call, answers)
                sent.append(call)

    asyncio.run(in_house(empty_database, run))


@SOME
@given(story=stories)
def test_a_list_is_answered_as_its_items_one_by_one(empty_database: bytes, story: list[Call | Pass]) -> None:
    def told(house_answers: list[Answer]) -> list[tuple[object, ...]]:
        return [(one.status, one.delivery_id, one.receipt, one.refusal) for one in house_answers]

    async def run(house: House, bulk: bool) -> tuple[list[list[tuple[object, ...]]], list[object]]:
        heard: list[list[tuple[object, ...]]] = []
        for step in story:
            if isinstance(step, Pass):
                await between(house, step)
                continue
            parts = [step] if bulk else [Call(step.member, (request,)) for request in step.requests]
            heard.append([one for part in parts for one in told(await send(house, part))])
        return heard, [(one.kind, one.item, one.signature) for one in await house.waiting()]

    together = asyncio.run(in_house(empty_database, lambda house: run(house, True)))
    apart = asyncio.run(in_house(empty_database, lambda house: run(house, False)))
    assert together == apart


@SOME
@given(
    data=st.data(),
    order=st.lists(st.integers(0, 7), min_size=1, max_size=24),
    cuts=st.sets(st.integers(1, 23)),
)
def test_repeats_in_any_order_and_grouping_change_nothing(
    empty_database: bytes, data: st.DataObject, order: list[int], cuts: set[int]
) -> None:
    """Eight feedbacks, two revisions of four deliveries; every one ends up recorded once, or waits for its elder."""

    async def run(house: House) -> None:
        made = await house.delivered(*(f"WB {n}" for n in range(4)))
        requests = [house.said(made[n % 4], revision=1 + n // 4, overall=1 + n % 5) for n in range(8)]
        first: dict[int, Answer] = {}
        edges = sorted({0, len(order), *(cut for cut in cuts if cut < len(order))})
        for start, end in pairwise(edges):
            numbers = order[start:end]
            answers = await house.feedback(*(requests[n] for n in numbers))
            for n, answer in zip(numbers, answers, strict=True):
                if n in first:
                    assert answer.status == "duplicate"
                    assert (answer.intent_id, answer.receipt) == (first[n].intent_id, first[n].receipt)
                elif n < 4 or n - 4 in first:
                    assert answer.status == "accepted"
                    first[n] = answer
                else:
                    assert shown(answer) == "revision"
            if data.draw(st.booleans(), label="mine"):
                assert all(reason is None for reason in await house.mine())
            if data.draw(st.booleans(), label="index"):
                await house.index()
        await house.mine()
        async with house.store.read() as connection:
            rows = (await connection.execute(select(intents).where(intents.c.kind == "feedback"))).all()
        assert {row.id for row in rows} == {one.intent_id for one in first.values()}
        assert {row.state for row in rows} <= {"recorded"}

    asyncio.run(in_house(empty_database, run))
