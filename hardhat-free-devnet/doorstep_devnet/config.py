"""What a devnet is started with, and the chain's fixed figures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

DEFAULT_CHAIN_ID = 20260
HOST = "127.0.0.1"
CALL_TIMEOUT = 5.0

INITIAL_BALANCE = 10_000 * 10**18
"""Wei that each allowed or funded address owns at first: clients that round a tip of 0 up to 1 wei can send."""

BLOCK_GAS_LIMIT = 120_000_000
"""The gas limit every block header carries."""

USABLE_GAS_LIMIT = BLOCK_GAS_LIMIT // 2
"""What blocks are packed to, and so the most one transaction may ask for.

EIP-1559 raises the base fee of the next block when a block uses more than half its limit, and a base fee that has
left zero never returns there by its own arithmetic. Packing to half keeps it at zero for ever.
"""


@dataclass(frozen=True, slots=True)
class DevnetConfig:
    """How to start a node.

    data_dir: where the chain is kept; made when absent. One process at a time.
    port: 0 takes a free one, told to `on_ready`.
    chain_id: None takes the stored chain's, or 20260 for a new one; another one than stored refuses to start.
    block_time: seconds of the machine's clock between blocks, empty ones included; None mines what waits at once.
    genesis_time: Unix seconds of the first block; the clock starts there. None takes the stored chain's, or the
        machine's time for a new one; another one than stored refuses to start.
    allow: addresses (0x and 40 digits) whose transactions are taken; None takes anyone's.
    fund: addresses that, besides those of `allow`, own INITIAL_BALANCE in the first block of a new chain.
    token: what `evm_`, `anvil_` and `hardhat_` requests must carry; None serves them to every local process.
    origins: origins of pages that may use the node; every other request with an Origin is refused.
    call_timeout: seconds that a call or an estimate may take.
    sync: flush to the disk at every block. False survives a killed process, not a lost power supply.
    """

    data_dir: Path
    port: int = 8545
    chain_id: int | None = None
    block_time: float | None = None
    genesis_time: int | None = None
    allow: tuple[str, ...] | None = None
    fund: tuple[str, ...] = ()
    token: str | None = None
    origins: tuple[str, ...] = ()
    call_timeout: float = CALL_TIMEOUT
    sync: bool = True

    @property
    def host(self) -> str:
        """The only address a node listens on."""
        return HOST
