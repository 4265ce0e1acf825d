"""Stops and counts from entries in the plainest way: each question asked anew of the whole list."""

from collections import Counter

from chain_client.domain.records import Feedback, KeyChange, Note, Report


def by_delivery(world_entries):
    """{delivery: its (time, item) pairs in order}."""
    found = {}
    for _, time, item in world_entries:
        delivery = getattr(item, "delivery_id", bytes(32))
        if delivery != bytes(32):
            found.setdefault(delivery, []).append((time, item))
    return found


def stops_of(entries):
    """{driver: what the stop is} of one delivery's (time, item) pairs in order."""
    opening = entries[0][1]
    begins = {}
    for time, item in entries:
        if isinstance(item, Feedback) or (isinstance(item, Report) and item.outcome in (2, 3, 4, 5, 7)):
            begins.setdefault(item.driver, time // 86400)
    return {driver: _stop(driver, day, entries, opening.promised_by) for driver, day in begins.items()}


def _stop(driver, day, entries, promised_by):
    reports = [(t, i) for t, i in entries if isinstance(i, Report) and i.driver == driver]
    arrivals = [t if t - i.occurred_at > 172_800 else i.occurred_at for t, i in reports if i.outcome == 3]
    lost = any(i.outcome == 5 for _, i in reports)
    if lost or any(at > promised_by for at in arrivals):
        promise = "broken"
    else:
        promise = "kept" if arrivals else None
    said = [(at, i) for at, (_, i) in enumerate(entries) if isinstance(i, Feedback) and i.driver == driver]
    at, live = max(said, key=lambda pair: pair[1].revision, default=(0, None))
    if live is not None and not any(
        (live.overall, live.timeliness, live.packaging, live.professionalism, live.accuracy, live.issues)
    ):
        live = None
    taken = any(isinstance(i, KeyChange) for _, i in entries[:at])
    notes = [i.kind for _, i in entries if isinstance(i, Note) and i.driver == driver and i.kind in (1, 2)]
    excluded = bool(notes) and notes[-1] == 1
    return {
        "day": day,
        "promise": promise,
        "excluded": excluded,
        "after_take_over": live is not None and taken,
        "feedback": live,
    }


def counts_of(stop, *, said=True):
    """What one stop counts; without its feedback where `said` is false."""
    counts = Counter(stops=1)
    if stop["promise"]:
        counts[stop["promise"]] += 1
    live = stop["feedback"]
    if live is None or not said:
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


def first_report_at(entries):
    return next((t for t, i in entries if isinstance(i, Report) and i.outcome > 1), None)
