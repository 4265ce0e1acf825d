"""The command's exit codes, all of them; the README repeats this table."""

from __future__ import annotations

from enum import IntEnum

from chain_client.domain.errors import Broken, Conflict, DoorstepError, Forbidden, InvalidInput, NotFound


class ExitCode(IntEnum):
    """What the shell sees."""

    OK = 0
    """Done."""
    DIFFERENCE = 1
    """`verify` found a difference, and named the first."""
    USAGE = 2
    """The arguments or the input are off: mend them; running it again as it is cannot help."""
    UNAVAILABLE = 3
    """A node, the API or the database did not answer, or a port is taken; the same command may be run again."""
    BROKEN = 4
    """What is stored contradicts itself or the chain (another ledger, a deleted chain): stop and look."""
    REFUSED = 5
    """Someone else holds it, or this caller may not: a data directory in use, a key used for something else."""
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
        case Conflict() | Forbidden():
            return ExitCode.REFUSED
        case _:
            return ExitCode.REFUSED
