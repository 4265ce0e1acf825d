"""The tries: many changes at once give what the trie library gives for one after the other."""

from __future__ import annotations

import pytest
import rlp
from doorstep_devnet.mpt import MissingNode, decode, encode, read, update
from doorstep_devnet.tries import list_root
from doorstep_devnet.world import StorageDB
from eth.db.atomic import AtomicDB
from eth.db.storage import AccountStorageDB
from eth.db.trie import make_trie_root_and_nodes
from eth.rlp.logs import Log
from eth_utils import keccak
from hypothesis import given, settings
from hypothesis import strategies as st
from trie import HexaryTrie
from trie.constants import BLANK_NODE_HASH

# Keys that share long beginnings, so that extensions, splits and nodes shorter than a hash all come up.
KEYS = st.tuples(
    st.sampled_from([b"\0" * 30, b"\0" * 29 + b"\1", b"\x10" + b"\0" * 29, b"\xff" * 30]),
    st.sampled_from([b"\0", b"\1", b"\x10", b"\x11"]),
    st.sampled_from([b"\0", b"\1", b"\x0f", b"\xf0", b"\xff"]),
).map(b"".join)
VALUES = st.one_of(st.just(b""), st.binary(min_size=1, max_size=2), st.binary(min_size=28, max_size=80))
BATCHES = st.lists(st.dictionaries(KEYS, VALUES, max_size=12), min_size=1, max_size=5)


@settings(max_examples=120, deadline=None)
@given(batches=BATCHES)
def test_batches_give_the_same_roots_and_values(batches: list[dict[bytes, bytes]]) -> None:
    nodes: dict[bytes, bytes] = {}
    root = BLANK_NODE_HASH
    reference = HexaryTrie({})
    model: dict[bytes, bytes] = {}
    for batch in batches:
        root, made = update(nodes.__getitem__, root, batch)
        assert all(keccak(encoded) == node_hash for node_hash, encoded in made.items())
        nodes |= made
        for key, value in batch.items():
            reference[key] = value
        model |= batch
        assert root == reference.root_hash
        for key, value in model.items():
            assert read(nodes.__getitem__, root, key) == value
        assert read(nodes.__getitem__, root, b"\x77" * 32) == b""


@settings(max_examples=100, deadline=None)
@given(
    start=st.dictionaries(
        st.binary(min_size=32, max_size=32), st.binary(min_size=1, max_size=40), max_size=60
    ),
    data=st.data(),
)
def test_hashed_keys_added_and_removed(start: dict[bytes, bytes], data: st.DataObject) -> None:
    removed = data.draw(st.sets(st.sampled_from(sorted(start)))) if start else set()
    first, nodes = update({}.__getitem__, BLANK_NODE_HASH, start)
    second, more = update(nodes.__getitem__, first, dict.fromkeys(removed, b""))
    reference = HexaryTrie({})
    for key, value in start.items():
        if key not in removed:
            reference[key] = value
    assert second == reference.root_hash
    both = nodes | more
    assert all(read(both.__getitem__, first, key) == value for key, value in start.items()), (
        "the old root stays readable"
    )


ITEMS = st.recursive(st.binary(max_size=70), lambda inner: st.lists(inner, max_size=5), max_leaves=12)


@given(item=ITEMS)
def test_encoding_is_rlp(item: object) -> None:
    assert encode(item) == rlp.encode(item)


@given(
    items=st.lists(
        st.one_of(st.binary(max_size=70), st.lists(st.binary(max_size=10), max_size=2)), min_size=2
    )
)
def test_decoding_is_rlp(items: list[object]) -> None:
    assert decode(rlp.encode(items)) == items


def test_a_missing_node_is_damage_not_absence() -> None:
    root, _ = update({}.__getitem__, BLANK_NODE_HASH, {b"\1" * 32: b"value"})
    with pytest.raises(MissingNode):
        read({}.__getitem__, root, b"\1" * 32)


@pytest.mark.parametrize("count", [0, 1, 2, 16, 17, 129])
def test_the_root_of_a_list_is_py_evms(count: int) -> None:
    logs = [Log(b"\1" * 20, (number,), b"x" * number) for number in range(count)]
    for log in logs:
        log.encode = lambda log=log: rlp.encode(log)  # type: ignore[attr-defined]
    assert list_root([rlp.encode(log) for log in logs]) == make_trie_root_and_nodes(logs)[0]


@pytest.mark.parametrize("kind", [StorageDB, AccountStorageDB], ids=["ours", "py-evm's"])
def test_storage_that_was_wiped_comes_back_when_that_is_taken_back(kind: type[AccountStorageDB]) -> None:
    db = AtomicDB()
    storage = kind(db, BLANK_NODE_HASH, b"\1" * 20)
    storage.set(1, 10)
    storage.make_storage_root()
    first = storage.get_changed_root()
    storage.persist(db)
    storage = kind(db, first, b"\1" * 20)
    storage.set(2, 20)
    storage.make_storage_root()
    second = storage.get_changed_root()
    storage.record(1)
    storage.delete()
    assert (storage.get(1), storage.get(2)) == (0, 0)
    storage.set(3, 30)
    storage.discard(1)
    assert (storage.get(1), storage.get(2), storage.get(3)) == (10, 20, 0)
    storage.make_storage_root()
    assert storage.get_changed_root() == second
    storage.record(2)
    storage.delete()
    storage.set(1, 10)
    storage.commit(2)
    storage.make_storage_root()
    assert storage.get_changed_root() == first, "what is written after wiping is all there is"
