"""Gas: budgets, and a snapshot so that a change of cost is a change somebody saw."""

from __future__ import annotations

import json
from dataclasses import astuple

import pytest
from ledger_gas import SNAPSHOT, measure
from ledger_world import World

# Per item, in lists of 200 over 5 drivers, in whatever order they come.
BUDGETS = {"open": 29_000, "report": 12_800, "feedback": 18_300}
CODE_LIMIT = 24_576
INIT_CODE_LIMIT = 49_152


@pytest.fixture(scope="module")
def measured(network: World) -> dict[str, int]:
    return measure(network)


@pytest.mark.parametrize("verb", BUDGETS)
def test_within_budget(measured: dict[str, int], verb: str) -> None:
    costs = {name: gas for name, gas in measured.items() if name.split(",")[0] == verb}
    assert len(costs) >= 2
    assert {name: gas for name, gas in costs.items() if gas > BUDGETS[verb]} == {}


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
