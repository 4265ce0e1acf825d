"""Who calls: a member by API key, or a recipient by the read token of their delivery.

`Authorization: Bearer <API key>`; `Doorstep-Read-Token: <43 characters of base64url>`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.ext.asyncio import AsyncConnection

from api.problems import Problem
from api.services import Context, Reading, Services
from chain_client.domain.ids import MemberNumber
from chain_client.domain.records import Role
from chain_client.indexer import reader as index
from chain_client.vault import api_keys

_bearer: Final = HTTPBearer(
    auto_error=False,
    scheme_name="MemberKey",
    description="A member's API key, which only the operator can make.",
)
_read_token: Final = APIKeyHeader(
    name="Doorstep-Read-Token",
    auto_error=False,
    scheme_name="ReadToken",
    description="The recipient's: derived from the secret of their tracking link.",
)


@dataclass(frozen=True, slots=True)
class Caller:
    """A member that presented a valid key, with its roles as the chain has them now."""

    member: MemberNumber
    roles: Role

    @property
    def reviews(self) -> bool:
        """Whether this member decides appeals, and so may see figures of either side."""
        return bool(self.roles & Role.REVIEWER)


_Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


async def _authenticate(
    request: Request,
    credentials: HTTPAuthorizationCredentials | None,
    context: Services,
    connection: AsyncConnection,
) -> Caller | None:
    if "authorization" not in request.headers:
        return None
    member = None
    if credentials is not None:
        member = await api_keys.authenticate(connection, context.ledger_id, credentials.credentials)
    if member is None:
        raise _unauthorised("This API key is not valid; it may have been revoked.")
    known = await index.member(connection, context.ledger_id, member)
    return Caller(member, Role(0 if known is None else known.roles))


async def present(request: Request, context: Services, connection: AsyncConnection) -> Caller | None:
    """Return who calls, looked up anew: for answers that go on long after their request. Errors as at the first look."""
    return await _authenticate(request, await _bearer(request), context, connection)


async def presented_key(request: Request) -> str | None:
    """Return the API key as it was sent, valid or not."""
    credentials = await _bearer(request)
    return None if credentials is None else credentials.credentials


def _unauthorised(detail: str) -> Problem:
    return Problem(401, "unauthorized", detail, headers={"www-authenticate": 'Bearer realm="doorstep"'})


def required(caller: Caller | None) -> Caller:
    """Return the caller; 401 where none was presented."""
    if caller is None:
        raise _unauthorised("This needs a member's API key: send Authorization: Bearer <key>.")
    return caller


async def _writing_caller(request: Request, credentials: _Credentials, context: Context) -> Caller:
    # A transaction of its own, over before the writing one begins: strangers must not hold the write lock.
    async with context.store.read() as connection:
        return required(await _authenticate(request, credentials, context, connection))


async def _possible_caller(
    request: Request, credentials: _Credentials, context: Context, connection: Reading
) -> Caller | None:
    return await _authenticate(request, credentials, context, connection)


async def _reading_caller(caller: Annotated[Caller | None, Depends(_possible_caller)]) -> Caller:
    return required(caller)


WritingCaller = Annotated[Caller, Depends(_writing_caller)]
ReadingCaller = Annotated[Caller, Depends(_reading_caller)]
PossibleCaller = Annotated[Caller | None, Depends(_possible_caller)]
ReadToken = Annotated[str | None, Depends(_read_token)]
