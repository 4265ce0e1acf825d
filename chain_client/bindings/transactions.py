"""Sending one transaction and waiting for it: for administration only. Lanes keep their own nonces and stored bytes."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from chain_client.bindings.errors import ContractError, NotMined, read_revert
from chain_client.bindings.signer import Signer, TxFields
from chain_client.domain.ids import Address, Hash32, to_hex
from chain_client.rpc.errors import CallReverted, NodeUnavailable, NonceTooLow, TransactionDeferred
from chain_client.rpc.node import Node
from chain_client.rpc.records import TxReceipt

GAS_MARGIN: Final = (5, 4)
"""An estimate is for the state of now; what is sent may use a quarter more."""
DEADLINE: Final = 120.0
_FIRST_PAUSE: Final = 0.01
_LONGEST_PAUSE: Final = 0.5
_RESEND_AFTER: Final = 5.0


async def transact(
    node: Node, signer: Signer, to: Address | None, data: bytes, *, deadline: float = DEADLINE
) -> TxReceipt:
    """Send one transaction of `signer` and return its receipt once mined and successful; `to` None creates a contract.

    The nonce is the count of the signer's mined transactions, so nothing else may send for this signer meanwhile.
    Raises ContractError where the contract reverts (nothing was changed), NotMined after `deadline` seconds (look
    before sending again), and what `Node.estimate` and `Node.send` raise.
    """
    try:
        estimate = await node.estimate(signer.address, to, data)
    except CallReverted as error:
        raise read_revert(error.data) from error
    fees = await node.fees()
    fields = TxFields(
        chain_id=node.chain_id,
        nonce=await node.nonce(signer.address),
        to=to,
        data=data,
        gas=estimate * GAS_MARGIN[0] // GAS_MARGIN[1],
        max_fee=fees.max_fee,
        priority_fee=fees.priority_fee,
    )
    raw = signer.sign_transaction(fields)
    tx_hash = await node.send(raw)
    receipt = await wait_for_receipt(node, tx_hash, raw, deadline=deadline)
    if receipt.status != 1:
        raise await _reason(node, signer, to, data, receipt)
    return receipt


async def wait_for_receipt(
    node: Node, tx_hash: Hash32, raw: bytes, *, deadline: float = DEADLINE
) -> TxReceipt:
    """Return the receipt of a sent transaction, sending the same bytes again now and then: accepted is not durable.

    Raises NotMined after `deadline` seconds. A node that is away meanwhile is waited for.
    """
    started = sent = time.monotonic()
    pause = _FIRST_PAUSE
    while True:
        try:
            receipt = await node.receipt(tx_hash)
            if receipt is not None:
                return receipt
            if time.monotonic() - sent > _RESEND_AFTER:
                sent = time.monotonic()
                await node.send(raw)
        except (NodeUnavailable, TransactionDeferred, NonceTooLow):
            pass  # Asked again below; a nonce that is used is this transaction's own, or the deadline says so.
        if time.monotonic() - started > deadline:
            raise NotMined(tx_hash, deadline)
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE)


async def _reason(
    node: Node, signer: Signer, to: Address | None, data: bytes, receipt: TxReceipt
) -> Exception:
    """Return why a mined transaction failed, by asking what the same call would say after that block."""
    if to is not None:
        try:
            await node.call(to, data, sender=signer.address, block=receipt.block_number)
        except CallReverted as error:
            return read_revert(error.data)
    return ContractError("Unknown", {"transaction": to_hex(receipt.tx_hash), "gas_used": receipt.gas_used})
