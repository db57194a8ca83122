"""What may come, said to councillors: sentences and tables made of protected projections only."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from drawn_care import ORIGIN, steady
from incare.disclosure import projections
from incare.forecast import cohort, scenarios
from incare.forecast.capacity import Staffing
from incare.views import outlook

JARGON = re.compile(
    r"hazard|cohort|simulat|baseline|quantile|horizon|MAE|coverage|back-test|interval|projection|percentile|FTE"
)
NOTHING = "A projection needs 12 months of record before its origin."


@pytest.fixture(scope="module")
def found():
    return cohort.project(steady(), 24, sims=120)


@pytest.fixture(scope="module")
def shown(found):
    given = {
        "name": "Four more a month",
        "entries": [{"add": 4}],
        "staffing": {"advisers": 6.5, "add": 4},
        "targets": [{"children": 0, "by": "2026-03-31"}, {"children": 9000, "by": "2035-03-31"}],
    }
    made = scenarios.compare(found, scenarios.of(given))
    return projections.protect_projection(found, compared=[made])


@pytest.fixture
def refused():
    return projections.refused(ORIGIN, NOTHING)


def words(html) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html.text).split())


def rows(html) -> list[list[str]]:
    """The cells of a table's body, row by row."""
    return [
        [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line)]
        for line in re.findall(r"<tr>(.*?)</tr>|<tr class=[^>]*>(.*?)</tr>", html.text)
        for line in ["".join(line)]
    ][1:]


def errors(mae=17.0, last=12.0, horizon=12, origins=5) -> pd.DataFrame:
    parts = {"mae": mae, "mae_last_value": last, "cover80": 80.0, "cover95": 95.0}
    return pd.DataFrame([{"breakdown": "total", "horizon": horizon, "origins": origins, **parts}])


def advisers(people, added, low=np.nan, mid=np.nan, high=np.nan) -> pd.DataFrame:
    columns = {"people": people, "added": added, "low": low, "mid": mid, "high": high}
    return pd.DataFrame({"target": [pd.Timestamp(ORIGIN)], **{name: [float(v)] for name, v in columns.items()}})


EVERY = [
    outlook.summary,
    lambda shown: outlook.by_group(shown, "age_band"),
    lambda shown: outlook.by_group(shown, "placement"),
    outlook.flows,
    outlook.scenarios,
    outlook.targets,
    outlook.past_error,
    outlook.advisers,
    outlook.leavers_ahead,
]


@pytest.mark.parametrize("view", EVERY)
def test_only_a_protected_projection_is_shown(found, view):
    with pytest.raises(TypeError, match="only what disclosure has protected"):
        view(found)


@pytest.mark.parametrize("view", EVERY)
def test_a_projection_that_was_refused_has_the_reason_in_words_and_no_table(refused, view):
    assert "needs 12 months of record" in words(view(refused))
    assert "<table" not in view(refused).text


@pytest.mark.parametrize("view", EVERY)
def test_no_jargon_reaches_a_councillor(shown, view):
    assert not JARGON.search(words(view(shown)))


def test_the_summary_says_today_the_years_ahead_and_the_past_error(shown):
    said = words(outlook.summary(replace(shown, tested=errors(17, 12))))
    assert re.match(r"31 March 2025: \d+ children in care; in a year about \d+, likely from \d+ to \d+; in two", said)
    assert (
        "In the past the forecast for a year ahead missed by about 17 children on average; "
        "repeating that day’s number missed by about 12 children (5 earlier dates)." in said
    )


def test_where_repeating_did_better_the_page_says_so_and_that_it_is_used(shown):
    beaten = replace(shown, method=cohort.LAST, tested=errors(18, 10))
    said = words(outlook.summary(beaten))
    assert "repeating today’s number did better in the past than carrying every child forward" in said
    assert "the total here is today’s number" in said
    assert "carrying every child forward a year ahead missed by about 18 children" in said


def test_without_earlier_dates_the_error_is_not_known(shown):
    untested = replace(shown, tested=shown.tested.iloc[:0])
    assert "Its past error is not known" in words(outlook.summary(untested))
    assert "<table" not in outlook.past_error(untested).text


def test_an_error_of_less_than_one_child_is_said_so(shown):
    assert "missed by less than one child on average" in outlook.past_error_in_words(
        replace(shown, tested=errors(0.0, 3))
    )


def test_a_shock_is_told_with_and_without_the_last_quarter(shown):
    notice = "Entries in the last quarter were far more than the months before led to expect."
    without = shown.rows("total").assign(breakdown="without", mean=100.0)
    shocked = replace(shown, notices=(notice,), ahead=pd.concat([shown.ahead, without], ignore_index=True))
    said = words(outlook.summary(shocked))
    assert notice in said
    assert re.search(r"In a year about \d+ with that quarter, 100 without; in two years about \d+ with", said)


def test_a_breakdown_has_today_and_the_years_ahead_and_the_total_last(shown):
    table = outlook.by_group(shown, "age_band")
    assert re.findall(r'scope="col"[^>]*>([^<]*)<', table.text) == ["Group", "Today", "In a year", "In two years"]
    last = rows(table)[-1]
    total = shown.rows("total")["mean"]
    assert last[0] == "All"
    assert [int(cell.split()[0]) for cell in last[2:]] == [int(total.iloc[3]), int(total.iloc[7])]


