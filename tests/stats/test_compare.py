"""Targets, change over time and benchmarks of a tidy series."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incare.stats import compare, intervals

QUARTERS = pd.date_range("2024-06-30", periods=8, freq="QE")


def lines(values, *, measure="stability_pct", better="lower", unit="%", n=100.0, grain="quarter", ends=None, **facts):
    """A series of one measure's total: percentages of `n`, or counts where `n` is None."""
    values = np.array(values, float)
    ends = pd.DatetimeIndex(QUARTERS[: len(values)] if ends is None else ends)
    denominator = np.full(len(values), np.nan if n is None else n)
    frame = pd.DataFrame(
        {
            "area": "Testshire",
            "measure": measure,
            "period_end": ends,
            "grain": grain,
            "breakdown": "total",
            "category": "All",
            "numerator": values if n is None else values * denominator / 100,
            "denominator": denominator,
            "value": values,
            "lower": values - 2,
            "upper": values + 2,
            "unit": unit,
            "better": better,
            "definition_version": 1,
            "status": np.where(np.isnan(values), "c", "ok"),
        }
    )
    return frame.assign(**facts)


TARGET = {"stability_pct": {"target": 80, "tolerance": 5}}


def test_where_higher_is_better_80_is_green_75_amber_and_less_is_red():
    frame = compare.targets(lines([81, 80, 79.9, 75, 74.9, np.nan], better="higher"), TARGET)

    assert list(frame["rag"]) == ["green", "green", "amber", "amber", "red", "none"]


def test_where_lower_is_better_the_rule_is_mirrored():
    frame = compare.targets(lines([79, 80, 80.1, 85, 85.1], better="lower"), TARGET)

    assert list(frame["rag"]) == ["green", "green", "amber", "amber", "red"]


def test_a_measure_with_no_better_direction_or_no_target_is_never_coloured():
    neither = compare.targets(lines([10, 90], better="neither"), TARGET)
    without = compare.targets(lines([10, 90], measure="other"), TARGET)

    assert [*neither["rag"], *without["rag"]] == ["none"] * 4
    assert without["target"].isna().all()


def test_below_for_counts_the_periods_in_a_row_off_target():
    #                               off  off  on  off hidden off  off  off
    frame = compare.targets(lines([70, 79, 80, 70, np.nan, 79, 79, 60], better="higher"), TARGET)

    assert frame["below_for"].tolist() == [1, 2, 0, 1, pd.NA, 1, 2, 3]


def test_an_absent_quarter_starts_the_count_again():
    frame = lines([70, 70, 70, 70], better="higher", ends=QUARTERS[[0, 1, 3, 4]])

    assert compare.targets(frame, TARGET)["below_for"].tolist() == [1, 2, 1, 2]


def test_a_target_with_a_misspelt_setting_is_refused():
    with pytest.raises(compare.CompareError, match="stability_pct has target and perhaps tolerance; found tolerence"):
        compare.targets(lines([1]), {"stability_pct": {"target": 80, "tolerence": 5}})


def test_no_targets_at_all_leave_every_row_uncoloured():
    assert compare.targets(lines([10, 20]), {})["rag"].tolist() == ["none", "none"]


def test_the_previous_quarter_and_the_quarter_a_year_ago_stand_beside_each_value():
    frame = compare.change(lines([10, 20, 30, 40, 50]))

    assert frame["previous_value"].tolist()[1:] == [10, 20, 30, 40]
    assert frame["previous_difference"].tolist()[1:] == [10, 10, 10, 10]
    assert frame["year_ago_value"].tolist()[4] == 10
    assert frame["year_ago_value"].isna().tolist() == [True] * 4 + [False]


def test_a_year_ago_is_twelve_rows_back_where_the_grain_is_months():
    frame = compare.change(lines(range(13), grain="month", ends=pd.date_range("2024-01-31", periods=13, freq="ME")))

    assert (frame["year_ago_value"].iloc[12], frame["previous_value"].iloc[12]) == (0, 11)


def test_a_share_is_said_to_improve_only_when_newcombes_limits_exclude_no_change():
    frame = compare.change(lines([40, 20, 18], better="lower"))
    gap, lower, upper = intervals.difference(20, 100, 40, 100)

    assert frame["previous_word"].tolist() == ["not comparable", "improved", "no clear change"]
    assert frame.loc[1, ["previous_difference", "previous_lower", "previous_upper"]].tolist() == [gap, lower, upper]


@pytest.mark.parametrize(("better", "word"), [("lower", "worse"), ("higher", "improved"), ("neither", "higher")])
def test_the_word_for_a_clear_rise_follows_the_measures_better_direction(better, word):
    assert compare.change(lines([20, 40], better=better))["previous_word"].iloc[1] == word


