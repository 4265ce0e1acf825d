"""Accounts, storage, proofs, calls and estimates."""

from __future__ import annotations

from typing import Any

import rlp
from eth.constants import BLANK_ROOT_HASH, EMPTY_SHA3
from trie.hexary import HexaryTrie

from .blocks import BlockId, expect_block, read_block_id
from .calls import Call, Place, call_output, estimate, read_call
from .chain_store import ChainView
from .engine import next_header
from .errors import InvalidParams, LimitExceeded
from .evm import StateDB, decode_header
from .hashing import keccak
from .hexes import data, quantity, read_address, read_slot
from .node import Node
from .rpc import Calls, Method, Runs, methods
from .tries import proof

MAX_PROOF_KEYS = 1024


class StateMethods:
    """Reads of the state after any block, and execution on it."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def table(self) -> dict[str, Method]:
        """The methods by name."""
        small: Calls = [
            ("eth_getBalance", self.balance),
            ("eth_getCode", self.code),
            ("eth_getStorageAt", self.storage),
            ("eth_getTransactionCount", self.transaction_count),
        ]
        large: Calls = [
            ("eth_call", self.call),
            ("eth_estimateGas", self.estimate_gas),
            ("eth_getProof", self.proof),
        ]
        return methods(Runs.VIEW, small) | methods(Runs.READER, large)

    def balance(self, view: ChainView, address: object, block: object = None) -> str:
        """Always zero on a chain without fees, unless something could be sent: there is nothing to send."""
        state = self._node.state_at(view, expect_block(view, read_block_id(block)).number)
        return quantity(state.get_balance(read_address(address, "address")))

    def code(self, view: ChainView, address: object, block: object = None) -> str:
        """An account's code."""
        state = self._node.state_at(view, expect_block(view, read_block_id(block)).number)
        return data(state.get_code(read_address(address, "address")))

    def storage(self, view: ChainView, address: object, slot: object, block: object = None) -> str:
        """One storage slot, 32 bytes."""
        state = self._node.state_at(view, expect_block(view, read_block_id(block)).number)
        value = state.get_storage(read_address(address, "address"), read_slot(slot, "slot"))
        return data(value.to_bytes(32, "big"))

    def transaction_count(self, view: ChainView, address: object, block: object = None) -> str:
        """An account's nonce; at `pending`, counting what waits without a gap."""
        who = read_address(address, "address")
        wanted = read_block_id(block)
        nonce = self._node.state_at(view, expect_block(view, wanted).number).get_nonce(who)
        return quantity(self._node.pool.pending_nonce(who, nonce) if wanted.pending else nonce)

    def call(self, view: ChainView, request: object, block: object = None) -> str:
        """What a call would return after that block."""
        call = read_call(request)
        return data(call_output(view, self._place(view, read_block_id(block)), call))

    def estimate_gas(self, view: ChainView, request: object, block: object = None) -> str:
        """The least gas limit with which the transaction succeeds."""
        call: Call = read_call(request)
        return quantity(estimate(view, self._place(view, read_block_id(block)), call))

    def _place(self, view: ChainView, wanted: BlockId) -> Place:
        header = decode_header(expect_block(view, wanted).header)
        root = header.state_root
        if wanted.pending:
            header = next_header(header, self._node.clock.block_timestamp(header.timestamp))
        parent = header.block_number - 1
        return Place(header, root, lambda: view.ancestors(parent), self._node.chain_id)

    def proof(self, view: ChainView, address: object, slots: object, block: object = None) -> dict[str, Any]:
        """An account and storage slots with their Merkle-Patricia proofs (EIP-1186)."""
        who = read_address(address, "address")
        if not isinstance(slots, list):
            raise InvalidParams("storageKeys: expected a list")
        if len(slots) > MAX_PROOF_KEYS:
            raise LimitExceeded(f"too many storage keys: {len(slots)}, at most {MAX_PROOF_KEYS}")
        keys = [read_slot(slot, "storageKeys") for slot in slots]
        number = expect_block(view, read_block_id(block)).number
        root = decode_header(view.expect_block(number).header).state_root
        state = self._node.state_at(view, number)
        db = StateDB(view)
        storage_root = _storage_root(db, root, who)
        exists = state.account_exists(who)
        return {
            "address": data(who),
            "accountProof": [data(node) for node in proof(db, root, who)],
            "balance": quantity(state.get_balance(who)),
            "codeHash": data(state.get_code_hash(who) if exists else EMPTY_SHA3),
            "nonce": quantity(state.get_nonce(who)),
            "storageHash": data(storage_root),
            "storageProof": [
                {
                    "key": asked if isinstance(asked, str) else quantity(key),
                    "value": quantity(state.get_storage(who, key)),
                    "proof": [data(node) for node in proof(db, storage_root, key.to_bytes(32, "big"))],
                }
                for asked, key in zip(slots, keys, strict=True)
            ],
        }


def _storage_root(db: StateDB, root: bytes, address: bytes) -> bytes:
    encoded = HexaryTrie(db, root).get(keccak(address))
    return bytes(rlp.decode(encoded)[2]) if encoded else bytes(BLANK_ROOT_HASH)
