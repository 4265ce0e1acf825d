"""Any sequence of owners', writers' and the admin's calls leaves members exactly where the model says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from ledger_harness import DAY, Actor, Result, actor
from ledger_model import Members, Refused
from ledger_world import ADMIN, MEMBERS, OWNERS, World, mapping_slot

from chain_client.domain.ids import ZERO_ADDRESS

CAST = (*(OWNERS[number] for number, *_ in MEMBERS[:3]), *(actor(f"somebody {n}") for n in range(5)))
NUMBERS = (1, 2, 3)
MEMBERS_SLOT, WRITERS_SLOT, OWNERS_SLOT, SUCCESSIONS_SLOT, OFFERS_SLOT = 5, 6, 8, 9, 10

people = st.sampled_from(CAST)
numbers = st.sampled_from(NUMBERS)


class MembersMachine(RuleBasedStateMachine):
    """The contract and the model side by side."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.start = self.world.chain.snapshot()
        self.checked = -1
        self.model = Members()
        for number, _, roles, writer in MEMBERS:
            self.model.register_member(int(roles), OWNERS[number].address)
            self.model.allow_writer(OWNERS[number].address, writer.address)
            self.model.accept_writer(writer.address, number)

    def teardown(self) -> None:
        self.world.chain.restore(self.start)

    def both(self, by: Actor, function: str, args: tuple[Any, ...], judge: Callable[[], None]) -> None:
        """Send a call to the contract and the model: either both do it, or both refuse for the same reason."""
        result = self.world.send(by, function, *args)
        try:
            judge()
        except Refused as refused:
            self.refused(result, refused)
        else:
            assert result.succeeded, result.error
            assert len(result.events) == 1

    def refused(self, result: Result, expected: Refused) -> None:
        assert result.error is not None
        assert result.error.name == str(expected)

    @rule(by=st.sampled_from((0, DAY, 13 * DAY, 14 * DAY, 89 * DAY)))
    def time_passes(self, by: int) -> None:
        self.world.chain.advance(by)

    @rule(owner=people)
    def the_admin_registers_a_member(self, owner: Actor) -> None:
        args = ("Another", 1, owner.address)
        self.both(ADMIN, "registerMember", args, lambda: self.model.register_member(1, owner.address))

    @rule(by=people, to=st.sampled_from((*(each.address for each in CAST), ZERO_ADDRESS)))
    def offers_its_member(self, by: Actor, to: bytes) -> None:
        self.both(by, "offerOwner", (to,), lambda: self.model.offer_owner(by.address, to))

    @rule(by=people, number=numbers)
    def accepts_a_member(self, by: Actor, number: int) -> None:
        now = self.world.chain.time
        self.both(by, "acceptOwner", (number,), lambda: self.model.accept_owner(by.address, number, now))

    @rule(number=numbers)
    def whoever_may_accepts_a_member(self, number: int) -> None:
        waiting = [self.model.owner_offers.get(number)]
        if recovery := self.model.recoveries.get(number):
            waiting.append(recovery.heir)
        for by in CAST:
            if by.address in waiting:
                self.accepts_a_member(by, number)

    @rule(number=numbers, heir=people)
    def the_admin_starts_a_recovery(self, number: int, heir: Actor) -> None:
        now = self.world.chain.time
        args = (number, heir.address)
        self.both(ADMIN, "startRecovery", args, lambda: self.model.start_recovery(number, heir.address, now))

    @rule(by=people, number=numbers)
    def vetoes_a_recovery(self, by: Actor, number: int) -> None:
        now = self.world.chain.time
        self.both(by, "vetoRecovery", (number,), lambda: self.model.veto_recovery(by.address, number, now))

    @rule(number=numbers)
    def the_owner_vetoes_a_recovery(self, number: int) -> None:
        for by in CAST:
            if by.address == self.model.owners[number]:
                self.vetoes_a_recovery(by, number)
                return

    @rule(by=people, writer=people)
    def offers_to_write(self, by: Actor, writer: Actor) -> None:
        args = (writer.address,)
        self.both(by, "allowWriter", args, lambda: self.model.allow_writer(by.address, writer.address))

    @rule(by=people, number=numbers)
    def accepts_to_write(self, by: Actor, number: int) -> None:
        self.both(by, "acceptWriter", (number,), lambda: self.model.accept_writer(by.address, number))

    @rule(by=people, writer=people)
    def removes_a_writer(self, by: Actor, writer: Actor) -> None:
        args = (writer.address,)
        self.both(by, "removeWriter", args, lambda: self.model.remove_writer(by.address, writer.address))

    @invariant()
    def every_slot_is_as_the_model_has_it(self) -> None:
        if self.world.chain.number != self.checked:
            self.checked = self.world.chain.number
            self.every_member_has_one_owner_and_every_owner_one_member()
            self.every_writer_writes_for_the_member_it_accepted()
            self.every_succession_is_as_the_model_has_it()

    def every_member_has_one_owner_and_every_owner_one_member(self) -> None:
        for number, owner in self.model.owners.items():
            assert self.world.slot(mapping_slot(number, MEMBERS_SLOT)) >> 16 == as_number(owner)
        for each in CAST:
            held = self.world.slot(mapping_slot(each.address, OWNERS_SLOT))
            assert held == self.model.owned_by(each.address)

    def every_writer_writes_for_the_member_it_accepted(self) -> None:
        for each in CAST:
            held = self.world.slot(mapping_slot(each.address, WRITERS_SLOT))
            assert held & 0xFFFF == self.model.writers.get(each.address, 0)
            assert held >> 16 == (each.address in self.model.removed)
            for number in NUMBERS:
                inner = mapping_slot(number, OFFERS_SLOT)
                offerer = self.world.slot(mapping_slot(each.address, inner))
                assert offerer == as_number(
                    self.model.writer_offers.get((number, each.address), ZERO_ADDRESS)
                )

    def every_succession_is_as_the_model_has_it(self) -> None:
        for number in NUMBERS:
            place = mapping_slot(number, SUCCESSIONS_SLOT)
            recovery = self.model.recoveries.get(number)
            heir, ready = (recovery.heir, recovery.ready) if recovery else (ZERO_ADDRESS, 0)
            assert self.world.slot(place) == as_number(self.model.owner_offers.get(number, ZERO_ADDRESS))
            expected = as_number(heir) | ready << 160 | self.model.vetoes.get(number, 0) << 208
            assert self.world.slot(place + 1) == expected


def as_number(address: bytes) -> int:
    return int.from_bytes(address, "big")


def test_any_sequence_of_calls_agrees_with_the_model(world: World) -> None:
    class Machine(MembersMachine):
        pass

    Machine.world = world
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=30,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
