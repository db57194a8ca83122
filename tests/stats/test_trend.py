"""A word for a trend only where a rule allows it: false words are counted, and so are the trends that are found."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from incare.stats import autocorrelated, calendar, trend

MANY = 1000


def drawn(values, step: int = 1, first: str = "2015-01-31", **facts) -> pd.DataFrame:
    """A tidy series per row of `values`."""
    y = np.atleast_2d(np.asarray(values, float))
    ends = pd.date_range(first, periods=y.shape[1], freq="ME" if step == 1 else f"{step}ME")
    names = np.repeat([f"series {i}" for i in range(len(y))], y.shape[1])
    grain = {1: "month", 3: "quarter", 12: "year"}[step]
    frame = pd.DataFrame({"area": "Testshire", "measure": "m", "breakdown": "by", "category": names, "grain": grain})
    return frame.assign(period_end=np.tile(ends, len(y)), value=y.ravel(), **facts)


def noise(points: int, autocorrelation: float, seed: int, many: int = MANY) -> np.ndarray:
    """Flat series of standard deviation 1, each month like the one before."""
    shocks = np.random.default_rng(seed).normal(size=(many, points + 60))
    out = np.zeros_like(shocks)
    for t in range(1, shocks.shape[1]):
        out[:, t] = autocorrelation * out[:, t - 1] + shocks[:, t]
    return out[:, 60:] * np.sqrt(1 - autocorrelation**2)


def rolling(points: int, step: int, seed: int) -> np.ndarray:
    """Sums of twelve independent months, every `step` months."""
    months = np.random.default_rng(seed).normal(size=(MANY, (points - 1) * step + 12))
    sums = np.cumsum(np.pad(months, ((0, 0), (1, 0))), axis=1)
    return (sums[:, 12:] - sums[:, :-12])[:, ::step]


def called(found: pd.DataFrame) -> float:
    assert (found["status"] == "ok").all()
    return float(100 * found["word"].isin(["rising", "falling"]).mean())


@pytest.mark.parametrize("points", [36, 60])
@pytest.mark.parametrize("autocorrelation", [0, 0.3, 0.6])
def test_a_flat_noisy_series_is_called_a_trend_at_most_six_times_in_a_hundred(points, autocorrelation, record_property):
    share = called(trend.of_series(drawn(noise(points, autocorrelation, seed=points))))
    print(f"flat, {points} points, autocorrelation {autocorrelation}: {share:.1f} % called a trend")
    record_property("called", share)
    assert share <= 6


@pytest.mark.parametrize(("points", "step"), [(36, 1), (60, 1), (20, 3), (24, 3)])
def test_a_flat_rolling_year_is_called_a_trend_at_most_six_times_in_a_hundred(points, step):
    found = trend.of_series(drawn(rolling(points, step, seed=points + step), step), {"m": 12})
    print(f"rolling year, {points} points, every {step} months: {called(found):.1f} % called a trend")
    assert called(found) <= 6
    assert found["method"].str.endswith("widened for the overlap of 12-month windows").all()


@pytest.mark.parametrize(
    ("autocorrelation", "found_least"),
    # A rise of three standard deviations over four years of months.
    [(0, 90), (0.3, 80), (0.6, 30)],
)
def test_a_planted_rise_is_mostly_found_and_never_called_a_fall(autocorrelation, found_least):
    rise = np.linspace(0, 3, 48)
    found = trend.of_series(drawn(noise(48, autocorrelation, seed=4, many=300) + rise))
    power = 100 * (found["word"] == "rising").mean()
    print(f"rise of 3 sd in 48 months, autocorrelation {autocorrelation}: {power:.0f} % found")
    assert power >= found_least
    assert not (found["word"] == "falling").any()
    # Three standard deviations over 47 months are 0.766 a year.
    assert found["slope"].mean() == pytest.approx(0.766, abs=0.05)


def one(values, step=1, rule=trend.RULE, windows=None, **facts) -> pd.Series:
    return trend.of_series(drawn(values, step, **facts), windows, rule).iloc[0]


def test_a_straight_line_is_a_trend_of_just_its_slope():
    found = one(10 + 2 * np.arange(24))
    assert found[["word", "status"]].tolist() == ["rising", "ok"]
    # 2 a month are 24 a year; the last month stands at 56.
    assert found[["slope", "lower", "upper", "sen_slope", "sen_end"]].tolist() == pytest.approx([24, 24, 24, 24, 56])


def test_a_constant_series_has_no_clear_change_and_no_slope():
    found = one(np.full(24, 71.3))
    assert found[["word", "slope", "lower", "upper", "sen_slope"]].tolist() == ["no clear change", 0, 0, 0, 0]


def test_order_of_rows_does_not_matter():
    frame = drawn(noise(36, 0.3, 1, 3) + 0.1 * np.arange(36))
    pd.testing.assert_frame_equal(
        trend.of_series(frame),
        trend.of_series(frame.sample(frac=1, random_state=1)).sort_values("category", ignore_index=True),
    )  # fmt: skip


def test_series_with_gaps_are_tested_on_the_calendar_and_each_as_if_alone():
    y = noise(36, 0.3, 2, 2) + 0.2 * np.arange(36)
    y[1, 10:14] = np.nan
    both = trend.of_series(drawn(y))
    assert both["missing"].tolist() == [0, 4]
    alone = trend.of_series(drawn(y[[1]]).dropna())
    assert both.loc[1, ["slope", "lower", "upper", "sen_slope"]].tolist() == pytest.approx(
        alone.loc[0, ["slope", "lower", "upper", "sen_slope"]].tolist()
    )
    assert both["slope"].tolist() == pytest.approx([2.4, 2.4], abs=0.5)


@pytest.mark.parametrize(
    ("values", "windows", "status"),
    [
        ([np.nan] * 24, None, "no values"),
        (range(11), None, "too few points"),
        ([*range(6), *[np.nan] * 20, *range(6)], None, "too many gaps"),
        (range(12), {"m": 12}, "no overlap-free span"),
    ],
)
def test_a_series_that_cannot_be_tested_gets_no_word_and_a_reason(values, windows, status):
    found = one(list(values), windows=windows)
    assert found[["word", "status"]].tolist() == ["not tested", status]
    assert np.isnan(found["slope"])


def test_hidden_values_and_older_definitions_are_left_out():
    hidden = one(range(24), status=["ok"] * 20 + ["c"] * 4)
    assert hidden[["points", "status"]].tolist() == [20, "ok"]
    changed = one(range(24), definition_version=[1] * 10 + [2] * 14)
    assert changed["points"] == 14
    assert changed["first"] == pd.Timestamp("2015-11-30")


def test_a_season_can_be_taken_out():
    wave = 5 * np.sin(2 * np.pi * np.arange(36) / 12)
    y = wave + 0.1 * np.arange(36) + 0.2 * noise(36, 0, 3, 1)[0]
    plain, seasonal = one(y), one(y, rule=trend.Rule(season=True))
    assert seasonal["word"] == "rising"
    assert seasonal["upper"] - seasonal["lower"] < (plain["upper"] - plain["lower"]) / 3
    assert seasonal["method"].endswith("season taken out")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: f.drop(columns="value"), "missing: \\['value'\\]"),
        (lambda f: pd.concat([f, f.iloc[[3]]]), "has two for 2015-04-30"),
        (lambda f: f.assign(value=f["value"].where(f.index != 2, np.inf)), "of 2015-03-31 is infinite"),
        (lambda f: f.assign(grain="fortnight"), "found \\['fortnight'\\]"),
        (lambda f: f.assign(grain="quarter"), "not quarters apart at 2015-02-28"),
        (lambda f: f.assign(period_end=f["period_end"].where(f.index != 2)), "row 3 has none"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused(spoil, message):
    with pytest.raises(calendar.SeriesError, match=message):
        trend.of_series(spoil(drawn(range(24))))


def test_annual_shares_have_fingertips_word_and_others_by_their_limits():
    shares = {"numerator": [50, 60, 70, 80, 90], "denominator": 200, "unit": "%"}
    found = one([25, 30, 35, 40, 45], 12, **shares)
    assert found[["word", "method", "level"]].tolist() == ["rising", trend.RECENT, 0.998]
    # 5 points a year; under no trend a share of 35 % of 200 a year has the error sqrt(.35 × .65 / (200 × 10)).
    reach = 9.54953570608324**0.5 * 100 * (0.35 * 0.65 / 2000) ** 0.5
    assert found[["slope", "lower", "upper"]].tolist() == pytest.approx([5, 5 - reach, 5 + reach])
    limits = one([25, 30, 35, 40, 45], 12, lower=[24, 29, 34, 39, 44], upper=[26, 31, 36, 41, 46])
    assert limits["word"] == "rising"
    assert one([25, 30, 35, 40, 45], 12)["status"] == "no counts or limits"


def test_the_posterior_weighs_the_autocorrelation_a_series_has():
    found = trend.of_series(drawn(noise(120, 0.6, 5, 200)))
    assert found["autocorrelation"].mean() == pytest.approx(0.6, abs=0.08)


def test_rolling_values_share_the_months_they_have_in_common():
    alike = autocorrelated.correlations([0, 3, 6, 12], step=3, window=12, grid=np.array([0.0]))[0]
    # 9, 6 and 0 of 12 months.
    assert alike[0] == pytest.approx([1, 9 / 12, 6 / 12, 0])
