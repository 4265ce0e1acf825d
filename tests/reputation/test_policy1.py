"""Policy 1 against its worked examples, the published vectors, and an oracle in exact fractions."""

import json
from fractions import Fraction
from math import isqrt
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain_client.reputation import policy1
from chain_client.reputation.policy1 import WEIGHTS, Figure, figures, standing, tally

VECTORS = Path(__file__).parent.parent / "vectors" / "policy1.json"


def bounds(figure):
    return figure.low, figure.mean, figure.high


def test_the_first_worked_example_is_recognised():
    by_age = {age: {"stops": 1, "feedback": 1, f"overall_{4 if age % 7 == 6 else 5}": 1} for age in range(28)}
    found = figures(tally(by_age))
    assert bounds(found["overall"]) == (4326392, 4579598, 4832804)
    assert (found["overall"].count, found["overall"].n) == (24061, 28)
    assert bounds(found["conduct"]) == (0, 22695, 59188)
    assert standing(found).name == "recognised"


def test_the_second_worked_example_is_to_investigate():
    by_age = {
        0: {"stops": 12, "feedback": 12, "overall_1": 12, "conduct": 12, "issue_8": 12},
        60: {"stops": 20, "feedback": 20, "overall_5": 20},
    }
    found = figures(tally(by_age))
    assert bounds(found["overall"]) == (2615292, 3156250, 3697208)
    assert found["overall"].count == 22000
    assert bounds(found["conduct"]) == (193562, 309523, 425484)
    assert found["conduct"] == found["issue_false_attempt"]
    says = standing(found)
    assert says.name == "investigate"
    assert says.reasons[0] == "the lower bound of conduct issues, 19.3562 %, is above 5 %"


def test_weights_are_the_greatest_that_fit():
    assert len(WEIGHTS) == 180
    assert (WEIGHTS[0], WEIGHTS[60], WEIGHTS[120]) == (1 << 32, 1 << 31, 1 << 30)
    for age, weight in enumerate(WEIGHTS):
        assert weight**60 <= 1 << (1920 - age) < (weight + 1) ** 60, age


def test_nothing_counted_is_the_prior():
    found = figures(tally({}))
    assert found["overall"].mean == 3_900_000
    assert found["promise_kept"].mean == 800_000
    assert found["response"].mean == 200_000
    assert found["issue_late"].mean == found["conduct"].mean == 50_000
    assert all((figure.count, figure.n) == (0, 0) for figure in found.values())
    assert standing(found).name == "insufficient"


ALPHAS = {"promise_kept": (2, 8), "response": (8, 2)}
ISSUES = (
    "late damaged_packaging damaged_item missing wrong_item wrong_place attitude fee_dispute false_attempt "
    "unsafe_drop no_communication"
).split()


