"""Ends work in another thread: executions that take too long, or whose client has gone.

An exception is raised in the running thread (CPython's `PyThreadState_SetAsyncExc`), so that nothing has to be asked at
every instruction, and precompiled contracts written in Python end as well. It can reach the thread only inside
`Interruptible.run`, which leaves no such exception behind. `with` blocks in the work are left in order.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Interrupted(BaseException):
    """The work was ended from outside. No `except Exception` in the work can hold it up."""


class Interruptible:
    """One piece of work that another thread may end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: int | None = None
        self._asked = False
        self._raised = False

    def run(self, work: Callable[[], T]) -> T:
        """Run `work` in this thread; `Interrupted` when `interrupt` came first. Errors as those of `work`."""
        error: Exception | None = None
        value: T | None = None
        try:
            self._thread = threading.get_ident()
            if self._asked:
                raise Interrupted
            value = work()
        except Exception as raised:
            error = raised
        finally:
            # Between the end of `work` and here CPython neither changes threads nor raises: it does both after calls only.
            self._thread = None
        self._settle()
        if error is not None:
            raise error
        return value  # type: ignore[return-value]

    def _settle(self) -> None:
        """Wait for an exception on its way to this thread: it must not arrive in other work."""
        with self._lock:
            on_its_way = self._raised
        for _ in range(1000 if on_its_way else 0):
            threading.get_ident()

    def interrupt(self) -> None:
        """End the work, or do not let it begin; nothing when it is done, or was told before."""
        with self._lock:
            self._asked = True
            if self._thread is not None and not self._raised:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(self._thread), ctypes.py_object(Interrupted)
                )
                self._raised = True
