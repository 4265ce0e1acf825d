"""The child's side of one process tree: a child ends with its parent, however that ended.

The parent holds the other end of the child's stdin. When the parent dies, also by SIGKILL, the system closes it, and
the child reads its end. On Linux the kernel sends a signal as well, which comes a little sooner.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
_GRACE_SECONDS: Final = 8.0


def end_with_parent() -> None:
    """End this process (SIGTERM, then at once) when stdin closes or, on Linux, when the parent dies.

    For a process that `children` started, called from its main thread before anything else.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    threading.Thread(target=_watch, name="parent-watch", daemon=True).start()


def _watch() -> None:
    # A parent that died before prctl is seen here: its end of the pipe is closed already.
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE_SECONDS)
    os._exit(1)
