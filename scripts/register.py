"""The network's register, by command: `doorstep member`, `writer`, `driver`, `key`. Arguments and wiring, nothing else."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final

import typer

from chain_client.domain.ids import MemberNumber, parse_address, to_hex
from scripts.arguments import Data, Json
from scripts.datadir import DEFAULT_DATA, DataDirectory
from scripts.output import Output, iso

member_app = typer.Typer(help="Members of the network.", no_args_is_help=True)
writer_app = typer.Typer(help="Addresses that may write for a member.", no_args_is_help=True)
driver_app = typer.Typer(help="Drivers of a carrier.", no_args_is_help=True)
key_app = typer.Typer(help="API keys of members.", no_args_is_help=True)
APPS: Final = {"member": member_app, "writer": writer_app, "driver": driver_app, "key": key_app}


@member_app.command("add")
def member_add(
    name: str,
    roles: Annotated[str, typer.Option(help="shipper, carrier or both with a comma; or reviewer.")],
    data: Data = DEFAULT_DATA,
    json: Json = False,
) -> None:
    """Register a member, make its keys and its API key, and start its lane. A name already there is left as it is."""
    from scripts import members

    async def run() -> Any:
        async with members.open_network(DataDirectory(data).require()) as net:
            return await members.ensure_member(net, name, members.parse_roles(roles))

    output = Output(json=json)
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


@writer_app.command("allow")
def writer_allow(
    member: Annotated[int, typer.Argument(help="Member number.", min=1, max=65535)],
    address: Annotated[str, typer.Argument(help="20 bytes, 0x-hex; it serves this member for ever.")],
    data: Data = DEFAULT_DATA,
    json: Json = False,
) -> None:
    """Let an address write for a member, and for no other ever."""
    from scripts import members

    writer = parse_address(address, "address")

    async def run() -> None:
        async with members.open_network(DataDirectory(data).require()) as net:
            await members.allow_writer(net, MemberNumber(member), writer)

    output = Output(json=json)
    with output.status("allowing the writer"):
        asyncio.run(run())
    if json:
        output.document({"member": member, "writer": to_hex(writer)})
    else:
        output.text(f"{to_hex(writer)} may write for member {member}")


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
