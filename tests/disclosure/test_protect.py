"""What the public profile hides, how it rounds, and what it refuses."""

import time

import numpy as np
import pandas as pd
import pytest

from incare.disclosure import DisclosureError, Protected, Rules, half_up, protect
from incare.kinds import wilson

from .drawn import counts, mix, series, shares


def row(protected, category):
    return protected.frame[protected.frame["category"] == category].iloc[0]


@pytest.mark.parametrize(
    ("true", "printed"),
    [(0, 0), (1, "c"), (7, "c"), (8, 10), (12, 10), (13, 15), (17, 15), (18, 20), (1002, 1000), (1003, 1005)],
)
def test_counts_of_1_to_7_are_hidden_and_others_go_to_the_nearest_5(true, printed):
    shown = row(protect(counts({}, total=true)), "All")

    assert (shown["status"] if shown["status"] == "c" else shown["numerator"]) == printed


@pytest.mark.parametrize(
    ("numerator", "denominator", "printed"),
    [(0, 40, 0), (40, 40, 100), (25, 40, 63), (35, 56, 63), (8, 64, 13), (58, 100, 58), (8, 1700, 0), (8, 1600, 1)],
)
def test_percentages_are_whole_numbers_of_true_counts_with_halves_upwards(numerator, denominator, printed):
    shown = row(protect(shares({"only": (numerator, denominator)})), "All")

    assert shown["value"] == printed


@pytest.mark.parametrize(
    ("numerator", "denominator", "status"),
    [
        (1, 100, "c"),
        (7, 100, "c"),
        (8, 100, "ok"),
        (93, 100, "c"),
        (99, 100, "c"),
        (92, 100, "ok"),
        (9, 19, "c"),
        (0, 19, "c"),
        (0, 8, "c"),
        (0, 3, "c"),
        (0, 20, "ok"),
        (10, 20, "ok"),
        (0, 0, "z"),
    ],
)
def test_a_percentage_is_hidden_when_numerator_complement_or_denominator_is_small(numerator, denominator, status):
    assert row(protect(shares({"only": (numerator, denominator)})), "All")["status"] == status


def test_a_hidden_row_keeps_no_figure_at_all():
    hidden = row(protect(shares({"only": (3, 100)})), "All")

    assert hidden[["numerator", "denominator", "value", "lower", "upper"]].isna().all()


def test_rates_are_whole_and_hidden_when_the_numerator_is_small():
    true = series(
        pd.DataFrame(
            {"breakdown": "total", "category": ["All"], "numerator": [643], "denominator": [94_003]},
        ),
        "cla_rate",
        "per 10,000",
        "2025-09-30",
    ).assign(value=68.4)
    few = true.assign(numerator=7.0, measure="few")
    shown = protect(pd.concat([true, few])).frame

    assert shown["value"].iloc[0] == 68
    assert shown["denominator"].iloc[0] == 94_005
    assert shown["status"].tolist() == ["ok", "c"]


def test_means_need_8_people_keep_one_decimal_and_no_sum():
    def mean(people):
        frame = pd.DataFrame({"breakdown": "total", "category": ["All"], "numerator": 812.0, "denominator": people})
        return series(frame, "time_in_care_days", "days", "2025-09-30").assign(value=101.25)

    enough, few = protect(mean(8.0)).frame.iloc[0], protect(mean(7.0)).frame.iloc[0]

    assert (enough["value"], enough["denominator"]) == (101.3, 10)
    assert np.isnan(enough["numerator"])
    assert few["status"] == "c"
    assert np.isnan(few["value"])


def test_a_caseload_of_few_posts_and_many_people_is_shown_without_the_posts():
    frame = pd.DataFrame({"breakdown": "total", "category": ["All"], "numerator": 156.0, "denominator": 6.5})
    true = series(frame, "pa_caseload", "young people per full-time worker", "2025-09-30")

    shown = protect(true.assign(value=24.0, people=156)).frame.iloc[0]

    assert (shown["status"], shown["value"]) == ("ok", 24)
    assert np.isnan(shown["denominator"])


def test_limits_come_from_the_printed_percentage_and_denominator():
    near = protect(shares({"only": (58, 101)})).frame.iloc[0]
    far = protect(shares({"only": (57, 99)})).frame.iloc[0]
    lower, upper = wilson(58, 100)  # 57 % of 100 and 58 % of 100 are what is printed

    assert (far["value"], far["denominator"]) == (58, 100)
    assert (far["lower"], far["upper"]) == (half_up(lower), half_up(upper))
    assert near["value"] == 57
    assert near["lower"] == half_up(wilson(57, 100)[0])


def test_rows_that_do_not_apply_or_are_not_available_pass_without_figures():
    true = counts({"a": 30, "b": 40})
    true.loc[1, ["status", "reason"]] = ["x", "no Missing table"]
    true.loc[2, ["status", "numerator"]] = ["z", 0.0]
    shown = protect(true).frame

    assert shown["status"].tolist() == ["ok", "x", "z"]
    assert shown["reason"].tolist() == ["", "no Missing table", ""]
    assert np.isnan(shown["numerator"].iloc[1])
    assert shown["numerator"].iloc[2] == 0


