"""Merkle-Patricia roots of a block's lists, and proofs against a state root."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import rlp
from eth.constants import BLANK_ROOT_HASH
from trie.hexary import HexaryTrie

from .evm import StateDB, keccak


def list_root(items: Sequence[bytes]) -> bytes:
    """The root of the trie that maps each item's index to the item, as block headers carry it."""
    if not items:
        return bytes(BLANK_ROOT_HASH)
    if len(items) == 1:
        # A trie with one leaf: its key, rlp(0) = 0x80, as an even-length leaf path is 0x20 0x80.
        return keccak(rlp.encode([b"\x20\x80", items[0]]))
    trie = HexaryTrie({}, BLANK_ROOT_HASH)
    with trie.squash_changes() as writer:
        for index, item in enumerate(items):
            writer[rlp.encode(index)] = item
    return bytes(trie.root_hash)


def proof(db: StateDB, root: bytes, key: bytes) -> list[bytes]:
    """The nodes from `root` towards keccak(`key`), encoded; short nodes are inside their parents.

    Shows the value, or by where it ends that there is none. The empty trie has an empty proof.
    """
    if root == BLANK_ROOT_HASH:
        return []
    trie: Any = HexaryTrie(db, root)
    nodes = trie.get_proof(keccak(key))
    encoded = [rlp.encode(node) for node in nodes]
    return [node for place, node in enumerate(encoded) if place == 0 or len(node) >= 32]
