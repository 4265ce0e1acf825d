"""Holding the relay to its promise, from a node alone: whether a receipt was kept, and sending what was dropped."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from chain_client.bindings.artefact import ledger_artefact
from chain_client.bindings.calls import encode_batch
from chain_client.bindings.errors import LedgerGone, NoCode, WrongCode
from chain_client.bindings.events import decode_log
from chain_client.bindings.signer import Signer
from chain_client.bindings.slots import delivery_slot, was_driver_slot
from chain_client.bindings.transactions import transact
from chain_client.domain.digests import SigningDomain, digest
from chain_client.domain.errors import DoorstepError, InvalidInput
from chain_client.domain.ids import Address, DeliveryId, Hash32, to_hex
from chain_client.domain.records import (
    Feedback,
    ItemRejected,
    Kind,
    LoggedEvent,
    Position,
    Reason,
    Receipt,
    Recorded,
)
from chain_client.domain.rules import check_feedback
from chain_client.domain.signatures import recover
from chain_client.domain.words import DeliveryWord
from chain_client.intake import refusals
from chain_client.rpc.errors import WrongChain
from chain_client.rpc.node import Node
from chain_client.rpc.proven import ProvenNode
from chain_client.rpc.records import Block
from scripts.datadir import DataDirectory
from scripts.network import connect
from scripts.output import iso
from scripts.saved_feedback import SavedFeedback, SavedReceipt

_U32: Final = (1 << 32) - 1


class NotRecorded(DoorstepError):
    """The ledger does not take this feedback; the message says why. Send it again only where time can cure that."""

    code = "not-recorded"


class Verdict(StrEnum):
    """What became of a promise."""

    KEPT = "kept"
    BROKEN = "broken"
    NOT_YET = "not yet"


@dataclass(frozen=True, slots=True)
class Checked:
    """A promise and what became of it; `recorded` is where the feedback is on chain, None where it is not."""

    verdict: Verdict
    receipt: SavedReceipt
    recorded: Position | None
    chain_time: int
    """The time of the next block at the earliest, by the chain's clock."""

    def to_json(self) -> dict[str, Any]:
        """Return it as the command's JSON has it."""
        at = self.recorded
        return {
            "verdict": self.verdict.value,
            "feedback_digest": to_hex(self.receipt.feedback_digest),
            "record_by": iso(self.receipt.record_by),
            "relay": to_hex(self.receipt.relay),
            "recorded": None if at is None else _place(at),
            "chain_time": iso(self.chain_time),
        }


def _place(at: Position) -> dict[str, Any]:
    return {
        "block": at.block_number,
        "time": iso(at.block_time),
        "tx_hash": to_hex(at.tx_hash),
        "log_index": at.log_index,
    }


