"""Every table of the product, in one list; each belongs to the room its section names, and only that room touches it.

Ids, hashes, keys and words are raw bytes (big endian); times are Unix seconds, UTC. Every row carries `ledger_id`,
so that a chain deleted and begun again, at the same addresses, can never be mistaken for the one before it.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _ledger() -> Column[int]:
    return Column("ledger_id", Integer, ForeignKey("ledgers.id"), nullable=False)


# ── store ────────────────────────────────────────────────────────────────────────────────────────────────────────

ledgers = Table(
    "ledgers",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("chain_id", BigInteger, nullable=False),
    Column("genesis_hash", LargeBinary(32), nullable=False),
    Column("address", LargeBinary(20), nullable=False),
    Column("deploy_block", BigInteger, nullable=False),
    Column("deploy_block_hash", LargeBinary(32), nullable=False),
    UniqueConstraint("chain_id", "genesis_hash", "address", "deploy_block_hash"),
)

rate_leases = Table(
    # How many requests of a caller's allowance in one time window the API's processes have taken.
    "rate_leases",
    metadata,
    _ledger(),
    Column("window", BigInteger, nullable=False),  # number of the window since 1970-01-01
    Column("bucket", LargeBinary(32), nullable=False),  # SHA-256 of who is counted
    Column("taken", Integer, nullable=False),
    PrimaryKeyConstraint("ledger_id", "window", "bucket"),
)

# ── vault: private text and keys ─────────────────────────────────────────────────────────────────────────────────

documents = Table(
    "documents",
    metadata,
    _ledger(),
    Column("hash", LargeBinary(32), nullable=False),
    Column("kind", String(16), nullable=False),  # record | evidence | content
    Column("delivery_id", LargeBinary(32), nullable=False),
    Column("salt", LargeBinary(32)),  # salt and body go together when erased
    Column("body", LargeBinary),  # RFC 8785 canonical JSON
    Column("erased", Boolean, nullable=False, default=False),
    # Per delivery: two recipients may send the same text under the same salt, and one of them have theirs erased.
    PrimaryKeyConstraint("ledger_id", "delivery_id", "hash"),
)

waybills = Table(
    "waybills",
    metadata,
    _ledger(),
    Column("delivery_id", LargeBinary(32), nullable=False),
    Column("shipper", Integer, nullable=False),
    Column("waybill", Text),  # as the shipper sent it
    Column("salt", LargeBinary(32)),
    Column("read_token_hash", LargeBinary(32)),
    Column("sealed_secret", LargeBinary),  # only for links made here; wiped at sealed_until
    Column("sealed_until", BigInteger),
    Column("former_token_hash", LargeBinary(32)),  # the link's, once a take-over has replaced it
    Column("recognised", Text),  # the waybill as it is recognised: `domain.names`
    PrimaryKeyConstraint("ledger_id", "delivery_id"),
    UniqueConstraint("ledger_id", "shipper", "waybill"),
    Index(None, "ledger_id", "sealed_until"),
    Index(None, "ledger_id", "shipper", "recognised", unique=True),
)

erasures = Table(
    # Who had which text erased, and when. `verify` accepts a text that is gone only with its row here.
    "erasures",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    _ledger(),
    Column("delivery_id", LargeBinary(32), nullable=False),
    Column("kind", String(16), nullable=False),  # record | evidence | content, or waybill
    Column("hash", LargeBinary(32)),  # the document's, as on chain; null for a waybill
    Column("erased_by", String(16), nullable=False),  # recipient | member | operator
    Column("member", Integer),  # the member's number; null for the two others
    Column("erased_at", BigInteger, nullable=False),  # this machine's clock
    Column("gone_at", BigInteger),  # when it had left every file of the database; null until then
    CheckConstraint("erased_by IN ('recipient', 'member', 'operator')", name="erased_by"),
    Index(None, "ledger_id", "delivery_id"),
    Index(None, "ledger_id", "gone_at"),
)

api_keys = Table(
    "api_keys",
    metadata,
    _ledger(),
    Column("key_id", String(16), nullable=False),  # the part before the dot: finds the row
    Column("key_hash", LargeBinary(32), nullable=False),
    Column("member", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    PrimaryKeyConstraint("ledger_id", "key_id"),
)

# ── outbox ───────────────────────────────────────────────────────────────────────────────────────────────────────

INTENT_STATES: Final = ("accepted", "sent", "recorded", "rejected", "set_aside")

intents = Table(
    "intents",
    metadata,
    _ledger(),
    Column("seq", Integer, primary_key=True, autoincrement=True),  # order of acceptance
    Column("id", LargeBinary(16), nullable=False),  # 128 random bits: what callers are given
    Column("member", Integer, nullable=False),  # 0 for recipients' feedback and key changes
    Column("kind", String(16), nullable=False),
    Column("delivery_id", LargeBinary(32), nullable=False),
    Column("key", LargeBinary, nullable=False),  # idempotency: a feedback's is its digest
    Column("body_hash", LargeBinary(32), nullable=False),
    Column(
        "payload", LargeBinary, nullable=False
    ),  # the item's ABI words, then its 64-byte signature where it has one
    # Whether the text that a feedback's contentHash is of was given too: `verify` then expects it to be kept.
    Column("document_given", Boolean, nullable=False, server_default=false()),
    Column("state", String(16), nullable=False),
    Column("batch_id", Integer),
    Column("batch_index", Integer),
    Column("reason", Integer),  # the contract's, when rejected
    Column("detail", Text),  # in words, when rejected or set aside
    Column("accepted_at", BigInteger, nullable=False),
    Column("settled_at", BigInteger),
    Column("block_number", BigInteger),
    Column("tx_hash", LargeBinary(32)),
    Column("log_index", Integer),
    UniqueConstraint("ledger_id", "id"),
    UniqueConstraint("ledger_id", "member", "kind", "key"),
    CheckConstraint(f"state IN {INTENT_STATES}", name="state"),
    Index(None, "ledger_id", "delivery_id", "state"),
    Index(None, "ledger_id", "state", "member", "seq"),
    Index(None, "batch_id", "batch_index"),
)

BATCH_STATES: Final = ("sent", "settled", "reverted")

batches = Table(
    "batches",
    metadata,
    _ledger(),
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("writer", LargeBinary(20), nullable=False),
    Column("nonce", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("size", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    UniqueConstraint("ledger_id", "writer", "nonce"),
    CheckConstraint(f"state IN {BATCH_STATES}", name="state"),
    Index(None, "ledger_id", "state"),
)

tx_versions = Table(
    "tx_versions",
    metadata,
    Column("tx_hash", LargeBinary(32), primary_key=True),
    Column("batch_id", Integer, ForeignKey("batches.id"), nullable=False),
    Column("raw", LargeBinary, nullable=False),  # stored before the first send
    Column("fee", BigInteger, nullable=False),  # max fee per gas, wei: only rises
    Index(None, "batch_id"),
)

lanes = Table(
    "lanes",
    metadata,
    _ledger(),
    Column("writer", LargeBinary(20), nullable=False),
    Column("member", Integer, nullable=False),
    Column("next_nonce", BigInteger),
    Column("lease_token", LargeBinary(16)),
    Column("lease_until", BigInteger, nullable=False, default=0),
    Column("halted", Text),  # why, in words; null while running
    Column("halt_code", String(40)),  # which `Cause`
    PrimaryKeyConstraint("ledger_id", "writer"),
)

troubles = Table(
    # What a part of the worker (the index, a lane) is failing at; no row while it gets on.
    "troubles",
    metadata,
    _ledger(),
    Column("part", String(64), nullable=False),
    Column("code", String(40), nullable=False),
    Column("words", Text, nullable=False),
    Column("since", BigInteger, nullable=False),  # this machine's clock
    Column("seen_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("ledger_id", "part"),
)

receipts = Table(
    "receipts",
    metadata,
    _ledger(),
    Column("delivery_id", LargeBinary(32), nullable=False),
    Column("revision", SmallInteger, nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    Column("record_by", BigInteger, nullable=False),
    Column("relay", LargeBinary(20), nullable=False),
    Column("signature", LargeBinary(64), nullable=False),
    # The relay never signs two digests for one revision of a delivery: the database holds it to that.
    PrimaryKeyConstraint("ledger_id", "delivery_id", "revision"),
)

# ── indexer: everything here is rebuilt from the chain alone ─────────────────────────────────────────────────────

cursors = Table(
    "cursors",
    metadata,
    Column("ledger_id", Integer, ForeignKey("ledgers.id"), primary_key=True, autoincrement=False),
    Column("block_number", BigInteger, nullable=False),  # last indexed
    Column("block_hash", LargeBinary(32), nullable=False),
    Column("block_time", BigInteger, nullable=False),
    Column("final_number", BigInteger, nullable=False),
    Column("final_hash", LargeBinary(32), nullable=False),
    Column("final_time", BigInteger, nullable=False),
    Column("head_number", BigInteger, nullable=False),  # the node's, as last observed
    Column("head_time", BigInteger, nullable=False),
    Column("observed_at", BigInteger, nullable=False),  # this machine's clock
    Column("engine", String(64), nullable=False),
    Column("halted", Text),  # why, in words; null while running
)

blocks = Table(
    "blocks",
    metadata,
    _ledger(),
    Column("number", BigInteger, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    Column("time", BigInteger, nullable=False),
    PrimaryKeyConstraint("ledger_id", "number"),
    Index(None, "ledger_id", "time"),
)

members = Table(
    "members",
    metadata,
    _ledger(),
    Column("member", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("roles", SmallInteger, nullable=False),
    Column("owner", LargeBinary(20), nullable=False),
    Column("offered_owner", LargeBinary(20)),  # may accept at once
    Column("recovery_owner", LargeBinary(20)),  # may accept from recovery_from on, unless the owner vetoes it
    Column("recovery_from", BigInteger),
    Column("head", LargeBinary(32), nullable=False),  # as a carrier; zero where it was never extended
    PrimaryKeyConstraint("ledger_id", "member"),
)

writers = Table(
    "writers",
    metadata,
    _ledger(),
    Column("writer", LargeBinary(20), nullable=False),
    Column("member", Integer, nullable=False),
    Column("removed", Boolean, nullable=False),
    PrimaryKeyConstraint("ledger_id", "writer"),
)

drivers = Table(
    "drivers",
    metadata,
    _ledger(),
    Column("driver", BigInteger, nullable=False),
    Column("carrier", Integer, nullable=False),
    Column("key", LargeBinary(20), nullable=False),
    Column("nonce", BigInteger, nullable=False),
    Column("head", LargeBinary(32), nullable=False),  # zero where it was never extended
    PrimaryKeyConstraint("ledger_id", "driver"),
    Index(None, "ledger_id", "carrier"),
)

departures = Table(
    # When a driver last left a carrier: what a report that still names it is judged by. One row a move, so very few.
    "departures",
    metadata,
    _ledger(),
    Column("driver", BigInteger, nullable=False),
    Column("carrier", Integer, nullable=False),
    Column("left_at", BigInteger, nullable=False),  # block time
    PrimaryKeyConstraint("ledger_id", "driver", "carrier"),
)

registry_events = Table(
    # Registrations, roles, writers and driver keys, in order: they extend no head, but the tables above are their fold.
    "registry_events",
    metadata,
    _ledger(),
    Column("block_number", BigInteger, nullable=False),
    Column("log_index", Integer, nullable=False),
    Column("event", String(24), nullable=False),
    Column("args", LargeBinary, nullable=False),  # canonical JSON
    PrimaryKeyConstraint("ledger_id", "block_number", "log_index"),
)

entries = Table(
    "entries",
    metadata,
    _ledger(),
    Column("block_number", BigInteger, nullable=False),
    Column("log_index", Integer, nullable=False),
    Column("block_time", BigInteger, nullable=False),
    Column("tx_hash", LargeBinary(32), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("delivery_id", LargeBinary(32), nullable=False),  # zero for a driver's move and some notes
    Column("shipper", Integer, nullable=False),  # of the delivery id; 0 where there is none
    Column("carrier", Integer, nullable=False),
    Column("driver", BigInteger, nullable=False),
    Column("writer", LargeBinary(20), nullable=False),  # who sent it
    Column("former_driver", Boolean, nullable=False),  # a report whose driver had left its carrier
    Column("item", LargeBinary, nullable=False),  # the item's ABI words: all of it, as it was signed
    Column("word", LargeBinary(32), nullable=False),  # the slot after this entry, as it extended the head
    Column("head_carrier", Integer, nullable=False),  # whose head it extended: a carrier's …
    Column("head_driver", BigInteger, nullable=False),  # … or a driver's (the other is 0)
    Column("head", LargeBinary(32), nullable=False),  # that head after this entry
    PrimaryKeyConstraint("ledger_id", "block_number", "log_index"),
    Index(None, "ledger_id", "delivery_id", "block_number", "log_index"),
    Index(None, "ledger_id", "driver", "block_number", "log_index"),
    Index(None, "ledger_id", "carrier", "block_number", "log_index"),
    Index(None, "ledger_id", "shipper", "block_number", "log_index"),
    Index(None, "ledger_id", "tx_hash"),
    # Appended by the million, always at the end of its key: one tree less to write.
    sqlite_with_rowid=False,
)

deliveries = Table(
    "deliveries",
    metadata,
    _ledger(),
    Column("delivery_id", LargeBinary(32), nullable=False),
    Column("shipper", Integer, nullable=False),
    Column("carrier", Integer, nullable=False),
    Column("word", LargeBinary(32), nullable=False),
    Column("promised_by", BigInteger, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    # Drivers that a report replaced: 4 bytes each, in order; almost always none.
    Column("was_drivers", LargeBinary, nullable=False),
    Column("accepted_at", BigInteger),  # block time of the first report of outcome 1 to 5
    Column("first_report_at", BigInteger),  # block time of the first report of outcome 2 to 5
    Column("released_at", BigInteger),  # block time of the first report of outcome 6 or 7
    Column("ended", SmallInteger, nullable=False),  # the outcome that ended it, 4 or 7; 0 while none did …
    Column("ended_block", BigInteger),  # … and its block
    Column("revived_block", BigInteger),  # of the first 'delivered' that followed a cancellation
    Column("last_block", BigInteger, nullable=False),  # of its last entry
    PrimaryKeyConstraint("ledger_id", "delivery_id"),
    Index(None, "ledger_id", "carrier", "promised_by"),
    Index(None, "ledger_id", "carrier", "opened_at"),
)

FIGURES: Final = (
    "stops",
    "kept",
    "broken",
    "feedback",
    "comments",
    "retracted",
    "beyond",
    "conduct",
    *(f"{aspect}_{value}" for aspect in ("overall", "timeliness", "packaging", "professionalism", "accuracy")
      for value in range(1, 6)),
    *(f"issue_{bit}" for bit in range(11)),
)  # fmt: skip
"""What `daily_counts` counts per day; `overall_N` leaves out feedback that is `beyond`."""

PARTS: Final = (
    "all",
    "excluded",
    "after_take_over",
    "unaccepted",
    "unaccepted_excluded",
    "unaccepted_after_take_over",
    "refused",
)
"""What a row of `daily_counts` sums: `all` the carrier's stops and the feedback on accepted deliveries; `excluded` the
feedback of excluded stops among it; `after_take_over` the feedback recorded after a take-over. `unaccepted` and its two
parts are the same for feedback on deliveries that the carrier had not accepted, with the stops that only such
feedback began; `refused` are stops begun by outcome 7. These count for the shipper alone. All but `all` stay rare."""

stops = Table(
    "stops",
    metadata,
    _ledger(),
    Column("delivery_id", LargeBinary(32), nullable=False),
    Column("driver", BigInteger, nullable=False),
    Column("shipper", Integer, nullable=False),
    Column("carrier", Integer, nullable=False),
    Column("day", Integer, nullable=False),  # UTC days since 1970-01-01
    Column("basis", SmallInteger, nullable=False),  # 0 the carrier's, 1 unaccepted, 2 refused
    Column("promise", SmallInteger, nullable=False),  # 0 neither, 1 kept, 2 broken
    Column("excluded", Boolean, nullable=False),
    Column("after_take_over", Boolean, nullable=False),  # whether the live feedback was recorded after one
    Column(
        "accepted", Boolean, nullable=False
    ),  # whether the delivery was accepted when feedback was first given
    Column("comment", Boolean, nullable=False),  # the live feedback is a comment alone
    Column("retracted", Boolean, nullable=False),  # a withdrawal or a comment alone replaced a rating
    Column("revision", SmallInteger, nullable=False),  # of the live feedback; 0 = none, or withdrawn
    Column("overall", SmallInteger, nullable=False),
    Column("timeliness", SmallInteger, nullable=False),
    Column("packaging", SmallInteger, nullable=False),
    Column("professionalism", SmallInteger, nullable=False),
    Column("accuracy", SmallInteger, nullable=False),
    Column("issues", Integer, nullable=False),
    PrimaryKeyConstraint("ledger_id", "delivery_id", "driver"),
    Index(None, "ledger_id", "driver", "day"),
    Index(None, "ledger_id", "carrier", "day"),
    Index(None, "ledger_id", "shipper", "day"),
)

daily_counts = Table(
    "daily_counts",
    metadata,
    _ledger(),
    Column("part", String(16), nullable=False),
    Column("day", Integer, nullable=False),
    Column("carrier", Integer, nullable=False),
    Column("driver", BigInteger, nullable=False),
    Column("shipper", Integer, nullable=False),
    *(Column(name, Integer, nullable=False, default=0) for name in FIGURES),
    PrimaryKeyConstraint("ledger_id", "part", "driver", "day", "carrier", "shipper"),
    Index(None, "ledger_id", "part", "carrier", "day"),
    Index(None, "ledger_id", "part", "shipper", "day"),
)

DERIVED: Final = (
    daily_counts,
    stops,
    deliveries,
    entries,
    registry_events,
    departures,
    drivers,
    writers,
    members,
    blocks,
    cursors,
)
"""All tables that `rebuild` empties and a rewind touches, children first."""
