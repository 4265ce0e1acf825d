"""A hundred orders through every room in one process, by the importer: counts, figures, and verification."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from scripts.olist import model, plan
from scripts.olist.command import Done, replay
from scripts.olist.plan import What
from scripts.olist.reader import Dataset, read
from scripts.output import Output
from scripts.verify import verify
from tests.end_to_end.in_process import everything
from tests.scripts import small_olist

BEFORE = 1_472_688_000
"""2016-09-01T00:00:00Z."""
REAL = Path(os.environ.get("DOORSTEP_OLIST_DIR", Path(__file__).parents[3] / "shared" / "data" / "olist"))


def _as_modelled(dataset: Dataset, done: Done) -> None:
    """Hold what became of the rows against the rules' own word."""
    expected = model.run(plan.steps(plan.events(dataset)))
    found = done.account.to_json()
    assert found["every_row_accounted_for"] is True
    assert found["orders"]["opened"] == expected.accepted[What.OPENING]
    assert found["reports"]["out_for_delivery"] == expected.accepted[What.HAND_OVER]
    assert found["reports"]["delivered"] == expected.accepted[What.ARRIVAL]
    assert found["reports"]["cancelled"] == expected.accepted[What.CANCELLATION]
    assert found["reviews"]["recorded"] == expected.accepted[What.REVIEW]
    rejected = {
        reason.name.lower().replace("_", "-"): count
        for (what, reason), count in expected.rejected.items()
        if what is What.REVIEW
    }
    assert found["reviews"]["rejected"] == rejected


async def _through_every_room(dataset: Dataset, directory: Path) -> None:
    output = Output(json=True)
    async with everything(directory, BEFORE) as all_rooms:
        async with all_rooms.api() as api:
            first = await replay(dataset, all_rooms.net, api, output)
            _as_modelled(dataset, first)
            again = await replay(dataset, all_rooms.net, api, output)
            assert again.run["items"] == 0, "a second run sends nothing"
            assert again.account.to_json() == first.account.to_json()
        findings = await verify(all_rooms.net, output, api_transport=all_rooms.transport())
        assert findings.difference is None
        assert findings.not_compared == []
        assert findings.compared["delivery words in storage"] == len(dataset.orders)
        assert findings.compared["reputations served by the API"] == 100 + 10 + 1


async def test_hundred_orders_go_through_every_room(tmp_path: Path) -> None:
    dataset = read(small_olist.write_many(tmp_path / "olist", 100))
    await _through_every_room(dataset, tmp_path / "data")


async def test_dirty_rows_end_as_the_rules_say(tmp_path: Path) -> None:
    dataset = read(small_olist.write(tmp_path / "olist"))
    await _through_every_room(dataset, tmp_path / "data")


@pytest.mark.olist
@pytest.mark.slow
async def test_hundred_real_orders_go_through_every_room(tmp_path: Path) -> None:
    if not REAL.is_dir():
        pytest.skip(f"the real orders are not at {REAL}; set DOORSTEP_OLIST_DIR to their directory")
    await _through_every_room(plan.limited(read(REAL), 100), tmp_path / "data")
