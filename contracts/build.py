"""Compile the contracts into the artefacts that are committed, or check that those are what the sources compile to.

    python contracts/build.py            # writes the artefacts
    python contracts/build.py --check    # compiles and compares; exit 1 names the first difference

Running Doorstep needs no compiler: it deploys and binds to the artefacts. The compiler is py-solc-x's: the native
binary it fetches where a network allows, otherwise npm's build of the same version behind the executable
``npm-solc``. Both give the same code, for the settings below strip all that could differ.

Exit codes: 0 done or equal, 1 different, 2 cannot compile.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import solcx
from eth_hash.auto import keccak
from solcx.exceptions import SolcError

HERE = Path(__file__).resolve().parent
NODE_MODULES = HERE / "node_modules"
ARTIFACTS = HERE.parent / "chain_client" / "bindings" / "artifacts"

# The pins. Another value of any of them is another contract.
SOLC_VERSION = "0.8.37"
SETTINGS: dict[str, Any] = {
    "evmVersion": "cancun",
    "optimizer": {"enabled": True, "runs": 1_000_000},
    "viaIR": True,
    "metadata": {"appendCBOR": False, "bytecodeHash": "none"},
}

PROBE = "import requests; requests.head('https://binaries.soliditylang.org/linux-amd64/list.json', timeout=3)"
INSTALL = f"import solcx; solcx.install_solc('{SOLC_VERSION}')"
IMPORT = re.compile(r"^import\s[^;]*?[\"']([^\"']+)[\"'];", re.MULTILINE | re.DOTALL)


class BuildError(Exception):
    """The contracts cannot be compiled; the message says what to do."""


@dataclass(frozen=True)
class Target:
    """A contract to compile: the source that holds it, its name, and where its artefact goes."""

    source: str
    name: str
    artifact: Path


TARGETS = (
    Target("src/DeliveryLedger.sol", "DeliveryLedger", ARTIFACTS / "DeliveryLedger.json"),
    Target(
        "@openzeppelin/contracts/access/manager/AccessManager.sol",
        "AccessManager",
        ARTIFACTS / "AccessManager.json",
    ),
    # A wallet that answers ERC-1271 as its test asks; tests deploy it.
    Target("test/TestWallet.sol", "TestWallet", HERE / "test" / "TestWallet.json"),
)


def compiler() -> Path:
    """The pinned solc: installed by py-solc-x, fetched by it, or npm's; BuildError where there is none."""
    folder = solcx.get_solcx_install_folder()
    if not _installed() and _run_briefly(PROBE, seconds=6):
        _run_briefly(INSTALL, seconds=90)
    if _installed():
        return Path(folder) / f"solc-v{SOLC_VERSION}"
    if (NODE_MODULES / "solc" / "soljson.js").exists():
        return HERE / "npm-solc"
    raise BuildError(f"solc {SOLC_VERSION} can be neither fetched nor found: run `npm ci` in {HERE}")


def _installed() -> bool:
    return SOLC_VERSION in {str(version) for version in solcx.get_installed_solc_versions()}


def _run_briefly(code: str, seconds: float) -> bool:
    # In a process of its own: py-solc-x downloads without a timeout, and a name may take for ever to resolve.
    try:
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def sources(name: str) -> dict[str, dict[str, str]]:
    """A source and all it imports, by the names the compiler knows them by; BuildError for a missing one."""
    found: dict[str, dict[str, str]] = {}
    waiting = [name]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        path = (NODE_MODULES if name.startswith("@") else HERE) / name
        if not path.exists():
            raise BuildError(f"{path} is missing: run `npm ci` in {HERE}")
        text = path.read_text(encoding="utf-8")
        found[name] = {"content": text}
        waiting.extend(_resolve(name, imported) for imported in IMPORT.findall(text))
    return dict(sorted(found.items()))


def _resolve(importer: str, imported: str) -> str:
    if not imported.startswith("."):
        return imported
    parts = importer.split("/")[:-1]
    for step in imported.split("/"):
        if step == "..":
            parts.pop()
        elif step != ".":
            parts.append(step)
    return "/".join(parts)


