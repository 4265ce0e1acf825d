"""Files that must not be lost, torn or read by others, and locks that go with their holder."""

from __future__ import annotations

import os
import shlex
import stat
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import orjson

from chain_client.domain.errors import Conflict, InvalidInput


class DirectoryInUse(Conflict):
    """Another process holds this directory."""

    code = "directory-in-use"


def write_private(path: Path, content: bytes) -> None:
    """Write the file whole or not at all, with mode 0600; on disk when this returns."""
    temporary = path.with_name(path.name + ".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
    sync_directory(path.parent)


def write_new(path: Path, document: Mapping[str, object]) -> None:
    """Write a JSON document for others to read, whole or not at all; InvalidInput where that cannot be."""
    try:
        write_private(path, orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n")
        path.chmod(0o644)
    except OSError as error:
        raise InvalidInput("--out", f"{path} cannot be written: {error.strerror}") from error


def sync_directory(directory: Path) -> None:
    """Put a directory's entries on disk, where the system can."""
    if sys.platform == "win32":
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_directory(path: Path) -> None:
    """Make a directory of mode 0700 with its parents; InvalidInput where that cannot be, or others may write in it.

    One that is there already, and that its owner's group or others may write in, is refused: who may write in it could
    put other files in the place of the keys. What others may merely read is closed to them.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = stat.S_IMODE(path.stat().st_mode)
        if os.name == "posix" and mode & 0o022:
            raise InvalidInput(
                "data",
                f"others may write in {path} (mode {mode:04o}), and could replace the keys in it. Check that what is in it "
                f"is yours, then run `chmod 700 {shlex.quote(str(path))}`",
            )
        if os.name == "posix" and mode & 0o055:
            path.chmod(0o700)
    except OSError as error:
        raise InvalidInput("data", f"{path} cannot be made a directory: {error.strerror}") from error


@contextmanager
def lock(path: Path, who: str, *, wait_seconds: float = 0.0) -> Iterator[None]:
    """Hold the lock file at `path`; the system drops it when this process dies, however it dies.

    Raises DirectoryInUse, saying `who` holds it, where it is still taken after `wait_seconds`.
    """
    file = path.open("a+b")
    try:
        deadline = time.monotonic() + wait_seconds
        while not _try_lock(file):
            if time.monotonic() >= deadline:
                raise DirectoryInUse(
                    f"{path.parent} is in use by {who}. Stop that one, or name another --data."
                )
            time.sleep(0.02)
        yield
    finally:
        file.close()


if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: IO[bytes]) -> bool:
        file.seek(0)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
