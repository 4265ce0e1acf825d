"""The committed artefacts are what the sources compile to, and what was deployed is what they say."""

from __future__ import annotations

import copy
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest
from eth_utils import keccak
from ledger_harness import ROOT, artifact
from ledger_world import STRANGER, World


@pytest.fixture(scope="module")
def build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("contracts_build", ROOT / "contracts" / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def solc(build: ModuleType) -> Path:
    try:
        return build.compiler()
    except build.BuildError as absent:
        pytest.skip(f"no compiler: {absent}")


@pytest.mark.parametrize("name", ["DeliveryLedger", "AccessManager", "TestWallet"])
def test_recompiling_reproduces_the_committed_artefact(build: ModuleType, solc: Path, name: str) -> None:
    (target,) = [each for each in build.TARGETS if each.name == name]
    assert build.check(target, build.compile_target(target, solc)) is None


def test_the_first_difference_is_named(build: ModuleType, tmp_path: Path) -> None:
    built = artifact("DeliveryLedger")
    target = build.Target("src/DeliveryLedger.sol", "DeliveryLedger", tmp_path / "DeliveryLedger.json")
    assert build.check(target, built) == "DeliveryLedger.json: not committed"
    changed = copy.deepcopy(built)
    changed["storage"][3]["slot"] = 7
    changed["compiler"]["settings"]["optimizer"]["runs"] = 200
    target.artifact.write_text(build.render(changed))
    assert build.check(target, built) == (
        "DeliveryLedger.json.compiler.settings.optimizer.runs: committed 200, built 1000000"
    )
    target.artifact.write_text(build.render(built))
    assert build.check(target, built) is None
    target.artifact.write_text(json.dumps(built))
    assert build.check(target, built) == "DeliveryLedger.json: same content, laid out differently"


def test_a_missing_import_says_what_to_run(
    build: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "NODE_MODULES", tmp_path)
    with pytest.raises(build.BuildError, match="npm ci"):
        build.sources("src/DeliveryLedger.sol")


def test_what_does_not_compile_is_reported_in_the_compilers_words(
    build: ModuleType, solc: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Broken.sol").write_text("contract Broken { function f() public { return 1 } }")
    monkeypatch.setattr(build, "HERE", tmp_path)
    target = build.Target("Broken.sol", "Broken", tmp_path / "Broken.json")
    with pytest.raises(build.BuildError, match="ParserError"):
        build.compile_target(target, solc)


def test_a_warning_is_an_error(
    build: ModuleType, solc: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Idle.sol").write_text(
        "// SPDX-License-Identifier: Apache-2.0\npragma solidity 0.8.37;\n"
        "contract Idle { function f() external pure { uint256 idle = 1; } }"
    )
    monkeypatch.setattr(build, "HERE", tmp_path)
    target = build.Target("Idle.sol", "Idle", tmp_path / "Idle.json")
    with pytest.raises(build.BuildError, match="Unused local variable"):
        build.compile_target(target, solc)


def test_the_pins() -> None:
    compiler = artifact("DeliveryLedger")["compiler"]
    assert compiler == {
        "name": "solc",
        "version": "0.8.37",
        "settings": {
            "evmVersion": "cancun",
            "metadata": {"appendCBOR": False, "bytecodeHash": "none"},
            "optimizer": {"enabled": True, "runs": 1_000_000},
            "viaIR": True,
        },
    }
    assert artifact("AccessManager")["compiler"] == compiler


def test_deployed_code_has_the_artefacts_hash_once_immutables_are_masked(
    build: ModuleType, world: World
) -> None:
    for name, address in (("DeliveryLedger", world.ledger), ("AccessManager", world.manager)):
        built = artifact(name)
        places = [(each["start"], each["length"]) for each in built["immutableReferences"]]
        code = world.chain.code(address)
        assert "0x" + build.masked_code_hash(code, places).hex() == built["codeHash"]
    assert keccak(world.chain.code(world.ledger)) != bytes.fromhex(artifact("DeliveryLedger")["codeHash"][2:])
    masked = build.masked_code_hash(b"\x01" + world.chain.code(world.ledger)[1:], [])
    assert "0x" + masked.hex() != artifact("DeliveryLedger")["codeHash"]


def test_two_deployments_differ_in_nothing_but_immutables(build: ModuleType, world: World) -> None:
    twin, _ = world.chain.deploy(STRANGER, "DeliveryLedger", world.manager)
    places = [(each["start"], each["length"]) for each in artifact("DeliveryLedger")["immutableReferences"]]
    one, other = world.chain.code(world.ledger), world.chain.code(twin)
    assert one != other, "the domain separator holds the address"
    assert build.masked_code_hash(one, places) == build.masked_code_hash(other, places)


def test_sizes_are_within_what_a_chain_takes() -> None:
    for name in ("DeliveryLedger", "AccessManager"):
        built = artifact(name)
        assert (len(built["deployedBytecode"]) - 2) // 2 < 24_576
        assert (len(built["bytecode"]) - 2) // 2 + 32 < 49_152


def test_no_metadata_is_left_in_the_code() -> None:
    assert "a264697066735822" not in artifact("DeliveryLedger")["bytecode"]
    assert "64736f6c63" not in artifact("DeliveryLedger")["bytecode"]
