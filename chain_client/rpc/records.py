"""What a node says, as plain values: blocks, logs, receipts, fees, and which engine it is."""

from __future__ import annotations

from dataclasses import dataclass

from chain_client.domain.ids import Address, Hash32
from chain_client.domain.records import Position


@dataclass(frozen=True, slots=True)
class Block:
    """A block's header, as far as anyone here needs it; `time` in Unix seconds, UTC."""

    number: int
    hash: Hash32
    parent_hash: Hash32
    time: int


@dataclass(frozen=True, slots=True)
class Log:
    """An event as mined, undecoded; `topics` are 32 bytes each."""

    position: Position
    address: Address
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class TxReceipt:
    """What became of a mined transaction: `status` 1 done, 0 reverted; `contract` where it created one."""

    tx_hash: Hash32
    tx_index: int
    block_number: int
    block_hash: Hash32
    block_time: int
    status: int
    gas_used: int
    logs: tuple[Log, ...]
    contract: Address | None


@dataclass(frozen=True, slots=True)
class Engine:
    """Which client the node runs, and when its blocks count as final.

    With `instant_finality` every block is final as it appears; otherwise the node's own `finalized` tag decides, and
    `confirmations` only says how many blocks a reader of this engine should expect to wait.
    """

    name: str
    version: str
    instant_finality: bool
    confirmations: int


@dataclass(frozen=True, slots=True)
class Fees:
    """What a transaction made now should offer, in wei per gas; both zero on a zero-fee network."""

    max_fee: int
    priority_fee: int
