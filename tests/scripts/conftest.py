"""Fixtures of the command's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.scripts.small_stack import Stack, small_stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A small network that has been at work, for all tests that only copy it or read it."""
    with small_stack(tmp_path_factory.mktemp("stack")) as made:
        yield made
