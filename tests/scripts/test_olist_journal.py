"""The import's journal: what was answered stays answered, and a torn last line is no answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.olist.journal import Answered, Journal, JournalMismatch

LEDGER = {"ledger": "0x01", "genesis": "0x02"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "import.jsonl"


def test_open_finds_what_was_written(path: Path) -> None:
    answers = [
        ("a/opening", Answered("accepted", "0x0a")),
        ("a/review/r", Answered("refused", None, "too-early", "the promise has not passed")),
    ]
    with Journal.open(path, LEDGER) as journal:
        journal.begin_step(1000)
        journal.answer(answers)
    with Journal.open(path, LEDGER) as journal:
        assert journal.steps == {1000}
        assert journal.answers == dict(answers)


def test_answer_is_on_disk_before_it_returns(path: Path) -> None:
    with Journal.open(path, LEDGER) as journal:
        journal.answer([("a/opening", Answered("accepted", "0x0a"))])
        assert b"a/opening" in path.read_bytes()


@pytest.mark.parametrize("cut", [1, 10, 40])
def test_open_drops_a_last_line_cut_short(path: Path, cut: int) -> None:
    with Journal.open(path, LEDGER) as journal:
        journal.answer([("a/opening", Answered("accepted", "0x0a"))])
        journal.answer([("b/opening", Answered("accepted", "0x0b"))])
    path.write_bytes(path.read_bytes()[:-cut])
    with Journal.open(path, LEDGER) as journal:
        assert list(journal.answers) == ["a/opening"]
        journal.answer([("c/opening", Answered("accepted", "0x0c"))])
    with Journal.open(path, LEDGER) as journal:
        assert list(journal.answers) == ["a/opening", "c/opening"]


def test_open_refuses_the_journal_of_another_ledger(path: Path) -> None:
    Journal.open(path, LEDGER).close()
    before = path.read_bytes()
    with pytest.raises(JournalMismatch, match="another ledger"):
        Journal.open(path, {**LEDGER, "genesis": "0x03"})
    assert path.read_bytes() == before


def test_open_refuses_a_line_damaged_in_the_middle(path: Path) -> None:
    with Journal.open(path, LEDGER) as journal:
        journal.begin_step(1)
        journal.begin_step(2)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b'{"step": \n' + lines[2])
    with pytest.raises(JournalMismatch, match="line 2"):
        Journal.open(path, LEDGER)
