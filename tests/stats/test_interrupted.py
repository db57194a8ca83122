"""Did the policy change it? False effects are counted, and so are the effects that are found."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from incare.stats import interrupted
from incare.stats.interrupted import PolicyError, Question

MANY = 600


def drawn(values) -> pd.DataFrame:
    y = np.atleast_2d(np.asarray(values, float))
    ends = pd.date_range("2015-01-31", periods=y.shape[1], freq="ME")
    names = np.repeat([f"series {i}" for i in range(len(y))], y.shape[1])
    frame = pd.DataFrame({"area": "Testshire", "measure": "m", "breakdown": "by", "category": names, "grain": "month"})
    return frame.assign(period_end=np.tile(ends, len(y)), value=y.ravel())


def noise(points: int, autocorrelation: float, seed: int, many: int = MANY) -> np.ndarray:
    shocks = np.random.default_rng(seed).normal(size=(many, points + 60))
    out = np.zeros_like(shocks)
    for t in range(1, shocks.shape[1]):
        out[:, t] = autocorrelation * out[:, t - 1] + shocks[:, t]
    return out[:, 60:] * np.sqrt(1 - autocorrelation**2)


def middle(points: int) -> pd.Timestamp:
    """The first day of the first month of the second half."""
    return pd.Timestamp("2015-01-01") + pd.DateOffset(months=points // 2)


def called(y: np.ndarray, **question) -> float:
    found = interrupted.of_series(drawn(y), middle(y.shape[1]), question=Question(**question))
    return float(100 * (found["word"] == "changed").mean())


@pytest.mark.parametrize("points", [36, 60])
@pytest.mark.parametrize("autocorrelation", [0, 0.3, 0.6])
def test_where_nothing_happened_at_most_six_in_a_hundred_are_called_changed(points, autocorrelation):
    y = noise(points, autocorrelation, seed=points)
    false = called(y)
    jump = (np.arange(points) >= points // 2) * 2
    power = called(y[:300] + jump)
    print(f"{points} points, autocorrelation {autocorrelation}: {false:.1f} % false, {power:.0f} % of 2 sd jumps found")
    assert false <= 6
    assert power >= (35 if points == 36 else 50)


def test_an_exact_jump_and_bend_are_given_back():
    t = np.arange(40)
    # 1 a month before; at the 21st month 5 more at once, and from then 0.5 a month less.
    y = 100 + t + (t >= 20) * (5 - 0.5 * (t - 19))
    found = interrupted.of_series(drawn(y), middle(40)).iloc[0]
    assert found[["word", "before", "after", "status"]].tolist() == ["changed", 20, 20, "ok"]
    assert found[["level_change", "slope_change"]].astype(float).tolist() == pytest.approx([5, -6])
    line = interrupted.lines(drawn(y), middle(40))
    assert line["fitted"].tolist() == pytest.approx(y.tolist())
    assert line["counterfactual"].tolist() == pytest.approx((100.0 + t).tolist())
    assert line["lower"].notna().tolist() == line["after"].tolist() == [False] * 20 + [True] * 20


def test_the_band_without_the_policy_widens_the_further_it_goes():
    line = interrupted.lines(drawn(noise(48, 0.3, 7, 1)), middle(48))
    width = (line["upper"] - line["lower"]).dropna()
    assert width.is_monotonic_increasing
    assert (line["counterfactual"].between(line["lower"], line["upper"]) | ~line["after"]).all()


def test_a_rolling_year_comes_to_be_after_the_policy_month_by_month():
    monthly = np.r_[np.zeros(40), np.full(30, 1.0)]
    sums = np.convolve(monthly, np.ones(12), "valid") / 12
    day = pd.Timestamp("2015-01-01") + pd.DateOffset(months=29)
    found = interrupted.of_series(drawn(sums), day, {"m": 12}).iloc[0]
    assert found["level_change"] == pytest.approx(1, abs=1e-6)
    assert found["slope_change"] == pytest.approx(0, abs=1e-6)
    assert "overlap of 12-month windows" in found["method"]


def test_the_level_of_the_test_is_shared_where_either_change_counts():
    assert Question("either").each == pytest.approx(0.975)
    assert Question("level").each == 0.95
    with pytest.raises(PolicyError, match="level, slope, either"):
        Question("mean")


@pytest.mark.parametrize(
    ("day", "message"),
    [
        ("2014-06-01", "inside no series; the known periods end between 2015-01-31 and 2018-12-31"),
        ("2019-01-01", "inside no series"),
        ("2015-04-01", "on each side of 2015-04-01; the longest series has 3 before and 45 after"),
        (None, "needs a date"),
    ],
)
def test_a_date_that_matches_nothing_or_leaves_too_little_is_an_error(day, message):
    with pytest.raises(PolicyError, match=message):
        interrupted.of_series(drawn(noise(48, 0, 1, 2)), day)


def test_one_series_too_short_does_not_stop_the_others():
    y = noise(48, 0, 1, 2)
    y[1, :30] = np.nan
    found = interrupted.of_series(drawn(y), middle(48))
    assert found["status"].tolist() == ["ok", "too few points before"]
    assert found["word"].tolist()[1] == "not tested"


def test_placebo_dates_use_only_the_time_before_the_policy():
    y = noise(48, 0, 1, 1)
    y[:, 24:] += 50
    found = interrupted.placebos(drawn(y), middle(48))
    # Eight points on either side of each date leave nine dates among 24 months.
    assert len(found) == 9
    assert found["date"].max() < middle(48)
    assert found["level_change"].abs().max() < 10


def test_a_constant_series_did_not_change():
    found = interrupted.of_series(drawn(np.full(40, 3.0)), middle(40)).iloc[0]
    assert found[["word", "level_change", "slope_change"]].tolist() == ["no clear effect", 0, 0]
