"""Control charts of a table: limits, rules, icons, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from drawn import table
from incare.stats import spc
from incare.stats.spc import Settings, SpcError


def months(values, start="2022-01-31", **columns) -> pd.DataFrame:
    """A series by month."""
    dates = pd.date_range(start, periods=len(values), freq="ME")
    return pd.DataFrame({"date": dates, "value": np.asarray(values, float), **columns})


def last(values, settings: Settings | None = None, **columns) -> pd.Series:
    return spc.of_table(months(values, **columns), settings).iloc[-1]


def flagged(values, settings: Settings | None = None, **columns) -> dict[int, str]:
    """Which points are special causes, counted from 1."""
    words = spc.of_table(months(values, **columns), settings)["special_cause"].astype(str)
    return {place + 1: word for place, word in enumerate(words) if word}


WAVE = [5, 7, 4, 6, 5, 7, 4, 6, 5, 7, 4, 6, 5]  # 13 points, nothing special

# ---- limits ----


def test_limits_of_individuals_lie_2_66_mean_moving_ranges_from_the_mean():
    #  values 4 6 5 9   mean 6   ranges 2 1 4   mean range 7/3
    row = last([4, 6, 5, 9], Settings(screen=False))
    assert row["mean"] == 6
    assert row["lcl"] == pytest.approx(6 - 2.66 * 7 / 3)
    assert row["ucl"] == pytest.approx(6 + 2.66 * 7 / 3)


def test_screening_leaves_out_a_moving_range_above_3_267_times_their_mean_once():
    #  eight ranges of 1 and one of 20: mean 28/9 = 3.11, times 3.267 = 10.2; without the 20 the mean is 1
    values = [10, 11, 10, 11, 10, 11, 10, 11, 10, 30]
    mean = sum(values) / 10
    assert last(values)["ucl"] == pytest.approx(mean + 2.66)
    assert last(values, Settings(screen=False))["ucl"] == pytest.approx(mean + 2.66 * 28 / 9)


def test_limits_of_shares_follow_each_points_denominator():
    #  8 of 20, then 12 of 80: 20 of 100 = 20 %;  3 x sqrt(.2 x .8 / 20) = 26.8 points,  / 80) = 13.4
    made = spc.of_table(months([40, 15], n=[20, 80]), Settings(chart="p", per=100))
    assert made["mean"].tolist() == pytest.approx([20, 20])
    assert made["ucl"].tolist() == pytest.approx([20 + 26.8328, 20 + 13.4164], abs=1e-3)
    assert made["lcl"].tolist() == pytest.approx([0, 20 - 13.4164], abs=1e-3)


def test_limits_of_shares_of_many_widen_when_chance_is_not_all_that_moves_them():
    # 20,000 people a month: chance alone allows about one point either way, yet the share moves by five.
    shares, people = [40, 45, 41, 46, 40, 45] * 3, [20_000] * 18
    assert len(flagged(shares, Settings(chart="p", per=100), n=people)) == 18
    assert flagged(shares, Settings(chart="pp", per=100), n=people) == {}


def test_limits_are_cut_at_0_and_100_only_where_that_is_asked_for():
    values = [99, 90, 100, 91, 98, 89, 100]
    assert last(values)["ucl"] > 100
    assert last(values, Settings(cut=(0, 100)))["ucl"] == 100
    assert last([1, 5, 0, 6, 2], Settings(cut=(0, None)))["lcl"] == 0


def test_a_baseline_makes_the_limits_from_the_first_points_only():
    row = last([*WAVE, 50, 50], Settings(baseline=13))
    assert row["mean"] == pytest.approx(sum(WAVE) / 13)


def test_many_series_at_once_have_the_limits_that_each_has_alone():
    first, second = months(WAVE, facet="a"), months([value**2 for value in WAVE], facet="b")
    both = spc.of_table(pd.concat([second, first]))
    columns = ["mean", "lcl", "ucl"]
    for name, alone in (("a", first), ("b", second)):
        pd.testing.assert_frame_equal(
            both.loc[both["facet"] == name, columns], spc.of_table(alone)[columns], check_like=True
        )


# ---- rebasing ----


def test_new_limits_begin_at_a_rebase_date():
    made = spc.of_table(months([*WAVE, *[20 + v for v in WAVE]]), Settings(rebase=["2023-02-28"]))
    assert made["phase"].tolist() == [1] * 13 + [2] * 13
    assert made["mean"].iloc[0] == pytest.approx(sum(WAVE) / 13)
    assert made["mean"].iloc[-1] == pytest.approx(20 + sum(WAVE) / 13)
    assert (made["special_cause"] == "").all()


def test_a_rebase_date_that_matches_no_row_is_an_error():
    with pytest.raises(SpcError, match="2023-02-27 matches no row"):
        spc.of_table(months(WAVE), Settings(rebase=["2023-02-27"]))


def test_a_rebase_date_that_one_of_two_series_skips_is_an_error():
    both = pd.concat([months(WAVE, facet="a"), months(WAVE, facet="b").drop(index=5)])
    with pytest.raises(SpcError, match="matches no row of 1 series"):
        spc.of_table(both, Settings(rebase=["2022-06-30"]))


# ---- rules ----


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("7/7", {n: "7 or more above the mean" for n in range(14, 21)}),
        ("6", {n: "6 or more above the mean" for n in range(14, 21)}),
        ("8/6", {}),
        ("anhoej", {}),
    ],
)
def test_seven_points_above_the_mean_are_a_shift_by_the_rules_that_count_seven(rules, expected):
    #  13 points about 5, then seven at 6.5 or 7: mean 5.9, and the wave before never stays on one side
    values = [*WAVE, *[6.5, 7, 6.5, 7, 6.5, 7, 6.5]]
    assert flagged(values, Settings(rules=rules)) == expected


def test_seven_rising_points_are_a_trend_and_six_only_by_the_rules_that_count_six():
    wide = [5, 25, 4, 26, 5, 25, 4]
    seven, six = [*wide, 11, 12, 13, 14, 15, 16], [*wide, 11, 12, 13, 14, 15]
    # the 4 before 11 is lower still, so it begins the rise
    assert flagged(seven) == {n: "7 rising" for n in range(7, 14)}
    assert flagged(six) == {}
    assert flagged(six, Settings(rules="8/6")) == {n: "6 rising" for n in range(7, 13)}


def test_a_point_beyond_a_limit_counts_toward_two_of_three_only_by_option():
    #  the first 20: mean 10, every range 3; limit 10 + 7.98, inner limit 10 + 5.32; then 16 is near and 19 beyond
    values = [8.5, 11.5] * 10 + [16, 19, 11]
    within, beyond = (flagged(values, Settings(baseline=20, rules=name)) for name in ("7/7", "7/7+beyond"))
    assert within == {22: "above the upper limit"}
    assert beyond == {21: "2 of 3 near the upper limit", 22: "above the upper limit"}


def test_an_unusually_long_run_depends_on_the_number_of_points():
    #  20 points, ten of them up to 3 and ten from 6: median 4.5; a run may have round(log2(20)) + 3 = 7 points
    seven = [1, 9, 2, 3, 1, 9, 2, 3, 9, 1, 3, 2, 1, *[6, 7, 6, 7, 6, 7, 6]]
    eight = [1, 9, 2, 3, 1, 9, 2, 3, 1, 3, 2, 1, *[6, 7, 6, 7, 6, 7, 6, 7]]
    settings = Settings(chart="run", rules="anhoej")
    assert last(eight, settings)["mean"] == 4.5
    assert flagged(seven, settings) == {}
    assert flagged(eight, settings) == {n: "unusually long run above the centre line" for n in range(13, 21)}
    assert last(eight, settings)["runs_signal"]


def test_a_run_chart_has_a_median_and_no_limits_for_a_target():
    row = last(WAVE, Settings(chart="run", rules="anhoej", better="higher", target=3))
    assert row["mean"] == 5
    assert np.isnan(row["ucl"])
    assert row["assurance"] == "no limits"


def test_the_rule_set_is_named_on_every_row_and_in_words():
    assert set(spc.of_table(months(WAVE), Settings(rules="8/6+within"))["rules"]) == {"8/6+within"}
    assert str(spc.rule_set("7/7")) == (
        "Rules 7/7: beyond a limit, 7 rising or falling, 2 of 3 near a limit (points beyond it not counted), "
        "7 on one side."
    )


def test_an_unknown_rule_set_is_an_error_that_names_those_there_are():
    with pytest.raises(SpcError, match="9/9; there are 7/7, 6, 8/6, anhoej"):
        Settings(rules="9/9")


# ---- icons ----


@pytest.mark.parametrize(
    ("better", "meaning"), [("higher", "improvement"), ("lower", "concern"), ("neutral", "higher")]
)
def test_variation_is_what_the_latest_point_means(better, meaning):
    assert last([*WAVE, 30], Settings(better=better))["variation"] == meaning


def test_a_special_cause_in_the_past_leaves_the_icon_of_common_cause():
    made = spc.of_table(months([*WAVE[:6], 30, *WAVE]), Settings(better="higher"))
    assert made["special_cause"].iloc[6] == "above the upper limit"
    assert set(made["variation"]) == {"common cause"}


@pytest.mark.parametrize(
    ("target", "better", "word"),
    [
        #  limits of the wave: about 5.46 ± 5.5, so -0.1 to 11.0
        (-1, "higher", "passes"),
        (12, "higher", "fails"),
        (6, "higher", "hit or miss"),
        (12, "lower", "passes"),
        (-1, "lower", "fails"),
    ],
)
def test_assurance_is_the_target_against_the_latest_limits(target, better, word):
    assert last(WAVE, Settings(target=target, better=better))["assurance"] == word


def test_a_trajectory_is_held_against_the_limits_at_its_latest_value():
    rising = np.linspace(-10, 20, 13)
    assert last(WAVE, Settings(better="higher"), target=rising)["assurance"] == "fails"
    assert last(WAVE, Settings(better="higher"), target=rising[::-1])["assurance"] == "passes"


def test_under_13_points_limits_are_on_trial_and_both_icons_empty():
    row = last(WAVE[:12], Settings(better="higher", target=20))
    assert row[["limits", "variation", "assurance"]].tolist() == ["trial", "too few points", "too few points"]
    assert row["ucl"] > row["mean"]
    assert last(WAVE, Settings(better="higher", target=20))["limits"] == "ok"


def test_a_rebase_puts_the_icons_on_trial_again():
    made = spc.of_table(months([*WAVE, *WAVE[:5]]), Settings(rebase="2023-02-28"))
    assert set(made["variation"]) == {"too few points"}
    assert made["limits"].tolist() == ["ok"] * 13 + ["trial"] * 5


def test_a_latest_period_without_a_figure_has_no_variation():
    assert last([*WAVE, 30, np.nan], Settings(better="higher"))["variation"] == "no figure"


# ---- series that break other programs ----

CONSTANT, ZEROS, FULL = [5] * 20, [0] * 20, [100] * 20
ONE_EVENT, ONE_DIP = [0] * 8 + [1] + [0] * 11, [100] * 8 + [90] + [100] * 11


def test_a_constant_series_varies_by_common_cause_and_passes_the_target_that_it_stands_on():
    row = last(CONSTANT, Settings(better="higher", target=5))
    assert row[["lcl", "mean", "ucl"]].tolist() == [5, 5, 5]
    assert row[["limits", "variation", "assurance"]].tolist() == ["constant", "common cause", "passes"]
    assert last(CONSTANT, Settings(better="higher", target=6))["assurance"] == "fails"


def test_all_zeros_are_common_cause_and_pass_a_target_of_at_most_one():
    row = last(ZEROS, Settings(better="lower", target=1))
    assert row[["limits", "variation", "assurance"]].tolist() == ["constant", "common cause", "passes"]


@pytest.mark.parametrize("chart", ["xmr", "c"])
def test_one_event_among_zeros_is_no_signal_whenever_it_falls(chart):
    settings = Settings(chart=chart, better="lower", target=1)
    for place in (0, 8, 19):
        values = np.roll(ONE_EVENT, place - 8)
        row = last(values, settings)
        assert flagged(values, settings) == {}
        assert row[["limits", "variation", "assurance"]].tolist() == ["stuck", "common cause", "hit or miss"]
        assert row["ucl"] >= 1


def test_twelve_events_after_thirty_months_of_none_are_a_signal():
    assert last([0] * 30 + [12], Settings(better="lower"))["variation"] == "concern"


def test_always_100_per_cent_is_common_cause_and_passes():
    row = last(FULL, Settings(better="higher", target=95, cut=(0, 100)))
    assert row[["limits", "variation", "assurance"]].tolist() == ["constant", "common cause", "passes"]


def test_one_dip_from_100_per_cent_flags_the_dip_alone_and_promises_no_target_that_it_missed():
    settings = Settings(better="higher", target=95, cut=(0, 100))
    row = last(ONE_DIP, settings)
    assert flagged(ONE_DIP, settings) == {9: "below the lower limit"}
    assert row[["limits", "variation", "assurance"]].tolist() == ["stuck", "common cause", "hit or miss"]
    assert row["lcl"] < row["mean"] < row["ucl"] == 100


@pytest.mark.parametrize("chart", ["p", "pp"])
def test_one_child_of_ten_missed_in_a_series_of_100_per_cent_is_no_signal_and_six_are(chart):
    settings = Settings(chart=chart, per=100, better="higher")
    assert last([100] * 19 + [90], settings, n=10)["variation"] == "common cause"
    assert last([100] * 19 + [40], settings, n=10)["variation"] == "concern"


def test_every_range_across_a_missing_point_leaves_no_limits_rather_than_limits_of_no_width():
    row = last([5, 5, np.nan, 6, 6])
    assert row["limits"] == "none"
    assert np.isnan(row["ucl"])
    assert flagged([5, 5, np.nan, 6, 6]) == {}


def test_one_point_has_a_mean_and_no_limits():
    row = last([5])
    assert (row["mean"], row["limits"], row["variation"]) == (5, "none", "too few points")


# ---- what is missing, unsorted or wrong ----


def test_rows_may_stand_in_any_order_and_come_back_in_it():
    sorted_ = months([*WAVE, 30])
    shuffled = sorted_.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(spc.of_table(shuffled).sort_index(), spc.of_table(sorted_))
    assert spc.of_table(shuffled).index.tolist() == shuffled.index.tolist()


def test_a_missing_value_breaks_the_ranges_and_leaves_its_row_unmarked():
    #  4 6 . 5 9: ranges 2 and 4, none across the gap; mean 6
    made = spc.of_table(months([4, 6, np.nan, 5, 9]))
    assert made["ucl"].tolist() == pytest.approx([6 + 2.66 * 3] * 5)
    assert made["special_cause"].iloc[2] == ""


def test_missing_months_are_counted_on_the_row_after_them():
    made = spc.of_table(months(WAVE).drop(index=[3, 4, 9]))
    assert made.loc[made["missing_before"] > 0, "missing_before"].to_dict() == {5: 2, 10: 1}


def test_quarters_and_event_dates_miss_nothing():
    quarters = months(WAVE).assign(date=pd.date_range("2022-03-31", periods=13, freq="QE"))
    events = months(WAVE).assign(date=pd.Timestamp("2022-01-01") + pd.to_timedelta(np.cumsum(WAVE), "D"))
    assert spc.of_table(quarters)["missing_before"].sum() == 0
    assert spc.of_table(events)["missing_before"].sum() == 0


@pytest.mark.parametrize(
    ("rows", "settings", "message"),
    [
        ("2025-01-31 | 3 | 10\n2025-01-31 | 4 | 10", Settings(), "twice in one series: row 2"),
        ("2025-01-31 | 3 | 10\n2025-02-30 | 4 | 10", Settings(), "date in row 2"),
        ("2025-01-31 | 3 | 10\n2025-02-28 | inf | 10", Settings(), "value in row 2 is not finite"),
        ("2025-01-31 | three | 10\n2025-02-28 | 4 | 10", Settings(), "value in row 1 is no number"),
        ("2025-01-31 | 3 | 0\n2025-02-28 | 4 | 10", Settings(chart="p", per=100), "n in row 1 is missing or too small"),
        ("2025-01-31 | 3 | \n2025-02-28 | 4 | 10", Settings(chart="p", per=100), "n in row 1 is missing or too small"),
        ("2025-01-31 | 130 | 9\n2025-02-28 | 4 | 9", Settings(chart="p", per=100), "value in row 1 is no share"),
        ("2025-01-31 | -3 | 9\n2025-02-28 | 4 | 9", Settings(chart="c"), "values of 0 or more"),
        ("2025-01-31 | 3 | 10\n2025-02-28 | 4 | 10", Settings(target=5), "A target needs a direction"),
    ],
)
def test_bad_input_is_an_error_that_names_the_row_and_not_the_value(rows, settings, message):
    drawn = table("date | value | n\n---+---+---\n" + rows).replace("", None)
    with pytest.raises(SpcError, match=message) as problem:
        spc.of_table(drawn, settings)
    assert "130" not in str(problem.value)
    assert "three" not in str(problem.value)


def test_missing_columns_empty_tables_and_unknown_options_are_errors():
    with pytest.raises(SpcError, match="Columns missing: value"):
        spc.of_table(pd.DataFrame({"date": ["2025-01-31"]}))
    with pytest.raises(SpcError, match="no rows"):
        spc.of_table(months([]))
    with pytest.raises(SpcError, match="needs a column n"):
        spc.of_table(months(WAVE), Settings(chart="u"))
    with pytest.raises(SpcError, match="no chart q"):
        Settings(chart="q")
    with pytest.raises(SpcError, match="at least 12 points"):
        Settings(baseline=5)


def test_a_period_with_neither_value_nor_denominator_is_missing_and_no_error():
    made = spc.of_table(months([40, np.nan, 50], n=[20, 0, 20]), Settings(chart="p", per=100))
    assert made["ucl"].isna().tolist() == [False, True, False]
    assert made["mean"].notna().sum() == 2
