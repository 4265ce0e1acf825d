"""Which block a request means: numbers, tags and hashes, resolved on one view."""

from __future__ import annotations

from dataclasses import dataclass

from .chain_store import ChainView
from .errors import InvalidParams, ServerError
from .hexes import data as to_hex
from .hexes import read_hash, read_quantity
from .records import BlockRecord

HEAD_TAGS = ("latest", "safe", "finalized", "pending")


class NoSuchBlock(ServerError):
    """The block asked for is not in the chain."""


@dataclass(frozen=True, slots=True)
class BlockId:
    """A block as asked for: a number, a hash, or the head; with `pending` the head of `Node.at`'s view."""

    number: int | None = None
    hash: bytes | None = None
    pending: bool = False


def read_block_number(value: object, what: str = "block") -> BlockId:
    """A block number or tag; `safe` and `finalized` are the head, which never changes on this chain by itself."""
    if value is None or value in HEAD_TAGS:
        return BlockId(pending=value == "pending")
    if value == "earliest":
        return BlockId(number=0)
    return BlockId(number=read_quantity(value, what, maximum=2**63 - 1))


def read_block_id(value: object, what: str = "block") -> BlockId:
    """A block number, tag, hash, or the object form of EIP-1898."""
    if isinstance(value, dict):
        if "blockHash" in value and "blockNumber" in value:
            raise InvalidParams(
                f"{what}: cannot specify both blockHash and blockNumber, choose one or the other"
            )
        if "blockHash" in value:
            return BlockId(hash=read_hash(value["blockHash"], f"{what}.blockHash"))
        if "blockNumber" in value:
            return read_block_number(value["blockNumber"], f"{what}.blockNumber")
        raise InvalidParams(f"{what}: expected blockHash or blockNumber")
    if isinstance(value, str) and len(value) == 66:
        return BlockId(hash=read_hash(value, what))
    return read_block_number(value, what)


def find_block(view: ChainView, wanted: BlockId) -> BlockRecord | None:
    """The block, or None when the chain has none such."""
    if wanted.hash is not None:
        number = view.block_number(wanted.hash)
        return None if number is None else view.block(number)
    return view.head() if wanted.number is None else view.block(wanted.number)


def expect_block(view: ChainView, wanted: BlockId) -> BlockRecord:
    """The block; `NoSuchBlock` when the chain has none such."""
    block = find_block(view, wanted)
    if block is None:
        name = f"hash {to_hex(wanted.hash)}" if wanted.hash is not None else f"number {wanted.number}"
        raise NoSuchBlock(f"header not found: no block with {name}")
    return block
