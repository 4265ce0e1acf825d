"""What an import has done so far: one line of JSON per step begun and per phase answered, never rewritten.

A phase's answers are on disk (fsync) before the next phase is sent. So at any moment of a kill at most one phase was
sent without its answers being written down, nothing was sent after it, and sending it again gives the same answers:
the API knows the items again by their keys.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Literal

import orjson

from chain_client.domain.errors import Broken

_FORMAT: Final = 1

Status = Literal["accepted", "refused"]


@dataclass(frozen=True, slots=True)
class Answered:
    """What the API said to one event: the intent that stands for it, or the code of the refusal and its words."""

    status: Status
    intent_id: str | None = None
    code: str | None = None
    message: str | None = None


class JournalMismatch(Broken):
    """The journal is no journal of this ledger's import, or a line in its middle cannot be read."""

    code = "journal-mismatch"


class Journal:
    """The journal of one data directory's import. Open it with `Journal.open`; one process at a time."""

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self._path = path
        self._file = file
        self.answers: dict[str, Answered] = {}
        """By event key: every event answered so far."""
        self.steps: set[int] = set()
        """The times of the steps begun so far."""
        self.finished = False
        """Whether the last thing noted is that nothing was left to do."""

    @classmethod
    def open(cls, path: Path, identity: Mapping[str, str]) -> Journal:
        """Open or begin the journal at `path` for the ledger that `identity` names.

        A last line cut short by a kill is dropped: its phase counts as not answered. Raises JournalMismatch where
        the journal belongs to another ledger or is damaged elsewhere; nothing is changed then.
        """
        kept = b""
        if path.exists():
            raw = path.read_bytes()
            kept = raw[: raw.rfind(b"\n") + 1]
        lines = [cls.parse(path, number, line) for number, line in enumerate(kept.splitlines(), 1)]
        head = {"journal": _FORMAT, **identity}
        if lines and lines[0] != head:
            raise JournalMismatch(
                f"{path} is the journal of an import into another ledger ({lines[0]}, not {head}). "
                "Use the data directory it belongs to, or a new one."
            )
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.ftruncate(descriptor, len(kept))
        file = os.fdopen(descriptor, "ab")
        journal = cls(path, file)
        if not lines:
            journal._write(head)
        for line in lines[1:]:
            journal._apply(line)
        return journal

    @staticmethod
    def parse(path: Path, number: int, line: bytes) -> dict[str, object]:
        """Return a line's object; JournalMismatch naming the line where it is none."""
        try:
            parsed = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise JournalMismatch(
                f"{path}, line {number}, is not JSON: {error}. Restore it from a copy."
            ) from error
        if not isinstance(parsed, dict):
            raise JournalMismatch(f"{path}, line {number}, is no object. Restore it from a copy.")
        return parsed

    def _apply(self, line: dict[str, object]) -> None:
        self.finished = "finished" in line
        if isinstance(time := line.get("step"), int):
            self.steps.add(time)
        answers = line.get("answers")
        if isinstance(answers, dict):
            for key, values in answers.items():
                self.answers[key] = Answered(*values)

    def begin_step(self, time: int) -> None:
        """Note that the step whose last event is at `time` has begun; on disk before this returns."""
        if time not in self.steps:
            self._write({"step": time})
            self.steps.add(time)

    def finish(self) -> None:
        """Note that nothing is left to do; on disk before this returns."""
        if not self.finished:
            self._write({"finished": True})

    def answer(self, answers: Iterable[tuple[str, Answered]]) -> None:
        """Note a phase's answers, by event key; on disk before this returns."""
        found = dict(answers)
        if found:
            self._write(
                {"answers": {key: [a.status, a.intent_id, a.code, a.message] for key, a in found.items()}}
            )
            self.answers.update(found)

    def _write(self, line: Mapping[str, object]) -> None:
        self._file.write(orjson.dumps(line) + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self.finished = "finished" in line

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def unfinished_step(path: Path) -> int | None:
    """Return the time of the last step begun, where the import at `path` was cut short; None where none was."""
    if not path.exists():
        return None
    raw = path.read_bytes()
    step: int | None = None
    for number, line in enumerate(raw[: raw.rfind(b"\n") + 1].splitlines(), 1):
        parsed = Journal.parse(path, number, line)
        if "finished" in parsed:
            step = None
        elif isinstance(time := parsed.get("step"), int):
            step = time
    return step
