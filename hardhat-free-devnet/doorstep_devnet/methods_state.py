"""Accounts, storage, proofs, calls and estimates."""

from __future__ import annotations

from typing import Any

import rlp
from eth._utils.address import generate_contract_address
from eth.constants import BLANK_ROOT_HASH, EMPTY_SHA3
from eth_typing import Address
from trie.hexary import HexaryTrie

from .access_lists import create_access_list
from .blocks import BlockId, expect_block, read_block_id
from .calls import Call, Place, call_output, estimate, read_call
from .chain_store import ChainView
from .errors import InvalidParams, LimitExceeded
from .evm import StateDB, decode_header
from .hashing import keccak
from .hexes import data, quantity, read_address, read_slot
from .node import Node
from .overrides import read_block_overrides, read_state_overrides
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
        ]
        large: Calls = [
            ("eth_call", self.call),
            ("eth_estimateGas", self.estimate_gas),
            ("eth_createAccessList", self.access_list),
        ]
        count = methods(Runs.VIEW, [("eth_getTransactionCount", self.transaction_count)])
        proof = methods(Runs.READER, [("eth_getProof", self.proof)])
        return methods(Runs.BLOCK, small) | methods(Runs.CALL, large) | proof | count

    def balance(self, view: ChainView, address: object, block: object = None) -> str:
        """Always zero on a chain without fees, unless something could be sent: there is nothing to send."""
        state = self._state(view, block)
        return quantity(state.get_balance(read_address(address, "address")))

    def code(self, view: ChainView, address: object, block: object = None) -> str:
        """An account's code."""
        state = self._state(view, block)
        return data(state.get_code(read_address(address, "address")))

    def storage(self, view: ChainView, address: object, slot: object, block: object = None) -> str:
        """One storage slot, 32 bytes."""
        state = self._state(view, block)
        value = state.get_storage(read_address(address, "address"), read_slot(slot, "slot"))
        return data(value.to_bytes(32, "big"))

    def _state(self, view: ChainView, block: object) -> Any:
        wanted = read_block_id(block)
        over = self._node.at(view, wanted)
        return self._node.state_at(over, expect_block(over, wanted).number)

    def transaction_count(self, view: ChainView, address: object, block: object = None) -> str:
        """An account's nonce; at `pending`, counting what waits without a gap."""
        who = read_address(address, "address")
        wanted = read_block_id(block)
        nonce = self._node.state_at(view, expect_block(view, wanted).number).get_nonce(who)
        return quantity(self._node.pool.pending_nonce(who, nonce) if wanted.pending else nonce)

    def call(
        self,
        view: ChainView,
        request: object,
        block: object = None,
        accounts: object = None,
        header: object = None,
    ) -> str:
        """What a call would return after that block, with state overrides `accounts` and block overrides `header`."""
        call = read_call(request)
        over, place = self._place(view, read_block_id(block), accounts, header)
        return data(call_output(over, place, call))

    def estimate_gas(
        self,
        view: ChainView,
        request: object,
        block: object = None,
        accounts: object = None,
        header: object = None,
    ) -> str:
        """The least gas limit with which the transaction succeeds; without a block as `_block_for` decides."""
        call: Call = read_call(request)
        wanted = self._block_for(view, call) if block is None else read_block_id(block)
        over, place = self._place(view, wanted, accounts, header)
        return quantity(estimate(over, place, call))

    def access_list(
        self, view: ChainView, request: object, block: object = None, accounts: object = None
    ) -> dict[str, Any]:
        """The accounts and slots that a transaction touches, as an access list, and the gas it uses with that list.

        A transaction that fails has the list of what it touched, and `error`.
        """
        call: Call = read_call(request)
        wanted = self._block_for(view, call) if block is None else read_block_id(block)
        over, place = self._place(view, wanted, accounts)
        target = call.to or self._created(over, wanted, call)
        listed = create_access_list(over, place, call, target)
        return {
            "accessList": [
                {"address": data(address), "storageKeys": [data(slot.to_bytes(32, "big")) for slot in slots]}
                for address, slots in listed.access_list
            ],
            "gasUsed": quantity(listed.gas_used),
        } | ({"error": listed.error} if listed.error else {})

    def _created(self, view: ChainView, wanted: BlockId, call: Call) -> bytes:
        nonce = self._node.state_at(view, expect_block(view, wanted).number).get_nonce(call.sender)
        return bytes(generate_contract_address(Address(call.sender), nonce))

    def _block_for(self, view: ChainView, call: Call) -> BlockId:
        """Return the head, or the pending block where a contract called is none yet and may be among what waits."""
        if not call.to or not call.data or not self._node.pool.has_ready():
            return BlockId()
        return BlockId(pending=not self._node.state_at(view, view.head_number()).get_code(call.to))

    def _place(
        self, view: ChainView, wanted: BlockId, accounts: object = None, changes: object = None
    ) -> tuple[ChainView, Place]:
        over = self._node.at(view, wanted)
        header = decode_header(expect_block(over, wanted).header)
        number = header.block_number
        overrides = read_block_overrides(changes)
        place = Place(
            overrides.header(header),
            header.state_root,
            lambda: overrides.ancestors(number, over.ancestors(number - 1)),
            self._node.chain_id,
            read_state_overrides(accounts),
        )
        return over, place

    def proof(self, view: ChainView, address: object, slots: object, block: object = None) -> dict[str, Any]:
        """An account and storage slots with their Merkle-Patricia proofs (EIP-1186)."""
        who = read_address(address, "address")
        if not isinstance(slots, list):
            raise InvalidParams("storageKeys: expected a list")
        if len(slots) > MAX_PROOF_KEYS:
            raise LimitExceeded(f"too many storage keys: {len(slots)}, at most {MAX_PROOF_KEYS}")
        keys = [read_slot(slot, "storageKeys") for slot in slots]
        wanted = read_block_id(block)
        view = self._node.at(view, wanted)
        number = expect_block(view, wanted).number
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
