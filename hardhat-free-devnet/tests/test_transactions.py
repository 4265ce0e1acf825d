"""Sending: types 0, 1 and 2 through web3, receipts, and every reason to refuse."""

from __future__ import annotations

from typing import Any

import pytest
from doorstep_devnet.testing import RpcClient, RpcFailed
from eth_account import Account
from eth_utils import keccak, to_checksum_address
from probes import CHAIN_ID, STORE, Sender, creation, logger, word
from web3 import AsyncHTTPProvider, AsyncWeb3


@pytest.fixture
async def w3(devnet: RpcClient) -> Any:
    provider = AsyncHTTPProvider(devnet.url)
    yield AsyncWeb3(provider)
    await provider.disconnect()


ELSEWHERE = "0x" + "22" * 20

FEES: dict[int, dict[str, Any]] = {
    0: {"gasPrice": 0},
    1: {
        "gasPrice": 0,
        "type": 1,
        "accessList": [{"address": "0x" + "11" * 20, "storageKeys": ["0x" + "00" * 32]}],
    },
    2: {"maxFeePerGas": 0, "maxPriorityFeePerGas": 0, "type": 2},
}


@pytest.mark.parametrize("kind", [0, 1, 2])
async def test_web3_deploys_and_calls_with_every_supported_type(w3: Any, kind: int) -> None:
    account = Account.from_key(keccak(text="web3"))
    deploy = {
        "nonce": 0,
        "gas": 300_000,
        "chainId": CHAIN_ID,
        "data": creation(logger(1)),
        "value": 0,
        **FEES[kind],
    }
    sent = await w3.eth.send_raw_transaction(account.sign_transaction(deploy).raw_transaction)
    created = await w3.eth.wait_for_transaction_receipt(sent, poll_latency=0.01)
    assert (created.status, created.type, created.blockNumber) == (1, kind, 1)
    assert await w3.eth.get_code(created.contractAddress) == logger(1)

    call = {
        "nonce": 1,
        "gas": 90_000,
        "chainId": CHAIN_ID,
        "data": word(7) + b"hello",
        "value": 0,
        **FEES[kind],
    }
    call["to"] = created.contractAddress
    sent = await w3.eth.send_raw_transaction(account.sign_transaction(call).raw_transaction)
    receipt = await w3.eth.wait_for_transaction_receipt(sent, poll_latency=0.01)
    assert receipt.logs[0].data == b"hello"
    assert receipt.logs[0].topics == [word(7)]
    assert receipt.effectiveGasPrice == 0

    transaction = await w3.eth.get_transaction(sent)
    assert transaction["from"] == account.address
    assert transaction.input == word(7) + b"hello"
    assert (transaction.type, transaction.chainId, transaction.nonce) == (kind, CHAIN_ID, 1)
    assert len(transaction.get("accessList", [])) == (1 if kind == 1 else 0)
    assert (await w3.eth.get_transaction_by_block(2, 0)).hash == sent
    assert await w3.eth.get_raw_transaction(sent) == account.sign_transaction(call).raw_transaction


async def test_web3_fills_in_a_transaction_by_itself(w3: Any) -> None:
    account = Account.from_key(keccak(text="filled"))
    fields = {"from": account.address, "data": creation(STORE), "value": 0}
    fields["gas"] = await w3.eth.estimate_gas(fields)
    fields |= {"maxPriorityFeePerGas": await w3.eth.max_priority_fee, "maxFeePerGas": await w3.eth.gas_price}
    fields |= {
        "chainId": await w3.eth.chain_id,
        "nonce": await w3.eth.get_transaction_count(account.address, "pending"),
    }
    del fields["from"]
    sent = await w3.eth.send_raw_transaction(account.sign_transaction(fields).raw_transaction)
    receipt = await w3.eth.wait_for_transaction_receipt(sent, poll_latency=0.01)
    assert receipt.gasUsed == fields["gas"]


async def test_a_failed_transaction_has_a_receipt_with_status_zero(sender: Sender) -> None:
    reverter = await sender.deploy(bytes.fromhex("60006000fd"))
    receipt = await sender.mined(to=reverter)
    assert receipt["status"] == "0x0"
    assert receipt["logs"] == []
    assert await sender.client.rpc("eth_getTransactionCount", sender.address) == "0x2"


async def test_nonces_are_mined_in_order_and_a_gap_waits(sender: Sender) -> None:
    late = await sender.send(nonce=2, to="0x" + "22" * 20)
    middle = await sender.send(nonce=1, to="0x" + "22" * 20)
    assert await sender.client.rpc("eth_getTransactionReceipt", late) is None
    assert (await sender.client.rpc("eth_getTransactionByHash", late))["blockHash"] is None
    assert await sender.client.rpc("eth_getTransactionCount", sender.address, "pending") == "0x0"
    await sender.send(nonce=0, to="0x" + "22" * 20)
    receipts = [await sender.client.receipt(tx) for tx in (middle, late)]
    assert await sender.client.rpc("eth_getTransactionCount", sender.address, "latest") == "0x3"
    places = [(int(r["blockNumber"], 16), int(r["transactionIndex"], 16)) for r in receipts]
    assert places == sorted(places)


