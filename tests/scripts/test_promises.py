"""A receipt is judged, and dropped feedback sent, from the file that the recipient's page saves and a node alone."""

from __future__ import annotations

import os
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import orjson
import pytest

from chain_client.domain.digests import digest
from chain_client.domain.errors import InvalidInput
from chain_client.domain.ids import ZERO_HASH, DeliveryId, delivery_id, to_hex
from chain_client.domain.records import DAY, Feedback, Kind, Opening, Outcome, Receipt, Report
from chain_client.rpc.proofs import ProofFailed
from scripts import promises
from scripts.promises import NotRecorded, Verdict
from scripts.saved_feedback import SavedFeedback, read
from tests.scripts.small_stack import Stack
from tests.support.chain import SmallNetwork, signer

SALT = bytes([7]) * 32
RECIPIENT, RELAY = signer("recipient"), signer("relay")


async def _delivered(chain: SmallNetwork) -> DeliveryId:
    delivery, now = delivery_id(chain.shipper.number, SALT, "waybill"), chain.provider.time
    opening = Opening(delivery, RECIPIENT.address, chain.carrier.number, now + DAY, ZERO_HASH)
    await chain.send(chain.shipper.writer, Kind.OPENING, [opening])
    report = Report(delivery, chain.drivers[0], Outcome.DELIVERED, now, ZERO_HASH)
    await chain.send(chain.carrier.writer, Kind.REPORT, [report])
    return delivery


def _document(chain: SmallNetwork, item: Feedback, record_by: int) -> dict[str, Any]:
    """Return what `proofOf` of the pages writes."""
    identity = chain.ledger.deployment.identity
    separator = identity.signing_domain.separator()
    hashed = digest(separator, item)
    names = (
        "driver",
        "overall",
        "timeliness",
        "packaging",
        "professionalism",
        "accuracy",
        "issues",
        "revision",
    )
    return {
        "about": "The relay signed Receipt(bytes32 feedbackDigest,uint32 recordBy) in this EIP-712 domain.",
        "domain": {
            "name": "DeliveryLedger",
            "version": "1",
            "chainId": identity.chain_id,
            "verifyingContract": to_hex(identity.address),
        },
        "genesis_hash": to_hex(identity.genesis_hash),
        "feedback": {
            "delivery_id": to_hex(item.delivery_id),
            "content_hash": to_hex(item.content_hash),
            "signature": to_hex(RECIPIENT.sign_digest(hashed)),
            **{name: getattr(item, name) for name in names},
        },
        "feedback_digest": to_hex(hashed),
        "receipt": {
            "feedback_digest": to_hex(hashed),
            "record_by": str(record_by),
            "relay": to_hex(RELAY.address),
            "signature": to_hex(RELAY.sign_digest(digest(separator, Receipt(hashed, record_by)))),
        },
    }


def _said(chain: SmallNetwork, delivery: DeliveryId, overall: int = 4, revision: int = 1) -> Feedback:
    return Feedback(delivery, chain.drivers[0], overall, 5, 0, 0, 0, 0, ZERO_HASH, revision)


def _saved(path: Path, document: dict[str, Any]) -> SavedFeedback:
    file = path / "doorstep-receipt.json"
    file.write_bytes(orjson.dumps(document))
    return read(file)


async def _made(chain: SmallNetwork, path: Path, seconds: int) -> SavedFeedback:
    delivery = await _delivered(chain)
    return _saved(path, _document(chain, _said(chain, delivery), chain.provider.time + seconds))


async def test_a_promise_is_kept_by_a_block_in_time(chain: SmallNetwork, tmp_path: Path) -> None:
    saved = await _made(chain, tmp_path, 600)
    sent = await promises.send(chain.node, saved, None, signer("anyone"))
    checked = await promises.check(chain.node, saved, None)
    assert (checked.verdict, checked.recorded) == (Verdict.KEPT, sent.at)


async def test_a_promise_is_not_due_before_its_time(chain: SmallNetwork, tmp_path: Path) -> None:
    saved = await _made(chain, tmp_path, 600)
    checked = await promises.check(chain.node, saved, None)
    assert (checked.verdict, checked.recorded) == (Verdict.NOT_YET, None)


async def test_a_promise_is_broken_when_the_next_block_is_late(chain: SmallNetwork, tmp_path: Path) -> None:
    saved = await _made(chain, tmp_path, 600)
    chain.provider.advance(601)
    assert (await promises.check(chain.node, saved, None)).verdict is Verdict.BROKEN


async def test_a_promise_is_broken_by_a_late_block(chain: SmallNetwork, tmp_path: Path) -> None:
    saved = await _made(chain, tmp_path, 600)
    chain.provider.advance(601)
    sent = await promises.send(chain.node, saved, None, signer("anyone"))
    checked = await promises.check(chain.node, saved, None)
    assert (checked.verdict, checked.recorded) == (Verdict.BROKEN, sent.at)


