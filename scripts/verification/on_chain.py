"""What the ledger's events commit to, besides words and heads: documents' hashes, and where each item is recorded."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from chain_client.domain.ids import ZERO_HASH, Address, DeliveryId, Hash32
from chain_client.domain.records import Feedback, ItemRejected, KeyChange, Kind, LoggedEvent, Opening, Report
from chain_client.indexer.replay import AppliedEntry
from chain_client.vault.documents import DocumentKind

_KEY_MASK: Final = (1 << 160) - 1

LogPlace = tuple[int, int]
"""Block number and log index."""


class RecordedItem(NamedTuple):
    """An entry: the item's ABI words, and for signed kinds the recipient's key that must have signed it."""

    kind: Kind
    raw: bytes
    tx_hash: Hash32
    time: int
    key: Address | None
    writer: Address


class RejectedItem(NamedTuple):
    """An item that the ledger refused; `item_index` counts within its call."""

    delivery_id: DeliveryId
    item_index: int
    reason: int
    tx_hash: Hash32


@dataclass(slots=True)
class OnChain:
    """Collected while events are replayed, in chain order."""

    recorded: dict[LogPlace, RecordedItem] = field(default_factory=dict)
    rejected: dict[LogPlace, RejectedItem] = field(default_factory=dict)
    committed: dict[tuple[DeliveryId, Hash32], set[DocumentKind]] = field(
        default_factory=lambda: defaultdict(set)
    )
    keys: dict[DeliveryId, list[Address]] = field(default_factory=lambda: defaultdict(list))
    """The keys that a delivery has had, in order."""

    def add(self, logged: LoggedEvent, entry: AppliedEntry | None) -> None:
        """Take the next event, and the entry that it is."""
        at = logged.position
        place = (at.block_number, at.log_index)
        if entry is not None:
            key = self._signer(entry)
            self.recorded[place] = RecordedItem(
                entry.kind, entry.raw, at.tx_hash, at.block_time, key, entry.writer
            )
            self._commit(entry)
        elif isinstance(logged.event, ItemRejected):
            event = logged.event
            self.rejected[place] = RejectedItem(event.delivery_id, event.index, event.reason, at.tx_hash)

    def _signer(self, entry: AppliedEntry) -> Address | None:
        keys = self.keys[entry.delivery_id]
        match entry.item:
            case Opening():
                keys.append(entry.item.recipient_key)
            case KeyChange():
                signer = keys[-1] if keys else None
                keys.append(entry.item.new_key)
                return signer
            case Feedback():
                return Address((entry.word & _KEY_MASK).to_bytes(20, "big"))
        return None

    def _commit(self, entry: AppliedEntry) -> None:
        for kind, document_hash in committed_by(entry.item):
            self.committed[entry.delivery_id, document_hash].add(kind)


def committed_by(item: object) -> list[tuple[DocumentKind, Hash32]]:
    """Return the hash of the private document that an item commits to, with the document's kind; none where zero."""
    match item:
        case Opening():
            found: tuple[DocumentKind, Hash32] = ("record", item.record_hash)
        case Report():
            found = ("evidence", item.evidence_hash)
        case Feedback():
            found = ("content", item.content_hash)
        case _:
            return []
    return [] if found[1] == ZERO_HASH else [found]
