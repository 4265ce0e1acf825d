"""A connection to one node: the only place that speaks to a chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chain_client.domain.ids import Address, Hash32
from chain_client.rpc.records import Block, Engine, Fees, Log, TxReceipt

if TYPE_CHECKING:
    from web3.providers.async_base import AsyncBaseProvider


class Node:
    """A connection to one node."""

    url: str
    chain_id: int
    engine: Engine
    genesis: Block

    @classmethod
    async def connect(cls, url: str, *, expect_chain_id: int | None = None, timeout: float = 10.0) -> Node:
        """Connect."""
        raise NotImplementedError

    @classmethod
    async def over(cls, provider: AsyncBaseProvider, *, expect_chain_id: int | None = None) -> Node:
        """Speak through a provider."""
        raise NotImplementedError

    async def close(self) -> None:
        """Close."""
        raise NotImplementedError

    async def head(self) -> Block:
        """Return the newest block."""
        raise NotImplementedError

    async def final(self) -> Block:
        """Return the last final block."""
        raise NotImplementedError

    async def next_time(self) -> int:
        """Return the timestamp that a block made now would carry."""
        raise NotImplementedError

    async def block(self, number: int) -> Block | None:
        """Return a block by number."""
        raise NotImplementedError

    async def logs(self, address: Address, first: int, last: int) -> list[Log]:
        """Return an address's logs."""
        raise NotImplementedError

    async def receipt(self, tx_hash: Hash32) -> TxReceipt | None:
        """Return a receipt."""
        raise NotImplementedError

    async def send(self, raw: bytes) -> Hash32:
        """Send a signed transaction."""
        raise NotImplementedError

    async def nonce(self, address: Address) -> int:
        """Return the mined nonce."""
        raise NotImplementedError

    async def call(
        self, to: Address, data: bytes, *, sender: Address | None = None, block: int | None = None
    ) -> bytes:
        """Call."""
        raise NotImplementedError

    async def estimate(self, sender: Address, to: Address | None, data: bytes) -> int:
        """Estimate gas."""
        raise NotImplementedError

    async def storage(self, address: Address, slot: int, block: int | None = None) -> int:
        """Read a storage slot."""
        raise NotImplementedError

    async def code(self, address: Address, block: int | None = None) -> bytes:
        """Read code."""
        raise NotImplementedError

    async def fees(self) -> Fees:
        """Return the fees to offer."""
        raise NotImplementedError

    async def request(self, method: str, params: list[Any]) -> Any:
        """Ask anything."""
        raise NotImplementedError
