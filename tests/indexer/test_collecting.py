import gc

import pytest

from chain_client.indexer.collecting import collector_held


@pytest.mark.parametrize("on", [True, False])
def test_the_collector_is_held_by_every_holder_and_left_as_it_was(on):
    assert gc.isenabled(), "as pytest runs"
    if not on:
        gc.disable()
    try:
        one, two = collector_held(), collector_held()
        one.__enter__()
        two.__enter__()
        assert not gc.isenabled()
        one.__exit__(None, None, None)
        assert not gc.isenabled(), "the other still holds it"
        two.__exit__(None, None, None)
        assert gc.isenabled() == on
    finally:
        gc.enable()


def test_an_error_gives_it_back():
    with pytest.raises(ValueError, match="wrong"), collector_held():
        raise ValueError("wrong")
    assert gc.isenabled()
