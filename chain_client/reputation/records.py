"""What a reputation is made of, and how it is written as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from chain_client.domain.ids import to_hex
from chain_client.indexer.records import BlockRef
from chain_client.reputation.policy1 import Figure, Share, StandingName

Subject = Literal["driver", "carrier", "shipper"]
Variant = Literal["without_excluded", "after_take_over"]


@dataclass(frozen=True, slots=True)
class Reputation:
    """What policy `policy` says of a driver, carrier or shipper, from entries up to `block`, at the instant `as_of`.

    `day` is D, the UTC day of `as_of`, in days since 1970-01-01; `block` None: there was no entry yet. `figures` are
    bounds and means in millionths (see policy1.Figure); `variants` the same figures without the feedback of excluded
    stops, and from feedback recorded after a take-over alone. `counts` are plain, over the window. `unnamed` is a
    carrier's share of stops with nobody named or a driver whose standing is insufficient; None for others.
    """

    policy: int
    subject: Subject
    number: int
    block: BlockRef | None
    as_of: int
    day: int
    standing: StandingName
    reasons: tuple[str, ...]
    figures: dict[str, Figure]
    variants: dict[Variant, dict[str, Figure]]
    counts: dict[str, int]
    unnamed: Share | None = None

    def to_json(self) -> dict[str, Any]:
        """Return plain values for JSON: times as RFC 3339, hashes as 0x-hex."""
        block, unnamed = self.block, self.unnamed
        return {
            "policy": self.policy,
            self.subject: self.number,
            "as_of": instant_text(self.as_of),
            "day": instant_text(self.day * 86_400)[:10],
            "block": block
            and {"number": block.number, "hash": to_hex(block.hash), "time": instant_text(block.time)},
            "standing": self.standing.value,
            "reasons": list(self.reasons),
            "figures": {name: asdict(figure) for name, figure in self.figures.items()},
            "variants": {
                variant: {name: asdict(figure) for name, figure in figures.items()}
                for variant, figures in self.variants.items()
            },
            "counts": self.counts,
            "unnamed": unnamed and {"part": unnamed.part, "whole": unnamed.whole, "share": unnamed.share},
        }


def instant_text(seconds: int) -> str:
    """Return an instant as RFC 3339, UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
