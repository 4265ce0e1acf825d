"""House rules of the Solidity sources: nothing unused, nothing undocumented, nothing untested, nothing too long."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ledger_harness import ROOT, artifact

from chain_client.domain.records import Reason

SOURCES = ROOT / "contracts" / "src"
INTERFACES = sorted((SOURCES / "interfaces").glob("I*.sol"))
EVERY = sorted(SOURCES.rglob("*.sol"))
TEXT = {path: path.read_text(encoding="utf-8") for path in EVERY}
TESTS = "\n".join(
    path.read_text(encoding="utf-8")
    for path in Path(__file__).parent.glob("test_*.py")
    if path.name != Path(__file__).name
)
ABI = artifact("DeliveryLedger")["abi"]

# From OpenZeppelin: never raised by this contract's own paths, or only where the chain itself is broken.
FOREIGN_ERRORS = {
    "InvalidShortString",
    "StringTooLong",
    "AccessManagedRequiredDelay",
    "SafeCastOverflowedUintDowncast",
}


def declared(kind: str) -> list[str]:
    return [name for text in TEXT.values() for name in re.findall(rf"^\s*{kind} (\w+)\(", text, re.MULTILINE)]


def own_of(kind: str) -> set[str]:
    return {each["name"] for each in ABI if each["type"] == kind}


def code_of(text: str) -> str:
    return re.sub(r"//[^\n]*", "", text)


def test_there_are_sources() -> None:
    assert len(INTERFACES) == 12
    assert len(declared("error")) >= 15
    assert len(declared("event")) == 18


@pytest.mark.parametrize("name", sorted(set(declared("error"))))
def test_every_error_is_raised_and_tested(name: str) -> None:
    raised = [
        path.name for path, text in TEXT.items() if re.search(rf"revert (\w+\.)?{name}\(", code_of(text))
    ]
    assert raised, f"error {name} is never raised"
    assert f'"{name}"' in TESTS, f"error {name} is never tested"


def test_errors_carry_arguments() -> None:
    bare = [name for text in TEXT.values() for name in re.findall(r"error (\w+)\(\s*\);", text)]
    assert bare == []


def test_there_are_no_string_reverts() -> None:
    for path, text in TEXT.items():
        assert not re.search(r"\brequire\(|revert\(\"|revert\(\)", code_of(text)), path.name


def test_no_error_of_the_abi_is_left_out() -> None:
    tested = {name for name in own_of("error") if f'"{name}"' in TESTS}
    assert own_of("error") - tested <= FOREIGN_ERRORS


@pytest.mark.parametrize("name", sorted(own_of("event") - {"AuthorityUpdated", "EIP712DomainChanged"}))
def test_every_event_is_emitted_and_tested(name: str) -> None:
    assert any(re.search(rf"emit {name}\(", text) for text in TEXT.values()), name
    assert f'"{name}"' in TESTS, f"event {name} is never tested"


@pytest.mark.parametrize("name", sorted(own_of("function")))
def test_every_function_is_tested(name: str) -> None:
    if name == "isConsumingScheduledOp":
        return  # AccessManager's side of a scheduled call: covered by the delayed call
    verbs = {"recordFeedback": "world.rate(", "changeKey": "world.change_key(", "note": "world.note("}
    verbs |= {"open": "world.open(", "report": "world.report(", "setDriverKey": "world.set_key("}
    verbs |= {"moveDriver": "world.move("}
    assert verbs.get(name, f'"{name}"') in TESTS, name


@pytest.mark.parametrize(
    "reason", re.findall(r"constant (\w+) = (\d+);", TEXT[SOURCES / "lib" / "Reasons.sol"])
)
def test_every_reason_is_used(reason: tuple[str, str]) -> None:
    name, _ = reason
    assert any(f"Reasons.{name}" in text for text in TEXT.values()), name


def test_the_reasons_are_the_clients() -> None:
    numbers = {
        int(n) for _, n in re.findall(r"constant (\w+) = (\d+);", TEXT[SOURCES / "lib" / "Reasons.sol"])
    }
    assert numbers == {0, *map(int, Reason)}


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.name)
def test_a_file_stays_short_and_licensed(path: Path) -> None:
    text = TEXT[path]
    assert text.startswith("// SPDX-License-Identifier: Apache-2.0\npragma solidity 0.8.37;\n")
    assert text.count("\n") < 400
    assert max(map(len, text.splitlines())) <= 200


@pytest.mark.parametrize("path", INTERFACES, ids=lambda path: path.name)
def test_every_declaration_of_an_interface_is_documented_to_its_last_parameter(path: Path) -> None:
    """Effect, who, errors: the interface is the manual."""
    pattern = re.compile(
        r"((?:^[ \t]*///[^\n]*\n)*)^[ \t]*(event|error|function) (\w+)\s*\(([^)]*)\)([^;]*);", re.MULTILINE
    )
    found = pattern.findall(TEXT[path])
    for doc, kind, name, parameters, rest in found:
        assert "@notice" in doc, (name, "has no notice")
        names = [part.split()[-1] for part in parameters.split(",") if part.strip()]
        for parameter in names:
            assert f"@param {parameter} " in doc, (name, parameter)
        returns = re.search(r"returns\s*\(([^)]*)\)", rest)
        if returns:
            assert doc.count("@return") == len(returns.group(1).split(",")), name
        if kind == "function" and "view" not in rest:
            assert "Who:" in doc, (name, "does not say who may call")
    if path.stem != "IDeliveryLedger":
        assert found, path.name


def test_implementations_inherit_their_manual() -> None:
    for path in sorted((SOURCES / "parts").glob("*.sol")):
        for match in re.finditer(
            r"^    function (\w+)\((?:[^{;]*?)\b(external|public)\b", TEXT[path], re.MULTILINE
        ):
            before = TEXT[path][: match.start()].rstrip().splitlines()[-1]
            assert "@inheritdoc" in before, (path.name, match.group(1))


def test_assembly_is_memory_safe() -> None:
    for path, text in TEXT.items():
        assert text.count("assembly") == text.count('assembly ("memory-safe")'), path.name
