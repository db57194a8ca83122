"""Mann–Kendall, recent trends, bends, changes of level and seasons, by hand and against what was planted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from incare.stats import change_points, joinpoint, mann_kendall, recent_trend, season
from incare.stats.mann_kendall import TrendTestError


def drawn(values, step: int = 1) -> pd.DataFrame:
    y = np.atleast_2d(np.asarray(values, float))
    ends = pd.date_range("2015-01-31", periods=y.shape[1], freq="ME" if step == 1 else "QE-JAN")
    names = np.repeat([f"series {i}" for i in range(len(y))], y.shape[1])
    facts = {"area": "A", "measure": "m", "breakdown": "by", "grain": "month" if step == 1 else "quarter"}
    return pd.DataFrame({"category": names}).assign(**facts, period_end=np.tile(ends, len(y)), value=y.ravel())


# Mann–Kendall


def test_mann_kendall_by_hand():
    found = mann_kendall.mann_kendall([1, 3, 2, 4]).iloc[0]
    # Six pairs, one of them falling: 5 − 1. Variance 4 × 3 × 13 / 18.
    assert found[["n", "s", "tau_a"]].tolist() == pytest.approx([4, 4, 4 / 6])
    assert found["variance"] == pytest.approx(156 / 18)
    # The slopes are 2, 1/2, 1, −1, 1/2 and 2.
    assert found["slope"] == pytest.approx(3 / 4)


def test_ties_take_from_the_variance():
    # Two ties of two: 5 × 4 × 15 less 2 × 1 × 2 × 9, by 18.
    assert mann_kendall.mann_kendall([1, 1, 2, 2, 3]).iloc[0]["variance"] == pytest.approx((300 - 36) / 18)


def test_many_series_are_tested_as_each_alone_and_gaps_keep_the_calendar():
    y = np.random.default_rng(1).normal(size=(3, 20)).round(1)
    y[1, 4:7] = np.nan
    every = mann_kendall.mann_kendall(y)
    for i in range(3):
        pd.testing.assert_frame_equal(every.iloc[[i]].reset_index(drop=True), mann_kendall.mann_kendall(y[i]))
    # A line with a gap keeps its slope per step.
    assert mann_kendall.mann_kendall([0, 1, np.nan, np.nan, 4, 5]).iloc[0]["slope"] == 1


def test_a_constant_series_has_no_trend():
    found = mann_kendall.mann_kendall([5.0] * 8).iloc[0]
    assert found[["s", "z", "p", "slope"]].tolist() == [0, 0, 1, 0]


@pytest.mark.parametrize("correction", ["hamed_rao", "yue_wang"])
def test_corrections_widen_for_a_wandering_series(correction):
    steps = np.cumsum(np.random.default_rng(2).normal(size=(50, 60)), axis=1)
    plain, wide = mann_kendall.mann_kendall(steps), mann_kendall.mann_kendall(steps, correction)
    assert (plain["s"] == wide["s"]).all()
    if correction == "hamed_rao":
        assert (wide["variance"] > plain["variance"]).mean() > 0.9


def test_values_that_cannot_be_tested_are_refused():
    for values, message in (([1, np.inf, 2], "finite"), ([1, np.nan, 2], "a series has 2")):
        with pytest.raises(TrendTestError, match=message):
            mann_kendall.mann_kendall(values)
    with pytest.raises(TrendTestError, match="found 'prewhiten'"):
        mann_kendall.mann_kendall([1, 2, 3], "prewhiten")
    with pytest.raises(TrendTestError, match="Two years of 4 seasons"):
        mann_kendall.seasonal([1, 2, 3, 4, 5], 4)


def test_seasons_are_compared_with_themselves():
    wave = np.tile([0, 10, 20, 5], 5) + np.repeat(np.arange(5), 4)
    found = mann_kendall.seasonal(wave, 4).iloc[0]
    # Each of four seasons rises by 1 a year: ten rising pairs each.
    assert found[["s", "slope"]].tolist() == [40, 1]


# Recent trends


def test_one_odd_year_is_no_trend_though_chi_square_is_large():
    found = recent_trend.of_shares([104, 102, 100, 98, 200], [1000] * 5).iloc[0]
    assert found["chi_square"] > recent_trend.CRITICAL
    assert found["word"] == "no clear change"


def test_shares_of_nobody_and_of_everybody_have_no_trend():
    assert recent_trend.of_shares([[0] * 5, [9] * 5], [[9] * 5] * 2)["word"].tolist() == ["no clear change"] * 2


def test_recent_trends_refuse_what_they_cannot_use():
    with pytest.raises(TrendTestError, match="Counts from 0"):
        recent_trend.of_shares([1, 2, 3, 4, 12], [10] * 5)
    with pytest.raises(TrendTestError, match="5 annual points; 4"):
        recent_trend.of_shares([1, 2, 3, 4], [10] * 4)


# Changes of level


def test_a_planted_change_of_level_is_found_at_its_period():
    rng = np.random.default_rng(3)
    found = change_points.of_series(drawn(np.r_[rng.normal(10, 1, 20), rng.normal(14, 1, 20)]))
    assert found["date"].tolist() == [pd.Timestamp("2016-09-30")]
    assert found["before"].item() == pytest.approx(10, abs=0.6)
    assert found["after"].item() == pytest.approx(14, abs=0.6)
    assert found["exploratory"].all()


def test_flat_noise_has_hardly_any_changes_of_level():
    rng = np.random.default_rng(4)
    for autocorrelation, most in ((0, 1), (0.3, 1), (0.6, 3)):
        shocks = rng.normal(size=(1000, 100))
        y = shocks.copy()
        for t in range(1, 100):
            y[:, t] = autocorrelation * y[:, t - 1] + shocks[:, t]
        share = 100 * change_points.changes(y[:, 60:]).any(axis=1).mean()
        print(f"autocorrelation {autocorrelation}: {share:.1f} % of flat series have a change of level")
        assert share <= most


def test_two_changes_are_found_and_a_constant_has_none():
    y = np.r_[np.zeros(12), np.full(12, 9.0), np.zeros(12)] + np.random.default_rng(5).normal(0, 0.5, 36)
    assert np.flatnonzero(change_points.changes(y[None])[0]).tolist() == [12, 24]
    assert not change_points.changes(np.full((1, 30), 71.3)).any()
    assert change_points.of_series(drawn(np.ones(30))).empty


def test_a_rolling_measure_is_left_out():
    y = np.r_[np.zeros(20), np.full(20, 5.0)]
    assert len(change_points.of_series(drawn(y))) == 1
    assert change_points.of_series(drawn(y), {"m": 12}).empty


# Bends


def test_a_bend_between_two_points_is_found_exactly():
    x = np.arange(10.0)
    found = joinpoint.one_break(x, 2 * x - 3 * np.maximum(x - 4.5, 0))
    assert [found.at, found.before, found.after] == pytest.approx([4.5, 2, -1])
    assert found.better


def test_bends_are_refused_where_there_is_none_to_find():
    for y, message in ((np.ones(10), "all the same"), (np.arange(10.0), "one straight line")):
        with pytest.raises(TrendTestError, match=message):
            joinpoint.one_break(np.arange(10.0), y)
    with pytest.raises(TrendTestError, match="At least 7"):
        joinpoint.one_break([1, 2, 3], [1, 2, 1])
    with pytest.raises(TrendTestError, match="none missing"):
        joinpoint.one_break(np.arange(8.0), [*range(7), np.nan])


# Seasons


def test_course_season_and_rest_add_up():
    t = np.arange(48)
    y = 50 + 0.3 * t + 4 * np.cos(2 * np.pi * t / 12)
    found = season.of_series(drawn(y))
    assert found["status"].eq("ok").all()
    assert (found["course"] + found["season"] + found["rest"]).tolist() == pytest.approx(y.tolist())
    assert found["strength"].iloc[0] > 0.95


def test_a_season_is_not_looked_for_where_it_cannot_be_seen():
    y = np.random.default_rng(6).normal(size=(2, 30))
    y[1, 10] = np.nan
    assert season.of_series(drawn(y)).groupby("category")["status"].first().tolist() == ["ok", "gaps"]
    assert season.of_series(drawn(y[:1, :20]))["status"].unique().tolist() == ["too few points"]
    with pytest.raises(season.SeasonError, match="24 periods"):
        season.apart(np.ones(20), 12)
    with pytest.raises(season.SeasonError, match="missing or infinite"):
        season.apart([np.nan] * 40, 12)
