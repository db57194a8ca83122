"""True of every forecast, whatever the history."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from histories import any_history, history, rates
from incare import forecast
from incare.forecast import select
from incare.forecast.combine import Combined
from incare.forecast.counts import DiscountedCounts
from incare.forecast.exponential import damped, simple
from incare.forecast.last_value import last_value
from incare.forecast.panel import read
from incare.forecast.rolling import Rolling
from incare.forecast.seasonal_naive import SeasonalNaive
from incare.forecast.theta import theta

METHODS = [last_value, SeasonalNaive(4), simple, damped, theta, Combined(4), DiscountedCounts(4)]
FIGURES = ["mean", "lo80", "hi80", "lo95", "hi95"]


@given(any_history, st.integers(1, 14))
def test_limits_stand_in_order_within_bounds_and_never_narrow(series, horizon):
    ahead = forecast.series(series, horizon)
    highest = 100 if "n" in series or series.get("kind", pd.Series([""]))[0] == "percent" else np.inf

    assert len(ahead) == horizon
    assert ahead.notna().all(axis=None)
    in_order = ahead[["lo95", "lo80", "mean", "hi80", "hi95"]].to_numpy()
    assert (np.diff(in_order, axis=1) >= 0).all()
    assert in_order.min() >= 0
    assert in_order.max() <= highest
    for level in (80, 95):
        assert (np.diff(ahead[f"hi{level}"] - ahead[f"lo{level}"]) >= -1e-9).all()


@settings(max_examples=15)
@given(st.lists(any_history, min_size=2, max_size=4), st.integers(1, 6))
def test_a_series_has_the_same_mean_and_method_alone_and_in_company(each, horizon):
    named = [one.assign(unique_id=f"series {place}") for place, one in enumerate(each)]
    together = forecast.series(pd.concat(named, ignore_index=True), horizon)
    alone = pd.concat([forecast.series(one, horizon) for one in named], ignore_index=True)

    np.testing.assert_allclose(together["mean"], alone["mean"], rtol=1e-7, atol=1e-7)
    assert together[["unique_id", "ds", "method"]].equals(alone[["unique_id", "ds", "method"]])


def named(method) -> str:
    """A method by a name that is the same in every process."""
    return getattr(method, "__name__", type(method).__name__)


@pytest.mark.parametrize("method", METHODS, ids=named)
def test_a_method_gives_each_row_what_it_gives_it_alone(method):
    draw = np.random.default_rng(1)
    rows = draw.poisson(20, (6, 30)).astype(float)
    for row, points in enumerate((30, 25, 14, 9, 5, 4)):
        rows[row, : 30 - points] = np.nan

    together = method(rows, 5)

    for row in range(6):
        alone = rows[row : row + 1, np.isnan(rows[row]).sum() :]
        np.testing.assert_allclose(together[row], method(alone, 5)[0], rtol=1e-7)


@pytest.mark.parametrize("method", METHODS, ids=named)
@pytest.mark.parametrize("level", [0.0, 7.0, 412.0])
@pytest.mark.parametrize("points", [4, 40])
def test_a_level_history_is_forecast_to_stay_level(method, level, points):
    ahead = method(np.full((1, points), level), 6)

    np.testing.assert_allclose(ahead, level, atol=0.2 if isinstance(method, DiscountedCounts) else 1e-9)


@given(rates, st.sampled_from([0.01, 3.0, 1000.0]))
def test_a_rate_in_other_units_gets_the_same_forecast_in_those_units(y, factor):
    plain = forecast.series(history(y=y, kind="rate"), 4)
    scaled = forecast.series(history(y=np.array(y) * factor, kind="rate"), 4)

    np.testing.assert_allclose(scaled[FIGURES], plain[FIGURES] * factor, rtol=1e-6, atol=1e-9 * factor)


@given(any_history.filter(lambda series: len(series) >= 9), st.integers(1, 3))
def test_what_comes_later_never_changes_the_forecast_of_an_earlier_origin(series, horizon):
    asked_then = forecast.series(series.iloc[:-horizon], horizon)

    (panel,) = read(series)
    rolling = Rolling(panel.history, panel.sizes, horizon, select.methods(panel.cycle))
    looked_back = select.forecast(rolling, panel.kinds, panel.cycle, (80, 95), back=horizon)

    found = [looked_back.mean, *looked_back.limits[80], *looked_back.limits[95]]
    np.testing.assert_allclose(np.vstack(found).T, asked_then[FIGURES], rtol=1e-6, atol=1e-6)
    assert looked_back.method[0] == asked_then["method"][0]


@settings(max_examples=10)
@given(any_history.filter(lambda series: len(series) >= 9), st.integers(1, 3))
def test_a_back_test_judges_the_forecast_that_would_have_been_made(series, horizon):
    asked_then = forecast.series(series.iloc[:-horizon], horizon)
    actual = series["y"].to_numpy()[-horizon:]

    judged = forecast.backtest(series, horizon, 1)

    np.testing.assert_allclose(judged["mae"], np.abs(actual - asked_then["mean"]), rtol=1e-6, atol=1e-6)
    assert (judged["method"] == asked_then["method"][0]).all()


@given(any_history)
def test_asking_twice_or_with_the_rows_in_another_order_gives_the_same(series):
    first = forecast.series(series, 3)

    pd.testing.assert_frame_equal(forecast.series(series, 3), first)
    pd.testing.assert_frame_equal(forecast.series(series.iloc[::-1], 3), first)
