"""Verification names what was tampered with: each kind of fault, planted in a copy of a real data directory."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from chain_client.domain.hashing import keccak256
from chain_client.domain.ids import DeliveryId
from scripts.erasing import erase
from scripts.network import open_network
from scripts.output import Output
from scripts.verification.found import Findings
from scripts.verify import verify
from tests.scripts.small_stack import Stack, not_served, served


async def _verify(stack: Stack, path: Path, statement: str) -> Findings:
    """Return what is found in a copy that was tampered with by this statement."""
    directory = stack.copy(path)
    database = sqlite3.connect(path / "doorstep.db")
    database.create_function("keccak", 2, lambda salt, body: keccak256(salt + body))
    with database:
        assert database.execute(statement).rowcount != 0
    database.close()
    async with open_network(directory) as net:
        return await verify(net, Output(json=True), patience=0, api_transport=not_served())


async def test_a_clean_copy_has_no_difference(stack: Stack, tmp_path: Path) -> None:
    directory = stack.copy(tmp_path / "copy")
    async with open_network(directory) as net, served(net) as transport:
        findings = await verify(net, Output(json=True), patience=0, api_transport=transport)
    assert findings.difference is None
    assert findings.not_compared == []
    assert findings.remarks == []
    compared = findings.compared
    assert compared["private texts"] == 17
    assert compared["body hashes"] == 13
    assert (compared["intents recorded"], compared["intents rejected"], compared["intents accepted"]) == (
        18,
        1,
        1,
    )
    assert (compared["receipts kept"], compared["receipts not due yet"]) == (4, 2)
    assert (
        compared["block headers chained"] == findings.block - net.ledger.deployment.identity.deploy_block + 1
    )
    assert compared["reputations served by the API"] == 4


_COMMENT = (
    "(SELECT hash FROM documents WHERE kind = 'content' AND delivery_id IN "
    "(SELECT delivery_id FROM intents WHERE kind = 'feedback' AND state = 'recorded') ORDER BY delivery_id LIMIT 1)"
)
_LAST_BYTE = (
    "CAST(substr(payload, 1, length(payload) - 1) || iif(substr(payload, -1) = x'00', x'01', x'00') AS BLOB)"
)
_RECORDED = "(SELECT min(seq) FROM intents WHERE kind = 'feedback' AND state = 'recorded')"
_REJECTED = "(SELECT seq FROM intents WHERE state = 'rejected')"
_WAITING = "(SELECT seq FROM intents WHERE state = 'accepted')"
_OPENING = "(SELECT min(seq) FROM intents WHERE kind = 'opening')"
_RECEIPT = "(SELECT rowid FROM receipts ORDER BY digest LIMIT 1)"

TAMPERINGS: dict[str, tuple[str, str, str]] = {
    # What was done; where the difference is, and what it is said to be.
    "the index ends five blocks early": (
        "UPDATE cursors SET block_number = block_number - 5, final_number = final_number - 5",
        "read model",
        "last block of the index",
    ),
    "the index says an earlier block is final": (
        "UPDATE cursors SET final_number = final_number - 1",
        "read model",
        "last final block of the index",
    ),
    "the index's end is gone": ("DELETE FROM cursors", "read model", "row of cursors"),
    "the index is ahead of the node": (
        "UPDATE cursors SET block_number = block_number + 9",
        "node",
        "block ",
    ),
    "a rating": ("UPDATE stops SET overall = 1 WHERE overall = 4", "read model", "overall in stops (delivery_id 0x"),
    "a count": ("UPDATE daily_counts SET overall_5 = 40 WHERE part = 'all'", "read model", "overall_5 in daily_counts (part all"),
    "an entry deleted": (
        "DELETE FROM entries WHERE kind = 'feedback' AND log_index = 0",
        "read model",
        "row of entries (block_number ",
    ),
    "a comment deleted": (
        f"DELETE FROM documents WHERE hash = {_COMMENT}",
        "private text",
        "row of documents (delivery_id 0x",
    ),
    "a comment nulled": (
        f"UPDATE documents SET salt = NULL, body = NULL WHERE hash = {_COMMENT}",
        "private text",
        "salt in documents (delivery_id 0x",
    ),
    "a comment's text nulled": (
        f"UPDATE documents SET body = NULL WHERE hash = {_COMMENT}",
        "private text",
        "body in documents (delivery_id 0x",
    ),
    "a comment's text replaced": (
        f"UPDATE documents SET body = CAST('{{}}' AS BLOB) WHERE hash = {_COMMENT}",
        "private text",
        "hash of salt and body in documents (delivery_id 0x",
    ),
    "a comment replaced with a hash of its own": (
        f"UPDATE documents SET hash = keccak(salt, CAST('{{}}' AS BLOB)), body = CAST('{{}}' AS BLOB) "
        f"WHERE hash = {_COMMENT}",
        "private text",
        "row of documents (delivery_id 0x",
    ),
    "a comment moved to another delivery": (
        f"UPDATE documents SET delivery_id = (SELECT max(delivery_id) FROM documents) WHERE hash = {_COMMENT}",
        "private text",
        "row of documents (delivery_id 0x",
    ),
    "a comment relabelled": (
        f"UPDATE documents SET kind = 'evidence' WHERE hash = {_COMMENT}",
        "private text",
        "kind in documents (delivery_id 0x",
    ),
    "a record deleted": (
        "DELETE FROM documents WHERE rowid = (SELECT min(rowid) FROM documents WHERE kind = 'record')",
        "private text",
        "row of documents (delivery_id 0x",
    ),
    "the text of waiting feedback deleted": (
        f"DELETE FROM documents WHERE kind = 'content' AND delivery_id = "
        f"(SELECT delivery_id FROM intents WHERE seq = {_WAITING})",
        "private text",
        "row of documents (delivery_id 0x",
    ),
    "a text that nobody committed to": (
        "INSERT INTO documents SELECT ledger_id, keccak(salt, CAST('{}' AS BLOB)), 'content', delivery_id, salt, "
        "CAST('{}' AS BLOB), 0 FROM documents LIMIT 1",
        "private text",
        "row of documents (delivery_id 0x",
    ),
    "a waybill replaced": (
        "UPDATE waybills SET waybill = 'another' WHERE waybill = 'B'",
        "private text",
        "delivery id of the waybill in waybills (delivery_id 0x",
    ),
    "a receipt deleted": (
        f"DELETE FROM receipts WHERE rowid = {_RECEIPT}",
        "receipts",
        "row of receipts (delivery_id 0x",
    ),
    "a receipt's deadline": (
        f"UPDATE receipts SET record_by = record_by + 3600 WHERE rowid = {_RECEIPT}",
        "receipts",
        "signer of receipts (delivery_id 0x",
    ),
    "a receipt's digest": (
        f"UPDATE receipts SET digest = zeroblob(32) WHERE rowid = {_RECEIPT}",
        "receipts",
        "signer of receipts (delivery_id 0x",
    ),
    "a receipt's revision": (
        f"UPDATE receipts SET revision = 2 WHERE rowid = {_RECEIPT}",
        "receipts",
        "feedback promised by receipts (delivery_id 0x",
    ),
    "an intent's state: rejected, though recorded": (
        f"UPDATE intents SET state = 'rejected', reason = 32 WHERE seq = {_RECORDED}",
        "outbox",
        "rejection of intents (seq ",
    ),
    "an intent's state: recorded, though rejected": (
        f"UPDATE intents SET state = 'recorded', reason = NULL WHERE seq = {_REJECTED}",
        "outbox",
        "entry of intents (seq ",
    ),
    "an intent's state: recorded, though it waits": (
        f"UPDATE intents SET state = 'recorded' WHERE seq = {_WAITING}",
        "outbox",
        "entry of intents (seq ",
    ),
    "an intent's state: waiting, though recorded": (
        f"UPDATE intents SET state = 'accepted', batch_id = NULL, batch_index = NULL, block_number = NULL, "
        f"tx_hash = NULL, log_index = NULL WHERE seq = {_RECORDED}",
        "outbox",
        "recorded intent of the feedback at block ",
    ),
    "an intent's state: discarded, though recorded": (
        f"UPDATE intents SET state = 'rejected', batch_id = NULL, batch_index = NULL, block_number = NULL, "
        f"tx_hash = NULL, log_index = NULL WHERE seq = {_RECORDED}",
        "outbox",
        "recorded intent of the feedback at block ",
    ),
    "an intent's state: sent, though settled": (
        f"UPDATE intents SET state = 'sent' WHERE seq = {_RECORDED}",
        "outbox",
        "batch of intents (seq ",
    ),
    "an intent's position": (
        f"UPDATE intents SET log_index = log_index + 1 WHERE seq = {_OPENING}",
        "outbox",
        "entry of intents (seq ",
    ),
    "an intent's transaction": (
        f"UPDATE intents SET tx_hash = zeroblob(32) WHERE seq = {_RECORDED}",
        "outbox",
        "tx_hash in intents (seq ",
    ),
    "an intent's reason": (
        f"UPDATE intents SET reason = 30 WHERE seq = {_REJECTED}",
        "outbox",
        "rejection of intents (seq ",
    ),
    "a feedback's body hash": (
        f"UPDATE intents SET body_hash = zeroblob(32) WHERE seq = {_RECORDED}",
        "outbox",
        "body_hash in intents (seq ",
    ),
    "an opening's body hash": (
        f"UPDATE intents SET body_hash = zeroblob(32) WHERE seq = {_OPENING}",
        "outbox",
        "body_hash in intents (seq ",
    ),
    "an opening's key": (
        f"UPDATE intents SET key = zeroblob(32) WHERE seq = {_OPENING}",
        "outbox",
        "key in intents (seq ",
    ),
    "a report's body hash": (
        "UPDATE intents SET body_hash = zeroblob(32) WHERE seq = (SELECT max(seq) FROM intents WHERE kind = 'report')",
        "outbox",
        "body_hash in intents (seq ",
    ),
    "an opening's payload": (
        f"UPDATE intents SET payload = {_LAST_BYTE} WHERE seq = {_OPENING}",
        "outbox",
        "entry of intents (seq ",
    ),
    "a payload that is no item": (
        f"UPDATE intents SET payload = x'00' WHERE seq = {_OPENING}",
        "outbox",
        "payload in intents (seq ",
    ),
    "a recorded feedback's signature": (
        f"UPDATE intents SET payload = {_LAST_BYTE} "
        f"WHERE seq = {_RECORDED}",
        "outbox",
        "signer of the payload in intents (seq ",
    ),
    "a waiting feedback's signature": (
        f"UPDATE intents SET payload = {_LAST_BYTE} "
        f"WHERE seq = {_WAITING}",
        "outbox",
        "signer of the payload in intents (seq ",
    ),
    "an intent deleted": (
        f"DELETE FROM intents WHERE seq = {_RECORDED}",
        "outbox",
        "recorded intent of the feedback at block ",
    ),
    "a report's intent deleted": (
        "DELETE FROM intents WHERE seq = (SELECT max(seq) FROM intents WHERE kind = 'report')",
        "outbox",
        "recorded intent of the report at block ",
    ),
    "a waiting intent deleted": (
        f"DELETE FROM intents WHERE seq = {_WAITING}",
        "receipts",
        "feedback promised by receipts (delivery_id 0x",
    ),
    "a stored transaction": (
        "UPDATE tx_versions SET raw = x'00' WHERE rowid = (SELECT min(rowid) FROM tx_versions)",
        "outbox",
        "raw in tx_versions (tx_hash 0x",
    ),
    "text where bytes belong": (
        f"UPDATE documents SET body = CAST(body AS TEXT) WHERE hash = {_COMMENT}",
        "database",
        "body in documents (delivery_id 0x",
    ),
    "text where bytes belong, in the read model": (
        "UPDATE drivers SET head = 'none' WHERE driver = 1",
        "database",
        "head in drivers (driver 1)",
    ),
    "text where bytes belong, in the index's end": (
        "UPDATE cursors SET block_hash = 'none'",
        "database",
        "block_hash in cursors (",
    ),
    "text where a number belongs": (
        f"UPDATE intents SET block_number = 'many' WHERE seq = {_RECORDED}",
        "database",
        "block_number in intents (seq ",
    ),
    "a hash that is too short": (
        f"UPDATE receipts SET signature = x'00' WHERE rowid = {_RECEIPT}",
        "database",
        "signature in receipts (delivery_id 0x",
    ),
    "a column that is gone": (
        "ALTER TABLE documents DROP COLUMN salt",
        "database",
        "table documents",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TAMPERINGS)
async def test_a_tampering_is_named(stack: Stack, tmp_path: Path, name: str) -> None:
    statement, where, what = TAMPERINGS[name]
    difference = (await _verify(stack, tmp_path / "copy", statement)).difference
    assert difference is not None
    assert (difference.where, difference.what[: len(what)]) == (where, what), difference


@pytest.mark.parametrize(("tamper", "code"), [(False, 0), (True, 1)])
def test_the_command_ends_with_the_code(stack: Stack, tmp_path: Path, tamper: bool, code: int) -> None:
    stack.copy(tmp_path / "copy")
    if tamper:
        database = sqlite3.connect(tmp_path / "copy" / "doorstep.db")
        with database:
            database.execute("UPDATE documents SET body = CAST(body AS TEXT)")
        database.close()
    command = [sys.executable, "-m", "scripts.main", "verify", "--data", str(tmp_path / "copy")]
    done = subprocess.run(
        [*command, "--second-node", stack.url], cwd=Path(__file__).parents[2], capture_output=True, text=True
    )
    assert done.returncode == code, done.stderr
    assert ("DIFFERENCE in the database: body in documents (delivery_id 0x" in done.stdout) is tamper
    assert ("No difference." in done.stdout) is not tamper
    assert "taken on trust: The two nodes together could serve an invented continuation" in done.stdout
    assert not re.search("Traceback", done.stderr)


async def test_an_erased_text_needs_a_record_of_who_had_it_erased(stack: Stack, tmp_path: Path) -> None:
    wiped = f"UPDATE documents SET salt = NULL, body = NULL, erased = 1 WHERE hash = {_COMMENT}"
    difference = (await _verify(stack, tmp_path / "unrecorded", wiped)).difference
    assert difference is not None
    assert difference.what.startswith("salt and body in documents (delivery_id 0x")
    assert difference.expected == "the text, or a record of who had it erased and when"


async def test_what_was_erased_by_command_is_no_difference(stack: Stack, tmp_path: Path) -> None:
    directory = stack.copy(tmp_path / "erased")
    database = sqlite3.connect(tmp_path / "erased" / "doorstep.db")
    deliveries = [row[0] for row in database.execute("SELECT delivery_id FROM waybills")]
    database.close()
    for delivery in deliveries:
        await erase(directory, DeliveryId(delivery), "delivery", 60, lambda _: None)
    async with open_network(directory) as net:
        findings = await verify(net, Output(json=True), patience=0, api_transport=not_served())
    assert findings.difference is None
    assert findings.compared["private texts erased"] == 17
