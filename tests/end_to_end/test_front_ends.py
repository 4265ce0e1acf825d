"""The program in `docs/front-ends.md` is run as it stands there, against a real network."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.end_to_end.processes import PATIENCE, up

PAGE = Path(__file__).parents[2] / "docs" / "front-ends.md"


def test_the_documents_program_takes_over_rates_and_revises(tmp_path: Path) -> None:
    found = re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found is not None
    program = tmp_path / "rate.py"
    program.write_text(found[1])
    with up(tmp_path / "data", "--sample", "demo", "--public") as running:
        link = running.ready["tracking"][0]["link"]
        first = rate(program, link, tmp_path / "seed", "4", "Left with the neighbour, as asked.")
        assert "the receipt holds" in first
        assert "recorded in block" in first
        assert "read-token 200" in first
        again = rate(program, link, tmp_path / "seed", "2", "The neighbour found it open. \N{PACKAGE}")
        assert "key-changes" not in again
        assert "the receipt holds" in again
        delivery = link.partition("/t/")[2].partition("#")[0]
        url = f"{running.ready['api']}/v1/history"
        entries = httpx.get(url, params={"delivery": delivery, "order": "oldest"}).json()["entries"]
        said = [
            (one["kind"], one["item"].get("overall"), one["item"].get("revision")) for one in entries[-3:]
        ]
        assert said == [("key_change", None, None), ("feedback", 4, 1), ("feedback", 2, 2)]
        with pytest.raises(AssertionError, match="403"):
            rate(program, link, tmp_path / "another seed", "1", "Not mine to say.")


def rate(program: Path, *arguments: object) -> str:
    """Run it to its good end, and return what it said."""
    ran = subprocess.run(
        [sys.executable, str(program), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ran.returncode == 0, json.dumps([ran.stdout, ran.stderr])
    return ran.stdout
