"""A document's size is bounded before it is written, by exactly the bytes that it would take."""

from __future__ import annotations

from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain_client.domain.digests import canonical_json
from chain_client.domain.errors import InvalidInput
from chain_client.intake import checks

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=30,
)


@given(document=st.dictionaries(TEXT, VALUES, max_size=5))
def test_the_limit_is_that_of_the_canonical_bytes(document: dict[str, object]) -> None:
    size = len(canonical_json(document))
    with mock.patch.object(checks, "MAX_DOCUMENT", size):
        assert len(checks.document(document, "record")) == size
    with mock.patch.object(checks, "MAX_DOCUMENT", size - 1), pytest.raises(InvalidInput, match="shorten it"):
        checks.document(document, "record")
