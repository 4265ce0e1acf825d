"""Which engine a node runs, and when its blocks are final.

Sources: `web3_clientVersion` of each engine; for Besu the header, because the same client runs under different
consensus: IBFT 2.0 and QBFT put a fixed digest in `mixHash` (EIP-650).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from chain_client.rpc.records import Engine

BFT_MIX_HASH: Final = "0x63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365"
_DEPTH: Final = 64
"""How far `finalized` trails the head at two epochs of 32 slots, anvil's default and Ethereum's best case."""

_NAMES: Final = (
    ("devnet", re.compile(r"^doorstep", re.IGNORECASE)),
    ("eth-tester", re.compile(r"^ethereumtester", re.IGNORECASE)),
    ("anvil", re.compile(r"^anvil", re.IGNORECASE)),
    ("besu", re.compile(r"^besu", re.IGNORECASE)),
    ("geth", re.compile(r"^geth", re.IGNORECASE)),
    ("cosmos", re.compile(r"cosmos|evmd|cometbft|^version .*compiled at", re.IGNORECASE | re.DOTALL)),
)
_INSTANT: Final = frozenset({"devnet", "eth-tester", "cosmos"})
_VERSION: Final = re.compile(r"v?(\d+(?:\.\d+)+[^/\s]*)")


def identify(client_version: str, newest_block: Mapping[str, Any]) -> Engine:
    """Return the engine behind a `web3_clientVersion`, given its newest block as the node wrote it.

    An engine not known here is named as it names itself, and its blocks are final when its `finalized` tag says so.
    """
    name = next((name for name, pattern in _NAMES if pattern.search(client_version)), None)
    version = _VERSION.search(client_version)
    instant = name in _INSTANT or (name == "besu" and newest_block.get("mixHash") == BFT_MIX_HASH)
    return Engine(
        name=name or client_version.split("/", 1)[0] or "unknown",
        version=version[1] if version else "",
        instant_finality=instant,
        confirmations=0 if instant else _DEPTH,
    )
