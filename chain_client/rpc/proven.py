"""A node whose answers are held to block hashes: headers, storage and logs with their proofs.

`Node` takes the node's word; this does not, as far as the node's engine allows (`rpc.proofs`). Slower: for checks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from chain_client.domain.ids import Address, to_hex
from chain_client.rpc import proofs
from chain_client.rpc.error_table import METHOD_UNKNOWN
from chain_client.rpc.errors import BlockUnknown, NodeError
from chain_client.rpc.node import Node
from chain_client.rpc.proofs import Account, Header
from chain_client.rpc.records import Log

Parsed = TypeVar("Parsed")


class ProvenNode:
    """Reads of one node, each checked; made over a `Node`, whose errors pass through.

    `hashes_headers` and `proves` say what this engine's answers can be held to.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self.hashes_headers: Final = node.engine.name in proofs.HASHED_ENGINES
        self.proves: Final = node.engine.name in proofs.TRIE_ENGINES

    async def header(self, number: int) -> Header | None:
        """Return the header of that block; None where the node has none.

        Raises ProofFailed where its fields do not hash to its hash.
        """
        try:
            raw = await self._node.request("eth_getBlockByNumber", [hex(number), False])
        except BlockUnknown:
            return None
        if raw is None:
            return None
        return _read("eth_getBlockByNumber", lambda: proofs.parse_header(raw, hashed=self.hashes_headers))

    async def storage(
        self, address: Address, slots: Sequence[int], header: Header
    ) -> tuple[Account, list[int]]:
        """Return a contract's account and the words of `slots` at the end of the header's block, proven.

        Raises ProofFailed where they do not follow from the header's state root, or where there is no such account;
        BlockUnknown where the node does not keep that state.
        """
        keys = [f"0x{slot:064x}" for slot in slots]
        raw = await self._node.request("eth_getProof", [to_hex(address), keys, hex(header.block.number)])
        account = _read("eth_getProof", lambda: proofs.read_account(raw, address, header))
        if account is None:
            what = f"account {to_hex(address)} in block {header.block.number}, which the state root does not hold"
            raise proofs.ProofFailed(what, header.state_root, b"")
        what = f"of {to_hex(address)} in block {header.block.number}"
        return account, _read("eth_getProof", lambda: proofs.read_storage(raw, account, slots, what))

    async def logs(self, address: Address, header: Header) -> list[Log]:
        """Return all logs of a contract in the header's block, proven complete by the receipts root.

        Asks for nothing where the bloom filter shows that there are none. Raises ProofFailed where the receipts do not
        give the root.
        """
        if not header.may_hold_logs_of(address):
            return []
        receipts = await self._receipts(header)
        return _read("eth_getBlockReceipts", lambda: proofs.proven_logs(header, receipts, address))

    async def _receipts(self, header: Header) -> list[Any]:
        try:
            found = await self._node.request("eth_getBlockReceipts", [hex(header.block.number)])
        except NodeError as error:
            if error.rpc_code != METHOD_UNKNOWN:
                raise
            found = [
                await self._node.request("eth_getTransactionReceipt", [text]) for text in header.transactions
            ]
        return _read("eth_getBlockReceipts", lambda: list(found))


def _read(method: str, parse: Callable[[], Parsed]) -> Parsed:
    """Return the parsed answer; one of an unexpected shape is the node's error."""
    try:
        return parse()
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise NodeError(method, None, f"an answer that cannot be read: {error!r}") from error
