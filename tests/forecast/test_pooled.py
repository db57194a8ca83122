"""Areas of one measure are forecast together: what all of them did says what to expect of each."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from incare import forecast
from incare.forecast import pooled, season
from incare.forecast.panel import HistoryError

YEARS = [f"{year}-03-31" for year in range(2015, 2022)]


def table(values: np.ndarray, dates, measure: str | None = "m") -> pd.DataFrame:
    rows = pd.DataFrame(
        {
            "unique_id": np.repeat([f"a{n:02d}" for n in range(len(values))], values.shape[1]),
            "ds": np.tile(dates, len(values)),
            "y": values.ravel(),
            "kind": "rate",
        }
    )
    return rows if measure is None else rows.assign(measure=measure)


def swinging(areas: int = 40, steps: int = 7, seed: int = 3) -> np.ndarray:
    """Areas that differ, each jumping about its own level: what is high now falls back."""
    draw = np.random.default_rng(seed)
    return np.clip(draw.normal(50, 10, (areas, 1)) + draw.normal(0, 4, (areas, steps)), 1, None)


def test_areas_that_jump_about_a_level_are_expected_back_at_it():
    values = swinging()
    mean, _ = pooled.areas(values, 2, (80,))
    above = values[:, -1] > values.mean(axis=1) + 2
    below = values[:, -1] < values.mean(axis=1) - 2
    assert (mean[above] < values[above, -1:]).mean() > 0.95
    assert (mean[below] > values[below, -1:]).mean() > 0.95


def test_areas_that_wander_are_left_near_their_last_value():
    walk = 50 + np.random.default_rng(5).normal(0, 2, (60, 7)).cumsum(axis=1)
    mean, _ = pooled.areas(walk, 1, (80,))
    swing = swinging()
    drawn, _ = pooled.areas(swing, 1, (80,))
    assert np.abs(mean[:, 0] - walk[:, -1]).mean() < 0.5 * np.abs(drawn[:, 0] - swing[:, -1]).mean()


def test_limits_hold_the_share_they_promise_and_never_narrow():
    values = swinging(400, 9, 8)
    _, limits = pooled.areas(values[:, :7], 2, (80, 95))
    truth = values[:, 7:]
    for (low, high), share in zip(limits, (0.8, 0.95), strict=True):
        assert share - 0.05 <= ((low <= truth) & (truth <= high)).mean() <= share + 0.07
        assert (np.diff(high - low, axis=1) >= 0).all()


def test_ten_short_series_of_one_measure_are_pooled_and_nine_are_not():
    nine, ten = swinging(9), swinging(10)
    assert set(forecast.series(table(ten, YEARS), 2)["method"]) == {"pooled over areas"}
    assert set(forecast.series(table(nine, YEARS), 2)["method"]) == {"damped (short history)"}
    assert set(forecast.series(table(ten, YEARS, None), 2)["method"]) == {"damped (short history)"}


def test_an_area_shorter_than_the_others_is_forecast_with_them():
    values = table(swinging(12), YEARS)
    late = values[~((values["unique_id"] == "a03") & (values["ds"] < "2018"))]
    ahead = forecast.series(late, 2)
    assert ahead["mean"].notna().all()
    assert set(ahead["method"]) == {"pooled over areas"}


def test_the_back_test_pools_the_areas_as_they_were_known_then():
    tested = forecast.backtest(table(swinging(30, 9), [f"{year}-03-31" for year in range(2013, 2022)]), 1, 3)
    assert set(tested["method"]) == {"pooled over areas"}
    assert tested["mae"].mean() < tested["mae_last_value"].mean()


def test_the_season_of_a_noisy_area_is_drawn_to_that_of_all_areas():
    draw = np.random.default_rng(2)
    wave = 0.3 * np.sin(2 * np.pi * np.arange(12) / 12)
    levels = np.tile(wave, (30, 4)) + draw.normal(0, 0.4, (30, 48))
    own, shared = season.find(levels, 12).effects, season.shared(levels, 12).effects
    assert np.abs(shared - wave).mean() < 0.5 * np.abs(own - wave).mean()


def test_monthly_series_of_one_measure_share_their_season():
    draw = np.random.default_rng(4)
    months = pd.date_range("2018-01-31", periods=48, freq="ME")
    wave = np.exp(0.3 * np.sin(2 * np.pi * np.arange(60) / 12))
    values = 100 * wave * np.exp(draw.normal(0, 0.3, (15, 60)))
    history = table(values[:, :48], months)
    apart, together = forecast.series(history.drop(columns="measure"), 12), forecast.series(history, 12)
    assert together["method"].str.startswith("Theta and damped trend, season of all areas (m)").all()
    expected = np.tile(100 * wave[48:], 15)
    assert np.abs(together["mean"] - expected).mean() < 0.8 * np.abs(apart["mean"] - expected).mean()


def test_a_series_of_two_measures_is_refused():
    history = table(swinging(10), YEARS)
    history.loc[3, "measure"] = "other"
    with pytest.raises(HistoryError, match="names 2 measures"):
        forecast.series(history, 1)


def test_an_area_that_ended_before_the_others_is_refused_by_name():
    history = table(np.arange(60.0).reshape(10, 6) + 50, pd.period_range("2018", periods=6, freq="Y").end_time)
    ended = history.drop(history.index[history["unique_id"] == history["unique_id"].iloc[0]][-2:])

    with pytest.raises(HistoryError, match="1 of 10 series end before the others of their measure, the first"):
        forecast.series(ended, 2)
    assert len(forecast.series(ended.drop(columns="measure"), 2)) == 20
