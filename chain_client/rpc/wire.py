"""JSON-RPC values to records. Every conversion of a node's answer stands here; what does not fit raises ValueError.

Logs are the bulk of what is read, so they are parsed without building intermediate objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from chain_client.domain.ids import Address, Hash32, to_hex
from chain_client.domain.records import Position
from chain_client.rpc.records import Block, Log, TxReceipt


def quantity(value: Any) -> int:
    """Return the number written as a JSON-RPC quantity."""
    if not isinstance(value, str) or not value.startswith("0x"):
        raise ValueError(f"expected a hex quantity, got {value!r:.80}")
    return int(value, 16)


def octets(value: Any, length: int | None = None) -> bytes:
    """Return the bytes written as JSON-RPC data, of exactly `length` where given."""
    if not isinstance(value, str) or not value.startswith("0x"):
        raise ValueError(f"expected hex data, got {value!r:.80}")
    raw = bytes.fromhex(value[2:])
    if length is not None and len(raw) != length:
        raise ValueError(f"expected {length} bytes, got {len(raw)}")
    return raw


def word(value: Any) -> int:
    """Return a storage word; engines differ on leading zeros."""
    raw = octets(value) if isinstance(value, str) and len(value) % 2 == 0 else None
    return quantity(value) if raw is None else int.from_bytes(raw, "big")


def block_tag(number: int | None) -> str:
    """Return a block parameter: the number, or the newest block."""
    return "latest" if number is None else hex(number)


def transaction(
    to: Address | None, data: bytes, sender: Address | None, gas: int | None = None
) -> dict[str, str]:
    """Return the call object of `eth_call` and `eth_estimateGas`."""
    call = {"data": to_hex(data)}
    if to is not None:
        call["to"] = to_hex(to)
    if sender is not None:
        call["from"] = to_hex(sender)
    if gas is not None:
        call["gas"] = hex(gas)
    return call


def parse_block(raw: Mapping[str, Any]) -> Block:
    """Return a block's header."""
    return Block(
        number=quantity(raw["number"]),
        hash=Hash32(octets(raw["hash"], 32)),
        parent_hash=Hash32(octets(raw["parentHash"], 32)),
        time=quantity(raw["timestamp"]),
    )


def untimed_blocks(raw: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return the block hashes, as hex, of logs that do not carry their block's time."""
    return {log["blockHash"] for log in raw if not log.get("blockTimestamp") and not log.get("removed")}


def parse_logs(raw: Iterable[Mapping[str, Any]], times: Mapping[str, int]) -> list[Log]:
    """Return logs in chain order; `times` by block hash, as hex, for those of `untimed_blocks`."""
    hashes: dict[str, Hash32] = {}
    addresses: dict[str, Address] = {}

    def hash_of(text: str) -> Hash32:
        known = hashes.get(text)
        if known is None:
            known = hashes[text] = Hash32(octets(text, 32))
        return known

    logs = []
    for log in raw:
        if log.get("removed"):
            continue
        block, account, time = log["blockHash"], log["address"], log.get("blockTimestamp")
        address = addresses.get(account)
        if address is None:
            address = addresses[account] = Address(octets(account, 20))
        position = Position(
            block_number=int(log["blockNumber"], 16),
            log_index=int(log["logIndex"], 16),
            block_hash=hash_of(block),
            block_time=int(time, 16) if time else times[block],
            tx_hash=hash_of(log["transactionHash"]),
            tx_index=int(log["transactionIndex"], 16),
        )
        topics = tuple([bytes.fromhex(topic[2:]) for topic in log["topics"]])
        logs.append(Log(position, address, topics, bytes.fromhex(log["data"][2:])))
    logs.sort(key=lambda entry: (entry.position.block_number, entry.position.log_index))
    return logs


def parse_receipt(raw: Mapping[str, Any], times: Mapping[str, int]) -> TxReceipt:
    """Return the receipt of a mined transaction; `times` as for its logs, or of its block where it has none."""
    contract = raw.get("contractAddress")
    logs = tuple(parse_logs(raw["logs"], times))
    return TxReceipt(
        tx_hash=Hash32(octets(raw["transactionHash"], 32)),
        tx_index=quantity(raw["transactionIndex"]),
        block_number=quantity(raw["blockNumber"]),
        block_hash=Hash32(octets(raw["blockHash"], 32)),
        block_time=logs[0].position.block_time if logs else times[raw["blockHash"]],
        status=quantity(raw["status"]),
        gas_used=quantity(raw["gasUsed"]),
        logs=logs,
        contract=None if contract is None else Address(octets(contract, 20)),
    )
