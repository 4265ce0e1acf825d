"""Values of every kind that fits the contract's fields, sensible or not."""

from __future__ import annotations

from hypothesis import strategies as st

from chain_client.domain.ids import Address, DeliveryId, DriverNumber, Hash32, MemberNumber
from chain_client.domain.records import Feedback, KeyChange, Kind, Note, Opening, Report
from chain_client.domain.signatures import CompactSignature

words = st.binary(min_size=32, max_size=32)
addresses = st.binary(min_size=20, max_size=20).map(Address)
deliveries = words.map(DeliveryId)
hashes = words.map(Hash32)
signatures = st.binary(min_size=64, max_size=64).map(CompactSignature)


def uint(bits: int) -> st.SearchStrategy[int]:
    return st.integers(0, (1 << bits) - 1)


drivers = uint(32).map(DriverNumber)
members = uint(16).map(MemberNumber)

openings = st.builds(Opening, deliveries, addresses, members, uint(32), hashes)
reports = st.builds(Report, deliveries, drivers, uint(8), uint(32), hashes)
feedbacks = st.builds(
    Feedback, deliveries, drivers, uint(8), uint(8), uint(8), uint(8), uint(8), uint(32), hashes, uint(8)
)
key_changes = st.builds(KeyChange, deliveries, addresses)
notes = st.builds(Note, deliveries, drivers, members, uint(16), hashes)

ITEMS = {
    Kind.OPENING: openings,
    Kind.REPORT: reports,
    Kind.FEEDBACK: feedbacks,
    Kind.KEY_CHANGE: key_changes,
    Kind.NOTE: notes,
}
