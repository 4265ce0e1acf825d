"""Writes policy1.json: daily counts by age, and the figures and standing that policy 1 makes of them.

Run it (`python tests/vectors/make_policy1.py`) only when a new policy is published; policy 1 itself never changes.
"""

import json
import random
import re
from dataclasses import asdict
from pathlib import Path

from chain_client.reputation import policy1
from chain_client.reputation.policy1 import MEASURES, SILENT, figures, standing, tally

ASPECTS = ("overall", "timeliness", "packaging", "professionalism", "accuracy")


def ratings(value, count, **more):
    return {"stops": count, "feedback": count, f"overall_{value}": count, **more}


def add(into, age, counts):
    day = into.setdefault(age, {})
    for name, count in counts.items():
        day[name] = day.get(name, 0) + count


def random_days(seed, days, share_good):
    rng, by_age = random.Random(seed), {}
    for _ in range(days):
        counts = {"stops": 1, rng.choice(("kept", "kept", "kept", "broken", "neither")): 1}
        counts.pop("neither", None)
        if rng.random() < 0.7:
            counts["feedback"] = 1
            issues = [bit for bit in range(11) if rng.random() < 0.05]
            beyond = bool(issues) and set(issues) <= {4, 7}
            for aspect in ASPECTS:
                if rng.random() < 0.8 and not (beyond and aspect == "overall"):
                    value = rng.choice((4, 5, 5)) if rng.random() < share_good else rng.randint(1, 5)
                    counts[f"{aspect}_{value}"] = 1
            counts |= {f"issue_{bit}": 1 for bit in issues}
            if beyond:
                counts["beyond"] = 1
            if set(issues) & {5, 6, 8, 9}:
                counts["conduct"] = 1
        add(by_age, rng.randrange(200), counts)
    for age in range(7, 180, 9):
        due = rng.randrange(6)
        add(by_age, age, {"due": due, "silent": rng.randint(0, due)})
    return by_age


def cases():
    yield "nothing", {}
    month = {}
    for age in range(28):
        add(month, age, ratings(4 if age % 7 == 6 else 5, 1))
    yield "a rating a day for 28 days, a four each week", month
    yield (
        "twelve ones with a false attempt today, twenty fives sixty days ago",
        {0: ratings(1, 12, conduct=12, issue_8=12), 60: ratings(5, 20)},
    )
    yield "nine fives today are too few", {0: ratings(5, 9)}
    yield "ten fives today are enough", {0: ratings(5, 10)}
    yield "nineteen fives of sixty days ago are too few", {60: ratings(5, 19)}
    yield (
        "the last age that counts, and the first that does not",
        {179: ratings(5, 100), 180: ratings(1, 100)},
    )
    yield "forty threes", {1: ratings(3, 40)}
    yield "sixty ratings of three and four", {2: ratings(3, 30), 3: ratings(4, 30)}
    yield "good ratings, some rudeness", {5: ratings(5, 60, conduct=4, issue_6=4)}
    yield "fours and fives", {10: ratings(4, 30), 11: ratings(5, 10)}
    yield (
        "silence is no praise: stops without feedback, settled from the age of 7",
        {6: {"stops": 50, "kept": 50}, 7: {"stops": 50, "kept": 40, "broken": 10}},
    )
    for seed, share in ((1, 0.95), (2, 0.6), (3, 0.2), (4, 0.8)):
        yield f"made up, {seed}", random_days(seed, 300, share)


def main():
    written = []
    for name, by_age in cases():
        found = figures(tally(by_age), (*MEASURES, SILENT))
        says = standing(found)
        written.append(
            {
                "name": name,
                "counts_by_age": {str(age): dict(sorted(by_age[age].items())) for age in sorted(by_age)},
                "figures": {measure: asdict(figure) for measure, figure in found.items()},
                "standing": says.name,
                "reasons": list(says.reasons),
            }
        )
    vectors = {
        "about": "Ages are days before D; low, mean and high are millionths, count thousandths, n plain.",
        "policy": policy1.POLICY,
        "weights": [str(weight) for weight in policy1.WEIGHTS],
        "cases": written,
    }
    Path(__file__).with_name("policy1.json").write_text(_readable(vectors))


def _readable(vectors):
    """One line a figure or day, not one a number."""
    text = json.dumps(vectors, indent=1, ensure_ascii=False)
    return (
        re.sub(r"\{\n\s+([^{}\[\]]*?)\n\s+\}", lambda m: "{" + re.sub(r"\n\s+", " ", m[1]) + "}", text) + "\n"
    )


if __name__ == "__main__":
    main()
