"""What the endpoints that write share: the form of their answers, and the status of each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Literal, TypeVar

import orjson
from fastapi import Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from api.bodies import Body, Incoming
from api.problems import Problem, documented
from api.services import Services
from api.times import format_time
from chain_client.domain.ids import to_hex
from chain_client.intake import Answer, Refusal

Item = TypeVar("Item", bound=Incoming)
Prepared = TypeVar("Prepared")


class RefusalModel(BaseModel):
    """Why an item was not taken; nothing of it was stored."""

    code: str = Field(description="Kebab-case and stable; programs may decide by it.")
    reason: int | None = Field(description="The contract's number for it, where it is one of its rules.")
    field: str = Field(description="The item's field to look at; empty for the item as a whole.")
    message: str = Field(description="What is wrong and how to mend it.")
    curable: bool = Field(
        description="Whether the very same item may be accepted later; else do not retry as is."
    )


class ReceiptModel(BaseModel):
    """The relay's signed promise (EIP-712 `Receipt(bytes32 feedbackDigest,uint32 recordBy)`)."""

    feedback_digest: str = Field(description="32 bytes, 0x-hex.")
    record_by: str = Field(
        description="The feedback is on chain by then, RFC 3339 UTC, by the chain's clock."
    )
    relay: str = Field(description="The address that signed; 20 bytes, 0x-hex.")
    signature: str = Field(description="64 bytes, EIP-2098 compact, 0x-hex.")


class AnswerModel(BaseModel):
    """What became of one item."""

    index: int = Field(description="The item's place in the request, from 0.")
    status: Literal["accepted", "duplicate", "refused"] = Field(
        description="accepted: stored, will be on chain; duplicate: was accepted before; refused: see `refusal`."
    )
    intent: str | None = Field(default=None, description="Ask `/v1/intents/{intent}` what became of it.")
    delivery_id: str | None = Field(default=None, description="32 bytes, 0x-hex.")
    link: str | None = Field(
        default=None, description="The recipient's link, where it was made here; given again for 24 hours."
    )
    receipt: ReceiptModel | None = Field(default=None, description="The relay's promise, for feedback.")
    refusal: RefusalModel | None = None


class AnswersModel(BaseModel):
    """What became of a list's items, in their order."""

    accepted: int
    duplicates: int
    refused: int
    items: list[AnswerModel]


RESPONSES: Final = documented(400, 413, 415, 422)
ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    202: {
        "description": "Stored durably; a list answers so where at least one item was not refused. What is stored "
        "goes on chain by itself: follow it by its intent. One object is answered as one item.",
        "model": AnswersModel | AnswerModel,
    },
    200: {"description": "One object that was accepted before: the same intent again.", "model": AnswerModel},
    **RESPONSES,
    409: documented(409)[409],
}


def request_body(
    model: type[Incoming], single: dict[str, Any], several: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return the OpenAPI request body of one object of `model` or a list of them, with an example of each."""
    reference = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {
                        "oneOf": [
                            reference,
                            {"type": "array", "items": reference, "minItems": 1, "maxItems": 1000},
                        ]
                    },
                    "examples": {
                        "list": {"summary": "A list", "value": several},
                        "single": {"summary": "One object", "value": single},
                    },
                }
            },
        }
    }


async def submit(
    prepared: Sequence[Prepared | Refusal],
    store: Callable[[Sequence[Prepared | Refusal]], Awaitable[list[Answer]]],
) -> list[Answer]:
    """Return the prepared items' answers; `store`, which takes the write lock, is called with the well-formed ones."""
    well_formed = [one for one in prepared if not isinstance(one, Refusal)]
    stored = iter(await store(well_formed) if well_formed else ())
    return [Answer("refused", refusal=one) if isinstance(one, Refusal) else next(stored) for one in prepared]


def respond(request: Request, context: Services, body: Body[Any], answers: Sequence[Answer]) -> Response:
    """Return the response for the items' answers.

    202 where anything is accepted or was before (200 for one object that was); 422 where all are refused (409 for one
    object whose key stands for something else).
    """
    merged: list[Answer] = body.merge(answers, lambda refusal: Answer("refused", refusal=refusal))
    shown = [_shown(index, one, context.settings.public_url) for index, one in enumerate(merged)]
    refused = [one for one in merged if one.status == "refused"]
    if len(refused) == len(merged):
        raise _all_refused(body.single, refused, shown)
    if body.single:
        return _json(shown[0], 202 if merged[0].status == "accepted" else 200)
    accepted = sum(one.status == "accepted" for one in merged)
    return _json(
        {
            "accepted": accepted,
            "duplicates": len(merged) - accepted - len(refused),
            "refused": len(refused),
            "items": shown,
        },
        202,
    )


def _json(content: Any, status: int) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")


def _all_refused(single: bool, refused: Sequence[Answer], shown: list[dict[str, Any]]) -> Problem:
    refusals = [one.refusal for one in refused if one.refusal is not None]
    errors = [(_path(single, index, refusal), refusal.message) for index, refusal in enumerate(refusals)]
    first = f"{errors[0][0]}: {errors[0][1]}" if errors[0][0] else errors[0][1]
    if single:
        conflict = refusals[0].code == "conflict"
        return Problem(
            409 if conflict else 422,
            "conflict" if conflict else "refused",
            first,
            errors=errors,
            extra={"refusal": shown[0]["refusal"]},
        )
    detail = f"All {len(shown)} items are refused; nothing was stored. The first: {first}"
    return Problem(422, "all-refused", detail, errors=errors, extra={"items": shown})


def _path(single: bool, index: int, refusal: Refusal) -> str:
    if single:
        return refusal.field
    return f"[{index}].{refusal.field}" if refusal.field else f"[{index}]"


def _shown(index: int, answer: Answer, public_url: str) -> dict[str, Any]:
    shown: dict[str, Any] = {"index": index, "status": answer.status}
    if answer.intent_id is not None:
        shown["intent"] = to_hex(answer.intent_id)
    if answer.delivery_id is not None:
        shown["delivery_id"] = to_hex(answer.delivery_id)
    if answer.link is not None:
        shown["link"] = public_url + answer.link
    if answer.receipt is not None:
        shown["receipt"] = {
            "feedback_digest": to_hex(answer.receipt.feedback_digest),
            "record_by": format_time(answer.receipt.record_by),
            "relay": to_hex(answer.receipt.relay),
            "signature": to_hex(answer.receipt.signature),
        }
    if answer.refusal is not None:
        refusal = answer.refusal
        shown["refusal"] = {
            "code": refusal.code,
            "reason": refusal.reason,
            "field": refusal.field,
            "message": refusal.message,
            "curable": refusal.curable,
        }
    return shown
