"""eth-tester as a node: a web3 provider that answers plain JSON-RPC, in process, over py-evm's Prague rules.

Zero base fee, so nobody needs funds. One block per transaction (`auto_mine`), or waiting transactions until `mine`.
The clock is driven: each block is a second after the last unless `advance` moves it. `clone` copies a whole chain in
a millisecond; `snapshot` and `restore` make a reorganisation: restore, then mine something else.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Final

import rlp
from eth._utils.address import generate_contract_address
from eth.constants import BLANK_ROOT_HASH
from eth.db.atomic import AtomicDB
from eth.db.backends.memory import MemoryDB
from eth.exceptions import PyEVMError, Revert
from eth.vm.spoof import SpoofTransaction
from eth_tester import PyEVMBackend
from eth_tester.backends.pyevm.main import get_default_genesis_params
from eth_utils import ValidationError
from trie.hexary import HexaryTrie
from web3.providers.async_base import AsyncBaseProvider

from chain_client.domain.hashing import keccak256

GENESIS_TIME: Final = 1_772_323_200
"""2026-03-01T00:00:00Z."""
CHAIN_ID: Final = 131_277_322_940_537
"""eth-tester's."""
GAS_LIMIT: Final = 120_000_000
NOBODY: Final = bytes(20)


class Refused(Exception):
    """An error answer."""

    def __init__(self, message: str, code: int = -32000, data: str | None = None) -> None:
        super().__init__(message)
        self.answer = {"code": code, "message": message} | ({"data": data} if data is not None else {})


