"""Every text a known node can answer with has a meaning, and every row of the table is there for some text."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from chain_client.domain.errors import DoorstepError, Unavailable
from chain_client.rpc import errors
from chain_client.rpc.error_table import TABLE, translate
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

DEVNET = Path(__file__).parents[2] / "hardhat-free-devnet" / "doorstep_devnet"
NOT_ASKED = ("methods_evm.py", "clock.py", "filters.py", "methods_debug.py", "trace_common.py")
"""Errors of methods that the client never calls, or only to drive the devnet's clock."""

TEXTS: list[tuple[str, int, str, type[DoorstepError]]] = [
    # go-ethereum
    ("geth", -32601, "the method eth_getBlockReceipts does not exist/is not available", NodeError),
    ("geth", -32000, "already known", AlreadyKnown),
    ("geth", -32000, "nonce too low: next nonce 7, tx nonce 6", NonceTooLow),
    ("geth", -32000, "nonce too low: address 0x00, tx: 5 state: 7", NonceTooLow),
    ("geth", -32000, "nonce too high", TransactionDeferred),
    ("geth", -32000, "replacement transaction underpriced", ReplacementUnderpriced),
    ("geth", -32000, "transaction underpriced: gas tip cap 0, minimum needed 1", TransactionRefused),
    ("geth", -32000, "exceeds block gas limit", GasLimitExceeded),
    ("geth", -32000, "gas required exceeds allowance (30000000)", GasLimitExceeded),
    ("geth", -32000, "insufficient funds for gas * price + value: balance 0, tx cost 5", InsufficientFunds),
    ("geth", -32000, "in-flight transaction limit reached for delegated accounts", TransactionDeferred),
    ("geth", -32000, "account limit exceeded", TransactionDeferred),
    ("geth", -32000, "txpool is full", TransactionDeferred),
    ("geth", -32000, "intrinsic gas too low: gas 1, minimum needed 21000", TransactionRefused),
    ("geth", -32000, "insufficient gas for floor data gas cost: gas 1, minimum needed 2", TransactionRefused),
    ("geth", -32000, "max fee per gas less than block base fee: address 0x00", TransactionRefused),
    ("geth", -32000, "invalid chain id for signer: have 1 want 2", TransactionRefused),
    ("geth", -32000, "oversized data: transaction size 131073, limit 131072", TransactionRefused),
    ("geth", -32000, "invalid sender", TransactionRefused),
    ("geth", -32000, "transaction type not supported", TransactionRefused),
    ("geth", -32000, "header not found", BlockUnknown),
    ("geth", -32000, "missing trie node 00 (path ) state 0x00 is not available", BlockUnknown),
    ("geth", -32000, "invalid block range params", BlockUnknown),
    ("geth", -32602, "block range extends beyond current head block", BlockUnknown),
    ("devnet", -32602, "block range extends beyond current head block: toBlock 9, head 4", BlockUnknown),
    ("geth", -32000, "execution aborted (timeout = 5s)", NodeUnavailable),
    ("geth", -32000, "out of gas", CallReverted),
    ("geth", -32000, "invalid opcode: INVALID", CallReverted),
    ("geth", -32000, "stack underflow (0 <=> 1)", CallReverted),
    ("geth", 3, "execution reverted: words", CallReverted),
    ("geth", -32005, "query returned more than 10000 results", LogsTooMany),
    ("", 429, "Too Many Requests", NodeUnavailable),
    # Hyperledger Besu
    ("besu", -32000, "Known transaction", AlreadyKnown),
    ("besu", -32001, "Nonce too low", NonceTooLow),
    ("besu", -32006, "Nonce too high", TransactionDeferred),
    ("besu", -32000, "Transaction nonce is too distant from current sender nonce", TransactionDeferred),
    ("besu", -32000, "An invalid transaction with a lower nonce exists", TransactionDeferred),
    ("besu", -32000, "Replacement transaction underpriced", ReplacementUnderpriced),
    ("besu", -32005, "Transaction gas limit exceeds block gas limit", GasLimitExceeded),
    ("besu", -32003, "Intrinsic gas exceeds gas limit", TransactionRefused),
    ("besu", -32004, "Upfront cost exceeds account balance", InsufficientFunds),
    ("besu", -32007, "Sender account not authorized to send transactions", SenderNotAllowed),
    ("besu", -32009, "Gas price below configured minimum gas price", TransactionRefused),
    ("besu", -32009, "Gas price below current base fee", TransactionRefused),
    ("besu", -32000, "Max priority fee per gas exceeds max fee per gas", TransactionRefused),
    ("besu", -32002, "Invalid signature", TransactionRefused),
    ("besu", -32602, "Invalid transaction type", TransactionRefused),
    ("besu", -32000, "Wrong chainId", TransactionRefused),
    ("besu", -32000, "ChainId is required", TransactionRefused),
    ("besu", -32000, "Transaction fee cap exceeded", TransactionRefused),
    ("besu", -32000, "Plugin has marked the transaction as invalid", TransactionRefused),
    ("besu", -32002, "Transaction pool not enabled. (Either txpool explicitly disabled …", NodeUnavailable),
    ("besu", -32008, "Initial sync is still in progress", NodeUnavailable),
    ("besu", -32603, "Timeout expired", NodeUnavailable),
    ("besu", -39001, "Unknown block", BlockUnknown),
    ("besu", -32000, "Block not found", BlockUnknown),
    ("besu", -32000, "World state unavailable", BlockUnknown),
    ("besu", -32005, "Requested range exceeds maximum RPC range limit", LogsTooMany),
    ("besu", -32000, "Execution reverted", CallReverted),
    ("besu", -32000, "Transaction processing could not be completed due to an exception", CallReverted),
    # anvil
    ("anvil", -32003, "transaction already imported", AlreadyKnown),
    ("anvil", -32003, "Tx: [0x00] already Imported", AlreadyKnown),
    ("anvil", -32003, "nonce too low", NonceTooLow),
    (
        "anvil",
        -32003,
        "Tx: [0x00] insufficient gas price to replace existing transaction",
        ReplacementUnderpriced,
    ),
    ("anvil", -32003, "intrinsic gas too high -- tx.gas > block.gas_limit", GasLimitExceeded),
    (
        "anvil",
        -32003,
        "Transaction gas limit is greater than the block gas limit, gas_limit: 1, cap: 0",
        GasLimitExceeded,
    ),
    ("anvil", -32003, "Out of gas: gas required exceeds allowance: 1", GasLimitExceeded),
    ("anvil", -32003, "Insufficient funds for gas * price + value", InsufficientFunds),
    ("anvil", -32003, "max fee per gas less than block base fee", TransactionRefused),
    ("anvil", -32003, "sender not an eoa", TransactionRefused),
    ("anvil", -32003, "Transaction with cyclic dependent transactions", TransactionRefused),
    ("anvil", -32602, "Failed to decode signed transaction", TransactionRefused),
    ("anvil", -32603, "EVM error StackOverflow", CallReverted),
    ("anvil", -32602, "BlockOutOfRangeError: block height is 1 but requested was 2", BlockUnknown),
    ("anvil", -32001, "Resource not found", BlockUnknown),
    # cosmos/evm
    ("cosmos", -32000, "already known", AlreadyKnown),
    ("cosmos", -32000, "tx already in mempool", AlreadyKnown),
    ("cosmos", -32000, "nonce too low: next nonce 7, tx nonce 6", NonceTooLow),
    (
        "cosmos",
        -32000,
        "account sequence mismatch, expected 7, got 6: incorrect account sequence",
        NonceTooLow,
    ),
    ("cosmos", -32000, "account sequence mismatch, expected 6, got 8", TransactionDeferred),
    ("cosmos", -32000, "in-flight transaction limit reached for delegated accounts", TransactionDeferred),
    ("cosmos", -32000, "exceeds block gas limit", TransactionDeferred),
    ("cosmos", -32000, "mempool is full: number of txs 5000 (max: 5000)", TransactionDeferred),
    ("cosmos", -32000, "maximum [from, to] blocks distance: 10000", LogsTooMany),
    ("cosmos", -32000, "height 9 is not available, lowest height is 20", BlockUnknown),
    ("cosmos", -32000, "failed to load state at height 9; version does not exist", BlockUnknown),
    # py-evm, behind eth-tester
    ("eth-tester", -32000, "Invalid transaction nonce: Expected 5, but got 4", NonceTooLow),
    ("eth-tester", -32000, "Invalid transaction nonce: Expected 5, but got 6", TransactionDeferred),
    ("eth-tester", -32000, "Transaction exceeds gas limit", GasLimitExceeded),
    ("eth-tester", -32000, "Sender b'' cannot afford txn gas", InsufficientFunds),
    ("eth-tester", -32000, "Sender account balance cannot afford txn", InsufficientFunds),
    ("eth-tester", -32000, "Insufficient gas: intrinsic gas 21000", TransactionRefused),
]


