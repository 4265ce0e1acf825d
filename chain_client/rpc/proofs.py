"""Headers, storage and receipts held to hashes: what a node says, checked against what it has committed to.

A header must hash to its own hash (its RLP encoding, Ethereum yellow paper §4.4.3); storage values must follow from the
header's state root (EIP-1186 proofs); a block's receipts, and so its logs, must give the header's receipts root. Nothing
here checks the consensus that made the header. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import rlp
from trie.exceptions import InvalidNode, MissingTrieNode, ValidationError
from trie.hexary import HexaryTrie

from chain_client.domain.errors import Broken
from chain_client.domain.hashing import keccak256
from chain_client.domain.ids import Address, Hash32, to_hex
from chain_client.domain.records import Position
from chain_client.rpc import wire
from chain_client.rpc.records import Block, Log

EMPTY_ROOT: Final = keccak256(rlp.encode(b""))
"""The root of a trie that holds nothing."""

HASHED_ENGINES: Final = frozenset({"devnet", "eth-tester", "anvil", "geth"})
"""Engines whose block hash is the Keccak-256 of the header's RLP encoding as their JSON gives it."""
TRIE_ENGINES: Final = HASHED_ENGINES | {"besu"}
"""Engines that keep state and receipts in Merkle-Patricia tries. Besu under QBFT leaves seals out of the block hash."""

_REQUIRED: Final = (
    ("parentHash", "data"), ("sha3Uncles", "data"), ("miner", "data"), ("stateRoot", "data"),
    ("transactionsRoot", "data"), ("receiptsRoot", "data"), ("logsBloom", "data"), ("difficulty", "number"),
    ("number", "number"), ("gasLimit", "number"), ("gasUsed", "number"), ("timestamp", "number"),
    ("extraData", "data"), ("mixHash", "data"), ("nonce", "data"),
)  # fmt: skip
_LATER: Final = (
    ("baseFeePerGas", "number"), ("withdrawalsRoot", "data"), ("blobGasUsed", "number"), ("excessBlobGas", "number"),
    ("parentBeaconBlockRoot", "data"), ("requestsHash", "data"),
)  # fmt: skip
"""Fields that later forks appended, in the order in which they did."""


class ProofFailed(Broken):
    """A node's answer does not follow from the hash it is held to: the node lies, or its data is damaged."""

    code = "proof-failed"

    def __init__(self, what: str, expected: bytes, found: bytes) -> None:
        self.what = what
        self.expected = expected
        self.found = found
        super().__init__(f"{what}: the node's answer gives {to_hex(found)}, not {to_hex(expected)}")


