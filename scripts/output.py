"""What the command says: tables and progress for people, one JSON document or NDJSON for scripts, errors for both.

Results go to stdout; progress, notes and errors to stderr, so that a pipe only ever sees results.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final, Literal

import orjson
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, Task, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from chain_client.domain.errors import DoorstepError, InvalidInput

_FILE_WIDTH: Final = 160


def iso(moment: int) -> str:
    """Return Unix seconds as RFC 3339 in UTC."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_time(text: str, field: str) -> int:
    """Return the Unix seconds of an RFC 3339 time with a zone, or of plain Unix seconds; InvalidInput otherwise."""
    if text.isascii() and text.isdigit():
        return int(text)
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(field, f"must be a time like 2018-08-31T00:00:00Z, not {text!r}") from None
    if parsed.tzinfo is None:
        raise InvalidInput(field, f"has no zone: write {text}Z for UTC, or an offset like +02:00")
    return int(parsed.timestamp())


def clean(text: str) -> str:
    """Return text as it may reach a terminal: what is not printable, but for line feeds, is shown as an escape.

    Member names, CSV cells and an API's messages come from others: an ESC in them would command the terminal.
    """
    if text.isprintable():
        return text
    return "".join(
        one if one.isprintable() or one == "\n"
        else " " if unicodedata.category(one) == "Zs"
        else one.encode("unicode_escape").decode()
        for one in text
    )  # fmt: skip


def _clean_json(line: str) -> str:
    """Return the same JSON with every character that is not printable as an escape: such are only inside strings."""
    if line.isprintable():
        return line
    return "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in line)


class Output:
    """Where a command's words go; the one place where text of others is cleaned for a terminal. With `json` stdout carries JSON alone."""

    def __init__(self, *, json: bool = False) -> None:
        self.json = json
        self._out = Console(highlight=False, soft_wrap=False)
        if not self._out.is_terminal:
            self._out.width = _FILE_WIDTH  # nobody's window: a pipe or a file
        self._err = Console(stderr=True, highlight=False)

    def note(self, text: str) -> None:
        """Say something in passing, to people only."""
        if not self.json:
            self._err.print(clean(text), markup=False)

    def warn(self, text: str) -> None:
        """Say what went wrong and was got over; also with `json`, as it is on stderr."""
        self._err.print(clean(f"doorstep: {text}"), markup=False, style="yellow")

    def document(self, content: Any) -> None:
        """Write one JSON document on one line, at once."""
        self._write(orjson.dumps(content).decode())

    def _write(self, line: str) -> None:
        # Not through the console, which would fold a long line.
        self._out.file.write(_clean_json(line) + "\n")
        self._out.file.flush()

    def lines(self, contents: Iterable[Any]) -> None:
        """Write NDJSON: one JSON document a line."""
        for content in contents:
            self._write(orjson.dumps(content).decode())

    @property
    def width(self) -> int:
        """How many characters a line of stdout holds."""
        return self._out.width

    def table(self, title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Show a table; columns whose every value is a number are set to the right."""
        found = [list(row) for row in rows]
        shown = Table(header_style="bold")
        for index, column in enumerate(columns):
            numeric = bool(found) and all(isinstance(row[index], int | float | None) for row in found)
            last = index == len(columns) - 1
            justify: Literal["left", "right"] = "right" if numeric else "left"
            shown.add_column(column, justify=justify, overflow="fold", no_wrap=not last)
        for row in found:
            shown.add_row(*(Text(_cell(value)) for value in row))
        self._out.print(clean(title), style="bold", markup=False)
        self._out.print(shown)

    def panel(self, title: str, *parts: RenderableType) -> None:
        """Show a framed text."""
        shown = [Text(clean(one.plain), one.style) if isinstance(one, Text) else one for one in parts]
        self._out.print(Panel(Group(*shown), title=title, title_align="left", expand=False))

    def text(self, text: str) -> None:
        """Show a line."""
        self._out.print(clean(text), markup=False)

    def line(self, text: str) -> None:
        """Show a line that is never folded: a link must stay whole."""
        self._out.print(clean(text), markup=False, soft_wrap=True)

    @contextmanager
    def status(self, text: str) -> Iterator[Callable[[str], None]]:
        """Show what is under way, on stderr, and give a function that replaces it; nothing without a terminal."""
        if self.json or not self._err.is_terminal:
            yield self.note
            return
        with self._err.status(Text(clean(text))) as shown:
            yield lambda words: shown.update(Text(clean(words)))

    def progress(self) -> Progress:
        """Return a progress display, on stderr; it shows nothing with `json` or where stderr is no terminal."""
        return Progress(
            _CleanColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            _CleanColumn("{task.fields[detail]}", style="dim", markup=False),
            console=self._err,
            disable=self.json or not self._err.is_terminal,
            transient=True,
        )

    def error(self, error: DoorstepError, exit_code: int) -> None:
        """Say why the command ends: a line on stderr, and with `json` an object on stdout."""
        self._err.print(clean(f"doorstep: {error}"), markup=False, style="bold red", soft_wrap=True)
        if self.json:
            field = {"field": error.field} if isinstance(error, InvalidInput) else {}
            self.document(
                {
                    "error": {"code": error.code, "message": str(error), "retry": error.retry, **field},
                    "exit_code": exit_code,
                }
            )


class _CleanColumn(TextColumn):
    """A column of a progress display whose text may be of others."""

    def render(self, task: Task) -> Text:
        """Return the column's text, cleaned."""
        return Text(clean(super().render(task).plain), style=self.style)


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.2f}"
    return clean(str(value)).replace("\n", "\\n")
