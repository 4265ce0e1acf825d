"""Logs of the ledger to domain events."""

from __future__ import annotations

from chain_client.domain.records import LoggedEvent
from chain_client.rpc.records import Log


def decode_log(log: Log) -> LoggedEvent | None:
    """Return the event of a log; None where it is not one of the ledger's."""
    raise NotImplementedError
