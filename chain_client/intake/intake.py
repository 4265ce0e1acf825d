"""Intake: checks what members and recipients send, and stores what the ledger will take.

Every verb judges by the ledger's rules at the chain's time, against what each delivery will be once everything
accepted so far is on chain; and stores intents, documents, waybills and receipts in the caller's one transaction. A
thousand items cost a handful of statements. One item's refusal changes nothing for the others.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.domain.errors import InvalidInput
from chain_client.domain.ids import MemberNumber
from chain_client.domain.ledger import LedgerIdentity
from chain_client.health import Limits
from chain_client.intake import bodies, feedback, key_changes, openings, read_tokens, reports
from chain_client.intake.answers import Answer, Refusal
from chain_client.intake.desk import Desk, ReceiptSigner
from chain_client.intake.feedback import PreparedFeedback
from chain_client.intake.key_changes import PreparedKeyChange
from chain_client.intake.openings import PreparedDelivery
from chain_client.intake.reports import PreparedReport
from chain_client.intake.requests import (
    DeliveryRequest,
    FeedbackRequest,
    KeyChangeRequest,
    ReadTokenRequest,
    ReportRequest,
)
from chain_client.store import LedgerId
from chain_client.vault import sealing


class Intake:
    """One ledger's intake. It holds no state of its own: any number of processes may each have one.

    Every verb is called in a write transaction (`Store.write`), whose end makes its answers true; `now` is this
    machine's clock. All of them raise IndexNotReady (retry) while the index has not begun, has stopped or was not kept up
    lately, RelayStopped (retry) where what recipients sign cannot be recorded now,
    SentTwiceAtOnce and WaybillRace (retry) where another process stored the same at the same moment, and Unavailable
    where the database fails; nothing is stored then. What is wrong with single items is in their answers.
    """

    def __init__(
        self,
        ledger_id: LedgerId,
        identity: LedgerIdentity,
        relay: ReceiptSigner | None,
        sealing_key: bytes,
        receipt_seconds: int,
        limits: Limits | None = None,
    ) -> None:
        """Take the relay's signer (None: no receipts), the 32-byte sealing key, and how long a promise may take.

        `limits` say when the chain's observation is too old to judge by, and when the relay stands still.

        All processes of a ledger need the same sealing key, and it must not be lost: with another one, links made
        before cannot be given again, and what was sent before is not recognised but refused as known. Raises
        InvalidInput for a key of another length and a time below a second.
        """
        sealing.check_key(sealing_key)
        if receipt_seconds < 1:
            raise InvalidInput("receipt_seconds", f"must be at least 1, not {receipt_seconds}")
        self._desk = Desk(
            ledger_id,
            identity.signing_domain.separator(),
            relay,
            sealing_key,
            bodies.body_key(sealing_key),
            receipt_seconds,
            Limits(overdue_seconds=receipt_seconds) if limits is None else limits,
        )

    async def open_deliveries(
        self,
        connection: AsyncConnection,
        member: MemberNumber,
        requests: Sequence[DeliveryRequest | PreparedDelivery | Refusal],
        now: int,
    ) -> list[Answer]:
        """Open deliveries for the shipper `member`; answer each, in order.

        Stores intents, waybills and records. A waybill sent again with the same values is a duplicate, and its answer
        carries the link made here for 24 hours. Raises RoleMissing unless `member` is a shipper. Requests may come
        prepared (`prepare_deliveries`), so that no transaction is open while records are brought into canonical form.
        """
        return await openings.open_deliveries(self._desk, connection, member, requests, now)

    def prepare_deliveries(
        self, member: MemberNumber, requests: Sequence[DeliveryRequest]
    ) -> list[PreparedDelivery | Refusal]:
        """Check form and write records canonically: what of `open_deliveries` needs no database. May run in a thread."""
        return [openings.prepare(self._desk, member, request) for request in requests]

    async def report(
        self,
        connection: AsyncConnection,
        member: MemberNumber,
        requests: Sequence[ReportRequest | PreparedReport | Refusal],
        now: int,
    ) -> list[Answer]:
        """Take reports by `member`: the delivery's carrier, or for outcome 6 its shipper; answer each, in order.

        Stores intents and evidence. Raises RoleMissing unless `member` is a carrier or a shipper. Requests may come
        prepared (`prepare_reports`), so that no transaction is open while evidence is brought into canonical form.
        """
        return await reports.report(self._desk, connection, member, requests, now)

    def prepare_reports(self, requests: Sequence[ReportRequest]) -> list[PreparedReport | Refusal]:
        """Check form and write evidence canonically: what of `report` needs no database. May run in a thread."""
        return [reports.prepare(self._desk, request) for request in requests]

    async def feedback(
        self,
        connection: AsyncConnection,
        requests: Sequence[FeedbackRequest | PreparedFeedback | Refusal],
        now: int,
    ) -> list[Answer]:
        """Take signed feedback from anyone; answer each, in order, with the relay's receipt.

        Stores intents, receipts and contents. Requests may come prepared (`prepare_feedback`), so that no
        transaction is open while signatures are recovered. A receipt's `record_by` is by the chain's clock.
        """
        return await feedback.feedback(self._desk, connection, requests, now)

    def prepare_feedback(self, requests: Sequence[FeedbackRequest]) -> list[PreparedFeedback | Refusal]:
        """Check form and recover signers: what of `feedback` needs no database. May run in a thread."""
        return [feedback.prepare(self._desk, request) for request in requests]

    async def change_keys(
        self,
        connection: AsyncConnection,
        requests: Sequence[KeyChangeRequest | PreparedKeyChange | Refusal],
        now: int,
    ) -> list[Answer]:
        """Take recipients' signed key changes from anyone; answer each, in order. Stores intents.

        Requests may come prepared (`prepare_key_changes`), so that no transaction is open while signatures are recovered.
        """
        return await key_changes.change_keys(self._desk, connection, requests, now)

    def prepare_key_changes(self, requests: Sequence[KeyChangeRequest]) -> list[PreparedKeyChange | Refusal]:
        """Check form and recover signers: what of `change_keys` needs no database. May run in a thread."""
        return [key_changes.prepare(self._desk, request) for request in requests]

    async def check_read_token_wish(self, connection: AsyncConnection, request: ReadTokenRequest) -> None:
        """Raise what `replace_read_token` would of the wish itself; changes nothing, so a read transaction is enough.

        For callers who let anyone in: whoever holds no key of the delivery must not hold the write lock either. It is
        checked again with that. Raises InvalidInput, NothingToRead, NotTakenOver, IndexNotReady, as there.
        """
        await read_tokens.check_wish(self._desk, connection, request)

    async def replace_read_token(self, connection: AsyncConnection, request: ReadTokenRequest) -> bool:
        """Let a taken-over delivery be read with the recipient's own token; say whether that is new.

        From anyone with the signature of the delivery's present key over `ReadToken`, once the take-over is final. The
        first one stands for good. From then on the link's token reads and erases nothing, and the link is not given
        again. Nothing goes on chain. Raises InvalidInput (mend it), NothingToRead (never retry), NotTakenOver (retry
        once the key change is recorded), TokenFixed (never retry), IndexNotReady (retry).
        """
        return await read_tokens.replace_read_token(self._desk, connection, request)
