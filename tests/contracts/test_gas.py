"""Gas: budgets, and a snapshot so that a change of cost is a change somebody saw."""

from __future__ import annotations

import json
from dataclasses import astuple

import pytest
from ledger_gas import SNAPSHOT, measure
from ledger_world import World

# Per item, in lists of 200.
BUDGETS = {
    "open, 5 drivers in runs": 27_900,
    "report, driver known, 5 drivers in runs": 11_000,
    "report, driver known, 5 drivers in turn": 11_000,
    "report, first naming the driver, 5 drivers in runs": 11_000,
    "report, first naming the driver, 5 drivers in turn": 11_000,
    "report, replacing the driver, 5 drivers in runs": 33_000,
    "feedback, 5 drivers in runs": 16_500,
    "feedback, 5 drivers in turn": 16_500,
    "feedback, 200 drivers": 21_200,
    "key change, 5 drivers in runs": 13_400,
}


@pytest.fixture(scope="module")
def measured(network: World) -> dict[str, int]:
    return measure(network)


@pytest.mark.parametrize("what", BUDGETS)
def test_within_budget(measured: dict[str, int], what: str) -> None:
    assert measured[what] <= BUDGETS[what]


def test_as_in_the_snapshot(measured: dict[str, int]) -> None:
    committed = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
    assert measured == committed, (
        "run `python tests/contracts/ledger_gas.py` and commit what you meant to change"
    )


def test_a_list_of_200_fits_a_transaction(network: World) -> None:
    """Nodes take transactions up to 131,072 bytes."""
    items = [astuple(network.feedback(n)) for n in range(200)]
    signatures = [(b"\xff" * 32, b"\xff" * 32)] * 200
    assert len(network.interface.encode("recordFeedback", items, signatures)) < 131_072 - 200