class TesterProvider(AsyncBaseProvider):
    """A chain of its own. `answers` may be replaced in a test to make the node say something else."""

    __test__ = False

    def __init__(
        self,
        *,
        genesis_time: int = GENESIS_TIME,
        balances: dict[bytes, int] | None = None,
        base_fee: int = 0,
        chain_id: int = CHAIN_ID,
    ) -> None:
        super().__init__()
        fields = get_default_genesis_params() | {
            "timestamp": genesis_time,
            "gas_limit": GAS_LIMIT,
            "base_fee_per_gas": base_fee,
        }
        accounts = {
            account: {"balance": balance, "nonce": 0, "code": b"", "storage": {}}
            for account, balance in (balances or {b"\1" * 20: 1}).items()
        }
        self._chain = PyEVMBackend(genesis_parameters=fields, genesis_state=accounts).chain
        self._chain.chain_id = chain_id
        self.auto_mine = True
        self.time = genesis_time + 1
        self._waiting: dict[bytes, Any] = {}
        self.asked: list[str] = []
        self.answers: dict[str, Callable[..., Any]] = {
            name.removeprefix("_do_"): getattr(self, name) for name in dir(self) if name.startswith("_do_")
        }

    # What tests drive.

    def advance(self, seconds: int) -> None:
        """Let time pass: the next block is made then."""
        self.time += seconds

    def mine(self) -> None:
        """Make a block of what waits (and can be executed), or an empty one."""
        self._chain.header = self._chain.header.copy(timestamp=self.time)
        for tx_hash, transaction in sorted(self._waiting.items(), key=lambda entry: entry[1].nonce):
            if transaction.nonce == self._chain.get_vm().state.get_nonce(transaction.sender):
                self._chain.apply_transaction(transaction)
                del self._waiting[tx_hash]
        self._chain.mine_block(blob_gas_used=0)
        self.time += 1

    def set_storage(self, account: bytes, slot: int, value: int) -> None:
        """Make a block whose state no transaction led to."""
        state = self._chain.get_vm().state
        state.set_storage(account, slot, value)
        state.lock_changes()
        state.persist()
        self._chain.header = self._chain.header.copy(state_root=state.state_root)
        self.mine()

    def snapshot(self) -> tuple[Any, int]:
        """Return the head, for `restore`."""
        return self._head(), self.time

    def restore(self, snapshot: tuple[Any, int]) -> None:
        """Make an earlier block the head again; what is mined next replaces what was there."""
        head, self.time = snapshot
        self._chain.chaindb._set_as_canonical_chain_head(self._chain.chaindb.db, head, head.parent_hash)
        self._chain.header = self._chain.create_header_from_parent(head)

    def clone(self) -> TesterProvider:
        """Return an independent copy of the chain."""
        other = copy.copy(self)
        store = dict(self._chain.chaindb.db.wrapped_db.kv_store)
        other._chain = type(self._chain)(AtomicDB(MemoryDB(store)), self._chain.header)
        other._chain.chain_id = self._chain.chain_id
        other._waiting, other.asked = dict(self._waiting), []
        other.answers = {name: getattr(other, f"_do_{name}", answer) for name, answer in self.answers.items()}
        return other

    # The provider.

    async def make_request(self, method: Any, params: Any) -> Any:
        """Answer one request as a node would."""
        self.asked.append(method)
        answer = self.answers.get(method)
        try:
            if answer is None:
                raise Refused(f"Unknown RPC Endpoint: {method}", -32601)
            return {"jsonrpc": "2.0", "id": len(self.asked), "result": answer(*params)}
        except Refused as refused:
            return {"jsonrpc": "2.0", "id": len(self.asked), "error": refused.answer}
        except (ValidationError, PyEVMError) as error:
            return {"jsonrpc": "2.0", "id": 0, "error": {"code": -32000, "message": str(error)}}

    def _head(self) -> Any:
        return self._chain.get_canonical_head()

    def _header(self, tag: str) -> Any:
        """Return a mined header by number or tag; None where there is none."""
        if tag in ("latest", "safe", "finalized"):
            return self._head()
        number = 0 if tag == "earliest" else int(tag, 16)
        if number > self._head().block_number:
            return None
        return self._chain.chaindb.get_canonical_block_header_by_number(number)

    def _mined(self, tag: str) -> Any:
        header = self._header(tag)
        if header is None:
            raise Refused(f"No block found for block number: {tag}: header not found")
        return header

    def _state(self, tag: str) -> Any:
        return self._chain.get_vm(self._mined(tag)).state

    def _block(self, header: Any) -> dict[str, Any] | None:
        if header is None:
            return None
        block = self._chain.get_block_by_header(header)
        return {
            **_header_json(header),
            "transactions": ["0x" + transaction.hash.hex() for transaction in block.transactions],
        }

    def _receipts(self, header: Any) -> list[dict[str, Any]]:
        """Return a block's receipts, logs included."""
        block = self._chain.get_block_by_header(header)
        found, used, log_index = [], 0, 0
        for index, (tx, receipt) in enumerate(
            zip(block.transactions, block.get_receipts(self._chain.chaindb), strict=True)
        ):
            where = {
                "blockHash": "0x" + header.hash.hex(),
                "blockNumber": hex(header.block_number),
                "transactionHash": "0x" + tx.hash.hex(),
                "transactionIndex": hex(index),
            }
            logs = []
            for log in receipt.logs:
                logs.append(
                    where
                    | {
                        "address": "0x" + log.address.hex(),
                        "topics": [f"0x{topic:064x}" for topic in log.topics],
                        "data": "0x" + log.data.hex(),
                        "logIndex": hex(log_index),
                        "removed": False,
                    }
                )
                log_index += 1
            created = None if tx.to else "0x" + generate_contract_address(tx.sender, tx.nonce).hex()
            gas = {"gasUsed": hex(receipt.gas_used - used), "contractAddress": created, "logs": logs}
            gas |= {"cumulativeGasUsed": hex(receipt.gas_used), "logsBloom": f"0x{receipt.bloom:0512x}"}
            gas["type"] = hex(getattr(tx, "type_id", None) or 0)
            found.append(where | gas | {"status": hex(int.from_bytes(receipt.state_root, "big"))})
            used = receipt.gas_used
        return found

    def _execute(self, header: Any, call: dict[str, str]) -> Any:
        """Run a call with all of a block's gas, for nothing."""
        sender = bytes.fromhex(call["from"][2:]) if "from" in call else NOBODY
        state = self._chain.get_vm(header.copy(base_fee_per_gas=0)).state
        unsigned = self._chain.create_unsigned_transaction(
            nonce=state.get_nonce(sender),
            gas_price=0,
            gas=GAS_LIMIT,
            to=bytes.fromhex(call.get("to", "0x")[2:]),
            value=0,
            data=bytes.fromhex(call["data"][2:]),
        )
        computation = state.costless_execute_transaction(SpoofTransaction(unsigned, from_=sender))
        if not computation.is_error:
            return computation
        if isinstance(computation.error, Revert):
            raise Refused("execution reverted", 3, "0x" + computation.output.hex())
        raise Refused(f"execution reverted: {computation.error!r}")

    # Its methods: `_do_<JSON-RPC name>`.

    def _do_eth_chainId(self) -> str:
        return hex(self._chain.chain_id)

    def _do_web3_clientVersion(self) -> str:
        return "EthereumTester/0.14.0b1/linux/python3.11"

    def _do_eth_getBlockByNumber(self, tag: str, full: bool) -> dict[str, Any] | None:
        if tag == "pending":
            header = self._chain.header.copy(timestamp=self.time)
            return {"number": hex(header.block_number), "hash": None, "timestamp": hex(header.timestamp)}
        return self._block(self._header(tag))

    def _do_eth_getBlockByHash(self, text: str, full: bool) -> dict[str, Any] | None:
        for number in range(self._head().block_number, -1, -1):
            header = self._header(hex(number))
            if header.hash.hex() == text[2:]:
                return self._block(header)
        return None

    def _do_eth_getLogs(self, wanted: dict[str, Any]) -> list[dict[str, Any]]:
        found = []
        for number in range(int(wanted["fromBlock"], 16), int(wanted["toBlock"], 16) + 1):
            header = self._header(hex(number))
            if header is not None and header.bloom:
                found += [log for receipt in self._receipts(header) for log in receipt["logs"]]
        return [log for log in found if _matches(log, wanted)]

    def _do_eth_getTransactionReceipt(self, text: str) -> dict[str, Any] | None:
        try:
            number, index = self._chain.chaindb.get_transaction_index(bytes.fromhex(text[2:]))
        except PyEVMError:
            return None
        header = self._header(hex(number))
        receipts = [] if header is None else self._receipts(header)
        found = receipts[index] if index < len(receipts) else None
        return found if found and found["transactionHash"] == text else None

    def _do_eth_sendRawTransaction(self, text: str) -> str:
        raw = bytes.fromhex(text[2:])
        transaction = self._chain.get_vm().get_transaction_builder().decode(raw)
        if transaction.hash in self._waiting:
            raise Refused("already known")
        if self.auto_mine:
            self._chain.header = self._chain.header.copy(timestamp=self.time)
            self._chain.apply_transaction(transaction)
            self.mine()
        else:
            self._wait(transaction)
        return "0x" + keccak256(raw).hex()

    def _wait(self, transaction: Any) -> None:
        mined = self._chain.get_vm(self._head()).state.get_nonce(transaction.sender)
        if transaction.nonce < mined:
            raise Refused(f"Invalid transaction nonce: Expected {mined}, but got {transaction.nonce}")
        for tx_hash, other in list(self._waiting.items()):
            if (other.sender, other.nonce) == (transaction.sender, transaction.nonce):
                if transaction.max_fee_per_gas <= other.max_fee_per_gas:
                    raise Refused("replacement transaction underpriced")
                del self._waiting[tx_hash]
        self._waiting[transaction.hash] = transaction

    def _do_eth_getTransactionCount(self, account: str, tag: str) -> str:
        sender = bytes.fromhex(account[2:])
        count = self._state("latest" if tag == "pending" else tag).get_nonce(sender)
        if tag == "pending":
            waiting = {one.nonce for one in self._waiting.values() if one.sender == sender}
            while count in waiting:
                count += 1
        return hex(count)

    def _do_eth_syncing(self) -> bool:
        return False

    def _do_eth_getTransactionByHash(self, text: str) -> dict[str, Any] | None:
        if (receipt := self._do_eth_getTransactionReceipt(text)) is None:
            return None
        block = self._chain.get_block_by_header(self._header(receipt["blockNumber"]))
        found = next(one for one in block.transactions if one.hash.hex() == text[2:])
        return {"hash": text, "from": "0x" + found.sender.hex(), "nonce": hex(found.nonce)}

    def _do_eth_call(self, call: dict[str, str], tag: str) -> str:
        return "0x" + bytes(self._execute(self._mined(tag), call).output).hex()

    def _do_eth_estimateGas(self, call: dict[str, str]) -> str:
        pending = self._chain.header.copy(timestamp=self.time)
        used = GAS_LIMIT - self._execute(pending, call).get_gas_remaining()
        data = bytes.fromhex(call["data"][2:])
        floor = 21_000 + 10 * (4 * len(data) - 3 * data.count(0))
        return hex(max(used, floor) + 5_000)

    def _do_eth_getStorageAt(self, account: str, slot: str, tag: str) -> str:
        return f"0x{self._state(tag).get_storage(bytes.fromhex(account[2:]), int(slot, 16)):064x}"

    def _do_eth_getCode(self, account: str, tag: str) -> str:
        return "0x" + self._state(tag).get_code(bytes.fromhex(account[2:])).hex()

    def _do_eth_getBlockReceipts(self, tag: str) -> list[dict[str, Any]]:
        return self._receipts(self._mined(tag))

    def _do_eth_getProof(self, account: str, keys: list[str], tag: str) -> dict[str, Any]:
        who, header, db = bytes.fromhex(account[2:]), self._mined(tag), self._chain.chaindb.db
        encoded = HexaryTrie(db, header.state_root).get(keccak256(who))
        storage_root = rlp.decode(encoded)[2] if encoded else BLANK_ROOT_HASH
        return {
            "accountProof": _proof(db, header.state_root, who),
            "storageProof": [
                {
                    "key": key,
                    "value": hex(self._state(tag).get_storage(who, int(key, 16))),
                    "proof": _proof(db, storage_root, int(key, 16).to_bytes(32, "big")),
                }
                for key in keys
            ],
        }

    def _do_eth_maxPriorityFeePerGas(self) -> str:
        return hex(10**9)


