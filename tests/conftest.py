"""Fixtures that several rooms' tests use."""

from __future__ import annotations

import pytest
from hypothesis import settings

from tests.support.chain import SmallNetwork, Template, copy_of, template

# How long an example takes says nothing on a shared machine.
settings.register_profile("doorstep", deadline=None)
settings.load_profile("doorstep")


@pytest.fixture(scope="session")
def chain_template() -> Template:
    """The network that `chain` copies, built on first use."""
    return template()


@pytest.fixture
async def chain(chain_template: Template) -> SmallNetwork:
    """A small network of this test's own, in process: see `tests.support.chain`."""
    return await copy_of(chain_template)
