"""Text of others is cleaned before a terminal, in every way that the command says something."""

from __future__ import annotations

import json

import pytest
from rich.text import Text

from chain_client.domain.errors import InvalidInput
from scripts.output import Output, clean

EVIL = "a\x1b[2Jb\x9bc\u202ed\x07é"


def test_what_shows_stays_and_what_commands_is_shown() -> None:
    assert clean(EVIL) == "a\\x1b[2Jb\\x9bc\\u202ed\\x07é"
    assert clean("plain é\u00a0x\ny") == "plain é x\ny"


def test_every_way_out_is_clean(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output()
    output.note(EVIL)
    output.warn(EVIL)
    output.text(EVIL)
    output.line(EVIL)
    output.table(EVIL, ("name",), [(EVIL,), ("two\nlines [bold]",)])
    output.panel("title", Text(EVIL))
    output.error(InvalidInput("field", EVIL), 2)
    with output.status(EVIL) as say:
        say(EVIL)
    said = "".join(capsys.readouterr())
    assert all(one.isprintable() or one == "\n" for one in said)
    assert "two\\nlines [bold]" in said


def test_json_stays_the_same_document(capsys: pytest.CaptureFixture[str]) -> None:
    Output(json=True).document({"name": EVIL})
    line = capsys.readouterr().out
    assert line.rstrip("\n").isprintable()
    assert json.loads(line) == {"name": EVIL}
