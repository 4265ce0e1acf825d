"""Blocks, transactions and receipts."""

from __future__ import annotations

from typing import Any

from .blocks import BlockId, find_block, read_block_id, read_block_number
from .chain_store import ChainView
from .errors import InvalidParams
from .hexes import data, quantity, read_hash, read_quantity
from .node import Node
from .records import BlockRecord
from .rpc import Calls, Method, Runs, methods
from .views import block_json, raw_tx_json, receipt_json, tx_json

MAX_INDEX = 2**32 - 1


class ChainMethods:
    """Reads of what was mined and what waits."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def table(self) -> dict[str, Method]:
        """The methods by name."""
        by_block: Calls = [
            ("eth_getBlockTransactionCountByNumber", self.count_by_number),
            ("eth_getTransactionByBlockNumberAndIndex", self.transaction_by_number),
            ("eth_getUncleCountByBlockNumber", self.uncles_by_number),
        ]
        small: Calls = [
            ("eth_blockNumber", self.block_number),
            ("eth_getBlockTransactionCountByHash", self.count_by_hash),
            ("eth_getUncleCountByBlockHash", self.uncles_by_hash),
            ("eth_getTransactionByHash", self.transaction),
            ("eth_getRawTransactionByHash", self.raw_transaction),
            ("eth_getTransactionByBlockHashAndIndex", self.transaction_by_hash),
            ("eth_getTransactionReceipt", self.receipt),
        ]
        large: Calls = [
            ("eth_getBlockByNumber", self.block_by_number),
            ("eth_getBlockByHash", self.block_by_hash),
            ("eth_getBlockReceipts", self.block_receipts),
        ]
        return methods(Runs.VIEW, small) | methods(Runs.BLOCK, by_block) | methods(Runs.READER, large)

    def block_number(self, view: ChainView) -> str:
        """The head's number."""
        return quantity(view.head_number())

    def block_by_number(self, view: ChainView, block: object, full: object = False) -> dict[str, Any] | None:
        """A block by number or tag; `pending` is the block that would be made now, with the hash it would have."""
        wanted = read_block_number(block)
        return self._block(self._node.at(view, wanted), wanted, full)

    def block_by_hash(
        self, view: ChainView, block_hash: object, full: object = False
    ) -> dict[str, Any] | None:
        """A block by hash."""
        return self._block(view, BlockId(hash=read_hash(block_hash, "blockHash")), full)

    def _block(self, view: ChainView, wanted: BlockId, full: object) -> dict[str, Any] | None:
        block = find_block(view, wanted)
        return None if block is None else block_json(view, block, full=_flag(full))

    def count_by_number(self, view: ChainView, block: object) -> str | None:
        """How many transactions a block has, by number or tag."""
        wanted = read_block_number(block)
        return _count(find_block(self._node.at(view, wanted), wanted))

    def count_by_hash(self, view: ChainView, block_hash: object) -> str | None:
        """How many transactions a block has, by hash."""
        return _count(find_block(view, BlockId(hash=read_hash(block_hash, "blockHash"))))

    def uncles_by_number(self, view: ChainView, block: object) -> str | None:
        """Always zero: this chain has no uncles."""
        wanted = read_block_number(block)
        return None if find_block(self._node.at(view, wanted), wanted) is None else "0x0"

    def uncles_by_hash(self, view: ChainView, block_hash: object) -> str | None:
        """Always zero: this chain has no uncles."""
        return None if find_block(view, BlockId(hash=read_hash(block_hash, "blockHash"))) is None else "0x0"

    def transaction(self, view: ChainView, tx_hash: object) -> dict[str, Any] | None:
        """A transaction, mined or waiting."""
        wanted = read_hash(tx_hash, "hash")
        place = view.tx_place(wanted)
        if place is not None:
            return self._transaction_at(view, view.block(place[0]), place[1])
        waiting = self._node.pool.get(wanted)
        return None if waiting is None else raw_tx_json(waiting.raw, waiting.hash, waiting.sender)

    def raw_transaction(self, view: ChainView, tx_hash: object) -> str | None:
        """A transaction's bytes, mined or waiting."""
        wanted = read_hash(tx_hash, "hash")
        place = view.tx_place(wanted)
        record = view.tx(*place) if place is not None else self._node.pool.get(wanted)
        return None if record is None else data(record.raw)

    def transaction_by_number(self, view: ChainView, block: object, index: object) -> dict[str, Any] | None:
        """A mined transaction by its place."""
        wanted = read_block_number(block)
        view = self._node.at(view, wanted)
        return self._transaction_at(view, find_block(view, wanted), _index(index))

    def transaction_by_hash(
        self, view: ChainView, block_hash: object, index: object
    ) -> dict[str, Any] | None:
        """A mined transaction by its place."""
        wanted = BlockId(hash=read_hash(block_hash, "blockHash"))
        return self._transaction_at(view, find_block(view, wanted), _index(index))

    def _transaction_at(
        self, view: ChainView, block: BlockRecord | None, index: int
    ) -> dict[str, Any] | None:
        record = None if block is None else view.tx(block.number, index)
        return None if block is None or record is None else tx_json(record, block, index)

    def receipt(self, view: ChainView, tx_hash: object) -> dict[str, Any] | None:
        """The receipt of a mined transaction."""
        place = view.tx_place(read_hash(tx_hash, "hash"))
        if place is None:
            return None
        number, index = place
        record = view.tx(number, index)
        return None if record is None else receipt_json(view, record, view.expect_block(number), index)

    def block_receipts(self, view: ChainView, block: object) -> list[dict[str, Any]] | None:
        """The receipts of all of a block's transactions."""
        wanted = read_block_id(block)
        view = self._node.at(view, wanted)
        found = find_block(view, wanted)
        if found is None:
            return None
        return [receipt_json(view, tx, found, index) for index, tx in enumerate(view.txs(found.number))]


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidParams(f"full transactions: expected true or false, got {value!r}")
    return value


def _index(value: object) -> int:
    return read_quantity(value, "index", maximum=MAX_INDEX)


def _count(block: BlockRecord | None) -> str | None:
    return None if block is None else quantity(len(block.tx_hashes))
