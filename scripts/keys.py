"""`doorstep key add|list|revoke`: API keys of the members whose data is here. Needs no node."""

from __future__ import annotations

import asyncio

from chain_client.domain.errors import NotFound
from chain_client.domain.ids import MemberNumber
from chain_client.indexer import reader as index
from chain_client.vault import api_keys
from chain_client.vault.api_keys import ApiKey
from scripts.datadir import DataDirectory
from scripts.network import clock, open_database


class NoSuchKey(NotFound):
    """No key of this id is in force."""

    code = "no-such-key"


class NoSuchMember(NotFound):
    """The index knows no member of this number."""

    code = "no-such-member"


def add(directory: DataDirectory, member: MemberNumber) -> str:
    """Make another API key for a member and return it: the only time it is seen; NoSuchMember for an unknown one."""

    async def made() -> str:
        async with open_database(directory) as (store, ledger_id), store.write() as connection:
            if await index.member(connection, ledger_id, member) is None:
                raise NoSuchMember(
                    f"The index knows no member {member}; `doorstep member add` registers one."
                )
            return await api_keys.create(connection, ledger_id, member, clock())

    return asyncio.run(made())


def of_member(directory: DataDirectory, member: MemberNumber) -> list[ApiKey]:
    """Return what is known of a member's keys, oldest first: never a secret."""

    async def found() -> list[ApiKey]:
        async with open_database(directory) as (store, ledger_id), store.read() as connection:
            return await api_keys.of_member(connection, ledger_id, member)

    return asyncio.run(found())


def revoke(directory: DataDirectory, key_id: str) -> None:
    """Make a key useless from now on, for ever: open streams end too. NoSuchKey where none is in force.

    `key_id` is the part before the dot; a whole key is taken too, so that one that leaked can be pasted.
    """

    async def revoked() -> None:
        wanted = key_id.partition(".")[0]
        async with open_database(directory) as (store, ledger_id):
            async with store.write() as connection:
                if not await api_keys.revoke(connection, ledger_id, wanted, clock()):
                    raise NoSuchKey(
                        f"No key {wanted} is in force; `doorstep key list MEMBER` shows a member's."
                    )
            await (
                store.truncate_log()
            )  # the key's hash was wiped; where a reader holds the log, the API's next one does

    asyncio.run(revoked())
