"""A child ends when its stdin does: the portable half of ending with the parent."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_child_ends_when_its_stdin_closes(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "scripts.main", "devnet", "--data", str(tmp_path), "--port", "0", "--child", "--json"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert child.stdin is not None
    assert child.stdout is not None
    assert '"ready":true' in child.stdout.readline()
    child.stdin.close()
    assert child.wait(timeout=60) == 0
    child.stdout.close()
