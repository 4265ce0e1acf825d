"""How an erasure shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, Field

from api.times import format_time
from chain_client.domain.ids import to_hex
from chain_client.vault.erasures import Erasure


class ErasureModel(BaseModel):
    """The record of one text that was erased."""

    kind: Literal["record", "evidence", "content", "waybill"]
    hash: str | None = Field(description="The document's, as on chain; null for the waybill.")
    erased_by: Literal["recipient", "member", "operator"]
    member: int | None = Field(description="The member's number; null for the two others.")
    erased_at: str = Field(description="RFC 3339 UTC, by the service's clock.")
    gone_at: str | None = Field(
        description="When it had left every file of the service's database; null until then."
    )


class ErasureStatusModel(BaseModel):
    """What was erased of a delivery, and whether it has left the files of the service's database."""

    status: Literal["none", "erasing", "erased"] = Field(
        description="`none`: nothing was ever erased. `erasing` (202): nobody can read it any more, and it is still in a "
        "file. `erased` (200): it is in no file."
    )
    held_by: list[str] = Field(
        description="While `erasing`: the readers that the service waits for; empty where none was met yet."
    )
    erasures: list[ErasureModel] = Field(description="Oldest first.")


class ErasedModel(ErasureStatusModel):
    """What this call erased, and whether it has left the files of the service's database."""

    erased: int = Field(
        description="How many texts this call erased; 0 where nothing was left, which is no error."
    )


def shown_erasures(found: Sequence[Erasure], held_by: Sequence[str]) -> dict[str, Any]:
    """Return a delivery's erasures as ErasureStatusModel's JSON."""
    erasing = any(one.gone_at is None for one in found)
    return {
        "status": "erasing" if erasing else "erased" if found else "none",
        "held_by": list(held_by) if erasing else [],
        "erasures": [
            {
                "kind": one.kind,
                "hash": None if one.hash is None else to_hex(one.hash),
                "erased_by": one.eraser.by,
                "member": one.eraser.member,
                "erased_at": format_time(one.erased_at),
                "gone_at": None if one.gone_at is None else format_time(one.gone_at),
            }
            for one in found
        ],
    }