@dataclass(frozen=True, slots=True)
class _Contract:
    """One ledger on one node, known by its signing domain."""

    node: Node
    domain: SigningDomain

    @property
    def address(self) -> Address:
        return self.domain.contract

    async def find(self, wanted: Hash32, delivery: DeliveryId | None, last: Block) -> Position | None:
        """Return where the feedback of this digest is recorded, up to the block `last`; the proof of it is checked."""
        topics: list[list[bytes]] = [[ledger_artefact().events["FeedbackRecorded"].key]]
        if delivery is not None:
            topics.append([delivery])
        logs = await self.node.logs(self.address, self.node.genesis.number, last.number, topics)
        for log in logs:
            if self.is_feedback(decode_log(log), wanted):
                await self._prove(log.position, wanted)
                return log.position
        return None

    def is_feedback(self, logged: LoggedEvent | None, wanted: Hash32) -> bool:
        event = None if logged is None else logged.event
        return (
            isinstance(event, Recorded)
            and isinstance(event.item, Feedback)
            and digest(self.domain.separator(), event.item) == wanted
        )

    async def _prove(self, at: Position, wanted: Hash32) -> None:
        """Hold the entry to its block's receipts root, where the engine has one; raises ProofFailed or NotRecorded."""
        proven = ProvenNode(self.node)
        header = await proven.header(at.block_number) if proven.proves else None
        if header is None:
            return
        if not any(
            self.is_feedback(decode_log(log), wanted) for log in await proven.logs(self.address, header)
        ):
            raise NotRecorded(
                f"The node says that the feedback is in block {at.block_number}, whose receipts do not have it: it lies, "
                "or its data is damaged. Ask another node."
            )

    async def prove_absent(self, item: Feedback, last: Block) -> None:
        """Hold what was not found to the delivery's word, proven by the block's state root: its revision is not reached.

        Where it is, other feedback must have taken the revision. Raises ProofFailed, or NotRecorded for a node that
        hides the entry of that revision.
        """
        proven = ProvenNode(self.node)
        header = await proven.header(last.number) if proven.proves else None
        if header is None:
            return
        _, (stored,) = await proven.storage(self.address, [delivery_slot(item.delivery_id)], header)
        word = DeliveryWord.unpack(stored)
        if word is None or word.revision < item.revision:
            return
        topics: list[list[bytes]] = [[ledger_artefact().events["FeedbackRecorded"].key], [item.delivery_id]]
        logs = await self.node.logs(self.address, self.node.genesis.number, last.number, topics)
        events = [logged.event for logged in map(decode_log, logs) if logged is not None]
        shown = {
            event.item.revision
            for event in events
            if isinstance(event, Recorded) and isinstance(event.item, Feedback)
        }
        if item.revision not in shown:
            raise NotRecorded(
                f"The delivery has feedback of revision {word.revision}, and the node shows none of revision "
                f"{item.revision}: it hides entries. Ask another node."
            )

    async def word(self, delivery: DeliveryId) -> DeliveryWord | None:
        """Return the delivery's word."""
        return DeliveryWord.unpack(await self.node.storage(self.address, delivery_slot(delivery)))


async def attach(node: Node, saved: SavedFeedback, directory: DataDirectory | None) -> _Contract:
    """Return the ledger that the file is about, once it is certain that the node has this one.

    The file names it, or else the data directory does. Raises InvalidInput where neither does or they contradict each
    other; WrongChain, LedgerGone, NoCode and WrongCode where the node has another one (never retry).
    """
    local = None if directory is None else directory.deployment().identity
    domain = saved.domain or (local.signing_domain if local is not None else None)
    if domain is None:
        raise InvalidInput("domain", "is not in the file: name the data directory of its ledger with --data")
    if node.chain_id != domain.chain_id:
        raise WrongChain(node.url, domain.chain_id, node.chain_id)
    genesis = saved.genesis_hash or (
        local.genesis_hash if local is not None and saved.domain is None else None
    )
    if genesis is not None and node.genesis.hash != genesis:
        raise LedgerGone("the genesis block", genesis, node.genesis.hash, node.url)
    code, artefact = await node.code(domain.contract), ledger_artefact()
    if not code:
        raise NoCode(domain.contract, node.chain_id, node.url)
    if artefact.masked_hash(code) != artefact.code_hash:
        raise WrongCode(domain.contract, artefact.code_hash, artefact.masked_hash(code))
    return _Contract(node, domain)


async def node_of(rpc: str | None, data: Path) -> tuple[Node, DataDirectory | None]:
    """Return the node at `rpc`, or that of the data directory, which is returned where there is one."""
    directory = DataDirectory(data)
    known = directory if directory.exists else None
    if rpc is None:
        rpc = directory.network().rpc  # NotADataDirectory says what to give
    return await connect(rpc), known


