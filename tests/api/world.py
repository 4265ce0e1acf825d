"""The API over a real network in process: database, lanes and follower, driven step by step."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from api.app import create_app
from api.fields import issue_names
from api.settings import Settings
from api.times import format_time
from chain_client.domain.digests import digest, document_hash
from chain_client.domain.hashing import keccak256
from chain_client.domain.ids import (
    ZERO_HASH,
    DeliveryId,
    DriverNumber,
    Hash32,
    MemberNumber,
    parse_hex,
    to_hex,
)
from chain_client.domain.links import (
    decode_secret,
    encode_secret,
    read_token,
    read_token_hash,
    recipient_key,
    signing_key,
)
from chain_client.domain.records import DAY, Feedback, KeyChange, ReadToken
from chain_client.domain.signatures import sign
from chain_client.indexer.follower import Follower
from chain_client.outbox.reader import backlog
from chain_client.outbox.signer import LIGHT, create_keystore
from chain_client.outbox.worker import Lane
from chain_client.store import LedgerId, Store, migrate, open_store, register_ledger
from chain_client.vault import api_keys
from tests.api.contract import hold_to
from tests.support.chain import SmallNetwork

SEALING_KEY = b"s" * 32
JSON = dict[str, Any]


@dataclass
class Link:
    """A recipient's side of a delivery."""

    delivery_id: DeliveryId
    secret: bytes

    @property
    def token(self) -> dict[str, str]:
        return {"Doorstep-Read-Token": encode_secret(read_token(self.secret, self.delivery_id))}


@dataclass
class World:
    """Everything a test drives."""

    chain: SmallNetwork
    store: Store
    ledger_id: LedgerId
    settings: Settings
    app: FastAPI
    http: httpx.AsyncClient
    follower: Follower
    lanes: list[Lane]
    keys: dict[MemberNumber, str] = field(default_factory=dict)

    def clock(self) -> int:
        return self.chain.provider.time

    def as_(self, member: MemberNumber) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys[member]}"}

    @property
    def shop(self) -> dict[str, str]:
        return self.as_(self.chain.shipper.number)

    @property
    def van(self) -> dict[str, str]:
        return self.as_(self.chain.carrier.number)

    @property
    def judge(self) -> dict[str, str]:
        return self.as_(self.chain.reviewer.number)

    def later(self, seconds: int) -> str:
        return format_time(self.chain.provider.time + seconds)

    async def settle(self) -> None:
        """Put everything that waits on chain, and into the index."""
        while True:
            moved = False
            for lane in self.lanes:
                moved = await lane.step() or moved
            if moved:
                continue
            async with self.store.read() as connection:
                if (await backlog(connection, self.ledger_id)).waiting == 0:
                    break
            self.chain.provider.mine()  # this engine's blocks are final only under others
        while await self.follower.step():
            pass

    async def open(self, waybill: str = "WB-1", **values: Any) -> Link:
        """Open a delivery, promised in two days, on chain; its link is made by the service."""
        body = {"waybill": waybill, "carrier": self.chain.carrier.number, "promised_by": self.later(2 * DAY)}
        response = await self.http.post("/v1/deliveries", json=body | values, headers=self.shop)
        assert response.status_code == 202, response.text
        await self.settle()
        return self.link(response.json()["link"])

    @staticmethod
    def link(url: str) -> Link:
        """The recipient's side of a tracking link."""
        delivery_id, secret = url.rsplit("/", 1)[1].split("#")
        return Link(DeliveryId(parse_hex(delivery_id, 32, "id")), decode_secret(secret, "secret"))

    async def report(
        self, link: Link, outcome: str, driver: int | None = None, **values: Any
    ) -> httpx.Response:
        body = {
            "delivery_id": to_hex(link.delivery_id),
            "outcome": outcome,
            "driver": self.chain.drivers[0] if driver is None else driver,
            "occurred_at": self.later(-1),
        }
        response = await self.http.post("/v1/reports", json=body | values, headers=self.van)
        await self.settle()
        return response

    async def delivered(self, waybill: str = "WB-1", **values: Any) -> Link:
        link = await self.open(waybill, **values)
        assert (await self.report(link, "delivered")).status_code == 202
        return link

    def signed(self, link: Link, *, content: Mapping[str, Any] | None = None, **values: Any) -> JSON:
        """A feedback as the recipient's page sends it; `values` are Feedback's fields."""
        salt = bytes(range(32))
        item = Feedback(
            **{
                "delivery_id": link.delivery_id,
                "driver": DriverNumber(self.chain.drivers[0]),
                "overall": 5,
                "timeliness": 4,
                "packaging": 0,
                "professionalism": 0,
                "accuracy": 0,
                "issues": 0,
                "content_hash": ZERO_HASH if content is None else document_hash(salt, content),
                "revision": 1,
            }
            | values
        )
        separator = self.settings.identity.signing_domain.separator()
        signature = sign(signing_key(link.secret, link.delivery_id), digest(separator, item))
        body: JSON = {
            "delivery_id": to_hex(item.delivery_id),
            "driver": item.driver,
            "overall": item.overall,
            "timeliness": item.timeliness,
            "packaging": item.packaging,
            "professionalism": item.professionalism,
            "accuracy": item.accuracy,
            "issues": issue_names(item.issues) if item.issues < 2048 else item.issues,
            "content_hash": to_hex(item.content_hash),
            "revision": item.revision,
            "signature": to_hex(signature),
        }
        return body if content is None else {**body, "content": content, "salt": to_hex(salt)}

    def key_change(self, link: Link, new: Link) -> JSON:
        item = KeyChange(link.delivery_id, recipient_key(new.secret, link.delivery_id))
        separator = self.settings.identity.signing_domain.separator()
        signature = sign(signing_key(link.secret, link.delivery_id), digest(separator, item))
        return {
            "delivery_id": to_hex(item.delivery_id),
            "new_key": to_hex(item.new_key),
            "signature": to_hex(signature),
        }

    def read_token(self, link: Link, by: Link | None = None) -> JSON:
        """The wish that the link's token reads its delivery, signed by its key or by another link's."""
        item = ReadToken(link.delivery_id, read_token_hash(read_token(link.secret, link.delivery_id)))
        separator = self.settings.identity.signing_domain.separator()
        signature = sign(signing_key((by or link).secret, link.delivery_id), digest(separator, item))
        return {"token_hash": to_hex(item.token_hash), "signature": to_hex(signature)}

    async def taken_over(self, link: Link, secret: bytes = b"n" * 32) -> Link:
        """The recipient's own side of the delivery, once the key change is on chain; nothing but the key changed."""
        own = Link(link.delivery_id, secret)
        response = await self.http.post("/v1/key-changes", json=self.key_change(link, own))
        assert response.status_code == 202, response.text
        await self.settle()
        return own