@pytest.mark.parametrize(("engine", "code", "message", "expected"), TEXTS, ids=lambda value: str(value)[:40])
def test_a_nodes_text_has_its_meaning(
    engine: str, code: int, message: str, expected: type[DoorstepError]
) -> None:
    error = translate("http://node", engine, "eth_sendRawTransaction", {"code": code, "message": message})
    assert type(error) is expected, f"{message!r} became {error!r}"
    assert message in str(error), "the node's own words are kept"
    assert error.retry is isinstance(error, Unavailable), "what may be retried says so"


def test_no_row_is_without_a_text() -> None:
    hit = set()
    for engine, code, message, _ in TEXTS:
        if code == 3:
            continue
        hit.add(
            next(
                n for n, row in enumerate(TABLE) if row.engine in ("", engine) and row.pattern.search(message)
            )
        )
    idle = [TABLE[n].pattern.pattern for n in range(len(TABLE)) if n not in hit]
    assert not idle, "rows that no known text reaches"


def _shape(node: ast.expr) -> str:
    """Return a message with numbers where the source has expressions."""
    if isinstance(node, ast.JoinedStr):
        return "".join(_shape(part) for part in node.values)
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.BinOp):
        return _shape(node.left) + _shape(node.right)
    return "7"


def devnet_texts() -> list[str]:
    """Return what the devnet says of transactions, calls, blocks and logs, read from its source."""
    found = []
    for path in sorted(DEVNET.glob("*.py")):
        if path.name in NOT_ASKED:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
                name = getattr(node.exc.func, "id", "")
                if name in (
                    "ServerError",
                    "NotAuthorized",
                    "LimitExceeded",
                    "NoSuchBlock",
                    "TransactionRefused",
                ):
                    found.append(_shape(node.exc.args[0]))
    return found


