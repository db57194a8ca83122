"""Standardised rates, groups by rank and indices of inequality, by sums that can be checked by eye."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from incare.stats import inequality, standardise


def strata(**changes) -> pd.DataFrame:
    table = {"age": ["young", "old"], "count": [10, 30], "population": [1000, 1000], "standard": [3000, 1000]}
    return pd.DataFrame(table | changes)


def test_a_direct_rate_weighs_each_age_by_the_standard_population():
    # Young 10 in 1,000, old 30 in 1,000; three quarters young: 7.5 + 7.5 = 15 in 1,000.
    found = standardise.direct(strata(), per=1000).iloc[0]

    assert (found["value"], found["count"], found["status"]) == (15, 40, "ok")
    assert found["lower"] < 15 < found["upper"]


def test_with_the_areas_own_mix_as_the_standard_the_direct_rate_is_the_plain_one():
    assert standardise.direct(strata(standard=[1000, 1000]), per=1000)["value"].iloc[0] == 20


def test_under_ten_events_the_direct_rate_is_left_out_and_says_why():
    found = standardise.direct(strata(count=[4, 5])).iloc[0]

    assert (found["status"], np.isnan(found["value"])) == ("low", True)


def test_events_without_people_leave_the_rate_missing_and_never_infinite():
    found = standardise.direct(strata(population=[0, 1000])).iloc[0]

    assert (found["status"], np.isnan(found["value"]), np.isnan(found["upper"])) == ("x", True, True)


def test_an_indirect_ratio_is_what_was_counted_over_what_was_expected():
    # Expected 1,000 × 5/1,000 + 1,000 × 15/1,000 = 20; counted 40.
    reference = {"reference_count": [5, 15], "reference_population": [1000, 1000]}
    found = standardise.indirect(strata(**reference)).iloc[0]

    assert (found["observed"], found["expected"], found["value"]) == (40, 20, 2)
    assert found["lower"] < 2 < found["upper"]


def test_a_blank_count_is_refused_unless_it_is_said_to_mean_none():
    table = strata(count=[np.nan, 30])

    with pytest.raises(standardise.StandardiseError, match="Row 0, column count"):
        standardise.direct(table)
    assert standardise.direct(table, blank_is_none=True)["count"].iloc[0] == 30


def test_a_missing_column_is_named():
    with pytest.raises(standardise.StandardiseError, match="missing: standard"):
        standardise.direct(strata().drop(columns="standard"))


def test_quarters_of_eight_values_hold_two_each_and_equal_values_share_one():
    assert standardise.quantile_groups([1, 2, 3, 4, 5, 6, 7, 8]).tolist() == [1, 1, 2, 2, 3, 3, 4, 4]
    assert standardise.quantile_groups([1, 2, 3, 4, 5, 6, 7, 8], highest_first=True).tolist()[0] == 4
    assert standardise.quantile_groups([1, 1, 1, 2]).tolist()[:3] == [1, 1, 1]


def test_a_missing_value_has_no_group_and_is_not_ranked():
    found = standardise.quantile_groups([np.nan, 1, 2, 3, 4])

    assert np.isnan(found[0])
    assert found[1:].tolist() == [1, 2, 3, 4]


@given(st.lists(st.integers(0, 50), min_size=1, max_size=40), st.integers(2, 10))
def test_groups_never_fall_as_values_rise_and_lie_between_one_and_k(values, k):
    found = standardise.quantile_groups(values, k)
    order = np.argsort(values, kind="stable")

    assert (np.diff(found[order]) >= 0).all()
    assert found.min() >= 1
    assert found.max() <= k


# Inequality


def fifths(values, **changes) -> pd.DataFrame:
    n = len(values)
    table = {"group": range(1, n + 1), "population": 100, "value": values, "error": 0.5}
    return pd.DataFrame(table | changes)


def test_a_straight_slope_gives_the_difference_between_the_two_ends():
    # Middles at 0.1, 0.3 … 0.9; 2 more a fifth is 10 from end to end: 9 to 19.
    found = inequality.slope_index(fifths([10, 12, 14, 16, 18])).iloc[0]

    assert found[["sii", "intercept", "rii"]].tolist() == pytest.approx([10, 9, 19 / 9])
    assert found["sii_lower"] < 10 < found["sii_upper"]


def test_with_no_slope_there_is_no_inequality():
    found = inequality.slope_index(fifths([7.0] * 5)).iloc[0]

    assert found[["sii", "rii"]].tolist() == pytest.approx([0, 1])
    assert found["rii_lower"] < 1 < found["rii_upper"]


def test_the_limits_cover_the_true_slope_in_about_95_of_100_draws():
    random = np.random.default_rng(20)
    draws = pd.concat([fifths(random.normal([10, 12, 14, 16, 18], 0.5)).assign(area=i) for i in range(400)])
    found = inequality.slope_index(draws, ["area"])
    covered = ((found["sii_lower"] <= 10) & (found["sii_upper"] >= 10)).mean()

    assert 0.92 <= covered <= 0.98


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (fifths([1.0, 2.0]), "at least three deprivation groups"),
        (fifths([1, 2, 3, 4, 5], group=[1, 1, 2, 3, 4]), "each once"),
        (fifths([1, np.nan, 3]), "Row 1"),
        (fifths([1, 2, 3]).drop(columns="error"), "missing: lower, upper"),
    ],
)
def test_a_table_without_three_whole_groups_is_refused(table, message):
    with pytest.raises(inequality.InequalityError, match=message):
        inequality.slope_index(table)
