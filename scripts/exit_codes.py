"""The command's exit codes, all of them; the README repeats this table."""

from __future__ import annotations

from enum import IntEnum

from chain_client.domain.errors import Broken, DoorstepError, InvalidInput, NotFound


class ExitCode(IntEnum):
    """What the shell sees."""

    OK = 0
    """Done."""
    DIFFERENCE = 1
    """`verify` found a difference, and named the first; `receipt check` found a broken promise."""
    USAGE = 2
    """The arguments or the input are off: mend them; running it again as it is cannot help."""
    UNAVAILABLE = 3
    """A node, the API or the database did not answer, a port is taken, or a receipt is not due yet; the same command
    may be run again."""
    BROKEN = 4
    """What is stored contradicts itself or the chain (another ledger, a deleted chain): stop and look."""
    REFUSED = 5
    """Refused by the contract, the API or another process: a data directory in use, a head later than the data."""
    BUG = 70
    """An error nobody foresaw, with its traceback: please report it. Never 1, which says that `verify` found something."""
    INTERRUPTED = 130
    """Stopped by Ctrl-C."""


def exit_code_of(error: DoorstepError) -> ExitCode:
    """Return the exit code that an error ends the command with."""
    if error.retry:
        return ExitCode.UNAVAILABLE
    match error:
        case InvalidInput() | NotFound():
            return ExitCode.USAGE
        case Broken():
            return ExitCode.BROKEN
        case _:
            return ExitCode.REFUSED
