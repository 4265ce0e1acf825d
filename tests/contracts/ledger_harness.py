"""The contract on py-evm's Prague rules, in process: one block per transaction, time as the test says, snapshots free.

`Chain` is the machine; `Ledger` the contract with its ABI; results carry decoded events and errors.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import eth_abi
from eth._utils.address import generate_contract_address
from eth.consensus.context import ConsensusContext
from eth.constants import BLANK_ROOT_HASH
from eth.db.atomic import AtomicDB
from eth.db.chain import ChainDB
from eth.vm.chain_context import ChainContext
from eth.vm.forks.prague import PragueVM
from eth.vm.forks.prague.blocks import PragueBlockHeader
from eth.vm.spoof import SpoofTransaction
from eth_keys import keys
from eth_utils import keccak, to_canonical_address

from chain_client.domain.ids import ZERO_ADDRESS, Address

ROOT = Path(__file__).resolve().parents[2]
ARTIFACTS = ROOT / "chain_client" / "bindings" / "artifacts"
WALLET_ARTIFACT = ROOT / "contracts" / "test" / "TestWallet.json"

GENESIS_TIME = 1_767_225_600
BLOCK_GAS = 60_000_000
TX_GAS = 30_000_000
CHAIN_ID = 20_260
DAY = 86_400


def artifact(name: str) -> dict[str, Any]:
    """Return a committed artefact."""
    path = WALLET_ARTIFACT if name == "TestWallet" else ARTIFACTS / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Actor:
    """Somebody with a key."""

    name: str
    secret: bytes

    @property
    def address(self) -> Address:
        """The address of the key."""
        return Address(keys.PrivateKey(self.secret).public_key.to_canonical_address())


def actor(name: str) -> Actor:
    """Return the actor of that name; its key is the name's hash."""
    return Actor(name, keccak(text=f"actor {name}"))


@dataclass(frozen=True)
class Event:
    """A decoded log."""

    name: str
    args: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        try:
            return self.args[name]
        except KeyError:
            raise AttributeError(name) from None


@dataclass(frozen=True)
class Result:
    """What a transaction did."""

    succeeded: bool
    gas_used: int
    events: tuple[Event, ...]
    output: bytes
    error: Event | None
    number: int
    time: int
    sender: Address

    @property
    def names(self) -> list[str]:
        """The events' names, in order."""
        return [event.name for event in self.events]

    @property
    def reasons(self) -> list[int]:
        """0 for an item that was recorded, else its reason; one per event."""
        return [event.reason if event.name == "ItemRejected" else 0 for event in self.events]


class Interface:
    """An ABI: encodes calls, decodes logs and errors."""

    def __init__(self, abi: Sequence[dict[str, Any]]) -> None:
        self.functions = {entry["name"]: entry for entry in abi if entry["type"] == "function"}
        self.events = {self._hash(entry): entry for entry in abi if entry["type"] == "event"}
        self.errors = {self._hash(entry)[:4]: entry for entry in abi if entry["type"] == "error"}
        self.constructor = next((entry for entry in abi if entry["type"] == "constructor"), {"inputs": []})

    @classmethod
    def _type(cls, part: dict[str, Any]) -> str:
        if part["type"].startswith("tuple"):
            return f"({','.join(map(cls._type, part['components']))}){part['type'][5:]}"
        return str(part["type"])

    @classmethod
    def signature(cls, entry: dict[str, Any]) -> str:
        """Return `name(type,type)`."""
        return f"{entry['name']}({','.join(map(cls._type, entry['inputs']))})"

    @classmethod
    def _hash(cls, entry: dict[str, Any]) -> bytes:
        return keccak(text=cls.signature(entry))

    def selector(self, function: str) -> bytes:
        """Return a function's four bytes."""
        return self._hash(self.functions[function])[:4]

    def encode(self, function: str, *args: Any) -> bytes:
        """Return a call's data."""
        types = [self._type(part) for part in self.functions[function]["inputs"]]
        return self.selector(function) + eth_abi.encode(types, args)

    def decode_output(self, function: str, data: bytes) -> Any:
        """Return a call's answer: the value, or a tuple of several."""
        values = eth_abi.decode([self._type(part) for part in self.functions[function]["outputs"]], data)
        return values[0] if len(values) == 1 else values

    def decode_log(self, topics: Sequence[bytes], data: bytes) -> Event | None:
        """Return a log's event; None where it is another contract's."""
        entry = self.events.get(topics[0])
        if entry is None:
            return None
        indexed = [part for part in entry["inputs"] if part["indexed"]]
        plain = [part for part in entry["inputs"] if not part["indexed"]]
        values = dict(
            zip(
                (part["name"] for part in plain),
                eth_abi.decode(list(map(self._type, plain)), data),
                strict=True,
            )
        )
        for part, topic in zip(indexed, topics[1:], strict=True):
            (values[part["name"]],) = eth_abi.decode([self._type(part)], topic)
        return Event(entry["name"], {part["name"]: plainly(values[part["name"]]) for part in entry["inputs"]})

    def decode_error(self, data: bytes) -> Event | None:
        """Return the custom error of revert data; None where there is none."""
        entry = self.errors.get(data[:4])
        if entry is None:
            return None
        values = eth_abi.decode(list(map(self._type, entry["inputs"])), data[4:])
        names = [part["name"] for part in entry["inputs"]]
        return Event(entry["name"], dict(zip(names, map(plainly, values), strict=True)))


def plainly(value: Any) -> Any:
    """Return addresses as 20 bytes; everything else as it is."""
    return (
        to_canonical_address(value)
        if isinstance(value, str) and value[:2] == "0x" and len(value) == 42
        else value
    )


