"""What goes on chain and what comes back: the contract's structs, its events, and their vocabulary.

Times are Unix seconds, UTC. Ratings are 1 to 5, 0 = not rated.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag, StrEnum
from typing import Final

from chain_client.domain.ids import Address, DeliveryId, DriverNumber, Hash32, MemberNumber

DAY: Final = 86_400
MAX_PROMISE_AHEAD: Final = 366 * DAY
FEEDBACK_WINDOW: Final = 366 * DAY
MAX_REPORT_AGE: Final = 7 * DAY
REPORT_WINDOW: Final = 180 * DAY
"""Seconds after the promise until which reports are accepted."""
MAX_REPLACED_DRIVERS: Final = 3
"""How often the named driver of a delivery may be replaced."""
MAX_NAME_BYTES: Final = 80
"""Bytes of UTF-8 that a member's name may have."""
MAX_BATCH: Final = 200


class Role(IntFlag):
    """What a member is; a reviewer holds no other role."""

    SHIPPER = 1
    CARRIER = 2
    REVIEWER = 4


class Outcome(IntEnum):
    """What a carrier says happened (CANCELLED is the shipper's to say)."""

    OUT_FOR_DELIVERY = 1
    ATTEMPTED = 2
    DELIVERED = 3
    RETURNED = 4
    LOST = 5
    CANCELLED = 6
    NOT_RECEIVED = 7


class Issue(IntFlag):
    """The issue bits of a feedback."""

    LATE = 1 << 0
    DAMAGED_PACKAGING = 1 << 1
    DAMAGED_ITEM = 1 << 2
    MISSING = 1 << 3
    WRONG_ITEM = 1 << 4
    WRONG_PLACE = 1 << 5
    ATTITUDE = 1 << 6
    FEE_DISPUTE = 1 << 7
    FALSE_ATTEMPT = 1 << 8
    UNSAFE_DROP = 1 << 9
    NO_COMMUNICATION = 1 << 10


ALL_ISSUES: Final = (1 << 11) - 1
CONDUCT_ISSUES: Final = Issue.WRONG_PLACE | Issue.ATTITUDE | Issue.FALSE_ATTEMPT | Issue.UNSAFE_DROP
BEYOND_ISSUES: Final = Issue.WRONG_ITEM | Issue.FEE_DISPUTE
"""Issues that are not the driver's doing."""


class Reason(IntEnum):
    """Why the contract rejects an item (`ItemRejected.reason`)."""

    OTHER_SHIPPERS_ID = 1
    EXISTS = 2
    ZERO_KEY = 3
    NOT_A_CARRIER = 4
    PROMISE_NOT_IN_FUTURE = 5
    PROMISE_BEYOND_366_DAYS = 6
    UNKNOWN_DELIVERY = 10
    BAD_SIGNATURE = 11
    OUTCOME = 20
    NOT_YOURS = 21
    TRANSITION = 22
    FUTURE = 23
    OLDER_THAN_7_DAYS = 24
    DRIVER_REQUIRED = 25
    NOT_YOUR_DRIVER = 26
    CANCELLATION_NAMES_DRIVER = 27
    TOO_MANY_DRIVERS = 28
    TOO_LONG_AFTER_PROMISE = 29
    TOO_EARLY = 30
    CLOSED = 31
    REVISION = 32
    ABOVE_127_BEFORE_TAKE_OVER = 33
    RATING = 34
    ISSUE_BITS = 35
    DRIVER_NEVER_NAMED = 36
    KEY_ALREADY_CHANGED = 40
    NEW_KEY_ZERO_OR_SAME = 41
    UNKNOWN_DRIVER = 50
    UNKNOWN_CARRIER = 51
    NOT_ITS_DRIVER = 52

    @property
    def curable(self) -> bool:
        """Whether time alone may cure it, so that the same item may be sent again."""
        return self in (Reason.UNKNOWN_DELIVERY, Reason.FUTURE, Reason.TOO_EARLY)


@dataclass(frozen=True, slots=True)
class Opening:
    """A shipper's new delivery: binds the recipient's key and the promise."""

    delivery_id: DeliveryId
    recipient_key: Address
    carrier: MemberNumber
    promised_by: int
    record_hash: Hash32


@dataclass(frozen=True, slots=True)
class Report:
    """What a carrier (or, for a cancellation, the shipper) says happened."""

    delivery_id: DeliveryId
    driver: DriverNumber
    outcome: int
    occurred_at: int
    evidence_hash: Hash32


@dataclass(frozen=True, slots=True)
class Feedback:
    """A recipient's signed ratings of one driver's part in one delivery."""

    delivery_id: DeliveryId
    driver: DriverNumber
    overall: int
    timeliness: int
    packaging: int
    professionalism: int
    accuracy: int
    issues: int
    content_hash: Hash32
    revision: int

    @property
    def rated(self) -> bool:
        """Whether it holds at least one rating or issue."""
        return bool(
            self.overall
            or self.timeliness
            or self.packaging
            or self.professionalism
            or self.accuracy
            or self.issues
        )

    @property
    def comment_alone(self) -> bool:
        """Whether it holds a private comment and neither ratings nor issues."""
        return not self.rated and any(self.content_hash)

    @property
    def withdrawn(self) -> bool:
        """Whether this revision withdraws the feedback: no rating, no issue, no comment."""
        return not self.rated and not any(self.content_hash)


@dataclass(frozen=True, slots=True)
class KeyChange:
    """The recipient's take-over of a delivery, once, signed by the key bound at opening."""

    delivery_id: DeliveryId
    new_key: Address


