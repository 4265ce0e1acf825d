"""The demo: a small network at work, through the HTTP API, with real signatures, at the chain's own time.

Everything follows from the directory's seed, so a second run finds that all of it is there and adds nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from chain_client.domain.ids import to_hex
from chain_client.domain.records import DAY, Issue, Outcome, Role
from chain_client.rpc.node import Node
from scripts import reputation
from scripts.client import Api, ApiRefused
from scripts.datadir import DataDirectory, LocalMember, Network
from scripts.members import ensure_member
from scripts.network import OpenNetwork
from scripts.output import Output
from scripts.recipients import Ratings, Recipients
from scripts.waiting import Stuck, chain_time, until_indexed, until_settled

SHOP: Final = "Corner Shop"
CARRIERS: Final = ("Swift Couriers", "Harbour Parcel")
REVIEWER: Final = "Open Review"
DRIVERS_EACH: Final = 2
_PROMISED_DAYS: Final = 3
_PATIENCE: Final = 60.0


@dataclass(frozen=True, slots=True)
class _Parcel:
    waybill: str
    carrier: int
    driver: int
    outcomes: tuple[Outcome, ...]
    ratings: Ratings | None
    comment: str | None = None
    evidence: str | None = None
    """What the carrier adds to its last report; private."""


def _fine(number: int) -> Ratings:
    return Ratings(5, 5, 5 if number % 3 else 4, 5, 5)


def _fair(number: int) -> Ratings:
    return Ratings(
        4 if number % 3 else 5, 4, 4, 5 if number % 2 else 4, 5, Issue.LATE if number % 7 == 6 else 0
    )


def _poor(number: int) -> Ratings:
    issues = Issue.UNSAFE_DROP | Issue.ATTITUDE if number % 2 else Issue.LATE | Issue.NO_COMMUNICATION
    return Ratings(1 + number % 2, 2, 3, 1, 3, issues)


_CREW: Final[tuple[tuple[int, int, int, Callable[[int], Ratings]], ...]] = (
    (0, 0, 18, _fine),
    (0, 1, 12, _fair),
    (1, 0, 12, _poor),
    (1, 1, 3, _fine),
)
"""Carrier, driver, how many parcels, and how recipients find it: the last driver has too few to say anything."""
_COMMENTS: Final = {0: "Rang the bell, waited, smiled.", 1: "Fine, a little late.", 2: "Left it in the rain."}
_DELIVERED: Final = (Outcome.OUT_FOR_DELIVERY, Outcome.DELIVERED)
_AT_SECOND_TRY: Final = (Outcome.OUT_FOR_DELIVERY, Outcome.ATTEMPTED, Outcome.DELIVERED)


_OUT: Final = (Outcome.OUT_FOR_DELIVERY,)
_NOBODY_HOME: Final = (Outcome.OUT_FOR_DELIVERY, Outcome.ATTEMPTED)


def for_visitors() -> list[_Parcel]:
    """Return the parcels whose links are for whoever tries the pages: six to rate, and two that cannot be rated yet."""
    outcomes = (_DELIVERED, _DELIVERED, _DELIVERED, _DELIVERED, _AT_SECOND_TRY, _NOBODY_HOME, _OUT, ())
    return [
        _Parcel(
            f"SAMPLE-LINK-{number}",
            carrier=0,
            driver=0,
            outcomes=some,
            ratings=None,
            evidence="Nobody at home." if some is _NOBODY_HOME else None,
        )
        for number, some in enumerate(outcomes, start=1)
    ]


def parcels() -> list[_Parcel]:
    """Return the sample's parcels: 45 deliveries of four drivers, two of them without a word, and those for visitors."""
    found: list[_Parcel] = []
    for crew, (carrier, driver, count, opinion) in enumerate(_CREW):
        for number in range(count):
            outcomes = _AT_SECOND_TRY if number % 6 == 5 else _DELIVERED
            silent = crew in (0, 1) and number == count - 1
            comment = _COMMENTS.get(crew) if number % 4 == 0 else None
            ratings = None if silent else opinion(number)
            found.append(_Parcel(f"SAMPLE-{len(found) + 1:03}", carrier, driver, outcomes, ratings, comment))
    return found + for_visitors()


async def run(net: OpenNetwork, output: Output) -> None:
    """Register the sample's members and send what of the sample is not there yet; then show what came of it.

    Raises Stuck (run it again) where something does not get on chain in time; ApiRefused where the API refuses.
    """
    with output.status("registering the sample's members"):
        shop = await ensure_member(net, SHOP, Role.SHIPPER)
        carriers = [await ensure_member(net, name, Role.CARRIER, drivers=DRIVERS_EACH) for name in CARRIERS]
        await ensure_member(net, REVIEWER, Role.REVIEWER)
    async with Api(net.network.api, patience=_PATIENCE) as api:
        sender = _Sender(
            api, net.node, recipients_of(net.directory, net.network, shop), shop, carriers, output
        )
        await sender.until_known()
        left = await sender.missing(parcels())
        if left:
            await sender.send(left)
        else:
            output.note("the sample is there already; nothing was added")
    if not output.json:
        reputation.show(
            await reputation.find(net.directory, None, None),
            output,
            title="Driver reputations, from chain events,",
        )
        output.text(f"Served at {net.network.api}/v1/drivers/{{number}}/reputation")


