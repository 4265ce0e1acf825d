"""Makes blocks: executes transactions once on py-evm, and hands over everything to store for the block."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import rlp
from eth._utils.address import generate_contract_address
from eth.abc import BlockHeaderAPI
from eth.constants import BLANK_ROOT_HASH, CREATE_CONTRACT_ADDRESS, EMPTY_UNCLE_HASH, POST_MERGE_NONCE
from eth.vm.forks.london.headers import calculate_expected_base_fee_per_gas
from eth.vm.forks.prague.blocks import PragueBlockHeader
from eth_typing import Address, BlockNumber, Hash32
from eth_utils.exceptions import ValidationError

from .chain_store import ChainView
from .config import BLOCK_GAS_LIMIT, USABLE_GAS_LIMIT
from .evm import StateDB, decode_header, final_gas, open_state
from .hashing import keccak
from .records import BlockData, BlockRecord, LogRecord, TxRecord
from .transactions import SignedTx
from .tries import list_root

log = logging.getLogger(__name__)

EXTRA_DATA = b"doorstep-devnet"
COINBASE = Address(b"\0" * 20)


@dataclass(frozen=True, slots=True)
class MadeBlock:
    """A block ready to store, and what became of the transactions it was made from.

    `deferred` did not fit any more; `refused` can never be mined as things stand, with the reason.
    """

    data: BlockData
    deferred: tuple[SignedTx, ...]
    refused: tuple[tuple[SignedTx, str], ...]


@dataclass(slots=True)
class _Filling:
    """A block while transactions are added."""

    txs: list[TxRecord] = field(default_factory=list)
    logs: list[LogRecord] = field(default_factory=list)
    receipts: list[bytes] = field(default_factory=list)
    bloom: int = 0
    gas_used: int = 0


def genesis_data(timestamp: int, view: ChainView, chain_id: int, balances: Mapping[bytes, int]) -> BlockData:
    """The first block, ready to store, in whose state those accounts own those balances; `view` is an empty chain."""
    header = _header(number=0, parent_hash=b"\0" * 32, timestamp=timestamp, base_fee=0)
    db = StateDB(view)
    if balances:
        state = open_state(db, header, (), chain_id, BLANK_ROOT_HASH)
        for address, balance in sorted(balances.items()):
            state.set_balance(Address(address), balance)
        state.persist()
        root = state.state_root
        header = _header(number=0, parent_hash=b"\0" * 32, timestamp=timestamp, base_fee=0, state_root=root)
    return BlockData(_block_record(header, ()), (), (), db.written)


def next_header(parent: PragueBlockHeader, timestamp: int) -> PragueBlockHeader:
    """The header of an empty block after `parent`, before execution."""
    return _header(
        number=parent.block_number + 1,
        parent_hash=parent.hash,
        timestamp=timestamp,
        base_fee=calculate_expected_base_fee_per_gas(parent),
        state_root=parent.state_root,
    )


def _header(
    *, number: int, parent_hash: bytes, timestamp: int, base_fee: int, state_root: bytes = BLANK_ROOT_HASH
) -> PragueBlockHeader:
    return PragueBlockHeader(
        difficulty=0,
        block_number=BlockNumber(number),
        gas_limit=BLOCK_GAS_LIMIT,
        timestamp=timestamp,
        coinbase=COINBASE,
        parent_hash=Hash32(parent_hash),
        uncles_hash=EMPTY_UNCLE_HASH,
        state_root=Hash32(state_root),
        extra_data=EXTRA_DATA,
        nonce=POST_MERGE_NONCE,
        base_fee_per_gas=base_fee,
    )


def make_block(view: ChainView, chain_id: int, txs: Sequence[SignedTx], timestamp: int) -> MadeBlock:
    """Execute `txs`, in order, in a new block after the view's head; nothing is stored.

    `timestamp` must be above the head's. A transaction that does not fit in what is left of the block is deferred,
    and with it every later one of its sender.
    """
    parent = decode_header(view.head().header)
    header = next_header(parent, timestamp)
    db = StateDB(view)
    state = open_state(db, header, view.ancestors(parent.block_number), chain_id, parent.state_root)
    filling = _Filling()
    deferred: list[SignedTx] = []
    refused: list[tuple[SignedTx, str]] = []
    waiting: set[bytes] = set()
    for signed in txs:
        if signed.sender in waiting or filling.gas_used + signed.gas > USABLE_GAS_LIMIT:
            waiting.add(signed.sender)
            deferred.append(signed)
            continue
        try:
            _execute(state, header, signed, filling)
        except ValidationError as error:
            refused.append((signed, str(error)))
    if txs:
        state.persist()
    full = header.copy(
        state_root=state.state_root,
        transaction_root=list_root([tx.raw for tx in filling.txs]),
        receipt_root=list_root(filling.receipts),
        bloom=filling.bloom,
        gas_used=filling.gas_used,
    )
    data = BlockData(_block_record(full, filling.txs), tuple(filling.txs), tuple(filling.logs), db.written)
    return MadeBlock(data, tuple(deferred), tuple(refused))


def _execute(state: Any, header: PragueBlockHeader, signed: SignedTx, filling: _Filling) -> None:
    tx = signed.tx
    state.lock_changes()
    computation = state.apply_transaction(tx)
    gas_used = final_gas(tx.gas, tx.data, computation)
    filling.gas_used += gas_used
    status = 0 if computation.is_error else 1
    entries = computation.get_log_entries()
    receipt = tx.make_receipt(b"\x01" if status else b"", filling.gas_used, entries)
    filling.bloom |= receipt.bloom
    filling.receipts.append(receipt.encode())
    created = b""
    if tx.to == CREATE_CONTRACT_ADDRESS:
        created = bytes(generate_contract_address(Address(signed.sender), tx.nonce))
    first_log = len(filling.logs)
    for address, topics, payload in entries:
        filling.logs.append(
            LogRecord(
                block=header.block_number,
                index=len(filling.logs),
                tx_index=len(filling.txs),
                address=bytes(address),
                topics=tuple(topic.to_bytes(32, "big") for topic in topics),
                data=bytes(payload),
            )
        )
    filling.txs.append(
        TxRecord(
            hash=signed.hash,
            raw=signed.raw,
            sender=signed.sender,
            to=bytes(tx.to),
            contract=created,
            status=status,
            gas_used=gas_used,
            cumulative_gas=filling.gas_used,
            gas_price=min(header.base_fee_per_gas + tx.max_priority_fee_per_gas, tx.max_fee_per_gas),
            first_log=first_log,
            log_count=len(filling.logs) - first_log,
            bloom=receipt.bloom.to_bytes(256, "big"),
        )
    )


def _block_record(header: BlockHeaderAPI, txs: Sequence[TxRecord]) -> BlockRecord:
    encoded = rlp.encode(header)
    body = sum(len(tx.raw) if tx.raw[0] >= 0xC0 else len(rlp.encode(tx.raw)) for tx in txs)
    size = _list_size(len(encoded) + _list_size(body) + 2)
    return BlockRecord(header.block_number, keccak(encoded), encoded, size, tuple(tx.hash for tx in txs))


def _list_size(payload: int) -> int:
    """Bytes of an RLP list whose items take `payload` bytes."""
    return payload + 1 if payload < 56 else payload + 1 + (payload.bit_length() + 7) // 8
