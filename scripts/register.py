"""The network's register, by command: `doorstep member`, `writer`, `driver`, `key`. Arguments and wiring, nothing else."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from chain_client.domain.ids import MemberNumber, parse_address, to_hex
from scripts.arguments import Data, DeploymentFile, Json, Keystore, PasswordFile, Rpc
from scripts.datadir import DEFAULT_DATA, DataDirectory
from scripts.output import Output, iso

if TYPE_CHECKING:
    from scripts.governance import Access

member_app = typer.Typer(help="Members of the network.", no_args_is_help=True)
owner_app = typer.Typer(help="Owners: the keys that govern members.", no_args_is_help=True)
writer_app = typer.Typer(help="Addresses that may write for a member.", no_args_is_help=True)
driver_app = typer.Typer(help="Drivers of a carrier.", no_args_is_help=True)
key_app = typer.Typer(help="API keys of members.", no_args_is_help=True)
APPS: Final = {
    "member": member_app,
    "owner": owner_app,
    "writer": writer_app,
    "driver": driver_app,
    "key": key_app,
}
Number = Annotated[int, typer.Argument(help="Member number.", min=1, max=65535)]
AnAddress = Annotated[str, typer.Argument(help="20 bytes, 0x-hex.")]


@member_app.command("add")
def member_add(
    name: str,
    roles: Annotated[str, typer.Option(help="shipper, carrier or both with a comma; or reviewer.")],
    owner: Annotated[
        str | None,
        typer.Option(
            help="Address of an owner whose key is elsewhere; by default one is made in DATA/owners."
        ),
    ] = None,
    data: Data = DEFAULT_DATA,
    json: Json = False,
) -> None:
    """Register a member, make its owner's, its writer's and its API key, and start its lane.

    A name already there is left as it is. With --owner the member is registered alone: its owner allows its writers with
    `doorstep writer allow`.
    """
    from scripts import members

    output, elsewhere = Output(json=json), None if owner is None else parse_address(owner, "owner")
    if elsewhere is not None:

        async def register() -> int:
            async with members.open_network(DataDirectory(data).require()) as net:
                found = members.parse_roles(roles)
                return int(await members.register_elsewhere(net, name, found, elsewhere))

        with output.status(f"registering {name}"):
            number = asyncio.run(register())
        if json:
            output.document({"member": number, "name": name, "owner": to_hex(elsewhere)})
        else:
            output.text(
                f"{name} is member {number}. Its owner allows a writer with: doorstep writer allow {number} ADDRESS"
            )
        return

    async def run() -> Any:
        async with members.open_network(DataDirectory(data).require()) as net:
            return await members.ensure_member(net, name, members.parse_roles(roles))

    with output.status(f"registering {name}"):
        member = asyncio.run(run())
    content = {
        "member": member.number,
        "name": member.name,
        "roles": member.role_names,
        "api_key": member.api_key,
    }
    if json:
        output.document(content)
    else:
        output.table("Member", ("", ""), [(key, str(value)) for key, value in content.items()])


@member_app.command("roles")
def member_roles(
    member: Number,
    roles: Annotated[str, typer.Argument(help="As for `member add`; '' takes all roles.")],
    data: Data = DEFAULT_DATA,
    rpc: Rpc = None,
    deployment: DeploymentFile = None,
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    json: Json = False,
) -> None:
    """Replace a member's roles, from the next call on. Signed by the administrator."""
    from scripts import governance

    access = _access(data, rpc, deployment, keystore, password_file)
    _govern(lambda: governance.set_roles(access, member, roles), "roles set", json)


@owner_app.command("offer")
def owner_offer(
    member: Number,
    address: AnAddress,
    data: Data = DEFAULT_DATA,
    rpc: Rpc = None,
    deployment: DeploymentFile = None,
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    json: Json = False,
) -> None:
    """Offer a member to another owner, who accepts with `doorstep owner accept`. Signed by the present owner.

    The zero address withdraws an offer.
    """
    from scripts import governance

    access, other = _access(data, rpc, deployment, keystore, password_file), parse_address(address, "address")
    _govern(lambda: governance.offer_owner(access, member, other), "offered", json)


