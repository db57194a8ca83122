"""Each method on a history small enough to work out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from incare.forecast import calibrate, counts, percentages, season
from incare.forecast.combine import Combined
from incare.forecast.counts import DiscountedCounts
from incare.forecast.exponential import Smoothing
from incare.forecast.last_value import last_value
from incare.forecast.percentages import DiscountedShares
from incare.forecast.seasonal_naive import SeasonalNaive
from incare.forecast.theta import theta


def row(*values) -> np.ndarray:
    return np.array([values], float)


def test_the_last_value_is_carried_forward():
    assert last_value(row(3, 5, 8), 3).tolist() == [[8, 8, 8]]


def test_the_same_quarter_last_year_is_carried_forward_round_the_year():
    assert SeasonalNaive(4)(row(9, 1, 2, 3, 4), 6).tolist() == [[1, 2, 3, 4, 1, 2]]


def test_with_under_a_year_of_history_the_last_value_stands_in():
    assert SeasonalNaive(4)(row(np.nan, np.nan, 3, 4), 2).tolist() == [[4, 4]]


def test_a_smoothed_level_moves_a_share_of_each_miss():
    half = Smoothing(level=(0.5,))

    # 10, then half way to 20, then half way to 40.
    assert half(row(10, 20, 40), 2).tolist() == [[(10 + 20) / 2 / 2 + 40 / 2] * 2]


def test_a_damped_trend_shrinks_at_every_step():
    steady = Smoothing(level=(1.0,), trend=(1.0,), damping=(0.5,))
    # Starts at 0 rising by 2; each step expects half the rise before it and is put right to a rise of 2.
    # Ahead of 6: + 2 × 0.5, then + 2 × 0.25.
    assert steady(row(0, 2, 4, 6), 2).tolist() == [[6 + 1, 6 + 1 + 0.5]]


def test_settings_that_foretold_the_history_better_count_more():
    both = Smoothing(level=(0.02, 1.0))
    climbing = row(*range(0, 200, 10))

    assert both(climbing, 1)[0, 0] == pytest.approx(190, abs=0.1)


def test_theta_continues_a_straight_line_at_half_its_slope():
    # A line rising by 2: the level follows it to the last value, the line goes on; the mean rises by 1.
    ahead = theta(row(*range(0, 40, 2)), 3)[0]

    assert np.diff(ahead) == pytest.approx([1, 1])


def test_a_season_needs_three_full_cycles():
    pattern = [10, -10, 5, -5]

    full = 100.0 + np.tile(pattern, 4)
    two_and_a_bit = np.where(np.arange(16) < 5, np.nan, full)

    assert season.find(np.array([full, two_and_a_bit]), 4).effects == pytest.approx(np.array([pattern, [0, 0, 0, 0]]))
    assert season.find(row(*full[5:]), 4).effects.tolist() == [[0]]


def test_noise_is_mostly_shrunk_away_and_a_real_season_mostly_kept():
    noise = np.random.default_rng(2).normal(0, 1, (200, 40))
    pattern = np.tile([3, 0, -3, 0], 10)

    assert np.abs(season.find(noise, 4).effects).mean() < 0.1
    assert season.find(noise + pattern, 4).effects.mean(axis=0) == pytest.approx([3, 0, -3, 0], abs=0.2)


def test_a_pattern_that_multiplies_goes_on_multiplying():
    growing = [level * factor for level in (100, 200, 400, 800) for factor in (0.5, 1, 1.5, 1)]

    ahead = Combined(4)(row(*growing), 4)[0]

    assert ahead[0] / ahead[2] == pytest.approx(0.5 / 1.5, rel=0.2)


def test_a_forecast_stays_within_the_range_of_the_history_and_once_more():
    doubling = row(*(2.0 ** np.arange(16)))

    assert Combined(1)(doubling, 40).max() <= 2**15 + (2**15 - 1)


def test_the_variance_of_a_count_holds_the_poisson_noise_and_grows_with_the_horizon():
    mean, variance = DiscountedCounts().predictive(row(*[4, 6] * 10), 3)

    assert (variance > mean).all()
    assert (np.diff(variance[0]) > 0).all()
    assert mean[0] == pytest.approx([5, 5, 5], abs=0.5)


def test_limits_of_a_count_of_about_five_hold_what_a_poisson_count_of_five_does():
    low, high = counts.limits(row(5), row(5), 0.8)

    # P(2 ≤ X ≤ 8 | 5) = 0.89, P(3 ≤ X ≤ 8 | 5) = 0.81: the limits lie between 1.5 and 2.5, and 7.5 and 8.9.
    assert 1.5 < low[0, 0] < 2.5
    assert 7.5 < high[0, 0] < 8.9


def test_percentages_from_a_small_group_are_less_sure_than_from_a_large_one():
    history = row(*[80, 85] * 10)
    widths = []
    for size in (20, 2000):
        ahead = DiscountedShares().predictive(history, np.full(history.shape, size), 1)
        low, high = percentages.limits(*ahead, 0.95)
        widths.append((high - low)[0, 0])

    assert widths[0] > 2 * widths[1]


def test_six_quarters_of_full_marks_still_allows_for_one_child_in_twenty():
    history = np.full((1, 6), 100.0)
    low, high = percentages.limits(*DiscountedShares(4).predictive(history, np.full(history.shape, 20), 1), 0.95)

    assert low[0, 0] <= 100 - 100 / 20
    assert high[0, 0] == 100


def test_the_spread_of_a_row_is_its_mean_change_over_a_cycle():
    assert calibrate.spread(row(10, 13, 10, 13, 10), 1) == pytest.approx([3])
    assert calibrate.spread(row(*[1, 5] * 6), 4) == pytest.approx([0])


def test_widths_come_from_the_errors_of_the_whole_panel():
    # 500 rows that missed by 1 to 10 spreads alike: 80 % of misses are under about 8.
    errors = np.tile(np.arange(1.0, 11), 50)[None, :, None]
    ones = np.ones((1, 500))

    (half,) = calibrate.widths(errors, ones, ones[0], (80,), 1, 0 * ones[0])

    assert half.mean() == pytest.approx(8, rel=0.1)


def test_a_lone_row_without_errors_gets_typical_widths_that_grow():
    nothing = np.full((8, 1, 4), np.nan)

    narrow, wide = calibrate.widths(nothing, np.ones((8, 1)), np.ones(1), (80, 95), 4, np.zeros(1))

    assert (np.diff(narrow[0]) > 0).all()
    assert (wide > narrow).all()
