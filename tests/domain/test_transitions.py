"""The rules against the shared table of which outcomes may follow which: the contract is held to the same file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chain_client.domain.ids import ZERO_HASH, Address, DeliveryId, DriverNumber, MemberNumber
from chain_client.domain.records import DAY, Outcome, Reason, Report
from chain_client.domain.rules import check_report
from chain_client.domain.words import DeliveryWord

VECTORS = Path(__file__).parents[1] / "vectors" / "transitions.json"
MAY_FOLLOW = {
    int(outcome): set(last) for outcome, last in json.loads(VECTORS.read_text())["mayFollow"].items()
}
SHIPPER, CARRIER, NOW = MemberNumber(7), MemberNumber(3), 1_800_000_000
DELIVERY = DeliveryId(b"\x00\x07" + bytes(30))


def test_the_table_has_every_outcome() -> None:
    assert set(MAY_FOLLOW) == set(map(int, Outcome))


@pytest.mark.parametrize("last", range(8))
@pytest.mark.parametrize("outcome", sorted(Outcome))
def test_an_outcome_follows_what_the_table_says(last: int, outcome: int) -> None:
    word = DeliveryWord(Address(b"\x01" * 20), DriverNumber(0), NOW + DAY, CARRIER, last + 1, 0)
    item = Report(DELIVERY, DriverNumber(0), outcome, NOW, ZERO_HASH)
    caller = SHIPPER if outcome == Outcome.CANCELLED else CARRIER
    found = check_report(item, word, caller=caller, drivers_carrier=0, now=NOW)
    if last in MAY_FOLLOW[outcome]:
        assert isinstance(found, DeliveryWord)
        assert found.last_outcome == outcome
    else:
        assert found is Reason.TRANSITION
