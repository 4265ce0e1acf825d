"""What an operator is told to do can be done: every such sentence names a command, and every command named exists."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from chain_client.domain.causes import Cause, remedy
from scripts.main import app

ROOT = Path(__file__).parents[2]
ROOMS = ("chain_client", "api", "scripts")
PAGES = ("README.md", "docs/architecture.md", "docs/front-ends.md", "docs/pages.md", "contracts/README.md")
NAMED = re.compile(r"`doorstep ([a-z][^`]*)`")
TELLS = re.compile(
    r"\b(resume|rebuild|requeue|release (it|them|the)|put \w+ back|restore (it|them|the)|restart|"
    r"start (it|the (node|worker|chain|service))|allow (it|the writer)|register (it|them|the)|operator (must|has to|should))\b",
    re.IGNORECASE,
)
"""Words by which a sentence tells an operator to do something to the service."""

ROOT_COMMAND = typer.main.get_command(app)


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Every string of a module that is no docstring, an f-string's parts together; `{}` for what is put in."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skipped.add(id(node.value))
        if isinstance(node, ast.JoinedStr):
            skipped.update(id(part) for part in node.values)
            parts = [part.value if isinstance(part, ast.Constant) else "{}" for part in node.values]
            yield node.lineno, "".join(map(str, parts))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            yield node.lineno, node.value


def messages() -> Iterator[tuple[str, str]]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if "migrations" not in path.parts:
                yield from ((f"{path.relative_to(ROOT)}:{line}", text) for line, text in texts(path))


def sentences(text: str) -> list[str]:
    return [one for one in re.split(r"(?<=[.;:?!])\s+", text) if " " in one.strip()]


def missing(words: str) -> str | None:
    """What of a command line does not exist; None where all of it does."""
    command: Any = ROOT_COMMAND
    options: set[str] = set()
    for word in words.replace("…", " ").split():
        commands = getattr(command, "commands", None)
        if commands is not None and word in commands:
            command = commands[word]
            options = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
        elif commands is not None:
            return word
        elif word.startswith("--") and word.split("=")[0] not in options:
            return word
    return None


def test_every_command_named_anywhere_exists() -> None:
    pages = [(page, (ROOT / page).read_text(encoding="utf-8")) for page in PAGES]
    wrong = [
        f"{where}: `doorstep {words}`: {unknown}"
        for where, text in (*messages(), *pages)
        for words in NAMED.findall(text)
        if (unknown := missing(words)) is not None
    ]
    assert not wrong, "\n".join(wrong)


def test_every_sentence_that_tells_an_operator_what_to_do_names_a_command() -> None:
    """In the sentence itself, or in another of the same message. What only a copy holds, no command brings back."""
    wrong = [
        f"{where}: {text}"
        for where, text in messages()
        if any(TELLS.search(one) and "from a copy" not in one for one in sentences(text))
        and not NAMED.search(text)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("cause", list(Cause))
def test_every_cause_has_a_way_on_that_names_a_command(cause: Cause) -> None:
    words = remedy(cause, "0x" + "11" * 20)
    assert NAMED.search(words), words
    assert "{" not in words


def test_an_error_that_is_no_cause_sends_to_the_log_and_a_command() -> None:
    assert NAMED.search(remedy("something-new"))


def test_the_check_itself_finds_what_is_missing() -> None:
    assert missing("lane resume --writer 0x1 --all") is None
    assert missing("lane restart") == "restart"
    assert missing("rebuild --everything") == "--everything"
    assert TELLS.search("then resume the lane from the chain's nonce.")