def oracle(by_age):
    """Each figure from exact fractions; the integer formula may differ by its one rounding a step."""
    rows = [(age, counts) for age, counts in by_age.items() if age < 180]

    def weigh(count_of):
        return sum(
            (Fraction(WEIGHTS[age], 2**32) * count_of(counts, age) for age, counts in rows), Fraction(0)
        )

    def figure(values, alphas, counts_of):
        mass = [alpha + weigh(count_of) for alpha, count_of in zip(alphas, counts_of, strict=True)]
        total = sum(mass)
        mean = sum(v * m for v, m in zip(values, mass, strict=True)) / total
        variance = (sum(v * v * m for v, m in zip(values, mass, strict=True)) / total - mean**2) / (total + 1)
        mean_millionths = int(mean * 10**6)
        half_squared = Fraction(2705543, 10**6) * variance * 10**12
        half = isqrt(half_squared.numerator // half_squared.denominator)
        low = max(mean_millionths - half, min(values) * 10**6)
        high = min(mean_millionths + half, max(values) * 10**6)
        count = int(sum(weigh(count_of) for count_of in counts_of) * 1000)
        n = sum(count_of(counts, age) for count_of in counts_of for age, counts in rows)
        return Figure(low, mean_millionths, high, count, n)

    def of(name):
        return lambda counts, age: counts.get(name, 0)

    def without(name):
        return lambda counts, age: counts.get("feedback", 0) - counts.get(name, 0)

    found = {
        aspect: figure(range(1, 6), (1, 1, 1, 2, 5), [of(f"{aspect}_{value}") for value in range(1, 6)])
        for aspect in ("overall", "timeliness", "packaging", "professionalism", "accuracy")
    }
    found["promise_kept"] = figure((0, 1), (2, 8), [of("broken"), of("kept")])
    found["response"] = figure(
        (0, 1),
        (8, 2),
        [
            lambda counts, age: counts.get("stops", 0) - counts.get("feedback", 0) if age >= 7 else 0,
            lambda counts, age: counts.get("feedback", 0) if age >= 7 else 0,
        ],
    )
    found["conduct"] = figure((0, 1), (19, 1), [without("conduct"), of("conduct")])
    for bit, issue in enumerate(ISSUES):
        found[f"issue_{issue}"] = figure((0, 1), (19, 1), [without(f"issue_{bit}"), of(f"issue_{bit}")])
    return found


@st.composite
def days(draw):
    feedback = draw(st.integers(0, 40))
    counts = {"feedback": feedback, "stops": feedback + draw(st.integers(0, 20))}
    counts |= {"kept": draw(st.integers(0, 30)), "broken": draw(st.integers(0, 30))}
    counts["conduct"] = draw(st.integers(0, feedback))
    for bit in range(11):
        counts[f"issue_{bit}"] = draw(st.integers(0, feedback))
    for aspect in ("overall", "timeliness", "accuracy"):
        left = feedback
        for value in range(1, 6):
            counts[f"{aspect}_{value}"] = draw(st.integers(0, left))
            left -= counts[f"{aspect}_{value}"]
    return counts


@settings(max_examples=60, deadline=None)
@given(by_age=st.dictionaries(st.integers(0, 200), days(), max_size=12))
def test_figures_are_those_of_exact_fractions(by_age):
    assert figures(tally(by_age)) == oracle(by_age)


def of(overall=(0, 0, 20_000), conduct=(0, 0)):
    return {
        "overall": Figure(overall[0], 0, overall[1], overall[2], 0),
        "conduct": Figure(conduct[0], 0, conduct[1], 0, 0),
    }


@pytest.mark.parametrize(
    ("found", "name"),
    [
        (of((4_900_000, 5_000_000, 9_999)), "insufficient"),
        (of((1_000_000, 1_500_000, 9_999), (900_000, 950_000)), "insufficient"),
        (of((4_900_000, 5_000_000, 10_000)), "recognised"),
        (of((3_000_000, 3_499_999, 20_000)), "investigate"),
        (of((3_000_000, 3_500_000, 20_000)), "watch"),
        (of((4_900_000, 5_000_000, 20_000), (50_001, 60_000)), "investigate"),
        (of((4_900_000, 5_000_000, 20_000), (50_000, 60_000)), "recognised"),
        (of((4_200_000, 5_000_000, 20_000)), "good"),
        (of((4_200_001, 5_000_000, 20_000), (0, 99_999)), "recognised"),
        (of((4_200_001, 5_000_000, 20_000), (0, 100_000)), "good"),
        (of((3_000_000, 3_999_999, 20_000)), "watch"),
        (of((3_000_000, 4_000_000, 20_000)), "good"),
        (of((4_100_000, 5_000_000, 20_000), (25_001, 60_000)), "watch"),
        (of((4_100_000, 5_000_000, 20_000), (25_000, 60_000)), "good"),
    ],
)
def test_standings_at_their_bounds(found, name):
    says = standing(found)
    assert says.name == name
    assert says.reasons


def test_reasons_name_the_bound_and_what_would_change_it():
    assert standing(of((0, 5_000_000, 8_001))).reasons == (
        "overall rests on an effective 8.001 ratings, fewer than 10 (a rating of today counts whole, one 60 days old "
        "half, one of 180 days nothing)",
        "2 more ratings of today would give it another standing",
    )
    assert "1 more rating of" in standing(of((0, 0, 9_000))).reasons[1]
    assert standing(of((3_000_000, 3_697_208, 20_000))).reasons[0] == (
        "the upper bound of overall, 3.697208, is below 4"
    )
    good = standing(of((4_100_000, 4_600_000, 20_000), (0, 120_000))).reasons
    assert "the lower bound of overall, 4.100000, is not above 4.2" in good[1]
    assert "the upper bound of conduct issues, 12.0000 %, is not below 10 %" in good[1]


def test_vectors_are_what_this_policy_says():
    vectors = json.loads(VECTORS.read_text())
    assert vectors["policy"] == policy1.POLICY
    assert [int(weight) for weight in vectors["weights"]] == list(WEIGHTS)
    assert len(vectors["cases"]) >= 10
    for case in vectors["cases"]:
        sums = tally({int(age): counts for age, counts in case["counts_by_age"].items()})
        found = figures(sums, (*policy1.MEASURES, policy1.SILENT))
        for name, wanted in case["figures"].items():
            assert found[name] == Figure(**wanted), f"{case['name']}: {name}"
        assert set(found) == set(case["figures"]), case["name"]
        assert standing(found).name == case["standing"], case["name"]
        assert list(standing(found).reasons) == case["reasons"], case["name"]
    assert {case["standing"] for case in vectors["cases"]} == set(policy1.StandingName)
