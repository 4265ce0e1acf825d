"""Merkle-Patricia roots of a block's lists, and proofs against a state root."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import rlp
from eth.constants import BLANK_ROOT_HASH
from trie.hexary import HexaryTrie

from .evm import StateDB
from .hashing import keccak
from .mpt import update


def list_root(items: Sequence[bytes]) -> bytes:
    """The root of the trie that maps each item's index to the item, as block headers carry it."""
    # No encoded index is the beginning of another, so this trie too has no values in its branches.
    none: dict[bytes, bytes] = {}
    root, _ = update(
        none.__getitem__, BLANK_ROOT_HASH, {rlp.encode(place): item for place, item in enumerate(items)}
    )
    return root


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
