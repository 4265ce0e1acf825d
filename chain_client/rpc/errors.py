"""What a node's refusal or silence is called here.

domain.errors.DoorstepError
├── Unavailable
│   ├── NodeUnavailable          no answer: not running, wrong URL, too slow; retry later
│   └── TransactionDeferred      the node has no room for it now; send the same bytes again later
├── Broken
│   └── WrongChain               the node is on another chain than this ledger; stop
├── CallReverted                 the contract reverted; `data` says why (bindings.errors puts it in words)
├── TransactionRefused           the node will not take these bytes; retrying as is changes nothing
│   ├── NonceTooLow              the nonce was used; `next_nonce` where the node named it
│   ├── ReplacementUnderpriced   another transaction waits under this nonce and offers as much
│   ├── GasLimitExceeded         it needs more gas than a block holds: make it smaller
│   ├── SenderNotAllowed         a permissioned node does not know the sender
│   └── InsufficientFunds        the sender cannot pay the fees
├── LogsTooMany                  the answer would pass the node's limit; `Node.logs` splits by itself
└── NodeError                    anything else a node says, word for word
"""

from __future__ import annotations

from chain_client.domain.errors import Broken, DoorstepError, NotFound, Unavailable
from chain_client.domain.ids import to_hex


class NodeUnavailable(Unavailable):
    """The node did not answer; nothing is known of what was asked. Retry later."""

    code = "node-unavailable"

    def __init__(self, url: str, reason: str) -> None:
        self.url = url
        self.reason = reason
        super().__init__(
            f"the node at {url} does not answer ({reason}); start it (`doorstep up` or `doorstep devnet`, where it is the "
            "local chain), or correct the URL, and try again"
        )


class WrongChain(Broken):
    """The node is on another chain than the ledger. Do not retry: give the URL of a node on the right chain."""

    code = "wrong-chain"

    def __init__(self, url: str, expected: int, found: int) -> None:
        self.url = url
        self.expected = expected
        self.found = found
        super().__init__(
            f"the node at {url} is on chain {found}, the ledger is on chain {expected}; "
            f"give the URL of a node on chain {expected}"
        )


class CallReverted(DoorstepError):
    """The contract reverted; `data` is what it returned, empty where it said nothing. Do not retry as is."""

    code = "call-reverted"

    def __init__(self, data: bytes, message: str = "execution reverted") -> None:
        self.data = data
        self.message = message
        super().__init__(f"the call would revert: {message}" + (f" ({to_hex(data)})" if data else ""))


class TransactionRefused(DoorstepError):
    """The node will not take this transaction. Do not retry as is."""

    code = "transaction-refused"

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(f"the node refuses the transaction: {message}")


class AlreadyKnown(TransactionRefused):
    """The node has these very bytes, waiting or mined: nothing is wrong, and `Node.send` does not raise it."""

    code = "already-known"


class NonceTooLow(TransactionRefused):
    """The nonce has been used by a mined transaction; `next_nonce` is None where the node did not name it."""

    code = "nonce-too-low"

    def __init__(self, message: str, next_nonce: int | None) -> None:
        self.next_nonce = next_nonce
        super().__init__(message)


class ReplacementUnderpriced(TransactionRefused):
    """Another transaction of this nonce waits at the node and offers as much: raise the fees to replace it."""

    code = "replacement-underpriced"


class GasLimitExceeded(TransactionRefused):
    """It needs, or asks for, more gas than a block of this network holds: send less at a time."""

    code = "gas-limit-exceeded"


class SenderNotAllowed(TransactionRefused):
    """The node's allow-list does not have the sender: the network's operator has to add it."""

    code = "sender-not-allowed"


class InsufficientFunds(TransactionRefused):
    """The sender's balance does not cover gas at the offered fee: fund it, or offer zero on a zero-fee network."""

    code = "insufficient-funds"


class TransactionDeferred(Unavailable):
    """The node has no room for the transaction now. Send the same bytes again later."""

    code = "transaction-deferred"

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(f"the node cannot take the transaction now: {message}; send it again later")


class BlockUnknown(NotFound):
    """The node does not have that block (yet), or has let go of its state. Retry only if it may still arrive."""

    code = "block-unknown"

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(
            f"the node does not have that block: {message}; it is not there yet, or the node keeps no state so old"
        )


class LogsTooMany(DoorstepError):
    """The logs asked for pass a limit of the node: ask for fewer blocks. `Node.logs` does so by itself.

    `fits` is the last block of a range that the node says it would answer, where it says so.
    """

    code = "logs-too-many"

    def __init__(self, message: str, fits: int | None = None) -> None:
        self.message = message
        self.fits = fits
        super().__init__(f"the node will not return so many logs at once: {message}")


class NodeError(DoorstepError):
    """The node answered with an error that has no name here. Do not retry before it is understood."""

    code = "node-error"

    def __init__(self, method: str, rpc_code: int | None, message: str, data: object = None) -> None:
        self.method = method
        self.rpc_code = rpc_code
        self.message = message
        self.data = data
        number = "" if rpc_code is None else f" {rpc_code}"
        super().__init__(f"the node answered {method} with error{number}: {message}")
