"""The environment becomes settings, or names the variable that is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from api.settings import Settings, read_identity
from chain_client.domain.errors import InvalidInput

DEPLOYMENT = {
    "chain_id": 20260,
    "genesis_hash": "0x" + "11" * 32,
    "address": "0x" + "22" * 20,
    "deploy_block": 7,
    "deploy_block_hash": "0x" + "33" * 32,
    "authority": "0x" + "44" * 20,
}


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "ledger.json").write_text(json.dumps(DEPLOYMENT))
    (tmp_path / "sealing.key").write_text("ab" * 32 + "\n")
    return {
        "DOORSTEP_DATABASE": "sqlite+aiosqlite:///x.db",
        "DOORSTEP_LEDGER": str(tmp_path / "ledger.json"),
        "DOORSTEP_SEALING_KEY_FILE": str(tmp_path / "sealing.key"),
    }


def test_what_is_set_is_read_and_the_rest_has_defaults(environment: dict[str, str]) -> None:
    environment |= {
        "DOORSTEP_PUBLIC_REPUTATIONS": "Yes",
        "DOORSTEP_REQUESTS_PER_KEY": "5000",
        "DOORSTEP_CORS_ORIGINS": "https://a.example https://b.example",
    }
    settings = Settings.from_environment(environment)
    assert settings.identity.chain_id == 20260
    assert settings.identity.deploy_block_hash == b"\x33" * 32
    assert settings.sealing_key == b"\xab" * 32
    assert settings.public_reputations is True
    assert settings.public_record is False
    assert settings.max_streams == 1000
    assert settings.requests_per_key == 5000
    assert settings.requests_per_address == 1200
    assert settings.invalid_keys_per_address == 60
    assert settings.cors_origins == ("https://a.example", "https://b.example")
    assert settings.max_body_bytes == 4 * 1024 * 1024
    assert settings.relay_keystore is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DOORSTEP_DATABASE", ""),
        ("DOORSTEP_LEDGER", "/nowhere/ledger.json"),
        ("DOORSTEP_SEALING_KEY_FILE", "/nowhere/sealing.key"),
        ("DOORSTEP_MAX_BODY_BYTES", "4MiB"),
        ("DOORSTEP_RECEIPT_SECONDS", "0"),
        ("DOORSTEP_PUBLIC_REPUTATIONS", "maybe"),
        ("DOORSTEP_PUBLIC_RECORD", "2"),
        ("DOORSTEP_MAX_CONNECTIONS", "0"),
        ("DOORSTEP_MAX_STREAMS", "2000"),
        ("DOORSTEP_REQUESTS_PER_KEY", "0"),
        ("DOORSTEP_REQUESTS_PER_ADDRESS", "1000000001"),
        ("DOORSTEP_INVALID_KEYS_PER_ADDRESS", "-1"),
        ("DOORSTEP_INVALID_KEYS_PER_ADDRESS", "9" * 5000),
    ],
)
def test_a_wrong_variable_is_named(environment: dict[str, str], name: str, value: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        Settings.from_environment(environment | {name: value})
    assert raised.value.field == name


def test_a_keystore_needs_its_password_file(environment: dict[str, str]) -> None:
    with pytest.raises(InvalidInput, match="DOORSTEP_RELAY_PASSWORD_FILE"):
        Settings.from_environment(environment | {"DOORSTEP_RELAY_KEYSTORE": "relay.json"})


@pytest.mark.parametrize("content", ["", "[]", "{}", json.dumps(DEPLOYMENT | {"address": "0x12"})])
def test_a_file_that_is_no_deployment_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "ledger.json"
    path.write_text(content)
    with pytest.raises(InvalidInput, match=r"ledger\.json"):
        read_identity(path)