@asynccontextmanager
async def world_of(chain: SmallNetwork, directory: Path, **changes: Any) -> AsyncIterator[World]:
    """Give the API over `chain`, caught up with it; `changes` are Settings' fields."""
    url = f"sqlite+aiosqlite:///{directory / 'doorstep.db'}"
    keystore = directory / "relay.json"
    if not keystore.exists():
        create_keystore(keystore, "password", secret=keccak256(b"key of relay"), work=LIGHT)
        (directory / "password").write_text("password\n")
    settings = Settings(
        **{
            "database": url,
            "identity": chain.ledger.deployment.identity,
            "sealing_key": SEALING_KEY,
            "relay_keystore": keystore,
            "relay_password_file": directory / "password",
            "own_process": False,
        }
        | changes
    )

    def clock() -> int:
        return chain.provider.time

    store = open_store(url)
    await migrate(store)
    async with store.write() as connection:
        ledger_id = await register_ledger(connection, settings.identity)
        keys = {
            party.number: await api_keys.create(connection, ledger_id, party.number, clock())
            for party in (chain.shipper, chain.carrier, chain.reviewer)
        }
    writers = [(party.writer, party.number) for party in (chain.shipper, chain.carrier)]
    lanes = [
        Lane(store, chain.node, chain.ledger, ledger_id, writer, member, clock)
        for writer, member in [*writers, (chain.relay, MemberNumber(0))]
    ]
    follower = Follower(store, chain.node, chain.ledger, ledger_id, clock)
    while await follower.step():
        pass
    app = create_app(settings, clock=clock)
    # Every answer in every test is held to the API's own document.
    documented = {"response": [partial(hold_to, app.openapi())]}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    try:
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://api", event_hooks=documented) as http,
        ):
            yield World(chain, store, ledger_id, settings, app, http, follower, lanes, keys)
    finally:
        await store.close()


def other_hash(value: Hash32) -> Hash32:
    return Hash32(bytes([value[0] ^ 1]) + value[1:])
