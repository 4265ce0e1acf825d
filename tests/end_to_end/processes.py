"""The command as a person runs it: subprocesses, a data directory, signals. Ends only what it started."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

PATIENCE = 180.0
"""Seconds: on a machine that has other work to do, everything takes its time."""


def doorstep(*arguments: object, timeout: float = PATIENCE) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, whatever that is."""
    return subprocess.run(
        [sys.executable, "-m", "scripts.main", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def answer(*arguments: object, timeout: float = PATIENCE) -> Any:
    """Run a command with --json to its good end, and return what it says."""
    ran = doorstep(*arguments, "--json", timeout=timeout)
    assert ran.returncode == 0, f"{arguments}: {ran.stdout}{ran.stderr}"
    return json.loads(ran.stdout)


class Up:
    """A running `doorstep up --json`."""

    def __init__(self, data: Path, *arguments: object) -> None:
        self.data = data
        self.process = subprocess.Popen(
            [sys.executable, "-m", "scripts.main", "up", "--data", str(data), "--port", "0", "--devnet-port", "0",
             "--json", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        self.ready: dict[str, Any] = self._first_line()

    def _first_line(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        readable, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        line = self.process.stdout.readline() if readable else ""
        if not line:
            self.process.kill()
            raise AssertionError(f"up did not get ready: {self.process.communicate()[1]}")
        found: dict[str, Any] = json.loads(line)
        return found

    def children(self) -> dict[str, int]:
        """Return the pid of each child, by its command."""
        found: dict[str, int] = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            with suppress(OSError):
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                words = (entry / "cmdline").read_text().split("\0")
                if parent == self.process.pid and "--child" in words:
                    found[words[words.index("scripts.main") + 1]] = int(entry.name)
        return found

    def stop(self) -> int:
        """End it as Ctrl-C or a service manager would, and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=PATIENCE)
        return self.process.returncode


@contextmanager
def up(data: Path, *arguments: object) -> Iterator[Up]:
    """Bring everything up, and end it at the end."""
    running = Up(data, *arguments)
    try:
        yield running
    finally:
        running.stop()


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for a condition; AssertionError saying `what` where it does not come true."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Return whether a process runs (a zombie does not)."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
