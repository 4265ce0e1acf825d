"""A small network, a database and lanes between them; a clock that the test moves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from chain_client.domain import links
from chain_client.domain.digests import digest
from chain_client.domain.ids import ZERO_ADDRESS, Address, DeliveryId, Hash32, MemberNumber
from chain_client.domain.records import (
    Feedback,
    Item,
    ItemRejected,
    KeyChange,
    LoggedEvent,
    Opening,
    Position,
    Recorded,
    Report,
)
from chain_client.domain.signatures import sign
from chain_client.outbox import lanes, recovery, writer
from chain_client.outbox.records import RELAY, NewIntent, Submitted
from chain_client.outbox.signer import LocalSigner
from chain_client.outbox.worker import Lane, LaneSettings
from chain_client.store import LedgerId, Store
from chain_client.store.tables import batches, tx_versions
from chain_client.store.tables import lanes as lanes_table
from tests.outbox.things import NOW, delivery, feedback, intent, opening, report, rows_of
from tests.support.chain import SmallNetwork

DAY = 86_400
POISON = Hash32(b"\xbd" * 32)
"""The hash of items whose calldata the fixture `poison` spoils."""


class Crash(BaseException):
    """A killed process, as far as a test in one process can tell."""


def recipient(of: DeliveryId) -> bytes:
    """The recipient's private key of a delivery."""
    return links.signing_key(b"\x09" * 32, of)


class World:
    """What a lane's test plays with. `now` is the machine's clock, not the chain's."""

    def __init__(self, chain: SmallNetwork, store: Store, ledger_id: LedgerId) -> None:
        self.chain = chain
        self.store = store
        self.ledger_id = ledger_id
        self.now = NOW
        self.separator = chain.ledger.deployment.identity.signing_domain.separator()

    # ── lanes ──

    def lane(self, member: MemberNumber, signer: LocalSigner, **settings: Any) -> Lane:
        return Lane(
            self.store, self.chain.node, self.chain.ledger, self.ledger_id, signer, member, lambda: self.now,
            LaneSettings(**settings),
        )  # fmt: skip

    def shipper_lane(self, **settings: Any) -> Lane:
        return self.lane(self.chain.shipper.number, self.chain.shipper.writer, **settings)

    def carrier_lane(self, **settings: Any) -> Lane:
        return self.lane(self.chain.carrier.number, self.chain.carrier.writer, **settings)

    def relay_lane(self, **settings: Any) -> Lane:
        return self.lane(RELAY, self.chain.relay, **settings)

    async def drain(self, *some: Lane, steps: int = 200) -> None:
        """Step every lane in turn until none moves."""
        for _ in range(steps):
            if not any([await lane.step() for lane in some]):
                return
        raise AssertionError(f"still moving after {steps} steps")

    # ── items ──

    @property
    def promise(self) -> int:
        return self.chain.provider.time + DAY

    def opening(self, number: int, **changes: Any) -> Opening:
        of = delivery(number, self.chain.shipper.number)
        fields = {
            "recipient_key": links.recipient_key(b"\x09" * 32, of),
            "carrier": self.chain.carrier.number,
            "promised_by": self.promise,
        }
        return opening(of, **fields | changes)

    def openings(self, *numbers: int, **changes: Any) -> list[NewIntent]:
        return [intent(self.opening(number, **changes), self.chain.shipper.number) for number in numbers]

    def bad_opening(self, number: int) -> NewIntent:
        """One that reverts the whole call, with the fixture `poison`."""
        return intent(self.opening(number, record_hash=POISON), self.chain.shipper.number)

    def report(self, number: int, outcome: int = 1, **changes: Any) -> NewIntent:
        of = delivery(number, self.chain.shipper.number)
        fields = {"driver": self.chain.drivers[0], "occurred_at": self.chain.provider.time - 60}
        item: Report = report(of, outcome, **fields | changes)
        return intent(item, self.chain.carrier.number)

    def signed(self, item: Feedback | KeyChange) -> NewIntent:
        """An item with its recipient's signature."""
        hashed: Hash32 = digest(self.separator, item)
        return intent(item, RELAY, key=hashed, signature=sign(recipient(item.delivery_id), hashed))

    def feedback(self, number: int, revision: int = 1, **changes: Any) -> NewIntent:
        of = delivery(number, self.chain.shipper.number)
        return self.signed(feedback(of, revision, **{"driver": self.chain.drivers[0]} | changes))

    def key_change(self, number: int, to: bytes = b"\x77" * 20) -> NewIntent:
        return self.signed(KeyChange(delivery(number, self.chain.shipper.number), Address(to)))

    async def submit(self, *new: NewIntent) -> list[Submitted]:
        async with self.store.write() as connection:
            return await writer.submit(connection, self.ledger_id, new, self.now)

    # ── what is so ──

    async def states(self) -> list[str]:
        return [row.state for row in await rows_of(self.store)]

    async def counts(self) -> Counter[str]:
        return Counter(await self.states())

    async def rows(self) -> list[Any]:
        return await rows_of(self.store)

    async def batches(self) -> list[Any]:
        async with self.store.read() as connection:
            return list((await connection.execute(select(batches).order_by(batches.c.id))).all())

    async def versions(self) -> list[Any]:
        async with self.store.read() as connection:
            query = select(tx_versions).order_by(tx_versions.c.batch_id, tx_versions.c.fee)
            return list((await connection.execute(query)).all())

    async def lane_row(self, signer: LocalSigner) -> Any:
        async with self.store.read() as connection:
            query = select(lanes_table).where(lanes_table.c.writer == signer.address)
            return (await connection.execute(query)).one()

    async def resume(self, member: MemberNumber, signer: LocalSigner) -> recovery.Resumed:
        key = lanes.LaneKey(self.ledger_id, signer.address, member)
        return await recovery.resume(self.store, self.chain.node, self.chain.ledger, key)

    async def events(self) -> list[LoggedEvent]:
        first = self.chain.ledger.deployment.identity.deploy_block
        return await self.chain.ledger.events(first, (await self.chain.node.head()).number)

    async def recorded(self) -> dict[Item, list[Position]]:
        """Every item on chain, with where it stands."""
        found: dict[Item, list[Position]] = {}
        for logged in await self.events():
            if isinstance(logged.event, Recorded):
                found.setdefault(logged.event.item, []).append(logged.position)  # type: ignore[arg-type]
        return found

    async def rejections(self) -> list[ItemRejected]:
        return [one.event for one in await self.events() if isinstance(one.event, ItemRejected)]

    async def check_recorded_once(self, new: Sequence[NewIntent]) -> None:
        """Every item is on chain once, where its row says; no nonce is missing, none used but for a batch."""
        on_chain = await self.recorded()
        rows = {row.key: row for row in await self.rows()}
        for one in new:
            (position,) = on_chain[one.item]
            row = rows[one.key]
            where = (row.state, row.block_number, row.tx_hash, row.log_index)
            expected = ("recorded", position.block_number, position.tx_hash, position.log_index)
            assert where == expected, f"{one.item}: {where}, not {expected} ({row.reason}, {row.detail})"
        by_writer: dict[bytes, list[int]] = {}
        for batch in await self.batches():
            by_writer.setdefault(batch.writer, []).append(batch.nonce)
        for address, nonces in by_writer.items():
            assert nonces == list(range(nonces[0], nonces[0] + len(nonces)))
            assert await self.chain.node.nonce(Address(address)) == nonces[-1] + 1
        assert address != ZERO_ADDRESS
