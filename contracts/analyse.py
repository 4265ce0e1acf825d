"""Run slither over the contract's sources: every finding above informational is fixed, or explained in a file.

    python contracts/analyse.py path/to/slither

`slither-findings.json` holds the explained ones: detector, place, and why nothing is wrong. A finding that is not in it
fails the check, and so does an explanation of what is no longer found. Slither has an environment of its own
(`requirements-slither.lock`); the compiler is the one that builds the artefacts.

Exit codes: 0 all explained, 1 not, 2 slither cannot run.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from build import HERE, SETTINGS, BuildError, compiler, sources

EXPLAINED = HERE / "slither-findings.json"
LIBRARIES = "@openzeppelin/"
WHOLE = {"*": {"*": ["*"], "": ["*"]}}


def standard_input() -> dict[str, Any]:
    """Return the compiler's input with all outputs, each source under its path from `contracts/`."""
    named = {
        f"node_modules/{name}" if name.startswith(LIBRARIES) else name: source
        for name, source in sources("src/DeliveryLedger.sol").items()
    }
    remappings = [f"{LIBRARIES}=node_modules/{LIBRARIES}"]
    settings = {**SETTINGS, "remappings": remappings, "outputSelection": WHOLE}
    return {"language": "Solidity", "sources": named, "settings": settings}


def findings(slither: Path) -> list[dict[str, Any]]:
    """Return what slither finds above informational; BuildError where it cannot run."""
    with tempfile.TemporaryDirectory() as folder:
        task, report = Path(folder) / "input.json", Path(folder) / "report.json"
        task.write_text(json.dumps(standard_input()), encoding="utf-8")
        command = [slither.absolute(), task, "--compile-force-framework", "Solc-json", "--solc", compiler()]
        command += ["--filter-paths", "node_modules", "--exclude-informational", "--exclude-optimization"]
        command += ["--json", report]
        done = subprocess.run([str(part) for part in command], cwd=HERE, capture_output=True, text=True)
        if not report.exists():
            raise BuildError(f"slither made no report:\n{done.stderr}")
        made = json.loads(report.read_text(encoding="utf-8"))
    if not made["success"]:
        raise BuildError(f"slither failed: {made['error']}")
    return list(made["results"].get("detectors", []))


def place_of(finding: dict[str, Any]) -> str:
    """Return where a finding is: its first element, with what holds it (`Reports._reportReason`)."""
    element = finding["elements"][0]
    names = [element["name"]]
    parent = element["type_specific_fields"].get("parent")
    while parent and parent["type"] in ("function", "contract"):
        names.insert(0, parent["name"])
        parent = parent.get("type_specific_fields", {}).get("parent")
    return ".".join(names)


def complaints(found: list[dict[str, Any]], explained: list[dict[str, str]]) -> Iterator[str]:
    """Yield findings without an explanation, and explanations without a finding."""
    known = {(each["detector"], each["place"]) for each in explained}
    seen = {(each["check"], place_of(each)): each["description"] for each in found}
    for (detector, place), description in seen.items():
        if (detector, place) not in known:
            yield f"not explained: {detector} at {place}\n{description}"
    for detector, place in sorted(known - seen.keys()):
        yield f"explained and no longer found: {detector} at {place}; remove it from {EXPLAINED.name}"


def main(arguments: list[str] | None = None) -> int:
    """Check; returns the exit code."""
    parser = argparse.ArgumentParser(description="Run slither; every finding is fixed or explained.")
    parser.add_argument("slither", type=Path, help="slither's executable")
    options = parser.parse_args(arguments)
    try:
        found = findings(options.slither)
    except BuildError as error:
        print(error, file=sys.stderr)
        return 2
    explained = json.loads(EXPLAINED.read_text(encoding="utf-8"))
    wrong = list(complaints(found, explained))
    for complaint in wrong:
        print(complaint, file=sys.stderr)
    print(f"slither: {len(found)} findings above informational, {len(explained)} explained")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
