"""Stored records as the JSON a node answers with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby
from typing import Any

import orjson
import rlp

from .chain_store import ChainView
from .hexes import data, quantity
from .records import BlockRecord, LogRecord, TxRecord
from .transactions import decode_tx, tx_type

_HEADER_FIELDS = (
    ("parentHash", data), ("sha3Uncles", data), ("miner", data), ("stateRoot", data), ("transactionsRoot", data),
    ("receiptsRoot", data), ("logsBloom", data), ("difficulty", None), ("number", None), ("gasLimit", None),
    ("gasUsed", None), ("timestamp", None), ("extraData", data), ("mixHash", data), ("nonce", data),
    ("baseFeePerGas", None), ("withdrawalsRoot", data), ("blobGasUsed", None), ("excessBlobGas", None),
    ("parentBeaconBlockRoot", data), ("requestsHash", data),
)  # fmt: skip
_TIMESTAMP_FIELD = 11


def header_json(block_hash: bytes, encoded: bytes) -> dict[str, Any]:
    """A header, as `newHeads` gives it."""
    fields = rlp.decode(encoded)
    answer: dict[str, Any] = {"hash": data(block_hash)}
    for (name, shape), value in zip(_HEADER_FIELDS, fields, strict=True):
        answer[name] = shape(value) if shape else quantity(int.from_bytes(value, "big"))
    return answer


def block_timestamp(block: BlockRecord) -> int:
    """The block's time."""
    return _header_timestamp(block.header)


@lru_cache(64)
def _header_timestamp(header: bytes) -> int:
    return int.from_bytes(rlp.decode(header)[_TIMESTAMP_FIELD], "big")


def block_json(view: ChainView, block: BlockRecord, *, full: bool) -> dict[str, Any]:
    """A block with its transactions' hashes, or with the transactions themselves."""
    answer = header_json(block.hash, block.header)
    answer["size"] = quantity(block.size)
    answer["uncles"] = []
    answer["withdrawals"] = []
    if full:
        answer["transactions"] = [
            tx_json(tx, block, index) for index, tx in enumerate(view.txs(block.number))
        ]
    else:
        answer["transactions"] = [data(tx_hash) for tx_hash in block.tx_hashes]
    return answer


def tx_json(record: TxRecord, block: BlockRecord, index: int) -> dict[str, Any]:
    """A mined transaction."""
    answer = raw_tx_json(record.raw, record.hash, record.sender)
    answer["gasPrice"] = quantity(record.gas_price)
    answer["blockHash"] = data(block.hash)
    answer["blockNumber"] = quantity(block.number)
    answer["blockTimestamp"] = quantity(block_timestamp(block))
    answer["transactionIndex"] = quantity(index)
    return answer


def raw_tx_json(raw: bytes, tx_hash: bytes, sender: bytes) -> dict[str, Any]:
    """A transaction, waiting."""
    tx = decode_tx(raw)
    kind = tx_type(raw)
    answer: dict[str, Any] = {
        "blockHash": None,
        "blockNumber": None,
        "blockTimestamp": None,
        "transactionIndex": None,
        "from": data(sender),
        "gas": quantity(tx.gas),
        "gasPrice": quantity(tx.max_fee_per_gas),
        "hash": data(tx_hash),
        "input": data(tx.data),
        "nonce": quantity(tx.nonce),
        "to": data(tx.to) if tx.to else None,
        "value": quantity(tx.value),
        "type": quantity(kind),
        "r": quantity(tx.r),
        "s": quantity(tx.s),
    }
    if kind == 0:
        answer["v"] = quantity(tx.v)
        answer["chainId"] = quantity((tx.v - 35) // 2)
        return answer
    answer["v"] = answer["yParity"] = quantity(tx.y_parity)
    answer["chainId"] = quantity(tx.chain_id)
    answer["accessList"] = [
        {"address": data(account), "storageKeys": [data(slot.to_bytes(32, "big")) for slot in slots]}
        for account, slots in tx.access_list
    ]
    if kind == 2:
        answer["maxFeePerGas"] = quantity(tx.max_fee_per_gas)
        answer["maxPriorityFeePerGas"] = quantity(tx.max_priority_fee_per_gas)
    return answer


def receipt_json(view: ChainView, record: TxRecord, block: BlockRecord, index: int) -> dict[str, Any]:
    """A receipt with its logs."""
    logs = view.logs(block.number, record.first_log, record.log_count)
    return {
        "blockHash": data(block.hash),
        "blockNumber": quantity(block.number),
        "contractAddress": data(record.contract) if record.contract else None,
        "cumulativeGasUsed": quantity(record.cumulative_gas),
        "effectiveGasPrice": quantity(record.gas_price),
        "from": data(record.sender),
        "gasUsed": quantity(record.gas_used),
        "logs": list(render_logs(view, logs)),
        "logsBloom": data(record.bloom),
        "status": quantity(record.status),
        "to": data(record.to) if record.to else None,
        "transactionHash": data(record.hash),
        "transactionIndex": quantity(index),
        "type": quantity(tx_type(record.raw)),
    }


def render_logs(view: ChainView, logs: Iterable[LogRecord]) -> Iterator[orjson.Fragment]:
    """Logs as finished JSON, of any blocks."""
    for number, group in groupby(logs, key=lambda log: log.block):
        yield from render_block_logs(view.expect_block(number), group)


def render_block_logs(
    block: BlockRecord, logs: Iterable[LogRecord], *, removed: bool = False
) -> Iterator[orjson.Fragment]:
    """Logs of one block as finished JSON: they are most of what a node answers, so no dictionaries are made."""
    tail = (
        f'"blockNumber":"{block.number:#x}","blockHash":"0x{block.hash.hex()}",'
        f'"blockTimestamp":"{block_timestamp(block):#x}","removed":{"true" if removed else "false"}}}'
    )
    for log in logs:
        topics = ",".join([f'"0x{topic.hex()}"' for topic in log.topics])
        yield orjson.Fragment(
            f'{{"address":"0x{log.address.hex()}","topics":[{topics}],"data":"0x{log.data.hex()}",'
            f'"logIndex":"{log.index:#x}","transactionIndex":"{log.tx_index:#x}",'
            f'"transactionHash":"0x{block.tx_hashes[log.tx_index].hex()}",{tail}'
        )