async def test_a_bare_receipt_is_checked_with_a_domain_alone(chain: SmallNetwork, tmp_path: Path) -> None:
    delivery = await _delivered(chain)
    document = _document(chain, _said(chain, delivery), chain.provider.time + 600)
    saved = _saved(tmp_path, {"domain": document["domain"], "receipt": document["receipt"]})
    await promises.send(chain.node, _saved(tmp_path, document), None, signer("anyone"))
    assert (await promises.check(chain.node, saved, None)).verdict is Verdict.KEPT
    with pytest.raises(InvalidInput, match="domain: is not in the file"):
        await promises.check(chain.node, _saved(tmp_path, document["receipt"]), None)
    with pytest.raises(InvalidInput, match="feedback: is not in the file"):
        await promises.send(chain.node, saved, None, signer("anyone"))


async def test_a_node_cannot_hide_what_the_state_has(chain: SmallNetwork, tmp_path: Path) -> None:
    saved = await _made(chain, tmp_path, 600)
    await promises.send(chain.node, saved, None, signer("anyone"))
    chain.provider.answers["eth_getLogs"] = lambda _: []
    with pytest.raises(NotRecorded, match="it hides entries"):
        await promises.check(chain.node, saved, None)
    honest = chain.provider.answers["eth_getProof"]

    def forged(account: str, keys: list[str], tag: str) -> dict[str, Any]:
        answer = deepcopy(honest(account, keys, tag))
        answer["storageProof"][0]["value"] = "0x0"
        return answer

    chain.provider.answers["eth_getProof"] = forged
    with pytest.raises(ProofFailed, match="value of slot"):
        await promises.check(chain.node, saved, None)


@pytest.mark.parametrize(
    ("part", "name", "value", "field"),
    [
        ("receipt", "record_by", "1772400000", "receipt.signature"),
        ("receipt", "relay", "0x" + "11" * 20, "receipt.signature"),
        ("feedback", "overall", 1, "receipt.feedback_digest"),
        ("feedback", "overall", "4", "feedback.overall"),
        ("domain", "name", "Another", "domain.name"),
    ],
)
async def test_a_file_that_was_altered_is_refused(
    chain: SmallNetwork, tmp_path: Path, part: str, name: str, value: object, field: str
) -> None:
    delivery = await _delivered(chain)
    document = _document(chain, _said(chain, delivery), chain.provider.time + 600)
    document[part][name] = value
    with pytest.raises(InvalidInput) as caught:
        await promises.check(chain.node, _saved(tmp_path, document), None)
    assert caught.value.field == field


async def test_sending_twice_sends_once(chain: SmallNetwork, tmp_path: Path) -> None:
    saved = await _made(chain, tmp_path, 600)
    first = await promises.send(chain.node, saved, None, signer("anyone"))
    again = await promises.send(chain.node, saved, None, signer("anyone"))
    assert (first.by_now, again.by_now) == (True, False)
    assert first.at == again.at
    assert await chain.node.nonce(signer("anyone").address) == 1


async def test_what_the_ledger_would_reject_is_not_sent(chain: SmallNetwork, tmp_path: Path) -> None:
    saved = await _made(chain, tmp_path, 600)
    assert saved.feedback is not None
    other = _document(chain, _said(chain, saved.feedback.delivery_id, 1), 0)
    await promises.send(chain.node, _saved(tmp_path, other), None, signer("anyone"))
    with pytest.raises(NotRecorded, match=r"revision .* Nothing was sent"):
        await promises.send(chain.node, saved, None, signer("anyone"))
    assert await chain.node.nonce(signer("anyone").address) == 1
    # The revision is taken, and by whom can be seen: the node hides nothing.
    assert (await promises.check(chain.node, saved, None)).verdict is Verdict.NOT_YET


def _run(path: Path, *arguments: str, **environment: str) -> tuple[int, Any]:
    command = [sys.executable, "-m", "scripts.main", *arguments, "--json"]
    root = Path(__file__).parents[2]
    done = subprocess.run(
        command,
        cwd=path,
        env={**os.environ, "PYTHONPATH": str(root), **environment},
        capture_output=True,
        check=False,
    )
    return done.returncode, orjson.loads(done.stdout)


@pytest.mark.parametrize(("waybill", "verdict", "code"), [("A", "kept", 0), ("F", "not yet", 3)])
def test_the_command_asks_a_node_alone(
    stack: Stack, tmp_path: Path, waybill: str, verdict: str, code: int
) -> None:
    (tmp_path / "saved.json").write_bytes(orjson.dumps(stack.saved[waybill]))
    found, answer = _run(tmp_path, "receipt", "check", "saved.json", "--rpc", stack.url)
    assert (found, answer["verdict"]) == (code, verdict)
    assert answer["feedback_digest"] == stack.saved[waybill]["feedback_digest"]


def test_the_command_finds_what_is_there(stack: Stack, tmp_path: Path) -> None:
    (tmp_path / "saved.json").write_bytes(orjson.dumps(stack.saved["A"]))
    key = "0x" + "11" * 32
    found, answer = _run(
        tmp_path, "feedback", "send", "saved.json", "--data", str(stack.directory.path), DOORSTEP_KEY=key
    )
    assert (found, answer["sent"]) == (0, False)
    found, answer = _run(tmp_path, "feedback", "send", "saved.json", "--rpc", stack.url)
    assert (found, answer["error"]["field"]) == (2, "--keystore")
