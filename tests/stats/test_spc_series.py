"""Control charts of the tidy series, protected or not, and the command for people's own tables."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from incare.disclosure.protect import protect
from incare.stats import compare, spc
from incare.stats.spc import SpcError

ENDS = pd.date_range("2021-03-31", periods=16, freq="QE")
WAVE = [5, 7, 4, 6, 5, 7, 4, 6, 5, 7, 4, 6, 5, 7, 4, 6]


def lines(values, *, measure="reviews_pct", better="higher", unit="%", n=200.0, **facts) -> pd.DataFrame:
    """A series of one measure's total by quarter."""
    values = np.array(values, float)
    counted = unit != "%"
    frame = pd.DataFrame(
        {
            "area": "Testshire",
            "measure": measure,
            "period_start": ENDS[: len(values)] - pd.offsets.QuarterEnd() + pd.Timedelta(days=1),
            "period_end": ENDS[: len(values)],
            "grain": "quarter",
            "breakdown": "total",
            "category": "All",
            "numerator": values if counted else values * n / 100,
            "denominator": np.nan if counted else n,
            "value": values,
            "lower": values - 2,
            "upper": values + 2,
            "unit": unit,
            "better": better,
            "definition_version": 1,
            "status": np.where(np.isnan(values), "c", "ok"),
            "reason": "",
        }
    )
    return frame.assign(**facts)


def newest(frame: pd.DataFrame, **named) -> pd.Series:
    for column, wanted in named.items():
        frame = frame[frame[column] == wanted]
    return frame.iloc[-1]


def test_each_measure_has_its_own_limits_direction_and_target():
    series = pd.concat(
        [
            lines([*WAVE[:-1], 40]),
            lines([*WAVE[:-1], 40], measure="missing_count", better="lower", unit="children"),
            lines([*WAVE[:-1], 40], measure="cla_count", better="neither", unit="children"),
        ]
    )
    targets = {"reviews_pct": {"target": 90}, "missing_count": {"target": 60}}
    made = spc.of_series(compare.targets(series, targets))
    found = {name: tuple(newest(made, measure=name)[["variation", "assurance"]]) for name in made["measure"].unique()}
    assert found == {
        "reviews_pct": ("improvement", "fails"),
        "missing_count": ("concern", "passes"),
        "cla_count": ("higher", ""),
    }


def test_a_target_of_a_measure_without_a_direction_is_said_to_be_of_no_use():
    made = spc.of_series(lines(WAVE, better="neither").assign(target=5.0))
    assert set(made["assurance"]) == {"no direction"}


def test_limits_begin_anew_where_the_definition_changes():
    made = spc.of_series(lines(WAVE, definition_version=[1] * 10 + [2] * 6))
    assert made["phase"].tolist() == [1] * 10 + [2] * 6
    assert made["mean"].iloc[-1] == pytest.approx(sum(WAVE[10:]) / 6)
    assert set(made["variation"]) == {"too few points"}


def test_a_rebase_date_stands_for_the_period_that_it_lies_in():
    both = pd.concat([lines(WAVE), lines(WAVE, measure="other_pct")])
    made = spc.of_series(both, rebase={"reviews_pct": ["2023-05-10"]})
    assert newest(made, phase=2)["measure"] == "reviews_pct"
    begins = made[(made["measure"] == "reviews_pct") & (made["phase"] == 2)]["period_end"].min()
    assert begins == pd.Timestamp("2023-06-30")


@pytest.mark.parametrize(
    ("rebase", "message"),
    [
        ({"reviews_pct": ["2031-01-01"]}, "2031-01-01 lies in no period of reviews_pct"),
        ({"revews_pct": ["2023-05-10"]}, "rebase names measures that the series does not hold: revews_pct"),
        (["2011-01-01"], "2011-01-01 lies in no period of the series"),
    ],
)
def test_a_rebase_date_or_measure_that_matches_nothing_is_an_error(rebase, message):
    with pytest.raises(SpcError, match=message):
        spc.of_series(lines(WAVE), rebase=rebase)


def test_limits_of_percentages_are_cut_at_0_and_100_and_of_counts_at_0():
    made = spc.of_series(
        pd.concat([lines([103 - v for v in WAVE]), lines([v - 3 for v in WAVE], measure="n", unit="children")])
    )
    assert newest(made, measure="reviews_pct")["ucl"] == 100
    assert newest(made, measure="n")["lcl"] == 0


def test_hidden_and_unavailable_periods_count_as_missing():
    values = [*WAVE[:7], np.nan, *WAVE[8:15], np.nan]
    made = spc.of_series(lines(values))
    assert made["special_cause"].iloc[7] == ""
    assert set(made["variation"]) == {"no figure"}
    not_computable = lines(WAVE).assign(status=["ok"] * 15 + ["x"])
    assert set(spc.of_series(not_computable)["variation"]) == {"no figure"}


