"""The exception tree that every room's errors hang on.

    DoorstepError
    ├── InvalidInput        the caller's words are off: mend and call again; never retry as is
    ├── NotFound            no such thing here; retry only where the thing may still arrive
    ├── Conflict            the same key was used for something else; never retry as is
    ├── Forbidden           this caller may not; never retry as is
    ├── Unavailable         a node or database did not answer; retry later, nothing was changed
    └── Broken              what is stored contradicts itself or the chain; stop and look, never retry

Split by what the caller should do (`retry`), as the field that shows it to a person says what and how to mend it.
"""

from __future__ import annotations

from typing import ClassVar


class DoorstepError(Exception):
    """Base of every error raised on purpose; `str(error)` is a full sentence fit for a person."""

    retry: ClassVar[bool] = False
    code: ClassVar[str] = "error"


class InvalidInput(DoorstepError):
    """A value breaks a rule; `field` names the culprit, the message says the rule and how to mend it."""

    code = "invalid-input"

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        self.message = message
        super().__init__(f"{field}: {message}")


class NotFound(DoorstepError):
    """The named thing is not known here."""

    code = "not-found"


class Conflict(DoorstepError):
    """An idempotency key or unique name already stands for something else."""

    code = "conflict"


class Forbidden(DoorstepError):
    """The caller is known and may not do or see this."""

    code = "forbidden"


class Unavailable(DoorstepError):
    """Something this call needs did not answer; nothing was changed, and the same call may be made again later."""

    retry = True
    code = "unavailable"


class Broken(DoorstepError):
    """Stored state contradicts itself or the chain: work on it stops until a person has looked."""

    code = "broken"