def test_a_value_without_its_counts_is_hidden_because_it_cannot_be_judged():
    true = shares({"only": (30, 60)}).assign(denominator=np.nan)

    assert set(protect(true).frame["status"]) == {"c"}


def test_totals_are_rounded_from_the_true_total_and_so_do_not_add_up():
    shown = protect(counts({"a": 12, "b": 12, "c": 12})).frame

    assert shown["numerator"].tolist() == [35, 10, 10, 10]  # 36 goes to 35; 10 + 10 + 10 is 30


def test_a_single_small_part_takes_the_smallest_other_part_with_it():
    shown = protect(counts({"a": 3, "b": 40, "c": 21, "d": 0})).frame

    #                                    all   a    b    c    d
    assert shown["status"].tolist() == ["ok", "c", "ok", "c", "ok"]
    assert row(protect(counts({"a": 3, "b": 40, "c": 21, "d": 0})), "d")["numerator"] == 0


def test_small_parts_whose_sum_is_still_small_take_another_part_with_them():
    shown = protect(counts({"a": 3, "b": 4, "c": 50, "d": 60})).frame  # 3 + 4 = 7

    assert shown["status"].tolist() == ["ok", "c", "c", "c", "ok"]


def test_small_parts_with_a_sum_above_7_stand_alone():
    shown = protect(counts({"a": 3, "b": 6, "c": 50, "d": 60})).frame  # 3 + 6 = 9

    assert shown["status"].tolist() == ["ok", "c", "c", "ok", "ok"]


def test_zeros_stay_beside_a_small_total_unless_many_parts_share_it():
    few = protect(counts({"a": 2, "b": 1, "c": 0, "d": 0, "e": 0})).frame
    many = protect(counts({"a": 2, "b": 1, "c": 1, "d": 1, "e": 0})).frame

    assert few["status"].tolist() == ["c", "c", "c", "ok", "ok", "ok"]
    assert set(many["status"]) == {"c"}


def test_a_small_complement_takes_another_group_with_it():
    shown = protect(shares({"17": (97, 100), "18": (60, 100), "19": (55, 100)})).frame

    assert shown["status"].tolist() == ["ok", "c", "c", "ok"]  # complements 40 and 45: 40 loses least


def test_two_way_tables_are_protected_by_both_margins():
    table = pd.DataFrame(
        {"foster": [40, 50, 60], "homes": [3, 45, 30], "other": [50, 41, 42]}, index=["0-4", "5-9", "10-15"]
    )
    shown = protect(mix(table)).frame
    cross = shown[shown["breakdown"] == "age_band / placement_type"]
    hidden = (cross["status"] == "c").to_numpy().reshape(3, 3)

    assert hidden[0, 1]
    assert set(hidden.sum(axis=0)) <= {0, 2, 3}
    assert set(hidden.sum(axis=1)) <= {0, 2, 3}


def test_a_group_of_a_mix_that_is_wholly_hidden_takes_another_group_with_it():
    table = pd.DataFrame(
        {"foster": [3, 30, 90], "homes": [2, 31, 92], "other": [4, 90, 33]}, index=["0-4", "5-9", "10-15"]
    )
    shown = protect(mix(table)).frame
    cross = shown[shown["breakdown"] == "age_band / placement_type"]
    whole_groups = (cross["status"] == "c").to_numpy().reshape(3, 3).all(axis=1)

    assert whole_groups.tolist() == [True, True, False]  # else 9 = everyone less the two printed denominators


def test_a_group_hidden_in_one_measure_is_not_the_printed_denominator_of_another():
    stock = counts({"a": 5, "b": 30, "c": 100})
    share = shares({"a": (2, 5), "b": (15, 30), "c": (95, 100)})  # alone it would hide a and c, and print 30
    shown = protect(pd.concat([stock, share])).frame

    assert shown["status"].tolist() == ["ok", "c", "c", "ok", "ok", "c", "c", "c"]


def test_sensitive_shares_of_nobody_or_everybody_ask_for_attention():
    true = shares({"a": (0, 50), "b": (60, 60), "c": (30, 70)})
    rules = Rules(sensitive=("cl_eet_pct",))

    assert protect(true, rules=rules).attention["category"].tolist() == ["a", "b"]
    assert protect(true).attention.empty


@pytest.mark.parametrize(
    "weak",
    [
        {"hide_to": 5},
        {"hide_from": 2},
        {"base": 1},
        {"percent_min_denominator": 10},
        {"mean_min_n": 5},
        {"least_possible": 1},
    ],
)
def test_a_weaker_rule_is_refused_in_public_and_named(weak):
    with pytest.raises(DisclosureError, match=f"{next(iter(weak))}.*found {next(iter(weak.values()))}"):
        protect(counts({"a": 30}), rules=Rules(**weak))
    protect(counts({"a": 30}), profile="restricted", rules=Rules(**weak))


