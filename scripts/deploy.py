"""Deploying a ledger on any node: what it returns is what everyone else is given to find it again."""

from __future__ import annotations

from pathlib import Path

from chain_client.bindings import admin
from chain_client.bindings.deployment import Deployment
from chain_client.domain.errors import InvalidInput
from chain_client.domain.ids import parse_hex
from chain_client.outbox.signer import LocalSigner, load_keystore
from chain_client.rpc.node import Node

KEY_VARIABLE = "DOORSTEP_KEY"


def signer_of(keystore: Path | None, password_file: Path | None, environment: dict[str, str]) -> LocalSigner:
    """Return the signer of a keystore file, or of the key in DOORSTEP_KEY (0x-hex); never of an argument.

    Raises InvalidInput where neither is given, or the keystore comes without its password file.
    """
    if keystore is not None:
        if password_file is None:
            raise InvalidInput("--password-file", "is needed to open --keystore")
        try:
            password = password_file.read_text(encoding="utf-8").removesuffix("\n")
        except OSError as error:
            raise InvalidInput(
                "--password-file", f"{password_file} cannot be read: {error.strerror}"
            ) from error
        return load_keystore(keystore, password)
    if key := environment.get(KEY_VARIABLE):
        return LocalSigner(parse_hex(key.strip(), 32, KEY_VARIABLE))
    raise InvalidInput("--keystore", f"is needed (with --password-file), or the variable {KEY_VARIABLE}")


async def deploy(url: str, signer: LocalSigner, out: Path, *, admin_delay: int) -> Deployment:
    """Deploy access manager and ledger through the node at `url`, the administrator acting `admin_delay` seconds late.

    Nothing is deployed where `out`, where the deployment is to be written, exists already. Errors as
    `bindings.admin.deploy`.
    """
    if out.exists():
        raise InvalidInput("--out", f"{out} exists already, and a deployment is never written over")
    node = await Node.connect(url)
    try:
        return await admin.deploy(node, signer, admin_delay=admin_delay)
    finally:
        await node.close()
