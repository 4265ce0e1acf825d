"""Checks requests against the ledger's rules and stores them: the door through which everything goes on chain.

Front door: `Intake`, the requests it takes and the answers it gives.
"""

from chain_client.intake.answers import Answer, Refusal, SignedReceipt, Status
from chain_client.intake.desk import ReceiptSigner, RoleMissing
from chain_client.intake.expected import IndexNotReady, RelayStopped
from chain_client.intake.feedback import PreparedFeedback
from chain_client.intake.intake import Intake
from chain_client.intake.key_changes import PreparedKeyChange
from chain_client.intake.openings import PreparedDelivery
from chain_client.intake.read_tokens import NothingToRead, NotTakenOver, TokenFixed
from chain_client.intake.refusals import code_of
from chain_client.intake.reports import PreparedReport
from chain_client.intake.requests import (
    MAX_DEPTH,
    MAX_DOCUMENT,
    MAX_ITEMS,
    MAX_WAYBILL,
    DeliveryRequest,
    FeedbackRequest,
    KeyChangeRequest,
    ReadTokenRequest,
    ReportRequest,
)
from chain_client.intake.walk import SentTwiceAtOnce

__all__ = [
    "MAX_DEPTH",
    "MAX_DOCUMENT",
    "MAX_ITEMS",
    "MAX_WAYBILL",
    "Answer",
    "DeliveryRequest",
    "FeedbackRequest",
    "IndexNotReady",
    "Intake",
    "KeyChangeRequest",
    "NotTakenOver",
    "NothingToRead",
    "PreparedDelivery",
    "PreparedFeedback",
    "PreparedKeyChange",
    "PreparedReport",
    "ReadTokenRequest",
    "ReceiptSigner",
    "Refusal",
    "RelayStopped",
    "ReportRequest",
    "RoleMissing",
    "SentTwiceAtOnce",
    "SignedReceipt",
    "Status",
    "TokenFixed",
    "code_of",
]
