"""What the proofs and the analysis rest on; `make prove` and `make analyse` run them."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from types import ModuleType

import pytest
from ledger_harness import ROOT

CONTRACTS = ROOT / "contracts"
PROOFS = (CONTRACTS / "proofs" / "src" / "Words.t.sol").read_text(encoding="utf-8")


def test_the_proved_transitions_are_the_vectors() -> None:
    vectors = json.loads((ROOT / "tests" / "vectors" / "transitions.json").read_text())["mayFollow"]
    expected = bytes(sum(1 << last for last in vectors[str(outcome)]) for outcome in range(1, 8))
    found = re.search(r"TRANSITIONS = 0x([0-9a-f_]+);", PROOFS)
    assert found is not None
    assert bytes.fromhex(found.group(1).replace("_", "")) == expected


def test_the_proofs_are_compiled_with_the_ledgers_pins() -> None:
    toml = (CONTRACTS / "proofs" / "foundry.toml").read_text(encoding="utf-8")
    for pin in ('evm_version = "cancun"', "optimizer_runs = 1_000_000", "via_ir = true"):
        assert pin in toml


@pytest.fixture(scope="module")
def analyse() -> ModuleType:
    sys.path.insert(0, str(CONTRACTS))
    try:
        spec = importlib.util.spec_from_file_location("contracts_analyse", CONTRACTS / "analyse.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(CONTRACTS))
    return module


def a_finding(check: str, function: str, contract: str) -> dict[str, object]:
    parent = {"type": "contract", "name": contract}
    element = {"type": "function", "name": function, "type_specific_fields": {"parent": parent}}
    return {"check": check, "elements": [element], "description": "what is wrong"}


def test_a_finding_is_explained_or_named(analyse: ModuleType) -> None:
    explained = [{"detector": "timestamp", "place": "Owners.acceptOwner", "why": "…"}]
    known = a_finding("timestamp", "acceptOwner", "Owners")
    assert list(analyse.complaints([known], explained)) == []
    for new in (
        a_finding("timestamp", "vetoRecovery", "Owners"),
        a_finding("reentrancy-eth", "acceptOwner", "Owners"),
    ):
        (complaint,) = analyse.complaints([known, new], explained)
        assert complaint.startswith(f"not explained: {new['check']} at {analyse.place_of(new)}")


def test_an_explanation_of_nothing_is_named(analyse: ModuleType) -> None:
    explained = [{"detector": "timestamp", "place": "Owners.acceptOwner", "why": "…"}]
    (complaint,) = analyse.complaints([], explained)
    assert "no longer found: timestamp at Owners.acceptOwner" in complaint


def test_every_explanation_says_why(analyse: ModuleType) -> None:
    for each in json.loads(analyse.EXPLAINED.read_text(encoding="utf-8")):
        assert each.keys() == {"detector", "place", "why"}
        assert each["why"].endswith(".")