def _header_json(header: Any) -> dict[str, str]:
    """Return a header's fields: those of every fork up to Prague."""
    data = {
        "hash": header.hash, "parentHash": header.parent_hash, "sha3Uncles": header.uncles_hash,
        "miner": header.coinbase, "stateRoot": header.state_root, "transactionsRoot": header.transaction_root,
        "receiptsRoot": header.receipt_root, "extraData": header.extra_data, "mixHash": header.mix_hash,
        "nonce": header.nonce, "withdrawalsRoot": header.withdrawals_root,
        "parentBeaconBlockRoot": header.parent_beacon_block_root, "requestsHash": header.requests_hash,
    }  # fmt: skip
    numbers = {
        "difficulty": header.difficulty, "number": header.block_number, "gasLimit": header.gas_limit,
        "gasUsed": header.gas_used, "timestamp": header.timestamp, "baseFeePerGas": header.base_fee_per_gas,
        "blobGasUsed": header.blob_gas_used, "excessBlobGas": header.excess_blob_gas,
    }  # fmt: skip
    return (
        {name: "0x" + value.hex() for name, value in data.items()}
        | {name: hex(value) for name, value in numbers.items()}
        | {"logsBloom": f"0x{header.bloom:0512x}"}
    )


def _proof(db: Any, root: bytes, key: bytes) -> list[str]:
    """Return the trie's nodes towards keccak(key); those shorter than a hash are inside the ones before them."""
    nodes = [rlp.encode(node) for node in HexaryTrie(db, root).get_proof(keccak256(key))]
    return ["0x" + node.hex() for place, node in enumerate(nodes) if place == 0 or len(node) >= 32]


def _matches(log: dict[str, Any], wanted: dict[str, Any]) -> bool:
    if log["address"] != wanted["address"]:
        return False
    topics = log["topics"]
    places = wanted.get("topics", [])
    return len(places) <= len(topics) and all(
        place is None or topic in place for place, topic in zip(places, topics, strict=False)
    )
