"""Node error text to typed errors: one table, each row with the engine it was seen at and where its text comes from.

Rows are tried in order and the first match decides, so that a row for one engine stands above a general one. Texts
are matched without regard to case. What no row matches becomes a `NodeError`, word for word: nothing is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final

from chain_client.domain.errors import DoorstepError
from chain_client.rpc.errors import (
    AlreadyKnown,
    BlockUnknown,
    CallReverted,
    GasLimitExceeded,
    InsufficientFunds,
    LogsTooMany,
    NodeError,
    NodeUnavailable,
    NonceTooLow,
    ReplacementUnderpriced,
    SenderNotAllowed,
    TransactionDeferred,
    TransactionRefused,
)

REVERT_CODE: Final = 3
"""JSON-RPC's code for a reverted call (go-ethereum, anvil, the devnet); the data is what the contract returned."""
METHOD_UNKNOWN: Final = -32601
"""JSON-RPC's code for a method that is not served. Its text names the method, which may look like a row's."""


class Meaning(Enum):
    """What a text means to whoever asked."""

    REVERTED = auto()
    ALREADY_KNOWN = auto()
    NONCE = auto()
    UNDERPRICED = auto()
    GAS_LIMIT = auto()
    FUNDS = auto()
    NOT_ALLOWED = auto()
    DEFERRED = auto()
    REFUSED = auto()
    LOGS = auto()
    BLOCK = auto()
    UNAVAILABLE = auto()


@dataclass(frozen=True, slots=True)
class Row:
    """`engine` is a name of `engines`, or empty for any; `source` says where the text comes from."""

    engine: str
    pattern: re.Pattern[str]
    meaning: Meaning
    source: str


def _row(engine: str, pattern: str, meaning: Meaning, source: str) -> Row:
    return Row(engine, re.compile(pattern, re.IGNORECASE), meaning, source)


_GETH = "go-ethereum core/txpool/errors.go, core/error.go"
_BESU = "besu RpcErrorType.java"
_ANVIL = "foundry crates/anvil/src/eth/error.rs"
_COSMOS = "cosmos/evm 0.7, as seen on a network of four validators"
_DEVNET = "doorstep_devnet"
_PYEVM = "py-evm eth/vm/forks/*/transactions.py, eth/vm/state.py"

TABLE: Final[tuple[Row, ...]] = (
    # A gas limit that is "exceeded" for a moment after a restart, until the validator knows its own limit.
    _row("cosmos", r"exceeds block gas limit", Meaning.DEFERRED, _COSMOS),
    _row("", r"in-flight transaction limit reached", Meaning.DEFERRED, f"{_COSMOS}; {_GETH}"),
    _row("", r"already known|known transaction", Meaning.ALREADY_KNOWN, f"{_GETH}; {_BESU}; {_DEVNET}"),
    _row("", r"already imported|tx already (exists )?in (cache|mempool)", Meaning.ALREADY_KNOWN, _ANVIL),
    _row("", r"nonce too low", Meaning.NONCE, f"{_GETH}; {_ANVIL}; {_BESU}; {_COSMOS}; {_DEVNET}"),
    _row("", r"invalid transaction nonce: expected \d+, but got \d+", Meaning.NONCE, _PYEVM),
    _row("", r"account sequence mismatch|invalid (nonce|sequence)", Meaning.NONCE, _COSMOS),
    _row(
        "", r"nonce too high|nonce is too distant|lower nonce exists", Meaning.DEFERRED, f"{_GETH}; {_BESU}"
    ),
    _row("", r"replacement transaction underpriced", Meaning.UNDERPRICED, f"{_GETH}; {_BESU}; {_DEVNET}"),
    _row("", r"insufficient gas price to replace", Meaning.UNDERPRICED, _ANVIL),
    _row(
        "", r"exceeds block gas limit|gas limit is greater than the", Meaning.GAS_LIMIT, f"{_GETH}; {_BESU}"
    ),
    _row("", r"exceeds (gas )?allowance|intrinsic gas too high", Meaning.GAS_LIMIT, f"{_GETH}; {_ANVIL}"),
    _row("", r"transaction exceeds gas limit|exceeds (the )?(maximum|cap).* gas", Meaning.GAS_LIMIT, _PYEVM),
    _row("", r"insufficient funds|upfront cost exceeds|balance is less", Meaning.FUNDS, f"{_GETH}; {_BESU}"),
    _row("", r"account balance.*(cannot|not enough|insufficient)|cannot afford", Meaning.FUNDS, _PYEVM),
    _row(
        "", r"not authorized to send|not (on|in) the allow-?list", Meaning.NOT_ALLOWED, f"{_BESU}; {_DEVNET}"
    ),
    _row(
        "",
        r"tx ?pool is full|mempool is full|account limit exceeded",
        Meaning.DEFERRED,
        f"{_GETH}; {_COSMOS}",
    ),
    _row("", r"transaction pool not enabled", Meaning.UNAVAILABLE, _BESU),
    _row("", r"initial sync is still|node is (not synced|syncing|catching up)", Meaning.UNAVAILABLE, _BESU),
    _row("", r"timeout expired|request timed out|execution aborted \(timeout", Meaning.UNAVAILABLE, _GETH),
    _row("", r"too many requests|rate limit", Meaning.UNAVAILABLE, "reverse proxies before a node"),
    _row("", r"more than [\d,]+ (results|logs)|too many (results|logs)", Meaning.LOGS, f"{_GETH}; {_DEVNET}"),
    _row("", r"exceeds max(imum)? (rpc |block )?range|range (is )?too (large|wide)", Meaning.LOGS, _BESU),
    _row("", r"maximum \[from, to\] blocks distance|response size (should|exceed)", Meaning.LOGS, _COSMOS),
    _row(
        "",
        r"(header|block|resource) not found|unknown block|blockoutofrange",
        Meaning.BLOCK,
        f"{_GETH}; {_ANVIL}",
    ),
    _row("", r"missing trie node|state .*(unavailable|not available)", Meaning.BLOCK, f"{_GETH}; {_BESU}"),
    _row("", r"height \d+ is not available|(version|block|height).*does not exist", Meaning.BLOCK, _COSMOS),
    _row(
        "",
        r"invalid block range|range extends beyond|cannot be less than|future (block|height)",
        Meaning.BLOCK,
        f"{_COSMOS}; {_GETH}",
    ),
    _row(
        "",
        r"intrinsic gas|floor data gas|gas uint64 overflow",
        Meaning.REFUSED,
        f"{_GETH}; {_PYEVM}; {_BESU}",
    ),
    _row(
        "", r"fee per gas|gas price below|fee ?cap|underpriced|min(imum)? gas price", Meaning.REFUSED, _GETH
    ),
    _row(
        "", r"chain ?id|replay-protected|eip-155", Meaning.REFUSED, f"{_GETH}; {_BESU}; {_ANVIL}; {_DEVNET}"
    ),
    _row("", r"init ?code size|oversized data|negative value|tx too large", Meaning.REFUSED, _GETH),
    _row(
        "",
        r"invalid sender|invalid signature|v, r, s values|not an eoa",
        Meaning.REFUSED,
        f"{_GETH}; {_BESU}",
    ),
    _row(
        "",
        r"transaction type|nonce has max value|rlp|decode",
        Meaning.REFUSED,
        f"{_GETH}; {_BESU}; {_DEVNET}",
    ),
    _row("", r"plugin has marked|sender .*denied|cyclic dependent", Meaning.REFUSED, f"{_BESU}; {_ANVIL}"),
    # Last: an execution that stopped without the contract's words.
    _row("", r"revert", Meaning.REVERTED, f"{_GETH}; {_BESU}; {_ANVIL}; {_COSMOS}"),
    _row("", r"out of gas|invalid (opcode|instruction|jump)|stack (under|over)flow", Meaning.REVERTED, _GETH),
    _row("", r"bad instruction|evm error|due to an exception|write protection", Meaning.REVERTED, _ANVIL),
)

