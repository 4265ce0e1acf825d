"""Devnet, worker, API and importer killed in the middle of an import: the end is that of an undisturbed run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.olist import model, plan
from scripts.olist.plan import What
from scripts.olist.reader import read
from tests.end_to_end.processes import PATIENCE, answer, doorstep, until, up
from tests.scripts import small_olist

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for child processes in /proc")
GENESIS = ("--genesis-time", "2016-09-01T00:00:00Z", "--sample", "none")


def _lines(journal: Path) -> int:
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


def _import(source: Path, data: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "scripts.main", "import", "olist", str(source), "--data", str(data), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_import_survives_kills_of_every_process(tmp_path: Path) -> None:
    source, data = small_olist.write_many(tmp_path / "olist", 40), tmp_path / "data"
    journal = data / "import.jsonl"
    with up(data, *GENESIS) as running:
        importing = _import(source, data)
        for victim, after in (("worker", 4), ("devnet", 8), ("api", 12)):
            until(lambda after=after: _lines(journal) >= after, "the import does not get on")  # type: ignore[misc]
            os.kill(running.children()[victim], signal.SIGKILL)
            until(lambda victim=victim: victim in running.children(), "not started again")  # type: ignore[misc]
        until(lambda: _lines(journal) >= 16, "the import does not get on")
        importing.kill()
        importing.communicate()
        # And then all of it at once, with things under way.
        importing = _import(source, data)
        until(lambda: _lines(journal) >= 20, "the import does not get on")
        os.kill(running.process.pid, signal.SIGKILL)
        running.process.communicate()
        importing.kill()
        importing.communicate()
    with up(data):
        _ends_undisturbed(source, data)


def _ends_undisturbed(source: Path, data: Path) -> None:
    found = answer("import", "olist", source, "--data", data, timeout=2 * PATIENCE)
    expected = model.run(plan.steps(plan.events(read(source))))
    assert found["every_row_accounted_for"] is True
    assert found["orders"]["opened"] == expected.accepted[What.OPENING]
    assert found["reports"]["out_for_delivery"] == expected.accepted[What.HAND_OVER]
    assert found["reports"]["delivered"] == expected.accepted[What.ARRIVAL]
    assert found["reviews"]["recorded"] == expected.accepted[What.REVIEW]
    assert answer("verify", "--data", data)["ok"] is True
    assert answer("import", "olist", source, "--data", data)["run"]["items"] == 0


def test_import_into_a_chain_that_is_past_the_rows_is_refused(tmp_path: Path) -> None:
    source, data = small_olist.write(tmp_path / "olist"), tmp_path / "data"
    with up(data, "--genesis-time", "2017-01-01T00:00:00Z"):
        refused = doorstep("import", "olist", source, "--data", data, "--json")
    assert refused.returncode == 5
    message = json.loads(refused.stdout)["error"]["message"]
    assert "2017-01-01T00:00" in message
    assert "2016-10-04T12:00:00Z" in message
    assert not (data / "credentials.json").exists(), "nothing was registered"


def test_import_without_a_running_network_says_so(tmp_path: Path) -> None:
    source = small_olist.write(tmp_path / "olist")
    refused = doorstep("import", "olist", source, "--data", tmp_path / "nothing")
    assert refused.returncode == 2
    assert "doorstep up" in refused.stderr