@dataclass(frozen=True, slots=True)
class Note:
    """A later contract's entry in a head. `delivery_id` may be zero; driver 0 means the carrier's head."""

    delivery_id: DeliveryId
    driver: DriverNumber
    carrier: MemberNumber
    kind: int
    content_hash: Hash32


NOTE_EXCLUDE: Final = 1
NOTE_INCLUDE: Final = 2


@dataclass(frozen=True, slots=True)
class DriverKey:
    """Binding of a key to a driver, signed by the new key and by the old one unless that is zero.

    The contract refuses it in blocks after `deadline` (Unix seconds).
    """

    driver: DriverNumber
    key: Address
    nonce: int
    deadline: int


@dataclass(frozen=True, slots=True)
class DriverMove:
    """A driver's signed move between carriers; refused in blocks after `deadline` (Unix seconds)."""

    driver: DriverNumber
    from_carrier: MemberNumber
    to_carrier: MemberNumber
    nonce: int
    deadline: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """The relay's promise, EIP-712 signed: the feedback of this digest is on chain by `record_by`."""

    feedback_digest: Hash32
    record_by: int


@dataclass(frozen=True, slots=True)
class ReadToken:
    """A recipient's wish, EIP-712 signed after a take-over: from now on the token of this SHA-256 reads the delivery."""

    delivery_id: DeliveryId
    token_hash: Hash32


Item = Opening | Report | Feedback | KeyChange | Note
"""One member of a batch."""


class Kind(StrEnum):
    """What an entry or an intent is, as the API, the tables and the files spell it."""

    OPENING = "opening"
    REPORT = "report"
    FEEDBACK = "feedback"
    KEY_CHANGE = "key_change"
    NOTE = "note"
    DRIVER_MOVE = "driver_move"


KIND_OF: Final[dict[type, Kind]] = {
    Opening: Kind.OPENING,
    Report: Kind.REPORT,
    Feedback: Kind.FEEDBACK,
    KeyChange: Kind.KEY_CHANGE,
    Note: Kind.NOTE,
    DriverMove: Kind.DRIVER_MOVE,
}


@dataclass(frozen=True, slots=True)
class Position:
    """Where a log stands on chain; orders entries."""

    block_number: int
    log_index: int
    block_hash: Hash32
    block_time: int
    tx_hash: Hash32
    tx_index: int


# Events that are no entries: registrations and rejections extend no head.


@dataclass(frozen=True, slots=True)
class MemberRegistered:
    """An organisation joined; `owner` is the address that governs its writers."""

    member: MemberNumber
    name: str
    roles: int
    owner: Address


@dataclass(frozen=True, slots=True)
class RolesSet:
    """A member's roles changed."""

    member: MemberNumber
    roles: int


@dataclass(frozen=True, slots=True)
class OwnerOffered:
    """A member's owner offered the ownership to another address; zero withdraws an offer."""

    member: MemberNumber
    owner: Address


@dataclass(frozen=True, slots=True)
class OwnerChanged:
    """A member has another owner: an offer or a recovery was accepted."""

    member: MemberNumber
    previous: Address
    owner: Address


@dataclass(frozen=True, slots=True)
class RecoveryStarted:
    """The admin started a recovery: `owner` may accept from `acceptable_from` (Unix seconds) unless it is vetoed."""

    member: MemberNumber
    owner: Address
    acceptable_from: int


@dataclass(frozen=True, slots=True)
class RecoveryVetoed:
    """A member's owner ended a recovery."""

    member: MemberNumber
    owner: Address


@dataclass(frozen=True, slots=True)
class WriterOffered:
    """A member's owner allowed an address, which has yet to accept."""

    member: MemberNumber
    writer: Address
    owner: Address


@dataclass(frozen=True, slots=True)
class WriterAllowed:
    """An address accepted and may write for a member."""

    member: MemberNumber
    writer: Address


@dataclass(frozen=True, slots=True)
class WriterRemoved:
    """`by` (the member's owner, or the address itself) removed a writer permanently, or the owner withdrew an offer."""

    member: MemberNumber
    writer: Address
    by: Address


@dataclass(frozen=True, slots=True)
class DriversRegistered:
    """A carrier took `count` new driver numbers, from `first`."""

    carrier: MemberNumber
    first: DriverNumber
    count: int
    writer: Address


@dataclass(frozen=True, slots=True)
class DriverKeySet:
    """A driver's key was set or replaced; `nonce` and `deadline` are those that were signed."""

    driver: DriverNumber
    key: Address
    nonce: int
    deadline: int
    writer: Address


@dataclass(frozen=True, slots=True)
class ItemRejected:
    """A batch's item that was refused; `index` counts from 0 within its call."""

    delivery_id: DeliveryId
    index: int
    reason: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry's event: the item, the carrier of its delivery as the event names it, and the sender.

    For a note `carrier` is the note's own (0 where none), for a driver's move the new carrier. `writer` is the
    transaction's caller: for feedback and key changes whoever brought them.
    """

    item: Item | DriverMove
    carrier: MemberNumber
    writer: Address


Event = (
    Recorded
    | ItemRejected
    | MemberRegistered
    | RolesSet
    | OwnerOffered
    | OwnerChanged
    | RecoveryStarted
    | RecoveryVetoed
    | WriterOffered
    | WriterAllowed
    | WriterRemoved
    | DriversRegistered
    | DriverKeySet
)


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """A decoded event and where it stands."""

    position: Position
    event: Event