def recipients_of(directory: DataDirectory, network: Network, shop: LocalMember) -> Recipients:
    """Return the sample shop's recipients; the ledger must be deployed."""
    assert network.deployment is not None, "it was deployed"
    separator = network.deployment.identity.signing_domain.separator()
    return Recipients(directory.seed(), shop.member, separator)


@dataclass(frozen=True, slots=True)
class _Sender:
    api: Api
    node: Node
    recipients: Recipients
    shop: LocalMember
    carriers: Sequence[LocalMember]
    output: Output

    async def until_known(self) -> None:
        """Wait until the API knows the members and their drivers: the index reads them from the chain."""
        deadline = time.monotonic() + _PATIENCE
        for member in (self.shop, *self.carriers):
            while True:
                known = {one["member"] for one in (await self.api.get("/v1/ledger"))["members"]}
                drivers: set[int] = set()
                if member in self.carriers:
                    answer = await self.api.get("/v1/drivers", key=member.api_key, carrier=member.number)
                    drivers = {one["driver"] for one in answer["drivers"]}
                if member.number in known and drivers >= set(member.driver_numbers()):
                    break
                if time.monotonic() > deadline:
                    raise Stuck(f"Member {member.number} does not get into the index. Is the worker running?")
                await asyncio.sleep(0.05)

    async def missing(self, wanted: Sequence[_Parcel]) -> list[_Parcel]:
        """Return the parcels that are not on the ledger with all that belongs to them."""
        entries: dict[str, set[str]] = {}
        lines = self.api.lines("/v1/history", key=self.shop.api_key, member=self.shop.number, format="ndjson")
        async for entry in lines:
            entries.setdefault(entry["delivery_id"], set()).add(entry["item"].get("outcome", entry["kind"]))
        left = []
        for parcel in wanted:
            seen = entries.get(to_hex(self.recipients.delivery(parcel.waybill)), set())
            needed = {"opening", *(outcome.name.lower() for outcome in parcel.outcomes)}
            if parcel.ratings is not None:
                needed.add("feedback")
            if not needed <= seen:
                left.append(parcel)
        return left

    async def send(self, left: Sequence[_Parcel]) -> None:
        """Open, report and rate; each kind once the one before is on chain, as in life."""
        with self.output.progress() as progress:
            stages = max(len(parcel.outcomes) for parcel in left) + 2
            bar = progress.add_task("sample deliveries", total=stages, detail="opening")
            promised = await self._now() + _PROMISED_DAYS * DAY
            await self._post("/v1/deliveries", self.shop, [
                self.recipients.opening(parcel.waybill, self._carrier(parcel).number, promised - promised % DAY + DAY - 1)
                for parcel in left
            ])  # fmt: skip
            progress.advance(bar)
            for stage in range(stages - 2):
                progress.update(bar, detail="reporting")
                await self._report([parcel for parcel in left if stage < len(parcel.outcomes)], stage)
                progress.advance(bar)
            progress.update(bar, detail="rating")
            await self._post("/v1/feedback", None, [
                self.recipients.feedback(
                    parcel.waybill,
                    self._driver(parcel),
                    parcel.ratings,
                    1,
                    {"comment": parcel.comment} if parcel.comment else None,
                    parcel.waybill,
                )
                for parcel in left
                if parcel.ratings is not None
            ])  # fmt: skip
            progress.advance(bar)

    async def _report(self, due: Sequence[_Parcel], stage: int) -> None:
        now = await self._now()
        for carrier in self.carriers:
            await self._post("/v1/reports", carrier, [
                self.recipients.report(
                    parcel.waybill, parcel.outcomes[stage], self._driver(parcel), now, f"{parcel.waybill}/{stage}"
                )
                | self._evidence(parcel, stage)
                for parcel in due
                if self._carrier(parcel) is carrier
            ])  # fmt: skip

    def _evidence(self, parcel: _Parcel, stage: int) -> dict[str, Any]:
        last = stage == len(parcel.outcomes) - 1
        return {"evidence": {"note": parcel.evidence}} if last and parcel.evidence else {}

    async def _post(self, path: str, member: LocalMember | None, items: list[dict[str, Any]]) -> None:
        if not items:
            return
        answers = await self.api.post(path, items, key=member.api_key if member else None)
        for answer, item in zip(answers, items, strict=True):
            # What an earlier run had sent before it was cut short stands for other times: it is there, and stays.
            if answer["status"] == "refused" and answer["refusal"]["code"] not in ("conflict", "transition"):
                refusal = answer["refusal"]
                what = item.get("waybill") or item["delivery_id"]
                raise ApiRefused(f"{path}, {what}: {refusal['field']} {refusal['message']}")
        await until_settled(self.api, patience=_PATIENCE)
        await until_indexed(self.api, self.node, patience=_PATIENCE)

    async def _now(self) -> int:
        """The chain's time: what is reported must not be later."""
        now = chain_time(await self.api.get("/v1/status"))
        assert now is not None, "the API was ready"
        return now

    def _carrier(self, parcel: _Parcel) -> LocalMember:
        return self.carriers[parcel.carrier]

    def _driver(self, parcel: _Parcel) -> int:
        return self._carrier(parcel).driver_numbers()[parcel.driver]