class Chain:
    """A machine of one block per transaction, zero fees. A snapshot is a state root, a number and a time."""

    def __init__(self) -> None:
        self._db = ChainDB(AtomicDB())
        self._root = BLANK_ROOT_HASH
        self._interfaces: dict[Address, Interface] = {}
        self._read: tuple[bytes, Any] | None = None
        self.number = 0
        self.time = GENESIS_TIME

    def snapshot(self) -> tuple[bytes, int, int]:
        """Return what `restore` takes."""
        return self._root, self.number, self.time

    def restore(self, snapshot: tuple[bytes, int, int]) -> None:
        """Go back to a snapshot."""
        self._root, self.number, self.time = snapshot

    def advance(self, seconds: int) -> None:
        """Let time pass; the next block is made then."""
        self.time += seconds

    def _vm(self) -> PragueVM:
        header = PragueBlockHeader(
            difficulty=0,
            block_number=self.number + 1,
            gas_limit=BLOCK_GAS,
            timestamp=self.time,
            state_root=self._root,
            base_fee_per_gas=0,
            excess_blob_gas=0,
            blob_gas_used=0,
        )
        return PragueVM(header, self._db, ChainContext(CHAIN_ID), ConsensusContext(self._db.db))

    def _reader(self) -> Any:
        # One state per root: most tests read many slots between two transactions.
        if self._read is None or self._read[0] != self._root:
            self._read = self._root, self._vm().state
        return self._read[1]

    def _transaction(self, state: Any, sender: Actor, to: Address | None, data: bytes, gas: int) -> Any:
        builder = PragueVM.get_transaction_builder()
        unsigned = builder.create_unsigned_transaction(
            nonce=state.get_nonce(sender.address), gas_price=0, gas=gas, to=to or b"", value=0, data=data
        )
        return unsigned.as_signed_transaction(keys.PrivateKey(sender.secret), chain_id=CHAIN_ID)

    def send(self, sender: Actor, to: Address | None, data: bytes, gas: int = TX_GAS) -> Result:
        """Mine one transaction in a block of its own, at `time`; the next block is a second later unless told."""
        vm = self._vm()
        receipt, computation = vm.apply_transaction(
            vm.get_header(), self._transaction(vm.state, sender, to, data, gas)
        )
        self._keep(vm)
        self.number += 1
        number, time = self.number, self.time
        self.time += 1
        interface = self._interfaces.get(to) if to else None
        return Result(
            succeeded=computation.is_success,
            gas_used=receipt.gas_used,
            events=tuple(self._events(receipt.logs)),
            output=bytes(computation.output),
            error=interface.decode_error(computation.output) if interface and computation.is_error else None,
            number=number,
            time=time,
            sender=sender.address,
        )

    def _events(self, logs: Sequence[Any]) -> list[Event]:
        found = []
        for log in logs:
            interface = self._interfaces[log.address]
            topics = [topic.to_bytes(32, "big") for topic in log.topics]
            found.append(interface.decode_log(topics, log.data))
        return found

    def call(self, to: Address, data: bytes, sender: Address = ZERO_ADDRESS) -> bytes:
        """Return what a call answers at the present time; CallFailed where it reverts."""
        vm = self._vm()
        unsigned = PragueVM.get_transaction_builder().create_unsigned_transaction(
            nonce=0, gas_price=0, gas=TX_GAS, to=to, value=0, data=data
        )
        computation = vm.state.costless_execute_transaction(SpoofTransaction(unsigned, from_=sender))
        if computation.is_error:
            raise CallFailed(bytes(computation.output))
        return bytes(computation.output)

    def storage(self, address: Address, slot: int) -> int:
        """Return a storage slot, as eth_getStorageAt would."""
        return int(self._reader().get_storage(address, slot))

    def set_storage(self, address: Address, slot: int, value: int) -> None:
        """Put a value into a slot: for states that would take too long to reach."""
        vm = self._vm()
        vm.state.set_storage(address, slot, value)
        self._keep(vm)

    def set_code(self, address: Address, code: bytes) -> None:
        """Give an account code."""
        vm = self._vm()
        vm.state.set_code(address, code)
        self._keep(vm)

    def _keep(self, vm: Any) -> None:
        vm.state.lock_changes()
        vm.state.make_state_root()
        vm.state.persist()
        self._root = vm.state.state_root

    def code(self, address: Address) -> bytes:
        """Return an account's code."""
        return bytes(self._vm().state.get_code(address))

    def deploy(self, sender: Actor, name: str, *args: Any) -> tuple[Address, Result]:
        """Deploy a committed artefact; returns its address."""
        built = artifact(name)
        return self.deploy_code(sender, built["abi"], bytes.fromhex(built["bytecode"][2:]), *args)

    def deploy_code(
        self, sender: Actor, abi: Sequence[dict[str, Any]], code: bytes, *args: Any
    ) -> tuple[Address, Result]:
        """Deploy any contract from its ABI and creation code; returns its address."""
        interface = Interface(abi)
        types = [part["type"] for part in interface.constructor["inputs"]]
        address = Address(
            generate_contract_address(sender.address, self._vm().state.get_nonce(sender.address))
        )
        self._interfaces[address] = interface
        result = self.send(sender, None, code + eth_abi.encode(types, args))
        if not result.succeeded:
            result = replace(result, error=interface.decode_error(result.output))
        return address, result


class CallFailed(Exception):
    """A call reverted."""

    def __init__(self, output: bytes) -> None:
        super().__init__(output.hex())
        self.output = output
