"""The tables of the chain: what is written for a block, what is taken away again, and consistent reads of it.

Only canonical blocks are stored: setting the head back removes what came after it. State nodes stay, as they are
found by their hash alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from .lmdb_env import LmdbEnv, Txn
from .log_index import add_logs, remove_logs
from .records import BlockData, BlockRecord, LogRecord, TxRecord, block_key, item_key

HEAD_KEY = b"head"

Meta = Mapping[bytes, bytes | None]


class ChainView:
    """The chain as of one commit. Valid only inside `ChainStore.view`."""

    def __init__(self, env: LmdbEnv, txn: Txn) -> None:
        self._env = env
        self.txn = txn

    def meta(self, key: bytes) -> bytes | None:
        """A value of the meta table."""
        return _bytes(self.txn.get(key, db=self._env.table(b"meta")))

    def state(self, key: bytes) -> bytes | None:
        """A trie node or a contract's code by its hash."""
        return _bytes(self.txn.get(key, db=self._env.table(b"state")))

    def head_number(self) -> int:
        """The number of the newest block."""
        head = self.meta(HEAD_KEY)
        if head is None:
            raise LookupError("the chain has no head")
        return int.from_bytes(head, "big")

    def block(self, number: int) -> BlockRecord | None:
        """The block of that number."""
        value = self.txn.get(block_key(number), db=self._env.table(b"blocks"))
        return None if value is None else BlockRecord.decode(number, value)

    def block_number(self, block_hash: bytes) -> int | None:
        """The number of the block with that hash."""
        value = self.txn.get(block_hash, db=self._env.table(b"canonical"))
        return None if value is None else int.from_bytes(value, "big")

    def head(self) -> BlockRecord:
        """The newest block."""
        return self.expect_block(self.head_number())

    def expect_block(self, number: int) -> BlockRecord:
        """The block of a number known to be there."""
        block = self.block(number)
        if block is None:
            raise LookupError(f"block {number} is not stored")
        return block

    def tx_place(self, tx_hash: bytes) -> tuple[int, int] | None:
        """Block number and index of a mined transaction."""
        value = self.txn.get(tx_hash, db=self._env.table(b"tx_index"))
        if value is None:
            return None
        return int.from_bytes(value[:8], "big"), int.from_bytes(value[8:], "big")

    def tx(self, number: int, index: int) -> TxRecord | None:
        """The transaction at that place."""
        value = self.txn.get(item_key(number, index), db=self._env.table(b"txs"))
        return None if value is None else TxRecord.decode(value)

    def txs(self, number: int) -> Iterator[TxRecord]:
        """All transactions of a block, in order."""
        for _key, value in self._range(b"txs", item_key(number, 0), item_key(number + 1, 0)):
            yield TxRecord.decode(value)

    def logs(self, number: int, first: int, count: int) -> Iterator[LogRecord]:
        """`count` logs of a block from index `first` on."""
        for key, value in self._range(b"logs", item_key(number, first), item_key(number, first + count)):
            yield LogRecord.decode(key, value)

    def logs_between(self, first: int, last: int) -> Iterator[LogRecord]:
        """All logs of the blocks `first` to `last`, both included."""
        for key, value in self._range(b"logs", item_key(first, 0), item_key(last + 1, 0)):
            yield LogRecord.decode(key, value)

    def log(self, number: int, index: int) -> LogRecord:
        """The log at a place known to be there."""
        key = item_key(number, index)
        return LogRecord.decode(key, self.txn.get(key, db=self._env.table(b"logs")))

    def cursor(self, table: bytes) -> Any:
        """A raw cursor over one table."""
        return self.txn.cursor(db=self._env.table(table))

    def ancestors(self, number: int) -> Iterator[bytes]:
        """Hashes of the blocks `number`, `number` - 1, ... down to the first."""
        while number >= 0:
            block = self.block(number)
            if block is None:
                return
            yield block.hash
            number -= 1

    def _range(self, table: bytes, start: bytes, stop: bytes) -> Iterator[tuple[bytes, bytes]]:
        with self.cursor(table) as cursor:
            if not cursor.set_range(start):
                return
            for key, value in cursor:
                if key >= stop:
                    return
                yield key, value


class ChainStore:
    """Writes the chain's tables, one commit per call."""

    def __init__(self, env: LmdbEnv) -> None:
        self._env = env

    @contextmanager
    def view(self) -> Iterator[ChainView]:
        """The chain as of the last commit. Never opened inside another view."""
        with self._env.read() as txn:
            view = ChainView(self._env, txn)
            try:
                yield view
            finally:
                view.txn = None

    def put_meta(self, values: Meta) -> None:
        """Store meta values; None removes."""
        self._env.write(lambda txn: self._write_meta(txn, values))

    def append(self, data: BlockData, meta: Meta) -> None:
        """Store a block as the new head, with meta values that belong to it."""
        self._env.write(lambda txn: self._append(txn, data, meta))

    def _append(self, txn: Txn, data: BlockData, meta: Meta) -> None:
        table = self._env.table
        number = data.block.number
        state = table(b"state")
        for key, value in data.state.items():
            txn.put(key, value, db=state)
        _add(txn, table(b"blocks"), block_key(number), data.block.encode())
        txn.put(data.block.hash, block_key(number), db=table(b"canonical"))
        for index, tx in enumerate(data.txs):
            key = item_key(number, index)
            _add(txn, table(b"txs"), key, tx.encode())
            txn.put(tx.hash, key, db=table(b"tx_index"))
        for log in data.logs:
            _add(txn, table(b"logs"), item_key(number, log.index), log.encode())
        add_logs(txn, table(b"log_index"), data.logs)
        self._write_meta(txn, {HEAD_KEY: block_key(number), **meta})

    def truncate(self, head: int, meta: Meta) -> None:
        """Make block `head` the newest again and remove every trace of those after it, with meta values."""
        self._env.write(lambda txn: self._truncate(txn, head, meta))

    def _truncate(self, txn: Txn, head: int, meta: Meta) -> None:
        table = self._env.table
        view = ChainView(self._env, txn)
        for number in range(view.head_number(), head, -1):
            block = view.expect_block(number)
            logs = list(view.logs_between(number, number))
            remove_logs(txn, table(b"log_index"), logs)
            for log in logs:
                txn.delete(item_key(number, log.index), db=table(b"logs"))
            for index, tx_hash in enumerate(block.tx_hashes):
                txn.delete(item_key(number, index), db=table(b"txs"))
                txn.delete(tx_hash, db=table(b"tx_index"))
            txn.delete(block.hash, db=table(b"canonical"))
            txn.delete(block_key(number), db=table(b"blocks"))
        self._write_meta(txn, {HEAD_KEY: block_key(head), **meta})

    def _write_meta(self, txn: Txn, values: Meta) -> None:
        table = self._env.table(b"meta")
        for key, value in values.items():
            if value is None:
                txn.delete(key, db=table)
            else:
                txn.put(key, value, db=table)


def _add(txn: Txn, table: Any, key: bytes, value: bytes) -> None:
    """Store a record that comes after all there are; anything else would be a mistake in the block."""
    if not txn.put(key, value, db=table, append=True):
        raise LookupError(f"record {key.hex()} is stored already or out of order")


def _bytes(value: Any) -> bytes | None:
    return None if value is None else bytes(value)
