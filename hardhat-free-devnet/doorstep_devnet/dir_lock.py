"""One process per data directory: an advisory lock the operating system drops when its holder dies."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import IO

from .errors import DirectoryInUse


class DirLock:
    """Holds a directory from construction to `release`."""

    def __init__(self, directory: Path) -> None:
        """Take the lock or raise `DirectoryInUse`; never waits."""
        self._file: IO[bytes] = open(directory / "lock", "a+b")
        try:
            _lock(self._file)
        except OSError:
            self._file.close()
            raise DirectoryInUse(
                f"{directory}: another devnet process is using this directory; stop it or choose another --data"
            ) from None

    def release(self) -> None:
        """Give the directory back."""
        self._file.close()


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
