"""Limits of shares and counts: checked against statsmodels and by hand, and exact at the edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from incare.kinds import Count, Rate, Share, poisson, wilson


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