def test_a_numerator_that_is_not_shown_is_worked_out_from_the_value():
    shown = compare.change(lines([40, 20]))
    hidden = compare.change(lines([40, 20]).assign(numerator=np.nan))

    assert hidden["previous_lower"].iloc[1] == pytest.approx(shown["previous_lower"].iloc[1])


def test_counts_are_compared_by_the_exact_test():
    frame = compare.change(lines([0, 5, 0, 0, 6], n=None, unit="children", better="neither"), {"previous": 1})

    # 5 to none: 2 × (1/2)^5 = 6 %; none to 6: 2 × (1/2)^6 = 3 %; none to none: nothing changed.
    words = ["not comparable", "no clear change", "no clear change", "no clear change", "higher"]
    assert frame["previous_word"].tolist() == words


def test_rates_and_medians_are_compared_by_their_own_limits():
    frame = compare.change(lines([60, 70], unit="per 10,000", n=5000.0, better="neither"))

    # 10 less and more √(2² + 2²).
    limits = frame.loc[1, ["previous_lower", "previous_upper"]].tolist()
    assert limits == pytest.approx([10 - 8**0.5, 10 + 8**0.5])


def test_a_changed_definition_or_a_hidden_value_is_not_comparable():
    redefined = compare.change(lines([40, 20], definition_version=[1, 2]))
    hidden = compare.change(lines([np.nan, 20, np.nan]))

    assert redefined["previous_word"].iloc[1] == "not comparable"
    assert np.isnan(redefined["previous_difference"].iloc[1])
    assert hidden["previous_word"].tolist() == ["not comparable"] * 3


def test_two_rows_for_one_period_are_refused():
    frame = lines([1, 2])

    with pytest.raises(compare.CompareError, match=r"stability_pct .* has two rows for the period to 2024-06-30"):
        compare.change(pd.concat([frame, frame]))


BENCHMARKS = pd.DataFrame(
    [
        ("stability_pct", 2024, "England", 10.0, "LAIT"),
        ("stability_pct", 2025, "England", 11.0, "LAIT"),
        ("stability_pct", 2025, "North West", 12.0, "LAIT"),
        ("stability_pct", 2027, "England", 13.0, "LAIT"),
    ],
    columns=["MEASURE_ID", "YEAR", "AREA", "VALUE", "SOURCE"],
)


def test_a_row_takes_the_latest_published_year_up_to_its_own_return_year():
    ends = pd.to_datetime(["2023-03-31", "2024-03-31", "2024-04-30", "2025-06-30"])  # return years 2023 to 2026
    frame = compare.benchmark(lines([1, 2, 3, 4], ends=ends), BENCHMARKS)

    assert frame["benchmark_year"].tolist() == [pd.NA, 2024, 2025, 2025]
    assert frame["benchmark_value"].tolist()[1:] == [10, 11, 11]
    assert frame["benchmark_area"].tolist()[1:] == ["England"] * 3


def test_another_area_can_be_the_benchmark_and_only_totals_have_one():
    frame = lines([1, 2], breakdown=["total", "sex"])

    assert compare.benchmark(frame, BENCHMARKS, "North West")["benchmark_value"].tolist()[0] == 12
    assert compare.benchmark(frame, BENCHMARKS)["benchmark_value"].isna().tolist() == [False, True]


def test_two_figures_for_one_year_and_missing_columns_are_refused():
    with pytest.raises(compare.CompareError, match="stability_pct has two benchmark figures for 2024"):
        compare.benchmark(lines([1]), pd.concat([BENCHMARKS, BENCHMARKS]))
    with pytest.raises(compare.CompareError, match="missing: SOURCE"):
        compare.benchmark(lines([1]), BENCHMARKS.drop(columns="SOURCE"))


@settings(max_examples=15)
@given(st.randoms(use_true_random=False), st.lists(st.one_of(st.just(np.nan), st.integers(0, 100)), min_size=8))
def test_the_order_of_the_rows_changes_no_answer_and_is_kept(random, values):
    values = np.array(values[:8], float)
    frame = pd.concat(
        [
            lines(values, better="higher"),
            lines(values[::-1], measure="cla_count", n=None, unit="children", better="neither"),
            lines(values, category="Girls", breakdown="sex"),
        ],
        ignore_index=True,
    )
    order = list(range(len(frame)))
    random.shuffle(order)
    shuffled = frame.iloc[order]

    def answer(rows):
        return compare.change(compare.benchmark(compare.targets(rows, TARGET), BENCHMARKS))

    assert list(answer(shuffled).index) == order
    pd.testing.assert_frame_equal(answer(shuffled).sort_index(), answer(frame))