async def check(node: Node, saved: SavedFeedback, directory: DataDirectory | None) -> Checked:
    """Return whether the promise in the file was kept, was broken, or is not due yet.

    The relay promised that the feedback is on chain by a time, by the chain's clock. Kept: it is, in a block of that
    time or earlier. Broken: it is in a later block, or in none though the next one must be later. Raises InvalidInput
    for a file without a receipt and for a receipt that the relay it names did not sign; errors of `attach`.
    """
    receipt = saved.receipt
    if receipt is None:
        raise InvalidInput("receipt", "is not in the file: the service gave none, and promised nothing")
    contract = await attach(node, saved, directory)
    separator = contract.domain.separator()
    if not 0 <= receipt.record_by <= _U32:
        raise InvalidInput("receipt.record_by", "must be a time of the ledger's, before 2106-02-07")
    promise = digest(separator, Receipt(receipt.feedback_digest, receipt.record_by))
    if recover(promise, receipt.signature) != receipt.relay:
        raise InvalidInput(
            "receipt.signature",
            f"is not {to_hex(receipt.relay)}'s over this promise: the file is no receipt of that relay",
        )
    delivery = None
    if saved.feedback is not None:
        if digest(separator, saved.feedback) != receipt.feedback_digest:
            raise InvalidInput("receipt.feedback_digest", "is another feedback's than the one in the file")
        delivery = saved.feedback.delivery_id
    now, final = await node.next_time(), await node.final()
    at = await contract.find(receipt.feedback_digest, delivery, final)
    if at is None and saved.feedback is not None:
        await contract.prove_absent(saved.feedback, final)
    if at is not None:
        verdict = Verdict.KEPT if at.block_time <= receipt.record_by else Verdict.BROKEN
    else:
        verdict = Verdict.BROKEN if now > receipt.record_by else Verdict.NOT_YET
    return Checked(verdict, receipt, at, now)


@dataclass(frozen=True, slots=True)
class Sent:
    """Feedback on chain; `by_now` says whether this call sent it, or found it there."""

    feedback_digest: Hash32
    at: Position
    by_now: bool

    def to_json(self) -> dict[str, Any]:
        """Return it as the command's JSON has it."""
        return {
            "feedback_digest": to_hex(self.feedback_digest),
            "sent": self.by_now,
            "recorded": _place(self.at),
        }


async def send(node: Node, saved: SavedFeedback, directory: DataDirectory | None, signer: Signer) -> Sent:
    """Bring the signed feedback of the file on chain, for anyone; the signer pays for the gas and needs no role.

    Feedback that is there already is found and not sent again. Raises InvalidInput for a file without signed feedback,
    NotRecorded where the ledger would not, or did not, take it; errors of `attach` and `transact`.
    """
    item, signature = saved.feedback, saved.signature
    if item is None or signature is None:
        raise InvalidInput("feedback", "is not in the file: it must be what the recipient's page saves")
    contract = await attach(node, saved, directory)
    signed = digest(contract.domain.separator(), item)
    found = await contract.find(signed, item.delivery_id, await node.head())
    if found is not None:
        return Sent(signed, found, by_now=False)
    word, now = await contract.word(item.delivery_id), await node.next_time()
    was_driver = await node.storage(contract.address, was_driver_slot(item.delivery_id, item.driver))
    judged = check_feedback(
        item, word, was_driver=bool(was_driver), signer=recover(signed, signature), now=now
    )
    if isinstance(judged, Reason):
        refusal = refusals.reason_refusal(judged, item, word, now)
        raise NotRecorded(
            f"The ledger does not take this feedback: {refusal.field} {refusal.message}. Nothing was sent."
        )
    calldata = encode_batch(Kind.FEEDBACK, [item], [signature])
    receipt = await transact(node, signer, contract.address, calldata)
    for logged in filter(None, map(decode_log, receipt.logs)):
        if contract.is_feedback(logged, signed):
            return Sent(signed, logged.position, by_now=True)
        if isinstance(logged.event, ItemRejected):
            raise NotRecorded(
                f"The ledger rejected the feedback: reason {logged.event.reason}. Look, and send it again."
            )
    raise NotRecorded(f"Transaction {to_hex(receipt.tx_hash)} was mined and has no event of the ledger's.")
