"""Limits of shares and counts: checked against statsmodels and by hand, and exact at the edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from incare.kinds import Count, Mean, Median, Rate, Ratio, Share, poisson, wilson


@given(st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_limits_are_those_of_statsmodels(pair):
    from statsmodels.stats.proportion import proportion_confint

    counted, rows = pair
    lower, upper = wilson([counted], [rows])
    expected = proportion_confint(counted, rows, method="wilson")
    assert (lower[0], upper[0]) == pytest.approx((100 * expected[0], 100 * expected[1]), abs=1e-6)


@given(st.integers(0, 500))
def test_poisson_limits_are_exact(count):
    from scipy.stats import poisson as distribution

    lower, upper = poisson([count])
    assert distribution.cdf(count, upper[0]) == pytest.approx(0.025, abs=1e-9)
    assert lower[0] == 0 if count == 0 else distribution.sf(count - 1, lower[0]) == pytest.approx(0.025, abs=1e-9)


def test_the_minutes_74_percent_of_156_lies_between_66_and_80():
    lower, upper = wilson([0.74 * 156], [156])
    assert (round(lower[0]), round(upper[0])) == (67, 80)


def test_nobody_gives_no_value_never_nought_percent():
    assert np.isnan(Share().value([0], [0])).all()
    assert np.isnan(np.concatenate(Share().limits([0], [0]))).all()


def test_nought_of_ten_and_ten_of_ten_touch_the_ends():
    lower, upper = Share().limits([0, 10], [10, 10])
    assert (lower[0], upper[1]) == (0, 100)


def test_more_counted_than_there_are_is_no_share():
    assert np.isnan(np.concatenate(wilson([11], [10]))).all()


def test_a_rate_is_per_ten_thousand_and_unknown_without_a_population():
    assert Rate().value([641], [96_720])[0] == pytest.approx(641 / 96_720 * 10_000)
    assert np.isnan(Rate().value([641], [np.nan])).all()


def test_a_count_is_itself_with_limits_around_it():
    lower, upper = Count().limits([0, 25], [np.nan, np.nan])
    assert lower.tolist() == pytest.approx([0, 16.18], abs=0.01)
    assert upper.tolist() == pytest.approx([3.69, 36.90], abs=0.01)


# Means, ratios and medians


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=40))
def test_the_limits_of_a_mean_are_those_of_students_t(amounts):
    from scipy import stats

    found = Mean().summary(np.zeros(len(amounts), int), 1, amounts)
    lower, upper = stats.t.interval(0.95, len(amounts) - 1, np.mean(amounts), max(stats.sem(amounts), 1e-300))
    assert (found.numerator[0], found.denominator[0]) == (sum(amounts), len(amounts))
    assert (found.lower[0], found.value[0], found.upper[0]) == pytest.approx((lower, np.mean(amounts), upper), abs=1e-6)


def test_one_amount_has_a_mean_and_no_limits():
    found = Mean().summary(np.array([1]), 3, [7])
    assert found.value[1] == 7
    assert np.isnan([found.lower[1], found.upper[1], found.value[0], found.value[2]]).all()


def test_a_ratio_adds_up_before_it_divides():
    # 10 of 100 sessions and 0 of 300: 10 / 400, not the mean of 10 % and 0 %.
    found = Ratio("% of sessions", 100).summary(np.zeros(2, int), 1, [10, 0], [100, 300])
    assert (found.numerator[0], found.denominator[0], found.value[0]) == (10, 400, 2.5)


def test_a_ratios_limits_are_cochrans():
    amount, weight = np.array([3.0, 0, 8, 2]), np.array([10.0, 20, 30, 15])
    found = Ratio("x").summary(np.zeros(4, int), 1, amount, weight)
    r = amount.sum() / weight.sum()
    error = np.sqrt(4 / 3 * ((amount - r * weight) ** 2).sum()) / weight.sum()
    from scipy import stats

    assert found.upper[0] - r == pytest.approx(stats.t.ppf(0.975, 3) * error)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=60))
def test_the_median_is_the_middle_and_its_limits_are_two_of_the_amounts(amounts):
    found = Median().summary(np.zeros(len(amounts), int), 1, amounts)
    assert found.value[0] == np.median(amounts)
    if len(amounts) < 6:
        assert np.isnan(found.lower[0])
    else:
        assert {found.lower[0], found.upper[0]} <= set(amounts)
        assert found.lower[0] <= found.value[0] <= found.upper[0]


def test_the_limits_of_a_median_of_fifteen_are_the_fourth_and_the_twelfth():
    # Campbell & Gardner (1988): ranks 15/2 ∓ 1.96 √15/2 = 3.7 and 12.3, the lower and one plus the upper rounded.
    found = Median().summary(np.zeros(15, int), 1, np.arange(1, 16))
    assert (found.lower[0], found.upper[0]) == (4, 12)


def test_cells_are_kept_apart():
    cell = np.array([0, 2, 2, 0])
    assert Mean().summary(cell, 3, [1, 10, 20, 3]).value.tolist()[::2] == [2, 15]
    assert Median().summary(cell, 3, [1, 10, 20, 3]).value.tolist()[::2] == [2, 15]
