"""What stops reading or writing: a code for each cause, and what an operator does about it.

A cause is what a program may decide by; `remedy` is a sentence for the operator, and names the command to run. Errors
carry their cause as `code`, so the account of a service and the log use the same words.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Cause(StrEnum):
    """Why something is not read, or not recorded."""

    NONCE_TAKEN = "nonce-taken"
    DATABASE_RESTORED = "database-restored"
    CHAIN_RESTORED = "chain-restored"
    CHAIN_BEHIND = "chain-behind"
    BATCH_MISMATCH = "batch-mismatch"
    NODE_UNAVAILABLE = "node-unavailable"
    NODE_BEHIND = "node-behind"
    SIGNER_MISSING = "signer-missing"
    WRITER_NOT_ALLOWED = "writer-not-allowed"
    SENDER_NOT_ALLOWED = "sender-not-allowed"
    INSUFFICIENT_FUNDS = "insufficient-funds"
    TRANSACTION_REFUSED = "transaction-refused"
    OVERDUE = "overdue"
    WORKER_SILENT = "worker-silent"
    INDEX_EMPTY = "index-empty"
    INDEX_BEHIND = "index-behind"
    INDEX_HALTED = "index-halted"
    DATABASE_UNAVAILABLE = "database-unavailable"
    DATABASE_FULL = "database-full"
    DATABASE_READ_ONLY = "database-read-only"


_LOG: Final = "Read logs/worker.log in the data directory, and run `doorstep status` again once it is cured."
_RESUME: Final = "run `doorstep lane resume --writer {writer}`"

_REMEDIES: Final[Mapping[str, str]] = {
    Cause.NONCE_TAKEN: "Find out what else signs with this key and stop it; then " + _RESUME + ".",
    Cause.DATABASE_RESTORED: "Stop any other copy of this service; then "
    + _RESUME
    + ": what is on the chain already "
    "is found there, and the rest is sent again.",
    Cause.CHAIN_RESTORED: "Run `doorstep rebuild`, then `doorstep lane resume --all`: what is no longer on the chain is "
    "queued again.",
    Cause.CHAIN_BEHIND: "If the node is catching up, wait. If the chain was restored from an older copy, run "
    "`doorstep rebuild`, then `doorstep lane resume --all`: what is no longer on the chain is queued again.",
    Cause.NODE_BEHIND: "If the node is catching up, wait. If the chain was restored from an older copy, run "
    "`doorstep rebuild`, then `doorstep lane resume --all`.",
    Cause.BATCH_MISMATCH: "The database was changed by hand, or the node serves another ledger. Run `doorstep verify`, "
    "put right what it names, and " + _RESUME + ".",
    Cause.NODE_UNAVAILABLE: "Start the node (`doorstep devnet`, or `doorstep up`, for the local chain), or correct `rpc` "
    "in doorstep.json.",
    Cause.SIGNER_MISSING: "Put the keystore and its password back into keys/ of the data directory; the lane then starts "
    "by itself. `doorstep lane list` shows it.",
    Cause.WRITER_NOT_ALLOWED: "Let it write with `doorstep writer allow`; its intents then go by themselves. "
    "`doorstep intent list` shows them.",
    Cause.SENDER_NOT_ALLOWED: "Add {writer} to the node's allow-list; `doorstep lane list` shows when it sends again.",
    Cause.INSUFFICIENT_FUNDS: "Fund {writer}, or offer no fees on a network without; `doorstep lane list` shows when it "
    "sends again.",
    Cause.TRANSACTION_REFUSED: "The same bytes are sent again until the node takes them. " + _LOG,
    Cause.OVERDUE: "Run `doorstep lane list` to see what the lane waits for; is the chain making blocks?",
    Cause.WORKER_SILENT: "Start the worker with `doorstep worker`, or everything with `doorstep up`. " + _LOG,
    Cause.INDEX_EMPTY: "Start the worker with `doorstep worker`, or everything with `doorstep up`.",
    Cause.INDEX_BEHIND: "Wait: it reads on. If it does not, read logs/worker.log, or run `doorstep rebuild`.",
    Cause.INDEX_HALTED: "If the node serves another chain, correct `rpc` in doorstep.json. If the chain itself went back, "
    "run `doorstep rebuild`, then `doorstep lane resume --all`.",
    Cause.DATABASE_UNAVAILABLE: "Make the database answer; nothing else is needed. `doorstep status` shows when it does.",
    Cause.DATABASE_FULL: "Make room on the database's disk; nothing else is needed. `doorstep status` shows when it can "
    "store again.",
    Cause.DATABASE_READ_ONLY: "Make the database's file and its directory writable; nothing else is needed. "
    "`doorstep status` shows when it can store again.",
}


def remedy(code: str, writer: str = "0x…") -> str:
    """Return what an operator does about a cause, naming the command; `writer` is the lane's address.

    An error that is no `Cause` of its own is looked up in the worker's log.
    """
    return _REMEDIES.get(code, _LOG).replace("{writer}", writer)
