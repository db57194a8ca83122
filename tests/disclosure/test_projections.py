"""A projection leaves rounded, its small groups joined and its small changes hidden."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from drawn_care import NAT, ORIGIN, care, steady
from incare.disclosure import projections
from incare.disclosure.protect import DisclosureError, Rules
from incare.forecast import cohort, scenarios

FIGURES = ["mean", "lo80", "hi80", "lo95", "hi95"]
RULES = Rules()


@pytest.fixture(scope="module")
def found():
    return cohort.project(steady(), 24, sims=120)


@pytest.fixture(scope="module")
def shown(found):
    return projections.protect_projection(found)


def compared(found, **changes):
    return scenarios.compare(found, scenarios.of({"name": "What if", **changes}))


def tiny(children: int, months: int = 60):
    """An authority of a few children, all of one age and placement."""
    starts = ORIGIN - np.arange(children) * 30 - 40
    return cohort.project(care("2015-06-01", starts, [NAT] * children, first="2019-04-01"), 12, sims=60)


# ---- rounding ----


def test_every_figure_in_public_is_a_multiple_of_five_and_none_is_one_to_seven(shown):
    for frame in (shown.ahead, shown.flows):
        figures = frame[FIGURES].to_numpy(float)
        assert (figures[~np.isnan(figures)] % 5 == 0).all()
        middle = frame["mean"].dropna()
        assert not ((middle > 0) & (middle < 8)).any()
    assert (shown.past["value"].dropna() % 5 == 0).all()


def test_the_restricted_profile_keeps_one_decimal_and_joins_nothing(found):
    restricted = projections.protect_projection(found, profile="restricted")

    total = restricted.rows("total")["mean"].to_numpy()
    assert total == pytest.approx(found.total.mean(axis=0)[2::3], abs=0.05 + 1e-9)
    assert projections.OTHERS not in restricted.categories("placement")
    assert restricted.base == 1


def test_figures_are_those_of_the_quarters_ends(shown):
    ends = shown.rows("total")["target"]
    assert list(ends.dt.strftime("%Y-%m-%d")[[0, 3, 7]]) == ["2025-06-30", "2026-03-31", "2027-03-31"]
    assert shown.history("total", "All")["day"].iloc[-1] == pd.Timestamp("2025-03-31")


def test_the_number_today_is_that_of_the_record_to_the_nearest_five(found, shown):
    today = int(found.care.inside(ORIGIN).sum())
    assert shown.history("total", "All")["value"].iloc[-1] == 5 * round(today / 5)


# ---- joining ----


def cells(counts, means=None, name="placement", names=None):
    """The groups that are shown, for counts of one day (past) and means that stay as they are."""
    counts = np.atleast_2d(np.array(counts))
    means = counts[-1:] if means is None else np.atleast_2d(np.array(means, float))
    names = names or [f"group {letter}" for letter in "abcdefgh"[: counts.shape[1]]]
    values = np.repeat(means[None].astype(float), 3, axis=0)
    return projections._joined(name, names, values, (np.zeros(len(counts)), counts), RULES, True)


@pytest.mark.parametrize(
    ("counts", "shown_apart", "joined"),
    [
        ([100, 50, 20], [0, 1, 2], []),  # nothing is small
        ([100, 50, 3], [0], [1, 2]),  # one small group alone would be the rest; it takes the next smallest
        ([100, 50, 3, 4, 5], [0, 1], [2, 3, 4]),  # several small groups hide each other
        ([100, 50, 0, 20], [0, 1, 3], []),  # a group without anyone, ever, is left out
    ],
)
def test_small_groups_are_joined_until_none_is_small(counts, shown_apart, joined):
    made = cells(counts)
    assert [cell for _, cell in made if len(cell) == 1] == [[i] for i in shown_apart]
    assert [cell for label, cell in made if label == projections.OTHERS] == ([joined] if joined else [])


def test_two_groups_of_seven_are_not_joined_alone_as_their_rounded_sum_would_tell_them():
    # 14 prints as 15, which is 13 to 17; each is at most 7, so each is 6 or 7. A third group widens that.
    made = dict(cells([200, 60, 30, 7, 7]))
    assert made[projections.OTHERS] == [2, 3, 4]


def test_a_group_that_was_small_in_a_quarter_shown_is_joined_in_all_of_them():
    made = dict(cells([[100, 50, 30, 4], [100, 50, 30, 12]]))
    assert 3 in made[projections.OTHERS]


def test_a_group_that_is_expected_to_become_small_is_joined():
    made = dict(cells([[100, 50, 30, 12]], means=[[100, 50, 30, 4]]))
    assert 3 in made[projections.OTHERS]


def test_ages_are_joined_with_their_neighbours():
    made = cells([3, 40, 30, 90], name="age_band", names=["Under 1", "1 to 4", "5 to 9", "10 to 15"])
    assert [label for label, _ in made] == ["Under 5", "5 to 9", "10 to 15"]


@pytest.mark.parametrize(
    ("members", "label"),
    [
        (["Under 1", "1 to 4", "5 to 9"], "Under 10"),
        (["1 to 4", "5 to 9"], "1 to 9"),
        (["10 to 15", "16 and over"], "10 and over"),
        (["16 and over", "Not known"], "16 and over, or not known"),
        (["10 to 15"], "10 to 15"),
    ],
)
def test_joined_ages_are_named_as_one_span(members, label):
    assert projections._label("age_band", members) == label


def test_a_notice_does_not_narrow_the_rounded_total(found):
    said = ("Fewer than 40 children in care: one family can move every figure.",)
    shown = projections.protect_projection(replace(found, notices=said))
    assert shown.notices == ("Few children in care: one family can move every figure.",)


def test_years_of_age_are_joined_as_a_range():
    made = cells([2, 40, 50], name="care_leavers", names=["17", "18", "19"])
    assert [label for label, _ in made] == ["17 to 18", "19"]


def test_where_every_group_would_be_one_there_is_no_breakdown():
    assert cells([3, 4]) == []


@pytest.mark.parametrize("seed", range(40))
def test_no_number_of_one_to_seven_can_be_told_to_fewer_than_four_values(seed):
    rng = np.random.default_rng(seed)
    counts = rng.choice([0, 1, 4, 6, 7, 8, 12, 13, 40, 90], size=(3, 7))
    made = cells(counts)
    joined = [cell for _, cell in made]
    assert projections._unsafe(joined, counts[-1:].astype(float), counts, RULES) == []
    for cell in joined:
        for row in counts:
            assert possible(row, cell, joined) >= RULES.least_possible


def possible(row, cell, joined) -> int:
    """The fewest values that a member of 1 to 7 may have, by trying every value of it against the joined number."""

    def span(n):
        if n == 0:
            return 0, 0
        if n <= 7:
            return 1, 7
        return max(8, 5 * round(n / 5) - 2), 5 * round(n / 5) + 2

    total = row[cell].sum()
    low, high = (0, 0) if total == 0 else (5 * int(total / 5 + 0.5) - 2, 5 * int(total / 5 + 0.5) + 2)
    fewest = 99
    for member in [i for i in cell if 1 <= row[i] <= 7]:
        rest = [span(row[i]) for i in cell if i != member]
        fits = [v for v in range(1, 8) if v + sum(h for _, h in rest) >= low and v + sum(lo for lo, _ in rest) <= high]
        fewest = min(fewest, len(fits))
    return fewest


def test_parts_of_the_public_projection_are_coherent_with_the_total_within_rounding(shown):
    total = shown.rows("total")["mean"].to_numpy()
    for breakdown in ("age_band", "placement"):
        groups = shown.categories(breakdown)
        if groups:
            summed = shown.rows(breakdown).groupby("target")["mean"].sum().to_numpy()
            assert np.abs(summed - total).max() <= 2.5 * (len(groups) + 1)


# ---- a few children, and none ----


def test_an_authority_of_five_children_shows_no_number_of_today():
    shown = projections.protect_projection(tiny(5))
    first = shown.rows("total").iloc[0]
    assert first["status"] == "c"
    assert first[FIGURES].isna().all()
    assert shown.history("total", "All")["status"].iloc[-1] == "c"
    assert shown.categories("age_band") == shown.categories("placement") == []


def test_an_authority_of_twelve_children_shows_the_total_and_no_breakdown():
    shown = projections.protect_projection(tiny(12))
    assert shown.history("total", "All")["value"].iloc[-1] == 10
    assert shown.categories("placement") == []


def test_a_projection_that_was_refused_has_the_reason_and_no_rows():
    shown = projections.refused(ORIGIN, "A projection needs 12 months of record.")
    assert shown.refused
    assert shown.ahead.empty
    assert shown.past.empty
    assert shown.categories("placement") == []


# ---- scenarios ----


def test_a_difference_of_fewer_than_eight_is_hidden_with_the_level_beside_it(found):
    made = compared(found, entries=[{"add": 1, "until": "2025-06-30"}])
    changes = projections.protect_projection(found, compared=[made]).changes

    total = changes[changes["breakdown"] == "total"]
    assert set(total["status"]) == {"c"}
    assert total[[*FIGURES, "level"]].isna().all(axis=None)


def test_a_difference_of_more_is_rounded_and_its_level_is_that_of_what_is_printed(found):
    made = compared(found, entries=[{"add": 4}])
    shown = projections.protect_projection(found, compared=[made])

    total = shown.changes[shown.changes["breakdown"] == "total"].set_index("target")
    base = shown.rows("total").set_index("target")["mean"]
    assert (total["mean"] % 5 == 0).all()
    assert (total["level"] == base[total.index] + total["mean"]).all()


def test_a_scenario_of_four_more_a_month_is_48_more_entries_in_a_year(found):
    made = compared(found, entries=[{"add": 4}])
    restricted = projections.protect_projection(found, compared=[made], profile="restricted").changes
    public = projections.protect_projection(found, compared=[made]).changes

    assert list(restricted.loc[restricted["breakdown"] == "entries so far", "mean"]) == [48, 96]
    assert list(public.loc[public["breakdown"] == "entries so far", "mean"]) == [50, 95]


def test_a_scenario_that_changes_nothing_says_none(found):
    made = compared(found, exits=[{"way": "Home", "percent": 0}])
    changes = projections.protect_projection(found, compared=[made]).changes
    assert (changes["mean"] == 0).all()
    assert set(changes["status"]) == {"ok"}


def test_the_chance_of_a_target_goes_to_the_nearest_five_percent_and_is_missing_after_the_forecast(found):
    middle = float(np.median(found.total[:, 11]))
    targets = [{"children": middle, "by": "2026-03-31"}, {"children": middle, "by": "2035-03-31"}]
    shown = projections.protect_projection(found, compared=[compared(found, targets=targets)])

    assert shown.chances["chance"].iloc[0] % 5 == 0
    assert abs(shown.chances["chance"].iloc[0] - 50) <= 10
    assert np.isnan(shown.chances["chance"].iloc[1])


# ---- past errors and words ----


def errors(**columns) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "breakdown": ["total", "total"],
            "horizon": [12, 24],
            "origins": [5, 1],
            "mae": [17.92, 36.01],
            "mae_last_value": [9.8, 27.0],
            "cover80": [80.0, 100.0],
            "cover95": [100.0, 100.0],
            "spread": [1.0, 1.0],
            "missed": [1.0, 1.0],
            **columns,
        }
    )


def test_past_errors_are_whole_children_and_an_error_of_one_date_is_left_out(found):
    # The error of one date would be the change between two days, to the child.
    shown = projections.protect_projection(replace(found, tested=errors()))
    assert shown.tested[["horizon", "mae", "mae_last_value"]].to_numpy().tolist() == [[12, 18, 10]]
    assert not {"spread", "missed"} & set(shown.tested.columns)


def test_notices_hold_no_share_of_few_children(found):
    said = ("For 8% of children in care the start of care is not known; time in care counts from the first return.",)
    shown = projections.protect_projection(replace(found, notices=said))
    assert shown.notices == ("For some children in care the start of care is not known; time in care counts from the "
                             "first return.",)  # fmt: skip


def test_what_the_page_says_itself_is_no_notice(found):
    said = ("No back-test: it needs 30 months.", "In this record's own back-test the cohort projection did not beat …")
    assert projections.protect_projection(replace(found, notices=said)).notices == ()


def test_weaker_rules_are_refused(found):
    with pytest.raises(DisclosureError, match="hide_to"):
        projections.protect_projection(found, rules={"hide_to": 5})


def test_the_file_marks_hidden_figures_and_holds_no_raw_mean(tmp_path):
    path = projections.protect_projection(tiny(5)).write(tmp_path, "forecast")
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    assert rows["mean"].iloc[0] == "c"
    assert set(rows["mean"]) <= {"c", "0", "10", "15"}
    assert projections.protect_projection(tiny(5)).write("", "forecast") is None
