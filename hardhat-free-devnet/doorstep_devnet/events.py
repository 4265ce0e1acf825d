"""Tells subscribers of new blocks and logs, and of logs taken back. Lives on the event loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from .records import BlockData
from .transactions import SignedTx


class Listener(Protocol):
    """What a subscriber does; called on the event loop and must not block or raise."""

    def on_block(self, data: BlockData) -> None:
        """A block became the head."""

    def on_removed(self, blocks: list[BlockData]) -> None:
        """These blocks, newest first, are no longer part of the chain."""

    def on_pending(self, signed: SignedTx) -> None:
        """A transaction was taken and waits."""


class Events:
    """The subscribers of one node."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def add(self, listener: Listener) -> Callable[[], None]:
        """Tell `listener` from now on; the answer stops it."""
        self._listeners.append(listener)

        def remove() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return remove

    def publish_block(self, data: BlockData) -> None:
        """Tell of a new head."""
        for listener in tuple(self._listeners):
            listener.on_block(data)

    def publish_removed(self, blocks: list[BlockData]) -> None:
        """Tell of blocks taken back."""
        for listener in tuple(self._listeners):
            listener.on_removed(blocks)

    def publish_pending(self, signed: SignedTx) -> None:
        """Tell of a transaction taken."""
        for listener in tuple(self._listeners):
            listener.on_pending(signed)
