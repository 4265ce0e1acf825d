"""Calldata of the ledger's batch functions."""

from __future__ import annotations

from collections.abc import Sequence

from chain_client.domain.records import Item, Kind
from chain_client.domain.signatures import CompactSignature


def encode_batch(kind: Kind, items: Sequence[Item], signatures: Sequence[CompactSignature] = ()) -> bytes:
    """Return the calldata of a batch of one kind."""
    raise NotImplementedError
