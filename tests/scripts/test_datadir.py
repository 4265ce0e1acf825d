"""The data directory: private files, one holder, and clear words for what cannot be read."""

from __future__ import annotations

import importlib
import stat
from pathlib import Path

import pytest

from chain_client.bindings.deployment import Deployment
from chain_client.domain.errors import InvalidInput
from chain_client.domain.ids import Address, Hash32
from chain_client.domain.ledger import LedgerIdentity
from chain_client.domain.records import Role
from chain_client.store import migrate, open_store
from scripts.datadir import (
    ADMIN,
    RELAY,
    Credentials,
    DataDirectory,
    DataDirectoryBroken,
    LocalMember,
    Network,
    NotADataDirectory,
    slug,
)
from scripts.files import DirectoryInUse, make_directory, write_private

NETWORK = Network(8000, "http://127.0.0.1:8545", public=False)
DEPLOYMENT = Deployment(
    LedgerIdentity(7, Hash32(b"g" * 32), Address(b"a" * 20), 3, Hash32(b"d" * 32)), Address(b"m" * 20)
)
CARRIER = LocalMember("Swift", 2, int(Role.CARRIER), "member-2-swift", "id.secret", None, ((1, 3), (9, 2)))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> DataDirectory:
    directory = DataDirectory(tmp_path_factory.mktemp("made") / "data")
    directory.create(NETWORK)
    return directory


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_create_makes_secrets_for_the_owner_alone(made: DataDirectory) -> None:
    assert _mode(made.path) == 0o700
    for path in (
        made.password_file,
        made.keystore(ADMIN),
        made.keystore(RELAY),
        made.path / "keys" / "sealing",
    ):
        assert _mode(path) == 0o600, path


def test_create_again_keeps_the_keys(made: DataDirectory) -> None:
    before = made.signer(ADMIN).address, made.sealing_key(), made.seed()
    made.create(NETWORK)
    assert (made.signer(ADMIN).address, made.sealing_key(), made.seed()) == before


def test_network_comes_back_as_written(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    network = Network(8001, "http://127.0.0.1:1", public=True, deployment=DEPLOYMENT, genesis_time=5)
    directory.write_network(network)
    assert directory.network() == network
    assert directory.deployment() == DEPLOYMENT


def test_require_refuses_a_directory_that_up_did_not_make(tmp_path: Path) -> None:
    with pytest.raises(NotADataDirectory, match=r"doorstep up --data"):
        DataDirectory(tmp_path).require()


def test_deployment_refuses_before_there_is_one(made: DataDirectory) -> None:
    with pytest.raises(NotADataDirectory, match="no deployed ledger"):
        made.deployment()


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"api_port": 1}', b'{"deployment": {}}'])
def test_network_names_a_file_that_cannot_be_understood(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "doorstep.json").write_bytes(content)
    with pytest.raises(DataDirectoryBroken, match=r"doorstep\.json"):
        DataDirectory(tmp_path).network()


def test_keep_member_adds_and_replaces(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    assert directory.credentials() == Credentials()
    before = directory.credentials_version()
    directory.keep_member(CARRIER)
    assert directory.credentials().numbered(2) == CARRIER
    assert directory.credentials_version() != before
    changed = directory.add_drivers(2, 20, 1)
    assert changed.driver_numbers() == [1, 2, 3, 9, 10, 20]
    assert directory.credentials().members == (changed,)
    assert _mode(tmp_path / "credentials.json") == 0o600


def test_hold_refuses_a_second_holder_until_the_first_lets_go(tmp_path: Path) -> None:
    with DataDirectory(tmp_path).hold():
        with pytest.raises(DirectoryInUse, match="another `doorstep up`"), DataDirectory(tmp_path).hold():
            pass
        with DataDirectory(tmp_path).hold_import():
            pass
    with DataDirectory(tmp_path).hold():
        pass


def test_write_private_leaves_the_old_file_where_writing_fails(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_private(path, b"old")
    (tmp_path / "file.new").mkdir()
    with pytest.raises(IsADirectoryError):
        write_private(path, b"new")
    assert path.read_bytes() == b"old"


def test_secret_that_is_none_is_named(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "sealing").write_text("not hex")
    with pytest.raises(DataDirectoryBroken, match="sealing"):
        directory.sealing_key()


@pytest.mark.parametrize(("name", "expected"), [("Swift Couriers!", "swift-couriers"), ("***", "member")])
def test_slug_is_a_file_name(name: str, expected: str) -> None:
    assert slug(name) == expected


@pytest.mark.parametrize("name", ["q?x", "z%20z", "a%2Fb", "a#b"])
async def test_a_directory_of_any_name_has_its_database_inside(tmp_path: Path, name: str) -> None:
    directory = DataDirectory(tmp_path / name)
    directory.path.mkdir()
    store = open_store(directory.database)
    await migrate(store)
    await store.close()
    assert (tmp_path / name / "doorstep.db").exists()
    assert [one.name for one in tmp_path.iterdir()] == [name]


def test_migrations_are_found_under_a_path_with_a_percent_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    migrate_module = importlib.import_module("chain_client.store.migrate")
    monkeypatch.setattr(migrate_module, "_SCRIPTS", Path("/somewhere/a%2Fb/migrations"))
    config = migrate_module.alembic_config()
    assert config.get_main_option("script_location") == "/somewhere/a%2Fb/migrations"


def test_a_directory_that_others_may_write_in_is_refused(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    data.chmod(0o777)
    with pytest.raises(InvalidInput, match="chmod 700"):
        make_directory(data)
    data.chmod(0o755)
    make_directory(data)
    assert data.stat().st_mode & 0o777 == 0o700
