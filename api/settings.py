"""What the API is told at start; the one place of the project that reads the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Final, Self

import orjson

from chain_client.domain.errors import InvalidInput
from chain_client.domain.ids import parse_address, parse_hash, parse_hex
from chain_client.domain.ledger import LedgerIdentity
from chain_client.health import Limits

PREFIX: Final = "DOORSTEP_"
DEFAULT_PAGES: Final = Path(__file__).parent / "pages" / "built"
_MOST_REQUESTS: Final = 1_000_000_000
_TRUE: Final = frozenset({"1", "true", "yes", "on"})
_FALSE: Final = frozenset({"0", "false", "no", "off"})


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything `create_app` needs. Times in seconds, sizes in bytes."""

    database: str
    """SQLAlchemy URL, as `open_store` takes it; the schema must be there (`migrate`)."""
    identity: LedgerIdentity
    """The ledger that the database's rows belong to."""
    sealing_key: bytes = field(repr=False)
    """32 bytes that seal the secrets of links made here."""
    relay_keystore: Path | None = None
    """The encrypted keystore that signs receipts; without one feedback is accepted without a receipt."""
    relay_password_file: Path | None = None
    """Holds the keystore's password; its last newline does not count."""
    receipt_seconds: int = 3600
    """How long the relay gives itself to put a feedback on chain."""
    public_reputations: bool = False
    """Whether reputations need no API key."""
    public_record: bool = False
    """Whether what stands on chain, reputations with it, needs no API key; private text always does."""
    public_url: str = "http://127.0.0.1:8000"
    """What recipients' links begin with."""
    pages_dir: Path = DEFAULT_PAGES
    """Where the built pages lie; what is not there is answered 503."""
    max_body_bytes: int = 4 * 1024 * 1024
    ready_lag_blocks: int = 5
    """`/readyz` says 503 where the index is further behind the node's head than this …"""
    ready_silence_seconds: int = 60
    """… or where the worker has not looked at the node for longer than this. Nothing is judged or promised then."""
    cors_origins: tuple[str, ...] = ()
    """Origins whose pages may call; none by default."""
    max_connections: int = 2000
    """Open connections at a time, streams with them; beyond it one without a request is closed, else the new one gets 503."""
    connections_per_address: int = 500
    """Open connections of one IPv4 address, or one IPv6 network of 64 bits; what goes beyond is answered 429."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses and networks of proxies in front, whose X-Forwarded-For names the caller; none by default."""
    requests_per_key: int = 60_000
    """Requests that one API key may make in a minute of the clock; what goes beyond is answered 429."""
    requests_per_address: int = 1_200
    """The same of all callers without a valid key at one IPv4 address, or one IPv6 network of 64 bits."""
    invalid_keys_per_address: int = 60
    """Of those, requests with an API key that is not valid."""
    max_streams: int = 1000
    """Open `/v1/stream`s at a time; three quarters of them at most for callers without key or token."""
    own_process: bool = True
    """Whether the process is the API's alone: what is loaded by its start is then left out of garbage collection."""

    @property
    def limits(self) -> Limits:
        """From when on the index is behind, an observation of the chain too old, and the relay overdue."""
        return Limits(self.ready_lag_blocks, self.ready_silence_seconds, self.receipt_seconds)

    @property
    def shows_reputations(self) -> bool:
        """Whether reputations are for anyone: where they are public themselves, or all that they follow from is."""
        return self.public_reputations or self.public_record

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Return the settings of the DOORSTEP_* variables (of `os.environ`, where no mapping is given).

        Raises InvalidInput naming the variable that is missing or that cannot be understood.
        """
        env = _Environment(os.environ if environment is None else environment)
        keystore = env.text("RELAY_KEYSTORE", "")
        password = env.text("RELAY_PASSWORD_FILE", "")
        if bool(keystore) != bool(password):
            missing = "RELAY_PASSWORD_FILE" if keystore else "RELAY_KEYSTORE"
            raise InvalidInput(
                PREFIX + missing, "is missing: the relay needs its keystore and its password file"
            )
        made = cls(
            database=env.text("DATABASE"),
            identity=read_identity(Path(env.text("LEDGER")), PREFIX + "LEDGER"),
            sealing_key=read_sealing_key(Path(env.text("SEALING_KEY_FILE")), PREFIX + "SEALING_KEY_FILE"),
            relay_keystore=Path(keystore) if keystore else None,
            relay_password_file=Path(password) if password else None,
            receipt_seconds=env.number("RECEIPT_SECONDS", 3600, least=1),
            public_reputations=env.switch("PUBLIC_REPUTATIONS", default=False),
            public_record=env.switch("PUBLIC_RECORD", default=False),
            public_url=env.text("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/"),
            pages_dir=Path(env.text("PAGES", str(DEFAULT_PAGES))),
            max_body_bytes=env.number("MAX_BODY_BYTES", 4 * 1024 * 1024, least=1024),
            ready_lag_blocks=env.number("READY_LAG_BLOCKS", 5, least=0),
            ready_silence_seconds=env.number("READY_SILENCE_SECONDS", 60, least=1),
            max_connections=env.number("MAX_CONNECTIONS", 2000, least=1),
            connections_per_address=env.number("CONNECTIONS_PER_ADDRESS", 500, least=1),
            trusted_proxies=tuple(
                parse_network(one, PREFIX + "TRUSTED_PROXIES")
                for one in env.text("TRUSTED_PROXIES", "").split()
            ),
            requests_per_key=env.number("REQUESTS_PER_KEY", 60_000, least=1, most=_MOST_REQUESTS),
            requests_per_address=env.number("REQUESTS_PER_ADDRESS", 1_200, least=1, most=_MOST_REQUESTS),
            invalid_keys_per_address=env.number("INVALID_KEYS_PER_ADDRESS", 60, least=1, most=_MOST_REQUESTS),
            max_streams=env.number("MAX_STREAMS", 1000, least=1),
            cors_origins=tuple(
                parse_origin(one, PREFIX + "CORS_ORIGINS") for one in env.text("CORS_ORIGINS", "").split()
            ),
        )
        if made.max_streams >= made.max_connections:
            raise InvalidInput(
                PREFIX + "MAX_STREAMS", f"must be below {PREFIX}MAX_CONNECTIONS, {made.max_connections}"
            )
        return made


class _Environment:
    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def text(self, name: str, default: str | None = None) -> str:
        value = self._variables.get(PREFIX + name, "").strip()
        if value:
            return value
        if default is None:
            raise InvalidInput(PREFIX + name, "must be set")
        return default

    def number(self, name: str, default: int, *, least: int, most: int | None = None) -> int:
        value = self.text(name, str(default))
        whole = value.isascii() and value.isdigit() and len(value) < 20
        if not whole or int(value) < least or (most is not None and int(value) > most):
            rule = f"from {least}" if most is None else f"from {least} to {most}"
            raise InvalidInput(PREFIX + name, f"must be a whole number {rule}, not {value!r}")
        return int(value)

    def switch(self, name: str, *, default: bool) -> bool:
        value = self.text(name, "true" if default else "false").lower()
        if value in _TRUE | _FALSE:
            return value in _TRUE
        raise InvalidInput(PREFIX + name, f"must be true or false, not {value!r}")


def parse_origin(text: str, field: str) -> str:
    """Return a web origin, `https://shop.example` with a port if need be; InvalidInput for anything else.

    Browsers send an origin without path or slash, and it is compared letter by letter: one written otherwise would
    never match, and nobody would see why.
    """
    if not re.fullmatch(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::[0-9]{1,5})?", text):
        raise InvalidInput(
            field, f"{text!r} is no origin: write it as https://shop.example, in small letters, no path"
        )
    return text


def parse_network(text: str, field: str) -> str:
    """Return an IP address or network as it was written; InvalidInput for anything else, `*` with it."""
    try:
        ip_network(text, strict=False)
    except ValueError as error:
        raise InvalidInput(
            field, f"{text!r} is no IP address or network: write 10.0.0.7, 10.0.0.0/8 or fd00::/8"
        ) from error
    return text


def _read(path: Path, field: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidInput(field, f"{path} cannot be read: {error.strerror}") from error


def read_identity(path: Path, field: str = "ledger") -> LedgerIdentity:
    """Return which ledger a deployment file (JSON, as `doorstep deploy` writes it) names; InvalidInput otherwise."""
    try:
        content = orjson.loads(_read(path, field))
    except orjson.JSONDecodeError as error:
        raise InvalidInput(field, f"{path} is no JSON: {error}") from error
    try:
        return LedgerIdentity(
            chain_id=int(content["chain_id"]),
            genesis_hash=parse_hash(content["genesis_hash"], "genesis_hash"),
            address=parse_address(content["address"], "address"),
            deploy_block=int(content["deploy_block"]),
            deploy_block_hash=parse_hash(content["deploy_block_hash"], "deploy_block_hash"),
        )
    except (KeyError, TypeError, ValueError, InvalidInput) as error:
        raise InvalidInput(field, f"{path} is no deployment file: {error}") from error


def read_sealing_key(path: Path, field: str = "sealing_key") -> bytes:
    """Return the 32-byte key that a file holds as 64 hex digits, with or without 0x; InvalidInput otherwise."""
    text = _read(path, field).decode("ascii", "replace").strip()
    return parse_hex(text if text.startswith("0x") else "0x" + text, 32, field)
