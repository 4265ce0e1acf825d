"""The file that a recipient's page saves: signed feedback, the domain it was signed in, and the relay's receipt.

The answer of `POST /v1/feedback`, and the receipt in it, are read too; they hold neither feedback nor domain.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import orjson

from chain_client.domain.digests import DOMAIN_NAME, DOMAIN_VERSION, SigningDomain
from chain_client.domain.errors import InvalidInput
from chain_client.domain.ids import (
    Address,
    DeliveryId,
    DriverNumber,
    Hash32,
    parse_address,
    parse_delivery_id,
    parse_hash,
    parse_hex,
)
from chain_client.domain.records import Feedback
from chain_client.domain.signatures import CompactSignature, parse_signature
from scripts.output import parse_time

_T = TypeVar("_T")
_MAX_BYTES: Final = 1 << 20
_SMALL: Final = ("overall", "timeliness", "packaging", "professionalism", "accuracy", "revision")


@dataclass(frozen=True, slots=True)
class SavedReceipt:
    """The relay's promise as it was given."""

    feedback_digest: Hash32
    record_by: int
    relay: Address
    signature: CompactSignature


@dataclass(frozen=True, slots=True)
class SavedFeedback:
    """What the file holds of each."""

    domain: SigningDomain | None
    genesis_hash: Hash32 | None
    feedback: Feedback | None
    signature: CompactSignature | None
    receipt: SavedReceipt | None


def read(path: Path) -> SavedFeedback:
    """Return what the file holds; raises InvalidInput naming the field that cannot be read."""
    try:
        content = path.read_bytes()
        if len(content) > _MAX_BYTES:
            raise InvalidInput(
                "FILE", f"{path} has {len(content)} bytes; a saved receipt has at most {_MAX_BYTES}"
            )
        document = orjson.loads(content)
    except OSError as error:
        raise InvalidInput("FILE", f"{path} cannot be read: {error.strerror}") from error
    except orjson.JSONDecodeError as error:
        raise InvalidInput("FILE", f"{path} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise InvalidInput("FILE", f"{path} must hold a JSON object")
    bare = "record_by" in document
    feedback, signature = _feedback(_part(document, "feedback")) or (None, None)
    return SavedFeedback(
        domain=_domain(_part(document, "domain")),
        genesis_hash=_optional(document, "genesis_hash", parse_hash),
        feedback=feedback,
        signature=signature,
        receipt=_receipt(document if bare else _part(document, "receipt")),
    )


def _part(document: dict[str, Any], name: str) -> dict[str, Any] | None:
    part = document.get(name)
    if part is None or isinstance(part, dict):
        return part
    raise InvalidInput(name, "must be a JSON object")


def _optional(document: dict[str, Any], name: str, parse: Callable[[str, str], _T]) -> _T | None:
    return None if document.get(name) is None else parse(_text(document, name, name), name)


def _text(part: dict[str, Any], name: str, field: str) -> str:
    value = part.get(name)
    if not isinstance(value, str):
        raise InvalidInput(field, "must be text")
    return value


def _number(part: dict[str, Any], name: str, field: str, bits: int) -> int:
    value = part.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << bits:
        raise InvalidInput(field, f"must be a whole number of {bits} bits")
    return value


def _domain(part: dict[str, Any] | None) -> SigningDomain | None:
    if part is None:
        return None
    for name, expected in (("name", DOMAIN_NAME), ("version", DOMAIN_VERSION)):
        if part.get(name) != expected:
            raise InvalidInput(f"domain.{name}", f"must be {expected!r}")
    contract = parse_address(
        _text(part, "verifyingContract", "domain.verifyingContract"), "domain.verifyingContract"
    )
    return SigningDomain(_number(part, "chainId", "domain.chainId", 64), contract)


def _feedback(part: dict[str, Any] | None) -> tuple[Feedback, CompactSignature] | None:
    if part is None:
        return None
    numbers = {name: _number(part, name, f"feedback.{name}", 8) for name in _SMALL}
    feedback = Feedback(
        delivery_id=DeliveryId(
            parse_delivery_id(_text(part, "delivery_id", "feedback.delivery_id"), "feedback.delivery_id")
        ),
        driver=DriverNumber(_number(part, "driver", "feedback.driver", 32)),
        issues=_number(part, "issues", "feedback.issues", 32),
        content_hash=parse_hash(
            _text(part, "content_hash", "feedback.content_hash"), "feedback.content_hash"
        ),
        **numbers,
    )
    return feedback, _signature(part, "feedback.signature")


def _receipt(part: dict[str, Any] | None) -> SavedReceipt | None:
    if part is None:
        return None
    return SavedReceipt(
        parse_hash(_text(part, "feedback_digest", "receipt.feedback_digest"), "receipt.feedback_digest"),
        parse_time(_text(part, "record_by", "receipt.record_by"), "receipt.record_by"),
        parse_address(_text(part, "relay", "receipt.relay"), "receipt.relay"),
        _signature(part, "receipt.signature"),
    )


def _signature(part: dict[str, Any], field: str) -> CompactSignature:
    text = _text(part, "signature", field)
    return parse_signature(parse_hex(text, max(0, (len(text) - 2) // 2), field), field)