def test_rows_come_back_in_their_order_and_with_their_index():
    series = pd.concat([lines(WAVE), lines(WAVE, measure="b_pct")], ignore_index=True)
    shuffled = series.sample(frac=1, random_state=3)
    made = spc.of_series(shuffled)
    assert made.index.tolist() == shuffled.index.tolist()
    columns = ["mean", "lcl", "ucl", "special_cause", "variation"]
    pd.testing.assert_frame_equal(made.sort_index()[columns], spc.of_series(series)[columns])


def test_charts_may_differ_by_measure():
    series = pd.concat([lines(WAVE), lines(WAVE, measure="n", unit="children"), lines(WAVE, measure="b_pct")])
    made = spc.of_series(series, chart={"reviews_pct": "p", "n": "c"})
    #  mean 5.5: of 200 people 3 x sqrt(.055 x .945 / 200) = 4.84 points; of counts 3 x sqrt(5.5) = 7.04
    assert newest(made, measure="reviews_pct")["ucl"] == pytest.approx(5.5 + 4.836, abs=1e-3)
    assert newest(made, measure="n")["ucl"] == pytest.approx(5.5 + 7.036, abs=1e-3)
    assert newest(made, measure="b_pct")["ucl"] == pytest.approx(5.5 + 2.66 * np.abs(np.diff(WAVE)).mean())


def test_one_child_of_ten_missed_after_a_long_time_of_100_per_cent_is_no_signal():
    always = [100] * 15
    assert newest(spc.of_series(lines([*always, 90], n=10)))["variation"] == "common cause"
    assert newest(spc.of_series(lines([*always, 90], n=1000)))["variation"] == "concern"


def test_a_protected_series_keeps_its_protection():
    hidden = lines([1, 12, *[8, 14] * 7], measure="cla_count", unit="children", better="neither")
    shown = protect(hidden, "public").pipe(spc.of_series)
    made = shown.to_frame()
    assert made["value"].isna().iloc[0]
    assert made["special_cause"].iloc[0] == ""
    assert made["mean"].iloc[-1] == pytest.approx(made["value"].mean())


def test_a_series_with_missing_columns_or_a_period_twice_is_an_error():
    with pytest.raises(SpcError, match="Columns missing: better"):
        spc.of_series(lines(WAVE).drop(columns="better"))
    with pytest.raises(SpcError, match="period_end stands twice in one series: row 17"):
        spc.of_series(pd.concat([lines(WAVE), lines(WAVE).iloc[:1]]))


def test_a_series_without_rows_gets_the_columns():
    made = spc.of_series(lines(WAVE).iloc[:0])
    assert {"mean", "lcl", "ucl", "special_cause", "variation", "assurance"} <= set(made)


# ---- the command ----


def command(*arguments) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "incare", "spc", *map(str, arguments)], capture_output=True, text=True)


def test_the_command_adds_limits_special_causes_and_icons_to_a_table(tmp_path):
    dates = pd.date_range("2023-01-31", periods=16, freq="ME")
    given = pd.DataFrame({"date": dates, "value": [*WAVE[:-1], 40], "facet": "007"})
    given.to_csv(tmp_path / "in.csv", index=False)
    done = command(tmp_path / "in.csv", "-o", tmp_path / "out.csv", "--better", "lower", "--target", 60)
    assert done.returncode == 0, done.stderr
    made = pd.read_csv(tmp_path / "out.csv", dtype={"facet": str})
    assert list(made.columns[:3]) == ["date", "value", "facet"]
    assert made["facet"].iloc[0] == "007"
    assert {"mean", "lcl", "ucl", "special_cause", "variation", "assurance"} <= set(made)
    assert made.iloc[-1][["variation", "assurance"]].tolist() == ["concern", "passes"]


def test_the_command_takes_n_as_what_the_value_is_a_percentage_of(tmp_path):
    dates = pd.date_range("2023-01-31", periods=16, freq="ME")
    pd.DataFrame({"date": dates, "value": [100.0] * 15 + [90], "n": 10}).to_csv(tmp_path / "in.csv", index=False)
    done = command(tmp_path / "in.csv", "-o", tmp_path / "out.csv", "--better", "higher", "--rules", "8/6")
    assert done.returncode == 0, done.stderr
    made = pd.read_csv(tmp_path / "out.csv")
    assert made["ucl"].max() == 100
    assert set(made["variation"]) == {"common cause"}
    assert set(made["rules"]) == {"8/6"}


def test_the_command_refuses_a_rebase_date_that_matches_nothing(tmp_path):
    pd.DataFrame({"date": ENDS, "value": WAVE}).to_csv(tmp_path / "in.csv", index=False)
    done = command(tmp_path / "in.csv", "-o", tmp_path / "out.csv", "--rebase", "2022-12-31", "--rebase", "2022-11-30")
    assert done.returncode == 1
    assert "2022-11-30 matches no row" in done.stderr
    assert not (tmp_path / "out.csv").exists()