_PLAIN: Final[dict[Meaning, Callable[[str], DoorstepError]]] = {
    Meaning.ALREADY_KNOWN: AlreadyKnown,
    Meaning.UNDERPRICED: ReplacementUnderpriced,
    Meaning.GAS_LIMIT: GasLimitExceeded,
    Meaning.FUNDS: InsufficientFunds,
    Meaning.NOT_ALLOWED: SenderNotAllowed,
    Meaning.DEFERRED: TransactionDeferred,
    Meaning.REFUSED: TransactionRefused,
    Meaning.BLOCK: BlockUnknown,
}
_NEXT_NONCE: Final = re.compile(
    r"next nonce (\d+)|state: (\d+)|expected (?:nonce )?(\d+)", re.IGNORECASE
)  # geth's pool, geth's state transition, py-evm and cosmos
_GIVEN_NONCE: Final = re.compile(r"tx nonce (\d+)|tx: (\d+)|got (\d+)", re.IGNORECASE)
_FITS: Final = re.compile(r"\[0x[0-9a-f]+, (0x[0-9a-f]+)\]", re.IGNORECASE)


def translate(url: str, engine: str, method: str, error: object) -> DoorstepError:
    """Return the typed error for the `error` member of a JSON-RPC answer to `method`; the caller raises it."""
    if not isinstance(error, dict):
        return NodeError(method, None, str(error))
    code, message, data = error.get("code"), str(error.get("message", "")), error.get("data")
    if code == REVERT_CODE:
        return CallReverted(_revert_data(data), message)
    if code == METHOD_UNKNOWN:
        return NodeError(method, code, message, data)
    meaning = _meaning(engine, message)
    match meaning:
        case None:
            return NodeError(method, code if isinstance(code, int) else None, message, data)
        case Meaning.REVERTED:
            return CallReverted(_revert_data(data), message)
        case Meaning.NONCE:
            return _nonce_error(message)
        case Meaning.LOGS:
            fits = _FITS.search(message)
            return LogsTooMany(message, int(fits[1], 16) if fits else None)
        case Meaning.UNAVAILABLE:
            return NodeUnavailable(url, message)
        case _:
            return _PLAIN[meaning](message)


def _meaning(engine: str, message: str) -> Meaning | None:
    for row in TABLE:
        if row.engine in ("", engine) and row.pattern.search(message):
            return row.meaning
    return None


def _revert_data(data: Any) -> bytes:
    """Return the returned bytes; empty for anything that is not 0x-hex, which some engines put there."""
    if isinstance(data, dict):
        data = data.get("data")
    if not isinstance(data, str) or not data.startswith("0x"):
        return b""
    try:
        return bytes.fromhex(data[2:])
    except ValueError:
        return b""


def _nonce_error(message: str) -> DoorstepError:
    expected, given = _number(_NEXT_NONCE, message), _number(_GIVEN_NONCE, message)
    if expected is not None and given is not None and given > expected:
        return TransactionDeferred(message)
    return NonceTooLow(message, expected)


def _number(pattern: re.Pattern[str], message: str) -> int | None:
    found = pattern.search(message)
    return None if found is None else int(next(group for group in found.groups() if group is not None))
