"""From the tidy series to forecasts of measures: what is taken, what is left out, and why."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from incare.disclosure import protect_forecasts
from incare.disclosure.protect import DisclosureError, Rules
from incare.forecast import measured


def series(values, measure="cla_count", unit="children", denominators=None, status=None) -> pd.DataFrame:
    ends = pd.date_range("2020-06-30", periods=len(values), freq="QE")
    return pd.DataFrame(
        {
            "measure": measure,
            "breakdown": "total",
            "period_end": ends,
            "numerator": np.asarray(values, float),
            "denominator": np.nan if denominators is None else np.asarray(denominators, float),
            "value": np.asarray(values, float) if denominators is None else 100 * np.asarray(values) / denominators,
            "unit": unit,
            "status": status or ["ok"] * len(values),
        }
    )


def test_a_count_is_forecast_as_a_count_and_a_share_with_its_denominators():
    both = pd.concat([series(range(600, 620)), series([60] * 20, "cl_eet_pct", "%", [100] * 20)], ignore_index=True)
    history, left_out = measured.history_of(both)
    kinds = history.groupby("unique_id")[["kind", "n"]].first()
    assert kinds["kind"].to_dict() == {"cla_count": "count", "cl_eet_pct": "percent"}
    assert kinds.loc["cl_eet_pct", "n"] == 100
    assert left_out == {}


def test_the_history_is_the_unbroken_run_up_to_the_last_period():
    status = ["ok"] * 5 + ["x"] + ["ok"] * 10
    history, _ = measured.history_of(series(range(600, 616), status=status))
    assert history["y"].tolist() == list(range(606, 616))


def test_a_measure_with_too_few_known_periods_is_left_out_with_the_reason():
    found = measured.measures(series([600, 605, 610, 600, 602]), horizon=4)
    assert found.left_out == {"cla_count": "5 periods in a row are known up to the last; 8 are needed"}
    assert found.of("cla_count")[0].empty


def test_a_forecast_comes_with_its_back_test_on_the_same_record():
    ahead, tested = measured.measures(series([600 + 3 * n for n in range(24)]), horizon=4).of("cla_count")
    assert len(ahead) == 4
    assert tested["horizon"].tolist() == [1, 2, 3, 4]
    assert (tested["origins"] > 0).all()


def test_what_is_published_of_a_forecast_is_rounded_like_a_count():
    shown = protect_forecasts(measured.measures(series([602, 607, 611, 604] * 6), horizon=2))
    ahead, _ = shown.of("cla_count")
    assert (ahead[["mean", "lo80", "hi80", "lo95", "hi95"]] % 5 == 0).all(axis=None)


def test_a_forecast_so_small_that_it_is_a_count_is_hidden(tmp_path):
    shown = protect_forecasts(measured.measures(series([2, 3, 4, 3] * 6), horizon=2))
    assert shown.of("cla_count")[0]["mean"].isna().all()
    written = shown.write(tmp_path, "forecast").read_text(encoding="utf-8")
    assert ",c,c,c,c,c," in written


def test_the_restricted_profile_keeps_one_decimal():
    ahead, _ = protect_forecasts(measured.measures(series([2, 3, 4, 3] * 6), horizon=2), "restricted").of("cla_count")
    assert ahead["mean"].notna().all()


def test_weaker_rules_are_refused_for_forecasts_too():
    found = measured.measures(series(range(600, 620)), horizon=2)
    with pytest.raises(DisclosureError, match="hide_to"):
        protect_forecasts(found, rules=Rules(hide_to=2))
