"""The index of a real contract on a real engine, with reorganisations, against the contract's own storage."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from doorstep_devnet.testing import running_devnet
from index_world import Index
from sqlalchemy import select

from chain_client.bindings import admin
from chain_client.bindings.ledger import Ledger
from chain_client.domain.digests import digest
from chain_client.domain.ids import ZERO_HASH, DriverNumber, delivery_id
from chain_client.domain.records import (
    DAY,
    DriverKey,
    DriverMove,
    Feedback,
    KeyChange,
    Kind,
    Note,
    Opening,
    Report,
    Role,
)
from chain_client.indexer import reader
from chain_client.indexer.follower import IndexHalted
from chain_client.rpc.node import Node
from chain_client.store.tables import entries
from tests.support.chain import SmallNetwork, enroll, signer

FINAL_BEHIND = 25


class Behind:
    """A node whose blocks are final only some blocks later; everything else is the node's own answer."""

    def __init__(self, node):
        self.node, self.engine = node, node.engine
        self.head, self.block, self.next_time = node.head, node.block, node.next_time

    async def final(self):
        head = await self.node.head()
        return await self.node.block(max(0, head.number - FINAL_BEHIND))


@dataclass
class Trade:
    """Deliveries on a small network, one random act a call; the network's clock goes with it."""

    net: SmallNetwork
    rng: random.Random
    known: list[tuple[bytes, str]] = field(default_factory=list)
    opened: int = 0

    @property
    def separator(self):
        return self.net.ledger.deployment.identity.signing_domain.separator()

    async def act(self):
        net, rng = self.net, self.rng
        net.provider.advance(rng.choice((10, 3_600, DAY)))
        now = net.provider.time
        choice = rng.choice(("open", "report", "report", "report", "feedback", "feedback", "key", "note"))
        if choice == "open" or not self.known:
            await self._open(now)
            return
        delivery, key = rng.choice(self.known[-4:])
        word = await net.ledger.delivery(delivery)
        assert word is not None
        driver = rng.choice((*net.drivers[:3], word.driver, word.driver))
        match choice:
            case "report":
                items = [
                    Report(delivery, driver, outcome, now - 60, ZERO_HASH)
                    for outcome in (rng.choice((1, 2, 3)), rng.choice((2, 3, 4, 5)))
                ]
                await net.send(net.carrier.writer, Kind.REPORT, items)
            case "feedback":
                items = [
                    Feedback(
                        delivery,
                        driver,
                        rng.randint(0, 5),
                        5,
                        0,
                        0,
                        0,
                        rng.choice((0, 16, 256)),
                        ZERO_HASH,
                        n,
                    )
                    for n in (word.revision + 1, word.revision + 2)
                ]
                holder = signer(key + "'") if word.taken else signer(key)
                signatures = [holder.sign_digest(digest(self.separator, item)) for item in items]
                await net.send(net.relay, Kind.FEEDBACK, items, signatures)
            case "key":
                item = KeyChange(delivery, signer(key + "'").address)
                await net.send(
                    net.relay,
                    Kind.KEY_CHANGE,
                    [item],
                    [signer(key).sign_digest(digest(self.separator, item))],
                )
            case "note":
                notes = [
                    Note(delivery, driver, net.carrier.number, rng.choice((1, 2)), ZERO_HASH),
                    Note(bytes(32), 0, net.carrier.number, 9, ZERO_HASH),
                ]
                await net.send(net.admin, Kind.NOTE, notes)

    async def _open(self, now):
        self.opened += 1
        key = f"recipient {self.opened}"
        items = []
        for n in range(2):
            ours = delivery_id(self.net.shipper.number, self.rng.randbytes(32), f"{self.opened}-{n}")
            items.append(
                Opening(
                    ours,
                    signer(key).address,
                    self.net.carrier.number,
                    now + self.rng.choice((5, DAY)),
                    ZERO_HASH,
                )
            )
            self.known.append((ours, key))
        await self.net.send(self.net.shipper.writer, Kind.OPENING, items)


async def move_a_driver(net: SmallNetwork, driver: DriverNumber):
    """Give the driver a key, and move it to a second carrier."""
    ledger, key, deadline = net.ledger, signer("driver"), net.provider.time + DAY
    other = await enroll(ledger, net.admin, "other carrier", Role.CARRIER)
    separator = ledger.deployment.identity.signing_domain.separator()
    bound = DriverKey(driver, key.address, 0, deadline)
    await admin.set_driver_key(ledger, net.carrier.writer, bound, key.sign_digest(digest(separator, bound)))
    move = DriverMove(driver, net.carrier.number, other.number, 1, deadline)
    await admin.move_driver(ledger, other.writer, move, key.sign_digest(digest(separator, move)))
    return other.number


