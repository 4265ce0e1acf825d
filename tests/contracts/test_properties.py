"""Any sequence of calls, by friends and attackers, leaves the contract exactly where the model says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from ledger_harness import DAY, Actor, Result, actor
from ledger_model import Block, Model, Refused
from ledger_world import (
    ADMIN,
    COURIER,
    COURIER_WRITER,
    DRIVERS_EACH,
    FIRST_DRIVERS,
    MARKET,
    MARKET_WRITER,
    MEMBERS,
    MERGED,
    MERGED_WRITER,
    NEIGHBOUR,
    NOTARY,
    OWNERS,
    RECIPIENT,
    RIVAL,
    RIVAL_OWNER,
    RIVAL_WRITER,
    SHOP,
    SHOP_WRITER,
    STRANGER,
    World,
    delivery_of,
    mapping_slot,
)

from chain_client.domain.ids import ZERO_ADDRESS, ZERO_HASH, DeliveryId, Hash32
from chain_client.domain.records import (
    DriverKey,
    DriverMove,
    Feedback,
    Item,
    KeyChange,
    Note,
    Opening,
    Report,
)
from chain_client.domain.signatures import recover

KEYS = (RECIPIENT, NEIGHBOUR, STRANGER)
PHONES = tuple(actor(f"phone {n}") for n in range(4))
NO_DELIVERY = DeliveryId(bytes(32))
NEVER_OPENED = delivery_of(404)
OWN = {
    SHOP: tuple(delivery_of(n) for n in range(4)),
    MARKET: tuple(delivery_of(n, MARKET) for n in range(2)),
    MERGED: tuple(delivery_of(n, MERGED) for n in range(2)),
}
DELIVERIES = (*OWN[SHOP], *OWN[MARKET], *OWN[MERGED], NEVER_OPENED, NO_DELIVERY)
WRITER_OF = {number: writer for number, _, _, writer in MEMBERS}
CARRIERS = (COURIER, COURIER, RIVAL, MERGED)
DRIVERS = (*(first + n for first in FIRST_DRIVERS.values() for n in range(3)), 99)

# An item is drawn as a pick of what would be right and a flaw: 0 in most, else one rule to break.
picks = st.sampled_from(range(12))
# Seconds until a driver's message expires.
lefts = st.sampled_from((DAY, DAY, DAY, 0, -1))
hashes = st.sampled_from((ZERO_HASH, Hash32(b"\x01" * 32), Hash32(b"\xff" * 32)))
ratings = st.tuples(*[st.integers(0, 5)] * 5)
drawn_openings = st.tuples(
    picks, picks, st.sampled_from(CARRIERS), st.sampled_from((60, DAY, 366 * DAY)), hashes
)
drawn_reports = st.tuples(picks, picks, picks, st.sampled_from((0, 0, 60, 7 * DAY)), hashes)
drawn_feedbacks = st.tuples(picks, picks, ratings, st.integers(0, 2047), hashes)
drawn_notes = st.tuples(picks, picks, picks, st.integers(0, 2**16 - 1), hashes)


def flawed(items: st.SearchStrategy[Any], flaws: int) -> st.SearchStrategy[list[Any]]:
    """Return lists of (item, flaw); a flaw in every other."""
    flaw = st.sampled_from((0,) * flaws + tuple(range(1, flaws + 1)))
    return st.lists(st.tuples(items, flaw), min_size=1, max_size=6)


class LedgerMachine(RuleBasedStateMachine):
    """The contract and the model side by side."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.start = self.world.chain.snapshot()
        self.model = model_of(self.world)
        self.checked = -1

    def teardown(self) -> None:
        self.every_replaced_driver_is_as_the_model_has_it()
        self.world.chain.restore(self.start)

    # Every call goes to both.

    def block(self, by: Actor) -> Block:
        return Block(self.world.chain.number + 1, self.world.chain.time, by.address)

    def settle(self, result: Result, items: Sequence[Item], judge: Any) -> None:
        expected = verdict(judge)
        if isinstance(expected, Refused):
            self.refused(result, expected)
            return
        assert result.succeeded, result.error
        assert result.reasons == expected
        own = {
            Opening: "Opened",
            Report: "Reported",
            Feedback: "FeedbackRecorded",
            KeyChange: "KeyChanged",
            Note: "Noted",
        }
        for index, (event, item) in enumerate(zip(result.events, items, strict=True)):
            assert event.deliveryId == item.delivery_id
            if event.name == "ItemRejected":
                assert event.index == index
            else:
                assert event.name == own[type(item)]

    def refused(self, result: Result, expected: Refused) -> None:
        assert not result.succeeded
        assert result.error is not None
        assert result.error.name == str(expected)

    # What would be right, as things stand.

    def one_of(self, choices: Sequence[Any], pick: int, otherwise: Any) -> Any:
        return choices[pick % len(choices)] if choices else otherwise

    def present_key(self, delivery: DeliveryId) -> Actor:
        word = self.model.words.get(delivery)
        return next((key for key in KEYS if word and key.address == word.recipient_key), RECIPIENT)

    def signed(self, item: Item, flaw: int) -> bytes:
        """The present key's signature; flaw 1 a stranger's, 2 over something else, 3 none at all."""
        key = self.present_key(item.delivery_id)
        match flaw:
            case 1:
                return self.world.signature(item, next(each for each in KEYS if each is not key))
            case 2:
                return self.world.signature(KeyChange(item.delivery_id, PHONES[0].address), key)
            case 3:
                return bytes(64)
            case _:
                return self.world.signature(item, key)

    def an_opening(self, member: int, drawn: tuple[Any, ...], flaw: int) -> Opening:
        place, key, carrier, ahead, record = drawn
        own = OWN.get(member, OWN[SHOP])
        free = [each for each in own if each not in self.model.words]
        now = self.world.chain.time
        fields = {
            "delivery_id": self.one_of(free, place, own[0]),
            "recipient_key": KEYS[key % 2].address,
            "carrier": carrier,
            "promised_by": now + ahead,
            "record_hash": record,
        }
        foreign = [each for each in DELIVERIES if each not in own]
        wrong = {
            1: {"delivery_id": foreign[place % len(foreign)]},
            2: {"delivery_id": own[place % len(own)]},
            3: {"recipient_key": ZERO_ADDRESS},
            4: {"carrier": (SHOP, 0, 65_535)[place % 3]},
            5: {"promised_by": now - place % 2},
            6: {"promised_by": now + 366 * DAY + 1 + place},
        }
        return Opening(**fields | wrong.get(flaw, {}))

    def a_report(self, member: int, drawn: tuple[Any, ...], flaw: int) -> Report:
        place, course, pick, ago, evidence = drawn
        cancels = [each for each in self.model.words if each in OWN.get(member, ())]
        carries = [each for each, word in self.model.words.items() if word.carrier == member]
        outcome = (1, 2, 3, 3, 1, 2, 4, 5, 3, 7, 6, 6)[course]
        delivery = self.one_of(cancels if outcome == 6 else carries, place, NEVER_OPENED)
        word = self.model.words.get(delivery)
        of_carrier = [n for n, each in self.model.drivers.items() if word and each.carrier == word.carrier]
        present = word.driver if word else 0
        driver = present if present and pick % 2 else self.one_of(of_carrier[:5], pick, 0)
        driver = 0 if outcome == 6 or (word and word.replaced_drivers == 3 and pick % 3 == 0) else driver
        now = self.world.chain.time
        fields = {
            "delivery_id": delivery,
            "driver": driver,
            "outcome": outcome,
            "occurred_at": now - ago,
            "evidence_hash": evidence,
        }
        wrong = {
            1: {"delivery_id": NEVER_OPENED},
            2: {"outcome": (0, 8, 255)[pick % 3]},
            3: {"delivery_id": self.one_of(list(self.model.words), pick, NO_DELIVERY)},
            4: {"outcome": 1 + pick % 7},
            5: {"occurred_at": now + 1 + pick},
            6: {"occurred_at": now - 7 * DAY - 1},
            7: {"driver": 0},
            8: {"driver": DRIVERS[pick % len(DRIVERS)]},
            9: {"outcome": 6},
        }
        return Report(**fields | wrong.get(flaw, {}))

    def named_on(self, delivery: DeliveryId) -> list[int]:
        """Every driver named on a delivery; without one every driver."""
        word = self.model.words.get(delivery)
        if word is None:
            return list(self.model.drivers)
        replaced = sorted(driver for each, driver in self.model.was_driver if each == delivery)
        return [*replaced, word.driver] if word.driver else replaced

    def a_feedback(self, drawn: tuple[Any, ...], flaw: int, revisions: dict[DeliveryId, int]) -> Feedback:
        place, pick, (overall, *others), issues, content = drawn
        delivery = self.one_of(list(self.model.words), place, NEVER_OPENED)
        word = self.model.words.get(delivery)
        named = sorted(driver for each, driver in self.model.was_driver if each == delivery)
        revision = revisions.get(delivery, word.revision if word else 0) + 1
        fields = {
            "delivery_id": delivery,
            "driver": (0, word.driver if word else 0, *named)[pick % (2 + len(named))],
            "overall": overall,
            **dict(zip(("timeliness", "packaging", "professionalism", "accuracy"), others, strict=True)),
            "issues": issues,
            "content_hash": content,
            "revision": min(revision, 255),
        }
        wrong = {
            4: {"delivery_id": NEVER_OPENED},
            5: {"revision": min(revision + 1, 255)},
            6: {"revision": max(revision - 1, 0)},
            7: {"overall": 6 + pick},
            8: {"accuracy": 255},
            9: {"issues": 2048 << pick},
            10: {"driver": DRIVERS[pick % len(DRIVERS)]},
        }
        if flaw == 0:
            revisions[delivery] = revision
        return Feedback(**fields | wrong.get(flaw, {}))

    # The calls.

    @rule(by=st.one_of(st.integers(0, 3600), st.sampled_from((0, DAY, 3 * DAY, 8 * DAY))))
    def time_passes(self, by: int) -> None:
        self.world.chain.advance(by)

    @rule(rarely=st.integers(0, 7), by=st.sampled_from((200 * DAY, 366 * DAY)))
    def a_long_time_passes(self, rarely: int, by: int) -> None:
        if rarely == 0:
            self.world.chain.advance(by)

    @initialize(
        drawn=st.lists(drawn_openings, min_size=1, max_size=2),
        reported=st.lists(drawn_reports, min_size=0, max_size=4),
    )
    def every_shipper_opens(self, drawn: list[Any], reported: list[Any]) -> None:
        for member in OWN:
            # One by one, for an item is made to suit what the ones before it left.
            for each in drawn:
                self.opens(WRITER_OF[member], [(each, 0)])
        for each in reported:
            for carrier in (COURIER, RIVAL, MERGED):
                self.reports(WRITER_OF[carrier], [(each, 0)])

    @rule(
        by=st.sampled_from((SHOP_WRITER, MARKET_WRITER, MERGED_WRITER, STRANGER, COURIER_WRITER)),
        drawn=flawed(drawn_openings, 6),
    )
    def opens(self, by: Actor, drawn: list[Any]) -> None:
        member = self.model.writers.get(by.address, SHOP)
        items = [self.an_opening(member, *each) for each in drawn]
        block = self.block(by)
        result = self.world.open(*items, by=by)
        self.settle(result, items, lambda: self.model.open(items, block))

    @rule(
        by=st.sampled_from(
            (*[COURIER_WRITER] * 4, RIVAL_WRITER, MERGED_WRITER, SHOP_WRITER, MARKET_WRITER, STRANGER)
        ),
        drawn=flawed(drawn_reports, 9),
    )
    def reports(self, by: Actor, drawn: list[Any]) -> None:
        member = self.model.writers.get(by.address, COURIER)
        items = [self.a_report(member, *each) for each in drawn]
        block = self.block(by)
        result = self.world.report(*items, by=by)
        self.settle(result, items, lambda: self.model.report(items, block))

    @rule(drawn=flawed(drawn_feedbacks, 10))
    def rates(self, drawn: list[Any]) -> None:
        revisions: dict[DeliveryId, int] = {}
        items = [self.a_feedback(*each, revisions) for each in drawn]
        signatures = [self.signed(item, flaw) for item, (_, flaw) in zip(items, drawn, strict=True)]
        block = self.block(STRANGER)
        result = self.world.rate(*items, signatures=signatures, by=STRANGER)
        self.settle(result, items, lambda: self.model.rate(items, signatures, block))

    @rule(pick=picks)
    def rates_a_hundred_times(self, pick: int) -> None:
        """A stolen link's holder tries to use the revisions up."""
        delivery = self.one_of(list(self.model.words), pick, NEVER_OPENED)
        word = self.model.words.get(delivery)
        if not pick % 4 and word and word.rateable:
            first = word.revision + 1
            items = [
                Feedback(delivery, 0, 1, 1, 1, 1, 1, 0, ZERO_HASH, min(n, 255))
                for n in range(first, first + 100)
            ]
            signatures = [self.signed(item, 0) for item in items]
            block = self.block(STRANGER)
            result = self.world.rate(*items, signatures=signatures, by=STRANGER)
            self.settle(result, items, lambda: self.model.rate(items, signatures, block))

    @rule(drawn=st.lists(st.tuples(picks, picks, st.integers(0, 14)), min_size=1, max_size=2))
    def changes_keys(self, drawn: list[Any]) -> None:
        items, signatures = [], []
        for place, pick, flaw in drawn:
            delivery = NEVER_OPENED if flaw == 4 else self.one_of(list(self.model.words), place, NEVER_OPENED)
            present = self.present_key(delivery)
            others = [each.address for each in KEYS if each is not present]
            key = {5: present.address, 6: ZERO_ADDRESS}.get(flaw, others[pick % 2])
            items.append(KeyChange(delivery, key))
            signatures.append(self.signed(items[-1], flaw))
        block = self.block(STRANGER)
        result = self.world.change_key(*items, signatures=signatures, by=STRANGER)
        self.settle(result, items, lambda: self.model.change_key(items, signatures, block))

    @rule(drawn=flawed(drawn_notes, 7))
    def notes(self, drawn: list[Any]) -> None:
        items = []
        for (place, who, carrier, kind, content), flaw in drawn:
            delivery = self.one_of([NO_DELIVERY, *self.model.words], place, NO_DELIVERY)
            fields: dict[str, Any] = {
                "delivery_id": delivery,
                "driver": self.one_of(self.named_on(delivery), who, 0) if who % 3 else 0,
                "carrier": word.carrier
                if (word := self.model.words.get(delivery))
                else CARRIERS[carrier % 4],
                "kind": kind,
                "content_hash": content,
            }
            wrong: dict[int, dict[str, Any]] = {
                1: {"delivery_id": NEVER_OPENED},
                2: {"driver": 99},
                3: {"carrier": (SHOP, 99)[place % 2]},
                4: {"driver": 0, "carrier": 0},
                5: {"driver": DRIVERS[who % (len(DRIVERS) - 1)]},
                6: {"carrier": CARRIERS[carrier % 4]},
                7: {"carrier": 0},
            }
            items.append(Note(**fields | wrong.get(flaw, {})))
        block = self.block(NOTARY)
        result = self.world.note(*items, by=NOTARY)
        self.settle(result, items, lambda: self.model.note(items, block))

    @rule(driver=st.integers(1, 3), to=st.sampled_from((RIVAL, MERGED, COURIER)), pick=picks)
    def a_driver_signs_on_and_moves(self, driver: int, to: int, pick: int) -> None:
        """The honest way, whole: a key where there is none, then the move."""
        word = self.model.drivers[driver]
        if word.key == ZERO_ADDRESS:
            by = WRITER_OF[word.carrier]
            phone = next((each for each in PHONES if each.address not in self.model.keys_used), PHONES[0])
            self.sets_a_drivers_key(by, driver, phone, 0, None, DAY)
        self.moves_a_driver(WRITER_OF[to], driver, None, None, 0, None, DAY)

    @rule(
        by=st.sampled_from(
            (COURIER_WRITER, COURIER_WRITER, RIVAL_WRITER, MERGED_WRITER, SHOP_WRITER, STRANGER)
        ),
        driver=st.sampled_from(DRIVERS),
        phone=st.sampled_from(PHONES),
        off=st.sampled_from((0, 0, 0, 1)),
        old=st.sampled_from((None, None, *PHONES)),
        left=lefts,
    )
    def sets_a_drivers_key(
        self, by: Actor, driver: int, phone: Actor, off: int, old: Actor | None, left: int
    ) -> None:
        word = self.model.drivers.get(driver)
        nonce, deadline = (word.nonce if word else 0) + off, self.world.chain.time + left
        message = DriverKey(driver, phone.address, nonce, deadline)
        holder = old or next((each for each in PHONES if word and each.address == word.key), phone)
        signatures = self.world.signature(message, phone), self.world.long_signature(message, holder)
        block = self.block(by)
        result = self.world.set_key(message, *signatures, by=by)
        self.settle_one(
            result,
            "DriverKeySet",
            lambda: self.model.set_driver_key(message, phone.address, holder.address, block),
        )

    @rule(
        by=st.sampled_from(
            (COURIER_WRITER, COURIER_WRITER, RIVAL_WRITER, MERGED_WRITER, SHOP_WRITER, STRANGER)
        ),
        driver=st.sampled_from((1, 1, 2, FIRST_DRIVERS[RIVAL], 99)),
        start=st.sampled_from((None, None, None, COURIER, RIVAL)),
        to=st.sampled_from((None, None, None, COURIER)),
        off=st.sampled_from((0, 0, 0, 1)),
        phone=st.sampled_from((None, None, None, *PHONES)),
        left=lefts,
    )
    def moves_a_driver(
        self,
        by: Actor,
        driver: int,
        start: int | None,
        to: int | None,
        off: int,
        phone: Actor | None,
        left: int,
    ) -> None:
        word = self.model.drivers.get(driver)
        message = DriverMove(
            driver,
            start or (word.carrier if word else 0),
            to or self.model.writers.get(by.address, 0),
            (word.nonce if word else 0) + off,
            self.world.chain.time + left,
        )
        holder = phone or next((each for each in PHONES if word and each.address == word.key), PHONES[0])
        block = self.block(by)
        result = self.world.move(message, self.world.signature(message, holder), by=by)
        self.settle_one(result, "DriverMoved", lambda: self.model.move_driver(message, holder.address, block))

    def settle_one(self, result: Result, name: str, judge: Any) -> None:
        expected = verdict(judge)
        if isinstance(expected, Refused):
            self.refused(result, expected)
            return
        assert result.names == [name], result.error

    @rule(member=st.sampled_from((COURIER, RIVAL, MERGED, SHOP)), pick=picks)
    def the_admin_sets_roles(self, member: int, pick: int) -> None:
        usual = next(roles for number, _, roles, _ in MEMBERS if number == member)
        roles = pick if pick < 4 else int(usual)
        self.world.must(ADMIN, "setRoles", member, roles)
        self.model.set_roles(member, roles)

    @rule(by=st.sampled_from((COURIER_WRITER, RIVAL_WRITER)))
    def registers_a_driver(self, by: Actor) -> None:
        result = self.world.send(by, "registerDrivers", 1)
        self.settle_one(result, "DriversRegistered", lambda: self.model.register_drivers(by.address, 1))

    @rule(rarely=st.integers(0, 9))
    def an_owner_removes_a_writer(self, rarely: int) -> None:
        if rarely == 0 and RIVAL_WRITER.address not in self.model.removed:
            self.world.must(RIVAL_OWNER, "removeWriter", RIVAL_WRITER.address)
            self.model.remove_writer(RIVAL_OWNER.address, RIVAL_WRITER.address)

    # What must hold after every step.

    @invariant()
    def every_slot_is_as_the_model_has_it(self) -> None:
        if self.world.chain.number != self.checked:
            self.checked = self.world.chain.number
            self.every_delivery_is_as_the_model_has_it()
            self.every_driver_is_as_the_model_has_it()
            self.every_head_is_as_the_model_has_it()

    def every_delivery_is_as_the_model_has_it(self) -> None:
        for delivery in DELIVERIES:
            word = self.model.words.get(delivery)
            assert self.world.word(delivery) == (word.pack() if word else 0), delivery.hex()

    def every_driver_is_as_the_model_has_it(self) -> None:
        for number in range(1, len(self.model.drivers) + 2):
            word = self.model.drivers.get(number)
            assert self.world.driver_word(number) == (word.pack() if word else 0), number

    def every_head_is_as_the_model_has_it(self) -> None:
        for number in range(0, len(self.model.drivers) + 2):
            assert self.world.driver_head(number) == self.model.driver_heads.get(number, ZERO_HASH), number
        for number in range(0, len(MEMBERS) + 2):
            assert self.world.carrier_head(number) == self.model.carrier_heads.get(number, ZERO_HASH), number

    def every_replaced_driver_is_as_the_model_has_it(self) -> None:
        for delivery in DELIVERIES:
            inner = mapping_slot(delivery, 4)
            for driver in DRIVERS:
                held = self.world.slot(mapping_slot(driver, inner))
                assert held == ((delivery, driver) in self.model.was_driver)


