"""Sending transactions, and what a wallet asks before it does."""

from __future__ import annotations

from typing import Any

from .blocks import expect_block, read_block_number
from .chain_store import ChainView
from .errors import InvalidParams, NotAuthorized, ServerError
from .evm import decode_header
from .hexes import data, quantity, read_data, read_quantity
from .node import Node
from .rpc import Calls, Method, Runs, methods
from .transactions import SignedTx, accept_tx

CLIENT_VERSION = "doorstep-devnet/0.1.0/py-evm"
MAX_FEE_BLOCKS = 1024
MAX_PERCENTILES = 100


class SendMethods:
    """Who the node is, what it costs, and taking transactions."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def table(self) -> dict[str, Method]:
        """The methods by name."""
        chain_id = quantity(self._node.chain_id)
        plain: Calls = [
            ("web3_clientVersion", lambda: CLIENT_VERSION),
            ("net_version", lambda: str(self._node.chain_id)),
            ("net_listening", lambda: True),
            ("net_peerCount", lambda: "0x0"),
            ("eth_chainId", lambda: chain_id),
            ("eth_syncing", lambda: False),
            ("eth_mining", lambda: True),
            ("eth_accounts", lambda: []),
            ("eth_gasPrice", lambda: "0x0"),
            ("eth_maxPriorityFeePerGas", lambda: "0x0"),
            ("eth_blobBaseFee", lambda: "0x1"),
        ]
        return (
            methods(Runs.PLAIN, plain)
            | methods(Runs.VIEW, [("eth_sendRawTransaction", self.send_raw)])
            | methods(Runs.READER, [("eth_feeHistory", self.fee_history)])
        )

    def send_raw(self, view: ChainView, raw: object) -> str:
        """Take a signed transaction; it waits in memory until it is mined."""
        signed = accept_tx(read_data(raw, "transaction"), self._node.chain_id)
        allow = self._node.allow
        if allow is not None and signed.sender not in allow:
            raise NotAuthorized(f"sender account {data(signed.sender)} not authorized to send transactions")
        state = self._node.state_at(view, view.head_number())
        nonce = state.get_nonce(signed.sender)
        if signed.nonce >= nonce:
            _check_funds(signed, state.get_balance(signed.sender))
        self._node.pool.add(signed, nonce)
        self._node.miner.wake()
        self._node.events.publish_pending(signed)
        return data(signed.hash)

    def fee_history(
        self, view: ChainView, count: object, newest: object, percentiles: object = None
    ) -> dict[str, Any]:
        """Base fees (always zero), how full the blocks were, and the tips paid."""
        wanted = read_quantity(count, "blockCount")
        block = read_block_number(newest, "newestBlock")
        view = self._node.at(view, block)
        last = expect_block(view, block).number
        shares = _percentiles(percentiles)
        first = max(0, last + 1 - min(wanted, MAX_FEE_BLOCKS))
        numbers = range(first, last + 1) if wanted else range(0)
        headers = [decode_header(view.expect_block(number).header) for number in numbers]
        fees = [header.base_fee_per_gas or 0 for header in headers]
        answer: dict[str, Any] = {
            "oldestBlock": quantity(first if headers else 0),
            "baseFeePerGas": [quantity(fee) for fee in [*fees, *fees[-1:]]],
            "gasUsedRatio": [header.gas_used / header.gas_limit for header in headers],
            "baseFeePerBlobGas": ["0x1"] * (len(headers) + 1 if headers else 0),
            "blobGasUsedRatio": [0] * len(headers),
        }
        if shares:
            answer["reward"] = [_rewards(view, number, shares) for number in numbers]
        return answer


def _check_funds(signed: SignedTx, balance: int) -> None:
    cost = signed.gas * signed.tx.max_fee_per_gas + signed.tx.value
    if cost > balance:
        raise ServerError(
            f"insufficient funds for gas * price + value: balance {balance}, tx cost {cost}, overshot {cost - balance}"
            "; gas is free on this chain, send with a gas price of 0"
        )


def _percentiles(value: object) -> list[float]:
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > MAX_PERCENTILES:
        raise InvalidParams(f"rewardPercentiles: expected a list of at most {MAX_PERCENTILES} numbers")
    shares: list[float] = []
    for share in value:
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 100:
            raise InvalidParams(f"rewardPercentiles: {share!r} is not between 0 and 100")
        if shares and share <= shares[-1]:
            raise InvalidParams("rewardPercentiles: must be in ascending order")
        shares.append(float(share))
    return shares


def _rewards(view: ChainView, number: int, shares: list[float]) -> list[str]:
    tips = sorted((tx.gas_price, tx.gas_used) for tx in view.txs(number))
    if not tips:
        return ["0x0"] * len(shares)
    total = sum(used for _, used in tips)
    rewards = []
    for share in shares:
        passed, place = tips[0][1], 0
        while passed < total * share / 100 and place < len(tips) - 1:
            place += 1
            passed += tips[place][1]
        rewards.append(quantity(tips[place][0]))
    return rewards