async def assert_index_is_the_contracts_storage(net: SmallNetwork, index: Index, carriers):
    async with index.store.read() as connection:
        rows = (
            await connection.execute(select(entries).order_by(entries.c.block_number, entries.c.log_index))
        ).all()
        deliveries = {row.delivery_id for row in rows if any(row.delivery_id)}
        states = await reader.states(connection, index.ledger_id, deliveries)
        assert set(states) == deliveries
        for delivery, state in states.items():
            assert state.word == await net.ledger.delivery(delivery)
            for driver in net.drivers:
                was = await net.ledger.was_driver(delivery, driver)
                assert (driver in state.was_drivers) == was
        for driver in await reader.all_drivers(connection, index.ledger_id):
            word = await net.ledger.driver(driver.driver)
            assert word is not None
            assert (driver.carrier, driver.key, driver.nonce) == (word.carrier, word.key, word.nonce)
    heads = {(row.head_carrier, row.head_driver): row.head for row in rows}
    for carrier in carriers:
        assert await net.ledger.carrier_head(carrier) == heads.get((carrier, 0), bytes(32))
    for driver in net.drivers:
        assert await net.ledger.driver_head(driver) == heads.get((0, driver), bytes(32))
    return Counter(row.kind for row in rows)


async def _tables(node, ledger, path: Path):
    async with Index.over(node, path, ledger) as index:
        await index.catch_up()
        return await index.tables()


async def test_the_index_is_the_contracts_own_storage_through_reorganisations(
    chain: SmallNetwork, tmp_path: Path
):
    node, trade = Behind(chain.node), Trade(chain, random.Random(1))
    await admin.grant_role(chain.ledger, chain.admin, admin.NOTER, chain.admin.address)
    async with Index.over(node, tmp_path / "followed.db", chain.ledger) as index:
        rewound = 0
        for _ in range(5):
            for _ in range(4):
                await trade.act()
                await index.catch_up()
            before, known = chain.provider.snapshot(), list(trade.known)
            for _ in range(trade.rng.randrange(1, 5)):
                await trade.act()
            lost = None
            if trade.rng.random() < 0.5:
                lost = await move_a_driver(chain, chain.drivers[4])
            await index.catch_up()
            seen = await index.head()
            chain.provider.restore(before)
            trade.known = known
            if trade.rng.random() < 0.5:
                await index.catch_up()
            await trade.act()
            await index.catch_up()
            now = await index.head()
            assert now.block_number == (await chain.node.head()).number
            rewound += now.block_number <= seen.block_number
            async with index.store.read() as connection:
                if lost is not None:
                    assert await reader.member(connection, index.ledger_id, lost) is None, "it is gone again"
        assert rewound > 1, "the index went back"
        other = await move_a_driver(chain, chain.drivers[4])
        await index.catch_up()
        kinds = await assert_index_is_the_contracts_storage(chain, index, (chain.carrier.number, other))
        assert set(kinds) == set(Kind), f"every kind was recorded: {kinds}"
        found, wanted = await index.tables(), await _tables(node, chain.ledger, tmp_path / "b.db")
        for name in wanted:
            assert found[name] == wanted[name], name


async def test_a_block_changed_under_instant_finality_halts(chain: SmallNetwork, tmp_path: Path):
    trade = Trade(chain, random.Random(2))
    before = chain.provider.snapshot()
    await trade.act()
    async with Index.over(chain.node, tmp_path / "i.db", chain.ledger) as index:
        await index.catch_up()
        chain.provider.restore(before)
        chain.provider.advance(5)
        trade.known.clear()
        await trade.act()
        with pytest.raises(IndexHalted):
            await index.follower.step()


async def test_the_devnets_revert_is_followed(tmp_path: Path):
    async with running_devnet(genesis_time=1_772_323_200) as devnet:
        made = await Node.connect(devnet.url)
        try:
            ledger = await Ledger.attach(made, await admin.deploy(made, signer("admin")))
            node = Behind(made)
            async with Index.over(node, tmp_path / "i.db", ledger) as index:
                kept = (await enroll(ledger, signer("admin"), "kept", Role.CARRIER)).number
                await index.catch_up()
                snapshot = await made.request("evm_snapshot", [])
                gone = (await enroll(ledger, signer("admin"), "w", Role.CARRIER)).number
                await admin.register_drivers(ledger, signer("w"), 3)
                await index.catch_up()
                async with index.store.read() as connection:
                    assert len(await reader.all_drivers(connection, index.ledger_id)) == 3
                await made.request("evm_revert", [snapshot])
                await index.catch_up()
                async with index.store.read() as connection:
                    assert not await reader.all_drivers(connection, index.ledger_id)
                    assert (
                        await reader.writers_member(connection, index.ledger_id, signer("w").address) is None
                    )
                    found = await reader.members_by_number(connection, index.ledger_id, [kept, gone])
                assert {number: one.name for number, one in found.items()} == {kept: "kept"}
                assert (await enroll(ledger, signer("admin"), "instead", Role.CARRIER)).number == gone
                await index.catch_up()
                async with index.store.read() as connection:
                    instead = await reader.member(connection, index.ledger_id, gone)
                assert instead is not None
                assert instead.name == "instead"
                found, wanted = await index.tables(), await _tables(node, ledger, tmp_path / "b.db")
                assert found == wanted
        finally:
            await made.close()
