"""The data directory: what `doorstep up` keeps on one machine, and the only code that knows its layout.

    doorstep.json      ports, chain, deployment; no secret
    doorstep.db        the database
    credentials.json   the local members: numbers, writers, API keys (0600)
    keys/              encrypted keystores, their password, the devnet's token, the sealing key, the importer's seed (0600)
    owners/            encrypted keystores of the members' owners, with a password of their own (0600)
    chain/             the devnet's chain
    logs/              what the processes had to say
    import.jsonl       the importer's journal

Whoever can read the directory holds the keys: the passwords lie beside them, for local use only. The services need
`keys/` alone: move `owners/` to a place of its own, and back only for the commands that need an owner.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final, TypeVar

import orjson
from sqlalchemy.engine import URL

from chain_client.bindings.deployment import Deployment
from chain_client.domain.errors import Broken, InvalidInput, NotFound
from chain_client.domain.ids import MemberNumber
from chain_client.domain.records import Role
from chain_client.outbox.signer import LIGHT, LocalSigner, create_keystore, load_keystore
from scripts.files import lock, make_directory, write_private

_T = TypeVar("_T")
DEFAULT_DATA: Final = Path("doorstep-data")
ADMIN: Final = "admin"
RELAY: Final = "relay"


class NotADataDirectory(NotFound):
    """There is nothing of Doorstep's at this path."""

    code = "not-a-data-directory"


class DataDirectoryBroken(Broken):
    """A file of the data directory cannot be understood."""

    code = "data-directory-broken"


@dataclass(frozen=True, slots=True)
class Network:
    """`doorstep.json`: where things answer, and which ledger this directory is about."""

    api_port: int
    rpc: str
    public: bool
    deployment: Deployment | None = None
    genesis_time: int | None = None
    """When the chain was asked to begin; None where its clock is the machine's, or the sample drives it there."""
    shop_origins: tuple[str, ...] = ()
    """Origins of shops whose own pages may call the API."""

    @property
    def api(self) -> str:
        """Where the API answers."""
        return f"http://127.0.0.1:{self.api_port}"


@dataclass(frozen=True, slots=True)
class LocalMember:
    """A member whose keys are in this directory.

    `key` names the keystore that signs for its lane (none for a reviewer, who writes nothing); `office`, once it was
    needed, the keystore of a second writer, for what is not sent through the outbox: the lane counts its own nonces,
    and nobody else may use them up.
    """

    name: str
    number: int
    roles: int
    key: str | None
    api_key: str
    office: str | None = None
    drivers: tuple[tuple[int, int], ...] = ()
    """Registered driver numbers: (first, count) of each time."""
    owner: str | None = None
    """Name of the owner's keystore in `owners/`; None where the owner's key is elsewhere."""
    retiring: str | None = None
    """The keystore that `key` replaces, while its last transactions are waited for."""
    past_keys: tuple[str, ...] = ()
    """Keystores that were replaced."""

    @property
    def member(self) -> MemberNumber:
        """The member's number."""
        return MemberNumber(self.number)

    @property
    def role_names(self) -> list[str]:
        """The roles in words."""
        return [role.name.lower() for role in Role if self.roles & role and role.name]

    def driver_numbers(self) -> list[int]:
        """Return every registered driver's number, in order."""
        return [number for first, count in self.drivers for number in range(first, first + count)]


@dataclass(frozen=True, slots=True)
class Credentials:
    """`credentials.json`."""

    members: tuple[LocalMember, ...] = field(default=())

    def named(self, name: str) -> LocalMember | None:
        """Return the member of this name."""
        return next((member for member in self.members if member.name == name), None)

    def numbered(self, number: int) -> LocalMember | None:
        """Return the member of this number."""
        return next((member for member in self.members if member.number == number), None)

    def with_role(self, role: Role) -> list[LocalMember]:
        """Return the members that have this role."""
        return [member for member in self.members if member.roles & role]


