"""The command line itself: exit codes, errors in one line, JSON for scripts, and the README's table."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from chain_client.domain.errors import (
    Broken,
    Conflict,
    DoorstepError,
    Forbidden,
    InvalidInput,
    NotFound,
    Unavailable,
)
from scripts import main
from scripts.deploy import signer_of
from scripts.exit_codes import ExitCode, exit_code_of
from scripts.members import parse_roles
from scripts.output import Output, iso, parse_time


def _run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["doorstep", *arguments])
    with pytest.raises(SystemExit) as ended:
        main.main()
    code = ended.value.code
    return code if isinstance(code, int) else 0


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidInput("field", "rule"), ExitCode.USAGE),
        (NotFound("x"), ExitCode.USAGE),
        (Unavailable("x"), ExitCode.UNAVAILABLE),
        (Broken("x"), ExitCode.BROKEN),
        (Conflict("x"), ExitCode.REFUSED),
        (Forbidden("x"), ExitCode.REFUSED),
        (DoorstepError("x"), ExitCode.REFUSED),
    ],
)
def test_exit_code_of_every_kind_of_error(error: DoorstepError, code: ExitCode) -> None:
    assert exit_code_of(error) is code


@pytest.mark.parametrize("command", [["reputation"], ["history"], ["verify"], ["rebuild"], ["worker"]])
def test_commands_on_no_data_directory_say_so_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, command: list[str]
) -> None:
    assert _run(monkeypatch, *command, "--data", str(tmp_path / "none")) == ExitCode.USAGE
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("doorstep: ")
    assert "doorstep up" in said.err
    assert "Traceback" not in said.err


def test_error_is_json_too_where_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert _run(monkeypatch, "verify", "--json", "--data", str(tmp_path / "none")) == 2
    error = json.loads(capsys.readouterr().out)
    assert error["exit_code"] == 2
    assert error["error"]["code"] == "not-a-data-directory"
    assert error["error"]["retry"] is False


def test_usage_error_of_the_arguments_is_exit_code_2(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _run(monkeypatch, "up", "--port", "99999999") == ExitCode.USAGE
    assert _run(monkeypatch, "nonsense") == ExitCode.USAGE


def test_unforeseen_error_is_never_mistaken_for_a_difference(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails() -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(main, "app", fails)
    assert _run(monkeypatch) == ExitCode.BUG
    assert "a bug" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2018-08-31T00:00:00Z", 1535673600),
        ("2018-08-30T21:00:00-03:00", 1535673600),
        ("1535673600", 1535673600),
    ],
)
def test_parse_time_takes_a_zone_or_unix_seconds(text: str, expected: int) -> None:
    assert parse_time(text, "--as-of") == expected
    assert iso(expected) == "2018-08-31T00:00:00Z"


@pytest.mark.parametrize(
    ("text", "rule"), [("2018-08-31T00:00:00", "no zone"), ("yesterday", "must be a time")]
)
def test_parse_time_names_the_option_and_the_rule(text: str, rule: str) -> None:
    with pytest.raises(InvalidInput, match=rule) as error:
        parse_time(text, "--as-of")
    assert error.value.field == "--as-of"


def test_parse_roles() -> None:
    assert parse_roles("shipper, carrier") == 3
    with pytest.raises(InvalidInput, match="no role"):
        parse_roles("courier")
    with pytest.raises(InvalidInput, match="no other role"):
        parse_roles("reviewer,carrier")


def test_signer_comes_from_keystore_or_environment_alone(tmp_path: Path) -> None:
    assert signer_of(None, None, {"DOORSTEP_KEY": "0x" + "11" * 32}).address
    with pytest.raises(InvalidInput, match="DOORSTEP_KEY"):
        signer_of(None, None, {})
    with pytest.raises(InvalidInput, match="DOORSTEP_KEY") as error:
        signer_of(None, None, {"DOORSTEP_KEY": "0x1234"})
    assert "1234" not in str(error.value), "a key is never shown"
    with pytest.raises(InvalidInput, match="--password-file"):
        signer_of(tmp_path / "key.json", None, {})


def test_output_table_and_document(capsys: pytest.CaptureFixture[str]) -> None:
    Output().table("Title", ("name", "count"), [("one", 1234), ("none", None)])
    shown = capsys.readouterr().out
    assert "1,234" in shown
    assert "–" in shown
    Output(json=True).document({"text": "x" * 500})
    assert capsys.readouterr().out.count("\n") == 1, "JSON is never folded"


def test_what_a_command_writes_is_for_its_user_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    before = os.umask(0o022)
    try:
        assert _run(monkeypatch, "verify", "--data", str(tmp_path / "none")) == ExitCode.USAGE
        assert os.umask(0o022) == 0o077
    finally:
        os.umask(before)


def test_one_port_for_two_servers_is_refused_and_nothing_made(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    data = tmp_path / "data"
    ports = ("--port", "18545", "--devnet-port", "18545")
    assert _run(monkeypatch, "up", "--data", str(data), *ports) == ExitCode.USAGE
    assert "--devnet-port" in capsys.readouterr().err
    assert not (data / "doorstep.json").exists()
