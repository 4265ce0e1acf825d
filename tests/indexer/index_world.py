"""A ledger made up at random, block by block, judged by `domain.rules`: events, and the state they must lead to.

The state here is kept in the plainest way (rules' own words, heads chained by hand), apart from the index's code.
A chain of it can be cut back and grown anew, which makes reorgs.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import select

from chain_client.domain.digests import struct_hash
from chain_client.domain.hashing import keccak256
from chain_client.domain.ids import ZERO_ADDRESS, ZERO_HASH, shipper_of
from chain_client.domain.ledger import LedgerIdentity
from chain_client.domain.records import (
    ALL_ISSUES,
    DAY,
    DriverKeySet,
    DriverMove,
    DriversRegistered,
    Feedback,
    ItemRejected,
    KeyChange,
    LoggedEvent,
    MemberRegistered,
    Note,
    Opening,
    Outcome,
    OwnerChanged,
    OwnerOffered,
    Position,
    Reason,
    Recorded,
    RecoveryStarted,
    RecoveryVetoed,
    Report,
    RolesSet,
    WriterAllowed,
    WriterOffered,
    WriterRemoved,
)
from chain_client.domain.rules import (
    check_feedback,
    check_key_change,
    check_note,
    check_opening,
    check_report,
)
from chain_client.domain.words import DeliveryWord, DriverWord
from chain_client.indexer.follower import Chain, Events, Follower
from chain_client.indexer.reader import IndexedHead, indexed_head
from chain_client.rpc.errors import BlockUnknown
from chain_client.rpc.records import Block, Engine
from chain_client.store import Store, migrate, open_store, register_ledger
from chain_client.store.tables import DERIVED, cursors

START = 1_700_000_000
NO_HEIR = {"offered_owner": None, "recovery_owner": None, "recovery_from": None}
SHIPPERS, CARRIERS = (1, 2), (3, 4)


def owner_of(member: int) -> bytes:
    return b"\x0f" * 19 + bytes([member])


def some_hash(*parts: object) -> bytes:
    return keccak256(repr(parts).encode())


@dataclass
class State:
    """What the contract would hold."""

    words: dict[bytes, DeliveryWord] = field(default_factory=dict)
    was: set[tuple[bytes, int]] = field(default_factory=set)
    drivers: dict[int, DriverWord] = field(default_factory=dict)
    members: dict[int, dict[str, object]] = field(default_factory=dict)
    departures: dict[tuple[int, int], int] = field(default_factory=dict)
    writers: dict[bytes, tuple[int, bool]] = field(default_factory=dict)
    heads: dict[tuple[str, int], bytes] = field(default_factory=dict)
    entries: list[tuple[int, int, object]] = field(default_factory=list)  # block, time, item
    last_word: int = 0

    def copy(self) -> State:
        """What is in the containers never changes, so copies of the containers do."""
        return State(**{name: copy(value) for name, value in vars(self).items()})


@dataclass(frozen=True)
class Mined:
    block: Block
    events: tuple[LoggedEvent, ...]
    state: State


@dataclass(frozen=True)
class Deployment:
    identity: LedgerIdentity


class World:
    """A random ledger: `mine` grows it, `cut` takes blocks away. Everything follows from the seed."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.count = 0
        genesis = Block(0, some_hash("genesis"), ZERO_HASH, START)
        self.mined = [Mined(genesis, (), State())]
        self.identity = LedgerIdentity(7, genesis.hash, b"\x11" * 20, 0, genesis.hash)
        self._begin()

    def _begin(self) -> None:
        def founding(grow: Growing) -> None:
            for number, roles in ((1, 1), (2, 1), (3, 2), (4, 3)):
                grow.registration(MemberRegistered(number, f"member {number}", roles, owner_of(number)))
            grow.registration(DriversRegistered(3, 1, 3, b"\x02" * 20))
            grow.registration(DriversRegistered(4, 4, 2, b"\x04" * 20))
            grow.registration(WriterOffered(1, b"\x01" * 20, owner_of(1)))
            grow.registration(WriterAllowed(1, b"\x01" * 20))
            grow.registration(WriterAllowed(3, b"\x02" * 20))
            grow.registration(WriterRemoved(3, b"\x02" * 20, b"\x02" * 20))

        self._mine(founding, 60)

    @property
    def head(self) -> Block:
        return self.mined[-1].block

    @property
    def state(self) -> State:
        return self.mined[-1].state

    @property
    def events(self) -> list[LoggedEvent]:
        return [event for mined in self.mined for event in mined.events]

    def mine(self, blocks: int = 1, items: int = 6) -> None:
        for _ in range(blocks):
            wanted = self.rng.randrange(items + 1) if self.rng.random() < 0.8 else 0
            self._mine(
                lambda grow, wanted=wanted: [grow.anything() for _ in range(wanted)],
                self.rng.choice((12, 3_600, DAY // 2, DAY, 3 * DAY)),
            )

    def cut(self, blocks: int) -> None:
        del self.mined[len(self.mined) - blocks :]

    def _mine(self, act, seconds: int) -> None:
        self.count += 1
        before = self.mined[-1]
        number, time = before.block.number + 1, before.block.time + seconds
        block = Block(
            number, some_hash(before.block.hash, self.count, self.rng.random()), before.block.hash, time
        )
        grow = Growing(self.rng, block, before.state.copy())
        act(grow)
        self.mined.append(Mined(block, tuple(grow.events), grow.state))


class Growing:
    """One block in the making."""

    def __init__(self, rng: random.Random, block: Block, state: State) -> None:
        self.rng, self.block, self.state = rng, block, state
        self.events: list[LoggedEvent] = []

    def _log(self, event: object) -> None:
        index = self.events[-1].position.log_index + self.rng.choice((1, 1, 2)) if self.events else 0
        position = Position(
            self.block.number, index, self.block.hash, self.block.time, some_hash(self.block.hash), 0
        )
        self.events.append(LoggedEvent(position, event))

    def registration(self, event: object) -> None:
        state = self.state
        match event:
            case MemberRegistered():
                state.members[event.member] = {
                    "member": event.member,
                    "name": event.name,
                    "roles": event.roles,
                    "owner": event.owner,
                    **NO_HEIR,
                }
            case RolesSet():
                self._member(event.member, roles=event.roles)
            case OwnerOffered():
                self._member(event.member, offered_owner=event.owner if any(event.owner) else None)
            case OwnerChanged():
                self._member(event.member, owner=event.owner, **NO_HEIR)
            case RecoveryStarted():
                self._member(event.member, recovery_owner=event.owner, recovery_from=event.acceptable_from)
            case RecoveryVetoed():
                self._member(event.member, **NO_HEIR)
            case DriversRegistered():
                for number in range(event.first, event.first + event.count):
                    state.drivers[number] = DriverWord(ZERO_ADDRESS, event.carrier, 0)
            case DriverKeySet():
                word = state.drivers[event.driver]
                state.drivers[event.driver] = DriverWord(event.key, word.carrier, word.nonce + 1)
            case WriterAllowed():
                state.writers[event.writer] = (event.member, False)
            case WriterRemoved():
                if event.writer in state.writers:
                    state.writers[event.writer] = (event.member, True)
        self._log(event)

    def _member(self, number: int, **changed: object) -> None:
        self.state.members[number] = self.state.members[number] | changed

    def entry(self, item: object, carrier: int, owner: tuple[str, int], word: int) -> None:
        writer = self.rng.randbytes(20)
        head = self.state.heads.get(owner, bytes(32))
        numbers = (word, int.from_bytes(writer, "big"), self.block.number, self.block.time)
        rest = b"".join(n.to_bytes(32, "big") for n in numbers)
        self.state.heads[owner] = keccak256(head + struct_hash(item) + rest)
        self.state.entries.append((self.block.number, self.block.time, item))
        self.state.last_word = word
        self._log(Recorded(item, carrier, writer))

    def anything(self) -> None:
        acts = (
            [self.open] * 4
            + [self.report] * 8
            + [self.feedback] * 7
            + [self.key_change, self.note, self.note]
        )
        self.rng.choice([*acts, self.registry, self.reject])()

    def _any_delivery(self) -> tuple[bytes, DeliveryWord] | None:
        known = list(self.state.words.items())[-12:]
        return self.rng.choice(known) if known else None

    def open(self) -> None:
        shipper, carrier = self.rng.choice(SHIPPERS), self.rng.choice(CARRIERS)
        delivery = shipper.to_bytes(2, "big") + self.rng.randbytes(30)
        promised_by = self.block.time + self.rng.choice((1, 3_600, DAY, 6 * DAY))
        item = Opening(delivery, self.rng.randbytes(20), carrier, promised_by, self.rng.randbytes(32))
        word = check_opening(item, None, caller=shipper, carrier_roles=2, now=self.block.time)
        assert isinstance(word, DeliveryWord)
        self.state.words[delivery] = word
        self.entry(item, carrier, ("carrier", carrier), word.pack())

    def report(self) -> None:
        found = self._any_delivery()
        if found is None:
            return
        delivery, before = found
        outcome = self.rng.choice((1, 1, 2, 3, 3, 3, 4, 5, 6, 7))
        driver = self.rng.choice((0, before.driver, before.driver, *self.state.drivers))
        if outcome == Outcome.CANCELLED:
            driver = 0
        at = self.block.time - self.rng.choice((0, 60, 3_600, DAY, 172_800, 172_801, 6 * DAY))
        item = Report(delivery, driver, outcome, at, bytes(32))
        word = check_report(
            item,
            before,
            caller=shipper_of(delivery) if outcome == Outcome.CANCELLED else before.carrier,
            drivers_carrier=self.state.drivers[driver].carrier if driver else 0,
            now=self.block.time,
        )
        if isinstance(word, Reason):
            return
        if before.driver and driver not in (0, before.driver):
            self.state.was.add((delivery, before.driver))
        self.state.words[delivery] = word
        self.entry(item, word.carrier, self._owner(driver, word.carrier), word.pack())

    def feedback(self) -> None:
        found = self._any_delivery()
        if found is None:
            return
        delivery, before = found
        driver = self.rng.choice((0, before.driver, before.driver, *self.state.drivers))
        ratings = [self.rng.choice((0, 1, 2, 3, 4, 5, 5)) for _ in range(5)]
        issues = self.rng.choice((0, 0, 0, 16, 128, 144, 1 << 8, self.rng.randrange(ALL_ISSUES + 1)))
        if self.rng.random() < 0.15:
            ratings, issues = [0] * 5, 0
        content = self.rng.choice((bytes(32), self.rng.randbytes(32)))
        item = Feedback(delivery, driver, *ratings, issues, content, before.revision + 1)
        word = check_feedback(
            item,
            before,
            was_driver=(delivery, driver) in self.state.was,
            signer=before.recipient_key,
            now=self.block.time,
        )
        if isinstance(word, Reason):
            return
        self.state.words[delivery] = word
        self.entry(item, word.carrier, self._owner(driver, word.carrier), word.pack())

    def key_change(self) -> None:
        found = self._any_delivery()
        if found is None:
            return
        item = KeyChange(found[0], self.rng.randbytes(20))
        word = check_key_change(item, found[1], signer=found[1].recipient_key, now=self.block.time)
        if isinstance(word, DeliveryWord):
            self.state.words[found[0]] = word
            self.entry(item, 0, ("carrier", word.carrier), word.pack())

    def note(self) -> None:
        found = self._any_delivery()
        driver = self.rng.choice((0, *self.state.drivers))
        delivery, word = (bytes(32), 0)
        if found is not None and self.rng.random() < 0.9:
            delivery, word = found[0], found[1].pack()
            if self.rng.random() < 0.8:
                driver = found[1].driver
        carrier = self.rng.choice(CARRIERS) if not driver or self.rng.random() < 0.3 else 0
        item = Note(delivery, driver, carrier, self.rng.choice((1, 1, 2, 3)), self.rng.randbytes(32))
        rejected = check_note(
            item,
            DeliveryWord.unpack(word),
            driver_known=driver in self.state.drivers,
            carrier_known=True,
            was_driver=(delivery, driver) in self.state.was,
        )
        if rejected is not None:
            return
        self.entry(item, carrier, self._owner(driver, carrier), word)

    def registry(self) -> None:
        rng, state = self.rng, self.state
        driver = rng.choice(list(state.drivers))
        word = state.drivers[driver]
        match rng.randrange(8):
            case 0:
                roles = rng.choice((1, 2, 3, 4))
                self.registration(MemberRegistered(len(state.members) + 1, "späť", roles, rng.randbytes(20)))
            case 1:
                self.registration(RolesSet(rng.choice(list(state.members)), rng.choice((1, 2, 3))))
            case 2:
                self.registration(
                    DriversRegistered(rng.choice(CARRIERS), len(state.drivers) + 1, 2, b"\x02" * 20)
                )
            case 3:
                self.registration(
                    DriverKeySet(driver, rng.randbytes(20), word.nonce, self.block.time, b"\x02" * 20)
                )
            case 4:
                self.registration(WriterAllowed(rng.choice((1, 3)), rng.randbytes(20)))
                if rng.random() < 0.5:
                    writer, (member, _) = rng.choice(list(state.writers.items()))
                    self.registration(WriterRemoved(member, writer, writer))
                self.registration(WriterOffered(1, rng.randbytes(20), owner_of(1)))
                self.registration(WriterRemoved(1, rng.randbytes(20), owner_of(1)))
            case 5:
                self._succession()
            case _:
                to = rng.choice([carrier for carrier in CARRIERS if carrier != word.carrier])
                move = DriverMove(driver, word.carrier, to, word.nonce, self.block.time)
                state.departures[driver, word.carrier] = self.block.time
                after = state.drivers[driver] = DriverWord(word.key, to, word.nonce + 1)
                self.entry(move, to, ("driver", driver), after.pack())

    def _succession(self) -> None:
        rng = self.rng
        member = rng.choice(list(self.state.members))
        now, heir = self.state.members[member], rng.randbytes(20)
        event = rng.choice(
            (
                OwnerOffered(member, rng.choice((heir, bytes(20)))),
                RecoveryStarted(member, heir, self.block.time + 14 * DAY),
                RecoveryVetoed(member, now["owner"]),
                OwnerChanged(member, now["owner"], heir),
            )
        )
        self.registration(event)

    def reject(self) -> None:
        self._log(ItemRejected(self.rng.randbytes(32), 0, 10))

    @staticmethod
    def _owner(driver: int, carrier: int) -> tuple[str, int]:
        return ("driver", driver) if driver else ("carrier", carrier)


class WorldNode:
    """A node over a world's chain, `behind` blocks of it being not yet final (0: every block is final at once)."""

    def __init__(self, world: World, behind: int = 0) -> None:
        self.world, self.behind = world, behind
        self.engine = Engine("world", "1", behind == 0, behind)
        self.deployment = Deployment(world.identity)
        self.limit: int | None = None  # how many blocks of the chain are seen; None for all
        self.asked = 0

    def _seen(self) -> list[Mined]:
        return self.world.mined[: self.limit]

    async def head(self) -> Block:
        return self._seen()[-1].block

    async def final(self) -> Block:
        seen = self._seen()
        return seen[max(0, len(seen) - 1 - self.behind)].block

    async def next_time(self) -> int:
        return self._seen()[-1].block.time + 1

    async def block(self, number: int) -> Block | None:
        seen = self._seen()
        return seen[number].block if number < len(seen) else None

    async def events(self, first: int, last: int) -> list[LoggedEvent]:
        self.asked += 1
        seen = self._seen()
        if last >= len(seen):
            raise BlockUnknown(f"there is no block {last}")
        return [event for mined in seen[first : last + 1] for event in mined.events]


_EMPTY: list[bytes] = []


async def _empty_database() -> bytes:
    """A migrated database's file, made once: migrating takes longer than most tests."""
    if not _EMPTY:
        with TemporaryDirectory() as directory:
            path = Path(directory, "empty.db")
            store = open_store(f"sqlite+aiosqlite:///{path}")
            await migrate(store)
            await store.close()
            _EMPTY.append(path.read_bytes())
    return _EMPTY[0]


class Index:
    """A store in a file, and a follower of a node."""

    def __init__(self, store: Store, node: Chain, ledger_id: int, ledger: Events | None = None) -> None:
        self.store, self.node, self.ledger_id = store, node, ledger_id
        self.follower = Follower(store, node, ledger or node, ledger_id, lambda: 1_800_000_000)

    @classmethod
    @asynccontextmanager
    async def over(cls, node: Chain, path: Path, ledger: Events | None = None) -> AsyncIterator[Index]:
        """An empty index in a new file; closed in the end. A world's node is its own ledger."""
        path.write_bytes(await _empty_database())
        store = open_store(f"sqlite+aiosqlite:///{path}")
        try:
            yield await cls.of(store, node, ledger or node)
        finally:
            await store.close()

    @classmethod
    async def of(cls, store: Store, node: Chain, ledger: Events) -> Index:
        async with store.write() as connection:
            ledger_id = await register_ledger(connection, ledger.deployment.identity)
        return cls(store, node, ledger_id, ledger)

    async def head(self) -> IndexedHead | None:
        async with self.store.read() as connection:
            return await indexed_head(connection, self.ledger_id)

    async def catch_up(self) -> None:
        for _ in range(1000):
            if not await self.follower.step():
                return
        raise AssertionError("the follower does not come to rest")

    async def tables(self) -> dict[str, list[tuple[object, ...]]]:
        """Every derived table but what the cursor observed."""
        found = {}
        async with self.store.read() as connection:
            for table in DERIVED:
                if table is cursors:
                    columns = [cursors.c.block_number, cursors.c.block_hash, cursors.c.block_time]
                    rows = await connection.execute(select(*columns))
                else:
                    rows = await connection.execute(select(table).order_by(*table.primary_key.columns))
                found[table.name] = [tuple(row) for row in rows]
        return found