def test_an_unknown_profile_is_refused():
    with pytest.raises(DisclosureError, match='found "open"'):
        protect(counts({"a": 30}), profile="open")


def test_stronger_rules_hide_more():
    shown = protect(counts({"a": 9, "b": 40, "c": 50}), rules=Rules(hide_to=10, base=10)).frame

    assert shown["status"].tolist() == ["ok", "c", "c", "ok"]
    assert shown["numerator"].iloc[0] == 100


def test_the_restricted_profile_keeps_true_counts_and_one_decimal():
    shown = protect(shares({"a": (3, 13)}), profile="restricted")

    assert shown.profile == "restricted"
    assert row(shown, "a")[["numerator", "denominator", "value"]].tolist() == [3, 13, 23.1]


def test_a_protected_series_cannot_be_protected_again():
    with pytest.raises(TypeError, match="protected already"):
        protect(protect(counts({"a": 30})))


def test_columns_that_a_series_does_not_have_are_refused_in_both_profiles():
    for profile in ("public", "restricted"):
        with pytest.raises(DisclosureError, match="found CHILD"):
            protect(counts({"a": 30}).assign(CHILD="1"), profile=profile)
    with pytest.raises(DisclosureError, match="needs the column status"):
        protect(counts({"a": 30}).drop(columns="status"))


def test_two_rows_with_one_key_are_refused():
    twice = pd.concat([counts({"a": 30}), counts({"a": 31})])
    with pytest.raises(DisclosureError, match="2 rows"):
        protect(twice)


def test_unrounded_counts_cannot_be_dressed_as_protected():
    with pytest.raises(DisclosureError, match="multiples of 5"):
        Protected(counts({"a": 31}), "public")


def test_the_true_series_is_left_as_it_was():
    true = counts({"a": 3, "b": 40})
    before = true.copy()
    protect(true)

    pd.testing.assert_frame_equal(true, before)


def test_row_order_does_not_change_what_is_hidden():
    true = counts({"a": 3, "b": 40, "c": 21, "d": 60})
    shuffled = protect(true.sample(frac=1, random_state=1)).frame.sort_values("category")

    assert shuffled["status"].tolist() == protect(true).frame.sort_values("category")["status"].tolist()


def test_a_statistic_after_protection_stays_protected():
    shown = protect(counts({"a": 30, "b": 3, "c": 60})).pipe(lambda f, by: f.assign(twice=f["value"] * by), 2)

    assert isinstance(shown, Protected)
    assert shown.select(category="c")["twice"].tolist() == [120]
    assert shown.select(category=["a", "c"], breakdown="age_band")["status"].tolist() == ["c", "ok"]
    assert repr(shown) == "Protected(public, 4 rows, 18 columns)"
    with pytest.raises(KeyError, match="no column team"):
        shown.select(team="A")


def test_the_file_has_symbols_no_formulas_and_unix_line_ends(tmp_path):
    true = counts({"=HYPERLINK(1)": 3, "-5": 40, "+a": 50, "@b": 60, "Zoë": 70})
    true.loc[5, "status"] = "x"
    path = protect(true).write(tmp_path / "data", "cla_count")
    raw = path.read_bytes()
    table = pd.read_csv(path, dtype=str, keep_default_na=False)

    assert path == tmp_path / "data" / "cla_count.csv"
    assert b"\r" not in raw
    assert "Zoë".encode() in raw
    assert table["category"].tolist() == ["All", "'=HYPERLINK(1)", "-5", "'+a", "'@b", "Zoë"]
    assert table["numerator"].tolist() == ["225", "c", "c", "50", "60", "x"]
    assert table["denominator"].tolist() == ["z", "c", "c", "z", "z", "x"]
    assert table["period_end"].iloc[0] == "2025-09-30"


@pytest.mark.parametrize("folder", ["", None])
def test_nothing_is_written_without_a_folder(folder):
    assert protect(counts({"a": 30})).write(folder, "cla_count") is None


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden"])
def test_a_name_that_leaves_the_folder_is_refused(tmp_path, name):
    with pytest.raises(DisclosureError, match="file name"):
        protect(counts({"a": 30})).write(tmp_path, name)


def test_an_empty_series_is_protected_as_an_empty_series():
    assert protect(counts({"a": 30}).iloc[:0]).frame.empty


def test_forty_thousand_rows_take_less_than_a_second():
    draw = np.random.default_rng(7)
    periods = pd.date_range("1900-01-31", periods=1_000, freq="ME")
    blocks = [counts(dict(zip("abcdefghi", draw.poisson(9, 9), strict=True)), end) for end in periods[:100]]
    blocks += [shares({c: (draw.integers(0, 30), 60) for c in "abcdefghi"}, end) for end in periods[:100]]
    big = pd.concat([pd.concat(blocks).assign(area=f"area {n}") for n in range(20)], ignore_index=True)
    start = time.perf_counter()
    protect(big)

    assert len(big) == 40_000
    assert time.perf_counter() - start < 1.5  # under 1 s alone; the margin is for a busy machine
