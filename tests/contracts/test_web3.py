"""The artefact as any client takes it: web3 over eth-tester, slots by eth_getStorageAt, nothing of this harness."""

from __future__ import annotations

from dataclasses import astuple

from eth_abi import encode
from eth_utils import keccak
from ledger_harness import artifact
from ledger_world import RECIPIENT
from web3 import EthereumTesterProvider, Web3

from chain_client.domain import digests
from chain_client.domain.ids import ZERO_HASH, Address, DeliveryId
from chain_client.domain.records import Feedback, Opening, Report
from chain_client.domain.signatures import sign
from chain_client.domain.words import DeliveryWord


def test_a_delivery_from_opening_to_feedback() -> None:
    web3 = Web3(EthereumTesterProvider())
    admin, shop, courier, relay, shops_owner, couriers_owner = web3.eth.accounts[:6]
    manager = _deploy(web3, "AccessManager", admin, admin)
    ledger = _deploy(web3, "DeliveryLedger", admin, manager.address)

    def send(sender: str, function: str, *args: object) -> dict:
        return _mined(web3, ledger.functions[function](*args).transact({"from": sender}))

    members = (("Shop", 1, shops_owner, shop), ("Courier", 2, couriers_owner, courier))
    for member, (name, roles, owner, writer) in enumerate(members, start=1):
        send(admin, "registerMember", name, roles, owner)
        send(owner, "allowWriter", writer)
        send(writer, "acceptWriter", member)
    send(courier, "registerDrivers", 1)

    now = web3.eth.get_block("latest")["timestamp"]
    delivery = DeliveryId((1).to_bytes(2, "big") + keccak(text="web3")[:30])
    opening = Opening(delivery, RECIPIENT.address, 2, now + 86_400, ZERO_HASH)
    report = Report(delivery, 1, 3, now, ZERO_HASH)
    feedback = Feedback(delivery, 1, 5, 5, 5, 5, 5, 0, ZERO_HASH, 1)
    separator = digests.SigningDomain(
        web3.eth.chain_id, Address(bytes.fromhex(ledger.address[2:]))
    ).separator()
    signature = sign(RECIPIENT.secret, digests.digest(separator, feedback))
    send(shop, "open", [astuple(opening)])
    head = ZERO_HASH
    reported = send(courier, "report", [astuple(report)])
    head = _extended(web3, ledger.address, head, report, reported)
    rated = send(relay, "recordFeedback", [astuple(feedback)], [(signature[:32], signature[32:])])
    (event,) = ledger.events.FeedbackRecorded().process_receipt(rated)
    assert event["args"]["deliveryId"] == delivery
    head = _extended(web3, ledger.address, head, feedback, rated)

    place = int.from_bytes(keccak(encode(["uint32", "uint256"], [1, 2])), "big")
    assert web3.eth.get_storage_at(ledger.address, place) == head
    assert ledger.functions.driverHead(1).call() == head
    word = DeliveryWord.unpack(_word(web3, ledger.address, delivery))
    assert word is not None
    assert (word.revision, word.state, word.driver) == (1, 0x84, 1)


def _deploy(web3: Web3, name: str, sender: str, argument: str):
    built = artifact(name)
    factory = web3.eth.contract(abi=built["abi"], bytecode=built["bytecode"])
    receipt = _mined(web3, factory.constructor(argument).transact({"from": sender}))
    return web3.eth.contract(address=receipt["contractAddress"], abi=built["abi"])


def _mined(web3: Web3, tx_hash: bytes) -> dict:
    receipt = web3.eth.wait_for_transaction_receipt(tx_hash)
    assert receipt["status"] == 1
    return receipt


def _word(web3: Web3, ledger: str, delivery: DeliveryId) -> int:
    place = int.from_bytes(keccak(encode(["bytes32", "uint256"], [delivery, 0])), "big")
    return int.from_bytes(web3.eth.get_storage_at(ledger, place), "big")


def _extended(web3: Web3, ledger: str, head: bytes, item: object, receipt: dict) -> bytes:
    time = web3.eth.get_block(receipt["blockNumber"])["timestamp"]
    writer = Address(bytes.fromhex(receipt["from"][2:]))
    word = _word(web3, ledger, item.delivery_id)
    return digests.next_head(head, digests.struct_hash(item), word, writer, receipt["blockNumber"], time)