def test_everything_the_devnet_says_is_mapped() -> None:
    texts = devnet_texts()
    assert len(texts) > 15, "the devnet's errors are found where they are raised"
    strange = [
        text
        for text in texts
        if isinstance(
            translate("http://node", "devnet", "eth_call", {"code": -32000, "message": text}), NodeError
        )
    ]
    # How many values a question may hold is a matter of the question, not of the chain.
    assert not [text for text in strange if "at most" not in text]


def test_an_unknown_text_is_kept_word_for_word() -> None:
    error = translate(
        "http://node", "", "eth_call", {"code": -32099, "message": "the moon is full", "data": "0x1"}
    )
    assert isinstance(error, NodeError)
    assert (error.method, error.rpc_code, error.data) == ("eth_call", -32099, "0x1")
    assert "the moon is full" in str(error)
    assert isinstance(translate("http://node", "", "eth_call", "no object"), NodeError)


@pytest.mark.parametrize(
    ("data", "read"),
    [
        ("0x08c379a0", b"\x08\xc3\x79\xa0"),
        ({"data": "0x01"}, b"\1"),
        ("Reverted", b""),
        (None, b""),
        ("0xzz", b""),
    ],
)
def test_revert_data_is_read_in_every_engines_way(data: object, read: bytes) -> None:
    error = translate(
        "http://node", "", "eth_call", {"code": 3, "message": "execution reverted", "data": data}
    )
    assert isinstance(error, CallReverted)
    assert error.data == read


def test_the_next_nonce_and_the_range_that_fits_are_read() -> None:
    def read(message: str) -> DoorstepError:
        return translate("http://node", "geth", "eth_call", {"code": -32000, "message": message})

    nonces = [
        "nonce too low: next nonce 7, tx nonce 6",
        "nonce too low: address 0x00, tx: 5 state: 7",
        "Invalid transaction nonce: Expected 7, but got 6",
        "nonce too low",
    ]
    found = [error.next_nonce for error in map(read, nonces) if isinstance(error, NonceTooLow)]
    assert found == [7, 7, 7, None]
    limited = read("query returned more than 10000 results. Try with this block range [0x1, 0x2f].")
    assert isinstance(limited, LogsTooMany)
    assert limited.fits == 0x2F


def test_every_error_of_the_room_can_be_raised() -> None:
    raised = {expected for *_, expected in TEXTS} | {NodeError, errors.WrongChain}
    defined = {
        value
        for value in vars(errors).values()
        if isinstance(value, type)
        and issubclass(value, DoorstepError)
        and value.__module__ == errors.__name__
    }
    assert defined == raised, "errors without a use, or uses without a test"
