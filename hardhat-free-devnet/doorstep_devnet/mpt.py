"""Merkle-Patricia tries (Ethereum yellow paper, appendix D): reading a key, and changing many keys at once.

A block of two hundred changes touches the same upper nodes two hundred times; applied together, every node is encoded
and hashed once. No key of a trie is the beginning of another, so no value ever stands in a branch. Nibbles are hex digits
in a `str`. A node is what its RLP holds: b"" for none, [path, value or child], or sixteen children and b"". A child is
its node's hash, or the node itself where its encoding is shorter than a hash.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from eth.constants import BLANK_ROOT_HASH

from .errors import DevnetError
from .hashing import keccak

Node = Any
Load = Callable[[bytes], bytes]
Changes = list[tuple[str, bytes]]


class MissingNode(DevnetError):
    """A node that must be stored is not: the data is damaged."""


def read(load: Load, root: bytes, key: bytes) -> bytes:
    """The value at `key`, b"" when there is none; `load` gives a node's encoding by its hash or raises KeyError."""
    if root == BLANK_ROOT_HASH:
        return b""
    path = key.hex()
    node = decode(_fetch(load, root))
    while node:
        if len(node) == 17:
            child, path = node[int(path[0], 16)], path[1:]
        else:
            prefix, is_leaf = _unpack(node[0])
            if is_leaf:
                return bytes(node[1]) if prefix == path else b""
            if not path.startswith(prefix):
                return b""
            child, path = node[1], path[len(prefix) :]
        node = child if not child or isinstance(child, list) else decode(_fetch(load, child))
    return b""


def update(load: Load, root: bytes, changes: Mapping[bytes, bytes]) -> tuple[bytes, dict[bytes, bytes]]:
    """The root after `changes` (b"" removes a key) and the new nodes by their hashes. Nothing is removed."""
    return _Update(load).run(root, changes)


def encode(item: Any) -> bytes:
    """RLP of bytes or a list, nested."""
    if isinstance(item, list):
        body = b"".join([encode(part) for part in item])
        return _header(len(body), 0xC0) + body
    if len(item) == 1 and item[0] < 0x80:
        return bytes(item)
    return _header(len(item), 0x80) + bytes(item)


def _header(size: int, base: int) -> bytes:
    if size < 56:
        return bytes((base + size,))
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((base + 55 + len(length),)) + length


def decode(encoded: bytes) -> list[Any]:
    """A node from its RLP, which is known to be one."""
    first = encoded[0]
    place = 1 if first < 0xF8 else 1 + first - 0xF7
    items: list[Any] = []
    end = len(encoded)
    while place < end:
        first = encoded[place]
        if first < 0x80:
            items.append(encoded[place : place + 1])
            place += 1
            continue
        start = place + 1
        if first < 0xB8:
            stop = start + first - 0x80
            items.append(encoded[start:stop])
        elif first < 0xC0:
            start += first - 0xB7
            stop = start + int.from_bytes(encoded[place + 1 : start], "big")
            items.append(encoded[start:stop])
        else:
            stop = start + first - 0xC0
            items.append(decode(encoded[place:stop]))
        place = stop
    return items


def _unpack(packed: bytes) -> tuple[str, bool]:
    """A node's path and whether it is a leaf's, from the hex-prefix encoding."""
    digits = packed.hex()
    flag = digits[0]
    return digits[1:] if flag in "13" else digits[2:], flag in "23"


def _pack(path: str, *, leaf: bool) -> bytes:
    if len(path) % 2:
        return bytes.fromhex(("3" if leaf else "1") + path)
    return bytes.fromhex(("20" if leaf else "00") + path)


def _fetch(load: Load, node_hash: bytes) -> bytes:
    try:
        return load(node_hash)
    except KeyError:
        raise MissingNode(f"trie node 0x{node_hash.hex()} is missing") from None


def _common(paths: list[str]) -> int:
    """How many digits all paths begin with alike."""
    low, high = min(paths), max(paths)
    for place, digit in enumerate(low):
        if digit != high[place]:
            return place
    return len(low)


class _Update:
    """One call of `update`; `_nodes` are those made on the way."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._nodes: dict[bytes, bytes] = {}

    def run(self, root: bytes, changes: Mapping[bytes, bytes]) -> tuple[bytes, dict[bytes, bytes]]:
        node = [] if root == BLANK_ROOT_HASH else decode(_fetch(self._load, root))
        node = self._apply(node, [(key.hex(), value) for key, value in changes.items()])
        if not node:
            return bytes(BLANK_ROOT_HASH), self._nodes
        encoded = encode(node)
        root = keccak(encoded)
        self._nodes[root] = encoded
        return root, self._nodes

    def _apply(self, node: Node, changes: Changes) -> Node:
        """The node after `changes`, whose paths are relative to it and all different."""
        if not node:
            return self._build([change for change in changes if change[1]])
        if len(node) == 17:
            return self._apply_branch(node, changes)
        path, is_leaf = _unpack(node[0])
        if is_leaf:
            kept = [change for change in changes if change[1]]
            if all(change[0] != path for change in changes):
                kept.append((path, node[1]))
            return self._build(kept)
        return self._apply_extension(path, node[1], changes)

    def _apply_branch(self, node: Node, changes: Changes) -> Node:
        children = list(node)
        for digit, below in _by_digit(changes).items():
            child = self._apply(self._open(children[digit]), below)
            children[digit] = self._close(child)
        left = [digit for digit in range(16) if children[digit]]
        if len(left) > 1:
            return children
        if not left:
            return []
        return self._prefixed(f"{left[0]:x}", self._open(children[left[0]]))

    def _apply_extension(self, path: str, child: Any, changes: Changes) -> Node:
        shared = _common([path, *(change[0][: len(path)] for change in changes)])
        below = [(change[0][shared:], change[1]) for change in changes]
        if shared == len(path):
            return self._prefixed(path, self._apply(self._open(child), below))
        rest = path[shared + 1 :]
        branch: list[Any] = [b""] * 17
        branch[int(path[shared], 16)] = self._close([_pack(rest, leaf=False), child]) if rest else child
        return self._prefixed(path[:shared], self._apply_branch(branch, below))

    def _build(self, items: Changes) -> Node:
        """A node that holds exactly these."""
        if not items:
            return []
        if len(items) == 1:
            path, value = items[0]
            return [_pack(path, leaf=True), value]
        shared = _common([path for path, _ in items])
        branch: list[Any] = [b""] * 17
        for digit, below in _by_digit([(path[shared:], value) for path, value in items]).items():
            branch[digit] = self._close(self._build(below))
        return self._prefixed(items[0][0][:shared], branch)

    def _prefixed(self, path: str, node: Node) -> Node:
        """`node` at the end of `path`."""
        if not node or not path:
            return node
        if len(node) == 17:
            return [_pack(path, leaf=False), self._close(node)]
        below, is_leaf = _unpack(node[0])
        return [_pack(path + below, leaf=is_leaf), node[1]]

    def _open(self, child: Any) -> Node:
        if not child or isinstance(child, list):
            return child
        made = self._nodes.get(child)
        return decode(_fetch(self._load, child) if made is None else made)

    def _close(self, node: Node) -> Any:
        """What stands for `node` in its parent."""
        if not node:
            return b""
        encoded = encode(node)
        if len(encoded) < 32:
            return node
        node_hash = keccak(encoded)
        self._nodes[node_hash] = encoded
        return node_hash


def _by_digit(changes: Changes) -> dict[int, Changes]:
    groups: dict[int, Changes] = {}
    for path, value in changes:
        groups.setdefault(int(path[0], 16), []).append((path[1:], value))
    return groups
