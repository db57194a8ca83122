"""Limits of figures that share months are made from those that share none, so that chance is not called a signal."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from incare.periods import Periods
from incare.stats import spc, spc_overlap
from incare.stats.spc import SpcError


def series(values, measure="m", grain="quarter", end="2025-03-31") -> pd.DataFrame:
    """A tidy series of one share, oldest first; None is a hidden period."""
    periods = Periods.of(grain, end, len(values))
    return pd.DataFrame(
        {
            "area": "Testshire", "measure": measure, "breakdown": "total", "category": "All", "grain": grain,
            "period_start": pd.DatetimeIndex(periods.starts), "period_end": pd.DatetimeIndex(periods.ends),
            "numerator": np.nan, "denominator": np.nan, "value": np.array(values, float), "unit": "%",
            "better": "higher", "definition_version": 1, "status": ["c" if v is None else "ok" for v in values],
        }
    )  # fmt: skip


def last(frame: pd.DataFrame) -> pd.Series:
    return frame.iloc[-1]


def test_a_measure_without_a_window_is_charted_as_it_stands():
    frame = series([50, 52, 49, 51, 50, 53, 48, 50, 52, 49, 51, 50, 60])
    plain, ours = spc.of_series(frame), spc_overlap.of_series(frame, {"another": 12})
    assert last(ours)["variation"] == last(plain)["variation"] == "improvement"
    pd.testing.assert_series_equal(ours["ucl"], plain["ucl"])


def test_twenty_one_rolling_years_by_quarter_are_six_that_stand_apart_and_too_few():
    found = spc_overlap.of_series(series(np.linspace(50, 70, 21)), {"m": 12})
    assert last(found)["variation"] == "too few points"
    assert set(found["limits"]) == {"trial"}


def test_the_mean_is_that_of_the_years_that_stand_apart():
    # Counted back from the last: places 0, 4 and 8.
    found = spc_overlap.of_series(series([40, 0, 0, 0, 50, 0, 0, 0, 60]), {"m": 12})
    assert found["mean"].tolist() == [50.0] * 9


def test_thirteen_years_that_stand_apart_are_judged_by_the_latest():
    apart = [50, 52, 49, 51, 50, 53, 48, 50, 52, 49, 51, 50, 70]
    values = np.repeat(apart, 4)[3:]
    found = spc_overlap.of_series(series(values), {"m": 12})
    assert last(found)["variation"] == "improvement"
    assert (found["special_cause"] != "").sum() == 1


def test_rows_keep_their_order_and_index():
    frame = pd.concat([series(range(40, 52), "m"), series(range(40, 52), "other")]).set_axis(range(7, 31))
    mixed = frame.sample(frac=1, random_state=3)
    found = spc_overlap.of_series(mixed, {"m": 12})
    assert found.index.tolist() == mixed.index.tolist()
    straight = spc_overlap.of_series(frame, {"m": 12}).loc[found.index]
    pd.testing.assert_series_equal(found["lcl"], straight["lcl"])


def test_a_new_definition_has_its_own_limits():
    frame = series([40] * 8 + [60, 61, 62, 63]).assign(definition_version=[1] * 8 + [2] * 4)
    found = spc_overlap.of_series(frame, {"m": 12})
    assert found["mean"].tolist() == [40.0] * 8 + [63.0] * 4


def test_another_grain_is_refused():
    with pytest.raises(SpcError, match="week"):
        spc_overlap.of_series(series([1, 2]).assign(grain="week"), {})


def test_rolling_years_of_chance_alone_are_called_a_signal_by_the_plain_limits_and_rarely_here():
    """400 stable series of 52 quarters (13 years that stand apart), each figure the mean of four quarters of chance."""
    chance = np.random.default_rng(20).normal(50, 4, (400, 55))
    rolled = np.lib.stride_tricks.sliding_window_view(chance, 4, axis=1).mean(axis=2)[:, -52:]
    frame = pd.concat([series(row).assign(category=str(i)) for i, row in enumerate(rolled)], ignore_index=True)
    plain, ours = spc.of_series(frame), spc_overlap.of_series(frame, {"m": 12})
    signals = [
        found.groupby("category")["variation"].last().isin(["improvement", "concern"]).mean() for found in (plain, ours)
    ]
    assert signals[0] > 0.25
    assert signals[1] < 0.05