def verdict(judge: Any) -> Any:
    """Return what the model says, its refusal included."""
    try:
        return judge()
    except Refused as refused:
        return refused


def model_of(world: World) -> Model:
    """Return the model of a network just set up."""
    model = Model(recovered=lambda item, signature: recover(world.digest(item), signature))
    for number, _, roles, writer in MEMBERS:
        model.register_member(int(roles), OWNERS[number].address)
        model.allow_writer(OWNERS[number].address, writer.address)
        model.accept_writer(writer.address, number)
    for writer in (COURIER_WRITER, RIVAL_WRITER, MERGED_WRITER):
        model.register_drivers(writer.address, DRIVERS_EACH)
    return model


def test_any_sequence_of_calls_agrees_with_the_model(world: World) -> None:
    class Machine(LedgerMachine):
        pass

    Machine.world = world
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=30,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )


@pytest.fixture(scope="module")
def rated(network: World) -> Any:
    before = network.chain.snapshot()
    network.delivered()
    item = network.feedback()
    yield network, item, network.signature(item)
    network.chain.restore(before)


@given(bit=st.integers(0, 511))
@settings(max_examples=60, deadline=None)
def test_no_other_bits_sign(rated: Any, bit: int) -> None:
    world, item, signature = rated
    flipped = int.from_bytes(signature, "big") ^ 1 << bit
    before = world.chain.snapshot()
    result = world.rate(item, signatures=[flipped.to_bytes(64, "big")])
    assert result.reasons == [11]
    world.chain.restore(before)


@given(cut=st.integers(0, 6), drawn=st.lists(st.integers(0, 3), min_size=6, max_size=6))
@settings(max_examples=25, deadline=None)
def test_cutting_a_list_in_two_leaves_the_same_words(rated: Any, cut: int, drawn: list[int]) -> None:
    """Within one block's second, one call or two: deliveries come out the same, reasons too."""
    world, _, _ = rated
    items = [world.opening(20 + n) for n in drawn]
    start = world.chain.snapshot()
    whole = world.open(*items).reasons
    words = [world.word(item.delivery_id) for item in items]
    world.chain.restore(start)
    first = world.open(*items[:cut]).reasons
    world.chain.time = start[2]
    assert first + world.open(*items[cut:]).reasons == whole
    assert [world.word(item.delivery_id) for item in items] == words
    world.chain.restore(start)
