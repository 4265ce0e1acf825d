"""Stops and counts from entries in the plainest way: each question asked again of the whole list."""

from collections import Counter
from typing import NamedTuple

from chain_client.domain.records import DriverMove, Feedback, KeyChange, Note, Opening, Report

DAY = 86_400


class Entry(NamedTuple):
    """An entry of a delivery; `named` is the driver whom its report or feedback counts for (None: neither)."""

    block: int
    time: int
    item: object
    named: int | None


def by_delivery(world_entries):
    """{delivery: its entries in order}."""
    found, carriers, left, now_with = {}, {}, {}, {}
    for block, time, item in world_entries:
        if isinstance(item, DriverMove):
            left[item.driver, item.from_carrier] = time
            now_with[item.driver] = item.to_carrier
            continue
        delivery = item.delivery_id
        if delivery == bytes(32):
            continue
        if isinstance(item, Opening):
            carriers[delivery] = item.carrier
        named = None
        if isinstance(item, Report | Feedback):
            named = item.driver
        if isinstance(item, Report) and item.driver:
            carrier = carriers[delivery]
            gone = now_with.get(item.driver, carrier) != carrier
            if gone and time - left[item.driver, carrier] > 7 * DAY:
                named = 0
        found.setdefault(delivery, []).append(Entry(block, time, item, named))
    return found


def reports(entries, *outcomes):
    return [e for e in entries if isinstance(e.item, Report) and e.item.outcome in outcomes]


def stops_of(entries):
    """{driver: what the stop is} of one delivery's entries in order."""
    begins = {}
    for entry in entries:
        if isinstance(entry.item, Feedback) or entry in reports(entries, 2, 3, 4, 5, 7):
            begins.setdefault(entry.named, entry.time // DAY)
    return {driver: _stop(driver, day, entries) for driver, day in begins.items()}


def _stop(driver, day, entries):
    given = [e for e in entries if isinstance(e.item, Feedback) and e.named == driver]
    live = given[-1] if given else None
    accepted = False
    if given:
        before = entries[: entries.index(given[0])]
        accepted = bool(reports(before, 1, 2, 3, 4, 5))
    own = [e for e in reports(entries, 2, 3, 4, 5) if e.named == driver]
    if own or accepted:
        basis = "carrier"
    else:
        basis = "unaccepted" if given else "refused"
    retracted = live is not None and not _says(live.item) and any(_says(e.item) for e in given)
    taken = live is not None and any(isinstance(e.item, KeyChange) for e in entries[: entries.index(live)])
    withdrawn = live is not None and not _says(live.item) and live.item.content_hash == bytes(32)
    notes = [e.item.kind for e in entries if isinstance(e.item, Note) and e.item.driver == driver]
    notes = [kind for kind in notes if kind in (1, 2)]
    return {
        "day": day,
        "basis": basis,
        "promise": _promise(own, entries),
        "excluded": bool(notes) and notes[-1] == 1,
        "accepted": accepted,
        "after_take_over": taken and not withdrawn,
        "retracted": retracted,
        "feedback": None if live is None or withdrawn else live.item,
    }


def _says(item):
    ratings = (item.overall, item.timeliness, item.packaging, item.professionalism, item.accuracy)
    return any(ratings) or item.issues != 0


def _promise(own, entries):
    promised_by = entries[0].item.promised_by
    kept = False
    for entry in own:
        if entry.item.outcome == 5:
            return "broken"
        if entry.item.outcome != 3:
            continue
        late = entry.time - entry.item.occurred_at > 172_800
        at = entry.time if late else entry.item.occurred_at
        if at > promised_by:
            return "broken"
        earlier = reports(entries[: entries.index(entry)], *range(1, 8))
        cancelled = earlier and earlier[-1].item.outcome == 6
        kept = kept or not cancelled or at < earlier[-1].time
    return "kept" if kept else None


def counts_of(stop, *, itself=True, given=True):
    """What one stop counts: `itself` with its promise, and its feedback where `given`."""
    counts = Counter()
    if itself:
        counts["stops"] += 1
        if stop["promise"]:
            counts[stop["promise"]] += 1
    if given:
        counts += _feedback_counts(stop)
    return counts


def _feedback_counts(stop):
    counts, live = Counter(), stop["feedback"]
    counts["retracted"] += stop["retracted"]
    if live is None:
        return counts
    if not _says(live):
        counts["comments"] += 1
        return counts
    bits = {bit for bit in range(11) if live.issues >> bit & 1}
    beyond = bool(bits) and bits <= {4, 7}
    counts["feedback"] += 1
    counts["beyond"] += beyond
    counts["conduct"] += bool(bits & {5, 6, 8, 9})
    for bit in bits:
        counts[f"issue_{bit}"] += 1
    for aspect in ("overall", "timeliness", "packaging", "professionalism", "accuracy"):
        if getattr(live, aspect) and not (aspect == "overall" and beyond):
            counts[f"{aspect}_{getattr(live, aspect)}"] += 1
    return counts


def counts_for(whose, stop, *, variant="all"):
    """What a stop counts for a driver, carrier or shipper."""
    shipper = whose == "shipper"
    itself = shipper or stop["basis"] == "carrier"
    given = shipper or stop["accepted"]
    if variant == "with_unaccepted":
        itself, given = itself or stop["basis"] == "unaccepted", True
    elif variant == "without_excluded":
        given = given and not stop["excluded"]
    elif variant == "after_take_over":
        given = given and stop["after_take_over"]
    return counts_of(stop, itself=itself, given=given)


def first_time(entries, *outcomes):
    return next((e.time for e in reports(entries, *outcomes)), None)
