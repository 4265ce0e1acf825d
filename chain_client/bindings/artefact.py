"""The committed artefacts of the contracts: ABI, code, the code's hash, and the storage slots."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from eth_abi.abi import encode

from chain_client.domain.hashing import keccak256
from chain_client.domain.ids import Hash32


def canonical_type(parameter: Mapping[str, Any]) -> str:
    """Return a parameter's type as signatures spell it: structs as tuples of their members."""
    kind: str = parameter["type"]
    if not kind.startswith("tuple"):
        return kind
    members = ",".join(canonical_type(member) for member in parameter["components"])
    return f"({members}){kind.removeprefix('tuple')}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One function, event or error of an ABI; `key` is its selector, or an event's topic."""

    name: str
    key: bytes
    inputs: tuple[Mapping[str, Any], ...]
    outputs: tuple[Mapping[str, Any], ...]

    @property
    def input_types(self) -> list[str]:
        """The inputs' types, as signatures spell them."""
        return [canonical_type(parameter) for parameter in self.inputs]

    @property
    def output_types(self) -> list[str]:
        """The outputs' types, as signatures spell them."""
        return [canonical_type(parameter) for parameter in self.outputs]


@dataclass(frozen=True)
class Artefact:
    """A contract as compiled. `immutables` are the (start, length) of what the constructor fills into the code."""

    name: str
    functions: Mapping[str, Entry]
    events: Mapping[str, Entry]
    errors: Mapping[str, Entry]
    creation_code: bytes
    code_hash: Hash32
    immutables: tuple[tuple[int, int], ...]
    slots: Mapping[str, int]
    abi: Sequence[Mapping[str, Any]]

    def calldata(self, function: str, *values: object) -> bytes:
        """Return the calldata of a function, from values as `eth_abi` takes them (addresses as bytes)."""
        entry = self.functions[function]
        return entry.key + encode(entry.input_types, values)

    def creation(self, types: Sequence[str], *values: object) -> bytes:
        """Return the creation code followed by the constructor's arguments."""
        return self.creation_code + encode(types, values)

    def masked_hash(self, code: bytes) -> Hash32:
        """Return the hash of deployed code with its immutables zeroed, which every deployment shares."""
        masked = bytearray(code)
        for start, length in self.immutables:
            masked[start : start + length] = bytes(len(masked[start : start + length]))
        return Hash32(keccak256(bytes(masked)))


def _entries(abi: Sequence[Mapping[str, Any]], kind: str) -> dict[str, Entry]:
    size = 32 if kind == "event" else 4
    found = {}
    for item in abi:
        if item["type"] == kind:
            signature = f"{item['name']}({','.join(map(canonical_type, item['inputs']))})"
            key = keccak256(signature.encode())[:size]
            found[item["name"]] = Entry(
                item["name"], key, tuple(item["inputs"]), tuple(item.get("outputs", ()))
            )
    return found


def _load(name: str) -> Artefact:
    text = resources.files(__package__).joinpath("artifacts", f"{name}.json").read_text(encoding="utf-8")
    raw = json.loads(text)
    abi = raw["abi"]
    return Artefact(
        name=raw["contractName"],
        functions=_entries(abi, "function"),
        events=_entries(abi, "event"),
        errors=_entries(abi, "error"),
        creation_code=bytes.fromhex(raw["bytecode"][2:]),
        code_hash=Hash32(bytes.fromhex(raw["codeHash"][2:])),
        immutables=tuple((place["start"], place["length"]) for place in raw["immutableReferences"]),
        slots={variable["label"]: variable["slot"] for variable in raw["storage"]},
        abi=abi,
    )


@cache
def ledger_artefact() -> Artefact:
    """Return DeliveryLedger's artefact; read once."""
    return _load("DeliveryLedger")


@cache
def manager_artefact() -> Artefact:
    """Return AccessManager's artefact; read once."""
    return _load("AccessManager")


ARTEFACTS: Final = (ledger_artefact, manager_artefact)
