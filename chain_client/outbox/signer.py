"""Keys: the only place in the product that holds one, in memory or in an encrypted file.

Files are Web3 Secret Storage, version 3, with scrypt. `work` is scrypt's N: about 128·N·8 bytes of memory and, at
`STRONG`, a second or so for every guess. `LIGHT` is for keys whose password lies beside them anyway (local data).
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any, Final

from coincurve import PrivateKey

from chain_client.bindings.signer import TxFields
from chain_client.domain.errors import Conflict, Forbidden, InvalidInput, NotFound
from chain_client.domain.ids import Address, Hash32, to_hex
from chain_client.domain.signatures import CURVE_ORDER, CompactSignature, address_of, sign_with

STRONG: Final = 1 << 18
LIGHT: Final = 1 << 12


class WrongPassword(Forbidden):
    """The password does not open this keystore file. Do not retry with the same one."""

    code = "wrong-password"


class NoKeystore(NotFound):
    """There is no keystore file at this path."""

    code = "no-keystore"


class KeystoreExists(Conflict):
    """A keystore file is there already, and is never written over: it may hold the only copy of a key."""

    code = "keystore-exists"


class LocalSigner:
    """A key held in this process; a `bindings.Signer`. It never shows its secret, in a repr, a pickle or a copy."""

    __slots__ = ("_address", "_key")

    def __init__(self, secret: bytes) -> None:
        """Take a 32-byte private key; raises InvalidInput for anything that is none."""
        if len(secret) != 32 or not 0 < int.from_bytes(secret, "big") < CURVE_ORDER:
            raise InvalidInput(
                "secret", "must be a secp256k1 private key: 32 bytes, above 0, below the order"
            )
        self._key = PrivateKey(bytes(secret))
        self._address = address_of(bytes(secret))

    @property
    def address(self) -> Address:
        """The address of the key."""
        return self._address

    def sign_transaction(self, fields: TxFields) -> bytes:
        """Return the signed type 2 transaction; the same fields give the same bytes (RFC 6979)."""
        return fields.signed(self.sign_digest(fields.digest()))

    def sign_digest(self, digest: Hash32) -> CompactSignature:
        """Return the signature of a 32-byte digest: EIP-712's, never that of bytes someone else chose."""
        return sign_with(self._key, digest)

    def __repr__(self) -> str:
        return f"LocalSigner({to_hex(self._address)})"

    def __reduce__(self) -> Any:
        raise TypeError("a signer is never pickled or copied: its secret stays where it is")


def create_keystore(path: Path, password: str, *, secret: bytes | None = None, work: int = STRONG) -> Address:
    """Write a key, encrypted, to a new file of mode 0600, and return its address.

    A random key unless `secret` is given. The file is on disk when this returns. Raises KeystoreExists where the path
    is taken, InvalidInput for an empty password or a secret that is none.
    """
    if not password:
        raise InvalidInput("password", "must not be empty")
    signer = LocalSigner(_random_secret() if secret is None else secret)
    content = _encrypt(signer._key.secret, password, work)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise KeystoreExists(f"{path} exists already; a keystore is never written over.") from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return signer.address


def load_keystore(path: Path, password: str) -> LocalSigner:
    """Return the signer of a keystore file, made here or by another Ethereum tool.

    Takes as long as the file's scrypt says, up to a second or so: call it at start-up, not on an event loop's way.
    Raises NoKeystore, WrongPassword, or InvalidInput where the file is no keystore.
    """
    # Imported here: eth_account takes a second to import, and a process that holds no key never needs it.
    from eth_account import Account

    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NoKeystore(f"There is no keystore file at {path}; create one, or correct the path.") from error
    except ValueError as error:
        raise InvalidInput(str(path), "is no keystore: not JSON") from error
    try:
        secret = bytes(Account.decrypt(content, password))
    except ValueError as error:
        if "MAC mismatch" in str(error):
            raise WrongPassword(f"The password does not open the keystore {path}.") from None
        raise InvalidInput(str(path), f"is no keystore this program can read: {error}") from error
    except (KeyError, TypeError, NotImplementedError) as error:
        raise InvalidInput(str(path), "is no Web3 Secret Storage (version 3) file") from error
    return LocalSigner(secret)


def _random_secret() -> bytes:
    return (secrets.randbelow(CURVE_ORDER - 1) + 1).to_bytes(32, "big")


def _encrypt(secret: bytes, password: str, work: int) -> str:
    from eth_account import Account

    return json.dumps(Account.encrypt(secret, password, kdf="scrypt", iterations=work))
