"""What the node stores of a block, a transaction and a log, and the bytes they are stored as."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import rlp
from rlp.sedes import big_endian_int

_LOG_HEAD = struct.Struct(">I20sB")


def block_key(number: int) -> bytes:
    """Sorts as the number does."""
    return number.to_bytes(8, "big")


def item_key(number: int, index: int) -> bytes:
    """Sorts by block, then by place in it."""
    return number.to_bytes(8, "big") + index.to_bytes(4, "big")


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One log: where it came from and what it says. `block` and `index` (in the block) are its key."""

    block: int
    index: int
    tx_index: int
    address: bytes
    topics: tuple[bytes, ...]
    data: bytes

    def encode(self) -> bytes:
        """The value stored under `item_key(block, index)`."""
        return (
            _LOG_HEAD.pack(self.tx_index, self.address, len(self.topics)) + b"".join(self.topics) + self.data
        )

    @classmethod
    def decode(cls, key: bytes, value: bytes) -> LogRecord:
        """What `encode` stored."""
        tx_index, address, count = _LOG_HEAD.unpack_from(value)
        start = _LOG_HEAD.size
        end = start + 32 * count
        topics = tuple(value[at : at + 32] for at in range(start, end, 32))
        return cls(
            int.from_bytes(key[:8], "big"),
            int.from_bytes(key[8:], "big"),
            tx_index,
            address,
            topics,
            value[end:],
        )


@dataclass(frozen=True, slots=True)
class TxRecord:
    """One mined transaction with its receipt; its logs are `log_count` log records from `first_log` on.

    `to` is empty for a creation, `contract` for everything else.
    """

    hash: bytes
    raw: bytes
    sender: bytes
    to: bytes
    contract: bytes
    status: int
    gas_used: int
    cumulative_gas: int
    gas_price: int
    first_log: int
    log_count: int
    bloom: bytes

    def encode(self) -> bytes:
        """The value stored under `item_key(block, index)`."""
        numbers = (
            self.status, self.gas_used, self.cumulative_gas, self.gas_price, self.first_log, self.log_count,
        )  # fmt: skip
        fields = [self.hash, self.raw, self.sender, self.to, self.contract, self.bloom]
        encoded: bytes = rlp.encode(fields + [big_endian_int.serialize(number) for number in numbers])
        return encoded

    @classmethod
    def decode(cls, value: bytes) -> TxRecord:
        """What `encode` stored."""
        tx_hash, raw, sender, to, contract, bloom, *rest = rlp.decode(value)
        status, gas_used, cumulative, price, first, count = (int.from_bytes(item, "big") for item in rest)
        return cls(
            tx_hash, raw, sender, to, contract, status, gas_used, cumulative, price, first, count, bloom
        )


@dataclass(frozen=True, slots=True)
class BlockRecord:
    """One block: its header as encoded in the chain, its size in bytes, and its transactions' hashes in order."""

    number: int
    hash: bytes
    header: bytes
    size: int
    tx_hashes: tuple[bytes, ...]

    def encode(self) -> bytes:
        """The value stored under `block_key(number)`."""
        encoded: bytes = rlp.encode(
            [self.hash, self.header, big_endian_int.serialize(self.size), b"".join(self.tx_hashes)]
        )
        return encoded

    @classmethod
    def decode(cls, number: int, value: bytes) -> BlockRecord:
        """What `encode` stored."""
        block_hash, header, size, hashes = rlp.decode(value)
        tx_hashes = tuple(hashes[at : at + 32] for at in range(0, len(hashes), 32))
        return cls(number, block_hash, header, int.from_bytes(size, "big"), tx_hashes)


@dataclass(frozen=True, slots=True)
class BlockData:
    """All that is stored for one block."""

    block: BlockRecord
    txs: tuple[TxRecord, ...]
    logs: tuple[LogRecord, ...]
    state: dict[bytes, bytes]
