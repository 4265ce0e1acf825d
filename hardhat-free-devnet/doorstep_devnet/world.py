"""py-evm's account and storage databases on this package's tries, which take all changes of a block at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from eth.constants import BLANK_ROOT_HASH, EMPTY_SHA3
from eth.db.accesslog import KeyAccessLoggerDB
from eth.db.account import AccountDB
from eth.db.backends.base import BaseDB
from eth.db.cache import CacheDB
from eth.db.journal import JournalDB
from eth.db.storage import AccountStorageDB
from eth_utils.exceptions import ValidationError

from .hashing import keccak
from .mpt import read, update


class _Collected(BaseDB):
    """Changes by hashed key, b"" for a key removed."""

    def __init__(self) -> None:
        self.changes: dict[bytes, bytes] = {}

    def __getitem__(self, key: bytes) -> bytes:
        return self.changes[keccak(key)]

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self.changes[keccak(key)] = value

    def __delitem__(self, key: bytes) -> None:
        self.changes[keccak(key)] = b""


class AccountTrie(BaseDB):
    """The accounts at `root_hash`, by address."""

    def __init__(self, db: Any, root_hash: bytes) -> None:
        self._db = db
        self.root_hash = root_hash

    def __getitem__(self, key: bytes) -> bytes:
        return read(self._db.__getitem__, self.root_hash, keccak(key))

    def __setitem__(self, key: bytes, value: bytes) -> None:
        with self.squash_changes() as changes:
            changes[key] = value

    def __delitem__(self, key: bytes) -> None:
        with self.squash_changes() as changes:
            del changes[key]

    def _exists(self, key: bytes) -> bool:
        return self[key] != b""

    @contextmanager
    def squash_changes(self) -> Iterator[_Collected]:
        """Collect changes and apply them together at the end, unless there was an error."""
        collected = _Collected()
        yield collected
        self.root_hash, nodes = update(self._db.__getitem__, self.root_hash, collected.changes)
        for node_hash, encoded in nodes.items():
            self._db[node_hash] = encoded


class StorageLookup(BaseDB):
    """One account's storage by slot, where py-evm keeps a trie of its own: what is written waits until the root is asked for."""

    def __init__(self, db: Any, root: bytes) -> None:
        self._db = db
        self._start(root)
        self._history: list[tuple[bytes, dict[bytes, bytes], dict[bytes, bytes], bool]] = []

    def _start(self, root: bytes) -> None:
        self._root = root
        self._waiting: dict[bytes, bytes] = {}
        self._nodes: dict[bytes, bytes] = {}
        self._changed = False

    def __getitem__(self, key: bytes) -> bytes:
        hashed = _slot_key(key)
        waiting = self._waiting.get(hashed)
        return read(self._load, self._root, hashed) if waiting is None else waiting

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self._waiting[_slot_key(key)] = value
        self._changed = True

    def __delitem__(self, key: bytes) -> None:
        self[key] = b""

    def _exists(self, key: bytes) -> bool:
        return self[key] != b""

    def _load(self, node_hash: bytes) -> bytes:
        made = self._nodes.get(node_hash)
        encoded: bytes = self._db[node_hash] if made is None else made
        return encoded

    @property
    def has_changed_root(self) -> bool:
        """Whether anything was written since the last commit."""
        return self._changed

    def get_changed_root(self) -> bytes:
        """The root with everything written."""
        if not self._changed:
            raise ValidationError("Asked for changed root when no writes have been made")
        if self._waiting:
            self._root, nodes = update(self._load, self._root, self._waiting)
            self._nodes.update(nodes)
            self._waiting = {}
        return self._root

    def commit_to(self, db: Any) -> None:
        """Give the new nodes to `db` and begin again from the new root."""
        root = self.get_changed_root()
        for node_hash, encoded in self._nodes.items():
            db[node_hash] = encoded
        self._start(root)
        self._history = []

    def new_trie(self) -> int:
        """Begin with empty storage; answers the count of storages left behind."""
        self._history.append((self._root, self._waiting, self._nodes, self._changed))
        self._start(bytes(BLANK_ROOT_HASH))
        return len(self._history)

    def rollback_trie(self, index: int) -> None:
        """Take back `new_trie` calls down to the one that answered `index` + 1."""
        self._root, self._waiting, self._nodes, self._changed = self._history[index]
        del self._history[index:]


class StorageDB(AccountStorageDB):
    """py-evm's storage of one account over the lookup above."""

    def __init__(self, db: Any, storage_root: Any, address: Any) -> None:
        super().__init__(db, storage_root, address)
        lookup: Any = StorageLookup(db, storage_root)
        self._storage_lookup = lookup
        self._storage_cache = CacheDB(lookup)
        self._locked_changes = JournalDB(self._storage_cache)
        self._journal_storage = JournalDB(self._locked_changes)


class WorldDB(AccountDB):
    """py-evm's accounts over the tries above."""

    def __init__(self, db: Any, state_root: Any = BLANK_ROOT_HASH) -> None:
        super().__init__(db, state_root)
        trie: Any = AccountTrie(self._batchtrie, state_root)
        self._trie = trie
        self._trie_logger = KeyAccessLoggerDB(trie, log_missing_keys=False)
        self._trie_cache = CacheDB(self._trie_logger)
        self._journaltrie = JournalDB(self._trie_cache)

    def _get_address_store(self, address: Any) -> Any:
        store = self._account_stores.get(address)
        if store is None:
            store = StorageDB(self._raw_store_db, self._get_storage_root(address), address)
            self._account_stores[address] = store
        return store

    def get_code(self, address: Any) -> bytes:
        """An account's code, without a record of having read it."""
        code_hash = self.get_code_hash(address)
        return b"" if code_hash == EMPTY_SHA3 else self._journaldb[code_hash]


def _slot_key(key: bytes) -> bytes:
    return keccak(key.rjust(32, b"\0"))