@dataclass(frozen=True, slots=True)
class Header:
    """A block's header with the roots it commits to; `bloom` is 256 bytes, `transactions` the hashes as hex."""

    block: Block
    state_root: Hash32
    receipts_root: Hash32
    bloom: bytes
    transactions: tuple[str, ...]

    @property
    def has_receipts(self) -> bool:
        """Whether the block has any transaction at all."""
        return self.receipts_root != EMPTY_ROOT

    def may_hold_logs_of(self, address: Address) -> bool:
        """Whether the bloom filter allows a log of this contract (yellow paper §4.4.1); False is certain."""
        return self.has_receipts and all(self.bloom[255 - bit // 8] >> bit % 8 & 1 for bit in _bits(address))


def _bits(value: bytes) -> list[int]:
    hashed = keccak256(value)
    return [int.from_bytes(hashed[at : at + 2], "big") & 2047 for at in (0, 2, 4)]


def parse_header(raw: Mapping[str, Any], *, hashed: bool) -> Header:
    """Return the header of a block as JSON-RPC gives it; raises ValueError or KeyError for another shape.

    With `hashed` (`HASHED_ENGINES`) raises ProofFailed where the fields do not hash to the block's hash.
    """
    block = wire.parse_block(raw)
    if hashed:
        found = keccak256(rlp.encode([_field(raw[name], form) for name, form in _fields(raw)]))
        if found != block.hash:
            raise ProofFailed(f"hash of the header of block {block.number}", block.hash, found)
    return Header(
        block,
        Hash32(wire.octets(raw["stateRoot"], 32)),
        Hash32(wire.octets(raw["receiptsRoot"], 32)),
        wire.octets(raw["logsBloom"], 256),
        tuple(map(str, raw["transactions"])),
    )


def _fields(raw: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    return (*_REQUIRED, *(field for field in _LATER if raw.get(field[0]) is not None))


def _field(value: Any, form: str) -> bytes:
    if form == "data":
        return wire.octets(value)
    number = wire.quantity(value)
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


@dataclass(frozen=True, slots=True)
class Account:
    """An account as the state root has it."""

    storage_root: Hash32
    code_hash: Hash32


def read_account(raw: Mapping[str, Any], address: Address, header: Header) -> Account | None:
    """Return the account that an `eth_getProof` answer proves; None where it proves that there is none.

    Raises ProofFailed where the nodes do not lead from the header's state root to it.
    """
    what = f"account {to_hex(address)} in block {header.block.number}"
    encoded = _value(header.state_root, keccak256(address), _nodes(raw["accountProof"]), what)
    if not encoded:
        return None
    _, _, storage_root, code_hash = rlp.decode(encoded)
    return Account(Hash32(storage_root), Hash32(code_hash))


def read_storage(raw: Mapping[str, Any], account: Account, slots: Sequence[int], what: str) -> list[int]:
    """Return the proven values of `slots`, in their order, from an `eth_getProof` answer.

    Raises ProofFailed where the nodes do not lead from the account's storage root to every slot, or where the answer
    states another value than it proves.
    """
    proofs = raw["storageProof"]
    if len(proofs) != len(slots):
        raise ValueError(f"expected {len(slots)} storage proofs, got {len(proofs)}")
    nodes = _nodes(node for one in proofs for node in one["proof"])
    values = []
    for slot, one in zip(slots, proofs, strict=True):
        name = f"slot 0x{slot:064x} {what}"
        encoded = _value(account.storage_root, keccak256(slot.to_bytes(32, "big")), nodes, name)
        value = int.from_bytes(rlp.decode(encoded), "big") if encoded else 0
        stated = wire.word(one["value"])
        if stated != value:
            raise ProofFailed(f"value of {name}", value.to_bytes(32, "big"), stated.to_bytes(32, "big"))
        values.append(value)
    return values


def _nodes(proof: Iterable[str]) -> dict[bytes, bytes]:
    """Return trie nodes by their hashes; nodes that several proofs share are hashed once."""
    return {keccak256(node): node for node in {wire.octets(text) for text in proof}}


def _value(root: bytes, key: bytes, nodes: dict[bytes, bytes], what: str) -> bytes:
    """Return what the trie of this root holds at `key`: b"" for nothing."""
    if root == EMPTY_ROOT:
        return b""
    try:
        return bytes(HexaryTrie(nodes, root).get(key))
    except MissingTrieNode as error:
        raise ProofFailed(f"proof of {what}", bytes(error.missing_node_hash), b"") from error
    # A root that is made up may be the hash of anything at all.
    except (
        InvalidNode,
        ValidationError,
        rlp.exceptions.RLPException,
        ValueError,
        TypeError,
        IndexError,
    ) as error:
        raise ProofFailed(f"proof of {what}", root, b"") from error


def proven_logs(header: Header, receipts: Sequence[Mapping[str, Any]], address: Address) -> list[Log]:
    """Return a contract's logs of a block from all of its receipts, in log order.

    Positions are counted here, not read: the root covers the order of receipts and logs alone. The hashes of the
    transactions are the header's JSON's, which no root checked here covers. Raises ProofFailed where the receipts do
    not give the header's receipts root.
    """
    number = header.block.number
    found = receipts_root(receipts)
    if found != header.receipts_root:
        raise ProofFailed(f"receipts root of block {number}", header.receipts_root, found)
    if len(receipts) != len(header.transactions):
        raise ValueError(f"{len(receipts)} receipts for {len(header.transactions)} transactions")
    logs, log_index = [], 0
    for tx_index, (receipt, text) in enumerate(zip(receipts, header.transactions, strict=True)):
        tx_hash = Hash32(wire.octets(text, 32))
        for raw in receipt["logs"]:
            if wire.octets(raw["address"], 20) == address:
                position = Position(
                    number, log_index, header.block.hash, header.block.time, tx_hash, tx_index
                )
                topics = tuple(wire.octets(topic, 32) for topic in raw["topics"])
                logs.append(Log(position, address, topics, wire.octets(raw["data"])))
            log_index += 1
    return logs


def receipts_root(receipts: Sequence[Mapping[str, Any]]) -> Hash32:
    """Return the root of a block's receipts, as JSON-RPC gives them in order (EIP-2718 typed receipts included)."""
    trie = HexaryTrie({})
    for index, receipt in enumerate(receipts):
        trie[rlp.encode(index)] = _encoded_receipt(receipt)
    return Hash32(bytes(trie.root_hash))


def _encoded_receipt(raw: Mapping[str, Any]) -> bytes:
    logs = [
        [
            wire.octets(log["address"]),
            [wire.octets(topic) for topic in log["topics"]],
            wire.octets(log["data"]),
        ]
        for log in raw["logs"]
    ]
    body = rlp.encode(
        [
            _field(raw["status"], "number"),
            _field(raw["cumulativeGasUsed"], "number"),
            wire.octets(raw["logsBloom"]),
            logs,
        ]
    )
    kind = wire.quantity(raw.get("type") or "0x0")
    return bytes([kind]) + body if kind else bytes(body)
