"""The demo: a small network at work, through the HTTP API, with real signatures.

On a chain that was begun for it, twelve weeks before the present, it drives the chain's clock from then to now; on any
other it happens at the chain's own time, and leaves the clock alone. Everything follows from the directory's seed, so a
second run finds that all of it is there and adds nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from chain_client.domain.ids import to_hex
from chain_client.domain.records import DAY, Role
from chain_client.rpc.node import Node
from scripts import reputation
from scripts.client import Api, ApiRefused
from scripts.datadir import DataDirectory, LocalMember, Network
from scripts.members import ensure_member
from scripts.network import OpenNetwork, clock
from scripts.olist.clock import set_clock
from scripts.output import Output
from scripts.recipients import Recipients
from scripts.sample_plan import AGES, HOUR, SPAN, Event, Parcel, What, for_visitors, parcels, steps
from scripts.waiting import Stuck, chain_time, until_indexed, until_settled, until_time

__all__ = ["CARRIERS", "REVIEWER", "SHOP", "SPAN", "for_visitors", "parcels", "recipients_of", "run"]

SHOP: Final = "Corner Shop"
CARRIERS: Final = ("Swift Couriers", "Harbour Parcel")
REVIEWER: Final = "Open Review"
DRIVERS_EACH: Final = 2
_PATIENCE: Final = 60.0
_BEHIND: Final = 60
"""Seconds behind the machine's clock from which the chain's counts as left in the past."""


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
        seen = await sender.seen()
        left = [
            event
            for parcel in parcels()
            for event in parcel.events()
            if event.shown_as not in seen.get(to_hex(sender.recipients.delivery(parcel.waybill)), set())
        ]
        behind = net.network.genesis_time is None and clock() - await sender.now() > _BEHIND
        if behind and not seen:
            await sender.drive(left)
        else:
            if behind:  # a run was cut short on its way to the present
                await sender.set_clock(clock())
            if left:
                await sender.send_at_once(left)
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

    async def seen(self) -> dict[str, set[str]]:
        """Return what the shop's deliveries have on the ledger, by delivery id, once nothing waits any more."""
        await self._settle()
        found: dict[str, set[str]] = {}
        lines = self.api.lines("/v1/history", key=self.shop.api_key, member=self.shop.number, format="ndjson")
        async for entry in lines:
            found.setdefault(entry["delivery_id"], set()).add(entry["item"].get("outcome", entry["kind"]))
        return found

    async def drive(self, left: Sequence[Event]) -> None:
        """Send everything step by step, the chain's clock going before, and end with the clock at the present."""
        present = clock()
        with self.output.progress() as progress:
            bar = progress.add_task("sample deliveries", total=len(left), detail="")
            for step, events in steps(left):
                progress.update(bar, detail=f"{AGES[step] // DAY} days ago")
                await self.set_clock(present - AGES[step])
                await self._send(events, driven=True)
                progress.advance(bar, len(events))
        await self.set_clock(clock())

    async def send_at_once(self, left: Sequence[Event]) -> None:
        """Send everything at the chain's time as it is."""
        with self.output.status("opening, reporting and rating the sample's deliveries"):
            await self._send(left, driven=False)

    async def set_clock(self, moment: int) -> None:
        """Set the chain's clock, never back behind its head, and wait until the API judges by it."""
        await until_time(
            self.api, await set_clock(self.node, moment, patience=_PATIENCE), HOUR, patience=_PATIENCE
        )

    async def _send(self, events: Sequence[Event], *, driven: bool) -> None:
        """Send each kind in a list of its own, in the order of life, and wait until all of it is on chain."""
        now = await self.now()
        for what, stage in sorted({(event.what, event.stage) for event in events}):
            due = [event for event in events if (event.what, event.stage) == (what, stage)]
            if what is What.OPENING:
                await self._post("/v1/deliveries", self.shop, [self._opening(one.parcel, now) for one in due])
            elif what is What.REPORT:
                for carrier in self.carriers:
                    reports = [
                        self._report(one, now - one.hours_before * HOUR if driven else now)
                        for one in due
                        if self._carrier(one.parcel) is carrier
                    ]
                    await self._post("/v1/reports", carrier, reports)
            elif what is What.TAKE_OVER:
                taken = [self.recipients.take_over(one.parcel.waybill) for one in due]
                await self._post("/v1/key-changes", None, taken)
            else:
                await self._post("/v1/feedback", None, [self._feedback(one.parcel) for one in due])
        await self._settle()

    def _opening(self, parcel: Parcel, now: int) -> dict[str, Any]:
        promised = now + parcel.promised_days * DAY
        end_of_day = promised - promised % DAY + DAY - 1
        return self.recipients.opening(parcel.waybill, self._carrier(parcel).number, end_of_day)

    def _report(self, event: Event, occurred: int) -> dict[str, Any]:
        parcel, stage = event.parcel, event.stage
        item = self.recipients.report(
            parcel.waybill,
            parcel.reports[stage][0],
            self._driver(parcel),
            occurred,
            f"{parcel.waybill}/{stage}",
        )
        last = stage == len(parcel.reports) - 1
        return item | ({"evidence": {"note": parcel.evidence}} if last and parcel.evidence else {})

    def _feedback(self, parcel: Parcel) -> dict[str, Any]:
        assert parcel.ratings is not None, "its recipient says something"
        return self.recipients.feedback(
            parcel.waybill,
            self._driver(parcel),
            parcel.ratings,
            1,
            {"comment": parcel.comment} if parcel.comment else None,
            parcel.waybill,
            taken_over=parcel.taken_over,
        )

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

    async def _settle(self) -> None:
        await until_settled(self.api, patience=_PATIENCE)
        await until_indexed(self.api, self.node, patience=_PATIENCE)

    async def now(self) -> int:
        """Return the chain's time: what is reported must not be later."""
        now = chain_time(await self.api.get("/v1/status"))
        assert now is not None, "the API was ready"
        return now

    def _carrier(self, parcel: Parcel) -> LocalMember:
        return self.carriers[parcel.carrier]

    def _driver(self, parcel: Parcel) -> int:
        return self._carrier(parcel).driver_numbers()[parcel.driver]