@owner_app.command("accept")
def owner_accept(
    member: Number,
    data: Data = DEFAULT_DATA,
    rpc: Rpc = None,
    deployment: DeploymentFile = None,
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    json: Json = False,
) -> None:
    """Become a member's owner: by its owner's offer, or by a recovery 14 days old. Signed by the new owner."""
    from scripts import governance

    access = _access(data, rpc, deployment, keystore, password_file)
    _govern(lambda: governance.accept_owner(access, member), "accepted", json)


@owner_app.command("recover")
def owner_recover(
    member: Number,
    address: AnAddress,
    data: Data = DEFAULT_DATA,
    rpc: Rpc = None,
    deployment: DeploymentFile = None,
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    json: Json = False,
) -> None:
    """Start giving a member to a new owner because its owner's key is lost. Signed by the administrator.

    The new owner accepts after 14 days; the present owner can veto it until then with `doorstep owner veto`.
    """
    from scripts import governance

    access, other = _access(data, rpc, deployment, keystore, password_file), parse_address(address, "address")
    _govern(lambda: governance.recover(access, member, other), "recovery started", json)


@owner_app.command("veto")
def owner_veto(
    member: Number,
    data: Data = DEFAULT_DATA,
    rpc: Rpc = None,
    deployment: DeploymentFile = None,
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    json: Json = False,
) -> None:
    """Stop a recovery; no other can start for 90 days. Signed by the present owner."""
    from scripts import governance

    access = _access(data, rpc, deployment, keystore, password_file)
    _govern(lambda: governance.veto(access, member), "vetoed", json)


@writer_app.command("allow")
def writer_allow(
    member: Number,
    address: AnAddress,
    data: Data = DEFAULT_DATA,
    rpc: Rpc = None,
    deployment: DeploymentFile = None,
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    json: Json = False,
) -> None:
    """Allow an address to write for a member, once it accepts with `doorstep writer accept`. Signed by the owner."""
    from scripts import governance

    access, writer = (
        _access(data, rpc, deployment, keystore, password_file),
        parse_address(address, "address"),
    )
    _govern(lambda: governance.allow_writer(access, member, writer), "allowed", json)


@writer_app.command("accept")
def writer_accept(
    member: Number,
    data: Data = DEFAULT_DATA,
    rpc: Rpc = None,
    deployment: DeploymentFile = None,
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    json: Json = False,
) -> None:
    """Begin to write for a member, and for no other, permanently. Signed by the address that its owner allowed."""
    from scripts import governance

    access = _access(data, rpc, deployment, keystore, password_file)
    _govern(lambda: governance.accept_writer(access, member), "accepted", json)


@writer_app.command("remove")
def writer_remove(
    member: Number,
    address: AnAddress,
    data: Data = DEFAULT_DATA,
    rpc: Rpc = None,
    deployment: DeploymentFile = None,
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    json: Json = False,
) -> None:
    """Stop an address from writing, permanently and at once. Signed by the owner, or by the address itself."""
    from scripts import governance

    access, writer = (
        _access(data, rpc, deployment, keystore, password_file),
        parse_address(address, "address"),
    )
    _govern(lambda: governance.remove_writer(access, member, writer), "removed", json)


@writer_app.command("rotate")
def writer_rotate(member: Number, data: Data = DEFAULT_DATA, json: Json = False) -> None:
    """Replace the key of a member's lane: a new one takes over, the old one is waited for and removed.

    Nothing accepted is lost or sent twice, also under load. A run that was cut short is finished by the next one.
    """
    from scripts import governance

    output = Output(json=json)
    with output.status("rotating the writer"):
        old, new = asyncio.run(governance.rotate_writer(DataDirectory(data).require(), member))
    if json:
        output.document({"member": member, "removed": to_hex(old), "writer": to_hex(new)})
    else:
        output.text(f"{to_hex(new)} writes for member {member}; {to_hex(old)} is removed")


