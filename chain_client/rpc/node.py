"""A connection to one node: the only place that speaks to a chain.

Nothing is retried in here and nothing is kept but block times (by hash, so they never go stale): each call is one
question, and each error says whether to ask again. Any task of the event loop that made the node may call it.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeVar

from web3.providers.async_base import AsyncBaseProvider

from chain_client.domain.hashing import keccak256
from chain_client.domain.ids import Address, Hash32, to_hex
from chain_client.rpc import wire
from chain_client.rpc.engines import identify
from chain_client.rpc.errors import (
    AlreadyKnown,
    BlockUnknown,
    LogsTooMany,
    NodeError,
    NonceTooLow,
    WrongChain,
)
from chain_client.rpc.records import Block, Engine, Fees, Log, TxReceipt
from chain_client.rpc.transport import Transport

Parsed = TypeVar("Parsed")

_TIMES_KEPT: Final = 8192
_HEADERS_AT_ONCE: Final = 16


class Node:
    """A connection to one node. Made by `connect` or `over`; `close` it when done.

    `chain_id`, `engine` and `genesis` are as found on connecting. `genesis` is the chain's earliest block: number 0,
    or 1 where an engine counts from there.
    """

    def __init__(self, transport: Transport, chain_id: int, engine: Engine, genesis: Block) -> None:
        self.url: Final = transport.url
        self.chain_id: Final = chain_id
        self.engine: Final = engine
        self.genesis: Final = genesis
        self._transport = transport
        self._times: OrderedDict[str, int] = OrderedDict()

    @classmethod
    async def connect(
        cls,
        url: str,
        *,
        expect_chain_id: int | None = None,
        timeout: float = 10.0,
        token: str | None = None,
    ) -> Node:
        """Connect to the node at an http or https URL; `timeout` in seconds for each request.

        `token` is sent with each request as a bearer token: a devnet asks for it before it is driven.

        Raises NodeUnavailable (retry) where none answers, WrongChain where it is not on `expect_chain_id`,
        InvalidInput for a URL of another scheme.
        """
        return await cls._made(Transport.http(url, timeout, token), expect_chain_id)

    @classmethod
    async def over(cls, provider: AsyncBaseProvider, *, expect_chain_id: int | None = None) -> Node:
        """Speak through a web3 provider whose `make_request` is plain JSON-RPC; the caller owns the provider."""
        return await cls._made(Transport(provider, type(provider).__name__), expect_chain_id)

    @classmethod
    async def _made(cls, transport: Transport, expect_chain_id: int | None) -> Node:
        try:
            chain_id = _read("eth_chainId", wire.quantity, await transport.ask("eth_chainId"))
            if expect_chain_id is not None and chain_id != expect_chain_id:
                raise WrongChain(transport.url, expect_chain_id, chain_id)
            version = str(await transport.ask("web3_clientVersion"))
            newest = await transport.ask("eth_getBlockByNumber", "latest", False)
            engine = identify(version, newest or {})
            transport.engine = engine.name
            earliest = await transport.ask("eth_getBlockByNumber", "earliest", False)
            genesis = _read("eth_getBlockByNumber", wire.parse_block, earliest)
        except BaseException:
            await transport.close()
            raise
        return cls(transport, chain_id, engine, genesis)

    async def close(self) -> None:
        """Close the connections; the node must not be used afterwards."""
        await self._transport.close()

    async def head(self) -> Block:
        """Return the newest block."""
        return _read("eth_getBlockByNumber", wire.parse_block, await self._block("latest"))

    async def final(self) -> Block:
        """Return the last block that can no longer change: the head, or what the engine's `finalized` tag names."""
        if self.engine.instant_finality:
            return await self.head()
        try:
            raw = await self._block("finalized")
        except BlockUnknown:
            raw = None
        return self.genesis if raw is None else _read("eth_getBlockByNumber", wire.parse_block, raw)

    async def next_time(self) -> int:
        """Return the time, Unix seconds, that a block made now would carry: the pending block's, at least the head's.

        This is the chain's own clock, by which every rule of the ledger is judged.
        """
        head = await self.head()
        try:
            pending = await self._block("pending")
        except BlockUnknown:
            pending = None
        if not pending or not pending.get("timestamp"):
            return head.time
        return max(head.time, _read("eth_getBlockByNumber", wire.quantity, pending["timestamp"]))

    async def block(self, number: int) -> Block | None:
        """Return the block of that number on the chain as it is now; None where there is none yet."""
        try:
            raw = await self._block(hex(number))
        except BlockUnknown:
            return None
        return None if raw is None else _read("eth_getBlockByNumber", wire.parse_block, raw)

    async def logs(
        self, address: Address, first: int, last: int, topics: Sequence[Sequence[bytes]] = ()
    ) -> list[Log]:
        """Return a contract's logs of blocks `first` to `last`, both included, in block and log order.

        `topics` holds, for each place from the first, the values it may have; an empty place may have any.
        `last` must not be above the head: engines differ on what they answer. A range that passes the node's limits
        is split. The whole answer is held in memory. Raises BlockUnknown for a range the node does not have,
        LogsTooMany where a single block passes its limits.
        """
        found: list[Log] = []
        start, span = first, last - first + 1
        while start <= last:
            stop = min(last, start + span - 1)
            try:
                found += await self._logs_of(address, start, stop, topics)
            except LogsTooMany as error:
                if stop == start:
                    raise
                fits = error.fits is not None and start <= error.fits < stop
                span = (
                    (error.fits - start + 1) if fits and error.fits is not None else (stop - start + 1) // 2
                )
                continue
            start, span = stop + 1, span * 2
        return found

    async def _logs_of(
        self, address: Address, first: int, last: int, topics: Sequence[Sequence[bytes]]
    ) -> list[Log]:
        wanted: dict[str, Any] = {
            "address": to_hex(address),
            "fromBlock": hex(first),
            "toBlock": hex(last),
        }
        if topics:
            wanted["topics"] = [[to_hex(value) for value in place] or None for place in topics]
        raw = await self._ask("eth_getLogs", wanted)
        times = await self._times_of(_read("eth_getLogs", wire.untimed_blocks, raw))
        return _read("eth_getLogs", lambda logs: wire.parse_logs(logs, times), raw)

    async def receipt(self, tx_hash: Hash32) -> TxReceipt | None:
        """Return the receipt of a mined transaction; None while it is not mined, or not known."""
        raw = await self._ask("eth_getTransactionReceipt", to_hex(tx_hash))
        if raw is None or raw.get("blockHash") is None:
            return None
        try:
            times = await self._times_of(
                wire.untimed_blocks(raw["logs"]) if raw["logs"] else {raw["blockHash"]}
            )
        except BlockUnknown:  # taken out of the chain between the two questions
            return None
        return _read("eth_getTransactionReceipt", lambda value: wire.parse_receipt(value, times), raw)

    async def send(self, raw: bytes) -> Hash32:
        """Hand over a signed transaction and return its hash; bytes the node already has are success.

        Changes the chain once mined. Accepted is not durable: send the same bytes again until there is a receipt.
        Raises TransactionDeferred or NodeUnavailable (retry the same bytes), NonceTooLow, ReplacementUnderpriced,
        GasLimitExceeded, SenderNotAllowed, InsufficientFunds, or TransactionRefused for any other rule.
        """
        expected = Hash32(keccak256(raw))
        try:
            answer = await self._ask("eth_sendRawTransaction", to_hex(raw))
        except AlreadyKnown:
            return expected
        except NonceTooLow:
            # Most engines say so of bytes that are mined, too.
            if await self._ask("eth_getTransactionReceipt", to_hex(expected)) is None:
                raise
            return expected
        if _read("eth_sendRawTransaction", wire.octets, answer) != expected:
            raise NodeError("eth_sendRawTransaction", None, f"another hash than the bytes have: {answer}")
        return expected

    async def nonce(self, address: Address) -> int:
        """Return how many transactions of the account are mined."""
        answer = await self._ask("eth_getTransactionCount", to_hex(address), "latest")
        return _read("eth_getTransactionCount", wire.quantity, answer)

    async def call(
        self, to: Address, data: bytes, *, sender: Address | None = None, block: int | None = None
    ) -> bytes:
        """Return what a call returns at the end of `block`, or of the newest; changes nothing.

        Raises CallReverted with the contract's data, BlockUnknown where the node has not that state.
        """
        answer = await self._ask("eth_call", wire.transaction(to, data, sender), wire.block_tag(block))
        return _read("eth_call", wire.octets, answer)

    async def estimate(self, sender: Address, to: Address | None, data: bytes) -> int:
        """Return the gas a transaction would need now; `to` None creates a contract.

        Raises CallReverted with the contract's data, GasLimitExceeded where a block does not hold it.
        """
        answer = await self._ask("eth_estimateGas", wire.transaction(to, data, sender))
        return _read("eth_estimateGas", wire.quantity, answer)

    async def storage(self, address: Address, slot: int, block: int | None = None) -> int:
        """Return a contract's 256-bit storage word at the end of `block`, or of the newest; 0 where never set."""
        slot_text = f"0x{slot:064x}"
        answer = await self._ask("eth_getStorageAt", to_hex(address), slot_text, wire.block_tag(block))
        return _read("eth_getStorageAt", wire.word, answer)

    async def code(self, address: Address, block: int | None = None) -> bytes:
        """Return a contract's code at the end of `block`, or of the newest; empty where there is none."""
        answer = await self._ask("eth_getCode", to_hex(address), wire.block_tag(block))
        return _read("eth_getCode", wire.octets, answer)

    async def fees(self) -> Fees:
        """Return what a transaction made now should offer: nothing where the base fee is zero or there is none.

        A base fee of zero is a setting of the network, never reached by EIP-1559's arithmetic; elsewhere twice the
        base fee plus the node's suggested tip, which lasts through six full blocks.
        """
        newest = await self._block("latest")
        base = newest.get("baseFeePerGas")
        base_fee = 0 if base is None else _read("eth_getBlockByNumber", wire.quantity, base)
        if base_fee == 0:
            return Fees(0, 0)
        tip = _read("eth_maxPriorityFeePerGas", wire.quantity, await self._ask("eth_maxPriorityFeePerGas"))
        return Fees(2 * base_fee + tip, tip)

    async def request(self, method: str, params: list[Any]) -> Any:
        """Ask what only one engine knows (such as `evm_setTime`) and return its answer as JSON."""
        return await self._ask(method, *params)

    async def _ask(self, method: str, *params: Any) -> Any:
        return await self._transport.ask(method, *params)

    async def _block(self, tag: str) -> Any:
        return await self._ask("eth_getBlockByNumber", tag, False)

    async def _times_of(self, hashes: Iterable[str]) -> dict[str, int]:
        """Return the times of blocks by hash (hex), asking for those not seen before."""
        wanted = set(hashes)
        times = {text: self._times[text] for text in wanted if text in self._times}
        missing = sorted(wanted - times.keys())
        for begin in range(0, len(missing), _HEADERS_AT_ONCE):
            some = missing[begin : begin + _HEADERS_AT_ONCE]
            headers = await asyncio.gather(*(self._ask("eth_getBlockByHash", text, False) for text in some))
            for text, header in zip(some, headers, strict=True):
                if header is None:
                    raise BlockUnknown(f"block {text} is gone")
                times[text] = self._times[text] = _read(
                    "eth_getBlockByHash", wire.quantity, header["timestamp"]
                )
        while len(self._times) > _TIMES_KEPT:
            self._times.popitem(last=False)
        return times


def _read(method: str, parse: Callable[[Any], Parsed], raw: Any) -> Parsed:
    """Return the parsed answer; one of an unexpected shape is the node's error."""
    try:
        return parse(raw)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise NodeError(method, None, f"an answer that cannot be read: {error!r}") from error
