"""What a forecast of series promises: which method, which dates, which refusals; and what a back-test reports."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from histories import history
from incare import forecast


def method(series: pd.DataFrame) -> str:
    return forecast.series(series, 2)["method"][0]


def around(level: float, points: int, step: float = 1.0) -> list[float]:
    """Values that go up and down about a level."""
    return [level + step * (place % 3 - 1) for place in range(points)]


def test_the_kind_and_length_of_a_series_choose_its_method():
    assert method(history(y=around(5, 20))) == "discounted counts"
    assert method(history(y=around(500, 20))) == "Theta and damped trend"
    assert method(history(y=around(5.5, 20))) == "Theta and damped trend"
    assert method(history(y=around(80, 20), n=50)) == "discounted shares and Theta"
    assert method(history(y=around(80, 20), kind="percent")) == "Theta and damped trend"
    assert method(history(y=around(500, 12))) == "damped (short history)"
    assert method(history(y=around(5, 12))) == "damped counts (short history)"
    assert method(history(y=around(80, 12), n=50)) == "discounted shares and Theta (short history)"


def test_a_method_that_loses_to_the_same_quarter_last_year_shares_its_place_and_says_so():
    # The pattern reverses two years before the end: a season learnt from the whole history is wrong.
    flipped = [*np.tile([40.5, 60.5, 30.5, 70.5], 4), *np.tile([60.5, 40.5, 70.5, 30.5], 3)]

    said = method(history(y=flipped))

    assert said == "Theta and damped trend, averaged with same period last year, which it did not beat in the back-test"


def test_month_ends_stay_month_ends_and_quarters_step_by_three():
    months = forecast.series(history(y=around(5, 4), freq="ME", start="2024-11-30"), 3)
    quarters = forecast.series(history(y=around(5, 4)), 2)

    assert months["ds"].astype(str).tolist() == ["2025-03-31", "2025-04-30", "2025-05-31"]
    assert quarters["ds"].astype(str).tolist() == ["2016-03-31", "2016-06-30"]


def test_dates_within_the_month_keep_their_day():
    fifteenth = history(y=around(5, 4), freq="MS", start="2025-01-01").assign(
        ds=lambda rows: rows["ds"] + pd.Timedelta(14, "D")
    )

    assert forecast.series(fifteenth, 2)["ds"].astype(str).tolist() == ["2025-05-15", "2025-06-15"]


def test_a_fall_to_nothing_is_not_forecast_to_go_below_nothing():
    falling = forecast.series(history(y=[40.5 - 3 * step for step in range(13)] + [0.5, 0]), 8)

    assert falling["mean"].min() == 0
    assert (falling["hi95"] > 0).all()


def test_series_of_different_spacing_come_back_in_the_order_they_were_given():
    given = [
        history("b", around(5, 6)),
        history("a", around(5, 8), freq="ME"),
        history("c", around(5, 6)),
        history("year", around(50, 6), freq="YE"),
        history("week", around(50, 6), freq="W"),
    ]
    ahead = forecast.series(pd.concat(given), 2)

    assert ahead["unique_id"].tolist() == ["b", "b", "a", "a", "c", "c", "year", "year", "week", "week"]
    assert list(ahead.columns) == ["unique_id", "ds", "mean", "lo80", "hi80", "lo95", "hi95", "method"]


def test_a_season_is_followed_unless_it_is_turned_off():
    seasonal = [*np.tile([40.5, 60.5, 40.5, 20.5], 6)]

    with_season = forecast.series(history(y=seasonal), 4)["mean"]
    without = forecast.series(history(y=seasonal), 4, seasonal=False)["mean"]

    assert with_season.tolist() == pytest.approx([40.5, 60.5, 40.5, 20.5], abs=1)
    assert np.ptp(without) < 2


def test_other_levels_can_be_asked_for():
    ahead = forecast.series(history(y=around(50.5, 20)), 2, level=(50, 90))

    assert list(ahead.columns[3:7]) == ["lo50", "hi50", "lo90", "hi90"]


def test_a_gap_is_named_by_its_length_and_first_period():
    with pytest.raises(forecast.HistoryError, match='"a" has 2 missing periods, the first 2015-12'):
        forecast.series(history(y=around(5, 8)).drop([3, 5]), 2)


def test_a_date_given_twice_is_refused():
    twice = pd.concat([history(y=around(5, 8)), history(y=[5])])

    with pytest.raises(forecast.HistoryError, match='"a" has 2015-03-31 more than once'):
        forecast.series(twice, 2)


def test_under_four_points_are_refused():
    with pytest.raises(forecast.HistoryError, match='"a" has 3 points; a forecast needs at least 4'):
        forecast.series(history(y=[1, 2, 3]), 2)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda rows: rows.rename(columns={"y": "value"}), "y missing"),
        (lambda rows: rows.assign(colour="red"), "colour not known"),
        (
            lambda rows: rows.assign(y=rows["y"].where(rows.index != 2)),
            "y is not a number in 1 of 8 rows, first in row 3",
        ),
        (lambda rows: rows.assign(y=np.inf), "y is not a number in 8"),
        (lambda rows: rows.assign(ds="soon"), r"ds is not a date \(yyyy-mm-dd\) in 8"),
        (lambda rows: rows.assign(ds="01/04/2024"), r"ds is not a date \(yyyy-mm-dd\) in 8"),
        (lambda rows: rows.assign(kind="share"), "one of count, percent, rate"),
        (lambda rows: rows.assign(y=-1.0), "8 values outside its kind; a count is 0 or more"),
        (lambda rows: rows.assign(y=101.0, n=5), "8 values outside its kind; a percent is from 0 to 100"),
        (lambda rows: rows.assign(n=[5.0] * 7 + [np.nan]), "missing or not above 0 in 1 rows"),
        (lambda rows: rows.assign(ds=pd.date_range("2020-01-01", periods=8, freq="D")), "are not one month, quarter"),
        (lambda rows: rows.iloc[:0], "no rows"),
    ],
)
def test_a_history_that_cannot_be_forecast_is_refused_with_what_was_found(spoil, said):
    with pytest.raises(forecast.HistoryError, match=said):
        forecast.series(spoil(history(y=around(5, 8))), 2)


@pytest.mark.parametrize("horizon", [0, -1, 2.5, True])
def test_a_horizon_is_a_whole_number_of_periods(horizon):
    with pytest.raises(forecast.HistoryError, match="The horizon is a whole number of periods"):
        forecast.series(history(y=around(5, 8)), horizon)


def test_a_back_test_sets_the_errors_beside_both_baselines():
    # 20 points, horizon 2, one origin: the last known is point 18, the same quarter last year points 15 and 16.
    y = [*around(50.5, 18), 60.5, 70.5]

    table = forecast.backtest(history(y=y), 2, 1)

    assert table["horizon"].tolist() == [1, 2]
    assert table["mae_last_value"].tolist() == [abs(60.5 - y[17]), abs(70.5 - y[17])]
    assert table["mae_seasonal_naive"].tolist() == [abs(60.5 - y[14]), abs(70.5 - y[15])]
    assert table["cover95"].isin([0, 100]).all()


def test_a_back_test_uses_as_many_origins_as_a_series_has_room_for():
    long, short, too_short = history("long", around(50.5, 20)), history("short", around(50.5, 8)), around(50.5, 5)

    table = forecast.backtest(pd.concat([long, short, history("none", too_short)]), 2, 5)

    # Four points before the first origin and two after the last: 8 − 4 − 2 + 1 = 3; 5 points leave none.
    assert table.groupby("unique_id")["origins"].first().to_dict() == {"long": 5, "short": 3, "none": 0}
    assert table.query("unique_id == 'none'")[["mae", "cover80", "method"]].isna().all(axis=None)


def test_intervals_cover_what_they_say_on_series_drawn_from_a_random_walk():
    draw = np.random.default_rng(5)
    walks = 100 + draw.normal(0, 2, (150, 40)).cumsum(axis=1)
    ids = np.repeat([f"walk {number}" for number in range(150)], 40)
    dates = np.tile(pd.date_range("2015-03-31", periods=40, freq="QE"), 150)

    table = forecast.backtest(pd.DataFrame({"unique_id": ids, "ds": dates, "y": walks.ravel(), "kind": "rate"}), 4, 4)

    assert table["cover80"].mean() == pytest.approx(80, abs=5)
    assert table["cover95"].mean() == pytest.approx(95, abs=3)


def test_forecasting_loads_neither_scipy_stats_nor_statsmodels():
    code = "import sys, incare.forecast, incare.stats.compare; print({'scipy.stats', 'statsmodels'} & set(sys.modules))"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "set()"