class DataDirectory:
    """Typed access to one data directory. Nothing is made before `create`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    # ── places ───────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def chain(self) -> Path:
        """The devnet's directory."""
        return self.path / "chain"

    @property
    def logs(self) -> Path:
        """Where the processes write."""
        return self.path / "logs"

    @property
    def journal(self) -> Path:
        """The importer's journal."""
        return self.path / "import.jsonl"

    @property
    def database(self) -> str:
        """The database, as a SQLAlchemy URL."""
        file = str((self.path / "doorstep.db").resolve())
        # Rendered, so that a ? or % of the path is not read as part of the URL's syntax.
        return URL.create("sqlite+aiosqlite", database=file).render_as_string()

    @property
    def password_file(self) -> Path:
        """The keystores' password."""
        return self._keys / "password"

    @property
    def devnet_token_file(self) -> Path:
        """The token that drives the devnet's clock: for the sample and the importer."""
        return self._keys / "devnet-token"

    @property
    def _keys(self) -> Path:
        return self.path / "keys"

    @property
    def _owners(self) -> Path:
        return self.path / "owners"

    @property
    def _network(self) -> Path:
        return self.path / "doorstep.json"

    @property
    def _credentials(self) -> Path:
        return self.path / "credentials.json"

    # ── life ─────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def exists(self) -> bool:
        """Whether `up` has made this directory."""
        return self._network.exists()

    def require(self) -> DataDirectory:
        """Return this directory; NotADataDirectory where `up` has not made it."""
        if not self.exists:
            raise NotADataDirectory(
                f"{self.path} is no data directory: it has no doorstep.json. Make one with "
                f"`doorstep up --data {self.path}`, or name the right one with --data."
            )
        return self

    def create(self, network: Network) -> None:
        """Make the directory, its password and its keys; what is there already stays as it is."""
        make_directory(self.path)
        for directory in (self._keys, self._owners, self.logs, self.chain):
            make_directory(directory)
        for file in (self.password_file, self._owners / "password"):
            self._once(file, lambda: secrets.token_urlsafe(32).encode())
        self._once(self.devnet_token_file, lambda: secrets.token_urlsafe(32).encode())
        self._once(self._keys / "sealing", lambda: secrets.token_hex(32).encode())
        for name in (ADMIN, RELAY):
            self.ensure_key(name)
        self.write_network(network)

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold the directory for `up`: a second one is refused with DirectoryInUse."""
        make_directory(self.path)
        with lock(self.path / "up.lock", "another `doorstep up`"):
            yield

    @contextmanager
    def hold_import(self) -> Iterator[None]:
        """Hold the directory for an import: a second one is refused with DirectoryInUse."""
        with lock(self.path / "import.lock", "another `doorstep import`"):
            yield

    @contextmanager
    def administering(self) -> Iterator[None]:
        """Hold the directory's keys: two commands that register members or drivers wait for each other."""
        with lock(self.path / "admin.lock", "another command that registers members", wait_seconds=60.0):
            yield

    # ── doorstep.json ────────────────────────────────────────────────────────────────────────────────────────────

    def network(self) -> Network:
        """Return what `doorstep.json` says; DataDirectoryBroken where it cannot be understood."""
        self.require()

        def parse(content: dict[str, Any]) -> Network:
            deployment = content.pop("deployment")
            return Network(
                **{**content, "shop_origins": tuple(content.get("shop_origins", ()))},
                deployment=None if deployment is None else Deployment.from_json(deployment),
            )

        return self._read(self._network, parse)

    def write_network(self, network: Network) -> None:
        """Replace `doorstep.json`."""
        content = {
            "api_port": network.api_port,
            "rpc": network.rpc,
            "public": network.public,
            "genesis_time": network.genesis_time,
            "shop_origins": network.shop_origins,
            "deployment": None if network.deployment is None else network.deployment.to_json(),
        }
        write_private(self._network, orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n")

    def deployment(self) -> Deployment:
        """Return the deployment; NotADataDirectory where none was finished."""
        found = self.network().deployment
        if found is None:
            raise NotADataDirectory(
                f"{self.path} has no deployed ledger yet. Run `doorstep up --data {self.path}` until it is ready."
            )
        return found

    # ── credentials.json ─────────────────────────────────────────────────────────────────────────────────────────

    def credentials(self) -> Credentials:
        """Return the local members; none where nobody was registered yet."""
        if not self._credentials.exists():
            return Credentials()

        def parse(content: dict[str, Any]) -> Credentials:
            return Credentials(
                tuple(
                    LocalMember(
                        **{
                            **member,
                            "past_keys": tuple(member["past_keys"]),
                            "drivers": tuple(tuple(pair) for pair in member["drivers"]),
                        }
                    )
                    for member in content["members"]
                )
            )

        return self._read(self._credentials, parse)

    def keep_member(self, member: LocalMember) -> None:
        """Add a member, or replace the one of its number. Only while `administering`."""
        others = [one for one in self.credentials().members if one.number != member.number]
        members = sorted([*others, member], key=lambda one: one.number)
        content = {"members": [asdict(one) for one in members]}
        write_private(self._credentials, orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n")

    def add_drivers(self, number: int, first: int, count: int) -> LocalMember:
        """Note drivers registered for a member. Only while `administering`."""
        member = self.credentials().numbered(number)
        if member is None:
            raise InvalidInput("carrier", f"member {number} is none of this directory's")
        changed = replace(member, drivers=(*member.drivers, (first, count)))
        self.keep_member(changed)
        return changed

    def credentials_version(self) -> tuple[int, int]:
        """Return what changes whenever `credentials.json` does."""
        try:
            status = self._credentials.stat()
        except FileNotFoundError:
            return (0, 0)
        return (status.st_mtime_ns, status.st_ino)

    # ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def keystore(self, name: str) -> Path:
        """Return the path of a keystore."""
        return self._keys / f"{name}.json"

    def ensure_key(self, name: str) -> LocalSigner:
        """Return the signer of a keystore, made where there is none."""
        if not self.keystore(name).exists():
            # The password lies beside it, so a slow derivation would protect nothing.
            create_keystore(self.keystore(name), self._password(), work=LIGHT)
        return self.signer(name)

    def signer(self, name: str) -> LocalSigner:
        """Return the signer of a keystore; errors as `load_keystore`."""
        return load_keystore(self.keystore(name), self._password())

    def ensure_owner(self, name: str) -> LocalSigner:
        """Return the signer of an owner's keystore, made where there is none."""
        path = self._owners / f"{name}.json"
        if not path.exists():
            create_keystore(path, self._read_password(self._owners / "password"), work=LIGHT)
        return self.owner(name)

    def owner(self, name: str) -> LocalSigner:
        """Return the signer of an owner's keystore; NoKeystore where it has been moved elsewhere."""
        return load_keystore(self._owners / f"{name}.json", self._read_password(self._owners / "password"))

    def sealing_key(self) -> bytes:
        """Return the 32 bytes that seal the secrets of links made here."""
        return self._secret("sealing")

    def seed(self) -> bytes:
        """Return the importer's 32-byte seed, made on first use: everything it makes up follows from it."""
        self._once(self._keys / "seed", lambda: secrets.token_hex(32).encode())
        return self._secret("seed")

    def devnet_token(self) -> str | None:
        """Return the token that drives the devnet; None where `up` has not made one yet."""
        if not self.devnet_token_file.exists():
            return None
        try:
            return self.devnet_token_file.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise DataDirectoryBroken(f"{self.devnet_token_file} cannot be read: {error}") from error

    def _secret(self, name: str) -> bytes:
        path = self._keys / name
        try:
            raw = bytes.fromhex(path.read_text(encoding="ascii").strip())
        except (OSError, ValueError) as error:
            raise DataDirectoryBroken(f"{path} cannot be read as hex digits: {error}") from error
        if len(raw) != 32:
            raise DataDirectoryBroken(f"{path} must hold 64 hex digits, not {2 * len(raw)}")
        return raw

    def _password(self) -> str:
        return self._read_password(self.password_file)

    def _read_password(self, path: Path) -> str:
        try:
            return path.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise DataDirectoryBroken(f"{path} cannot be read: {error.strerror}") from error

    def _once(self, path: Path, make: Callable[[], bytes]) -> None:
        if not path.exists():
            write_private(path, make() + b"\n")

    def _read(self, path: Path, parse: Callable[[dict[str, Any]], _T]) -> _T:
        try:
            return parse(orjson.loads(path.read_bytes()))
        except OSError as error:
            raise DataDirectoryBroken(f"{path} cannot be read: {error.strerror}") from error
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, InvalidInput) as error:
            raise DataDirectoryBroken(
                f"{path} cannot be understood: {error}. Restore it from a copy."
            ) from error


def slug(name: str) -> str:
    """Return a member's name as a file name."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "member"
