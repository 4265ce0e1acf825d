"""The parent's side of one process tree: starts children, starts them again when they die, ends them in time."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from chain_client.domain.errors import Broken, DoorstepError, InvalidInput
from scripts.exit_codes import ExitCode

_FIRST_DELAY: Final = 0.2
_LONGEST_DELAY: Final = 5.0
_HEALTHY_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 8.0
_LARGEST_LOG: Final = 8 * 1024 * 1024
_FATAL: Final = frozenset({int(ExitCode.USAGE), int(ExitCode.BROKEN)})
"""Exit codes that starting again cannot mend."""


class ChildBroken(Broken):
    """A child ended for a reason that starting it again cannot mend."""

    code = "child-broken"


class Child:
    """One process of the tree, run as `python -m scripts.main <arguments>`; its words go to `log`."""

    def __init__(self, name: str, arguments: Sequence[str], log: Path, say: Callable[[str], None]) -> None:
        self.name = name
        self._arguments = list(arguments)
        self._log = log
        self._say = say
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False

    @property
    def pid(self) -> int | None:
        """The running process; None before `start`."""
        return None if self._process is None else self._process.pid

    async def start(self) -> None:
        """Start the process once."""
        if self._log.exists() and self._log.stat().st_size > _LARGEST_LOG:
            self._log.replace(self._log.with_suffix(".old.log"))
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "scripts.main",
                *self._arguments,
                "--child",
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
                # Ctrl-C in a terminal is for the parent, which ends its children in order.
                start_new_session=True,
            )

    async def keep(self) -> None:
        """Start the process again whenever it ends, with a growing delay, until `stop`.

        Raises ChildBroken (or InvalidInput, as the child put it) where that cannot help.
        """
        delay = _FIRST_DELAY
        while True:
            assert self._process is not None, "not started"
            began = time.monotonic()
            code = await self._process.wait()
            if self._stopping:
                return
            if code in _FATAL:
                raise self.failure(code)
            if time.monotonic() - began > _HEALTHY_SECONDS:
                delay = _FIRST_DELAY
            self._say(f"{self.name} ended ({_ending(code)}); starting it again in {delay:.1f} s")
            await asyncio.sleep(delay)
            delay = min(2 * delay, _LONGEST_DELAY)
            await self.start()
            self._say(f"{self.name} is started again (pid {self.pid})")

    def failure(self, code: int) -> DoorstepError:
        """Return the error for a child that ended with `code`, in the child's last words."""
        words = self.last_words()
        if code == ExitCode.USAGE:
            return InvalidInput(self.name, words)
        return ChildBroken(f"{self.name} ended ({_ending(code)}): {words}")

    def last_words(self) -> str:
        """Return the last line of the log."""
        lines = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1].removeprefix("doorstep: ") if lines else "it said nothing"

    async def stop(self) -> None:
        """End the process: SIGTERM, and SIGKILL where it has not ended 8 s later."""
        self._stopping = True
        if self._process is None or self._process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self._process.wait(), _STOP_SECONDS)
        except TimeoutError:
            self._say(f"{self.name} does not end; killing it")
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()


class Tree:
    """The children of one `up`. Use it as an async context: leaving it ends them all, the last started first."""

    def __init__(self, logs: Path, say: Callable[[str], None]) -> None:
        self._logs = logs
        self._say = say
        self._children: list[Child] = []
        self._keepers: list[asyncio.Task[None]] = []
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def start(self, name: str, arguments: Sequence[str]) -> Child:
        """Start a child and keep it running from here on."""
        child = Child(name, arguments, self._logs / f"{name}.log", self._say)
        await child.start()
        self._children.append(child)
        keeper = asyncio.create_task(child.keep(), name=f"keep {name}")
        keeper.add_done_callback(self._kept)
        self._keepers.append(keeper)
        return child

    def _kept(self, keeper: asyncio.Task[None]) -> None:
        error = None if keeper.cancelled() else keeper.exception()
        if error is not None and not self._failed.done():
            self._failed.set_exception(error)

    async def failed(self) -> None:
        """Wait until a child ends for good, and raise why."""
        await asyncio.shield(self._failed)

    async def __aenter__(self) -> Tree:
        return self

    async def __aexit__(self, *_: object) -> None:
        for child in reversed(self._children):
            await child.stop()
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        if self._failed.done():
            self._failed.exception()


def _ending(code: int) -> str:
    if code < 0:
        return f"killed by signal {-code}"
    return f"exit code {code}"
