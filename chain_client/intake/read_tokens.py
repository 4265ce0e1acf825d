"""The recipient's own read token: after a take-over the link that somebody else may know reads nothing any more."""

from __future__ import annotations

from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from chain_client.domain.digests import digest
from chain_client.domain.errors import Conflict, InvalidInput, NotFound
from chain_client.domain.records import Kind, ReadToken
from chain_client.domain.signatures import parse_signature, recover
from chain_client.indexer import reader
from chain_client.indexer.reader import HistoryQuery
from chain_client.intake import checks
from chain_client.intake.desk import Desk
from chain_client.intake.expected import current_head, expect
from chain_client.intake.requests import ReadTokenRequest
from chain_client.vault import waybills
from chain_client.vault.waybills import Replacement


class NothingToRead(NotFound):
    """The delivery is not on the ledger (yet), or nothing of it is kept here (any more)."""


class NotTakenOver(Conflict):
    """The delivery's key was not changed, as far as the chain is final. Retry once the key change is recorded."""

    code = "not-taken-over"


class TokenFixed(Conflict):
    """The delivery is read with another token of the recipient's already, for good. Never retry."""

    code = "read-token-fixed"


_BAD_SIGNATURE: Final = (
    "is not of the delivery's present key over ReadToken of exactly this delivery and token_hash in this ledger's EIP-712 "
    "domain; where the key was changed elsewhere just now, send the same again once that is recorded"
)


async def check_wish(desk: Desk, connection: AsyncConnection, request: ReadTokenRequest) -> None:
    """See `Intake.check_read_token_wish`."""
    checks.exact(request.delivery_id, 32, "delivery_id")
    checks.exact(request.token_hash, 32, "token_hash")
    signature = parse_signature(request.signature)
    head = await current_head(connection, desk.ledger_id)
    delivery = (await expect(connection, desk.ledger_id, head, [request.delivery_id]))[request.delivery_id]
    if delivery.word is None:
        raise NothingToRead("There is no such delivery on the ledger (yet).")
    # The signature comes first: whether the key was changed is not for whoever knows an id alone.
    wish = ReadToken(request.delivery_id, request.token_hash)
    signer = recover(digest(desk.separator, wish), signature)
    if signer is None or signer != delivery.word.recipient_key:
        raise InvalidInput("signature", _BAD_SIGNATURE)
    # The key changes once. Where the chain may still be rewound, another change could take this one's place, and the
    # token of a key that came to nothing would stay for good: so the change has to be final.
    query = HistoryQuery(delivery_id=request.delivery_id, kind=Kind.KEY_CHANGE, last_block=head.final_number)
    if not await reader.history(connection, desk.ledger_id, query, limit=1):
        raise NotTakenOver(
            "The delivery's key was not changed yet; change it, and call again once that is recorded."
        )


async def replace_read_token(desk: Desk, connection: AsyncConnection, request: ReadTokenRequest) -> bool:
    """See `Intake.replace_read_token`."""
    await check_wish(desk, connection, request)
    return _said(
        await waybills.replace_read_token(connection, desk.ledger_id, request.delivery_id, request.token_hash)
    )


def _said(outcome: Replacement) -> bool:
    match outcome:
        case Replacement.REPLACED:
            return True
        case Replacement.SAME:
            return False
        case Replacement.ANOTHER:
            raise TokenFixed("This delivery is read with another token of yours already, and that one stays.")
        case Replacement.THE_LINKS:
            raise InvalidInput("token_hash", "is that of the link's own token; derive one that only you have")
        case Replacement.UNKNOWN:
            raise NothingToRead("Nothing of this delivery is kept here (any more).")
