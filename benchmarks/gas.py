"""Gas of a feedback in the ledger and of the same words in EAS, measured in one run on Prague rules.

    npm ci --prefix benchmarks/eas
    python benchmarks/gas.py [--items 80]

EAS (the Ethereum Attestation Service, 1.9) is what one would take instead: `multiAttestByDelegation` records
attestations that others signed. Each recipient signs one attestation of the fields of a feedback, by a schema that
names them. The code is EAS's own artefact. Both contracts run in the harness of the contract's tests; per item, transaction and calldata shared out. Goal: a feedback over 5 drivers takes 22 times less.

Prints a table and exits 1 where the goal is missed.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import eth_abi
from eth_utils import keccak

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "contracts"))

from ledger_gas import measure  # noqa: E402
from ledger_harness import Actor, Chain, Interface, actor  # noqa: E402
from ledger_world import World  # noqa: E402

from chain_client.domain.ids import ZERO_ADDRESS, ZERO_HASH, Address  # noqa: E402
from chain_client.domain.signatures import sign  # noqa: E402

ARTIFACTS = HERE / "eas" / "node_modules" / "@ethereum-attestation-service" / "eas-contracts" / "artifacts"
GOAL = 22
FIELDS = (
    "bytes32 deliveryId,uint32 driver,uint8 overall,uint8 timeliness,uint8 packaging,uint8 professionalism,"
    "uint8 accuracy,uint32 issues,bytes32 contentHash,uint8 revision"
)
TYPES = [field.split()[0] for field in FIELDS.split(",")]
ATTEST = keccak(
    text="Attest(address attester,bytes32 schema,address recipient,uint64 expirationTime,bool revocable,"
    "bytes32 refUID,bytes data,uint256 value,uint256 nonce,uint64 deadline)"
)
RELAY = actor("relay")


def _artifact(name: str) -> dict[str, Any]:
    path = ARTIFACTS / "contracts" / f"{name}.sol" / f"{name}.json"
    if not path.exists():
        raise SystemExit(f"{path} is missing: run `npm ci --prefix benchmarks/eas`")
    return dict(json.loads(path.read_text(encoding="utf-8")))


class Eas:
    """EAS and its schema registry on a chain of their own, with the schema of a feedback."""

    def __init__(self) -> None:
        self.chain = Chain()
        registry = self._deploy("SchemaRegistry")
        self.address = self._deploy("EAS", registry)
        self.interface = Interface(_artifact("EAS")["abi"])
        schemas = Interface(_artifact("SchemaRegistry")["abi"])
        data = schemas.encode("register", FIELDS, ZERO_ADDRESS, True)
        made = self.chain.send(RELAY, registry, data)
        assert made.succeeded
        self.schema = schemas.decode_output("register", made.output)
        separator = self.chain.call(self.address, self.interface.encode("getDomainSeparator"))
        self.separator = bytes(separator)
        type_hash = self.chain.call(self.address, self.interface.encode("getAttestTypeHash"))
        assert type_hash == ATTEST, "EAS's own type hash"

    def _deploy(self, name: str, *args: Address) -> Address:
        built = _artifact(name)
        code = bytes.fromhex(built["bytecode"][2:])
        address, made = self.chain.deploy_code(RELAY, built["abi"], code, *args)
        assert made.succeeded, name
        return address

    def attestation(self, signer: Actor, values: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return one signer's request of one attestation, its first."""
        data = eth_abi.encode(TYPES, values)
        types = ["bytes32", "address", "bytes32", "address", "uint64", "bool"]
        types += ["bytes32", "bytes32", "uint256", "uint256", "uint64"]
        words = (ATTEST, signer.address, self.schema, ZERO_ADDRESS, 0, True, ZERO_HASH, keccak(data), 0, 0, 0)
        digest = keccak(b"\x19\x01" + self.separator + keccak(eth_abi.encode(types, words)))
        compact = sign(signer.secret, digest)
        s = bytes([compact[32] & 0x7F]) + compact[33:]
        request = (ZERO_ADDRESS, 0, True, ZERO_HASH, data, 0)
        signature = (27 + (compact[32] >> 7), compact[:32], s)
        return (self.schema, [request], [signature], signer.address, 0)

    def gas(self, requests: list[tuple[Any, ...]]) -> int:
        """Return the gas of one call with all the requests."""
        data = self.interface.encode("multiAttestByDelegation", requests)
        done = self.chain.send(RELAY, self.address, data, gas=len(requests) * 600_000 + 100_000)
        assert done.succeeded, done.output.hex()
        return done.gas_used


def eas_per_item(items: int) -> int:
    """Return EAS's gas per attestation in one call, every attestation by a signer of its own."""
    eas = Eas()
    eas.gas([eas.attestation(actor("first"), _feedback(items))])
    requests = [eas.attestation(actor(f"recipient {n}"), _feedback(n)) for n in range(items)]
    return -(-eas.gas(requests) // items)


def _feedback(n: int) -> tuple[Any, ...]:
    return (keccak(text=f"delivery {n}"), 1 + n % 5, 5, 4, 3, 2, 1, 0b101, keccak(text=f"comment {n}"), 1)


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; returns the exit code."""
    parser = argparse.ArgumentParser(description="Gas of the ledger beside EAS.")
    parser.add_argument("--items", type=int, default=80, help="attestations in one call to EAS")
    options = parser.parse_args(arguments)
    ours = {name: gas for name, gas in measure(World()).items() if "," in name}
    theirs = eas_per_item(options.items)
    lines = [f"{'per item, in lists of 200':<60}{'gas':>9}{'EAS takes':>12}"]
    for name, gas in ours.items():
        times = f"{theirs / gas:.1f} times" if name.startswith("feedback") else ""
        lines.append(f"{name:<60}{gas:>9,}{times:>12}".rstrip())
    lines.append(f"{f'EAS multiAttestByDelegation, {options.items} in a call':<60}{theirs:>9,}")
    reached = theirs / ours["feedback, 5 drivers in runs"]
    lines.append(f"a feedback over 5 drivers takes {reached:.1f} times less; goal {GOAL}")
    sys.stdout.write("\n".join(lines) + "\n")
    return 0 if reached >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