async def test_several_waiting_transactions_share_a_block(sender: Sender) -> None:
    batch = [
        {
            "jsonrpc": "2.0",
            "id": n,
            "method": "eth_sendRawTransaction",
            "params": [sender.sign(nonce=n, to="0x" + "22" * 20)],
        }
        for n in range(20)
    ]
    answers = (await sender.client.http.post(sender.client.url, json=batch)).json()
    receipts = [await sender.client.receipt(answer["result"]) for answer in answers]
    assert {receipt["blockNumber"] for receipt in receipts} <= {"0x1", "0x2"}
    assert max(int(receipt["cumulativeGasUsed"], 16) for receipt in receipts) > 21_000


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("chain id", {"chainId": 1}, f"invalid chain id for signer: have 1 want {CHAIN_ID}"),
    ("gas above what blocks take", {"gas": 60_000_001}, "exceeds block gas limit: gas 60000001"),
    (
        "intrinsic gas",
        {"gas": 20_999, "to": "0x" + "22" * 20},
        "intrinsic gas too low: gas 20999, minimum needed 21000",
    ),
    (
        "creation's words",
        {"gas": 53_017, "data": b"\1"},
        "intrinsic gas too low: gas 53017, minimum needed 53018",
    ),
    (
        "calldata floor",
        {"gas": 21_900, "to": "0x" + "22" * 20, "data": b"\1" * 50},
        "insufficient gas for floor data gas",
    ),
    (
        "creation size",
        {"gas": 20_000_000, "data": b"\0" * 49_153},
        "max initcode size exceeded: code size 49153",
    ),
    (
        "money it has not",
        {"gasPrice": 1, "to": "0x" + "22" * 20},
        "insufficient funds for gas * price + value",
    ),
    ("value it has not", {"value": 1, "to": "0x" + "22" * 20}, "balance 0, tx cost 1, overshot 1"),
    (
        "tip above cap",
        {"maxFeePerGas": 0, "maxPriorityFeePerGas": 1},
        "max priority fee per gas higher than max fee",
    ),
]


@pytest.mark.parametrize(("fields", "message"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
async def test_a_transaction_is_refused_naming_the_rule(
    sender: Sender, fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(RpcFailed) as refused:
        await sender.send(**fields)
    assert refused.value.code == -32000
    assert message in refused.value.message
    assert await sender.client.rpc("eth_blockNumber") == "0x0"


async def test_a_nonce_already_used_is_refused_with_both_numbers(sender: Sender) -> None:
    await sender.mined(to="0x" + "22" * 20)
    with pytest.raises(RpcFailed, match="nonce too low: next nonce 1, tx nonce 0"):
        await sender.send(nonce=0, to="0x" + "33" * 20)


async def test_the_same_bytes_again_are_already_known_while_they_wait_and_nonce_too_low_once_mined(
    sender: Sender,
) -> None:
    waiting = sender.sign(nonce=5, to=ELSEWHERE)
    await sender.client.rpc("eth_sendRawTransaction", waiting)
    with pytest.raises(RpcFailed, match="already known"):
        await sender.client.rpc("eth_sendRawTransaction", waiting)
    mined = sender.sign(to=ELSEWHERE)
    await sender.client.receipt(await sender.client.rpc("eth_sendRawTransaction", mined))
    with pytest.raises(RpcFailed, match="nonce too low: next nonce 1, tx nonce 0"):
        await sender.client.rpc("eth_sendRawTransaction", mined)


@pytest.mark.parametrize(
    ("raw", "code", "message"),
    [
        ("0x", -32602, "not an encoded transaction"),
        ("0x00", -32000, "transaction type not supported: type 0"),
        ("0x03c0", -32000, "transaction type not supported: type 3"),
        ("0x02c0", -32602, "not an encoded transaction"),
        ("0xc0", -32602, "not an encoded transaction"),
        ("0xzz", -32602, "transaction:"),
        ("02", -32602, "transaction: expected hex data starting with 0x"),
    ],
)
async def test_bytes_that_are_no_transaction_are_refused(
    devnet: RpcClient, raw: str, code: int, message: str
) -> None:
    with pytest.raises(RpcFailed) as refused:
        await devnet.rpc("eth_sendRawTransaction", raw)
    assert refused.value.code == code
    assert message in refused.value.message


async def test_a_transaction_without_chain_id_is_refused(devnet: RpcClient) -> None:
    account = Account.from_key(keccak(text="old"))
    fields = {
        "nonce": 0,
        "gasPrice": 0,
        "gas": 21_000,
        "to": to_checksum_address("0x" + "22" * 20),
        "value": 0,
        "data": b"",
    }
    raw = bytes(account.sign_transaction(fields).raw_transaction).hex()
    with pytest.raises(RpcFailed, match="only replay-protected"):
        await devnet.rpc("eth_sendRawTransaction", "0x" + raw)


async def test_a_signature_with_a_high_s_is_refused(sender: Sender) -> None:
    import rlp

    fields = rlp.decode(bytes.fromhex(sender.sign(gasPrice=0, to="0x" + "22" * 20)[2:]))
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    fields[8] = (order - int.from_bytes(fields[8], "big")).to_bytes(32, "big")
    fields[6] = (
        int.from_bytes(fields[6], "big") ^ 3 if fields[6][-1] % 2 else int.from_bytes(fields[6], "big") - 1
    ).to_bytes(2, "big")
    with pytest.raises(RpcFailed, match="invalid transaction v, r, s values"):
        await sender.client.rpc("eth_sendRawTransaction", "0x" + rlp.encode(fields).hex())
