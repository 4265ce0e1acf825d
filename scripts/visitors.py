"""Where to look once everything is up: the sample's tracking links, the dashboard, the explorer."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.pages.endpoints import built
from api.settings import DEFAULT_PAGES
from chain_client.domain import links
from chain_client.domain.errors import DoorstepError
from chain_client.domain.ids import to_hex
from scripts.client import Api
from scripts.datadir import DataDirectory, Network
from scripts.sample import CARRIERS, SHOP, for_visitors, parcels, recipients_of


@dataclass(frozen=True, slots=True)
class Tracking:
    """A recipient's link, and how their delivery stands."""

    link: str
    state: str
    """The last report's outcome; `opened` where there is none."""
    rated: bool
    taken_over: bool
    """Whether a device has taken the delivery over: only that one can rate it now."""

    @property
    def can_be_rated(self) -> bool:
        """Whether somebody who opens the link now finds a delivery to rate that nobody has rated."""
        return self.state in ("delivered", "attempted") and not self.rated and not self.taken_over

    def to_json(self) -> dict[str, Any]:
        """Return it as `up --json` shows it."""
        return {
            "link": self.link,
            "state": self.state,
            "rated": self.rated,
            "taken_over": self.taken_over,
        }


async def trackings(directory: DataDirectory, network: Network) -> list[Tracking]:
    """Return the sample's links, those to rate first; none where the sample is not there, or the API does not answer."""
    shop = directory.credentials().named(SHOP)
    if shop is None or network.deployment is None:
        return []
    recipients = recipients_of(directory, network, shop)
    found = []
    async with Api(network.api) as api:
        for parcel in (*for_visitors(), parcels()[0]):
            delivery, secret = recipients.delivery(parcel.waybill), recipients.secret(parcel.waybill)
            try:
                seen = await api.get(f"/v1/deliveries/{to_hex(delivery)}", key=shop.api_key)
            except DoorstepError:
                continue  # of a sample made by an earlier version, say: what is announced is no condition of running
            link = network.api + links.tracking_path(delivery, secret)
            found.append(
                Tracking(link, seen["outcome"] or "opened", seen["revision"] > 0, seen["taken_over"])
            )
    return sorted(found, key=lambda one: not one.can_be_rated)


def pages(network: Network) -> dict[str, str]:
    """Return where the pages for members and for everyone are."""
    return {"dashboard": f"{network.api}/dashboard", "explorer": f"{network.api}/explorer"}


def suggestions(directory: DataDirectory, network: Network, found: list[Tracking]) -> list[str]:
    """Return lines that say where to look, each with one link, which must stay whole."""
    if not built(DEFAULT_PAGES):
        return [
            "The pages are not built: run `make pages`, and look at them without starting anything again."
        ]
    lines = []
    for state, words in (("delivered", "rate a delivery"), ("attempted", "nobody at home?")):
        fitting = [one for one in found if one.state == state and one.can_be_rated]
        if fitting:
            lines.append(f"{words:<16} {fitting[0].link}")
    where = pages(network)
    carrier = directory.credentials().named(CARRIERS[0])
    lines.append(f"{'dashboard':<16} {where['dashboard']}")
    if carrier is not None:
        lines.append(f"{'':<16} sign in as {carrier.name} with the key {carrier.api_key}")
    lines.append(f"{'explorer':<16} {where['explorer']}")
    activate = Path(sys.prefix, "bin", "activate")
    if activate.exists():  # a virtual environment, which another terminal does not know of
        lines.append(f"{'commands':<16} . {activate}")
        lines.append(f"{'':<16} in another terminal, then: doorstep --help")
    return lines