def compile_target(target: Target, solc: Path) -> dict[str, Any]:
    """The artefact of one contract; BuildError with the compiler's words for an error or a warning."""
    outputs = ["abi", "evm.bytecode.object", "evm.deployedBytecode", "storageLayout"]
    settings = {**SETTINGS, "outputSelection": {target.source: {target.name: outputs}}}
    task = {"language": "Solidity", "sources": sources(target.source), "settings": settings}
    try:
        output = solcx.compile_standard(task, solc_binary=solc)
    except SolcError as error:
        raise BuildError(error.message) from error
    warnings = [
        each["formattedMessage"] for each in output.get("errors", []) if each["severity"] == "warning"
    ]
    if warnings:
        raise BuildError("\n".join(warnings))
    return _artifact(target, output["contracts"][target.source][target.name])


def _artifact(target: Target, compiled: dict[str, Any]) -> dict[str, Any]:
    deployed = compiled["evm"]["deployedBytecode"]
    # Node ids of the immutables mean nothing outside the compiler; what is masked is the set of places.
    masked = sorted(
        (place["start"], place["length"])
        for places in deployed.get("immutableReferences", {}).values()
        for place in places
    )
    return {
        "abi": compiled["abi"],
        "bytecode": "0x" + compiled["evm"]["bytecode"]["object"],
        "codeHash": "0x" + masked_code_hash(bytes.fromhex(deployed["object"]), masked).hex(),
        "compiler": {"name": "solc", "version": SOLC_VERSION, "settings": SETTINGS},
        "contractName": target.name,
        "deployedBytecode": "0x" + deployed["object"],
        "immutableReferences": [{"start": start, "length": length} for start, length in masked],
        "sourceName": target.source,
        "storage": [
            {
                "label": each["label"],
                "slot": int(each["slot"]),
                "offset": each["offset"],
                "type": _type_of(compiled, each),
            }
            for each in compiled["storageLayout"]["storage"]
        ],
    }


def _type_of(compiled: dict[str, Any], variable: dict[str, Any]) -> str:
    return str(compiled["storageLayout"]["types"][variable["type"]]["label"])


def masked_code_hash(code: bytes, places: list[tuple[int, int]]) -> bytes:
    """Keccak-256 of a contract's code with its immutables zeroed: equal for all deployments of one artefact."""
    masked = bytearray(code)
    for start, length in places:
        masked[start : start + length] = bytes(length)
    return keccak(bytes(masked))


def render(artifact: dict[str, Any]) -> str:
    """The file's text: sorted keys, one space of indent, a newline at the end."""
    return json.dumps(artifact, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def differences(committed: Any, built: Any, path: str) -> Iterator[str]:
    """Where two artefacts differ, in the order of the file."""
    if isinstance(committed, dict) and isinstance(built, dict):
        for key in sorted(committed.keys() | built.keys()):
            yield from differences(committed.get(key), built.get(key), f"{path}.{key}")
    elif isinstance(committed, list) and isinstance(built, list) and len(committed) == len(built):
        for index, (one, other) in enumerate(zip(committed, built, strict=True)):
            yield from differences(one, other, f"{path}[{index}]")
    elif committed != built:
        yield f"{path}: committed {_short(committed)}, built {_short(built)}"


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 80 else f"{text[:60]}… ({len(text)} characters)"


def check(target: Target, artifact: dict[str, Any]) -> str | None:
    """The first difference between the committed artefact and a fresh one, None where they are equal."""
    if not target.artifact.exists():
        return f"{target.artifact.name}: not committed"
    text = target.artifact.read_text(encoding="utf-8")
    if text == render(artifact):
        return None
    found = differences(json.loads(text), artifact, target.artifact.name)
    return next(found, f"{target.artifact.name}: same content, laid out differently")


def main(arguments: list[str] | None = None) -> int:
    """Build or check; returns the exit code."""
    parser = argparse.ArgumentParser(description="Compile the contracts, or check the committed artefacts.")
    parser.add_argument("--check", action="store_true", help="compile and compare, write nothing")
    options = parser.parse_args(arguments)
    try:
        solc = compiler()
        built = [(target, compile_target(target, solc)) for target in TARGETS]
    except BuildError as error:
        print(error, file=sys.stderr)
        return 2
    for target, artifact in built:
        if options.check:
            if difference := check(target, artifact):
                print(f"{difference}\nrun `python contracts/build.py` and commit the result", file=sys.stderr)
                return 1
        else:
            target.artifact.parent.mkdir(parents=True, exist_ok=True)
            target.artifact.write_text(render(artifact), encoding="utf-8")
        size = (len(artifact["deployedBytecode"]) - 2) // 2
        print(f"{target.name}: {size:,} bytes, code hash {artifact['codeHash']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
