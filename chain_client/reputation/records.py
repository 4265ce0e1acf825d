"""What a reputation is made of, and how it is written as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from chain_client.domain.ids import MemberNumber, to_hex
from chain_client.indexer.records import BlockRef
from chain_client.reputation.policy1 import Figure, Share, StandingName

Subject = Literal["driver", "carrier", "shipper"]
Variant = Literal["without_excluded", "after_take_over", "with_unaccepted"]


@dataclass(frozen=True, slots=True)
class Reputation:
    """What policy `policy` says of a driver, carrier or shipper, from entries up to `block`, at the instant `as_of`.

    `day` is D, the UTC day of `as_of`, in days since 1970-01-01; `block` None: there was no entry yet. `figures` are
    bounds and means in millionths (see policy1.Figure); `variants` the same figures without the feedback of excluded
    stops, from feedback recorded after a take-over alone, and (carriers) with the unaccepted feedback. `counts` are
    plain, over the window. `shares` are plain too: `largest_shipper` of overall ratings (drivers, carriers); and for
    carriers `unnamed` of stops (nobody named, or a driver whose standing is insufficient) and `returned`, `refused` and
    `delivered_after_cancellation` of the deliveries opened in the window. `largest_shipper` names the shipper.
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
    shares: dict[str, Share] = field(default_factory=dict)
    largest_shipper: MemberNumber | None = None

    def to_json(self) -> dict[str, Any]:
        """Return plain values for JSON: times as RFC 3339, hashes as 0x-hex."""
        block = self.block
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
            "shares": {
                name: {"part": share.part, "whole": share.whole, "share": share.share}
                for name, share in self.shares.items()
            },
            "largest_shipper": self.largest_shipper,
        }


def instant_text(seconds: int) -> str:
    """Return an instant as RFC 3339, UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
