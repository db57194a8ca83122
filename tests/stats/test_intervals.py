"""Limits of shares, counts, rates and differences, against other people's numbers and by visible sums."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from incare.stats import intervals

RATES = ["phe_rate_grouped", "phe_rate_na", "phe_rate_per100", "phe_rate_single95", "phe_rate_single998"]
SHARES = ["phe_prop_1", "phe_prop_grouped", "phe_prop_pct", "phe_prop_single95", "phe_prop_single998"]


def reference(shared: Path, name: str) -> tuple[dict, pd.DataFrame, pd.DataFrame]:
    """One case of PHEindicatormethods or base R: its options, input and expected answer."""
    golden = shared / "golden" / "statistics"
    case = next(c for c in json.loads((golden / "manifest.json").read_text())["cases"] if c["name"] == name)
    return case["options"], pd.read_csv(golden / case["input"]), pd.read_csv(golden / case["expected"])


def grouped(options: dict, rows: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    if "group_by" in options:
        rows = rows.groupby(options["group_by"], sort=False)[["Numerator", "Denominator"]].sum(min_count=1)
    return rows["Numerator"], rows["Denominator"]


def columns(options: dict) -> dict[float, tuple[str, str]]:
    levels = options["confidence"]
    if isinstance(levels, float):
        return {levels: ("lowercl", "uppercl")}
    names = {0.95: "95_0", 0.998: "99_8"}
    return {level: (f"lower{names[level]}cl", f"upper{names[level]}cl") for level in levels}


def agree(found, expected) -> None:
    np.testing.assert_allclose(np.asarray(found, float), expected.to_numpy(float), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", RATES)
def test_rates_have_the_limits_of_phe_indicator_methods(name, shared):
    options, rows, expected = reference(shared, name)

    for level, (low, high) in columns(options).items():
        lower, upper = intervals.rate(*grouped(options, rows), options["multiplier"], level)
        agree(lower, expected[low])
        agree(upper, expected[high])


@pytest.mark.parametrize("name", SHARES)
def test_shares_have_the_limits_of_phe_indicator_methods(name, shared):
    options, rows, expected = reference(shared, name)

    for level, (low, high) in columns(options).items():
        lower, upper = intervals.wilson(*grouped(options, rows), level)
        agree(lower / 100 * options["multiplier"], expected[low])
        agree(upper / 100 * options["multiplier"], expected[high])


def test_byars_limits_are_those_of_phe_indicator_methods(shared):
    options, rows, expected = reference(shared, "phe_byars_grid_950")

    lower, upper = intervals.byar(rows["x"], options["confidence"])

    agree(lower, expected["lowercl"])
    agree(upper, expected["uppercl"])


def test_exact_poisson_limits_are_those_of_r(shared):
    _, rows, expected = reference(shared, "exact_poisson_grid")

    for level, end in ((0.95, "95"), (0.998, "998")):
        lower, upper = intervals.poisson(rows["x"], level)
        np.testing.assert_allclose(lower, expected[f"lower{end}"], rtol=1e-7, atol=1e-7)
        np.testing.assert_allclose(upper, expected[f"upper{end}"], rtol=1e-7, atol=1e-7)


def test_the_difference_of_56_in_70_and_48_in_80_is_newcombes_example():
    # Newcombe (1998), table II, example (a), method 10: 0.0524 to 0.3339.
    gap, lower, upper = intervals.difference(56, 70, 48, 80)

    assert gap == pytest.approx(100 * (56 / 70 - 48 / 80))
    assert (round(float(lower), 2), round(float(upper), 2)) == (5.24, 33.39)


def test_the_difference_of_10_in_10_and_0_in_20_is_newcombes_example():
    # Newcombe (1998), table II, example (h), method 10: 0.6791 to 1.0000.
    _, lower, upper = intervals.difference(10, 10, 0, 20)

    assert (round(float(lower), 2), round(float(upper), 2)) == (67.91, 100)


@pytest.mark.parametrize("arguments", [(np.nan, 10, 1, 10), (1, 0, 1, 10), (1, 10, 1, np.nan), (1, 10, 1, 0)])
def test_a_missing_number_or_an_empty_group_leaves_the_difference_missing(arguments):
    assert np.isnan(intervals.difference(*arguments)).all()


def test_an_empty_population_leaves_the_rate_missing():
    lower, upper = intervals.rate([3, np.nan, 3], [0, 100, np.nan])

    assert np.isnan(lower).all()
    assert np.isnan(upper).all()


def test_a_change_from_five_to_none_is_not_beyond_chance_and_from_six_to_none_is():
    # Chance that all of n go one way, twice over: 2 × (1/2)^5 = 6.25 %, 2 × (1/2)^6 = 3.1 %.
    _, _, upper = intervals.counts_change([0, 0], [5, 6])

    assert upper[0] > 0 > upper[1]


def test_two_counts_of_none_differ_by_nothing_and_have_no_limits():
    gap, lower, upper = intervals.counts_change(0, 0)

    assert (gap, np.isnan(lower), np.isnan(upper)) == (0, True, True)


shares = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(shares, shares)
def test_swapping_the_groups_turns_the_difference_round(first, second):
    gap, lower, upper = intervals.difference(*first, *second)
    back, back_lower, back_upper = intervals.difference(*second, *first)

    assert (gap, lower, upper) == pytest.approx((-back, -back_upper, -back_lower), abs=1e-9)


@given(shares, shares)
def test_the_limits_of_a_difference_hold_it_and_stay_within_100_points(first, second):
    gap, lower, upper = intervals.difference(*first, *second)

    assert -100 - 1e-9 <= lower <= gap + 1e-9
    assert gap - 1e-9 <= upper <= 100 + 1e-9


@given(st.integers(0, 500), st.integers(0, 500))
def test_the_limits_of_a_change_in_counts_hold_it_and_mirror(first, second):
    gap, lower, upper = intervals.counts_change(first, second)
    if first + second == 0:
        return
    assert lower - 1e-9 <= gap == first - second <= upper + 1e-9
    assert (lower, upper) == pytest.approx(tuple(-side for side in intervals.counts_change(second, first)[:0:-1]))


# Groups that share people


SAME_PEOPLE = {"in_both": 100, "counted_in_both": 30, "first_in_both": 40, "second_in_both": 32}


def test_people_who_answer_alike_narrow_the_interval_of_a_difference():
    _, low, high = intervals.difference(40, 100, 32, 100)
    _, paired_low, paired_high = intervals.overlapping_difference(40, 100, 32, 100, **SAME_PEOPLE)

    assert low < 0 < paired_low < 8 < paired_high < high


def test_the_same_people_twice_is_newcombes_method_for_pairs():
    # Both 30, first only 10, second only 2, neither 58: φ = (100 × 30 − 40 × 32) / √(40 × 60 × 32 × 68) = 0.7527.
    (l1, u1), (l2, u2) = intervals.wilson(40, 100), intervals.wilson(32, 100)
    phi = (100 * 30 - 40 * 32) / (40 * 60 * 32 * 68) ** 0.5
    down = ((40 - l1) ** 2 - 2 * phi * (40 - l1) * (u2 - 32) + (u2 - 32) ** 2) ** 0.5
    up = ((u1 - 40) ** 2 - 2 * phi * (u1 - 40) * (32 - l2) + (32 - l2) ** 2) ** 0.5

    found = intervals.overlapping_difference(40, 100, 32, 100, **SAME_PEOPLE)
    assert [float(part) for part in found] == pytest.approx([8, 8 - down, 8 + up])


def test_with_nobody_in_both_groups_the_interval_is_that_of_different_people():
    nobody = dict.fromkeys(SAME_PEOPLE, 0)

    found = intervals.overlapping_difference(40, 100, 32, 90, **nobody)
    assert found == pytest.approx(intervals.difference(40, 100, 32, 90))


def test_the_overlap_is_counted_from_the_children_of_two_periods():
    before = pd.DataFrame({"child": list("abcd"), "counted": [True, True, False, False]})
    after = pd.DataFrame({"child": list("bcde"), "counted": [True, True, False, True]})

    # b, c, d stand in both: b counted twice, c the second time only.
    expected = {"in_both": 3, "counted_in_both": 1, "first_in_both": 2, "second_in_both": 1}
    assert intervals.overlap(before, after) == expected
    with pytest.raises(intervals.IntervalError, match="one row per child"):
        intervals.overlap(before, pd.concat([after, after]))


def test_the_result_says_how_people_in_both_groups_were_handled():
    row = pd.DataFrame(
        [{"numerator_1": 40, "denominator_1": 100, "numerator_2": 32, "denominator_2": 100} | SAME_PEOPLE]
    )

    said = {people: intervals.compare_shares(row, people)["people"].iloc[0] for people in ("overlap", "unknown")}
    assert said["overlap"] == "allowing for the 100 people who are in both groups"
    assert "they were not counted" in said["unknown"]
    with pytest.raises(intervals.IntervalError, match='found "same"'):
        intervals.compare_shares(row, "same")
    with pytest.raises(intervals.IntervalError, match="missing: in_both"):
        intervals.compare_shares(row.drop(columns="in_both"), "overlap")


@pytest.mark.parametrize("wrong", [{"in_both": 101}, {"counted_in_both": 33}, {"first_in_both": 41}])
def test_an_overlap_that_does_not_fit_the_groups_is_refused(wrong):
    with pytest.raises(intervals.IntervalError, match="do not fit the two groups"):
        intervals.overlapping_difference(40, 100, 32, 100, **(SAME_PEOPLE | wrong))


def test_allowing_for_the_overlap_covers_the_truth_in_about_95_of_100_draws():
    random = np.random.default_rng(11)
    # 120 young people seen twice: 30 % then 36 %, most of them answering alike.
    first = random.random((3000, 120)) < 0.3
    second = np.where(random.random(first.shape) < 0.85, first, random.random(first.shape) < 0.7)
    truth = 100 * (0.3 - (0.85 * 0.3 + 0.15 * 0.7))
    one, two, both = first.sum(1), second.sum(1), (first & second).sum(1)
    shared = {"in_both": 120, "counted_in_both": both, "first_in_both": one, "second_in_both": two}
    _, low, high = intervals.overlapping_difference(one, 120, two, 120, **shared)
    _, apart_low, apart_high = intervals.difference(one, 120, two, 120)

    assert 0.93 <= ((low <= truth) & (truth <= high)).mean() <= 0.97
    assert ((apart_low <= truth) & (truth <= apart_high)).mean() > 0.99


def test_a_mean_and_a_median_have_limits_where_there_are_enough_values():
    # 1 … 9: mean 5, deviation 2.7386; t(8) = 2.306: 5 ± 2.306 × 2.7386 / 3 = 5 ± 2.105.
    values = np.arange(1.0, 10)
    lower, upper = intervals.mean(values.mean(), values.std(ddof=1), 9)
    assert (round(float(lower), 3), round(float(upper), 3)) == (2.895, 7.105)
    assert np.isnan(intervals.mean(5, 1, 1)).all()

    found = intervals.median([*values, 3, 4, np.nan], ["a"] * 9 + ["b"] * 3)
    assert found["median"].tolist() == [5, 3.5]
    assert found["number"].tolist() == [9, 2]
    # Ranks 9/2 ∓ 1.96 × 3/2, rounded: the 2nd and the 8th value; two values have no limits.
    assert found.loc["a", ["lower", "upper"]].tolist() == [2, 8]
    assert found.loc["b", ["lower", "upper"]].isna().all()