def _access(
    data: Path, rpc: str | None, deployment: Path | None, keystore: Path | None, password_file: Path | None
) -> Access:
    from scripts.governance import Access

    return Access(data, rpc, deployment, keystore, password_file, dict(os.environ))


def _shown(name: str, value: Any) -> Any:
    if name == "acceptable_from":
        return iso(value)
    return to_hex(value) if isinstance(value, bytes) else value


def _govern(act: Callable[[], Coroutine[Any, Any, Any]], done: str, json: bool) -> None:
    """Make a call of the ledger's and show the event that it emitted."""
    output = Output(json=json)
    with output.status("waiting for the transaction"):
        event = asyncio.run(act())
    shown = {name: _shown(name, value) for name, value in asdict(event).items()}
    if json:
        output.document({"event": type(event).__name__, **shown})
    else:
        output.text(f"{done}: " + ", ".join(f"{name} {value}" for name, value in shown.items()))


@key_app.command("add")
def key_add(
    member: Annotated[int, typer.Argument(help="Member number.", min=1, max=65535)],
    data: Data = DEFAULT_DATA,
    json: Json = False,
) -> None:
    """Make another API key for a member. It is shown once and kept nowhere."""
    from scripts import keys as command

    key, output = command.add(DataDirectory(data), MemberNumber(member)), Output(json=json)
    if json:
        output.document({"member": member, "key_id": key.partition(".")[0], "key": key})
    else:
        output.text(key)


@key_app.command("list")
def key_list(
    member: Annotated[int, typer.Argument(help="Member number.", min=1, max=65535)],
    data: Data = DEFAULT_DATA,
    json: Json = False,
) -> None:
    """Show a member's API keys by their ids: when they were made, and revoked."""
    from scripts import keys as command

    found, output = command.of_member(DataDirectory(data), MemberNumber(member)), Output(json=json)
    shown = [
        {
            "key_id": one.key_id,
            "created_at": iso(one.created_at),
            "revoked_at": None if one.revoked_at is None else iso(one.revoked_at),
        }
        for one in found
    ]
    if json:
        output.document({"member": member, "keys": shown})
        return
    for one in shown:
        output.text(
            f"{one['key_id']}  made {one['created_at']}  {'revoked ' + one['revoked_at'] if one['revoked_at'] else 'in force'}"
        )


@key_app.command("revoke")
def key_revoke(
    key_id: Annotated[str, typer.Argument(help="The part of the key before the dot.")],
    data: Data = DEFAULT_DATA,
    json: Json = False,
) -> None:
    """Make an API key useless, at once and for ever."""
    from scripts import keys as command

    command.revoke(DataDirectory(data), key_id)
    output = Output(json=json)
    if json:
        output.document({"revoked": key_id.partition(".")[0]})
    else:
        output.note(f"{key_id.partition('.')[0]} is revoked")


@driver_app.command("add")
def driver_add(
    carrier: Annotated[int, typer.Argument(help="The carrier's member number.", min=1, max=65535)],
    count: Annotated[int, typer.Argument(help="How many, 1 to 10,000.")],
    data: Data = DEFAULT_DATA,
    json: Json = False,
) -> None:
    """Register drivers for a carrier: pseudonymous numbers; who they are, only the carrier knows."""
    from scripts import members

    async def run() -> Any:
        async with members.open_network(DataDirectory(data).require()) as net:
            return await members.add_drivers(net, carrier, count)

    output = Output(json=json)
    with output.status("registering drivers"):
        first, added = asyncio.run(run())
    if json:
        output.document({"carrier": carrier, "first": first, "count": added})
    else:
        output.text(f"drivers {first} to {first + added - 1} drive for member {carrier}")