def test_a_hidden_number_is_the_symbol_with_its_meaning(shown):
    ahead = shown.ahead.copy()
    mine = (ahead["breakdown"] == "age_band") & (ahead["category"] == shown.categories("age_band")[0])
    ahead.loc[mine, [*projections.AHEAD]] = np.nan
    ahead.loc[mine, "status"] = "c"
    table = outlook.by_group(replace(shown, ahead=ahead), "age_band")
    assert rows(table)[0][2:] == ["c", "c"]
    assert "hidden to protect" in words(table)


def test_the_scenario_table_has_the_number_the_change_and_its_range(shown):
    table = outlook.scenarios(shown)
    change = shown.changes[shown.changes["breakdown"] == "total"].iloc[0]
    assert rows(table)[0][:4] == [
        "All children in care",
        f"{int(change['level'])}",
        f"+{int(change['mean'])}",
        f"+{int(change['lo95'])} to +{int(change['hi95'])}",
    ]
    assert "Children coming into care by then: in a year +50; in two years +95." in words(table)


@pytest.mark.parametrize(("value", "printed"), [(2.5, "+3"), (-0.6, "−1"), (0.4, "0"), (-0.4, "0"), (0.0, "0")])
def test_a_change_that_rounds_to_nought_has_no_sign(value, printed):
    assert outlook._signed(value) == printed


def test_a_change_too_small_to_show_has_no_number_beside_it(found):
    made = scenarios.compare(found, scenarios.of({"name": "One", "entries": [{"add": 1, "until": "2025-06-30"}]}))
    table = outlook.scenarios(projections.protect_projection(found, compared=[made]))
    assert rows(table) == [["All children in care", "–", "under 8", "–", "–", "under 8", "–"]]


def test_a_scenario_that_changes_nothing_says_none(found):
    made = scenarios.compare(found, scenarios.of({"name": "Nothing", "entries": [{"percent": 0}]}))
    assert rows(outlook.scenarios(projections.protect_projection(found, compared=[made])))[0][2:4] == ["none", "–"]


def test_without_scenarios_the_page_says_what_to_give(found):
    said = words(outlook.scenarios(projections.protect_projection(found)))
    assert "Name scenario files under scenarios in the params file" in said


def test_chances_are_said_of_a_hundred_and_a_day_after_the_forecast_has_none(shown):
    first, second = rows(outlook.targets(shown))
    assert first[3:] == ["under 5 in 100", "under 5 in 100"]
    assert second[3:] == ["not a month’s end of the forecast"] * 2


@pytest.mark.parametrize(
    ("percent", "said"),
    [(0, "under 5 in 100"), (5, "about 5 in 100"), (95, "about 95 in 100"), (100, "over 95 in 100")],
)
def test_no_chance_is_called_certain(percent, said):
    assert outlook._chance(percent) == said


def test_a_past_error_whose_ranges_were_too_narrow_has_a_warning(shown):
    narrow = errors().assign(cover80=60.0)
    assert "the ranges were too narrow on this record" in words(outlook.past_error(replace(shown, tested=narrow)))
    assert "too narrow" not in words(outlook.past_error(replace(shown, tested=errors())))


def test_advisers_follow_from_the_printed_numbers_at_the_ceiling(shown):
    # 156 young people at 24 each need 6.5 advisers; 249 more, of whom 61 to 210 want it, 9.0 to 15.3.
    told = replace(shown, advisers=advisers(156, 249, 61, 152, 210), staffing=(("X", Staffing(6.5, 24)),))
    made = dict(rows(outlook.advisers(told)))
    assert made["Advisers needed until 21"] == "6.5"
    assert made["Young people for each of 6.5 advisers, until 21"] == "24.0"
    assert made["Advisers needed until 25 (fewest want it)"] == "9.0"
    assert made["Advisers needed until 25 (most want it)"] == "15.3"
    assert "There are 6.5 advisers under that scenario, with places for 156." in words(outlook.advisers(told))


def test_without_a_survey_the_whole_group_is_taken_and_the_page_says_so(shown):
    told = replace(shown, advisers=advisers(120, 240), staffing=())
    assert dict(rows(outlook.advisers(told)))["Advisers needed until 25 (all of them want it)"] == "15.0"
    assert "No survey of what young people want" in words(outlook.advisers(told))


def test_advisers_for_young_people_who_ask_for_more_are_more_and_the_weight_is_said(shown):
    # 156 young people, each work for 1.2, at 24: 7.8 advisers; 6.5 advisers hold 130.
    told = replace(shown, advisers=advisers(156, 0), staffing=(("X", Staffing(6.5, 24, 1.2)),))
    made = dict(rows(outlook.advisers(told)))
    assert made["Advisers needed until 21"] == "7.8"
    said = words(outlook.advisers(told))
    assert "Each young person counts as 1.2, as that scenario says." in said
    assert "with places for 130." in said


def test_a_hidden_number_of_young_people_hides_its_advisers(shown):
    told = replace(shown, advisers=advisers(np.nan, 240), staffing=())
    made = dict(rows(outlook.advisers(told)))
    assert made["Young people up to 21"] == made["Advisers needed until 21"] == "c"
    assert not any("for each of" in label for label in made)
