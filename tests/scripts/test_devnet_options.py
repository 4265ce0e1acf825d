"""`doorstep devnet` has every option that the devnet's README names, and they arrive."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import httpx
from doorstep_devnet.__main__ import _parser
from eth_account import Account
from typer.main import get_command

from scripts.main import app

ROOT = Path(__file__).parents[2]
README = (ROOT / "hardhat-free-devnet" / "README.md").read_text()


def _options_of_readme() -> set[str]:
    return set(re.findall(r"^\| `(--[a-z-]+)", README, re.MULTILINE))


def test_every_option_of_the_readme_is_there_under_both_names() -> None:
    named = _options_of_readme()
    assert {"--data", "--allow", "--no-sync"} <= named
    command = get_command(app).commands["devnet"]  # type: ignore[attr-defined]
    assert named <= {option for parameter in command.params for option in parameter.opts}
    module = {option for action in _parser()._actions for option in action.option_strings}
    assert named == {option for option in module if option.startswith("--")} - {"--help"}


def test_the_allow_list_arrives(tmp_path: Path) -> None:
    allowed, other = Account.create(), Account.create()
    command = [
        sys.executable,
        "-m",
        "scripts.main",
        "devnet",
        "--data",
        str(tmp_path),
        "--port",
        "0",
        "--json",
    ]
    command += ["--no-sync", "--allow", allowed.address, "--allow", "0x" + "11" * 20]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert ready["rpc"] == f"http://127.0.0.1:{ready['port']}"
        for sender, code in ((allowed, None), (other, -32007)):
            fields = {"nonce": 0, "chainId": 20260, "gas": 21_000, "value": 0, "to": sender.address}
            raw = sender.sign_transaction(
                fields | {"maxFeePerGas": 0, "maxPriorityFeePerGas": 0}
            ).raw_transaction
            request = {
                "jsonrpc": "2.0",
                "id": 1,
                "method": "eth_sendRawTransaction",
                "params": ["0x" + raw.hex()],
            }
            answer = httpx.post(ready["rpc"], json=request, timeout=60).json()
            assert answer.get("error", {}).get("code") == code
    finally:
        process.terminate()
        process.wait()
        process.stdout.close() if process.stdout else None
